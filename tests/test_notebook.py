"""`check` as a student and as nbgrader call it; the points come back, and never by accident."""

import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from autograder import dataset, evidence, notebook, supervise
from autograder.errors import DataUnavailable, EvidenceError, GraderError, SandboxError
from autograder.session import Session
from tests.support import blocks, reference

CODE = "import sys; sys.path.insert(0, '.'); from autograder import check; print(repr(check({section!r}, lang='en')))"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The reference submission."""
    (tmp_path / "cifar10_cnn.py").write_text(reference.SOURCE, "utf-8")
    return tmp_path


@pytest.fixture(params=["", "autograde"])
def why(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Who calls: a student, or nbgrader for one of its purposes."""
    monkeypatch.setattr(notebook, "_executed", {})
    if request.param:
        monkeypatch.setenv(notebook.EXECUTION, request.param)
    else:
        monkeypatch.delenv(notebook.EXECUTION, raising=False)
    return str(request.param)


def refuse(*given: object, **named: object) -> None:
    """Fail as a machine does that cannot start a process."""
    raise SandboxError("sandbox.no_start", reason="refused")


def test_points_of_a_section_come_back(folder: Path, why: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The value is the points, to a grader in the form that it reads, and nothing is written to stderr."""
    points = notebook.check("data", lang="en", submission=str(folder))

    assert (True, "20.0") == (isinstance(points, float), repr(points))
    printed = capsys.readouterr()
    assert "" == printed.err
    assert "Total: 20 of 20 points" in printed.out
    assert ("as it was last saved" in printed.out) == (why == "")


def test_a_mistake_costs_its_points_only(folder: Path, why: str) -> None:
    """A wrong divisor leaves the other points of the section."""
    (folder / "cifar10_cnn.py").write_text(reference.SOURCE.replace("/ 255", "/ 256"), "utf-8")

    assert 12.0 == notebook.check("data", submission=str(folder))


def test_nothing_handed_in_is_nothing(tmp_path: Path, why: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a submission there are no points, and a sentence says why."""
    assert 0.0 == notebook.check("data", lang="en", submission=str(tmp_path))
    assert "no submission" in capsys.readouterr().out.lower()


def test_a_fault_of_the_grader_is_neither_zero_nor_full_marks(
    folder: Path, why: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where nbgrader grades the value is more than any cell is worth, which leaves the student ungraded; else it raises."""
    monkeypatch.setattr(supervise, "gather", refuse)
    if why == "autograde":
        assert math.inf == notebook.check("data", lang="en", submission=str(folder))
    else:
        with pytest.raises(GraderError, match=r"sandbox\.no_start"):
            notebook.check("data", lang="en", submission=str(folder))
    assert "refused" in capsys.readouterr().out


def test_a_bug_of_the_grader_is_no_zero(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that nobody expected leaves the student ungraded too."""
    monkeypatch.setattr(notebook, "_executed", {})
    monkeypatch.setenv(notebook.EXECUTION, notebook.GRADING)
    monkeypatch.setattr(supervise, "gather", None)

    assert math.inf == notebook.check("data", submission=str(folder))


def test_evidence_is_gathered_once_for_all_cells(folder: Path, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """nbgrader asks for every section, so the functions are observed once; a student's new version is observed anew."""
    started = []
    start = Session._gather

    def counted(self: Session) -> None:
        started.append(self.sections)
        start(self)

    monkeypatch.setattr(Session, "_gather", counted)
    for section in ("data", "compile"):
        assert 20.0 == notebook.check(section, submission=str(folder))
    assert len(started) == (1 if why else 2)
    (folder / "cifar10_cnn.py").write_text(reference.SOURCE + "\n# saved again\n", "utf-8")
    assert 20.0 == notebook.check("data", submission=str(folder))
    assert len(started) == (2 if why else 3)


def test_weights_without_a_data_set_wait_for_a_person(folder: Path, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who grades needs the data set to judge weights; a student without it just has no points for them yet."""
    (folder / "cifar10_cnn.keras").write_bytes(b"weights")

    def missing(name: str | None = None) -> None:
        raise DataUnavailable("dataset.unavailable")

    monkeypatch.setattr(dataset, "find", missing)
    assert (math.inf if why == "autograde" else 0.0) == notebook.check("accuracy", submission=str(folder))


def test_an_unknown_section_is_named(
    folder: Path, why: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A misspelt section is an error of whoever wrote the cell, not a zero."""
    monkeypatch.delenv(notebook.EXECUTION, raising=False)
    with pytest.raises(GraderError, match=r"grader\.unknown_section"):
        notebook.check("dta", lang="en", submission=str(folder))
    told = "There is no section named dta. Expected some of these: data, model, compile, accuracy."
    assert f"{told} Name sections as they are spelt there.\n" == capsys.readouterr().out


def test_an_unknown_language_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A language without reports is an error that lists those with some, in the language of the system."""
    monkeypatch.setenv("LC_ALL", "ru_RU.UTF-8")
    with pytest.raises(GraderError, match=r"grader\.unknown_language"):
        notebook.check("data", lang="xx", submission=str(folder))
    assert "Отчёта на языке xx нет. Ожидался один из языков: en, ru." in capsys.readouterr().out


def test_nothing_reaches_stderr_of_the_process(folder: Path) -> None:
    """Neither Python nor TensorFlow's own log writes to the descriptor that nbgrader watches."""
    environment = {**os.environ, notebook.EXECUTION: "validate"}
    root = Path(notebook.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(section="model")],
        cwd=folder,
        env={**environment, "PYTHONPATH": str(root)},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )

    assert "" == done.stderr
    assert done.stdout.endswith("40.0\n")


def test_broken_evidence_is_the_graders_fault(folder: Path, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Evidence that cannot be read is not the student's zero."""

    def broken(path: Path) -> None:
        raise EvidenceError("evidence.malformed", what="all")

    monkeypatch.setattr(evidence, "load", broken)
    if why == "autograde":
        assert math.inf == notebook.check("data", submission=str(folder))
    else:
        with pytest.raises(GraderError, match=r"evidence\.malformed"):
            notebook.check("data", submission=str(folder))


def test_points_are_not_shown_twice(folder: Path, why: str) -> None:
    """A cell that ends with a check shows what it printed; where nbgrader executes it, the points are its output."""
    formatter = pytest.importorskip("IPython.core.formatters").DisplayFormatter()
    points = notebook.check("data", submission=str(folder))
    shown, _ = formatter.format(points)

    assert 20.0 == points
    assert ({"text/plain": "20.0"} if why else {}) == shown


def test_the_page_on_nbgrader_shows_what_stands_below_a_check(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The report of docs/nbgrader.md is that of pixels divided by 256, with the points below it."""
    monkeypatch.setenv(notebook.EXECUTION, notebook.GRADING)
    monkeypatch.setattr(notebook, "_executed", {})
    path = folder / "cifar10_cnn.py"
    path.write_text(path.read_text("utf-8").replace("/ 255", "/ 256"), "utf-8")
    points = notebook.check("data", lang="en", submission=str(folder))

    assert blocks.block("docs/nbgrader.md", "[+] passed") == f"{capsys.readouterr().out}{points}\n"
