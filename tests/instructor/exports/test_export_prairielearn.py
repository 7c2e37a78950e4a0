"""results.json of PrairieLearn's external grader, against the format that it documents."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from autograder.verdict import Verdict
from tests.conftest import REPO
from tests.support import blocks, classes, reference

QUESTION = '"gradingMethod"'
TEST = {
    "type": "object",
    "required": ["name", "points", "max_points", "output"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string"},
        "points": {"type": "number", "minimum": 0},
        "max_points": {"type": "number", "minimum": 0},
        "output": {"type": "string"},
    },
}
SCHEMA = {
    "type": "object",
    "required": ["gradable"],
    "additionalProperties": False,
    "properties": {
        "gradable": {"type": "boolean"},
        "score": {"type": "number", "minimum": 0, "maximum": 1},
        "message": {"type": "string"},
        "output": {"type": "string"},
        "tests": {"type": "array", "items": TEST},
        "format_errors": {"type": "array", "items": {"type": "string"}},
    },
    "if": {"properties": {"gradable": {"const": True}}},
    "then": {"required": ["score", "tests"]},
    "else": {"required": ["format_errors"], "not": {"required": ["score"]}},
}


def written(path: Path) -> dict[str, Any]:
    """The file, after it was found to be of the format, and small enough."""
    assert path.stat().st_size < 2**20
    value: dict[str, Any] = json.loads(path.read_text("ascii"))
    jsonschema.validate(value, SCHEMA)
    return value


def test_points(tmp_path: Path, wrong: Verdict) -> None:
    """The score is a share; the tests are the checks with their points and sentences."""
    class_ = classes.store(tmp_path / "r", {"ann": wrong})
    out = tmp_path / "results" / "results.json"
    done = classes.export(class_, "--to", "prairielearn", "--out", out)
    value = written(out)

    assert (0, 0.8) == (done.exit_code, value["score"])
    assert 64 == sum(test["points"] for test in value["tests"])
    assert 80 == sum(test["max_points"] for test in value["tests"])
    (failed,) = (test for test in value["tests"] if test["name"].endswith("pixels are divided by 255"))
    assert (0, 3) == (failed["points"], len(failed["output"].splitlines()))


def test_what_needs_a_person_is_not_gradable(tmp_path: Path) -> None:
    """There are no points to win or lose, and no attempt is used up."""
    class_ = classes.store(tmp_path / "r", {"ann": classes.waiting()})
    out = tmp_path / "results.json"
    done = classes.export(class_, "--to", "prairielearn", "--out", out)

    assert (0, False) == (done.exit_code, written(out)["gradable"])
    assert "ann" in done.output


@pytest.mark.parametrize(("student", "status"), [("bob", 0), ("zed", 2), ("", 2)])
def test_one_student(tmp_path: Path, right: Verdict, wrong: Verdict, student: str, status: int) -> None:
    """Of several students one is named; nobody is chosen by chance."""
    class_ = classes.store(tmp_path / "r", {"ann": right, "bob": wrong})
    out = tmp_path / "results.json"
    done = classes.export(class_, "--to", "prairielearn", "--out", out, *(["--student", student] if student else []))

    assert (status, status == 0) == (done.exit_code, out.exists())
    assert status or 0.8 == written(out)["score"]


@pytest.mark.slow
def test_the_entrypoint_of_the_documentation(tmp_path: Path) -> None:
    """The script that the documentation shows grades what PrairieLearn hands over, here below another root."""
    text = blocks.block("docs/exports.md", "#!/bin/bash")
    student = tmp_path / "grade" / "student"
    student.mkdir(parents=True)
    (student / "cifar10_cnn.py").write_text(reference.SOURCE)
    script = tmp_path / "run.sh"
    script.write_text(re.sub(r"/(grade|tmp)/", lambda found: f"{tmp_path / found[1]}/", text))
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "PYTHONPATH": str(REPO), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(["bash", str(script)], env=environment, capture_output=True, text=True, check=False)
    value = written(tmp_path / "grade" / "results" / "results.json")

    assert (0, 1.0) == (done.returncode, value["score"]), done.stdout + done.stderr


def test_the_question_of_the_documentation() -> None:
    """What stands in `info.json` is JSON, and the entrypoint lies in a folder that PrairieLearn hands over."""
    value = json.loads(f"{{{blocks.block('docs/exports.md', QUESTION)}}}")
    options = value["externalGradingOptions"]
    root, (folder,) = "/grade/serverFilesCourse/", options["serverFilesCourse"]

    assert ("External", True) == (value["gradingMethod"], options["enabled"])
    assert options["entrypoint"].startswith(f"{root}{folder}")


def test_a_damaged_verdict_is_named(tmp_path: Path) -> None:
    """Without a verdict nothing is written."""
    class_ = classes.store(tmp_path / "r", {"ann": None})
    done = classes.export(class_, "--to", "prairielearn", "--out", tmp_path / "results.json")

    assert (1, True) == (done.exit_code, "grade them again: ann" in done.output)
