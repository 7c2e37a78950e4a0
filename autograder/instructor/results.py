"""The folder of results: what is written where, what may be used again, and the gradebook.

::

    RESULTS/run.json  grades.csv  summary.html
    RESULTS/<student>/evidence/  verdict.json  report.html  result.json

``run.json`` holds the run's secret. ``result.json`` is the seal on a student's results: written last, it says what
they were made from and has a digest of each file. Without a seal that fits, the student is graded again.
"""

import csv
import hashlib
import hmac
import io
import json
import re
import secrets
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder import __version__, files, safe
from autograder import verdict as vd
from autograder.errors import GraderError
from autograder.instructor import addressed
from autograder.report import number
from autograder.scheme import Scheme
from autograder.verdict import Verdict

SCHEMA = 1
RUN, GRADES, SUMMARY = "run.json", "grades.csv", "summary.html"
VERDICT, REPORT, EVIDENCE, SEAL = "verdict.json", "report.html", "evidence", "result.json"
WORK, LOCK, ROSTER, PARTIAL = ".work", ".lock", ".roster.json", ".partial-*"
LATE = ".late.json"  # what lateness cost at the last export with a policy
BEFORE = ".before.json"  # the verdict that a regrading which is not finished has replaced
RESERVED = {RUN, GRADES, SUMMARY}
# Names of devices on Windows, whatever follows a dot.
DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))}
# What a formula begins with, in the usual, full, small and superscript forms, and the minus sign.
FORMULA = "=+\\-@＝＋－＠﹦﹢﹣﹫⁼⁺⁻−"
# At the beginning, and after what some spreadsheets divide cells at or take for the end of one.
CELL = re.compile(rf"(^|[,;|\"'])([\s\u200c\u200d]*)(?=[{FORMULA}])")
MAX_FOLDER_BYTES = 100


class ResultsError(GraderError):
    """The folder of results cannot be used or written."""


@dataclass(frozen=True, slots=True)
class Row:
    """What is kept of a student in memory: a line of the gradebook and of the summary.

    ``reason`` says why a person has to look, or why nothing could be graded and all points are lost. ``codes`` has by
    section a digest of the function and the number of its nodes; ``accuracy`` the shares of test and of training images
    that were recognised, ``epochs`` how long the training took by the student's own record, ``late`` what `lateness.kept` keeps.
    ``causes`` and ``stopped`` are what `causes.of` and `causes.stopped` find.
    """

    student: str
    name: str
    folder: str
    status: str
    score: float | None
    max_score: float
    sections: Mapping[str, float]
    failed: tuple[str, ...] = ()
    flags: Sequence[Mapping[str, Any]] = ()
    reason: Mapping[str, Any] | None = None
    level: str = ""
    report: bool = True
    codes: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    accuracy: tuple[float, float] | None = None
    epochs: int | None = None
    late: Mapping[str, Any] | None = None
    causes: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    stopped: Mapping[str, Any] | None = None

    def why(self, lang: str) -> str:
        """The reason as a sentence for an instructor, empty if there is none."""
        return "" if self.reason is None else addressed.sentences(self.reason, lang).wrong

    def for_summary(self) -> dict[str, Any]:
        """The row as the summary page takes it."""
        return {
            "student": self.name if self.name == self.student else f"{self.name} ({self.student})",
            "status": self.status,
            "score": self.score,
            "max_score": self.max_score,
            "sections": dict(self.sections),
            "failed": list(self.failed),
            "flags": list(self.flags),
            "report": f"{self.folder}/{REPORT}" if self.report else None,
            "reason": self.reason,
            "codes": dict(self.codes),
            "accuracy": self.accuracy,
            "epochs": self.epochs,
            "late": self.late,
            "causes": {key: list(told) for key, told in self.causes.items()},
            "stopped": self.stopped,
        }


@contextmanager
def writing(name: str) -> Iterator[None]:
    """Say of what cannot be written that the run has to stop."""
    try:
        yield
    except OSError as error:
        raise ResultsError("results.cannot_write", name=name, reason=error.strerror or str(error)) from error


def write_text(path: Path, text: str | Iterable[str]) -> None:
    """Write *text*, or the parts of one as they are made, whole and in UTF-8.

    Raises:
        ResultsError: the disk is full or the folder cannot be written.
    """
    write_bytes(path, (part.encode("utf-8", "replace") for part in ([text] if isinstance(text, str) else text)))


def write_bytes(path: Path, content: bytes | Iterable[bytes]) -> None:
    """Write *content*, or its parts as they are made, whole.

    Raises:
        ResultsError: the disk is full or the folder cannot be written.
    """
    with writing(path.name):
        files.write(path, content)


def write_json(path: Path, value: Any, mode: int = 0o644) -> None:
    """Write *value* whole as JSON.

    Raises:
        ResultsError: the disk is full or the folder cannot be written.
    """
    with writing(path.name):
        files.write_json(path, value, mode)


def write_roster(folder: Path, rows: Iterable[Sequence[str]]) -> None:
    """Write who is in the class: student, name and folder of each, one by one.

    Raises:
        ResultsError: the disk is full or the folder cannot be written.
    """
    write_text(folder / ROSTER, _listed(rows))


