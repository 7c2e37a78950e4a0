"""The diagram of a class that sets accuracies on test images over the length of training."""

from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from autograder import history
from autograder.instructor import class_frame as frame
from autograder.instructor.curves import ticks
from autograder.instructor.rendering import Words
from autograder.scheme import Scheme


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
    low = frame.lowest(min(minimum, *accuracies))
    places = Counter(
        frame.place(epochs / last, frame.part(share, low)) for epochs, share in zip(lengths, accuracies, strict=True)
    )
    return {
        "file": history.SUBMITTED,
        "about": _about(say, lengths, accuracies, measured, minimum),
        "dots": frame.dots(places),
        "numbers": frame.numbers(say, places.items()),
        "across": [
            {"x": frame.place(epochs / last, 1)[0], "label": say.count(int(epochs))} for epochs in ticks(last, whole=True)
        ],
        "up": [
            {"y": frame.place(0, frame.part(tenth / 10, low))[1], "label": say.count(10 * tenth)} for tenth in frame.tenths(low)
        ],
        "minimum": frame.place(0, frame.part(minimum, low))[1],
        "asked": say.say("length_asked", minimum=say.percent(minimum, decimals=0)),
    }


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
