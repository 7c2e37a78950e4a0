"""Verdicts for other systems: each module is one target, `targets` lists them, `asked` says what a target is given.

A target changes no verdict. What it is not sure of, such as whose row a student's is, it leaves out and names.
"""
