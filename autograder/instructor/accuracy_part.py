"""The part of a student's page that says how well the trained network did."""

from collections.abc import Mapping
from typing import Any

from autograder import accuracy, dataset
from autograder.instructor import losses_part
from autograder.instructor.rendering import Words, bounded
from autograder.scheme import Scheme

MARKED = ((0.10, "most"), (0.05, "often"))  # from this share of a class on, a mistake stands out in style.css


def facts(say: Words, scheme: Scheme, known: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What was measured, and on what, as labels with their values; nothing if nothing was measured."""
    found, about = accuracy.of_facts(known), known.get("accuracy")
    if not isinstance(about, Mapping):
        return []
    trial = accuracy.trial_of_facts(known)
    if trial is not None:
        expected = accuracy.of_calibration(scheme, str(about.get("data")), say.lang)
        shown = [(say.say("accuracy_trial"), accuracy.of_trial(trial, say.lang)), (say.say("accuracy_calibration"), expected)]
        shown[1:1] = losses_part.accuracies(say, known)
        return [*((label, text) for label, text in shown if text), (say.say("accuracy_data"), bounded(about.get("data", "")))]
    if found is None:
        return []
    named = [("data", "accuracy_data"), ("digest", "accuracy_digest"), ("weights", "accuracy_weights")]
    return [
        (say.say("accuracy_accuracy"), accuracy.exact(found, say.lang)),
        (say.say("accuracy_train"), accuracy.on_training_images(found, say.lang)),
        (say.say("accuracy_gap"), accuracy.gap(found, say.lang)),
        *((say.say(label), bounded(about[key])) for key, label in named if about.get(key)),
    ]


def other_images(say: Words, data: str) -> str:
    """That networks were not tested on the lab's own images, where they were not."""
    return say.say("tested_on_synthetic", lab=dataset.title()) if data == dataset.SYNTHETIC else ""


def of_facts(say: Words, known: Mapping[str, Any]) -> str:
    """The same, for what a verdict knows of its accuracy."""
    about = known.get("accuracy")
    return other_images(say, str(about.get("data"))) if isinstance(about, Mapping) else ""


def classes(say: Words, scheme: Scheme, known: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A row for each class: its name, how many of its images were right, and their share."""
    found = accuracy.of_facts(known)
    return [
        {
            "name": name,
            "right": say.count(right),
            "images": say.count(images),
            "percent": say.percent(right / images) if images else "–",
            "share": right / images if images else 0.0,
        }
        for name, right, images in (accuracy.by_class(found, scheme) if found else [])
    ]


def confusion(say: Words, scheme: Scheme, known: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The confusion matrix: a row for each true class, with a cell for each class that the network saw."""
    found = accuracy.of_facts(known)
    if found is None:
        return []
    return [
        {
            "name": name,
            "cells": [
                {"count": say.count(count), "mark": "right" if row == column else _mark(count, images)}
                for column, count in enumerate(found.confusion[row])
            ],
        }
        for row, (name, _, images) in enumerate(accuracy.by_class(found, scheme))
    ]


def _mark(count: int, images: int) -> str:
    """How much a mistake stands out among *images* of its true class; empty if it is rare."""
    return next((mark for share, mark in MARKED if count >= share * images > 0), "")
