"""The figures of an evaluation: how a network did on test images and on a sample of its training images."""

import math
from dataclasses import asdict, dataclass
from typing import Any

from autograder.errors import EvidenceError
from autograder.lab import CLASSES

MAX_LOSS = 16.2  # the replay cuts probabilities off at 1e-7, and log(1e-7) is -16.125 in half precision
MAX_Z = 1e6
MAX_IMAGES = 10**9
EXACT = 1e-9  # between a figure and the same one computed again from others


@dataclass(frozen=True)
class Train:
    """How the network did on the sample: the share that was right, the mean cross-entropy in nats, and of how many."""

    accuracy: float
    loss: float
    images: int


@dataclass(frozen=True)
class Gap:
    """Differences between training and test images in their standard errors; above 0 training images do better."""

    accuracy_z: float
    loss_z: float


@dataclass(frozen=True)
class Figures:
    """What was measured on the test images, and beside it on the sample of the training images.

    ``accuracy`` and ``standard_error`` are shares; ``loss`` is the mean cross-entropy in nats; ``confusion`` counts
    images, a row for each true class and a column for each class seen.
    """

    accuracy: float
    standard_error: float
    loss: float
    images: int
    confusion: tuple[tuple[int, ...], ...]
    train: Train
    gap: Gap

    @property
    def by_class(self) -> list[list[int]]:
        """For each class how many images were right, and how many there are."""
        return [[row[k], sum(row)] for k, row in enumerate(self.confusion)]

    @property
    def right(self) -> int:
        """How many test images were right."""
        return sum(row[k] for k, row in enumerate(self.confusion))

    def to_dict(self) -> dict[str, Any]:
        """As JSON data, which `read` takes."""
        return {**asdict(self), "confusion": [list(row) for row in self.confusion], "by_class": self.by_class}


def variance_of_share(accuracy: float, images: int) -> float:
    """The variance of a share that was measured on *images*."""
    return accuracy * (1 - accuracy) / images


def z(difference: float, variance: float) -> float:
    """A difference in its standard errors; at most 1e6, also where all answers are alike and there is no error."""
    if difference == 0:
        return 0.0
    return max(-MAX_Z, min(MAX_Z, difference / math.sqrt(variance) if variance > 0 else math.copysign(MAX_Z, difference)))


def _real(table: dict[str, Any], key: str, low: float, high: float) -> float:
    value = table.get(key)
    if type(value) is not float or not low <= value <= high:
        raise EvidenceError("evidence.malformed", what=key)
    return value


def whole(value: Any, what: str, low: int = 0, high: int = MAX_IMAGES) -> int:
    """A whole number within bounds.

    Raises:
        EvidenceError: it is none.
    """
    if type(value) is not int or not low <= value <= high:
        raise EvidenceError("evidence.malformed", what=what)
    return value


def _table(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise EvidenceError("evidence.malformed", what=what)
    return value


def _confusion(value: Any) -> tuple[tuple[int, ...], ...]:
    rows = value if isinstance(value, list) and len(value) == CLASSES else []
    if not rows or not all(isinstance(row, list) and len(row) == CLASSES for row in rows):
        raise EvidenceError("evidence.malformed", what="confusion")
    return tuple(tuple(whole(count, "confusion") for count in row) for row in rows)


def read(value: Any) -> Figures:
    """The figures in JSON data, which may have other keys beside them.

    Raises:
        EvidenceError: a figure is missing, of another type or out of bounds, or does not follow from the others.
    """
    found = _table(value, "figures")
    train, gap = _table(found.get("train"), "train"), _table(found.get("gap"), "gap")
    figures = Figures(
        accuracy=_real(found, "accuracy", 0, 1),
        standard_error=_real(found, "standard_error", 0, 1),
        loss=_real(found, "loss", 0, MAX_LOSS),
        images=whole(found.get("images"), "images", 1),
        confusion=_confusion(found.get("confusion")),
        train=Train(_real(train, "accuracy", 0, 1), _real(train, "loss", 0, MAX_LOSS), whole(train.get("images"), "images", 1)),
        gap=Gap(_real(gap, "accuracy_z", -MAX_Z, MAX_Z), _real(gap, "loss_z", -MAX_Z, MAX_Z)),
    )
    _demand_sense(figures, found.get("by_class"))
    return figures


def _demand_sense(figures: Figures, by_class: Any) -> None:
    """Raise unless the figures that follow from others are what they must be."""
    accuracy, images, train = figures.accuracy, figures.images, figures.train
    shares = variance_of_share(accuracy, images) + variance_of_share(train.accuracy, train.images)
    expected = z(train.accuracy - accuracy, shares)
    same = {
        "images": sum(map(sum, figures.confusion)) == images,
        "by_class": by_class == figures.by_class,
        "accuracy": abs(figures.right / images - accuracy) <= EXACT,
        "standard_error": abs(math.sqrt(variance_of_share(accuracy, images)) - figures.standard_error) <= EXACT,
        "accuracy_z": abs(expected - figures.gap.accuracy_z) <= EXACT * max(1.0, abs(expected)),
    }
    for what, holds in same.items():
        if not holds:
            raise EvidenceError("evidence.malformed", what=what)
