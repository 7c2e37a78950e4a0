"""The lab and the quiz as assignments of nbgrader.

::

    convmark nbgrader init ─► course.py ─► source/<assignment>/  nbgrader_config.py  convmark_config.py

    nbgrader autograde ─► preprocessors.py ─► desk.py ─► the batch, in the sandbox ─► verdict.json
                                │                                                        │
                                └────────────── cells.py: outputs of the check cells ◄───┘
                          unfinished.py: what a killed run left is graded again
                          quiz.py: answers of a quiz, which literals.py reads, marked by the course's copy of the bank

    convmark export ─► gradebook.py: verdicts of a batch into nbgrader's gradebook
                       quiz_grades.py: scores of a whole quiz from elsewhere

nbgrader's own process runs no student code and starts no kernel for the two; other assignments of the course are
graded as nbgrader grades them.
"""
