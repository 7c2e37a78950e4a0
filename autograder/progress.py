"""What changed between two results of one submission: points, what was mended, what is newly wrong.

Only checks that both results have are compared, so that a run of one section says nothing of the others. A result
here is an answer for each check, plain data that may come from a file which anybody could have edited: it is read
strictly, and what is made of it are sentences, never points.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from autograder import messages
from autograder.scheme import Scheme
from autograder.verdict import CheckStatus, Verdict

NAMED = 4  # checks named in a list; of the others only the number is told
Answers = Mapping[str, tuple[str, float]]  # status and points of a check, by its id


@dataclass(frozen=True)
class Change:
    """Points won or lost, and the ids of checks that are passed now, failed now, failed as they are first reached, and failed
    as before for another reason.
    """

    points: float
    fixed: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    found: tuple[str, ...] = ()
    other: tuple[str, ...] = ()


def answers(verdict: Verdict) -> dict[str, tuple[str, float]]:
    """How each check of a verdict was answered."""
    return {check.id: (check.status, check.points) for check in verdict.checks}


def plain(known: Answers) -> dict[str, list[Any]]:
    """Answers as JSON data."""
    return {name: [status, points] for name, (status, points) in known.items()}


def read(value: Any, scheme: Scheme) -> dict[str, tuple[str, float]]:
    """Answers that `plain` made; nothing at all if there is anything that it would not have written."""
    found: dict[str, tuple[str, float]] = {}
    for name, answer in value.items() if isinstance(value, dict) else ():
        line = scheme.checks.get(name)
        if line is None or not isinstance(answer, list) or len(answer) != 2:
            return {}
        status, points = answer
        number = isinstance(points, int | float) and not isinstance(points, bool) and math.isfinite(points)
        if status not in get_args(CheckStatus) or not number or not 0 <= points <= line.points:
            return {}
        found[name] = (status, float(points))
    return found


def compared(before: Answers, after: Answers) -> Change | None:
    """What changed; None if the two have no check in common."""
    common = [name for name in after if name in before]
    if not common:
        return None

    def now(status: str, *earlier: str) -> tuple[str, ...]:
        return tuple(name for name in common if after[name][0] == status and before[name][0] in earlier)

    points = round(sum(after[name][1] for name in common) - sum(before[name][1] for name in common), 2)
    return Change(points, now("passed", "failed", "not_checked"), now("failed", "passed"), now("failed", "not_checked"))


def signed(points: float, lang: str) -> str:
    """A difference with its sign."""
    sign = "+" if points > 0 else "\u2212" if points < 0 else "\u00b1"
    return sign + messages.local(lang, f"{abs(points):g}")


def told(change: Change, lang: str, scheme: Scheme, since: str) -> str:
    """The change in sentences; *since* is the phrase that says since when: `progress_run` or `progress_result`."""
    when = messages.phrase(lang, since)
    named = {"fixed": change.fixed, "new": change.new, "found": change.found, "other": change.other}
    if not change.points and not any(named.values()):
        return messages.phrase(lang, "progress_none", since=when)
    lists = [
        messages.phrase(lang, f"progress_{key}", checks=_titles(names, lang, scheme)) for key, names in named.items() if names
    ]
    return " ".join([messages.phrase(lang, "progress_points", points=signed(change.points, lang), since=when), *lists])


def _titles(names: tuple[str, ...], lang: str, scheme: Scheme) -> str:
    """What checks ask for; preconditions only where nothing else is to be named."""
    worth = [name for name in names if scheme.checks[name].points] or list(names)
    titles = [scheme.checks[name].title[lang] for name in worth]
    rest = [messages.phrase(lang, "progress_more", number=len(titles) - NAMED)] if len(titles) > NAMED else []
    return "; ".join([*titles[:NAMED], *rest])
