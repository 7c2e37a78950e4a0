"""The reader of responses: what it takes, and where it says that a cell is wrong."""

import csv
import io
import json
from pathlib import Path

import pytest

from autograder.instructor.quiz.analysis import responses as response_table
from autograder.instructor.quiz.analysis.responses import COLUMNS, ResponsesError

ROW = {
    "student": "Иванова",
    "question": "1",
    "item": "ar-out",
    "version": "2",
    "type": "numeric",
    "topic": "conv/arithmetic",
    "bloom": "apply",
    "difficulty": "medium",
    "lang": "ru",
    "values": '{"n": 28, "mode": "same"}',
    "answer": '["13,5"]',
    "state": "wrong",
    "points": "0.5",
    "maximum": "2",
    "mistakes": "no-padding rounded-up",
}


def table(*changes: dict[str, str]) -> str:
    """A table with a row for each set of changes."""
    out = io.StringIO()
    rows = csv.DictWriter(out, COLUMNS)
    rows.writeheader()
    rows.writerows({**ROW, **change} for change in changes)
    return out.getvalue()


def test_a_row_is_read(tmp_path: Path) -> None:
    """Every cell has its type, a mark at the beginning of the file is no part of the header."""
    path = tmp_path / "responses.csv"
    path.write_text(table({}), "utf-8-sig")
    (found,) = response_table.read(path)

    assert ("Иванова", 1, "ar-out", 2) == (found.student, found.question, found.item, found.version)
    assert ({"n": 28, "mode": "same"}, ("13,5",)) == (found.values, found.answer)
    assert ("wrong", 0.5, 2.0, ("no-padding", "rounded-up")) == (found.state, found.points, found.maximum, found.mistakes)


def test_a_long_essay_is_read() -> None:
    """An essay of a megabyte is read, and the limit of other tables is as it was."""
    before = csv.field_size_limit()
    (found,) = response_table.parse(table({"answer": json.dumps(["я" * 2**20])}))
    with pytest.raises(ResponsesError, match="line 2: field larger than field limit"):
        response_table.parse(table({"answer": json.dumps(["x" * 2**23])}))

    assert (2**20, before) == (len(found.answer[0]), csv.field_size_limit())


@pytest.mark.parametrize("state", ["unreadable", "waiting"])
def test_points_may_be_undecided(state: str) -> None:
    """An answer that waits for a person has no points, and once they are given it has."""
    first, second = response_table.parse(table({"state": state, "points": ""}, {"student": "x", "state": state}))

    assert (None, 0.5) == (first.points, second.points)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("student", " "),
        ("student", "x" * 1001),
        ("question", "0"),
        ("question", "1.5"),
        ("version", "²"),
        ("item", ""),
        ("type", "Single"),
        ("bloom", "know"),
        ("difficulty", ""),
        ("lang", "de"),
        ("values", "[]"),
        ("values", "{"),
        ("values", '{"n": NaN}'),
        ("values", '{"n": 1, "n": 2}'),
        ("values", "[" * 60 + "]" * 60),
        ("answer", '"x"'),
        ("answer", "[1]"),
        ("answer", json.dumps(["x"] * 201)),
        ("state", "correct"),
        ("points", ""),
        ("points", "nan"),
        ("points", "1e999"),
        ("points", "2.5"),
        ("points", "-1"),
        ("maximum", "0"),
        ("maximum", "inf"),
        ("mistakes", "x" * 1001),
    ],
)
def test_a_wrong_cell_is_told_by_line_and_column(column: str, value: str) -> None:
    """The second row, whose first has two lines, is wrong: the message has the line and the column."""
    text = table({"answer": '["one",\n"two"]'}, {"student": "b", column: value})
    with pytest.raises(ResponsesError, match=rf"^line 4, {column}: "):
        response_table.parse(text)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({}, "line 3, question: this student has it twice"),
        ({"question": "2"}, "line 3, item: this student has it twice"),
        ({"student": "b", "topic": "other"}, "line 3, topic: an earlier row"),
        ({"student": "b", "maximum": "3"}, "line 3, maximum: an earlier row"),
    ],
)
def test_rows_agree_with_each_other(change: dict[str, str], told: str) -> None:
    """A student answers a question once, and an item has one topic and one maximum."""
    with pytest.raises(ResponsesError, match=told):
        response_table.parse(table({}, change))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "line 1: column 1 is student"),
        ("student;question\n", "line 1: column 1 is student"),
        (",".join(COLUMNS[:-1]) + "\n", "line 1: column 15 is mistakes"),
        (",".join([*COLUMNS, "more"]) + "\n", "more than 15 columns"),
        (table({}) + "a,b\n", "line 3: 2 cells, not 15"),
        (table({}) + '"a', "line 3: unexpected end"),
    ],
)
def test_other_tables_are_refused(text: str, told: str) -> None:
    """A header or a row of another shape is told with its line."""
    with pytest.raises(ResponsesError, match=told):
        response_table.parse(text)


def test_files_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is too large, has too many rows, is not UTF-8 or not there is refused by its name."""
    path = tmp_path / "responses.csv"
    path.write_text(table({}, {"student": "b"}), "utf-8")
    monkeypatch.setattr(response_table, "MAX_ROWS", 1)
    with pytest.raises(ResponsesError, match=r"responses\.csv: line 3: there are more than 1 rows"):
        response_table.read(path)
    monkeypatch.setattr(response_table, "MAX_BYTES", 100)
    with pytest.raises(ResponsesError, match=r"responses\.csv is larger"):
        response_table.read(path)
    path.write_bytes(b"student\n\xff")
    with pytest.raises(ResponsesError, match=r"responses\.csv: line 2 is not UTF-8"):
        response_table.read(path)
    with pytest.raises(ResponsesError, match=r"no\.csv cannot be read"):
        response_table.read(tmp_path / "no.csv")


def test_messages_quote_nothing_dangerous() -> None:
    """What a cell holds is shortened and made printable in the message."""
    with pytest.raises(ResponsesError) as caught:
        response_table.parse(table({"state": "\x1b[31m" + "x" * 10_000}))

    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 300
