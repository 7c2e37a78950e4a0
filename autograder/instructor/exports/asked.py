"""What a target is given, what it gives back, and the class as it stands in a folder of results."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from pathlib import Path

from autograder.errors import GraderError
from autograder.instructor import results
from autograder.instructor.exports.late import CENT, Book, Deduction, exact
from autograder.verdict import Verdict

WAITING = "need attention, no score written"
DAMAGED = "without a verdict that can be read, grade them again"
UNLISTED = "in the file of late submissions, but not in RESULTS"


@dataclass(frozen=True)
class Request:
    """What was asked for; a target looks only at what its `Target.options` name."""

    target: str
    lang: str = "en"
    results: Path = Path()
    out: Path = Path()
    template: Path | None = None
    assignment: str = ""
    course: Path = Path()
    student: str = ""
    late: Book | None = None
    sections: tuple[str, ...] = ()
    isolation: str = "container"
    no_sandbox: bool = False
    repo: Path = Path()
    progress: Callable[[int, int], None] = lambda done, total: None


@dataclass
class Exported:
    """Sentences about what was written, and students of whom something is to be said, by what that is.

    ``missing`` students are those who are not where they should be: with one of them the export is not complete.
    """

    said: list[str] = field(default_factory=list)
    missing: dict[str, list[str]] = field(default_factory=dict)
    noted: dict[str, list[str]] = field(default_factory=dict)

    def miss(self, what: str, student: str) -> None:
        """Say of a student that something is missing."""
        self.missing.setdefault(what, []).append(student)

    def note(self, what: str, student: str) -> None:
        """Say something of a student who is not missing."""
        self.noted.setdefault(what, []).append(student)


@dataclass(frozen=True)
class Record:
    """A student of the class; without a verdict if its file is damaged."""

    student: str
    name: str
    folder: str
    verdict: Verdict | None
    deduction: Deduction | None = None

    @property
    def score(self) -> Decimal | None:
        """The points to export, after what lateness costs; None while nobody knows them."""
        if self.verdict is None or self.verdict.status != "graded":
            return None
        return exact(self.verdict.score) if self.deduction is None else self.deduction.after


def shown(value: Decimal) -> str:
    """Points without a needless fraction, never in powers of ten."""
    text = f"{value.quantize(CENT, ROUND_HALF_UP):f}"
    return text.rstrip("0").rstrip(".")


def possible(text: str) -> Decimal | None:
    """How many points another system says that there are; None if it says nothing of use."""
    try:
        found = Decimal(text.replace(",", "."))
    except InvalidOperation:
        return None
    return found if found.is_finite() and found > 0 else None


def scaled(value: Decimal, maximum: float, possible: Decimal | None) -> Decimal:
    """Points of *maximum* as points of what is possible there, if that is known and anything at all."""
    if not possible or not maximum or possible == exact(maximum):
        return value
    return (value * possible / exact(maximum)).quantize(CENT, ROUND_HALF_UP)


def not_results(folder: Path) -> GraderError:
    """Why a folder cannot be exported: it has no results, or those of the quiz, which only nbgrader's gradebook takes."""
    is_quiz = (folder / "responses.csv").is_file()
    return GraderError("exports.quiz_results" if is_quiz else "exports.no_results", name=str(folder))


def records(request: Request) -> Iterator[Record]:
    """The class in its order, one by one.

    Raises:
        GraderError: the folder holds no results.
    """
    roster = results.read_list(request.results / results.ROSTER)
    if not roster:
        raise not_results(request.results)
    for count, (student, name, folder) in enumerate(roster, 1):
        verdict = results.read_verdict(request.results / folder / results.VERDICT)
        deduction = None
        if request.late is not None and verdict is not None and verdict.status == "graded":
            deduction = request.late.deduction(student, exact(verdict.score), exact(verdict.max_score))
        yield Record(student, name, folder, verdict, deduction)
        request.progress(count, len(roster))


def listed(request: Request, found: Exported, *, gradebook: bool) -> list[Record]:
    """The class, after naming those without a score; in a *gradebook* they are missing, elsewhere their status is told."""
    rows = list(records(request))
    for row in rows:
        if row.verdict is None:
            found.miss(DAMAGED, row.student)
        elif row.score is None:
            (found.miss if gradebook else found.note)(WAITING, row.student)
    if request.late is not None:
        for student in sorted(request.late.students - {row.student for row in rows}):
            found.miss(UNLISTED, student)
    return rows
