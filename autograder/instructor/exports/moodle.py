"""Moodle's offline grading worksheet: a CSV that an assignment gives out and takes back with grades and comments.

Moodle finds its columns by their names in the language of the course. Comments are HTML there, so text is escaped for
HTML first and for spreadsheets second.
"""

import html
import re

from autograder import report
from autograder.errors import GraderError
from autograder.instructor import results
from autograder.instructor.exports import asked, late, matching, sheet
from autograder.instructor.exports.asked import Exported, Record, Request
from autograder.instructor.exports.matching import Person
from autograder.instructor.exports.sheet import Sheet

IDENTIFIER = ("Identifier", "Идентификатор")
NAME = ("Full name", "Полное имя", "Фамилия Имя", "Имя / Фамилия")
KEYS = (
    ("ID number", "Индивидуальный номер"),
    ("Email address", "Адрес электронной почты"),
    ("Username", "Логин"),
)
GRADE = ("Grade", "Оценка")
MAXIMUM = ("Maximum Grade", "Максимальная оценка")
COMMENTS = ("Feedback comments", "Отзыв в виде комментария", "Комментарии к отзыву")
COLUMNS = (
    "Identifier",
    "Full name",
    "ID number",
    "Email address",
    "Grade",
    "Maximum Grade",
    "Last modified (grade)",
    "Feedback comments",
)
LATE_COLUMNS = ("Before lateness", "Deduction")
PARTICIPANT = re.compile(r"\D*(\d+)")
MAX_COMMENT = 60_000


def export(request: Request) -> Exported:
    """Write the worksheet.

    Raises:
        GraderError: there are no results, or the template cannot be used.
    """
    found = Exported()
    rows = asked.listed(request, found, gradebook=True)
    if request.template is None:
        results.write_text(request.out, _new(request, rows))
        written = sum(row.score is not None for row in rows)
    else:
        filled = sheet.read(request.template)
        written = _fill(request, filled, rows, found)
        results.write_text(request.out, filled.text())
    found.said.append(f"{written} grades in {request.out}.")
    return found


def comment(record: Record, lang: str) -> str:
    """The report, and what lateness costs, as HTML on one line that no spreadsheet takes for a formula."""
    if record.verdict is None:
        return ""
    lines = report.to_text(record.verdict, lang).splitlines()
    if record.deduction is not None and record.deduction.code != "on_time":
        lines += ["", late.sentence(record.deduction, lang)]
    text = "<br>".join(html.escape(line.rstrip(), quote=False) for line in lines)
    if len(text) > MAX_COMMENT:
        text = text[:MAX_COMMENT].rpartition("<br>")[0] + "<br>…"
    return results.cell(text)


def _new(request: Request, rows: list[Record]) -> str:
    late_too = request.late is not None
    lines = [[*COLUMNS, *(LATE_COLUMNS if late_too else ())]]
    for row in rows:
        number = matching.numbered(row)[1]
        login = "" if number else row.student
        key, email = ("", login) if "@" in login else (login, "")
        who = [f"Participant {number}" if number else "", row.name, key, email]
        grade = "" if row.score is None else asked.shown(row.score)
        maximum = "" if row.verdict is None else asked.shown(late.exact(row.verdict.max_score))
        told = "" if row.score is None else comment(row, request.lang)
        lines.append([*map(results.cell, who), grade, maximum, "-", told, *(_cost(row) if late_too else ())])
    return sheet.table(lines)


def _cost(row: Record) -> list[str]:
    return ["", ""] if row.deduction is None else [asked.shown(row.deduction.before), asked.shown(row.deduction.points)]


def _fill(request: Request, filled: Sheet, rows: list[Record], found: Exported) -> int:
    """Put grades and comments into a worksheet of Moodle's; their number."""
    identifier, grade, comments = (filled.column(*names) for names in (IDENTIFIER, GRADE, COMMENTS))
    if identifier is None or grade is None:
        told = {"name": str(request.template), "system": "Moodle", "received": filled.columns}
        raise GraderError("exports.other_columns", expected="Identifier, Grade", **told)
    sure = matching.placed(found, rows, _people(filled, identifier))
    if comments is None:
        found.said.append("The worksheet has no column for comments: switch feedback comments on in the assignment.")
    for row in rows:
        if row.student in sure and row.score is not None and row.verdict is not None:
            number = sure[row.student]
            possible = asked.possible(filled.cell(number, filled.column(*MAXIMUM)))
            filled.put(number, grade, asked.shown(asked.scaled(row.score, row.verdict.max_score, possible)))
            if comments is not None:
                filled.put(number, comments, comment(row, request.lang))
    return len(sure)


def _people(filled: Sheet, identifier: int) -> list[Person]:
    """Everybody in the worksheet; where names are hidden, a download says "Participant" instead of one."""
    named = filled.column(*NAME)
    people = []
    for row in range(1, len(filled.raw)):
        text = filled.cell(row, identifier)
        number = PARTICIPANT.fullmatch(text)
        keys = tuple(filled.cell(row, filled.column(*names)) for names in KEYS)
        name = filled.cell(row, named) if named is not None else text.rstrip("0123456789")
        if number or any(keys):
            people.append(Person(row, (text, *keys), number[1] if number else "", name))
    return people
