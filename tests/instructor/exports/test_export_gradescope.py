"""Gradescope's autograder: the real scripts of the zip, run in a tree like Gradescope's."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from autograder.errors import SandboxError
from autograder.instructor import selftest
from autograder.instructor.box import landlock
from autograder.instructor.exports import gradescope, gradescope_results, gradescope_run
from autograder.instructor.selftest import Layers
from autograder.verdict import Reason, Verdict
from tests.support import attacks, classes, reference, scenarios

VISIBILITY = {"enum": ["hidden", "after_due_date", "after_published", "visible"]}
FORMAT = {"enum": ["text", "html", "simple_format", "md", "ansi"]}
TEST = {
    "type": "object",
    "required": ["score", "max_score", "name", "status"],
    "additionalProperties": False,
    "properties": {
        "score": {"type": "number"},
        "max_score": {"type": "number"},
        "status": {"enum": ["passed", "failed"]},
        "name": {"type": "string"},
        "number": {"type": "string"},
        "output": {"type": "string"},
        "visibility": VISIBILITY,
        "extra_data": {"type": "object"},
    },
}
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["execution_time", "output", "stdout_visibility", "tests"],
    "properties": {
        "score": {"type": "number"},
        "execution_time": {"type": "number"},
        "output": {"type": "string"},
        "output_format": FORMAT,
        "test_output_format": FORMAT,
        "test_name_format": FORMAT,
        "visibility": VISIBILITY,
        "stdout_visibility": {"const": "hidden"},
        "extra_data": {"type": "object"},
        "tests": {"type": "array", "items": TEST},
    },
}


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip, unpacked as Gradescope does it, after setup.sh."""
    folder = tmp_path_factory.mktemp("gradescope")
    out = folder / "autograder.zip"
    options = ["--sections", "data,model,compile"]
    done = classes.export("--to", "gradescope", "--out", out, *options)
    assert 0 == done.exit_code, done.output
    with zipfile.ZipFile(out) as archive:
        for entry in archive.infolist():
            path = Path(archive.extract(entry, folder / "source"))
            path.chmod(entry.external_attr >> 16 & 0o777)
    shutil.copy(folder / "source" / "run_autograder", folder / "run_autograder")
    said = script(folder, folder / "source" / "setup.sh")
    assert "isolation here: " in said.stdout
    return folder


