"""`--json` and `--quiet`: one object with the keys that are documented, or the last line; and how commands end."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest

from autograder.instructor import doctor, release
from autograder.instructor.commands import demo, guide, output, statuses
from autograder.instructor.training import calibration
from autograder.verdict import Verdict
from tests.conftest import REPO
from tests.instructor.boxes import classroom, needs_boxes
from tests.support import classes
from tests.support.commands import ALL, LEAVES, convmark

QUIZ = ("--bank", REPO / "quiz" / "questions", "--form", REPO / "quiz" / "form.toml")


def told(*arguments: Any, status: int = 0) -> dict[str, Any]:
    """The results that a command tells with `--json`; its keys are those of the guide, and people read standard error."""
    done = convmark(*arguments, "--json")
    found = json.loads(done.stdout)
    name = found["command"]

    assert (1, status, status) == (found["schema"], found["status"], done.exit_code), done.stderr
    assert set(found["results"]) <= set(guide.of(name).json)
    assert done.stderr.strip()
    results: dict[str, Any] = found["results"]
    return results


@needs_boxes
def test_grade_and_regrade(tmp_path: Path) -> None:
    """A class in which one needs a person: what the last lines say, as data, and status 1."""
    submissions, out = classroom(tmp_path / "in", {"ann": "", "bob": ""}), tmp_path / "out"
    (submissions / "eve.zip").write_bytes(b"no zip")
    (submissions / "zoe_LATE_1_2_cifar10_cnn.py").write_bytes(b"")
    asked = ("grade", submissions, "--out", out, "--sections", "data", "--jobs", 1, "--lang", "en")
    found = told(*asked, status=1)
    quiet = convmark(*asked, "--quiet")
    again = told("regrade", out, "--lang", "en", status=1)
    brief = convmark("regrade", out, "--lang", "en", "--quiet", "--dry-run")

    assert (1, 1) == (quiet.exit_code, brief.exit_code)
    assert set(guide.of("grade").json) == set(found) and set(guide.of("regrade").json) == set(again)
    assert (3, [{"student": "eve", "reason": "The archive cannot be read."}]) == (found["graded"], found["needs_attention"])
    assert ["zoe_1"] == found["marked_late"]
    assert (4, [], True) == (again["students"], again["changed"], again["written"])
    assert ["3 graded, 1 need attention."] == [
        line.partition(" need attention.")[0] + " need attention." for line in quiet.output.splitlines()
    ]
    assert "Points changed for nobody of 4. Nothing was written.\n" == brief.output


@pytest.mark.parametrize(
    ("code", "error", "status"),
    [(1, None, 0), (1, {"code": "results.cannot_write"}, 1), (2, {"code": "sandbox.no_bwrap"}, 2)],
    ids=["samples need attention", "stopped", "refused"],
)
def test_demo_ends_well_with_samples_that_need_attention(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, error: dict[str, str] | None, status: int
) -> None:
    """They are there to be seen; an error of the grading is one here too."""

    def graded(**_: Any) -> None:
        output.current().error = error
        raise click.exceptions.Exit(code)

    monkeypatch.setattr(demo, "write_class", lambda repo, out: tmp_path)
    monkeypatch.setattr(demo, "grade", click.Command("grade", callback=graded))

    assert status == convmark("demo", "--repo", REPO, "--out", tmp_path / "demo").exit_code


def test_demo_tells_what_grading_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The object is of the demo, with what became of its class; what trains prints to people."""

    def graded(**_: Any) -> None:
        output.current().last("1 graded", graded=1, needs_attention=[], marked_late=[], gradebook="g", page="p")

    monkeypatch.setattr(demo, "write_class", lambda repo, out: tmp_path)
    monkeypatch.setattr(demo, "grade", click.Command("grade", callback=graded))
    found = told("demo", "--repo", REPO, "--out", tmp_path / "demo")

    assert set(guide.of("demo").json) == set(found)
    assert 1 == found["graded"]


