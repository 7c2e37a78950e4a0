"""Reasons in the words for an instructor: what is said to students of "your file" is said of theirs, with another next step."""

from collections.abc import Mapping
from typing import Any

from autograder import messages, report
from autograder.verdict import Reason

# Codes that speak to a student, and those that tell an instructor the same.
FOR_INSTRUCTORS = {
    "submission.two_edited": "collect.two_edited",
    "import.syntax": "stopped.syntax",
    "import.stopped": "stopped.error",
    "import.error": "stopped.error",
    "import.timeout": "stopped.timeout",
    "import.crash": "stopped.crash",
    "accuracy.trial.network": "told.trial_network",
    "accuracy.trial.crash": "told.trial_crash",
    "accuracy.trial.low": "told.trial_low",
    "model.activations.own": "told.own_activation",
}
LOCATED = ("import.syntax", "import.stopped", "import.error")  # an instructor is told the line, if it is known


def sentences(reason: Mapping[str, Any], lang: str) -> messages.Sentences:
    """What is wrong, what was expected, and what to do, safe to print."""
    code, params = str(reason["code"]), reason["params"]
    if code not in LOCATED or params.get("where"):
        code = FOR_INSTRUCTORS.get(code, code)
    return report.sentences(Reason(code, params), lang)
