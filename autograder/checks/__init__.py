"""The marking scheme: one test is one check, and one line of `lab.toml`.

``test_data.py::test_scale`` is the check ``data.scale``. A check sees evidence, never a live object of a
submission. It raises `CheckFailed` with a code of the message catalogue, or returns.
"""
