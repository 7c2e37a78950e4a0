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
ANY_CASE = {"accuracy", "acc"}  # names that Keras takes in capitals too
AVERAGED = ("sum_over_batch_size", "mean", "mean_with_sample_weight")
Facts = Mapping[str, Any]
PLAIN = ("clipnorm", "clipvalue", "global_clipnorm", "loss_scale_factor", "gradient_accumulation_steps", "use_ema")


def _name(value: Any) -> str:
    """A loss or metric in a word; what is not Keras' own has no name of Keras'."""
    if not isinstance(value, dict):
        return str(value)[:100]
    if isinstance(value.get("config"), dict):
        return str(value.get("class"))[:100]
    return f"<{str(value.get('custom') or value.get('class'))[:100]}>"


def _class_given(value: Any) -> str:
    """The name of what was given as a class, not as an object of it: Keras makes the object; empty for anything else."""
    name = str(value.get("custom", "")) if isinstance(value, dict) else ""
    return name if name[:1].isupper() else ""


def _metric(value: Any) -> str:
    """A metric in a word, in the case in which Keras compares it."""
    if isinstance(value, str) and value.lower() in ANY_CASE:
        return value.lower()
    name = _class_given(value)
    return name if name == "Accuracy" or any(name in names for names in METRICS.values()) else _name(value)


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


def _other_value(run: Run, value: float) -> CheckFailed:
    """Why a loss of the right name does not have this value: as far as can be told, the argument that is to blame."""
    config = run.loss["config"] if isinstance(run.loss, dict) else {}
    found, reduction = run.measured[0], config.get("reduction", AVERAGED[0])
    if reduction not in AVERAGED:
        return CheckFailed("compile.loss.reduction", expected=AVERAGED[0], received=str(reduction)[:40])
    if math.isnan(found):
        return CheckFailed("compile.loss.not_computed", reason=run.problem)
    factor = float(f"{found / value:.2g}")
    if _close(found, factor * value, 1e-5):  # two digits: by chance one loss in a thousand
        return CheckFailed("compile.loss.factor", factor=f"{factor:g}")
    return CheckFailed("compile.loss.disagrees", received=_name(run.loss))


@pytest.mark.needs("compile.compiles")
def test_loss(observed: Observed, facts: Facts) -> None:
    """The loss is categorical cross-entropy on probabilities."""
    wanted = facts["compile"]["loss"]
    value = _cross_entropy(*inputs.predictions(observed.evidence.seed))
    for run in observed.runs:
        name = _name(run.loss)
        if _class_given(run.loss) in LOSSES.get(wanted, {wanted}) and _close(run.measured[0], value):
            continue
        if name not in LOSSES.get(wanted, {wanted}):
            known = {"sparse": "compile.loss.sparse", "binary": "compile.loss.binary"}
            code = next((code for word, code in known.items() if word in name.lower()), "compile.loss.wrong")
            raise CheckFailed(code, received=name)
        config = run.loss["config"] if isinstance(run.loss, dict) else {"from_logits": False}
        if config.get("from_logits") is not False:
            raise CheckFailed("compile.loss.logits")
        if config.get("label_smoothing"):
            raise CheckFailed("compile.loss.smoothing", received=str(config["label_smoothing"])[:20])
        if not _close(run.measured[0], value):
            raise _other_value(run, value)


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
        if bool(run.optimizer["config"].get("nesterov")) is not facts["compile"]["nesterov"]:
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


def _wanted(run: Run, rate: float) -> list[float]:
    """The rates at the steps that are looked at, if the first one is the run's own."""
    return [run.rates[0] / (1 + rate / run.epochs * step) for step in inputs.STEPS]


def _in_stairs(run: Run, rate: float) -> bool:
    """Whether the rate does not move at first, but is the right one at a later step, where it has clearly fallen."""
    later = [pair for pair in zip(run.rates, _wanted(run, rate), strict=True) if pair[1] < 0.99 * run.rates[0]]
    return run.rates[0] == run.rates[1] and any(_close(*pair) for pair in later)


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
    if all(_decays(run, 1 / run.epochs) for run in runs):
        return "compile.decay.no_rate"
    if any(_decays(first, rate / first.epochs / steps) for steps in _epochs(facts)):
        return "compile.decay.per_epoch"
    if any(all(_decays(run, decay) for run in runs) for decay in (rate, start)):
        return "compile.decay.not_divided"
    return "compile.decay.staircase" if _in_stairs(first, rate) else "compile.decay.wrong"


def _demand_constant(runs: list[Run]) -> None:
    """Raise unless the learning rate is the same at each step."""
    for run in runs:
        for step, rate in zip(inputs.STEPS, run.rates, strict=True):
            if not _close(rate, run.rates[0], 1e-6):
                expected, received = f"{run.rates[0]:.6g}", f"{rate:.6g}"
                raise CheckFailed("compile.decay.unwanted", step=step, epochs=run.epochs, expected=expected, received=received)


def _first_difference(run: Run, rate: float) -> tuple[float, float, int]:
    """The right rate, the received one and the step, where they first differ; at the last step if nowhere."""
    rows = list(zip(_wanted(run, rate), run.rates, inputs.STEPS, strict=True))
    return next((row for row in rows if not _close(row[1], row[0])), rows[-1])


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
    expected, received, step = _first_difference(run, rate)
    raise CheckFailed(
        _decay_mistake(compiled, facts) if wrong else "compile.decay.weight_decay_too",
        step=step,
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


@pytest.mark.needs("compile.compiles")
def test_metrics(observed: Observed, facts: Facts) -> None:
    """Accuracy is among the metrics."""
    wanted = facts["compile"]["metric"]
    for run in observed.runs:
        names = [_metric(metric) for metric in run.metrics]
        named = METRICS.get(wanted, {wanted}).intersection(names)
        if named and any(_close(value, _share_right(observed.evidence.seed)) for value in run.measured[1]):
            continue
        if named:
            raise CheckFailed("compile.metrics.disagrees", received=", ".join(sorted(named)))
        if not names:
            raise CheckFailed("compile.metrics.none")
        code = "compile.metrics.exact" if "Accuracy" in names else "compile.metrics.wrong"
        raise CheckFailed(code, received=", ".join(names))
