"""The numpy forward pass against real Keras, and its bounds."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograder import forward, inputs
from autograder.network import Layer, Network
from autograder.rebuild import ARGUMENTS
from tests.support.networks import chain, layers, rebuilt, reference

SEED = 11
CASES: dict[str, Callable[[], Any]] = {
    "reference": reference,
    "stride valid": lambda: chain(layers.Conv2D(5, 3, strides=2), layers.Flatten(), layers.Dense(4)),
    "stride same": lambda: chain(layers.Conv2D(5, (3, 4), strides=(2, 3), padding="same"), layers.Flatten(), layers.Dense(4)),
    "stride larger than kernel": lambda: chain(
        layers.Conv2D(4, 2, strides=5, padding="same"), layers.MaxPooling2D(1, strides=4, padding="same")
    ),
    "dilation": lambda: chain(layers.Conv2D(4, 3, dilation_rate=(2, 3)), layers.Flatten(), layers.Dense(3)),
    "dilation same": lambda: chain(layers.Conv2D(4, (3, 2), dilation_rate=3, padding="same"), layers.Flatten(), layers.Dense(3)),
    "groups": lambda: chain(
        layers.Conv2D(6, 3, groups=3, padding="same"), layers.Conv2D(4, 3, groups=2), layers.Flatten(), layers.Dense(3)
    ),
    "even kernel": lambda: chain(layers.Conv2D(4, 4, padding="same"), layers.Conv2D(3, (2, 5), padding="same")),
    "odd sizes": lambda: chain(layers.Conv2D(4, (4, 6)), layers.MaxPooling2D(2, padding="same"), layers.AveragePooling2D(2)),
    "overlapping maximum": lambda: chain(layers.MaxPooling2D(3, strides=2), layers.MaxPooling2D(3, strides=2, padding="same")),
    "overlapping average": lambda: chain(
        layers.AveragePooling2D(3, strides=2, padding="same"), layers.AveragePooling2D((2, 3), strides=1)
    ),
    "negative maximum": lambda: chain(
        layers.Conv2D(4, 3, activation="linear"), layers.MaxPooling2D(3, strides=2, padding="same")
    ),
    "zero padding": lambda: chain(layers.ZeroPadding2D(((1, 0), (2, 3))), layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(3)),
    "no bias": lambda: chain(layers.Conv2D(4, 3, use_bias=False), layers.Flatten(), layers.Dense(3, use_bias=False)),
    "dense on an image": lambda: chain(
        layers.Dense(4, activation="relu"), layers.Flatten(), layers.Dense(3, activation="softmax")
    ),
    "noises": lambda: chain(
        layers.Dropout(0.5), layers.SpatialDropout2D(0.5), layers.GaussianNoise(1.0), layers.AlphaDropout(0.5)
    ),
    "separate activations": lambda: chain(
        layers.Conv2D(4, 3), layers.Activation("tanh"), layers.ReLU(), layers.Flatten(), layers.Dense(5), layers.Softmax()
    ),
    **{
        name: lambda name=name: chain(layers.Conv2D(4, 3, activation=name), layers.Flatten(), layers.Dense(5, activation=name))  # type: ignore[misc]
        for name in sorted(forward.ACTIVATIONS)
    },
}


def seeded(model: Any) -> Any:
    """*model* with the weights that the probe sets."""
    for index, variable in enumerate(model.weights):
        variable.assign(inputs.weight(SEED, index, variable.shape))
    return model


@pytest.mark.parametrize("name", CASES)
def test_agrees_with_keras(name: str) -> None:
    """Predictions agree with Keras' own to better than 1e-4."""
    model = seeded(CASES[name]())
    network = rebuilt(model)

    assert forward.can_predict(network)

    found = forward.predict(network, SEED)
    expected = np.asarray(model(inputs.model_inputs(SEED), training=False))
    assert expected.shape == found.shape
    assert np.abs(expected - found).max() < 1e-4
    assert np.ptp(expected) > 1e-3


