"""Figures from what a network answered and the labels, which it never saw."""

import math

import numpy as np
from numpy.typing import NDArray

from autograder.answers import Answers
from autograder.dataset import Dataset
from autograder.figures import Figures, Gap, Train, variance_of_share, z
from autograder.lab import CLASSES


def _losses(answers: Answers, labels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The cross-entropy of each image in nats, (n,)."""
    logs = answers.logs[np.arange(len(labels)), labels].astype(np.float64)
    return -np.minimum(logs, 0.0)


def _variance_of_mean(values: NDArray[np.float64]) -> float:
    """The variance of the mean of a sample; 0 for a single value, of which it cannot be told."""
    return float(values.var(ddof=1)) / len(values) if len(values) > 1 else 0.0


def measure(answers: Answers, data: Dataset) -> Figures:
    """The figures of the answers for the test images of *data* and, after them, for its sample of training images."""
    labels, known = data.y_test.ravel(), data.sample[1].ravel()
    test, train = answers.split(len(labels))
    confusion = np.zeros((CLASSES, CLASSES), np.int64)
    np.add.at(confusion, (labels, test.predicted), 1)
    accuracy, learned = float((test.predicted == labels).mean()), float((train.predicted == known).mean())
    losses, before = _losses(test, labels), _losses(train, known)
    shares = variance_of_share(accuracy, len(labels)) + variance_of_share(learned, len(known))
    gap = Gap(
        accuracy_z=z(learned - accuracy, shares),
        loss_z=z(float(losses.mean() - before.mean()), _variance_of_mean(losses) + _variance_of_mean(before)),
    )
    return Figures(
        accuracy=accuracy,
        standard_error=math.sqrt(variance_of_share(accuracy, len(labels))),
        loss=float(losses.mean()),
        images=len(labels),
        confusion=tuple(tuple(map(int, row)) for row in confusion),
        train=Train(learned, float(before.mean()), len(known)),
        gap=gap,
    )
