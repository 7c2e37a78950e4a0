"""The part of the page of a class that tells what a regrading has changed: counts, and each work with before and after."""

from collections.abc import Mapping, Sequence
from typing import Any

from autograder.instructor.class_parts import link, order, why
from autograder.instructor.compact import Mapped
from autograder.instructor.rendering import Words, check_title
from autograder.scheme import Scheme

Told = Mapping[str, Any]


def shown(scheme: Scheme, say: Words, changes: Sequence[Told]) -> dict[str, Any]:
    """How many works changed and how, and those works: first those whose points or status did.

    Each of *changes* has ``row``, as the page takes it, the score ``before`` (None if there was none), ``difference``,
    the ``checks`` that answer otherwise, and whether it ``changed`` or had no evidence and was ``kept``.
    """
    places = [place for place, change in enumerate(changes) if change["changed"]]
    places.sort(key=lambda place: _order(say, changes[place]))
    return {
        "counted": _counted(say, changes, len(places)),
        "changes": Mapped(lambda place: _change(scheme, say, changes[place]), places),
    }


def _order(say: Words, change: Told) -> tuple[bool, tuple[bool, str]]:
    return change["before"] == change["row"]["score"], order(str(change["row"]["student"]), say.lang)


def _signed(say: Words, value: float) -> str:
    return f"{'+' if value > 0 else ''}{say.number(value)}"


def _counted(say: Words, changes: Sequence[Told], changed: int) -> list[str]:
    moved = [change["difference"] for change in changes if change["difference"]]
    up, kept = sum(value > 0 for value in moved), sum(change["kept"] for change in changes)
    told = [say.say("regraded_changed", number=say.count(changed), all=say.count(len(changes)))]
    if moved:
        mean = round(sum(moved) / len(moved), 2) + 0.0  # no minus before a zero
        numbers = {"up": say.count(up), "down": say.count(len(moved) - up), "mean": _signed(say, mean)}
        told.append(say.say("regraded_moved", **numbers))
    return [*told, *([say.say("regraded_kept", number=say.count(kept))] if kept else [])]


def _change(scheme: Scheme, say: Words, change: Told) -> dict[str, Any]:
    row = change["row"]
    before, after = (
        say.say("status_attention") if score is None else say.number(score) for score in (change["before"], row["score"])
    )
    reasons = [check_title(scheme, check, say.lang) for check in change["checks"]]
    if row["status"] != "graded" and row["reason"]:
        reasons.insert(0, why(say, row["reason"]))
    difference = _signed(say, change["difference"]) if change["difference"] else ""
    return {"link": link(row), "before": before, "after": after, "difference": difference, "why": reasons}
