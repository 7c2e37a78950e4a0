"""`convmark export` as a command: what belongs together, and how it ends."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from autograder.instructor.cli import main
from autograder.instructor.exports.targets import TARGETS
from autograder.verdict import Verdict
from tests.support import classes


def test_help_teaches() -> None:
    """The help lists every system with what it is and the options that it takes."""
    told = " ".join(CliRunner().invoke(main, ["export", "--help"]).output.split())

    for target in TARGETS.values():
        assert f"{target.name} {target.about}." in told
    assert "0 if everybody is there now, 1 if somebody is missing, 2 if nothing could be written" in told


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--to", "canvas"], "For example: convmark export results --to canvas --out grades.csv"),
        (["--to", "nbgrader"], "nbgrader needs --course, RESULTS."),
        (["--to", "gradescope"], "gradescope needs --out."),
        (["RESULTS", "--to", "gradescope", "--out", "x.zip"], "RESULTS does not apply to gradescope"),
        (["RESULTS", "--to", "canvas", "--out", "x", "--course", "."], "Leave it out; --course is for --to nbgrader."),
        (["RESULTS", "--to", "junit", "--out", "x.xml", "--policy", "penalty=1"], "is for --to canvas, moodle, tidy, parquet."),
        (["RESULTS", "--to", "nbgrader", "--course", ".", "--out", "x"], "--out does not apply to nbgrader"),
        (["RESULTS", "--to", "tidy", "--out", "x", "--late", "late.csv"], "both, or the policy alone; received: --late alone."),
        (["--to", "gradescope", "--out", "x", "--isolation", "full", "--no-sandbox"], "Leave one of them out."),
        (["RESULTS", "--to", "tidy", "--out", "x", "--policy", "penalty=x"], "penalty is no number"),
        (["EMPTY", "--to", "tidy", "--out", "x"], "There are no results in EMPTY"),
        (["QUIZ", "--to", "canvas", "--out", "x"], "which only --to nbgrader takes"),
        (["RESULTS", "--to", "excel", "--out", "x"], "--to cannot be excel"),
    ],
)
def test_what_does_not_fit_is_refused(
    tmp_path: Path, right: Verdict, monkeypatch: pytest.MonkeyPatch, arguments: list[str], sentence: str
) -> None:
    """An option that means nothing there, or one that is missing, is a sentence and exit status 2; nothing is written."""
    monkeypatch.chdir(tmp_path)
    classes.store(Path("RESULTS"), {"ann": right})
    Path("late.csv").write_text("student,days_late\n")
    Path("EMPTY").mkdir()
    Path("QUIZ").mkdir()
    Path("QUIZ", "responses.csv").touch()
    done = classes.export(*arguments)

    assert (2, True) == (done.exit_code, sentence in done.output), done.output
    assert {"RESULTS", "late.csv", "EMPTY", "QUIZ"} == {path.name for path in tmp_path.iterdir()}


def test_a_file_that_cannot_be_written_is_a_failure(tmp_path: Path, right: Verdict) -> None:
    """Where the grader would have worked and the disk does not, the exit status is 1."""
    class_ = classes.store(tmp_path / "r", {"ann": right})
    (tmp_path / "file").write_text("")
    done = classes.export(class_, "--to", "tidy", "--out", tmp_path / "file" / "out.csv")

    assert (1, True) == (done.exit_code, done.output.startswith("Error:"))


def test_many_names_are_cut(tmp_path: Path) -> None:
    """Of a large class only the first names are printed, with nothing that a terminal would obey."""
    class_ = classes.store(tmp_path / "r", {f"\x1b[31mstudent{number:03}": None for number in range(30)})
    done = classes.export(class_, "--to", "tidy", "--out", tmp_path / "out.csv")

    assert (1, True) == (done.exit_code, "student019 and 10 more" in done.output)
    assert "\x1b" not in done.output
