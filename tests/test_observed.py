"""Evidence made ready for the checks, and whether a model's description, weights and predictions agree."""

import copy
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograder import evidence, inputs
from autograder.errors import CheckFailed, ConvmarkError, EvidenceError, SubmissionError
from autograder.lab import EPOCHS
from autograder.observed import Observed
from autograder.probe import stages, wire
from autograder.scheme import load
from tests.support import reference
from tests.support.networks import chain, layers
from tests.support.networks import reference as lab


def observed(model: Any = None, **stages_changed: Any) -> Observed:
    """The solution's evidence with another description of the model, or other stages."""
    record = reference.record()
    record["stages"] |= stages_changed
    if model is not None:
        record["stages"]["model"]["value"] = model
    return Observed(evidence.parse(json.dumps(record)), load())


def described(build: Callable[[], Any]) -> dict[str, Any]:
    """What the probe writes down of the model that *build* returns."""
    value: dict[str, Any] = json.loads(json.dumps(stages.model({"build_model": build}, {"seed": reference.SEED})))
    return value


def deep() -> Any:
    """Thirty linear convolutions, whose values grow to tens of thousands."""
    return chain(*[layers.Conv2D(16, 3, padding="same") for _ in range(30)], layers.Flatten(), layers.Dense(10))


HONEST: dict[str, Callable[[], Any]] = {
    "lab": lab,
    "large values": deep,
    "no layer with weights": lambda: chain(layers.Flatten()),
    "large output": lambda: chain(layers.Conv2D(129, 1)),
    "unknown layer": lambda: chain(layers.BatchNormalization(), layers.Flatten(), layers.Dense(10)),
    "channels first, convolution": lambda: chain(
        layers.Conv2D(4, 3, data_format="channels_first"), layers.Flatten(), layers.Dense(10)
    ),
    "channels first, pooling": lambda: chain(
        layers.MaxPooling2D(2, data_format="channels_first"), layers.Flatten(), layers.Dense(10)
    ),
    "channels first, flattening": lambda: chain(layers.Flatten(data_format="channels_first"), layers.Dense(10)),
    "other activation": lambda: chain(layers.Flatten(), layers.Dense(10, activation="gelu")),
    "other input": lambda: chain(layers.Flatten(), layers.Dense(10), shape=(28, 28, 1)),
}


@pytest.mark.parametrize("name", HONEST)
def test_honest_networks_are_believed(name: str) -> None:
    """Whatever an honest network looks like, it is not called a liar."""
    observed(described(HONEST[name])).demand_honesty()


LIES: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "another padding": (lambda model: model["layers"][2]["config"].update(padding="valid"), "model.honest.weights"),
    "another dilation": (lambda model: model["layers"][2]["config"].update(dilation_rate=[2, 2]), "model.honest.predictions"),
    "another activation": (lambda model: model["layers"][0]["config"].update(activation="linear"), "model.honest.predictions"),
    "another class": (lambda model: model["layers"][3].update({"class": "AveragePooling2D"}), "model.honest.predictions"),
    "other units": (lambda model: model["layers"][8]["config"].update(units=511), "model.honest.weights"),
    "one weight fewer": (lambda model: model["weights"].pop(), "model.honest.weights"),
    "a problem": (lambda model: model.update(predictions={"problem": "no"}), "model.honest.no_prediction"),
    "not a number": (
        lambda model: model.update(predictions=wire.array(np.full((2, 10), np.nan, np.float32))),
        "model.honest.predictions",
    ),
    "infinite": (
        lambda model: model.update(predictions=wire.array(np.full((2, 10), np.inf, np.float32))),
        "model.honest.predictions",
    ),
    "of one image": (
        lambda model: model.update(predictions=wire.array(np.full((1, 10), 0.1, np.float32))),
        "model.honest.predictions",
    ),
}


@pytest.mark.parametrize("name", LIES)
def test_lies_are_seen(name: str) -> None:
    """A description to which weights or predictions do not belong is not believed."""
    change, code = LIES[name]
    model = copy.deepcopy(reference.record()["stages"]["model"]["value"])
    change(model)

    with pytest.raises(CheckFailed) as caught:
        observed(model).demand_honesty()
    assert code == caught.value.code


def test_description_of_nothing() -> None:
    """An empty description of a model is no description, and for a person."""
    with pytest.raises(EvidenceError) as caught:
        assert observed({}).model
    assert {"what": "model"} == caught.value.params


def test_data() -> None:
    """The arrays of each case stand beside the arguments that were given."""
    usual, edge = observed().data

    for case in (usual, edge):
        values = case.returned["x_test"].values
        assert values is not None
        assert np.allclose(values, case.given.x_test / np.float32(255))
    assert [case.name for case in inputs.data_cases(reference.SEED)] == [usual.given.name, edge.given.name]


def test_runs() -> None:
    """Each run has its number of epochs, its rates at the steps and its trajectory."""
    for run, epochs in zip(observed().runs, EPOCHS, strict=True):
        assert epochs == run.epochs
        assert pytest.approx([0.01 / (1 + 0.01 / epochs * step) for step in inputs.STEPS]) == run.rates
        assert inputs.UPDATES == len(run.trajectory)


@pytest.mark.parametrize("value", [None, 5, [None] * 8, ["1"] * 8, [True] * 8, [[1]] * 8, {}])
def test_rates_that_are_no_numbers(value: Any) -> None:
    """What is no number becomes one that passes no comparison."""
    run = reference.record()["stages"]["compile"]["value"]["runs"][0]
    runs = [run | {"learning_rate": {"values": value}}] * 2
    found = observed(compile={"status": "ok", "value": {"runs": runs}}).runs

    assert all(rate != rate for run in found for rate in run.rates)
    assert {len(inputs.STEPS)} == {len(run.rates) for run in found}


UNDEFINED: dict[str, Any] = {"status": "error", "type": "NameError", "left_out": [], "lines": [{"file": "cell 1", "line": 2}]}


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"import": {"status": "timeout", "seconds": 20}}, "import.timeout"),
        ({"import": {"status": "crash", "exit": -9}}, "import.crash"),
        ({"import": {"status": "error"}, "data": {"status": "missing"}}, "import.stopped"),
        ({"data": {"status": "missing"}}, "stage.missing"),
        ({"data": {"status": "error", "type": "NameError"}}, "stage.error_elsewhere"),
        ({"data": UNDEFINED | {"lines": []}}, "stage.error_elsewhere"),
        ({"data": UNDEFINED}, "stage.name_error"),
        ({"data": UNDEFINED | {"left_out": 5}}, "stage.name_error"),
        ({"data": UNDEFINED | {"left_out": ["x = y.max()"]}}, "stage.name_left_out"),
    ],
)
def test_reasons(changed: dict[str, Any], code: str) -> None:
    """A function that did not work has the sentence for its cause."""
    with pytest.raises(SubmissionError) as caught:
        _ = observed(**changed).data
    assert code == caught.value.code


@pytest.mark.parametrize("value", [{}, {"cases": None}, {"cases": [1]}, {"cases": [1, 2]}, {"cases": [{}, {}]}])
def test_malformed_data(value: dict[str, Any]) -> None:
    """Cases of another form are the grader's fault."""
    with pytest.raises(EvidenceError):
        _ = observed(data={"status": "ok", "value": value}).data


def test_errors_are_raised_again() -> None:
    """A second check that asks for the same evidence gets the same answer as the first."""
    found = observed(model={"layers": "x"})

    for _ in range(2):
        with pytest.raises(ConvmarkError, match=r"model\.honest\.unreadable"):
            _ = found.comparison
