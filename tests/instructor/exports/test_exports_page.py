"""What docs/exports.md shows is what the commands on it write, for a class as it is told there."""

import csv
from pathlib import Path

import pytest

from autograder import verdict as vd
from autograder.scheme import load
from autograder.verdict import Outcome, Reason, Verdict
from tests.conftest import REPO
from tests.support import blocks, classes

PAGE = "docs/exports.md"
STUDENTS = ("anna", "boris", "dmitri", "elena", "fedor")


def block(beginning: str) -> list[str]:
    """The lines of the one block that begins so."""
    return blocks.block(PAGE, beginning).splitlines()


def graded(*failed: str, accuracy: float = 0.0) -> Verdict:
    """A verdict in which these checks failed, and that of the accuracy gives a share of its points."""
    scheme = load()
    outcomes = {name: Outcome("passed", 1.0) for name in scheme.checks}
    outcomes |= {name: Outcome("failed", 0.0, Reason(f"{name}.padding")) for name in failed}
    outcomes["accuracy.test"] = Outcome("failed", accuracy, Reason("accuracy.test.low"))
    return vd.build(scheme, scheme.sections, outcomes)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """The class of the page: elena has 84 points, dmitri 80, and julia waits for a person."""
    verdicts = dict.fromkeys(STUDENTS, graded(accuracy=0.4)) | {"dmitri": graded(), "julia": classes.waiting()}
    return classes.store(tmp_path / "results", verdicts | {"elena": graded("model.padding", accuracy=0.4)})


@pytest.fixture
def late(tmp_path: Path) -> list[str | Path]:
    """The options of a late policy: that of the page, dmitri within the grace time, elena a day after her extension."""
    (tmp_path / "late.toml").write_text("\n".join(block("due = ")), "utf-8")
    rows = "student,submitted\ndmitri,2026-12-02T00:05\nelena,2026-12-04T12:00\n"
    (tmp_path / "late.csv").write_text(rows, "utf-8")
    return ["--late", tmp_path / "late.csv", "--policy", tmp_path / "late.toml"]


def test_what_canvas_is_told(results: Path, tmp_path: Path) -> None:
    """The lines of the command, where boris is not in what Canvas exported."""
    people = "".join(f"{name},,,{name},,\n" for name in (*STUDENTS, "julia") if name != "boris")
    template, out = tmp_path / "gradebook.csv", tmp_path / "grades.csv"
    template.write_text(f"Student,ID,SIS User ID,SIS Login ID,Section,CNN lab (7)\n{people}", "utf-8")
    done = classes.export(results, "--to", "canvas", "--template", template, "--assignment", "CNN lab", "--out", out)

    assert 1 == done.exit_code
    assert block("4 scores in grades.csv.") == done.output.replace(str(out), "grades.csv").splitlines()


def test_rows_of_a_table(results: Path, late: list[str | Path], tmp_path: Path) -> None:
    """The heading, and rows of elena's: a check that failed, and what lateness took."""
    classes.export(results, "--to", "tidy", "--out", tmp_path / "t.csv", *late)
    heading, *rows = (tmp_path / "t.csv").read_text("utf-8-sig").splitlines()
    shown, *few = block("student,section,check")

    assert shown == heading
    assert few == [row for row in rows if row in few]


def test_what_lateness_costs(results: Path, late: list[str | Path], tmp_path: Path) -> None:
    """The file beside the scores for Canvas, and the sentence of the report."""
    done = classes.export(results, "--to", "canvas", "--out", tmp_path / "grades.csv", *late)
    written = (tmp_path / "grades-late.csv").read_text("utf-8-sig").splitlines()
    reason = list(csv.reader(block("student,before,deduction")))[-1][-1]

    assert 1 == done.exit_code
    assert block("student,before,deduction") == [
        row for row in written if row.partition(",")[0] in ("student", "dmitri", "elena")
    ]
    assert f"    {reason}\n" in (REPO / PAGE).read_text("utf-8")
