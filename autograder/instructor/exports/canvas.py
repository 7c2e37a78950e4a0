"""Canvas' gradebook, which imports a CSV: a row for each student, below one with the points that are possible.

Canvas makes a new assignment of every column that it does not know, so nothing but the score is written; what lateness
costs stands in a file beside it.
"""

import re
from pathlib import Path

from autograder.errors import GraderError
from autograder.instructor import results
from autograder.instructor.exports import asked, late, matching, sheet
from autograder.instructor.exports.asked import Exported, Record, Request
from autograder.instructor.exports.matching import Person
from autograder.instructor.exports.sheet import Sheet

COLUMNS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
IDENTIFIERS = COLUMNS[1:4]
POSSIBLE = "Points Possible"
NUMBERED = re.compile(r"(?P<title>.*) \((?P<id>\d+)\)", re.DOTALL)
EXCUSED = "EX"
LEFT = "excused in the template, left alone"
OTHERS = ("score", "points", "grade", "status")  # the last words of columns that Canvas computes
LATE_COLUMNS = ("student", "before", "deduction", "exported", "days_late", "reason")


def export(request: Request) -> Exported:
    """Write the CSV, and what lateness costs beside it.

    Raises:
        GraderError: there are no results, or the template cannot be used.
    """
    found = Exported()
    rows = asked.listed(request, found, gradebook=True)
    scored = [row for row in rows if row.score is not None]
    if request.template is None:
        results.write_text(request.out, _new(request, rows))
        written = len(scored)
    else:
        filled = sheet.read(request.template)
        written = _fill(request, filled, rows, found)
        results.write_text(request.out, filled.text())
    found.said.append(f"{written} scores in {request.out}.")
    if request.late is not None:
        beside = request.out.with_name(f"{request.out.stem}-late.csv")
        write_late(beside, scored, request.lang)
        found.said.append(f"What lateness costs: {beside}.")
    return found


def _new(request: Request, rows: list[Record]) -> str:
    maximum = next((row.verdict.max_score for row in rows if row.verdict is not None), 0.0)
    lines = [[*COLUMNS, results.cell(request.assignment)], [f"    {POSSIBLE}", "", "", "", "", asked.shown(late.exact(maximum))]]
    for row in rows:
        name, number = matching.numbered(row)
        if name != matching.letters(name):  # Moodle's numbers are other people's here
            number = ""
        login = "" if number else row.student
        sis = login if login.isdecimal() else ""
        who = [row.name, number, sis, "" if sis else login, ""]
        lines.append([*map(results.cell, who), "" if row.score is None else asked.shown(row.score)])
    return sheet.table(lines)


def _fill(request: Request, filled: Sheet, rows: list[Record], found: Exported) -> int:
    """Put scores into a gradebook that Canvas exported; their number."""
    if filled.column("Student") is None or filled.column(*IDENTIFIERS) is None:
        told = {"name": str(request.template), "system": "Canvas", "received": filled.columns}
        raise GraderError("exports.other_columns", expected="Student, ID", **told)
    column = _column(filled, request)
    people, possible = [], None
    for number in range(1, len(filled.raw)):
        who = filled.cell(number, filled.column("Student"))
        keys = tuple(filled.cell(number, filled.column(name)) for name in IDENTIFIERS)
        if POSSIBLE in who:
            possible = asked.possible(filled.cell(number, column))
        elif any(keys):
            people.append(Person(number, keys, keys[0], who))
    sure = matching.placed(found, rows, people)
    for row in rows:
        place = sure.get(row.student)
        if place is None or row.score is None or row.verdict is None:
            continue
        if filled.cell(place, column).upper() == EXCUSED:
            found.note(LEFT, row.student)
        else:
            filled.put(place, column, asked.shown(asked.scaled(row.score, row.verdict.max_score, possible)))
    return len(sure) - len(found.noted.get(LEFT, ()))


def _column(filled: Sheet, request: Request) -> int:
    """The column of the assignment: by title, by number, or by both as Canvas writes them.

    Raises:
        GraderError: there is none, or more than one.
    """
    titles = {index: name for index, name in enumerate(filled.header) if _is_assignment(name)}
    fitting = [index for index, name in titles.items() if request.assignment in _names(name)]
    if len(fitting) != 1:
        if not titles:
            raise GraderError("exports.no_assignments", name=str(request.template), received=filled.columns)
        known = "; ".join(titles.values())
        raise GraderError("exports.no_column", name=request.assignment, count=len(fitting), known=known[:600])
    return fitting[0]


def _is_assignment(name: str) -> bool:
    return name not in (*COLUMNS, "Integration ID", "Root Account", "") and not name.lower().endswith(OTHERS)


def _names(name: str) -> set[str]:
    found = NUMBERED.fullmatch(name)
    return {name, found["title"], found["id"]} if found else {name}


def write_late(path: Path, rows: list[Record], lang: str) -> None:
    """Write who loses what by lateness, and why.

    Raises:
        ResultsError: the file cannot be written.
    """
    lines: list[list[str]] = [list(LATE_COLUMNS)]
    for row in rows:
        if row.deduction is not None:
            cost = row.deduction
            points = [asked.shown(value) for value in (cost.before, cost.points, cost.after)]
            lines.append([results.cell(row.student), *points, str(cost.days), results.cell(late.sentence(cost, lang))])
    results.write_text(path, sheet.table(lines))
