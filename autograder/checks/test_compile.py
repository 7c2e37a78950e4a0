"""What ``compile_model`` must set: loss, optimizer, learning rate over the steps, and metric.

Judged on a stand-in network and by what the optimizer does, so that any equivalent form is right.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from autograder import inputs, updates
from autograder.errors import CheckFailed, NotReached
from autograder.observed import Observed, Run

OTHER_BATCH = 128  # which some count the steps of an epoch with
LOSSES = {"categorical_crossentropy": {"categorical_crossentropy", "CategoricalCrossentropy"}}
METRICS = {"accuracy": {"accuracy", "acc", "categorical_accuracy", "CategoricalAccuracy"}}
Facts = Mapping[str, Any]
PLAIN = ("clipnorm", "clipvalue", "global_clipnorm", "loss_scale_factor", "gradient_accumulation_steps", "use_ema")


def _name(value: Any) -> str:
    """A loss or metric in a word; what is not Keras' own has no name of Keras'."""
    if not isinstance(value, dict):
        return str(value)[:100]
    if isinstance(value.get("config"), dict):
        return str(value.get("class"))[:100]
    return f"<{str(value.get('custom') or value.get('class'))[:100]}>"


def _close(found: float, expected: float, tolerance: float = 1e-3) -> bool:
    """Whether two numbers agree relatively; never for NaN."""
    return abs(found - expected) <= tolerance * abs(expected)


def test_compiles(observed: Observed) -> None:
    """compile_model compiles the model."""
    assert observed.runs


def _optimizer(facts: Facts) -> str:
    """The lab's optimizer."""
    return str(facts["compile"].get("optimizer", "SGD"))


def _plain(run: Run) -> bool:
    config = run.optimizer["config"]
    return not any(config.get(key) for key in PLAIN)


@pytest.mark.needs("compile.compiles")
def test_honest(observed: Observed, facts: Facts) -> None:
    """The optimizer is Keras' own and moves weights as its settings say."""
    wanted = _optimizer(facts)
    for run in observed.runs:
        if run.optimizer.get("class", "custom") == "custom" or not isinstance(run.optimizer.get("config"), dict):
            name = str(run.optimizer.get("type", ""))[:200]
            raise CheckFailed("compile.honest.custom", name=name, expected=wanted)
        if run.optimizer["class"] not in updates.SIMULATED or not _plain(run):
            continue
        path = updates.SIMULATED[run.optimizer["class"]](run.optimizer["config"], run.rates)
        expected = [value for row in path for value in row]
        found = [value for row in run.trajectory for value in row]
        if not run.repeated or len(found) != len(expected) or not all(map(_agrees, found, expected)):
            raise CheckFailed("compile.honest.disagrees")


def _agrees(found: float, expected: float) -> bool:
    return abs(found - expected) <= 1e-3 * abs(expected) + 1e-7


def _cross_entropy(labels: NDArray[np.float32], shares: NDArray[np.float32]) -> float:
    """The mean over images of -log of the probability of the right class."""
    return float(-np.log((labels * shares).sum(axis=1)).mean())


@pytest.mark.needs("compile.honest")
def test_loss(observed: Observed, facts: Facts) -> None:
    """The loss is categorical cross-entropy on probabilities."""
    wanted = facts["compile"]["loss"]
    for run in observed.runs:
        name = _name(run.loss)
        if name not in LOSSES.get(wanted, {wanted}):
            known = {"sparse": "compile.loss.sparse", "binary": "compile.loss.binary"}
            code = next((code for word, code in known.items() if word in name.lower()), "compile.loss.wrong")
            raise CheckFailed(code, received=name)
        config = run.loss["config"] if isinstance(run.loss, dict) else {"from_logits": False}
        if config.get("from_logits") is not False:
            raise CheckFailed("compile.loss.logits")
        if config.get("label_smoothing"):
            raise CheckFailed("compile.loss.smoothing", received=str(config["label_smoothing"])[:20])
        if not _close(run.measured[0], _cross_entropy(*inputs.predictions(observed.evidence.seed))):
            raise CheckFailed("compile.loss.disagrees", received=name)


@pytest.mark.needs("compile.honest")
def test_optimizer(observed: Observed, facts: Facts) -> None:
    """The optimizer is the lab's, without clipping or averaging."""
    wanted = _optimizer(facts)
    settings = {key: facts["compile"].get(key, value) for key, value in updates.DEFAULTS[wanted].items()}
    for run in observed.runs:
        if run.optimizer["class"] != wanted:
            raise CheckFailed("compile.optimizer.wrong", expected=wanted, received=str(run.optimizer["class"])[:100])
        extra = [key for key in PLAIN if run.optimizer["config"].get(key)]
        if extra:
            raise CheckFailed("compile.optimizer.extra", expected=wanted, received=", ".join(extra))
        for key, value in settings.items():
            found = run.optimizer["config"].get(key)
            if not isinstance(found, int | float) or not _close(found, value, 1e-6):
                raise CheckFailed("compile.optimizer.setting", setting=key, expected=f"{value:g}", received=str(found)[:20])


@pytest.fixture
def compiled(observed: Observed, facts: Facts) -> list[Run]:
    """The runs, if the optimizer is the lab's at all."""
    if any(run.optimizer.get("class") != _optimizer(facts) for run in observed.runs):
        raise NotReached("compile.optimizer")
    return observed.runs


