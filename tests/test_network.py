"""Layer arithmetic against real Keras layers, and the canonical form of equal mathematics."""

from collections.abc import Callable
from typing import Any

import pytest

from autograder import network as nw
from autograder.network import Layer, Network, canonical, of_scheme, show
from autograder.scheme import load
from tests.support.networks import MAX_NORM, chain, layers, rebuilt, reference

RAW = load().raw
EXPECTED = of_scheme(RAW["model"]["layers"], RAW["data"]["image_shape"])
CASES: dict[str, Callable[[], Any]] = {
    "reference": reference,
    "stride same odd": lambda: chain(layers.Conv2D(5, 3, strides=2, padding="same"), shape=(31, 17, 3)),
    "stride valid odd": lambda: chain(layers.Conv2D(5, (3, 5), strides=(2, 3)), shape=(31, 17, 3)),
    "dilation": lambda: chain(layers.Conv2D(5, 3, dilation_rate=(2, 3)), layers.Flatten(), layers.Dense(2)),
    "dilation same": lambda: chain(layers.Conv2D(5, 3, dilation_rate=2, padding="same")),
    "groups": lambda: chain(layers.Conv2D(8, 1), layers.Conv2D(12, 3, groups=4)),
    "no bias": lambda: chain(layers.Conv2D(8, 3, use_bias=False), layers.Flatten(), layers.Dense(4, use_bias=False)),
    "even kernel": lambda: chain(layers.Conv2D(3, (2, 4), padding="same")),
    "pool valid odd": lambda: chain(layers.MaxPooling2D(2), shape=(7, 5, 2)),
    "pool same odd": lambda: chain(layers.MaxPooling2D(2, padding="same"), shape=(7, 5, 2)),
    "pool overlapping": lambda: chain(layers.MaxPooling2D(3, strides=2), layers.MaxPooling2D(3, strides=2, padding="same")),
    "pool with gaps": lambda: chain(layers.AveragePooling2D(2, strides=3), shape=(10, 11, 4)),
    "window of the whole image": lambda: chain(layers.Conv2D(2, 32), layers.Flatten()),
    "dense on an image": lambda: chain(layers.Dense(7)),
    "zero padding": lambda: chain(layers.ZeroPadding2D(((1, 2), (3, 0))), layers.Conv2D(4, 3)),
    "global average": lambda: chain(layers.Conv2D(6, 3), layers.GlobalAveragePooling2D(), layers.Dense(3)),
    "global maximum": lambda: chain(layers.GlobalMaxPooling2D()),
    "noises": lambda: chain(layers.SpatialDropout2D(0.1), layers.GaussianNoise(0.1), layers.GaussianDropout(0.2)),
    "activations": lambda: chain(layers.Activation("tanh"), layers.ReLU(), layers.Flatten(), layers.Dense(3), layers.Softmax()),
    "reshape": lambda: chain(layers.Reshape((-1,)), layers.Dense(3)),
    "channels first, flattened": lambda: chain(layers.Flatten(data_format="channels_first"), layers.Dense(3)),
}


@pytest.mark.parametrize("name", CASES)
def test_arithmetic_agrees_with_keras(name: str) -> None:
    """Output shapes, weight shapes and the number of parameters are those of the real layers."""
    model = CASES[name]()
    found = rebuilt(model)

    assert [tuple(layer.output.shape[1:]) for layer in model.layers] == found.shapes()
    assert [[tuple(weight.shape) for weight in layer.weights] for layer in model.layers] == found.weight_shapes()
    assert model.count_params() == found.parameters()


def test_lab() -> None:
    """The lab's network has 11 layers and 4,293,194 parameters, in the marking scheme as in Keras."""
    found = canonical(rebuilt(reference()))

    assert (11, 4_293_194) == (len(EXPECTED.layers), EXPECTED.parameters())
    assert (11, 4_293_194) == (len(found.layers), found.parameters())
    assert EXPECTED.shapes() == found.shapes()
    assert [show(layer) for layer in EXPECTED.layers] == [show(layer) for layer in found.layers]