@pytest.mark.parametrize(
    "change", [{"padding": "valid"}, {"strides": [2, 2]}, {"dilation_rate": [2, 2]}, {"activation": "linear"}, {"filters": 16}]
)
def test_every_argument_is_felt(change: dict[str, Any]) -> None:
    """A changed argument of the lab's second convolution changes the prediction or its possibility."""
    network = rebuilt(reference())
    changed = Network((*network.layers[:2], network.layers[2].has(**change), *network.layers[3:]), network.input)

    expected, found = forward.predict(network, SEED), forward.predict(changed, SEED)
    assert np.abs(expected - found).max() > 1e-3


def made(kind: str, **args: Any) -> Layer:
    """A layer with the arguments that a Keras layer would have."""
    standard = {
        "strides": [1, 1],
        "dilation_rate": [1, 1],
        "groups": 1,
        "padding": "same",
        "activation": "linear",
        "use_bias": True,
    }
    return Layer(kind, standard | {"data_format": "channels_last"} | args)


def dense(units: int) -> Layer:
    """A dense layer."""
    return Layer("Dense", {"units": units, "activation": "linear", "use_bias": True})


HOSTILE: dict[str, list[Layer]] = {
    "wide dense": [Layer("Flatten"), dense(2**24)],
    "a weight that the probe does not set": [Layer("Flatten"), dense(2**25 // 3072 + 1), dense(10)],
    "wide dense after a narrow one": [Layer("Flatten"), dense(1), dense(2**24)],
    "many filters": [made("Conv2D", filters=2**24, kernel_size=[1, 1], padding="valid", strides=[32, 32])],
    "many grouped filters": [made("Conv2D", filters=3 * 97_000, kernel_size=[1, 1], groups=3)],
    "wide kernel": [made("Conv2D", filters=1, kernel_size=[4096, 4096])],
    "wide dilation": [made("Conv2D", filters=1, kernel_size=[2, 2], dilation_rate=[4096, 4096])],
    "wide window": [made("MaxPooling2D", pool_size=[4096, 4096])],
    "wide window, one place": [made("MaxPooling2D", pool_size=[4096, 4096], strides=[4096, 4096])],
    "many windows": [made("AveragePooling2D", pool_size=[32, 32])] * 200,
    "wide padding": [Layer("ZeroPadding2D", {"padding": [[4096, 4096], [4096, 4096]]})],
    "more and more padding": [Layer("ZeroPadding2D", {"padding": [[40, 40], [40, 40]]})] * 200,
    "large output": [dense(129)],
    "deep": [made("Conv2D", filters=64, kernel_size=[3, 3])] * 200,
    "impossible": [made("Conv2D", filters=1, kernel_size=[33, 33], padding="valid"), Layer("Flatten")],
    "channels first": [made("MaxPooling2D", pool_size=[2, 2], data_format="channels_first")],
    "own activation": [Layer("Activation", {"activation": {"custom": "relu"}})],
    "other activation": [Layer("Activation", {"activation": "gelu"})],
    "unknown": [Layer("Mystery")],
}


@pytest.mark.parametrize("name", HOSTILE)
def test_too_much_is_not_tried(name: str) -> None:
    """What is unknown, or would take too much memory or work, is told before anything is allocated."""
    assert not forward.can_predict(Network(tuple(HOSTILE[name]), None))


@pytest.mark.parametrize("shape", [(31, 32, 3), (32, 32, 1), (3072,), (0, 0, 3)])
def test_other_inputs_are_not_tried(shape: tuple[int, ...]) -> None:
    """Only networks that take the probe's images are predicted."""
    assert not forward.can_predict(Network((Layer("Flatten"), dense(10)), shape))


def test_every_layer_that_predict_knows_can_be_rebuilt() -> None:
    """No layer is supported that the allow list would not let through."""
    assert set() == forward.SUPPORTED - set(ARGUMENTS)
