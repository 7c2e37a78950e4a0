"""The checks of compilation on evidence in which one thing is changed: what they tell of it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from autograder import inputs, messages
from autograder.checks import test_compile as checks
from autograder.errors import CheckFailed
from autograder.evidence import parse
from autograder.observed import Observed
from autograder.scheme import load
from tests.support import reference

SCHEME = load()


def observed(change: Callable[[dict[str, Any]], object]) -> Observed:
    """The solution's evidence with something changed in how it compiled for each number of epochs."""
    record = reference.record()
    for run in record["stages"]["compile"]["value"]["runs"]:
        change(run)
    return Observed(parse(json.dumps(record)), SCHEME)


def scaled(factor: float, problem: str = "", **config: Any) -> CheckFailed | None:
    """What is said of a loss so many times the right one, with other settings; NaN could not be computed."""

    def change(run: dict[str, Any]) -> None:
        run["loss"]["config"].update(config)
        value = run["measured"].pop("loss") * factor
        run["measured"] |= {"loss": value} if factor == factor else {"loss_problem": problem}

    try:
        checks.test_loss(observed(change), SCHEME.raw)
    except CheckFailed as error:
        return error
    return None


def test_loss_times_a_number() -> None:
    """A round multiple of the right loss is called that, any other value only another one."""
    found, other = scaled(0.5), scaled(0.51234)

    assert found and ("compile.loss.factor", {"factor": "0.5"}) == (found.code, found.params)
    assert other and other.code == "compile.loss.disagrees"


def test_loss_that_is_not_averaged() -> None:
    """The argument is named, also where the value would be a round multiple; a mean under another name is right."""
    found = scaled(8.0, reduction="sum")

    assert found and ("compile.loss.reduction", "sum") == (found.code, found.params["received"])
    assert scaled(1.0, reduction="mean") is None


def test_loss_that_cannot_be_computed() -> None:
    """What Keras said of it stands in the sentence."""
    found = scaled(float("nan"), "dtype='string' is not a valid dtype")

    assert found and found.code == "compile.loss.not_computed"
    assert "dtype='string'" in messages.render("en", found.code, found.params).detail


@pytest.mark.parametrize(("factor", "code"), [(1.0, None), (2.0, "compile.loss.wrong")])
def test_loss_given_as_a_class(factor: float, code: str | None) -> None:
    """A class is right if what Keras makes of it is: its name alone proves nothing."""

    def change(run: dict[str, Any]) -> None:
        run["loss"] = {"custom": "CategoricalCrossentropy"}
        run["measured"]["loss"] *= factor

    try:
        checks.test_loss(observed(change), SCHEME.raw)
        found = None
    except CheckFailed as error:
        found = error.code

    assert code == found


def _as(metric: Any, right: bool = True) -> str | None:
    """The code for this metric alone, which measures accuracy or does not."""

    def change(run: dict[str, Any]) -> None:
        run["metrics"] = [metric]
        run["measured"]["metrics"] = run["measured"]["metrics"] if right else [0.123]

    try:
        checks.test_metrics(observed(change), SCHEME.raw)
    except CheckFailed as error:
        return error.code
    return None


def test_metric_in_any_form() -> None:
    """The string in any case and the class are accuracy; the class Accuracy is another metric in any form."""
    assert [None] * 3 == [_as(metric) for metric in ("ACC", "Accuracy", {"custom": "CategoricalAccuracy"})]
    assert ["compile.metrics.exact"] * 2 == [_as({"custom": "Accuracy"}), _as({"class": "Accuracy", "config": {}})]
    assert _as("ACC", right=False) == "compile.metrics.disagrees"


def told_of_rates(rate: Callable[[int, int], float]) -> CheckFailed:
    """What the check of decay says of this rate by step and number of epochs."""

    def change(run: dict[str, Any]) -> None:
        run["learning_rate"]["values"] = [rate(step, run["epochs"]) for step in inputs.STEPS]

    with pytest.raises(CheckFailed) as caught:
        checks.test_decay(observed(change).runs, SCHEME.raw)
    return caught.value


@pytest.mark.parametrize("late", [10, 1000, 10_000])
def test_decay_shows_where_it_differs(late: int) -> None:
    """The step that is shown is the first at which the rates differ, so the two numbers of the sentence do too."""
    found = told_of_rates(lambda step, epochs: 0.01 / (1 + 0.01 / epochs * step) * (1 if step < late else 0.9))

    assert late == found.params["step"]
    assert found.params["expected"] != found.params["received"]


def test_decay_in_stairs() -> None:
    """Stairs that touch the right curve are called that; stairs elsewhere and a smooth curve are not."""
    stairs = told_of_rates(lambda step, epochs: 0.01 / (1 + 0.01 * (step // epochs)))
    lower = told_of_rates(lambda step, epochs: 0.01 / (1 + 0.02 * (step // epochs)))

    assert ("compile.decay.staircase", "compile.decay.wrong") == (stairs.code, lower.code)
    assert stairs.params["step"] == 10


def test_decay_without_the_rate() -> None:
    """1 / epochs lacks the learning rate as a factor."""
    assert told_of_rates(lambda step, epochs: 0.01 / (1 + step / epochs)).code == "compile.decay.no_rate"


@pytest.mark.parametrize("lang", messages.LANGUAGES)
def test_logits_speak_of_the_task(lang: str) -> None:
    """The network of the task ends with softmax; whether the student's does is not known there."""
    task = {"en": "the network of the task ends", "ru": "сеть из задания заканчивается"}

    assert task[lang] in messages.render(lang, "compile.loss.logits", {}).wrong