@pytest.mark.parametrize(
    "model",
    [
        lambda: chain(layers.Conv2D(4, 3, data_format="channels_first"), layers.Flatten(), layers.Dense(2), shape=(8, 9, 10)),
        lambda: chain(layers.BatchNormalization(), layers.Dense(2)),
        lambda: chain(layers.DepthwiseConv2D(3), layers.Flatten(), layers.Dense(2)),
    ],
)
def test_unknown_layers_are_not_guessed(model: Callable[[], Any]) -> None:
    """Where a layer's weights are not known, neither is their number."""
    found = rebuilt(model())

    assert None in found.weight_shapes()
    assert found.parameters() is None


@pytest.mark.parametrize(
    ("parts", "shape"),
    [
        (
            [
                Layer(
                    "Conv2D",
                    {
                        "filters": 2,
                        "kernel_size": [9, 9],
                        "strides": [1, 1],
                        "dilation_rate": [1, 1],
                        "padding": "valid",
                        "groups": 1,
                    },
                )
            ],
            (8, 8, 3),
        ),
        ([Layer("MaxPooling2D", {"pool_size": [9, 1], "strides": [1, 1], "padding": "valid"})], (8, 8, 3)),
        ([Layer("Flatten"), Layer("MaxPooling2D", {"pool_size": [2, 2], "strides": [2, 2], "padding": "valid"})], (8, 8, 3)),
        ([Layer("Mystery")], (8, 8, 3)),
    ],
)
def test_impossible_shapes(parts: list[Layer], shape: nw.Shape) -> None:
    """A layer that cannot take its input has no output shape, nor has any layer after it."""
    found = Network((*parts, Layer("Flatten")), shape).shapes()

    assert [None, None] == found[-2:]


def test_unstated_input() -> None:
    """A network that does not state its input is taken to see the lab's images."""
    assert [(3072,)] == Network((Layer("Flatten"),), None).shapes()


def conv(**args: Any) -> Any:
    """The lab's first convolution with other arguments."""
    return layers.Conv2D(32, 3, **{"padding": "same", "activation": "relu"} | args)


EQUAL: dict[str, tuple[list[Any], list[Any]]] = {
    "separate activation": ([conv(activation=None), layers.Activation("relu")], [conv()]),
    "ReLU layer": ([conv(activation=None), layers.ReLU()], [conv()]),
    "relu after pooling": ([conv(activation=None), layers.MaxPooling2D(2), layers.ReLU()], [conv(), layers.MaxPooling2D(2)]),
    "relu after dropout and flattening": (
        [conv(activation=None), layers.Dropout(0.2), layers.Flatten(), layers.Activation("relu")],
        [conv(), layers.Dropout(0.2), layers.Flatten()],
    ),
    "relu twice": ([conv(), layers.ReLU()], [conv()]),
    "linear activation": ([conv(), layers.Activation("linear")], [conv()]),
    "softmax layer": (
        [layers.Flatten(), layers.Dense(4), layers.Softmax()],
        [layers.Flatten(), layers.Dense(4, activation="softmax")],
    ),
    "zero padding": ([layers.ZeroPadding2D(1), conv(padding="valid")], [conv()]),
    "zero padding, even kernel": (
        [layers.ZeroPadding2D(((0, 1), (1, 2))), layers.Conv2D(2, (2, 4))],
        [layers.Conv2D(2, (2, 4), padding="same")],
    ),
    "dropout after flattening": ([layers.Flatten(), layers.Dropout(0.2)], [layers.Dropout(0.2), layers.Flatten()]),
    "reshape": ([layers.Reshape((-1,))], [layers.Flatten()]),
    "even pool": ([layers.MaxPooling2D(2, padding="same")], [layers.MaxPooling2D(2)]),
    "nested": ([chain(conv(), layers.MaxPooling2D(2))], [conv(), layers.MaxPooling2D(2)]),
}


def shown(parts: list[Any]) -> list[str]:
    """The canonical layers of a model of these layers."""
    return [show(layer) for layer in canonical(rebuilt(chain(*parts))).layers]


@pytest.mark.parametrize("name", EQUAL)
def test_equal_mathematics_has_one_form(name: str) -> None:
    """Two ways to write the same network become the same layers."""
    written, form = EQUAL[name]

    assert shown(form) == shown(written)
    assert len(form) == len(shown(written))