def script(root: Path, path: Path) -> "subprocess.CompletedProcess[str]":
    """Run a script of the zip, with no other source of ours in sight."""
    environment = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "PYTEST_CURRENT_TEST"}}
    environment |= {"CONVMARK_GRADESCOPE": str(root), "CONVMARK_PYTHON": sys.executable}
    return subprocess.run([str(path)], cwd=root, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def root(unpacked: Path, tmp_path: Path) -> Path:
    """A tree for one submission."""
    tree = tmp_path / "autograder"
    tree.mkdir()
    (tree / "source").symlink_to(unpacked / "source")
    (tree / "results").mkdir()
    (tree / "submission").mkdir()
    metadata = {"id": 7, "users": [{"email": "ann@example.edu", "id": 1, "name": "Ann"}], "assignment": {"total_points": "100.0"}}
    (tree / "submission_metadata.json").write_text(json.dumps(metadata))
    return tree


def graded(root: Path, unpacked: Path) -> tuple[dict[str, Any], str, int]:
    """What the script wrote, printed and returned."""
    done = script(root, unpacked / "run_autograder")
    path = root / "results" / "results.json"
    assert path.is_file(), done.stdout + done.stderr
    value: dict[str, Any] = json.loads(path.read_text("ascii"))
    jsonschema.validate(value, SCHEMA)
    return value, done.stdout, done.returncode


@pytest.mark.slow
def test_a_right_submission(root: Path, unpacked: Path) -> None:
    """Full points, each check with its own; what only instructors see says that the assignment has other points."""
    (root / "submission" / "cifar10_cnn.py").write_text(reference.SOURCE)
    value, printed, status = graded(root, unpacked)

    assert (0, 80) == (status, value["score"])
    assert 80 == sum(test["score"] for test in value["tests"]) == sum(test["max_score"] for test in value["tests"])
    assert "the assignment has 100 points, the lab 80" in printed
    assert "Ann" not in json.dumps(value)


@pytest.mark.slow
def test_a_wrong_submission(root: Path, unpacked: Path) -> None:
    """A mistake costs its points, and says what is wrong and what to do."""
    shutil.copytree(scenarios.FOLDER / "data_by_256" / "submission", root / "submission", dirs_exist_ok=True)
    value, _, status = graded(root, unpacked)
    expected = scenarios.expected("data_by_256")["points"]
    (failed,) = (test for test in value["tests"] if test["status"] == "failed")

    assert (0, sum(expected.values())) == (status, value["score"])
    assert ("data.scale", 0, 8) == (failed["extra_data"]["check"], failed["score"], failed["max_score"])
    assert "256" in failed["output"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["forge_exit0_report", "damage_write_outside", "forge_wire_pass", "forge_module_shadow"])
def test_a_hostile_submission(root: Path, unpacked: Path, name: str, tmp_path: Path) -> None:
    """An attack earns there what it earns in a batch: points where it solves the task, no score where nobody knows."""
    shutil.copytree(attacks.FOLDER / name / "submission", root / "submission", dirs_exist_ok=True)
    before = {path: path.read_bytes() for path in (unpacked / "source").rglob("*") if path.is_file()}
    value, _, status = graded(root, unpacked)
    expected = attacks.expected(name)
    points = sum(expected["points"].get(section, 0) for section in classes.SECTIONS)

    assert (expected["status"] == "graded") == ("score" in value) == (status == 0)
    assert points == value.get("score", 0)
    assert before == {path: path.read_bytes() for path in (unpacked / "source").rglob("*") if path.is_file()}
    assert ["results.json"] == [path.name for path in (root / "results").iterdir()]


@pytest.mark.slow
def test_nothing_handed_in(root: Path, unpacked: Path) -> None:
    """An empty submission is the student's own: no points, and a sentence."""
    value, _, status = graded(root, unpacked)

    assert (0, 0) == (status, value["score"])
    assert "There is no submission" in value["output"]


@pytest.mark.slow
def test_a_fault_of_the_grader_is_no_zero(root: Path, unpacked: Path, tmp_path: Path) -> None:
    """With a damaged autograder there is no score at all, a sentence for the student, and exit status 1."""
    shutil.copytree(unpacked / "source", tmp_path / "copy")
    (root / "source").unlink()
    (tmp_path / "copy").rename(root / "source")
    (root / "source" / "convmark.json").write_text("{")
    (root / "submission" / "cifar10_cnn.py").write_text(reference.SOURCE)
    value, printed, status = graded(root, unpacked)

    assert (1, [], False) == (status, value["tests"], "score" in value)
    assert value["output"].startswith("NO SCORE")
    assert "exports.gradescope" in printed


def test_isolation_that_does_not_work_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where neither level works the submission is not run, and there is no score; only an explicit word waives that."""
    none = Layers("process", (), None, Reason("sandbox.no_landlock", {"reason": "no Landlock"}))
    monkeypatch.setattr(selftest, "available", lambda **_: none)
    config = {"sections": ["data"], "lang": "en", "isolation": "container", "no_sandbox": False}
    with pytest.raises(SandboxError, match="sandbox.no_landlock"):
        gradescope_run.grade(tmp_path, config)
    (tmp_path / "source").mkdir()
    (tmp_path / "results").mkdir()
    (tmp_path / "source" / gradescope_run.CONFIG).write_text(json.dumps(config))

    assert 1 == gradescope_run.run(tmp_path)
    value = json.loads((tmp_path / "results" / "results.json").read_text())
    jsonschema.validate(value, SCHEMA)
    assert ("sandbox.no_landlock", False) == (value["extra_data"]["code"], "score" in value)


@pytest.mark.slow
@pytest.mark.skipif(not landlock.version(), reason="this kernel has no Landlock")
def test_without_namespaces(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a container that allows no namespaces the level is the weaker one, and the points are the same."""
    refused = Reason("sandbox.container", {"reason": "no namespaces"})
    weaker = replace(selftest.contained(3072, 1), problem=refused)
    monkeypatch.setattr(selftest, "available", lambda **_: weaker)
    config = {"sections": list(classes.SECTIONS), "lang": "en", "isolation": "container", "no_sandbox": False}
    (root / "submission" / "cifar10_cnn.py").write_text(reference.SOURCE)
    verdict = gradescope_run.grade(root, config)

    assert ("graded", 80, "container") == (verdict.status, verdict.score, verdict.facts["sandbox"]["level"])
    with pytest.raises(SandboxError, match="sandbox.weaker"):
        gradescope_run.grade(root, config | {"isolation": "full"})


def test_no_score_anywhere_without_a_verdict(right: Verdict) -> None:
    """A verdict that needs attention has no number that Gradescope could take for a score."""
    value = gradescope_results.of_verdict(classes.waiting(), "ru", 1.0)
    jsonschema.validate(value, SCHEMA)
    jsonschema.validate(gradescope_results.of_verdict(right, "ru", 1.0), SCHEMA)

    assert ([], False, True) == (value["tests"], "score" in value, value["output"].startswith("БАЛЛОВ НЕТ"))


def test_the_zip(tmp_path: Path) -> None:
    """The scripts stand at its root and are executable, the same sources give the same bytes, nothing secret is in it."""
    for name in ("one.zip", "two.zip"):
        done = classes.export("--to", "gradescope", "--out", tmp_path / name, "--no-sandbox")
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        modes = {entry.filename: entry.external_attr >> 16 for entry in archive.infolist()}
        config = json.loads(archive.read("convmark.json"))

    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    assert {0o100755} == {modes[name] for name in gradescope.SCRIPTS}
    top = {name.split("/")[0] for name in modes}
    assert {"autograder", "convmark.json", "requirements.txt", "run_autograder", "setup.sh"} == top
    assert not any("/quiz/" in name or "/commands/" in name or name.endswith((".pyc", "cifar10_cnn.py")) for name in modes)
    assert ("Warning" in done.output, True) == (True, config["no_sandbox"])


@pytest.mark.parametrize("text", [gradescope.SETUP, gradescope.RUN])
def test_the_scripts_are_bash(text: str) -> None:
    """bash reads both scripts to their end."""
    done = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, check=False)

    assert (0, "") == (done.returncode, done.stderr)
