"""Grade a scenario's submission and say briefly what came of it, for `verdict.json`."""

import json
import tempfile
from pathlib import Path
from typing import Any

from autograder import files, judge, submission, supervise
from autograder.errors import SubmissionError
from autograder.process import Launcher
from autograder.scheme import load
from autograder.verdict import Verdict

FOLDER = Path(__file__).parent.parent / "scenarios"
SECTIONS = ("data", "model", "compile")
SEED = 76630


def grade(folder: Path, launcher: Launcher) -> Verdict:
    """The verdict on the submission in *folder*, by the product's own path."""
    scheme = load()
    found = submission.find(folder, scheme.templates)
    record = supervise.gather(found, launcher, seed=SEED, limits=scheme.limits)
    with tempfile.TemporaryDirectory() as target:
        files.write_json(Path(target) / "evidence.json", record)
        return judge.judge(Path(target), SECTIONS)


def brief(verdict: Verdict) -> dict[str, Any]:
    """Status, points by section, and the code of each check that failed."""
    return {
        "status": verdict.status,
        "points": {section.name: section.points for section in verdict.sections},
        "failed": {check.id: check.reason.code for check in verdict.checks if check.status == "failed" and check.reason},
    }


def outcome(folder: Path, launcher: Launcher) -> dict[str, Any]:
    """`brief` of the verdict, or the code of the error that a student is told before any check."""
    try:
        return brief(grade(folder, launcher))
    except SubmissionError as error:
        return {"status": "refused", "code": error.code}


def expected(scenario: Path) -> dict[str, Any]:
    """What `verdict.json` says."""
    value: dict[str, Any] = json.loads((scenario / "verdict.json").read_text("utf-8"))
    return value
