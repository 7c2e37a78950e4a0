"""What the reports say of an evaluation: the same sentences on a terminal and on a page."""

from collections.abc import Mapping
from typing import Any

from autograder import figures, messages, tried
from autograder.errors import EvidenceError
from autograder.figures import Figures
from autograder.history import History
from autograder.scheme import Scheme
from autograder.suspicion import SIGNIFICANT
from autograder.tried import Tried


def of_facts(facts: Mapping[str, Any]) -> Figures | None:
    """The figures among a verdict's facts; None if no weights were evaluated, or by another version."""
    try:
        return figures.read(facts.get("accuracy"))
    except EvidenceError:
        return None


def trial_of_facts(facts: Mapping[str, Any]) -> Tried | None:
    """What a short training by the grader found; None if there was none."""
    about = facts.get("accuracy")
    if not isinstance(about, Mapping) or about.get("kind") != tried.KIND or about.get("status") != "ok":
        return None
    try:
        return tried.read(dict(about))
    except EvidenceError:
        return None


def of_trial(found: Tried, lang: str) -> str:
    """How long the grader trained, and the accuracy that came of it."""
    return messages.phrase(
        lang,
        "accuracy_trial",
        steps=messages.count(lang, found.steps),
        batch_size=messages.count(lang, found.batch_size),
        accuracy=messages.percent(lang, found.accuracy),
        error=messages.local(lang, f"{100 * found.standard_error:.2f}"),
        images=messages.count(lang, found.images),
    )


def of_calibration(scheme: Scheme, data: str, lang: str) -> str:
    """What the lab's network reached in the runs that the threshold comes from; empty without a calibration."""
    known = scheme.calibration(data)
    if known is None:
        return ""
    values = {name: messages.percent(lang, known[name]) for name in ("mean", "lowest", "threshold")}
    return messages.phrase(lang, "accuracy_calibration", runs=messages.count(lang, known["runs"]), **values)


def exact(found: Figures, lang: str) -> str:
    """The accuracy on the test images with its standard error in percentage points."""
    return messages.phrase(
        lang,
        "accuracy_exact",
        accuracy=messages.percent(lang, found.accuracy),
        error=messages.local(lang, f"{100 * found.standard_error:.2f}"),
        right=messages.count(lang, found.right),
        images=messages.count(lang, found.images),
    )


def on_training_images(found: Figures, lang: str) -> str:
    """The accuracy on the sample, with the mean losses on both kinds of images."""
    return messages.phrase(
        lang,
        "accuracy_train",
        accuracy=messages.percent(lang, found.train.accuracy),
        images=messages.count(lang, found.train.images),
        loss=messages.local(lang, f"{found.train.loss:.2f}"),
        test_loss=messages.local(lang, f"{found.loss:.2f}"),
    )


def gap(found: Figures, lang: str) -> str:
    """One sentence on what the difference between training and test images means."""
    points = messages.local(lang, f"{100 * abs(found.train.accuracy - found.accuracy):.1f}")
    if found.gap.accuracy_z > SIGNIFICANT:
        return messages.phrase(lang, "accuracy_gap_usual", points=points)
    if found.gap.accuracy_z < -SIGNIFICANT:
        return messages.phrase(lang, "accuracy_gap_reverse", points=points)
    return messages.phrase(lang, "accuracy_gap_none")


def of_history(found: History, lang: str) -> str:
    """How long a training took, and the best that came of it, by the student's own record."""
    best, highest = found.best
    return messages.phrase(
        lang,
        "accuracy_history",
        epochs=messages.count(lang, found.epochs),
        best=messages.count(lang, best),
        accuracy=messages.percent(lang, highest),
    )


def by_class(found: Figures, scheme: Scheme) -> list[tuple[str, int, int]]:
    """For each class its name in the marking scheme, how many images were right, and how many there are."""
    names = scheme.raw["data"]["class_names"]
    return [(str(name), right, images) for name, (right, images) in zip(names, found.by_class, strict=True)]
