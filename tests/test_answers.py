"""What comes out of the box with the weights: believed only as far as it is what it says."""

import base64
from typing import Any

import numpy as np
import pytest

from autograder import answers
from autograder.errors import EvidenceError
from autograder.replay.__main__ import probabilities

COUNT = 7


def record(**changes: Any) -> dict[str, Any]:
    """Answers for seven images, made from arrays or, where that is wanted, from other things."""
    rng = np.random.default_rng(3)
    logs = np.log(rng.dirichlet(np.ones(10), COUNT)).astype("<f2")
    parts = {"predicted": logs.argmax(axis=1).astype(np.uint8), "logs": logs} | changes
    return {
        name: base64.b64encode(part.tobytes()).decode() if isinstance(part, np.ndarray) else part for name, part in parts.items()
    }


def one(value: float) -> Any:
    """Logarithms with one of that value, in a place that is the most probable of no image."""
    logs = np.full((COUNT, 10), -2.5, "<f2")
    logs[:, 0] = -0.5
    logs[3, 4] = value
    return logs


def test_honest_answers() -> None:
    """Answers come back as they were sent, in their order."""
    found = answers.read(record(), COUNT)
    first, rest = found.split(5)

    assert (COUNT, 10) == found.logs.shape
    assert (found.logs.argmax(axis=1) == found.predicted).all()
    assert ((5, 10), (2, 10)) == (first.logs.shape, rest.logs.shape)
    assert (found.predicted[5:] == rest.predicted).all()


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"logs": None}, "logs"),
        ({"logs": 5}, "logs"),
        ({"logs": "!" * 188}, "logs"),
        ({"logs": "я" * 188}, "logs"),
        ({"logs": "A" * 188}, "logs"),
        ({"logs": np.zeros((COUNT - 1, 10), "<f2")}, "logs"),
        ({"logs": np.zeros((COUNT + 1, 10), "<f2")}, "logs"),
        ({"logs": np.zeros((COUNT, 10), "<f4")}, "logs"),
        ({"predicted": np.zeros(COUNT, np.uint8), "logs": one(np.nan)}, "logs"),
        ({"predicted": np.zeros(COUNT, np.uint8), "logs": one(-np.inf)}, "logs"),
        ({"predicted": np.zeros(COUNT, np.uint8), "logs": one(-17)}, "logs"),
        ({"predicted": np.zeros(COUNT, np.uint8), "logs": one(0.1)}, "logs"),
        ({"predicted": np.full(COUNT, 10, np.uint8)}, "predicted"),
        ({"predicted": np.full(COUNT, 255, np.uint8)}, "predicted"),
        ({"predicted": np.zeros(COUNT + 1, np.uint8)}, "predicted"),
        ({"predicted": np.full(COUNT, 4, np.uint8), "logs": one(-2.5)}, "predicted"),
        ({"predicted": ["0"]}, "predicted"),
    ],
)
def test_malformed_answers(changes: dict[str, Any], what: str) -> None:
    """Another size, values that are no logarithms of probabilities, and classes that are not the likeliest are refused."""
    with pytest.raises(EvidenceError) as caught:
        answers.read(record(**changes), COUNT)
    assert {"what": what} == caught.value.params


@pytest.mark.parametrize(
    ("outputs", "expected"),
    [
        ([0.7, 0.2, 0.1], [0.7, 0.2, 0.1]),
        ([1.0, 0.0, 0.0], [1, 0, 0]),
        ([0.9, 0.9, 0.2], [0.45, 0.45, 0.1]),
        ([0.0, 0.0, 0.0], [0, 0, 0]),
        ([np.log(2), np.log(8), np.log(10)], [0.1, 0.4, 0.5]),
        ([3e38, -3e38, 0.0], [1, 0, 0]),
    ],
    ids=["softmax", "saturated", "sigmoid", "nothing", "logits", "vast logits"],
)
def test_probabilities(outputs: list[float], expected: list[float]) -> None:
    """Outputs of a softmax stand as they are, those of a sigmoid are normalised, logits pass a softmax."""
    assert np.allclose([expected], probabilities(np.array([outputs], np.float32)), atol=1e-6)
