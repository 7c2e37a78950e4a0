"""The bank of questions on convolution and regularization, and the tools that read, check and compute it.

::

    quiz/questions/*.md ──► reading.py ──► model.py ──► instances.py ──► an item with its values filled in
                                              │            calculators.py, expressions.py
                                              └──► lint.py, style.py, lock.py: what has to be mended

A bank is plain Markdown that reads well where it is stored. Nothing in it is executed: expressions are those of a
Jinja sandbox, and know the functions of calculators.py and no others.
"""
