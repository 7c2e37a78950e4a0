"""Hostile submissions, graded as a class: no points beyond the honest part, nothing stolen, nothing damaged.

A folder of `attacks/` holds a submission and its `verdict.json`: what it attempts, the sections in which it may earn
all points because its code is honest there, and the outcome. ``varies`` lists the reasons of which any may be given
for a check, ``at_most`` bounds points that depend on the machine, ``gains`` says what an attack wins all the same.
After a change that is meant, ``UPDATE_ATTACKS=1 pytest tests/test_attacks.py`` writes the outcomes anew, for review.
"""

import dataclasses
import json
import os
import re
import secrets
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from autograder.instructor import batch
from autograder.instructor.batch import Options
from autograder.instructor.results import Row
from autograder.instructor.warm import PlainHost, WarmLauncher
from autograder.launcher import Launcher
from autograder.scheme import load
from tests.instructor.boxes import FOUND, box
from tests.support import attacks
from tests.support.reference import SOURCE

pytestmark = pytest.mark.slow
NAMES = attacks.names()
ISOLATED = [name for name in NAMES if attacks.expected(name)["isolated"]]
SECTIONS = ("data", "model", "compile")
FULL = {section: sum(line.points for line in load().of([section])) for section in SECTIONS}
HONEST = "zz_honest"
PORT = 47999
CANARIES = Path("/tmp/convmark_canaries")
KEPT = {
    "verdict.json",
    "report.html",
    "result.json",
    "evidence/evidence.json",
    "evidence/evaluation.json",
    "evidence/history.json",
}
WHOLE = {"grades.csv", "run.json", "summary.html"}
TRACE = re.compile(r"CANARY-")
MARKUP = re.compile(r"<script>alert|<img src=x|href=.javascript:")
MOVING = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x9b\x9d\u202e\ud800-\udfff]")


@dataclass
class Canaries:
    """What no submission may touch or read."""

    secret: str = field(default_factory=lambda: f"CANARY-{secrets.token_hex(8)}")
    before: set[Path] = field(default_factory=lambda: set(Path("/tmp").glob("convmark_canary_*")))
    listener: socket.socket | None = None

    def untouched(self) -> bool:
        """Whether all files are as they were."""
        there = (CANARIES / "DELETE_ME_CANARY").is_file() and self.secret in (CANARIES / "hidden_test.txt").read_text()
        return there and self.before == set(Path("/tmp").glob("convmark_canary_*"))

    def connected(self) -> bool:
        """Whether anybody has connected to the listener."""
        if self.listener is None:
            return False
        try:
            self.listener.accept()
        except BlockingIOError:
            return False
        return True


@contextmanager
def _canaries() -> Iterator[Canaries]:
    """Set canaries out at the places that the attacks name; they are removed again if they were not there."""
    found, existed = Canaries(), CANARIES.is_dir()
    CANARIES.mkdir(exist_ok=True)
    for name in ("DELETE_ME_CANARY", "hidden_test.txt"):
        (CANARIES / name).write_text(found.secret)
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADER_SECRET", found.secret)
        try:
            listener = stack.enter_context(socket.create_server(("127.0.0.1", PORT)))
            listener.setblocking(False)
            found.listener = listener
        except OSError:  # something else listens there: attacks would reach that
            found.listener = None
        yield found
    if not existed:
        for name in ("DELETE_ME_CANARY", "hidden_test.txt"):
            (CANARIES / name).unlink(missing_ok=True)
        CANARIES.rmdir()


@dataclass
class Graded:
    """A class of attacks after its grading."""

    rows: Mapping[str, Row]
    out: Path
    untouched: bool
    connected: bool
    left: list[str]


