"""Grade a scenario's submission and say briefly what came of it, for `verdict.json`."""

import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autograder import files, judge, submission, supervise
from autograder.errors import SubmissionError
from autograder.launcher import Launcher
from autograder.scheme import load
from autograder.verdict import Verdict

FOLDER = Path(__file__).parent.parent / "scenarios"
TEMPLATE = FOLDER.parent.parent / "assignment"
SECTIONS = ("data", "model", "compile")
SEED = 76630
NOT_OUTCOME = {"about", "kind", "section", "limits", "template"}
Evidence = dict[str, Any]


def names() -> list[str]:
    """All scenarios."""
    return sorted(path.name for path in FOLDER.iterdir() if path.is_dir())


def expected(name: str) -> dict[str, Any]:
    """What a scenario's `verdict.json` says."""
    value: dict[str, Any] = json.loads((FOLDER / name / "verdict.json").read_text("utf-8"))
    return value


def observe(folder: Path, launcher: Launcher, limits: Mapping[str, float] | None = None) -> Evidence:
    """The evidence on the submission in *folder*, by the product's own path; *limits* replace the scheme's.

    A submission that cannot be read is told as ``{"refused": code}``.
    """
    scheme = load()
    try:
        found = submission.find(folder, scheme.templates)
    except SubmissionError as error:
        return {"refused": error.code}
    stages = supervise.stages_for(scheme.sections)
    return supervise.gather(found, launcher, seed=SEED, limits={**scheme.limits, **(limits or {})}, stages=stages)


def observe_named(name: str, launcher: Launcher) -> Evidence:
    """The evidence on a scenario.

    ``limits`` in `verdict.json` shortens time limits; ``template`` names files of the untouched template that
    lie in the submission too, so that they are always the current ones.
    """
    value = expected(name)
    with tempfile.TemporaryDirectory() as target:
        folder = Path(shutil.copytree(FOLDER / name / "submission", Path(target) / "submission", symlinks=True))
        for file in value.get("template", []):
            shutil.copy(TEMPLATE / file, folder)
        return observe(folder, launcher, value.get("limits"))


def judged(evidence: Evidence) -> Verdict:
    """The verdict on evidence."""
    with tempfile.TemporaryDirectory() as target:
        files.write_json(Path(target) / "evidence.json", evidence)
        return judge.judge(Path(target), SECTIONS)


def grade(folder: Path, launcher: Launcher) -> Verdict:
    """The verdict on the submission in *folder*."""
    return judged(observe(folder, launcher))


def brief(verdict: Verdict) -> dict[str, Any]:
    """Status, points by section, and the code of each check that failed."""
    return {
        "status": verdict.status,
        "points": {section.name: _whole(section.points) for section in verdict.sections},
        "failed": {check.id: check.reason.code for check in verdict.checks if check.status == "failed" and check.reason},
    }


def _whole(points: float) -> float:
    """Points as one writes them: 20, not 20.0."""
    return int(points) if points == int(points) else points


def without_notes(value: Mapping[str, Any]) -> dict[str, Any]:
    """The outcome in a `verdict.json`."""
    return {key: item for key, item in value.items() if key not in NOT_OUTCOME}
