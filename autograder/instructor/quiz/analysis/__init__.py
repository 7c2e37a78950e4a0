"""Item analysis: which questions were good ones, told by the answers of a class.

::

    responses.csv ──► responses.py ──► class_table.py ──► items.py, flags.py, guessing.py ──► report.py ──► page.py
                      one row each      students × items   statistics.py computes              plain data
"""
