"""The short training of a network without weights: repeatable, made once, and harmless whatever comes back."""

import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from autograder import dataset, evaluate, replaying, trial
from autograder.errors import EvidenceError, SandboxError, SubmissionError
from autograder.launcher import Launcher, PlainLauncher
from autograder.replay.plan import Plan
from autograder.scheme import load
from autograder.trial import Budget
from tests.support import reference
from tests.support.warm import WarmLauncher

SCHEME = load()
DATA = dataset.synthetic(400, 200)
BUDGET = Budget(steps=12, batch_size=16, images=150)
PLAN = Plan(
    layers=[
        {"kind": "Conv2D", "args": {"filters": 8, "kernel_size": [5, 5], "padding": "same", "activation": "relu"}},
        {"kind": "MaxPooling2D", "args": {"pool_size": [4, 4], "strides": [4, 4], "padding": "valid"}},
        {"kind": "Dropout", "args": {"rate": 0.2}},
        {"kind": "Flatten", "args": {}},
        {"kind": "Dense", "args": {"units": 10, "activation": "softmax"}},
    ],
    settings={"momentum": 0.9, "nesterov": False},
    batch_size=16,
    scale=1 / 64,
    offset=-1.9,
)


def run(launcher: Launcher, shared: Path | None = None, **changes: Any) -> dict[str, Any]:
    """A trial of the small network."""
    return trial.run(Plan(**{**vars(PLAN), **changes}), DATA, BUDGET, launcher, SCHEME.limits, shared)


class Refusing:
    """A launcher that must not be asked."""

    level = "process"
    layers: Sequence[str] = ()

    def command(self, module: str, readonly: Any = ()) -> Any:
        """Refuse."""
        raise SandboxError("grader.cannot_start", reason="asked")


def test_a_trial_repeats_itself(warm: WarmLauncher) -> None:
    """A fork of a warm server and a process of its own see the same losses and count the same images; another seed does not."""
    first, second, other = run(warm), run(PlainLauncher()), run(warm, seed=2)

    assert first == second
    assert len(first["losses"]) == 12
    assert first["images"] == 150
    assert other["losses"] != first["losses"]


def test_a_trial_is_made_once(warm: WarmLauncher, tmp_path: Path) -> None:
    """What was found is found again without a process; another budget, network or seed has to be tried."""
    found = run(warm, tmp_path)

    assert run(Refusing(), tmp_path) == found
    for changes in ({"seed": 2}, {"batch_size": 8}, {"rate": {"kind": "constant", "initial": 0.02}}):
        with pytest.raises(SandboxError):
            run(Refusing(), tmp_path, **changes)


def test_a_training_that_diverges_is_told(warm: WarmLauncher) -> None:
    """Where the loss is no number any more the trial ends, and the network is no better than guessing."""
    found = run(warm, rate={"kind": "constant", "initial": 1e9})

    assert found["losses"][-1] is None
    assert len(found["losses"]) < 12
    assert found["right"] < 40


@pytest.mark.parametrize(
    "changes",
    [
        {"predicted": "AAAA"},
        {"predicted": None},
        {"predicted": base64.b64encode(bytes(151)).decode()},
        {"losses": []},
        {"losses": [1.0] * 13},
        {"losses": ["1.0"]},
        {"losses": None},
    ],
    ids=str,
)
def test_a_malformed_answer_is_no_trial(changes: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer of another form is a fault of ours and no mark."""
    answer = {"predicted": base64.b64encode(bytes(150)).decode(), "losses": [2.3]}
    monkeypatch.setattr(replaying, "ask", lambda *given, **named: answer | changes)

    with pytest.raises(EvidenceError):
        run(Refusing())


def test_an_overloaded_machine_is_no_fault_of_the_student(monkeypatch: pytest.MonkeyPatch) -> None:
    """A trial that does not end in time is for a person; one that ended its process is the network's."""

    def ask(code: str) -> None:
        def fail(*given: Any, **named: Any) -> Any:
            raise SubmissionError(code, seconds=300, exit=-9)

        monkeypatch.setattr(replaying, "ask", fail)

    ask("accuracy.trial.timeout")
    with pytest.raises(SandboxError, match=r"grader\.trial_timeout"):
        run(Refusing())
    ask("accuracy.trial.crash")
    with pytest.raises(SubmissionError, match=r"accuracy\.trial\.crash"):
        run(Refusing())


def stored(folder: Path, record: dict[str, Any], monkeypatch: pytest.MonkeyPatch, right: dict[str, int]) -> dict[str, Any]:
    """The evaluation that is stored if trainings with these optimizers recognise so many images."""

    def found(plan: Plan, *given: Any) -> dict[str, Any]:
        return {"right": right[plan.optimizer], "images": 1000, "losses": [2.3], "key": plan.optimizer}

    monkeypatch.setattr(trial, "run", found)
    trial.trial(reference.store(folder, record), Refusing(), DATA, SCHEME)
    read = evaluate.load(folder)
    assert read is not None
    return read


def test_the_solution_is_trained_as_the_lab_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A right submission is trained one way only, since its own is the lab's."""
    found = stored(tmp_path, reference.record(), monkeypatch, {"SGD": 360})

    assert (found["kind"], found["lab"]["right"], "own" in found) == ("trial", 360, False)


def test_another_compilation_is_tried_beside_the_labs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A submission with Adam is trained both ways."""
    record = reference.record()
    for compiled in record["stages"]["compile"]["value"]["runs"]:
        compiled["optimizer"]["class"] = "Adam"
    found = stored(tmp_path, record, monkeypatch, {"SGD": 360, "Adam": 120})

    assert (found["lab"]["right"], found["own"]["right"]) == (360, 120)


def test_a_network_that_cannot_be_trained_here_is_told(tmp_path: Path) -> None:
    """A layer that the trainer does not know is written down as the student's to mend."""
    record = reference.record()
    record["stages"]["model"]["value"]["layers"][1]["class"] = "BatchNormalization"
    trial.trial(reference.store(tmp_path, record), Refusing(), DATA, SCHEME)
    found = json.loads((tmp_path / evaluate.FILE).read_text())

    assert (found["status"], found["code"]) == ("error", "accuracy.trial.network")
