"""Grade a quiz: responses from wherever they come, marks, what a person decided, and the tables and pages made of them.

::

    OUT/responses.csv  grades.csv  problems.csv
    OUT/todo/rubric-<item>.csv  unreadable.csv      what a person fills in; grade again afterwards
    OUT/reports/<student>.html

Nothing that was handed in can stop a run: what cannot be read is named in ``problems.csv`` and everything else goes on.
"""

import csv
import io
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.files import write as write_file
from autograder.files import write_json
from autograder.instructor.quiz.bank import marking
from autograder.instructor.quiz.bank.marking import Mark
from autograder.instructor.quiz.bank.model import Bank
from autograder.instructor.quiz.forms import form, sheets
from autograder.instructor.quiz.forms.form import Form, FormError
from autograder.instructor.quiz.grading import decisions, report_page, responses
from autograder.instructor.quiz.grading.decisions import Marked
from autograder.instructor.quiz.grading.responses import Response, Trouble
from autograder.instructor.results import cell, folders, read_json
from autograder.report import number

RESPONSES, GRADES, PROBLEMS, REPORTS = "responses.csv", "grades.csv", "problems.csv", "reports"
SCORES = ".scores.json"  # for other programs: names as they are, and not as a spreadsheet may have them
MAX_FILES = 100_000


@dataclass(frozen=True)
class Score:
    """What a student has, of the points that the form is worth; ``waiting`` answers have none yet."""

    student: str
    points: float
    maximum: float
    waiting: int


@dataclass(frozen=True)
class Graded:
    """A class that was graded."""

    scores: tuple[Score, ...]
    troubles: tuple[Trouble, ...]
    waiting: int


def from_sheets(folder: Path, form_: Form, bank: Bank) -> tuple[list[Response], list[Trouble]]:
    """The responses on the answer sheets in a folder and the folders below it.

    Whose a sheet is stands in it. Of two sheets of one student the one counts whose file or folder has his name; if that
    decides nothing, neither counts, and both are named.
    """
    read: dict[str, list[tuple[Path, sheets.Sheet]]] = defaultdict(list)
    troubles: list[Trouble] = []
    for path in _files(folder, ".md"):
        name = path.relative_to(folder).as_posix()
        try:
            with path.open("rb") as stream:
                sheet = sheets.read(stream.read(sheets.MAX_BYTES + 1))
        except (OSError, sheets.SheetError) as error:
            troubles.append(Trouble(name, str(error)))
            continue
        if sheet.form != form_.name or sheet.lang not in bank.languages:
            troubles.append(Trouble(name, f"it belongs to the form {sheet.form!r} in {sheet.lang!r}, not to {form_.name!r}"))
        else:
            read[sheet.student].append((path, sheet))
    found: list[Response] = []
    for student, candidates in sorted(read.items()):
        named = [(path, sheet) for path, sheet in candidates if student in {path.stem, *path.relative_to(folder).parts}]
        chosen = candidates if len(candidates) == 1 else named
        counts = f"{chosen[0][0].name} counts" if len(chosen) == 1 else "none counts"
        for path, _ in candidates if len(candidates) > 1 else ():
            if len(chosen) != 1 or path != chosen[0][0]:
                troubles.append(Trouble(path.relative_to(folder).as_posix(), f"{student} has several sheets; {counts}"))
        if len(chosen) != 1:
            continue
        path, sheet = chosen[0]
        more, wrong = _of_sheet(sheet, form_, bank, path.relative_to(folder).as_posix())
        found += more
        troubles += wrong
    return found, troubles


def _files(folder: Path, suffix: str) -> Iterator[Path]:
    """Regular files below a folder, none by way of a link."""
    count = 0
    for parent, below, names in os.walk(folder):
        below.sort()
        for name in sorted(names):
            path = Path(parent, name)
            if path.suffix.lower() == suffix and path.is_file() and not path.is_symlink():
                count += 1
                if count > MAX_FILES:
                    return
                yield path


