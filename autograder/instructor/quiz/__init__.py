"""The quiz on convolution and regularization: its bank, and what is done with it.

::

    bank ──► forms ──► grading ──► analysis
         └─► exports

A bank is plain Markdown that reads well where it is stored. Nothing in it is executed: expressions are those of a
Jinja sandbox, and know the functions of calculators.py and no others.
"""