def test_quiz(tmp_path: Path) -> None:
    """Lint, grade and analyse tell their results; blank sheets leave essays to a person or not, and the status says it."""
    sheets, out = tmp_path / "sheets", tmp_path / "out"
    assert 0 == convmark("quiz", "sheet", *QUIZ, "--student", "ann", "--student", "bob", "--out", sheets).exit_code
    linted = told("quiz", "lint", QUIZ[1])
    graded = told("quiz", "grade", sheets, *QUIZ, "--out", out)
    analysed = told("quiz", "analyse", out, *QUIZ[:2], "--lang", "en")
    quiet = convmark("quiz", "grade", sheets, *QUIZ, "--out", out, "--quiet")

    built = told("quiz", "build", *QUIZ[:2], "--to", "gift", "--lang", "en", "--out", tmp_path / "build")
    drawn = told("quiz", "sheet", *QUIZ, "--student", "ann", "--out", tmp_path / "more")
    locked = told("quiz", "lock", QUIZ[1])

    assert [str(tmp_path / "build" / "gift" / "cnn-cifar10-en.gift.txt")] == [one["path"] for one in built["files"]]
    assert ({"sheets": {"ann": str(tmp_path / "more" / "ann")}}, {"changes": []}) == (drawn, locked)
    assert [set(guide.of(name).json) for name in ("quiz lint", "quiz grade", "quiz analyse")] == [
        set(linted),
        set(graded),
        set(analysed),
    ]
    assert (2, 2, 0) == (graded["students"], graded["scored"], graded["waiting"])
    assert 1 == len(quiet.output.splitlines())


def test_export(tmp_path: Path, right: Verdict) -> None:
    """Who is missing is in the object, and with `--quiet` on standard error beside the last line."""
    folder = classes.store(tmp_path / "results", {"ann": right, "eve": None})
    asked = ("export", folder, "--to", "canvas", "--out", tmp_path / "grades.csv", "--lang", "en")
    found = told(*asked, status=1)
    quiet = convmark(*asked, "--quiet")

    assert set(guide.of("export").json) == set(found)
    assert [["eve"]] == list(found["missing"].values())
    assert (1, 1) == (len(quiet.stdout.splitlines()), len(quiet.stderr.splitlines()))
    assert (tmp_path / "grades.csv").is_file()


@pytest.mark.slow
def test_train(tmp_path: Path) -> None:
    """What a training reached is in the object; epochs are told to people."""
    asked = [sys.executable, "-m", "autograder.instructor.cli", "train", "--data", "synthetic", "--images", "200"]
    asked += ["--epochs", "1", "--no-sandbox", "--out", str(tmp_path / "run")]
    first = subprocess.run([*asked, "--json"], cwd=REPO, capture_output=True, text=True, check=True)
    again = subprocess.run([*asked, "--quiet"], cwd=REPO, capture_output=True, text=True, check=True)
    found = json.loads(first.stdout)["results"]

    assert set(guide.of("train").json) == set(found)
    assert (1, 1000, True) == (found["epochs"], found["images"], 0 <= found["accuracy"] <= 1)
    assert Path(found["model"]).is_file()
    assert "epoch   1" in first.stderr
    assert 1 == len(again.stdout.splitlines()) and "epoch  " not in again.stdout


def test_lint_with_an_error(tmp_path: Path) -> None:
    """An error is in the object, and with `--quiet` on standard error above the last line."""
    (tmp_path / "a.md").write_text("---\nquizbank: 2\n---\n", "utf-8")
    found = told("quiz", "lint", tmp_path, status=1)
    quiet = convmark("quiz", "lint", tmp_path, "--quiet")

    assert found["errors"] == len(found["problems"]) > 0
    assert found["errors"] == len(quiet.stderr.splitlines())
    assert 1 == len(quiet.stdout.splitlines())


