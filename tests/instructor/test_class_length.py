"""The diagram of accuracies over the length of training."""

import re
from typing import Any

import pytest

from autograder import messages
from autograder.instructor import class_length, rendering
from autograder.scheme import load
from tests.instructor.test_class_page import _page, _Read, _row

PLACES = re.compile(r"M([\d.]+) ([\d.]+)h0")


def diagram(rows: list[dict[str, Any]], lang: str = "en") -> dict[str, Any] | None:
    """The diagram of these works."""
    return class_length.diagram(rendering.Words(lang), load(), "cifar10", rows)


def test_places() -> None:
    """Epochs run from 0 to the longest training, accuracies from below the lowest to 1; the line asked for is off the axis."""
    found = diagram([_row("A", accuracy=(0.75, 0.9), epochs=25), _row("B", accuracy=(1.0, 1.0), epochs=10)])

    assert found is not None
    assert [("188", "12"), ("404", "149.5")] == PLACES.findall(found["dots"][0]["path"])
    assert ["60", "70", "80", "90", "100"] == [tick["label"] for tick in reversed(found["up"])]
    assert ["0", "5", "10", "15", "20", "25"] == [tick["label"] for tick in found["across"]]
    assert 177 == found["minimum"]
    assert "asked for: 70%" == found["asked"]


def test_only_works_with_both() -> None:
    """A work without weights, or without a record, is not drawn; that it is missing is told in figures."""
    rows = [_row("A", accuracy=(0.8, 0.9), epochs=5), _row("B", accuracy=(0.7, 0.8)), _row("C", epochs=9)]
    found = diagram(rows)

    assert found is not None
    assert 1 == len(PLACES.findall(found["dots"][0]["path"]))
    assert "Works with weights: 2, of them with a record of the training: 1." in found["about"]
    assert diagram(rows[1:]) is None


@pytest.mark.parametrize("lang", messages.LANGUAGES)
def test_page(lang: str) -> None:
    """The page has the diagram with its description, and the table a column with the same epochs."""
    read = _Read(_page([_row("A", accuracy=(0.8, 0.9), epochs=1234), _row("B")], lang))
    say = rendering.Words(lang)

    assert say.say("length") in read.text("length")
    assert say.count(1234).replace("\u00a0", " ") in read.text("all").replace("\u00a0", " ")
    assert say.say("column_epochs") in read.text("all")


def test_no_record_no_diagram() -> None:
    """Where nobody submitted a record there is neither diagram nor column."""
    read = _Read(_page([_row("A", accuracy=(0.8, 0.9))]))

    assert "length" not in read.sections
    assert rendering.Words("en").say("column_epochs") not in read.text("all")
