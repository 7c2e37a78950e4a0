"""Collect what every check answered, as pytest runs them."""

from typing import Any

import pytest

from autograder.errors import CheckFailed, ConvmarkError, GraderError, NotReached, SubmissionError
from autograder.scheme import Scheme
from autograder.verdict import Outcome, Reason


def check_id(item: pytest.Item) -> str:
    """``checks/test_data.py::test_scale`` is ``data.scale``."""
    return f"{item.path.stem.removeprefix('test_')}.{item.name.removeprefix('test_')}"


def outcome_of(error: BaseException | None, scheme: Scheme) -> Outcome:
    """What a check's exception, or None, says about it."""
    if error is None:
        return Outcome("passed", 1.0)
    if isinstance(error, NotReached):
        because = error.code if error.code in scheme.checks else None
        return Outcome("not_checked", 0.0, None if because else Reason(error.code, error.params), because)
    if isinstance(error, SubmissionError):
        credit = error.credit if isinstance(error, CheckFailed) else 0.0
        return Outcome("failed", credit, Reason(error.code, error.params))
    if isinstance(error, GraderError):
        return Outcome("broken", 0.0, Reason(error.code, error.params))
    return Outcome("broken", 0.0, Reason("grader.bug", {"reason": f"{type(error).__name__}: {error}"[:300]}))


class Collector:
    """Keeps an `Outcome` for each check, and does not run a check whose precondition was not passed."""

    def __init__(self, scheme: Scheme) -> None:
        self.scheme = scheme
        self.outcomes: dict[str, Outcome] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Stop a check at its precondition."""
        for marker in item.iter_markers("needs"):
            needed = self.outcomes.get(marker.args[0])
            if needed is None or needed.status == "passed":
                continue
            if needed.status == "not_checked" and needed.reason is not None:
                raise NotReached(needed.reason.code, **needed.reason.params)
            raise NotReached(needed.because or marker.args[0])

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[Any]) -> Any:
        """Turn an exception of ours into an outcome, and keep its traceback out of the output."""
        report: pytest.TestReport = yield
        error = call.excinfo.value if call.excinfo else None
        if call.when == "call" or error is not None:
            outcome = outcome_of(error, self.scheme)
            self.outcomes.setdefault(check_id(item), outcome)
            if isinstance(error, NotReached):
                report.outcome = "skipped"
                report.longrepr = (str(item.path), 0, error.code)
            elif isinstance(error, ConvmarkError):
                report.outcome = "failed"
                report.longrepr = error.code
                report.when = "call"
        return report
