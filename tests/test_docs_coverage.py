"""The documentation names everything there is: commands, keys of the lab, checks, codes, modules, and files of a run."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder import evidence
from autograder.instructor.training import run
from tests.conftest import REPO
from tests.support import reference
from tools import docs_coverage

SCENARIO = REPO / "tests" / "scenarios" / "right_plain_script" / "submission"


@pytest.mark.parametrize("kind", docs_coverage.everything())
def test_everything_is_named(kind: str) -> None:
    """What is new and not in the documentation is told by its name."""
    assert len(docs_coverage.everything()[kind]) > 20
    assert [] == docs_coverage.missing()[kind]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("--out", "`--out RESULTS`", True),
        ("--out", "`--outside`", False),
        ("rate", "`learning_rate`", False),
        ("a.b", "`acb`", False),
    ],
)
def test_a_name_is_a_word(name: str, text: str, expected: bool) -> None:
    """A name that is a part of another one does not count."""
    assert expected == docs_coverage.named(name, text)


def test_every_key_of_evidence_is_named() -> None:
    """The page of evidence names its form, each key, and each key of what a stage returns."""
    page = (REPO / "docs" / "evidence.md").read_text("utf-8")
    record = reference.record()
    stages = [stage.get("value", {}) for stage in record["stages"].values()]
    keys = {*record, *(key for value in stages for key in value), *stages[-1]["runs"][0]}

    assert f"| `schema` | {evidence.SCHEMA} |" in page
    assert [] == sorted(key for key in keys if not re.search(rf"`{key}`", page))


def test_every_file_of_a_run_is_named(tmp_path: Path) -> None:
    """Whatever `convmark grade` leaves in RESULTS, and a training in its folder, has its name in the documentation."""
    shutil.copytree(SCENARIO, tmp_path / "submissions" / "anna")
    command = [sys.executable, "-m", "autograder.instructor.cli", "grade", str(tmp_path / "submissions")]
    options = ["--out", str(tmp_path / "results"), "--data", "synthetic", "--no-sandbox"]
    done = subprocess.run([*command, *options], cwd=REPO, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    files = {path.name for path in (tmp_path / "results").rglob("*") if path.is_file()}
    files |= {run.RUN, run.CHECKPOINT, run.RESULT, run.TIMES, f"{run.HISTORY}.csv", f"{run.HISTORY}.json"}

    assert {"grades.csv", "report.html", "evaluation.json"} < files
    assert [] == sorted(name for name in files if not docs_coverage.named(name, docs_coverage.code()))
