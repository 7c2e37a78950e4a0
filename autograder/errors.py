"""The errors of the kit, and whose fault each one is.

::

    ConvmarkError
    ├── SubmissionError      the student's: a sentence in their language, points are lost
    │   └── CheckFailed      a check of the marking scheme was not passed
    ├── NotReached           nobody's: the check depends on another one that was not passed
    └── GraderError          ours: the submission is marked "needs attention", never zero
        ├── EvidenceError    evidence that the strict reader refuses
        ├── SandboxError     a sandbox or a process of ours that does not work
        └── DataUnavailable  the data set is not on this machine
"""

from typing import Any

Params = dict[str, Any]


class ConvmarkError(Exception):
    """An error with a code of the message catalogue and the values its sentences mention."""

    def __init__(self, code: str, /, **params: Any) -> None:
        super().__init__(code, params)
        self.code = code
        self.params: Params = params


class SubmissionError(ConvmarkError):
    """Something the student did wrong."""


class CheckFailed(SubmissionError):
    """A check that was not passed.

    ``credit`` is the share of the check's points, 0 to 1, that is given all the same.
    """

    def __init__(self, code: str, /, *, credit: float = 0.0, **params: Any) -> None:
        super().__init__(code, **params)
        self.credit = credit


class NotReached(ConvmarkError):
    """A check that cannot be judged: ``code`` is the check it depends on, or a reason of the catalogue."""


class GraderError(ConvmarkError):
    """A fault of the grader or of the machine."""


class EvidenceError(GraderError):
    """Evidence that is malformed, too large or of another version."""


class SandboxError(GraderError):
    """A process of ours that could not be started, or died before it met student code."""


class DataUnavailable(GraderError):
    """The data set for the accuracy section cannot be found."""
