"""Answers from sheets and platforms, what a person decides about them, and the tables and pages made of their marks."""
