"""Grades that Moodle knows, numbers as it reads them, and words as it compares them."""

import dataclasses
from fractions import Fraction

import pytest

from autograder.instructor.quiz.bank import numbers
from autograder.instructor.quiz.bank.model import Item, Option, Wording
from autograder.instructor.quiz.exports import moodle_parts as parts


def multi(right: int, wrong: int, scoring: str = "partial") -> Item:
    """An item with so many options."""
    options = tuple(Option(str(index), index < right, str(index), "", 1) for index in range(right + wrong))
    wordings = {"en": Wording("en", 1, "?", options)}
    return Item("a", "a.md", 1, "multi", "a/b", "easy", "apply", 1.0, 1, scoring=scoring, wordings=wordings)


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        *[(Fraction(1), "100"), (Fraction(1, 3), "33.33333"), (Fraction(1, 6), "16.66667"), (Fraction(1, 8), "12.5")],
        *[(Fraction(1, 7), "14.28571"), (Fraction(1, 11), "10"), (Fraction(1, 30), "5"), (Fraction(7, 9), "80")],
    ],
)
def test_grade(share: Fraction, expected: str) -> None:
    """The least grade of the list that is not below a share, as Moodle writes it."""
    assert expected == parts.grade(share)


@pytest.mark.parametrize(
    ("right", "wrong", "scoring", "expected"),
    [
        (2, 3, "partial", ["50", "50", "-50", "-50", "-50"]),
        (3, 1, "partial", ["33.33333", "33.33333", "33.33333", "-33.33333"]),
        (1, 2, "partial", ["100", "-100", "-100"]),
        (2, 0, "partial", ["50", "50"]),
        (2, 2, "all", ["50", "50", "-100", "-100"]),
    ],
)
def test_grades(right: int, wrong: int, scoring: str, expected: list[str]) -> None:
    """Right options share the points; a wrong one costs as much, or everything where there is no partial credit."""
    assert expected == parts.grades(multi(right, wrong, scoring))


def test_options_of_other_types_count_all_or_nothing() -> None:
    """One option is right, and has everything."""
    assert ["100", "0"] == parts.grades(dataclasses.replace(multi(1, 1), type="single"))


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        *[("896 ± 0", ("896", "0")), ("29.4 ± 0.1", ("29.4", "0.1")), ("5 .. 7", ("6", "1"))],
        *[("-0.00001", ("-0.00001", "0")), ("1e20", ("100000000000000000000", "0")), ("0.0006 ± 1 %", ("0.0006", "0.000006"))],
        *[("4293194 ± 0.5", ("4293194", "0.5")), ("-2 .. 2", ("0", "2"))],
    ],
)
def test_numbers(key: str, expected: tuple[str, str]) -> None:
    """A key as a number and an error, without an exponent and without the digits of a rounding."""
    found = numbers.key(key)

    assert found is not None
    assert expected == parts.center(found)


def test_spellings() -> None:
    """Moodle compares letter by letter: composed letters, single spaces, ё also as е, no wildcard by accident."""
    assert ["2\\*x"] == parts.spellings("2*x")
    assert ["Ёж и ё", "Еж и е"] == parts.spellings(" Е\u0308ж  и `ё`")