def _listed(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A JSON list of lists of strings, in parts."""
    before = "["
    for row in rows:
        yield f"{before}\n " + json.dumps(row, indent=1).replace("\n", "\n ")
        before = ","
    yield "[]\n" if before == "[" else "\n]\n"


def read_json(path: Path) -> dict[str, Any] | None:
    """A JSON object that was written here; None if there is none, or not a whole one."""
    try:
        value = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def read_verdict(path: Path) -> Verdict | None:
    """A verdict that was written here; None if there is none, or not a whole one."""
    try:
        return vd.from_dict(json.loads(path.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def read_list(path: Path) -> list[list[str]] | None:
    """A list of rows of strings that was written here; None if there is none, or not a whole one."""
    try:
        value = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    whole = isinstance(value, list) and all(isinstance(row, list) and len(row) == 3 for row in value)
    return value if whole and all(isinstance(part, str) for row in value for part in row) else None


def digest_of(value: Any) -> str:
    """SHA-256 of JSON data, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def scheme_digest(scheme: Scheme) -> str:
    """SHA-256 of the marking scheme."""
    return digest_of(scheme.raw)


def check(folder: Path) -> None:
    """Accept a folder with nothing in it, or with results, even if their ``run.json`` is lost or damaged.

    Raises:
        ResultsError: the folder holds something else.
    """
    names = {path.name for path in folder.iterdir() if path.name[0] != "."} if folder.is_dir() else set()
    verdicts = folder.glob(f"*/{VERDICT}")
    if not names <= {RUN} and read_json(folder / RUN) is None and not any(map(read_json, verdicts)):
        raise ResultsError("results.not_ours", name=str(folder))


def check_class(folder: Path, students: Iterable[str]) -> None:
    """Accept the results of a class with one of these *students* in it, or of none.

    Raises:
        ResultsError: they belong to another class.
    """
    known = {row[0] for row in read_list(folder / ROSTER) or []}
    if known and known.isdisjoint(students):
        raise ResultsError("results.other_class", name=str(folder), known=len(known), first=min(known))


def open_run(folder: Path, about: Mapping[str, Any], fresh: bool) -> str:
    """Make ready the folder of results, write ``run.json``, and return the run's secret.

    Raises:
        ResultsError: the folder holds something else, or cannot be written.
    """
    check(folder)
    known = read_json(folder / RUN)
    secret = known.get("secret") if known and not fresh else None
    if not isinstance(secret, str) or not re.fullmatch(r"[0-9a-f]{64}", secret):
        secret = secrets.token_hex(32)
    clean(folder)
    forget_before(folder)
    write_json(folder / RUN, {"schema": SCHEMA, "grader": __version__, "secret": secret, **about}, 0o600)
    return secret


def clean(folder: Path) -> None:
    """Remove what an interrupted run left behind."""
    shutil.rmtree(folder / WORK, ignore_errors=True)
    for pattern in (PARTIAL, f"*/{PARTIAL}", f"*/{EVIDENCE}/{PARTIAL}"):
        for path in folder.glob(pattern):
            with suppress(OSError):
                path.unlink()


def forget_before(folder: Path) -> None:
    """Remove the verdicts that a regrading kept to tell what it changes."""
    for path in folder.glob(f"*/{BEFORE}"):
        with suppress(OSError):
            path.unlink()


def seed(secret: str, sha256: str) -> int:
    """The seed of a submission's probe inputs: the same again in this folder, not to be guessed from outside."""
    return int.from_bytes(hmac.digest(bytes.fromhex(secret), sha256.encode(), "sha256")[:8], "big") >> 1


def _folder(student: str) -> str:
    name = re.sub(r"[^\w.@+ -]", "_", student).strip(" .").lstrip("-")
    name = f"_{name}" if name.casefold().partition(".")[0].rstrip() in DEVICES else name
    while len(name.encode()) > MAX_FOLDER_BYTES:
        name = name[:-1]
    return name.strip(" .") or "_"


def folders(students: Iterable[str]) -> dict[str, str]:
    """A folder name for each student, safe on every system; names that would collide get a digest."""
    names = {student: _folder(student) for student in students}
    taken = Counter(name.casefold() for name in names.values())

    def unique(student: str, name: str) -> str:
        if name == student and taken[name.casefold()] == 1 and name.casefold() not in RESERVED:
            return name
        return f"{name}-{hashlib.sha256(student.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"

    return {student: unique(student, name) for student, name in names.items()}


def cell(text: str) -> str:
    """*text* as a cell that no spreadsheet takes for a formula, however it divides the line."""
    return CELL.sub(r"\1'\2", safe.printable(text))


def grades(rows: Iterable[Row], sections: Sequence[str]) -> str:
    """The gradebook. A work that needs attention has no points yet, so its cells are empty."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(["student", "status", "score", "max_score", *sections])
    for row in rows:
        points = [row.score, row.max_score, *(row.sections.get(name) for name in sections)]
        shown = ["" if value is None else number(value) for value in points]
        table.writerow([cell(row.student), row.status, *shown])
    return out.getvalue()
