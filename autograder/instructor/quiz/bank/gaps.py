"""The gaps of a cloze: ``[[text|synonym]]``, ``[[=12 ± 1]]`` and ``[[*right / wrong / wrong]]``."""

import re
from dataclasses import dataclass
from typing import Literal

from autograder.instructor.quiz.bank import numbers

GAP = re.compile(r"\[\[(?P<inside>[^\[\]]*)\]\]")
Kind = Literal["text", "number", "choice"]


class GapError(Exception):
    """A gap that breaks a rule of the format; the first argument is the code of the problem."""


@dataclass(frozen=True)
class Gap:
    """What is accepted in a gap; of a choice also what is offered, in the order of the file."""

    kind: Kind
    accepted: tuple[str, ...]
    offered: tuple[str, ...] = ()
    key: numbers.Key | None = None


def parse(inside: str) -> Gap:
    """The gap that stands between the brackets.

    Raises:
        GapError: it is none.
    """
    text = inside.strip()
    if text.startswith("="):
        found = numbers.key(text[1:].strip())
        if found is None:
            raise GapError("bad-number", f"{text[1:].strip()!r} is no number")
        return Gap("number", (text[1:].strip(),), key=found)
    if text.startswith("*"):
        offered = tuple(part.strip() for part in text[1:].split(" / "))
        if len(offered) < 2 or not all(offered) or len(set(offered)) < len(offered):
            raise GapError("bad-gap", "a choice has the right option first and others after it, with ` / ` between")
        return Gap("choice", offered[:1], offered)
    accepted = tuple(part.strip() for part in text.split("|"))
    if not all(accepted):
        raise GapError("bad-gap", "a gap is empty")
    return Gap("text", accepted)


def split(stem: str) -> list[str | Gap]:
    """The text of a cloze in parts: what stands between the gaps, and the gaps.

    Raises:
        GapError: a gap breaks a rule.
    """
    found: list[str | Gap] = []
    end = 0
    for gap in GAP.finditer(stem):
        found += [stem[end : gap.start()], parse(gap["inside"])]
        end = gap.end()
    return [*found, stem[end:]]


def of(stem: str) -> list[Gap]:
    """The gaps alone.

    Raises:
        GapError: a gap breaks a rule.
    """
    return [part for part in split(stem) if isinstance(part, Gap)]
