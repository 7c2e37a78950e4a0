"""What the replay says it saw in each image, decoded and checked: it ran beside a stranger's weights."""

import base64
import binascii
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.errors import EvidenceError
from autograder.figures import MAX_LOSS
from autograder.lab import CLASSES

TOLERANCE = 0.02  # half precision near -16 has steps of 1/64


@dataclass(frozen=True)
class Answers:
    """For n images the class numbers seen, (n,) uint8, and log-probabilities of all classes, (n, classes) float16."""

    predicted: NDArray[np.uint8]
    logs: NDArray[np.float16]

    def split(self, count: int) -> tuple["Answers", "Answers"]:
        """The answers for the first *count* images, and those for the others."""
        return Answers(self.predicted[:count], self.logs[:count]), Answers(self.predicted[count:], self.logs[count:])


def raw(text: Any, size: int, what: str) -> bytes:
    """Exactly *size* bytes, from base64 of no more characters than they need.

    Raises:
        EvidenceError: anything else.
    """
    if not isinstance(text, str) or len(text) != -(-size // 3) * 4:
        raise EvidenceError("evidence.malformed", what=what)
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise EvidenceError("evidence.malformed", what=what) from None
    if len(found) != size:
        raise EvidenceError("evidence.malformed", what=what)
    return found


def read(record: dict[str, Any], count: int) -> Answers:
    """The answers for *count* images: base64 of class numbers, a byte each, and of little-endian float16 logarithms.

    Raises:
        EvidenceError: too few or too many bytes, no logarithms of probabilities cut off at 1e-7, or a class number
            that is not that of the most probable class.
    """
    predicted = np.frombuffer(raw(record.get("predicted"), count, "predicted"), np.uint8)
    logs = np.frombuffer(raw(record.get("logs"), count * CLASSES * 2, "logs"), "<f2").reshape(count, CLASSES)
    if not (np.isfinite(logs).all() and logs.min(initial=0) >= -MAX_LOSS and logs.max(initial=0) <= TOLERANCE):
        raise EvidenceError("evidence.malformed", what="logs")
    if predicted.max(initial=0) >= CLASSES:
        raise EvidenceError("evidence.malformed", what="predicted")
    chosen = logs[np.arange(count), predicted].astype(np.float64)
    if (chosen < logs.max(axis=1) - TOLERANCE).any():
        raise EvidenceError("evidence.malformed", what="predicted")
    return Answers(predicted, logs.astype(np.float16))
