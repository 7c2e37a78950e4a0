"""How well the trained network recognises the images of the test set."""

import math
from typing import Any

import pytest

from autograder.errors import CheckFailed, NotReached, SubmissionError
from autograder.observed import Observed


def _evaluation(observed: Observed) -> dict[str, Any]:
    """The evaluation of the submitted weights.

    Raises:
        NotReached: no weights were submitted, or the data set is not on this machine.
    """
    evaluation = observed.evaluation
    if evaluation is None:
        raise NotReached("accuracy.none")
    return evaluation


def test_weights(observed: Observed) -> None:
    """The submitted weights fit the submitted network."""
    evaluation = _evaluation(observed)
    if evaluation["status"] == "unavailable":
        raise NotReached(evaluation["code"], **evaluation["params"])
    if evaluation["status"] != "ok":
        raise SubmissionError(evaluation["code"], **evaluation["params"])


@pytest.mark.needs("accuracy.weights")
def test_test(observed: Observed) -> None:
    """The accuracy on the test set reaches the minimum; below it, a band gives a share of the points."""
    evaluation = _evaluation(observed)
    accuracy, count = float(evaluation["accuracy"]), int(evaluation["images"])
    table = observed.scheme.raw["accuracy"]
    thresholds = table.get(evaluation["data"], table["cifar10"])
    minimum = float(thresholds["minimum_accuracy"])
    if accuracy >= minimum:
        return
    credit = next((share for low, share in thresholds["bands"] if accuracy >= low), 0.0)
    error = math.sqrt(accuracy * (1 - accuracy) / count)
    raise CheckFailed(
        "accuracy.test.low",
        credit=credit,
        received=f"{accuracy:.2%}",
        expected=f"{minimum:.0%}",
        error=f"{100 * error:.2f}",
        images=count,
    )
