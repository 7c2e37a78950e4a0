"""Read `responses.csv`: one row for each student and item, with what was answered and what it is worth.

Strings are only ever data: nothing in them is followed, and whoever shows them escapes them.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from autograder import safe, strictjson
from autograder.errors import EvidenceError
from autograder.instructor.quiz.bank.marking import State
from autograder.instructor.quiz.bank.model import BLOOM, DIFFICULTIES, LANGUAGES, TYPES
from autograder.instructor.quiz.bank.numbers import PLAIN

COLUMNS = (
    *("student", "question", "item", "version", "type", "topic", "bloom", "difficulty", "lang"),
    *("values", "answer", "state", "points", "maximum", "mistakes"),
)
MAX_BYTES = 2**27
MAX_ROWS = 500_000
MAX_CHARS = {"values": 10_000, "answer": 2**23}  # a long essay of escapes must not stop the analysis of a class
MAX_TEXT = 1_000
MAX_PARTS = 200
WORDS = {"type": TYPES, "bloom": BLOOM, "difficulty": tuple(DIFFICULTIES), "lang": LANGUAGES, "state": get_args(State)}
UNDECIDED = ("unreadable", "waiting")
OF_AN_ITEM = ("type", "topic", "bloom", "difficulty", "maximum")
NUMBER = re.compile(PLAIN)
WHOLE = re.compile(r"[0-9]{1,6}")


class ResponsesError(Exception):
    """Responses that cannot be read; the message names the line and the column."""


@dataclass(frozen=True, slots=True)
class Response:
    """A student's answer to an item. ``points`` is None while a person has to decide."""

    student: str
    question: int
    item: str
    version: int
    type: str
    topic: str
    bloom: str
    difficulty: str
    lang: str
    values: Mapping[str, Any]
    answer: tuple[str, ...]
    state: str
    points: float | None
    maximum: float
    mistakes: tuple[str, ...]

    @property
    def key(self) -> tuple[str, int]:
        """What counts as one item: answers to another version of it are answers to another question."""
        return self.item, self.version


@dataclass(frozen=True)
class _Row:
    """The cells of a row, by their columns."""

    line: int
    cells: Mapping[str, str]

    def error(self, column: str, message: str) -> ResponsesError:
        """What is wrong in a cell, with the beginning of what stands there."""
        found = safe.shortened(safe.printable(self.cells[column][:200]), 60)
        return ResponsesError(f"line {self.line}, {column}: {message}; {found!r} stands there")

    def text(self, column: str) -> str:
        """A text that is not empty, and not endless."""
        found = self.cells[column]
        if not found.strip() or len(found) > MAX_TEXT:
            raise self.error(column, f"a text of 1 to {MAX_TEXT} characters is needed")
        return found

    def word(self, column: str) -> str:
        """One of the words that the column may have."""
        if self.cells[column] not in WORDS[column]:
            raise self.error(column, f"one of {', '.join(WORDS[column])} is needed")
        return self.cells[column]

    def whole(self, column: str) -> int:
        """A whole number from 1."""
        if not WHOLE.fullmatch(self.cells[column]) or int(self.cells[column]) < 1:
            raise self.error(column, "a whole number from 1 is needed")
        return int(self.cells[column])

    def number(self, column: str, low: float, high: float) -> float:
        """A number in the range."""
        found = self.cells[column]
        if len(found) > 40 or not NUMBER.fullmatch(found) or not low <= float(found) <= high:
            raise self.error(column, f"a number from {low:g} to {high:g} is needed")
        return float(found)

    def json(self, column: str) -> Any:
        """What the JSON of a cell says."""
        try:
            return strictjson.loads(self.cells[column], max_chars=MAX_CHARS[column], max_depth=8)
        except EvidenceError as error:
            raise self.error(column, "JSON is needed, and not too much of it") from error


def read(path: Path) -> list[Response]:
    """The responses in a file, in its order.

    Raises:
        ResponsesError: it is too large, or a cell breaks a rule; the message has the line and the column.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise ResponsesError(f"{path.name} cannot be read: {error.strerror}") from error
    if len(content) > MAX_BYTES:
        raise ResponsesError(f"{path.name} is larger than {MAX_BYTES // 2**20} MiB")
    try:
        return parse(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ResponsesError(f"{path.name}: line {line} is not UTF-8") from error
    except ResponsesError as error:
        raise ResponsesError(f"{path.name}: {error}") from error


def parse(text: str) -> list[Response]:
    """The responses that a text says.

    Raises:
        ResponsesError: a cell breaks a rule.
    """
    found: list[Response] = []
    taken: set[tuple[str, Any]] = set()
    items: dict[tuple[str, int], Response] = {}
    for row in _rows(text):
        response = _response(row)
        for column, what in (("question", response.question), ("item", response.item)):
            if (response.student, what) in taken:
                raise row.error(column, "this student has it twice")
            taken.add((response.student, what))
        first = items.setdefault(response.key, response)
        for column in OF_AN_ITEM:
            if getattr(first, column) != getattr(response, column):
                raise row.error(column, f"an earlier row of this item has {getattr(first, column)!r}")
        found.append(response)
    return found


def _rows(text: str) -> Iterator[_Row]:
    before = csv.field_size_limit(MAX_CHARS["answer"])
    try:
        yield from _read(text)
    finally:
        csv.field_size_limit(before)


def _read(text: str) -> Iterator[_Row]:
    table = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        for number, cells in enumerate(table):
            if number == 0:
                _header(cells)
            elif cells:
                if len(cells) != len(COLUMNS):
                    raise ResponsesError(f"line {line}: {len(cells)} cells, not {len(COLUMNS)}")
                yield _Row(line, dict(zip(COLUMNS, cells, strict=True)))
            if number > MAX_ROWS:
                raise ResponsesError(f"line {line}: there are more than {MAX_ROWS} rows")
            line = table.line_num + 1
    except csv.Error as error:
        raise ResponsesError(f"line {line}: {error}") from error
    if line == 1:
        _header([])


def _header(cells: Sequence[str]) -> None:
    for place, name in enumerate(COLUMNS):
        if place >= len(cells) or cells[place] != name:
            raise ResponsesError(f"line 1: column {place + 1} is {name}")
    if len(cells) > len(COLUMNS):
        raise ResponsesError(f"line 1: there are more than {len(COLUMNS)} columns")


def _response(row: _Row) -> Response:
    values, answer = row.json("values"), row.json("answer")
    if not isinstance(values, dict):
        raise row.error("values", "an object of JSON is needed")
    if not isinstance(answer, list) or len(answer) > MAX_PARTS or not all(isinstance(part, str) for part in answer):
        raise row.error("answer", f"a JSON list of at most {MAX_PARTS} strings is needed")
    if len(row.cells["mistakes"]) > MAX_TEXT:
        raise row.error("mistakes", f"at most {MAX_TEXT} characters may stand there")
    state = row.word("state")
    maximum = row.number("maximum", 1e-6, 1e6)
    if not row.cells["points"] and state not in UNDECIDED:
        raise row.error("points", f"an answer that is {state} has points")
    return Response(
        student=row.text("student"),
        question=row.whole("question"),
        item=row.text("item"),
        version=row.whole("version"),
        type=row.word("type"),
        topic=row.text("topic"),
        bloom=row.word("bloom"),
        difficulty=row.word("difficulty"),
        lang=row.word("lang"),
        values=values,
        answer=tuple(answer),
        state=state,
        points=row.number("points", 0.0, maximum) if row.cells["points"] else None,
        maximum=maximum,
        mistakes=tuple(row.cells["mistakes"].split()),
    )
