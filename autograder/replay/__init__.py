"""Trusted code on untrusted data: put submitted weights into the rebuilt network and predict, or train it for a while.

Runs in a sandbox of its own, since reading a stranger's HDF5 file is a risk. It sees no test labels, constructs
layers from validated arguments, deserialises nothing, and hands back numbers. `plan.py` and `train.py` are also what
`convmark train` trains with.
"""
