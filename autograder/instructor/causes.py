"""What went wrong in a work, each cause once: a file that does not run is one mistake, not one of every function."""

import string
from collections.abc import Iterator, Mapping
from typing import Any

from autograder import messages
from autograder.safe import printable, shortened
from autograder.verdict import FILE, Reason, Verdict

STOPPED, NOT_BEGUN, NOT_DEFINED = "cause.stopped", "cause.not_begun", "cause.not_defined"
FOLDED = {"stage.not_done": NOT_BEGUN, "stage.missing": NOT_DEFINED}
ACCURACY, TESTED, BUILT = "accuracy.test", "accuracy.weights", "model.returns"
WHERE = ("number", "function")  # of the task: the same cause is told with each that it concerns
MAX_TEXT = 160

Told = dict[str, Any]


def of(verdict: Verdict, measured: bool) -> dict[str, list[Told]]:
    """By check, or by what several checks fold into, the reasons as JSON data; nothing where there was nothing to grade.

    Points in part are no mistake. Accuracy that was not *measured*, for want of weights, is none either, and a network that
    cannot be built cannot be tested.
    """
    found: dict[str, list[Told]] = {}
    causes: set[str] = set()
    for check, reason in _failed(verdict):
        if (check == ACCURACY and not measured) or (check == TESTED and BUILT in found):
            continue
        told = _told(reason)
        cause = repr((reason.code, told["params"] if reason.code.startswith(FILE) else reason.params))
        if cause not in causes:
            found.setdefault(_key(check, reason), []).append(told)
        causes.add(cause)
    return found


def stopped(verdict: Verdict) -> Told | None:
    """Why the file stopped as it was read, as JSON data; None if it did not."""
    reasons = (reason for _, reason in _failed(verdict) if reason.code.startswith(FILE))
    return next(({"code": reason.code, "params": dict(reason.params)} for reason in reasons), None)


def _failed(verdict: Verdict) -> Iterator[tuple[str, Reason]]:
    """The checks that gave no points, with the reason; none of them if the work as a whole has one."""
    for check in () if verdict.reason else verdict.checks:
        if check.status == "failed" and check.reason is not None and not check.is_partly:
            yield check.id, check.reason


def _key(check: str, reason: Reason) -> str:
    return STOPPED if reason.code.startswith(FILE) else FOLDED.get(reason.code, check)


def _told(reason: Reason) -> Told:
    """The reason with those values only that a class page shows, bounded."""
    named = {"type"} if reason.code.startswith(FILE) else _named(reason.code)
    params = {key: _short(value) for key, value in reason.params.items() if key in named}
    return {"code": reason.code, "params": params}


def _named(code: str) -> set[str]:
    """The values that the sentence on what is wrong mentions."""
    sentence = messages.catalogue("en").get(code, {}).get("wrong", "")
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name} | set(WHERE)


def _short(value: Any) -> Any:
    return value if isinstance(value, int | float) else shortened(printable(str(value)), MAX_TEXT)


def by_kind(told: Mapping[str, Any]) -> tuple[str, ...]:
    """What tells one kind of a mistake from another: the code, and the task or the error that it is about."""
    params, names = told["params"], ("type",) if told["code"].startswith(FILE) else WHERE
    return (str(told["code"]), *(str(params.get(name, "")) for name in names))
