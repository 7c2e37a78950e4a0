"""What runs at the border of a box: limits, Landlock, the filter of system calls, and the guard outside.

Standard library only. A box sees this folder, so nothing in it is secret.
"""
