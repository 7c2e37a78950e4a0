"""The command line: what it accepts, refuses, prints and returns."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from autograder.errors import SandboxError
from autograder.instructor import batch, cli, selftest
from autograder.instructor.results import ResultsError, Row
from autograder.launcher import ROOT
from tests.instructor.boxes import classroom, needs_boxes


def convmark(*arguments: Any) -> Result:
    """Run a command."""
    return CliRunner().invoke(cli.main, [str(argument) for argument in arguments])


@pytest.fixture
def submissions(tmp_path: Path) -> Path:
    """A class with nothing to run."""
    return classroom(tmp_path / "in", {"ann": "", "bob": ""})


def test_help_lists_every_command_without_importing_it() -> None:
    """The overview names the commands and loads none of them."""
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from autograder.instructor import cli; "
        "cli.main(['--help'], standalone_mode=False); "
        "print([name for name in ('numpy', 'pytest', 'rich', 'jinja2') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert [] == [name for name in cli.COMMANDS if name not in done.stdout]
    assert "[]" == done.stdout.splitlines()[-1]


def test_unknown_command() -> None:
    """A command that does not exist is a usage error."""
    assert 2 == convmark("nonsense").exit_code


@needs_boxes
def test_marks_do_not_matter_for_the_exit_status(submissions: Path, tmp_path: Path) -> None:
    """The grader worked, so the status is 0, though nobody submitted anything; the table says what became of each."""
    done = convmark("grade", submissions, "--out", tmp_path / "out", "--sections", "model,data", "--jobs", 1, "--lang", "en")

    assert 0 == done.exit_code
    assert "2 graded, 0 need attention" in done.stdout
    assert (tmp_path / "out" / "grades.csv").read_text() == (
        "student,status,score,max_score,data,model\nann,graded,0,60,0,0\nbob,graded,0,60,0,0\n"
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["--sections", "data,nonsense"],
        ["--data", "mnist"],
        ["--data", "missing.npz"],
        ["--jobs", "0"],
    ],
)
def test_wrong_usage(submissions: Path, tmp_path: Path, arguments: list[str]) -> None:
    """What cannot be meant is refused before anything is written."""
    done = convmark("grade", submissions, "--out", tmp_path / "out", *arguments)

    assert 2 == done.exit_code
    assert not (tmp_path / "out").exists()


def test_results_over_submissions(submissions: Path) -> None:
    """Results are not written over submissions."""
    assert 2 == convmark("grade", submissions, "--out", submissions).exit_code
    assert 2 == convmark("grade", submissions, "--out", submissions.parent).exit_code


def test_submissions_where_every_box_sees_them(tmp_path: Path) -> None:
    """Submissions below the folder of Python would be visible to each other."""
    done = convmark("grade", sys.prefix, "--out", tmp_path / "out")

    assert 2 == done.exit_code
    assert "every sandbox sees" in done.output


def test_refuses_without_isolation(submissions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where isolation does not work nothing is graded, and the status says that the grader refused."""

    def refuse(*_: Any, **__: Any) -> Any:
        raise SandboxError("sandbox.no_bwrap", reason="")

    monkeypatch.setattr(selftest, "launcher", refuse)
    done = convmark("grade", submissions, "--out", tmp_path / "out")

    assert 2 == done.exit_code
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("code", "status"), [("results.cannot_write", 1), ("results.locked", 2)])
def test_failure_of_the_grader(
    submissions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, status: int
) -> None:
    """A full disk is the grader's failure, a folder in use a refusal."""

    def fail(*_: Any, **__: Any) -> list[Row]:
        raise ResultsError(code, name="grades.csv", reason="No space left on device")

    monkeypatch.setattr(batch, "run", fail)
    done = convmark("grade", submissions, "--out", tmp_path / "out", "--no-sandbox")

    assert status == done.exit_code
    assert "Traceback" not in done.output
