"""The lab as an assignment of nbgrader.

::

    convmark nbgrader init ─► course.py ─► source/<assignment>/  nbgrader_config.py  convmark_config.py

    nbgrader autograde ─► preprocessors.py ─► desk.py ─► the batch, in the sandbox ─► verdict.json
                                │                                                        │
                                └────────────── cells.py: outputs of the check cells ◄───┘
                          unfinished.py: what a killed run left is graded again

    convmark export ─► gradebook.py: verdicts of a batch into nbgrader's gradebook

nbgrader's own process runs no student code and starts no kernel for the lab; other assignments of the course are
graded as nbgrader grades them.
"""