def test_release_and_calibrate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The generators tell what they wrote, and `--check` what would change."""
    values = [{"seed": seed, "accuracy": 0.3 + seed % 4 / 50, "right": 300, "images": 1000} for seed in range(20)]
    monkeypatch.setattr(calibration, "runs", lambda *given: values)
    (tmp_path / "solution").mkdir()
    (tmp_path / "solution" / "lab.toml").write_bytes((REPO / "solution" / "lab.toml").read_bytes())
    calibrated = told("calibrate", "--repo", tmp_path, "--data", "synthetic", "--no-sandbox", "--runs", 20)
    current = told("release", "--check", "--repo", REPO)
    monkeypatch.setattr(release, "drift", lambda repo: "- old\n+ new\n")
    changed = told("release", "--check", "--repo", REPO, status=1)

    assert set(guide.of("calibrate").json) == set(calibrated)
    assert ({"current": True, "difference": ""}, "- old\n+ new\n") == (current, changed["difference"])


def test_nbgrader_init(tmp_path: Path) -> None:
    """What was written is in the object; a line that still has to be added is told with `--quiet` too."""
    pytest.importorskip("nbgrader")
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n", "utf-8")
    found = told("nbgrader", "init", tmp_path, "--repo", REPO, "--lang", "en")
    quiet = convmark("nbgrader", "init", tmp_path, "--repo", REPO, "--lang", "en", "--quiet")

    assert set(guide.of("nbgrader init").json) == set(found)
    assert (True, True) == (found["to_load"], "convmark_config.py" in found["written"])
    assert (f"0 files written to {tmp_path}.\n", True) == (quiet.stdout, "Add this line" in quiet.stderr)


def test_doctor_tells_its_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is told of a machine where nothing is missing, and in one line with `--quiet`."""
    finding = doctor.Finding("sandbox", True, "bwrap")
    monkeypatch.setattr(doctor, "examine", lambda lang: [finding])
    monkeypatch.setattr(doctor, "level", lambda: "full")
    found = told("doctor")

    assert set(guide.of("doctor").json) == set(found)
    assert [{"name": "sandbox", "good": True, "text": "bwrap", "remedy": "", "optional": False}] == found["findings"]
    assert "Isolation: full. Grading is possible.\n" == convmark("doctor", "--quiet").output


@pytest.mark.parametrize(
    ("raised", "status"),
    [
        (KeyboardInterrupt(), statuses.INTERRUPTED),
        (OSError(28, "No space left on device", "/x"), statuses.ATTENTION),
        (click.UsageError("wrong"), statuses.REFUSED),
    ],
)
def test_every_end_is_one_of_the_table(monkeypatch: pytest.MonkeyPatch, raised: BaseException, status: int) -> None:
    """Ctrl-C, a full disk and wrong usage end with their status, without a traceback, in the object too."""

    def end(lang: str) -> Any:
        raise raised

    monkeypatch.setattr(doctor, "examine", end)
    done = convmark("doctor", "--json")

    assert (status, status) == (done.exit_code, json.loads(done.stdout)["status"])
    assert "Traceback" not in done.output and done.stderr.strip()


def test_variables_set_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    """CONVMARK_LANG and CONVMARK_QUIET do what the options do, and what is typed wins."""
    said: list[str] = []

    def examine(lang: str) -> list[doctor.Finding]:
        said.append(lang)
        return [doctor.Finding("x", True)]

    monkeypatch.setattr(doctor, "examine", examine)
    monkeypatch.setattr(doctor, "level", lambda: "full")
    environ = {"CONVMARK_LANG": "ru", "CONVMARK_QUIET": "1"}
    quiet = convmark("doctor", env=environ)
    convmark("doctor", "--lang", "en", env=environ)

    assert (["ru", "en"], 1) == (said, len(quiet.output.splitlines()))


def test_what_is_dangerous_has_no_variable() -> None:
    """No variable waives the sandbox, starts over or writes over files."""
    variables = {one.envvar for command, _ in ALL.values() for one in command.params if one.envvar}

    assert {"CONVMARK_LANG", "CONVMARK_JOBS"} <= variables
    assert not variables & {"CONVMARK_NO_SANDBOX", "CONVMARK_FRESH", "CONVMARK_FORCE", "CONVMARK_ACCEPT"}


def test_every_command_has_both() -> None:
    """Each command tells the object and can be quiet, but for the one whose output is a script of a shell."""
    lacking = {
        path for path in LEAVES if not {"--json", "--quiet"} <= {name for param in ALL[path][0].params for name in param.opts}
    }

    assert {"convmark completion"} == lacking


def test_a_training_of_the_demo_that_fails_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the training said, then what was expected and what to do; it is an error like any other."""
    monkeypatch.setattr(demo, "TRAIN", "raise SystemExit('no memory is left')")
    done = convmark("demo", "--repo", REPO, "--out", tmp_path, "--json", "--lang", "en")
    found = json.loads(done.stdout)

    assert (1, "demo.not_trained") == (found["status"], found["error"]["code"])
    assert (
        done.stderr.index("no memory is left") < done.stderr.index("Expected a training") < done.stderr.index("convmark doctor")
    )
