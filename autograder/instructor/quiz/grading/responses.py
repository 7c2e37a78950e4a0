"""Responses: who answered what to which item, from wherever it came, and the tidy table that keeps them with their marks.

``responses.csv`` has one row for each student and item. It is what item analysis reads.
"""

import csv
import io
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from autograder.instructor.quiz.bank.marking import Answer, Mark
from autograder.instructor.quiz.bank.model import Item
from autograder.instructor.results import CELL, cell
from autograder.report import number

FORMULA = re.compile(CELL.pattern + ".")
FIELDS = (
    *("student", "question", "item", "version", "type", "topic", "bloom", "difficulty", "lang"),
    *("values", "answer", "state", "points", "maximum", "mistakes"),
)


@dataclass(frozen=True)
class Response:
    """What a student answered to an item whose values are filled in.

    ``answer`` is None where it could not be made out; a person will see ``written`` then.
    """

    student: str
    question: int
    item: Item
    lang: str
    answer: Answer | None
    written: str = ""


@dataclass(frozen=True)
class Trouble:
    """A file or a row that could not be read, and why: it is named, and everything else goes on."""

    where: str
    why: str


def encoded(answer: Iterable[str]) -> str:
    """An answer as a JSON list in which no spreadsheet finds a formula: what one begins with is written as an escape."""
    text = json.dumps([part.encode("utf-8", "replace").decode() for part in answer], ensure_ascii=False)
    return FORMULA.sub(lambda found: f"{found[0][:-1]}\\u{ord(found[0][-1]):04x}", text)


def table(rows: Iterable[tuple[Response, Mark]]) -> str:
    """Responses with their marks as CSV; formulas in students' texts are made harmless for spreadsheets."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(FIELDS)
    for response, mark in rows:
        item = response.item
        writer.writerow(
            [
                *(cell(response.student), response.question, item.id, item.version, item.type, item.topic),
                *(item.bloom, item.difficulty, response.lang, json.dumps(dict(item.values), ensure_ascii=False)),
                encoded([response.written] if response.answer is None else response.answer),
                *(mark.state, "" if mark.points is None else number(mark.points), number(mark.maximum)),
                " ".join(mark.mistakes),
            ]
        )
    return out.getvalue()