def _of_sheet(sheet: sheets.Sheet, form_: Form, bank: Bank, name: str) -> tuple[list[Response], list[Trouble]]:
    try:
        questions = form.questions(form_, bank, sheet.student)
    except FormError as error:
        return [], [Trouble(name, str(error))]
    strangers = sorted(set(sheet.raws) - {question.code for question in questions})
    troubles = [Trouble(name, f"the question {code} is none of {sheet.student}'s") for code in strangers]
    troubles += [Trouble(name, f"the question {code} stands there twice; the first one counts") for code in sheet.twice]
    found = []
    for place, question in enumerate(questions, 1):
        raw = sheet.raws.get(question.code, sheets.Raw(question.item.version))
        answer: marking.Answer | None
        try:
            answer = sheets.answer(question, raw, sheet.lang)
        except sheets.UnreadableError:
            answer = None
        if raw.version != question.item.version:
            troubles.append(Trouble(name, f"{question.item.id} was given in version {raw.version}; the bank has another one"))
            answer = None
        found.append(Response(sheet.student, place, question.item, sheet.lang, answer, sheets.written(raw)))
    return found, troubles


def marked(found: Iterable[Response]) -> list[Marked]:
    """Each response with its mark."""
    return [(response, _mark(response)) for response in found]


def _mark(response: Response) -> Mark:
    if response.answer is None:
        return Mark("unreadable", None, response.item.points)
    return marking.mark(response.item, response.lang, response.answer)


def scores(rows: Iterable[Marked], worth: float = 0.0) -> list[Score]:
    """The sum of each student, in the order of their names; with *worth*, as that share of so many points."""
    by_student: dict[str, list[Mark]] = defaultdict(list)
    for response, mark in rows:
        by_student[response.student].append(mark)
    found = []
    for student, marks in sorted(by_student.items()):
        points, maximum = sum(mark.points or 0.0 for mark in marks), sum(mark.maximum for mark in marks)
        scale = worth / maximum if worth else 1.0
        waiting = sum(mark.points is None for mark in marks)
        found.append(Score(student, round(points * scale, 2), round(maximum * scale, 2), waiting))
    return found


@dataclass(frozen=True)
class Setting:
    """What was given, in which language the class's tables speak, and whether students' pages show the key."""

    form: Form
    bank: Bank
    lang: str
    show_key: bool = False

    @property
    def title(self) -> str:
        """What the quiz is called."""
        return self.form.title.get(self.lang) or self.form.name


def run(found: Sequence[Response], troubles: Sequence[Trouble], setting: Setting, out: Path) -> Graded:
    """Grade *found* and write everything into *out*, keeping what a person has filled in there."""
    decided, wrong = decisions.read(out)
    rows, doubtful = decisions.apply(marked(found), decided)
    total = scores(rows, setting.form.points)
    waiting = decisions.write(out, rows, decided)
    every = (*troubles, *wrong, *doubtful)
    _write(out / RESPONSES, responses.table(rows))
    _write(out / GRADES, _grades(total))
    write_json(out / SCORES, {score.student: [None if score.waiting else score.points, score.maximum] for score in total})
    _write(out / PROBLEMS, _problems(every))
    by_student: dict[str, list[Marked]] = defaultdict(list)
    for row in rows:
        by_student[row[0].student].append(row)
    places = folders(by_student)
    for score in total:
        worth, topics = (score.points, score.maximum), setting.bank.topics
        page = report_page.page(setting.title, by_student[score.student], worth, topics, show_key=setting.show_key)
        _write(out / REPORTS / f"{places[score.student]}.html", page)
    return Graded(tuple(total), every, waiting)


def read_scores(out: Path) -> dict[str, tuple[float | None, float]] | None:
    """The points, None while something waits, and the maximum of each student of a graded quiz; None if *out* is none."""
    value = read_json(out / SCORES)
    if value is None:
        return None
    found: dict[str, tuple[float | None, float]] = {}
    for student, pair in value.items():
        if not (isinstance(pair, list) and len(pair) == 2 and all(isinstance(one, int | float | None) for one in pair)):
            return None
        points, maximum = pair
        if maximum is None or not maximum > 0 or not (points is None or 0 <= points <= maximum):
            return None
        found[student] = (points, float(maximum))
    return found


def _write(path: Path, text: str) -> None:
    write_file(path, text.encode("utf-8", "replace"))


def _grades(total: Iterable[Score]) -> str:
    """The gradebook, with the first columns of the lab's. Whose answers wait has no score yet."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(["student", "status", "score", "max_score", "points_so_far", "waiting"])
    for score in total:
        status, shown = ("needs_attention", "") if score.waiting else ("graded", number(score.points))
        table.writerow([cell(score.student), status, shown, number(score.maximum), number(score.points), score.waiting])
    return out.getvalue()


def _problems(troubles: Iterable[Trouble]) -> str:
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(["where", "why"])
    table.writerows([cell(trouble.where), cell(trouble.why)] for trouble in troubles)
    return out.getvalue()
