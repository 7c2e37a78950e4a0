"""Plans: the lab's, the better one, and what a submission asks for."""

import copy
import json
from dataclasses import replace
from typing import Any

import pytest

from autograder import recipes
from autograder.errors import SubmissionError
from autograder.evidence import parse
from autograder.network import Layer, Network
from autograder.observed import Observed
from autograder.replay.plan import rate_at
from autograder.scheme import Scheme, load
from tests.support import reference

SCHEME = load()
LAB = recipes.lab(SCHEME, epochs=25, seed=1)
LAST = Layer("Dense", {"units": 10, "activation": "softmax", "use_bias": True})


def observed(change: Any = lambda runs: None) -> Observed:
    """The solution's evidence, with something changed in how it compiled."""
    record = reference.record()
    change(record["stages"]["compile"]["value"]["runs"])
    return Observed(parse(json.dumps(record)), SCHEME)


def compiled(**changes: Any) -> dict[str, Any] | None:
    """What a plan takes from a compilation in which the parts named are others."""

    def change(runs: list[dict[str, Any]]) -> None:
        for run in runs:
            for name, value in changes.items():
                run[name] = value if not isinstance(value, dict) or name == "loss" else run[name] | value

    return recipes.compiled(observed(change))


def test_the_solution_asks_for_the_lab_plan() -> None:
    """Evidence of a right submission leads to the very plan of the marking scheme, so it is trained once for all."""
    assert recipes.submitted(observed(), epochs=25, seed=1) == (LAB, True)


def test_the_lab_plan_is_the_marking_scheme() -> None:
    """Rate, momentum, loss and batch are those of lab.toml."""
    assert LAB.rate == {"kind": "inverse_time", "initial": 0.01, "decay": 0.0004}
    assert (LAB.optimizer, LAB.settings, LAB.loss) == ("SGD", {"momentum": 0.9, "nesterov": False}, "categorical_crossentropy")
    assert (LAB.batch_size, LAB.scale, LAB.flip, LAB.shift) == (32, 1 / 255, False, 0)


def test_the_better_plan_trains_the_same_network() -> None:
    """Only dropout rates and bounds differ between the layers; the bounds run over all inputs of a unit."""
    better = recipes.better(SCHEME, epochs=2, images=1000, seed=1)
    free = ("rate", "kernel_constraint")
    bare = [[{k: v for k, v in layer["args"].items() if k not in free} for layer in plan.layers] for plan in (LAB, better)]

    assert bare[0] == bare[1]
    bounds = [layer["args"]["kernel_constraint"]["axis"] for layer in better.layers if "kernel_constraint" in layer["args"]]
    assert bounds == [[0, 1, 2], [0]]
    assert rate_at(better.rate, better.rate["steps"]) == 0


def test_a_constant_rate_stays_one() -> None:
    """A rate that does not fall is a constant of six digits."""
    found = compiled(learning_rate={"values": [0.010000000001] * 8})

    assert found is not None
    assert found["rate"] == {"kind": "constant", "initial": 0.01}


def test_any_other_schedule_is_sampled() -> None:
    """A rate of another form is taken as it was sampled."""
    values = [0.1, 0.1, 0.1, 0.1, 0.1, 0.05, 0.01, 0.001]
    found = compiled(learning_rate={"values": values})

    assert found is not None
    assert found["rate"]["kind"] == "samples"
    assert found["rate"]["values"] == values


@pytest.mark.parametrize(
    "changes",
    [
        {"learning_rate": {"values": [1e300] * 8}},
        {"learning_rate": {"values": [-0.01] * 8}},
        {"learning_rate": {"values": ["0.01"] * 8}},
        {"loss": "sparse_categorical_crossentropy"},
        {"loss": {"custom": "loss"}},
        {"loss": {"class": "CategoricalCrossentropy", "config": {"from_logits": True}}},
        {"loss": {"class": "CategoricalCrossentropy", "config": {"label_smoothing": 7}}},
        {"loss": {"class": "MeanSquaredError", "config": {"label_smoothing": 0.1}}},
        {"loss": 3},
        {"optimizer": {"class": "custom"}},
        {"optimizer": {"class": "Ftrl"}},
        {"optimizer": {"config": {"momentum": 2}}},
        {"optimizer": {"config": {"momentum": "0.9"}}},
        {"optimizer": {"config": {"clipnorm": 1.0, "clipvalue": 1.0}}},
    ],
    ids=str,
)
def test_what_cannot_be_repeated_is_left_to_the_lab(changes: dict[str, Any]) -> None:
    """Rates that are none, losses on other labels, and unknown classes make no plan of their own."""
    assert compiled(**changes) is None
    assert recipes.submitted(
        observed(lambda runs: [run.update(changes) for run in runs if "loss" in changes]), epochs=25, seed=1
    )[0]


@pytest.mark.parametrize("name", ["Adam", "AdamW", "RMSprop", "Nadam", "Lion"])
def test_other_optimizers_are_taken_over(name: str) -> None:
    """Keras' other optimizers keep their class; momentum only where they have one."""
    found = compiled(optimizer={"class": name, "config": {"momentum": 0.5, "weight_decay": 0.004}})

    assert found is not None
    assert found["optimizer"] == name
    assert found["settings"] == {"weight_decay": 0.004} | ({"momentum": 0.5} if name == "RMSprop" else {})


