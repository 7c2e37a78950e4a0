"""The inputs on which a submission is observed, made from a seed.

The sandbox makes them to run the student's functions; the checks make them again to know what should
have come back. A graded run uses a secret seed, a student's own run the public one. What kind of inputs they are
stands in `inputs.json`, generated from the instructor's `lab.toml`: it is all that the sandbox learns of the lab.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autograder.lab import CLASSES, IMAGE

PUBLIC_SEED = 10
TILE = 4  # pixels
STEPS = (0, 1, 2, 10, 100, 1000, 10_000, 39_050)  # the last: 25 epochs of all 50,000 images
GRADIENT = (0.5, -1.0)
UPDATES = 3
BLOCK = 65_521  # random values of a weight; the largest prime below 2**16


@dataclass(frozen=True)
class DataCase:
    """Arguments of ``prepare_data``: images (n, height, width, channels) uint8, labels (n, 1) uint8."""

    name: str
    x_train: NDArray[np.uint8]
    y_train: NDArray[np.uint8]
    x_test: NDArray[np.uint8]
    y_test: NDArray[np.uint8]


def _images(rng: np.random.Generator, count: int, low: int, high: int) -> NDArray[np.uint8]:
    """Images of 4x4 blocks, distinct from one another; few values, so that evidence stays small."""
    height, width, channels = IMAGE
    size = (count, -(-height // TILE), -(-width // TILE), channels)
    blocks = rng.integers(low, high + 1, size=size, dtype=np.uint8)
    return blocks.repeat(TILE, axis=1).repeat(TILE, axis=2)[:, :height, :width]


def _full_range(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    images[0, 0, 0] = 0
    images[0, -1, -1] = 255
    return images


def data_cases(seed: int) -> tuple[DataCase, DataCase]:
    """A usual case with every class, and one whose maximum is not 255 and whose labels stop at 3."""
    rng = np.random.default_rng([seed, 1])
    y_train = np.concatenate([rng.permutation(CLASSES), rng.integers(0, CLASSES, 2)])
    y_test = np.concatenate([[CLASSES - 1], rng.integers(0, CLASSES - 1, 4)])
    usual = DataCase(
        "usual",
        _full_range(_images(rng, len(y_train), 0, 255)),
        y_train.astype(np.uint8)[:, None],
        _full_range(_images(rng, len(y_test), 0, 255)),
        rng.permutation(y_test).astype(np.uint8)[:, None],
    )
    edge = DataCase(
        "edge",
        _images(rng, 4, 20, int(rng.integers(150, 190))),
        rng.permutation(4).astype(np.uint8)[:, None],
        _images(rng, 3, 30, int(rng.integers(191, 230))),
        rng.permutation(3).astype(np.uint8)[:, None],
    )
    return usual, edge


def model_inputs(seed: int) -> NDArray[np.float32]:
    """Two images, (2, height, width, channels) float32 in [0, 1), for repeating a prediction."""
    return np.random.default_rng([seed, 2]).random((2, *IMAGE), dtype=np.float32)


def predictions(seed: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """One-hot labels and predicted probabilities, (8, classes) float32 each, for what a loss and metrics measure.

    Three predictions are right.
    """
    rng = np.random.default_rng([seed, 4])
    labels = rng.integers(0, CLASSES, 8)
    scores = rng.random((8, CLASSES)) + 0.1
    highest = (labels + np.array([0, 0, 0, 1, 2, 3, 4, 5])) % CLASSES
    scores[np.arange(8), highest] += 2
    shares = scores / scores.sum(axis=1, keepdims=True)
    return np.eye(CLASSES, dtype=np.float32)[labels], shares.astype(np.float32)


def weight(seed: int, index: int, shape: Sequence[int]) -> NDArray[np.float32]:
    """Values for the *index*-th weight: He-uniform for kernels, small and not zero for biases.

    He et al. (2015), limit sqrt(6 / fan_in); predictions then depend visibly on every layer. A large weight repeats
    a block of random values whose length, a prime, divides no row of it: making each anew takes several times as long.
    """
    rng = np.random.default_rng([seed, 3, index])
    fan_in = int(np.prod(shape[:-1])) if len(shape) > 1 else 0
    limit = np.float32(np.sqrt(6 / fan_in)) if fan_in else np.float32(0.1)
    count = int(np.prod(shape, dtype=np.int64))
    block = rng.random(min(count, BLOCK), dtype=np.float32)
    block *= 2
    block -= 1
    block *= limit
    return np.resize(block, tuple(shape))