DIFFERENT: dict[str, tuple[list[Any], list[Any]]] = {
    "relu after average pooling": (
        [conv(activation=None), layers.AveragePooling2D(2), layers.ReLU()],
        [conv(), layers.AveragePooling2D(2)],
    ),
    "leaky relu": ([conv(activation=None), layers.ReLU(negative_slope=0.1)], [conv()]),
    "capped relu": ([conv(activation=None), layers.ReLU(max_value=6)], [conv()]),
    "tanh after pooling": (
        [conv(activation=None), layers.MaxPooling2D(2), layers.Activation("tanh")],
        [conv(activation="tanh"), layers.MaxPooling2D(2)],
    ),
    "tanh after relu": ([conv(), layers.Activation("tanh")], [conv()]),
    "tanh after softmax": (
        [layers.Dense(4, activation="softmax"), layers.Activation("tanh")],
        [layers.Dense(4, activation="softmax")],
    ),
    "too much padding": ([layers.ZeroPadding2D(2), conv(padding="valid")], [conv()]),
    "padding with stride": ([layers.ZeroPadding2D(1), conv(padding="valid", strides=2)], [conv(strides=2)]),
    "padding with dilation": ([layers.ZeroPadding2D(1), conv(padding="valid", dilation_rate=2)], [conv(dilation_rate=2)]),
    "padding after": ([conv(padding="valid"), layers.ZeroPadding2D(1)], [conv()]),
    "odd pool": ([layers.MaxPooling2D(3, padding="same")], [layers.MaxPooling2D(3)]),
    "pool with another stride": ([layers.MaxPooling2D(2, strides=1, padding="same")], [layers.MaxPooling2D(2, strides=1)]),
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_other_mathematics_keeps_its_form(name: str) -> None:
    """What only looks alike is not made the same."""
    written, form = DIFFERENT[name]

    assert shown(form) != shown(written)


def test_canonical_form_is_final() -> None:
    """The canonical form of a canonical form is itself."""
    for written, _ in [*EQUAL.values(), *DIFFERENT.values()]:
        once = canonical(rebuilt(chain(*written)))

        assert once == canonical(once)


def own(value: Any) -> Any:
    """An activation that a student wrote."""
    return value


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (lambda: conv(kernel_constraint=MAX_NORM(3)), "Conv2D(32, 3x3, same, relu, max_norm=3)"),
        (lambda: conv(strides=2, groups=1), "Conv2D(32, 3x3, same, strides=2x2, relu)"),
        (
            lambda: layers.Conv2D(3, (1, 2), dilation_rate=(1, 2), groups=3),
            "Conv2D(3, 1x2, valid, dilation_rate=1x2, groups=3, linear)",
        ),
        (lambda: layers.Dense(5, use_bias=False, trainable=False), "Dense(5, linear, no bias, frozen)"),
        (lambda: layers.Dense(5, activation=own, kernel_constraint="non_neg"), "Dense(5, own function own, NonNeg)"),
        (lambda: layers.MaxPooling2D(2), "MaxPooling2D(2x2)"),
        (lambda: layers.AveragePooling2D(3, strides=(1, 2), padding="same"), "AveragePooling2D(3x3, strides=1x2, same)"),
        (lambda: layers.Dropout(0.25), "Dropout(0.25)"),
        (lambda: layers.Flatten(), "Flatten()"),
        (lambda: layers.BatchNormalization(), "BatchNormalization()"),
    ],
)
def test_show(part: Callable[[], Any], expected: str) -> None:
    """A layer in one line, defaults left out."""
    assert expected == show(rebuilt(chain(part())).layers[0])


def test_multiplications_of_the_lab() -> None:
    """The lab's network multiplies 27 x 32 x 1024 + 288 x 64 x 1024 + 576 x 128 x 256 + 8192 x 512 + 512 x 10 times."""
    raw = load().raw
    network = of_scheme(raw["model"]["layers"], raw["data"]["image_shape"])

    assert 27 * 32 * 1024 + 288 * 64 * 1024 + 576 * 128 * 256 + 8192 * 512 + 512 * 10 == network.multiplications()
