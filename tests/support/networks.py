"""Keras networks, described by the probe's own code and rebuilt by the trusted side."""

import os
from collections.abc import Sequence
from typing import Any

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1", TF_ENABLE_ONEDNN_OPTS="0")

import keras

from autograder import rebuild
from autograder.lab import IMAGE
from autograder.network import Network
from autograder.probe import describe, wire

layers = keras.layers
MAX_NORM = keras.constraints.MaxNorm


def chain(*parts: Any, shape: Sequence[int | None] = IMAGE) -> Any:
    """A Sequential model of these layers on images of that shape."""
    return keras.Sequential([keras.Input(tuple(shape)), *parts])


def reference() -> Any:
    """The lab's network."""
    return chain(
        layers.Conv2D(32, (3, 3), padding="same", activation="relu"),
        layers.Dropout(0.2),
        layers.Conv2D(64, (3, 3), padding="same", activation="relu", kernel_constraint=MAX_NORM(3)),
        layers.MaxPooling2D((2, 2)),
        layers.Conv2D(128, (3, 3), padding="same", activation="relu"),
        layers.MaxPooling2D((2, 2)),
        layers.Dropout(0.2),
        layers.Flatten(),
        layers.Dense(512, activation="relu", kernel_constraint=MAX_NORM(3)),
        layers.Dropout(0.5),
        layers.Dense(10, activation="softmax"),
    )


def description(model: Any) -> dict[str, Any]:
    """What the probe says of *model*, without its predictions."""
    return {
        "layers": describe.layers(model),
        "input": wire.plain(model.input_shape),
        "trainable": bool(model.trainable),
        "weights": [[int(n) for n in weight.shape] for weight in model.weights],
    }


def rebuilt(model: Any) -> Network:
    """*model* as the trusted side sees it."""
    return rebuild.rebuild(description(model))
