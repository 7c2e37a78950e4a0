"""The starter repository for GitHub Classroom: its workflow's own commands, run on a submission."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from autograder.instructor.exports import classroom
from autograder.verdict import Verdict
from tests.conftest import REPO
from tests.support import blocks, classes, reference


@pytest.fixture(scope="module")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository."""
    folder = tmp_path_factory.mktemp("classroom") / "starter"
    done = classes.export("--to", "github-classroom", "--out", folder, "--repo", REPO)
    assert 0 == done.exit_code, done.output
    return folder


def steps(starter: Path) -> list[dict[str, Any]]:
    """The steps of the only job."""
    workflow = yaml.safe_load((starter / classroom.FILE).read_text())
    (job,) = workflow["jobs"].values()
    found: list[dict[str, Any]] = job["steps"]
    return found


def run(starter: Path, temporary: Path, named: str) -> "subprocess.CompletedProcess[str]":
    """Run the command of a step, as the service would."""
    (command,) = (step["run"] for step in steps(starter) if step.get("name") == named)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST"))}
    environment |= {"RUNNER_TEMP": str(temporary), "GITHUB_STEP_SUMMARY": str(temporary / "summary.md")}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    return subprocess.run(
        ["bash", "-e", "-c", command], cwd=starter, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.slow
def test_a_push_is_checked(starter: Path, tmp_path: Path) -> None:
    """The checks run from the bundle alone, and the points are reported as Classroom reads them."""
    (starter / "cifar10_cnn.py").write_text(reference.SOURCE)
    checked = run(starter, tmp_path, "Check the submission")
    reported = run(starter, tmp_path, "Report the points")

    assert 0 == checked.returncode, checked.stdout + checked.stderr
    assert 0 == reported.returncode, reported.stdout + checked.stdout
    assert blocks.block("docs/exports.md", "::notice title=Autograding complete") == reported.stdout
    _, report = reported.stdout.splitlines()
    assert {"totalPoints": 80.0, "maxPoints": 100.0} == json.loads(report.removeprefix("::notice title=Autograding report::"))
    assert "| **total** | **80 of 100** |" in (tmp_path / "summary.md").read_text()


@pytest.mark.parametrize("content", ["{", "{}", None])
def test_no_verdict_is_no_zero(starter: Path, tmp_path: Path, content: str | None) -> None:
    """Without a verdict nothing is reported, and the run fails."""
    if content is not None:
        (tmp_path / "verdict.json").write_text(content)
    done = run(starter, tmp_path, "Report the points")

    assert (1, True, False) == (done.returncode, done.stdout.startswith("::error"), "notice" in done.stdout)


def test_what_needs_a_person_is_no_zero(starter: Path, tmp_path: Path) -> None:
    """A fault of the grader reports no points either."""
    (tmp_path / "verdict.json").write_text(json.dumps(classes.waiting().to_dict()))
    done = run(starter, tmp_path, "Report the points")

    assert (1, False) == (done.returncode, "notice" in done.stdout)


def test_the_workflow(starter: Path) -> None:
    """It is a workflow that may write nothing, and keeps no token where student code runs."""
    workflow = yaml.safe_load((starter / classroom.FILE).read_text())

    assert {"contents": "read"} == workflow["permissions"]
    assert ["run-autograding-tests"] == list(workflow["jobs"])
    assert False is steps(starter)[0]["with"]["persist-credentials"]
    assert not any("${{" in step.get("run", "") for step in steps(starter))
    assert {"autograder", "cifar10_cnn.ipynb", "requirements.txt"} <= {path.name for path in starter.iterdir()}
    assert not (starter / "autograder" / "instructor").exists()


def test_other_folders_are_left_alone(tmp_path: Path, starter: Path) -> None:
    """It writes into a new folder or over what it wrote itself, never into somebody's repository."""
    (tmp_path / "mine.txt").write_text("mine")
    refused = classes.export("--to", "github-classroom", "--out", tmp_path, "--repo", REPO)
    again = classes.export("--to", "github-classroom", "--out", starter, "--repo", REPO)
    nowhere = classes.export("--to", "github-classroom", "--out", tmp_path / "new", "--repo", tmp_path)

    assert (2, 0, 2) == (refused.exit_code, again.exit_code, nowhere.exit_code)
    assert "no starter repository of convmark's" in refused.output
    assert "no solution/lab.toml" in nowhere.output
    assert ["mine.txt"] == [path.name for path in tmp_path.iterdir()]


def test_points_of_a_verdict(tmp_path: Path, starter: Path, wrong: Verdict) -> None:
    """Points by section stand in the summary of the run."""
    (tmp_path / "verdict.json").write_text(json.dumps(wrong.to_dict()))
    done = run(starter, tmp_path, "Report the points")

    assert (0, True) == (done.returncode, "Points 64/80" in done.stdout)
    assert "| data | 4 of 20 |" in (tmp_path / "summary.md").read_text()
