"""Calibrations: what they hold for, and that those of the repository are what their runs say."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from autograder import dataset, trial
from autograder.errors import GraderError
from autograder.instructor.commands.calibrate import calibrate
from autograder.instructor.training import calibration, tolerance
from autograder.launcher import PlainLauncher
from autograder.scheme import Scheme, load

SCHEME = load()
SOLUTION = Path(__file__).resolve().parents[3] / "solution"
DATA = dataset.synthetic(40, 20)
FILES = sorted((SOLUTION / calibration.FOLDER).glob("*.json"))


def results(*accuracies: float) -> list[dict[str, Any]]:
    """Runs with these accuracies."""
    return [{"seed": seed, "accuracy": accuracy} for seed, accuracy in enumerate(accuracies, 1)]


def changed(**accuracy: Any) -> Scheme:
    """The marking scheme with another budget."""
    raw = copy.deepcopy(dict(SCHEME.raw))
    raw["accuracy"]["trial"] |= accuracy
    return Scheme(raw, SCHEME.checks)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_threshold_follows_from_the_runs(path: Path) -> None:
    """Each calibration of the repository has at least 20 runs, from which its figures follow."""
    found = json.loads(path.read_text())
    values = [result["right"] / result["images"] for result in found["runs"]]
    expected = tolerance.limit(values, 0.001, 0.95)

    assert len(values) >= 20
    assert [result["seed"] for result in found["runs"]] == list(range(1, len(values) + 1))
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-4)
    assert calibration.CHANCE < found["threshold"] < found["lowest"]


def test_both_data_sets_are_calibrated_for_the_lab_as_it_is() -> None:
    """CIFAR-10 and the stand-in have a current threshold, which the marking scheme has taken over."""
    current, stale = calibration.load(SOLUTION, SCHEME)

    assert (sorted(current), stale) == (["cifar10", "synthetic"], [])
    assert {name: SCHEME.calibration(name) for name in current} == current


def test_another_budget_makes_calibrations_stale() -> None:
    """After a change of the budget no threshold is current."""
    assert calibration.load(SOLUTION, changed(steps=90)) == ({}, [path.name for path in FILES])


def test_runs_differ_by_their_seed_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each seed is tried with the lab's plan, and told; the order is that of the seeds."""
    plans, told = [], []

    def run(plan: Any, *given: Any) -> dict[str, Any]:
        plans.append(plan)
        return {"right": 5 + plan.seed, "images": 20}

    monkeypatch.setattr(trial, "run", run)
    found = calibration.runs(SCHEME, DATA, PlainLauncher(), [1, 2, 3], 1, None, lambda seed, share: told.append((seed, share)))

    assert [result["accuracy"] for result in found] == [0.3, 0.35, 0.4]
    assert told == [(1, 0.3), (2, 0.35), (3, 0.4)]
    assert len({json.dumps({**vars(plan), "seed": 0}, sort_keys=True) for plan in plans}) == 1


def test_a_summary_says_where_it_comes_from() -> None:
    """Data, budget, versions, machine and every result are in the file."""
    found = calibration.summary(SCHEME, DATA, results(*[0.3, 0.32, 0.34, 0.36] * 5))

    assert found["data"] == {"name": "synthetic", "digest": DATA.evaluated_digest}
    assert found["budget"]["steps"] == SCHEME.raw["accuracy"]["trial"]["steps"]
    assert set(found["versions"]) == {"keras", "numpy", "tensorflow"}
    assert len(found["runs"]) == 20
    assert calibration.told(found)["runs"] == 20


@pytest.mark.parametrize(
    ("accuracies", "code"),
    [([0.3, 0.4] * 9, "calibration.too_few"), ([0.3] * 20, "calibration.useless"), ([0.1, 0.3] * 10, "calibration.useless")],
    ids=["too few", "all the same", "as good as guessing"],
)
def test_no_threshold_that_says_nothing(accuracies: list[float], code: str) -> None:
    """Too few runs, equal ones, and a threshold that guessing would reach are refused."""
    with pytest.raises(GraderError) as caught:
        calibration.summary(SCHEME, DATA, results(*accuracies))

    assert caught.value.code == code


def test_the_command_calibrates_the_lab_as_it_is_edited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A budget that was changed in lab.toml and not released yet is what is calibrated, so release then takes it."""
    (tmp_path / "solution").mkdir()
    lab = (SOLUTION / "lab.toml").read_text("utf-8").replace("steps = 110", "steps = 90")
    (tmp_path / "solution" / "lab.toml").write_text(lab, "utf-8")
    monkeypatch.setattr(calibration, "runs", lambda *given: results(*[0.3, 0.32, 0.34, 0.36] * 5))
    done = CliRunner().invoke(calibrate, ["--repo", str(tmp_path), "--data", "synthetic", "--no-sandbox"])

    assert done.exit_code == 0, done.output
    found = json.loads((tmp_path / "solution" / "calibration" / "synthetic.json").read_text())
    assert found["budget"]["steps"] == 90
    assert calibration.load(tmp_path / "solution", changed(steps=90))[1] == []
