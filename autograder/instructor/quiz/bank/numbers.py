"""Numbers as students write them and as keys state them."""

import re
from dataclasses import dataclass

SPACES = str.maketrans("", "", " _\u00a0\u2009\u202f\u2007\t")
MINUS = str.maketrans({"−": "-", "–": "-", "—": "-"})
PLAIN = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
NUMBER = re.compile(PLAIN)
GROUPED = re.compile(r"[+-]?[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]+)?")
KEY = re.compile(rf"(?P<value>{PLAIN})(?:\s*(?:±|\+-)\s*(?P<tolerance>{PLAIN})\s*(?P<percent>%)?)?")
RANGE = re.compile(rf"(?P<low>{PLAIN})\s*\.\.\s*(?P<high>{PLAIN})")
NOTHING = re.compile(r"\s*±\s*0\s*%?$")
MAX_CHARS = 100
SLACK = 1e-9  # relative: what is typed with all its digits is not wrong by a rounding of the machine


@dataclass(frozen=True)
class Key:
    """A number and what is taken for it."""

    value: float
    low: float
    high: float
    stated: bool

    def accepts(self, answer: float) -> bool:
        """Whether an answer lies within the tolerance."""
        slack = SLACK * max(abs(self.low), abs(self.high))
        return self.low - slack <= answer <= self.high + slack


def key(text: str) -> Key | None:
    """What a numeric option states: ``7``, ``12.5 ± 0.1``, ``0.002 ± 1 %`` or ``5 .. 7``; None if it is no number."""
    plain = text.translate(MINUS).strip()
    between = RANGE.fullmatch(plain)
    if between:
        low, high = float(between["low"]), float(between["high"])
        return Key((low + high) / 2, low, high, True) if low <= high else None
    found = KEY.fullmatch(plain)
    if found is None:
        return None
    value = float(found["value"])
    tolerance = float(found["tolerance"] or 0)
    tolerance *= abs(value) / 100 if found["percent"] else 1
    return Key(value, value - abs(tolerance), value + abs(tolerance), found["tolerance"] is not None)


def answer(text: str, lang: str) -> float | None:
    """The number that a student wrote; None if it is none, which costs nothing.

    Spaces and underscores between digits are no part of it. A comma is the decimal mark, but for groups of three digits
    in English: ``4,293,194`` and ``1,563`` are whole numbers there, ``0,563`` is none.
    """
    if len(text) > MAX_CHARS:
        return None
    plain = text.translate(SPACES).translate(MINUS).rstrip(".")
    if lang == "en" and GROUPED.fullmatch(plain):
        plain = plain.replace(",", "")
    plain = plain.replace(",", ".")
    return float(plain) if NUMBER.fullmatch(plain) else None


def shown(text: str, lang: str) -> str:
    """A key as it is told to people: without a tolerance of nothing, with the decimal mark of the language."""
    plain = NOTHING.sub("", text.strip())
    return plain.replace(".", ",") if lang == "ru" and ".." not in plain else plain
