"""Trusted code on untrusted data: put submitted weights into the rebuilt network and predict.

Runs in a sandbox of its own, since reading a stranger's HDF5 file is a risk. It sees images but no labels,
constructs layers from validated arguments, deserialises nothing, and hands back numbers.
"""