@pytest.mark.needs("compile.honest")
def test_momentum(compiled: list[Run], facts: Facts) -> None:
    """Momentum is the lab's, with Nesterov's variant only if the lab has it."""
    wanted = facts["compile"]["momentum"]
    for run in compiled:
        found = run.optimizer["config"].get("momentum")
        if not isinstance(found, int | float) or not _close(found, wanted, 1e-6):
            raise CheckFailed("compile.momentum.wrong", expected=f"{wanted:g}", received=str(found)[:20])
        if run.optimizer["config"].get("nesterov") is not facts["compile"]["nesterov"]:
            raise CheckFailed("compile.momentum.no_nesterov" if facts["compile"]["nesterov"] else "compile.momentum.nesterov")


@pytest.mark.needs("compile.honest")
def test_learning_rate(compiled: list[Run], facts: Facts) -> None:
    """The learning rate at the first step is the lab's."""
    wanted = facts["compile"]["learning_rate"]
    for run in compiled:
        if not _close(run.rates[0], wanted, 1e-5):
            received = f"{run.rates[0]:.6g}"
            raise CheckFailed("compile.learning_rate.wrong", expected=f"{wanted:g}", received=received, epochs=run.epochs)


def _decays(run: Run, decay: float) -> bool:
    """Whether the rate is lr / (1 + decay * step) from its own first value."""
    return all(_close(rate * (1 + decay * step), run.rates[0]) for rate, step in zip(run.rates, inputs.STEPS, strict=True))


def _right(run: Run, rate: float) -> bool:
    """Right also where the initial rate is wrong: that is another check's business."""
    return any(_decays(run, start / run.epochs) for start in (rate, run.rates[0]))


def _epochs(facts: Facts) -> Iterator[int]:
    """Steps that students take for an epoch: of all training images or of the lab's, with and without the last batch."""
    images = facts["data"]["training_images"]
    for rows in (images, images - facts["training"]["validation"]):
        for size in (facts["training"]["batch_size"], OTHER_BATCH):
            yield from (rows // size, -(-rows // size))


def _decay_mistake(runs: list[Run], facts: Facts) -> str:
    rate = facts["compile"]["learning_rate"]
    first, second = runs
    start = first.rates[0]
    constant = all(_close(value, start, 1e-6) for run in runs for value in run.rates)
    if constant and any(run.optimizer["config"].get("weight_decay") for run in runs):
        return "compile.decay.weight_decay"
    if constant:
        ignored = any("decay" in text and "no longer supported" in text for run in runs for text in run.warnings)
        return "compile.decay.ignored" if ignored else "compile.decay.constant"
    if _right(first, rate) and first.rates == second.rates:
        return "compile.decay.epochs_ignored"
    if any(_decays(first, rate / first.epochs / steps) for steps in _epochs(facts)):
        return "compile.decay.per_epoch"
    if any(all(_decays(run, decay) for run in runs) for decay in (rate, start)):
        return "compile.decay.not_divided"
    return "compile.decay.wrong"


def _demand_constant(runs: list[Run]) -> None:
    """Raise unless the learning rate is the same at each step."""
    for run in runs:
        for step, rate in zip(inputs.STEPS, run.rates, strict=True):
            if not _close(rate, run.rates[0], 1e-6):
                expected, received = f"{run.rates[0]:.6g}", f"{rate:.6g}"
                raise CheckFailed("compile.decay.unwanted", step=step, epochs=run.epochs, expected=expected, received=received)


@pytest.mark.needs("compile.honest")
def test_decay(compiled: list[Run], facts: Facts) -> None:
    """The learning rate at step t is lr / (1 + lr / epochs * t), for any number of epochs; constant in a lab without decay."""
    if "decay" not in facts["compile"]:
        _demand_constant(compiled)
        return
    rate = facts["compile"]["learning_rate"]
    wrong = next((run for run in compiled if not _right(run, rate)), None)
    penalised = any(run.optimizer["config"].get("weight_decay") for run in compiled)
    if wrong is None and not penalised:
        return
    run = wrong or compiled[0]
    step = inputs.STEPS.index(1000)
    expected = run.rates[0] / (1 + rate / run.epochs * 1000)
    received = run.rates[step]
    raise CheckFailed(
        _decay_mistake(compiled, facts) if wrong else "compile.decay.weight_decay_too",
        step=1000,
        epochs=run.epochs,
        rate=f"{rate:g}",
        start=f"{run.rates[0]:.6g}",
        expected=f"{expected:.6g}",
        received="?" if math.isnan(received) else f"{received:.6g}",
        kind=run.rate_kind,
    )


def _share_right(seed: int) -> float:
    labels, shares = inputs.predictions(seed)
    return float((labels.argmax(axis=1) == shares.argmax(axis=1)).mean())


@pytest.mark.needs("compile.honest")
def test_metrics(observed: Observed, facts: Facts) -> None:
    """Accuracy is among the metrics."""
    wanted = facts["compile"]["metric"]
    for run in observed.runs:
        names = [_name(metric) for metric in run.metrics]
        named = METRICS.get(wanted, {wanted}).intersection(names)
        if named and any(_close(value, _share_right(observed.evidence.seed)) for value in run.measured[1]):
            continue
        if named:
            raise CheckFailed("compile.metrics.disagrees", received=", ".join(sorted(named)))
        if not names:
            raise CheckFailed("compile.metrics.none")
        code = "compile.metrics.exact" if "Accuracy" in names else "compile.metrics.wrong"
        raise CheckFailed(code, received=", ".join(names))
