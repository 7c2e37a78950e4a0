"""The checks of the network on networks in which one thing is changed: what they tell of it."""

from collections.abc import Callable
from typing import Any

import pytest

from autograder import messages
from autograder.checks import test_model as checks
from autograder.comparison import Comparison
from autograder.errors import CheckFailed, NotReached
from autograder.network import Layer, Network, of_scheme
from autograder.scheme import load

FACTS = load().raw
LAB = of_scheme(FACTS["model"]["layers"], FACTS["data"]["image_shape"])
Layers = list[Layer]


def compared(change: Callable[[Layers], object]) -> Comparison:
    """The lab's network as a student's, with something changed in its layers."""
    layers = [layer.has(kernel_constraint=_bound(layer)) if _bound(layer) else layer for layer in LAB.layers]
    layers = [layer.has(data_format="channels_last") if layer.kind in {"Conv2D", "MaxPooling2D"} else layer for layer in layers]
    layers = [layer.has(shared=False) if layer.kind == "Dropout" else layer for layer in layers]
    change(layers)
    return Comparison(LAB, Network(tuple(layers), LAB.input))


def _bound(layer: Layer) -> dict[str, Any]:
    return {"max_norm": 3.0, "axis": [0]} if layer.args.get("kernel_constraint") else {}


def told(check: Callable[[Comparison], None], change: Callable[[Layers], object]) -> CheckFailed:
    """What a check says of it."""
    with pytest.raises(CheckFailed) as caught:
        check(compared(change))
    return caught.value


def put(*rows: int, **args: Any) -> Callable[[Layers], None]:
    """Other arguments in these rows."""

    def change(layers: Layers) -> None:
        for row in rows:
            layers[row - 1] = layers[row - 1].has(**args)

    return change


def test_the_lab_passes() -> None:
    """The network that the others are made from has none of these mistakes."""
    for name in ("layers", "filters", "padding", "activations", "pooling", "dropout", "max_norm", "units", "trainable"):
        getattr(checks, f"test_{name}")(compared(lambda layers: None))


@pytest.mark.parametrize(
    ("check", "rows", "args"),
    [
        (checks.test_filters, (1, 3, 5), {"kernel_size": [5, 5]}),
        (checks.test_padding, (1, 5), {"padding": "valid"}),
        (checks.test_activations, (1, 3), {"activation": "linear"}),
        (checks.test_pooling, (4, 6), {"strides": [1, 1]}),
        (checks.test_dropout, (2, 7), {"rate": 0.3}),
        (checks.test_max_norm, (3, 9), {"kernel_constraint": None}),
        (checks.test_units, (9,), {"units": 100}),
        (checks.test_trainable, (1, 3, 9), {"use_bias": False}),
    ],
)
def test_other_rows_are_named(check: Callable[[Comparison], None], rows: tuple[int, ...], args: dict[str, Any]) -> None:
    """The sentence is about the first row and names the others with the same mistake."""
    found = told(check, put(*rows, **args))

    assert rows[0] == found.params["row"]
    assert list(rows[1:]) == found.params.get("also", [])


def test_another_mistake_in_another_row_is_not_named() -> None:
    """Only rows with the same code are named."""

    def change(layers: Layers) -> None:
        put(1, activation="tanh")(layers)
        put(3, activation="linear")(layers)

    assert "also" not in told(checks.test_activations, change).params


def test_several_missing_layers() -> None:
    """Each missing layer is named by its row."""

    def change(layers: Layers) -> None:
        del layers[6], layers[1]

    found = told(checks.test_layers, change)

    assert ("model.layers.missing", 2, [7]) == (found.code, found.params["row"], found.params["also"])


def test_a_mistake_before_a_row_that_cannot_be_judged() -> None:
    """What was found stands, though a later row is another check's business; without it, that check is named."""

    def other(layers: Layers) -> None:
        layers[4] = Layer("SeparableConv2D", layers[4].args)

    def both(layers: Layers) -> None:
        put(1, padding="valid")(layers)
        other(layers)

    assert "model.padding.padding" == told(checks.test_padding, both).code
    with pytest.raises(NotReached, match=r"model\.filters"):
        checks.test_padding(compared(other))


@pytest.mark.parametrize("rows", [(8, 9), (3, 4), (2, 1)])
def test_order_names_both_layers(rows: tuple[int, int]) -> None:
    """Where layers are swapped, the sentence says what stands at the place and what should."""

    def change(layers: Layers) -> None:
        first, second = (row - 1 for row in rows)
        layers[first], layers[second] = layers[second], layers[first]

    found = told(checks.test_layers, change)

    assert "model.layers.order" == found.code
    names = {found.params[name].split("(")[0] for name in ("expected_layer", "received_layer")}
    assert {LAB.layers[row - 1].kind for row in rows} == names


@pytest.mark.parametrize(
    ("constraint", "code", "received"),
    [
        ({"max_norm": 2.0, "axis": [0]}, "model.max_norm.default", "2"),
        ({"max_norm": 4.0, "axis": [0]}, "model.max_norm.value", "4"),
        ({"class": "MaxNorm", "bound": "None"}, "model.max_norm.unbounded", "None"),
        ({"class": "UnitNorm"}, "model.max_norm.kind", "UnitNorm"),
    ],
)
def test_bounds(constraint: dict[str, Any], code: str, received: str) -> None:
    """Keras' default, another bound, none, and another constraint are told apart."""
    found = told(checks.test_max_norm, put(3, 9, kernel_constraint=constraint))

    assert (code, received, [9]) == (found.code, found.params["received"], found.params["also"])


def test_axes_are_written_as_in_python() -> None:
    """Axes are shown as a tuple, not as a size."""
    found = told(checks.test_max_norm, put(3, kernel_constraint={"max_norm": 3.0, "axis": [0, 1]}))

    assert ("model.max_norm.axis", "(0, 1)") == (found.code, found.params["axis"])
    assert "axis=(0, 1)" in found.params["received_layer"]


@pytest.mark.parametrize(("lang", "told_also"), [("en", "Likewise rows 5, 11."), ("ru", "Так же и в строках 5, 11.")])
def test_other_rows_in_words(lang: str, told_also: str) -> None:
    """The other rows follow the sentence about the first; what is no list of rows is left out."""
    params = {"row": 3, "expected_layer": "", "received_layer": ""}

    assert messages.render(lang, "model.layers.replaced", params | {"also": [5, 11]}).wrong.endswith(f" {told_also}")
    assert "5" not in messages.render(lang, "model.layers.replaced", params | {"also": ["5"]}).wrong
