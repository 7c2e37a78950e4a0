"""The diagram of a class that sets accuracies on test images over the length of training."""

import math
from array import array
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from autograder import history
from autograder.instructor.curves import ticks
from autograder.instructor.rendering import Words
from autograder.scheme import Scheme

LEFT, RIGHT, TOP, BOTTOM = 44, 404, 12, 232  # in units of its view box
LEAST = 0.8  # the accuracies begin there at the latest


def diagram(say: Words, scheme: Scheme, data: str, graded: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Where each work with weights and a record of their training stands; None if there is none.

    The epochs are those of the students' own records, the accuracies are measured. *data* names the data set, whose
    minimum accuracy is drawn.
    """
    lengths, accuracies, measured = array("L"), array("d"), 0
    for row in graded:
        if row["accuracy"]:
            measured += 1
            if row["epochs"]:
                lengths.append(row["epochs"])
                accuracies.append(row["accuracy"][0])
    if not lengths:
        return None
    minimum, last = float(scheme.thresholds(data)["minimum_accuracy"]), max(lengths)
    low = min(LEAST, math.floor(10 * min(minimum, *accuracies) + 1e-9) / 10)
    places = {_place(epochs, share, last, low) for epochs, share in zip(lengths, accuracies, strict=True)}
    step = 1 if low >= 0.5 else 2
    return {
        "file": history.SUBMITTED,
        "about": _about(say, lengths, accuracies, measured, minimum),
        "dots": "".join(f"M{x:g} {y:g}h0" for x, y in sorted(places)),
        "across": [
            {"x": _place(epochs, 1, last, low)[0], "label": say.count(int(epochs))}
            for epochs in ticks(last)
            if epochs == int(epochs)
        ],
        "up": [
            {"y": _place(0, tenth / 10, last, low)[1], "label": say.count(10 * tenth)}
            for tenth in range(10, round(10 * low) - 1, -step)
        ],
        "minimum": _place(0, minimum, last, low)[1],
    }


def _place(epochs: float, share: float, last: int, low: float) -> tuple[float, float]:
    """Where a work stands, to half a unit: what covers another wholly is not drawn twice."""
    x = LEFT + (RIGHT - LEFT) * epochs / last
    y = BOTTOM - (BOTTOM - TOP) * (share - low) / (1 - low)
    return round(2 * x) / 2, round(2 * y) / 2


def _about(say: Words, lengths: Sequence[int], accuracies: Sequence[float], measured: int, minimum: float) -> str:
    """What the diagram shows, in words and figures."""
    return say.say(
        "length_about",
        number=say.count(len(lengths)),
        measured=say.count(measured),
        epochs=say.count(round(median(lengths))),
        shortest=say.count(min(lengths)),
        longest=say.count(max(lengths)),
        accuracy=say.percent(median(accuracies)),
        minimum=say.percent(minimum),
    )
