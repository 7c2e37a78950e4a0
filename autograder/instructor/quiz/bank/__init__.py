"""The bank as it is written: read, checked like code, its values filled in, its texts made ready, answers to it marked.

::

    quiz/questions/*.md ──► reading.py ──► model.py ──► instances.py ──► an item with its values filled in ──► text.py, marking.py
                         blocks.py, wording.py │            calculators.py, expressions.py
                                              └──► lint.py, style.py, lock.py: what has to be mended
"""
