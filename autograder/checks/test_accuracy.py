"""How well the trained network recognises the images of the test set."""

import math
from typing import Any

import pytest

from autograder import tried
from autograder.errors import CheckFailed, NotReached, SubmissionError
from autograder.observed import Observed
from autograder.tried import Tried

NO_NETWORK = ("model.", "stage.")  # codes of what kept build_model from giving one; they are told there


def _names(observed: Observed) -> dict[str, str]:
    """The script that trains and the file that it writes, by the lab's names."""
    raw = observed.scheme.raw
    return {"file": str(raw["accuracy"]["weights_file"]), "script": f"{raw['lab']['name']}.py"}


def _evaluation(observed: Observed) -> dict[str, Any]:
    """What was measured: with the submitted weights, or after a short training by the grader.

    Raises:
        NotReached: nothing was, as on a student's own machine before the training.
    """
    evaluation = observed.evaluation
    if evaluation is None:
        raise NotReached("accuracy.none", **_names(observed))
    return evaluation


def test_weights(observed: Observed) -> None:
    """The submitted weights fit the submitted network, or the grader could train it."""
    evaluation = _evaluation(observed)
    if evaluation["status"] == "unavailable":
        raise NotReached(evaluation["code"], **evaluation["params"])
    if str(evaluation.get("code", "")).startswith(NO_NETWORK):
        raise SubmissionError("accuracy.weights.no_network")
    if evaluation["status"] != "ok":
        raise SubmissionError(evaluation["code"], **evaluation["params"])


@pytest.mark.needs("accuracy.weights")
def test_test(observed: Observed) -> None:
    """The accuracy on the test set reaches the minimum; below it, a band gives a share of the points."""
    evaluation = _evaluation(observed)
    if evaluation.get("kind") == tried.KIND:
        _demand_learning(observed, tried.read(evaluation), evaluation["data"])
        return
    accuracy, count = float(evaluation["accuracy"]), int(evaluation["images"])
    thresholds = observed.scheme.thresholds(evaluation["data"])
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


def _demand_learning(observed: Observed, found: Tried, data: str) -> None:
    """Raise unless the network learned in the trial as the lab's did in those it was calibrated with."""
    calibrated = observed.scheme.calibration(data)
    table = observed.scheme.raw["accuracy"]
    if calibrated is None:
        raise NotReached("accuracy.trial.uncalibrated", **_names(observed))
    received, credit = f"{found.accuracy:.1%}", float(table["trial"]["credit"])
    if found.accuracy < calibrated["threshold"]:
        raise CheckFailed(
            "accuracy.trial.low",
            received=received,
            expected=f"{calibrated['threshold']:.1%}",
            steps=found.steps,
            batch_size=found.batch_size,
            mean=f"{calibrated['mean']:.1%}",
            lowest=f"{calibrated['lowest']:.1%}",
            runs=calibrated["runs"],
        )
    if credit < 1:
        minimum = float(observed.scheme.thresholds(data)["minimum_accuracy"])
        numbers = {"received": received, "minimum": f"{minimum:.0%}", "share": f"{credit:.0%}"}
        raise CheckFailed("accuracy.trial.learns", credit=credit, **_names(observed), **numbers)