def test_smoothing_is_taken_over() -> None:
    """Label smoothing belongs to the plan."""
    found = compiled(loss={"class": "CategoricalCrossentropy", "config": {"from_logits": False, "label_smoothing": 0.1}})

    assert found is not None
    assert (found["loss"], found["label_smoothing"]) == ("categorical_crossentropy", 0.1)


def test_a_frozen_layer_stays_frozen() -> None:
    """Whether a layer is trained belongs to the plan."""
    network = observed().network
    frozen = Network((replace(network.layers[0], trainable=False), *network.layers[1:]), network.input)

    assert [layer["trainable"] for layer in recipes.network(frozen)][:2] == [False, True]


@pytest.mark.parametrize(
    "layer",
    [
        Layer("BatchNormalization"),
        Layer("Dense", {"units": 9, "activation": "softmax", "use_bias": True}),
        Layer("Dense", {"units": 10, "activation": {"custom": "mine"}, "use_bias": True}),
    ],
    ids=["unknown", "nine outputs", "own activation"],
)
def test_other_networks_are_refused(layer: Layer) -> None:
    """What the trainer does not know is the student's to mend."""
    network = observed().network
    with pytest.raises(SubmissionError) as caught:
        recipes.network(Network((*network.layers[:-1], layer), network.input))

    assert caught.value.code == "accuracy.trial.network"


PADDED = Layer("ZeroPadding2D", {"padding": [[1000, 1000], [1000, 1000]]})
WIDE = Layer("Dense", {"units": 2**23, "activation": "relu", "use_bias": True})
MANY = Layer(
    "Conv2D",
    {"filters": 1500, "kernel_size": [9, 9], "strides": [1, 1], "dilation_rate": [1, 1], "groups": 1, "padding": "same"}
    | {"activation": "relu", "use_bias": True},
)


@pytest.mark.parametrize(
    ("layers", "code", "limit"),
    [
        ((Layer("Flatten"), WIDE), "parameters", "50 000 000"),
        ((PADDED, Layer("GlobalAveragePooling2D")), "values", "2 000 000"),
        ((MANY, MANY, Layer("GlobalAveragePooling2D")), "parameters", "50 000 000"),
        ((MANY.has(filters=1900), Layer("GlobalAveragePooling2D")), "multiplications", "430 000 000"),
    ],
    ids=["parameters", "values", "both", "multiplications"],
)
def test_networks_that_are_too_large(layers: tuple[Layer, ...], code: str, limit: str) -> None:
    """A network that the trainer cannot afford is told with the number, the bound, and the row that differs."""
    with pytest.raises(SubmissionError) as caught:
        recipes.network(Network((*layers, LAST), (32, 32, 3)), row=3)

    assert f"accuracy.trial.{code}" == caught.value.code
    assert (3, limit) == (caught.value.params["row"], caught.value.params["limit"])
    assert int(caught.value.params["received"].replace(" ", "")) > int(limit.replace(" ", ""))


def test_the_row_of_a_submission_that_is_too_large() -> None:
    """Of a submission it is the first row in which it is not the table's."""
    record = reference.record()
    for layer in record["stages"]["model"]["value"]["layers"]:
        if layer["class"] == "MaxPooling2D":
            layer["config"]["strides"] = [1, 1]
    with pytest.raises(SubmissionError) as caught:
        recipes.of(Observed(parse(json.dumps(record)), SCHEME))

    assert ("accuracy.trial.parameters", 4) == (caught.value.code, caught.value.params["row"])


@pytest.mark.parametrize(
    "network",
    [Network((Layer("GlobalAveragePooling2D"), LAST), (8, 8, 3)), Network((Layer("Flatten"),), None)],
    ids=["other images", "nothing to train"],
)
def test_networks_for_other_images_are_refused(network: Network) -> None:
    """What takes other images, or has nothing to train, is not trained here."""
    with pytest.raises(SubmissionError) as caught:
        recipes.network(network)

    assert caught.value.code == "accuracy.trial.network"


def test_a_trial_is_the_lab_recipe_on_standardized_images() -> None:
    """But for the scaling, a trial follows the lab's plan."""
    found = recipes.trial(SCHEME, seed=1)

    assert replace(found, scale=LAB.scale, offset=LAB.offset) == LAB
    assert found.offset / found.scale == pytest.approx(-SCHEME.raw["data"]["mean"])


def test_another_lab_has_another_plan() -> None:
    """Rate, batch and epochs of a changed marking scheme reach the plan."""
    raw = copy.deepcopy(dict(SCHEME.raw))
    raw["compile"]["learning_rate"], raw["training"]["batch_size"] = 0.02, 64
    plan = recipes.lab(Scheme(raw, SCHEME.checks), epochs=10, seed=1)

    assert (plan.rate["initial"], plan.rate["decay"], plan.batch_size) == (0.02, 0.002, 64)