def _left(mark: str) -> list[str]:
    """The command lines of processes that carry *mark*."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().decode("utf-8", "replace")
        except OSError:
            continue
        if mark in line:
            found.append(line[:200])
    return found


def _grade(folder: Path, wanted: list[str], launcher: Launcher, mark: str) -> Graded:
    submissions = attacks.lay_out(wanted, folder / "in")
    (submissions / HONEST).mkdir(parents=True)
    (submissions / HONEST / "cifar10_cnn.py").write_text(SOURCE)
    out = folder / "out"
    with _canaries() as canaries:
        options = Options(submissions, out, launcher, 2, (), "synthetic", limits=attacks.LIMITS)
        rows = {row.student: row for row in batch.run(options)}
        return Graded(rows, out, canaries.untouched(), canaries.connected(), _left(mark))


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Graded:
    """All attacks, each in a box; where there are none, those that only lie."""
    if FOUND.level != "full":
        launcher, wanted = WarmLauncher(PlainHost()), [name for name in NAMES if name not in ISOLATED]
        return _grade(tmp_path_factory.mktemp("plain"), wanted, launcher, secrets.token_hex(8))
    host = dataclasses.replace(box(), memory_mib=3072 + 1 + os.getpid() % 97)
    mark = str((host.memory_mib + 512) * 2**20)  # stands in the command line of every process in these boxes
    return _grade(tmp_path_factory.mktemp("isolated"), NAMES, WarmLauncher(host), mark)


def _update(name: str, found: dict[str, Any]) -> dict[str, Any]:
    """Write what was found into the `verdict.json` of an attack; what stands there now."""
    notes = {key: value for key, value in attacks.expected(name).items() if key not in attacks.OUTCOME}
    text = json.dumps(notes | found, ensure_ascii=False, indent=1)
    (attacks.FOLDER / name / "verdict.json").write_text(text + "\n", "utf-8")
    return attacks.expected(name)


@pytest.mark.parametrize("name", NAMES)
def test_attack(name: str, graded: Graded) -> None:
    """The attack ends in a row, with no points beyond the honest part, and is told why."""
    if attacks.student(name) not in graded.rows:
        pytest.skip(f"dangerous, and isolation does not work here: {FOUND.problem}")
    found = attacks.outcome(graded.rows[attacks.student(name)], graded.out)
    value = _update(name, found) if os.environ.get("UPDATE_ATTACKS") else attacks.expected(name)
    full = {section for section in SECTIONS if found["points"].get(section, 0) >= FULL[section]}

    assert full <= set(value["may_earn_in_full"])
    assert full == set(SECTIONS) or found["failed"] or found["reason"]
    if "at_most" in value:
        assert all(points <= value["at_most"][section] for section, points in found["points"].items() if section in SECTIONS)
        return
    for check, codes in value.get("varies", {}).items():
        assert found["failed"].pop(check) in codes
        value["failed"].pop(check)
    assert {key: value[key] for key in attacks.OUTCOME} == found


def test_attacks_are_many() -> None:
    """At least 27 attacks beside the 34 known ones, in every category, and each says what it attempts."""
    values = [attacks.expected(name) for name in NAMES]
    ways = {"forging", "stealing", "damaging", "resource", "evidence", "report", "notebook", "archive", "weights"}

    assert len(NAMES) >= 34 + 27
    assert ways == {value["category"] for value in values}
    assert all(value["about"] for value in values)


def test_what_is_won_is_seen() -> None:
    """An attack that wins points is flagged for a person."""
    values = {name: attacks.expected(name) for name in NAMES}
    won = {name: value["flags"] for name, value in values.items() if "gains" in value}

    assert won
    assert [] == [name for name, flags in won.items() if not {"flag.look", "flag.wire"}.intersection(flags)]


class TestClass:
    def test_honest_work_among_attacks(self, graded: Graded) -> None:
        """A right submission in the same class gets all points, without a flag."""
        row = graded.rows[HONEST]

        assert FULL == {section: row.sections[section] for section in SECTIONS}
        assert [] == attacks.outcome(row, graded.out)["flags"]

    def test_nothing_is_damaged_or_read(self, graded: Graded) -> None:
        """No canary is touched, nobody connected, and no secret stands in any file of the results."""
        told = [path for path in graded.out.rglob("*") if path.is_file() and TRACE.search(path.read_text("utf-8", "replace"))]

        assert graded.untouched
        assert not graded.connected
        assert [] == told

    def test_secret_of_the_run_stays_secret(self, graded: Graded) -> None:
        """The run's secret stands in run.json only."""
        secret = json.loads((graded.out / "run.json").read_text())["secret"]

        assert ["run.json"] == [
            path.name for path in graded.out.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()
        ]

    def test_no_process_is_left(self, graded: Graded) -> None:
        """Every process of every box has ended."""
        assert [] == graded.left

    def test_results_hold_what_is_expected(self, graded: Graded) -> None:
        """Every student has a verdict and a report, and there is nothing else."""
        found = [path.relative_to(graded.out) for path in graded.out.rglob("*") if not path.is_dir()]
        files = {path.as_posix() for path in found}
        needed = {f"{row.folder}/{name}" for row in graded.rows.values() for name in ("verdict.json", "report.html")}
        allowed = {f"{row.folder}/{name}" for row in graded.rows.values() for name in KEPT}

        assert needed | WHOLE <= files <= allowed | WHOLE | {".lock", ".roster.json"}

    def test_reports_are_safe(self, graded: Graded) -> None:
        """No page or table holds markup, control characters or direction marks of a submission, and no cell a formula."""
        pages = {path: path.read_text("utf-8") for path in graded.out.rglob("*.html")}
        grades = (graded.out / "grades.csv").read_text("utf-8")

        assert {} == {path: found[0] for path, text in pages.items() if (found := MARKUP.search(text))}
        assert [] == [text[:200] for text in (*pages.values(), grades) if MOVING.search(text)]
        assert not re.search(r"(^|,)[=+@]", grades, re.MULTILINE)
