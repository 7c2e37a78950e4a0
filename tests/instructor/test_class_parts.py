"""What the parts of the page of a class share."""

import pytest

from autograder.instructor import class_parts
from tests.instructor.test_class_page import _row

NAMES = ["Жуков", "Ёлкин", "Арбузова", "Zed", "анна", "Емелин", "S10", "s9"]


@pytest.mark.parametrize(
    ("lang", "expected"),
    [
        ("ru", ["анна", "Арбузова", "Ёлкин", "Емелин", "Жуков", "s9", "S10", "Zed"]),
        ("en", ["s9", "S10", "Zed", "анна", "Арбузова", "Ёлкин", "Емелин", "Жуков"]),
    ],
)
def test_names_in_the_order_of_a_reader(lang: str, expected: list[str]) -> None:
    """Capitals and ё make no difference, 9 is before 10, and on a Russian page Cyrillic comes first."""
    found = class_parts.by_name([_row(name) for name in NAMES], lang)

    assert expected == [row["student"] for row in found]


def test_a_long_number_is_no_obstacle() -> None:
    """A name of thousands of digits is sorted behind smaller numbers."""
    long = "9" * 9000

    assert ["10", long] == sorted([long, "10"], key=lambda name: class_parts.order(name, "en"))
