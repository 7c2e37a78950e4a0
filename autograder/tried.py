"""What a trial found, read back from ``evaluation.json``."""

import math
from dataclasses import dataclass
from typing import Any

from autograder.errors import EvidenceError
from autograder.figures import variance_of_share, whole

KIND = "trial"


@dataclass(frozen=True)
class Tried:
    """How many of the test images the network recognised after ``steps`` steps of ``batch_size`` images.

    ``lab`` are those with the lab's compilation, ``own`` those with the submission's, None where that is the same or
    cannot be repeated.
    """

    images: int
    steps: int
    batch_size: int
    lab: int
    own: int | None

    @property
    def accuracy(self) -> float:
        """The better of the two, as a share: a mistake in the compilation costs points in a section of its own."""
        return max(self.lab, self.own or 0) / self.images

    @property
    def standard_error(self) -> float:
        """sqrt(p (1 - p) / n) of the accuracy."""
        return math.sqrt(variance_of_share(self.accuracy, self.images))


def _right(value: Any, images: int) -> int:
    if not isinstance(value, dict):
        raise EvidenceError("evidence.malformed", what="trial")
    return whole(value.get("right"), "right", 0, images)


def read(value: dict[str, Any]) -> Tried:
    """A trial in JSON data, which may have other keys beside it.

    Raises:
        EvidenceError: a number is missing, of another type or out of bounds.
    """
    images = whole(value.get("images"), "images", 1)
    return Tried(
        images=images,
        steps=whole(value.get("steps"), "steps", 1),
        batch_size=whole(value.get("batch_size"), "batch_size", 1),
        lab=_right(value.get("lab"), images),
        own=_right(value["own"], images) if "own" in value else None,
    )
