"""What `lab.toml` may say, and that a mistake in it ends in a sentence before anything is written."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autograder.instructor import labfile
from autograder.instructor.source import SourceError
from tests.conftest import REPO

LAB = labfile.read(REPO / "solution")
MISTAKES: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "a name with a hyphen": (lambda lab: lab["lab"].update(name="my-lab"), "name of a Python module"),
    "the name of a function": (lambda lab: lab["lab"].update(name="build_model"), "name of a Python module"),
    "grey images without channels": (lambda lab: lab["data"].update(image_shape=[28, 28]), "height, width, channels"),
    "no image to train on": (lambda lab: lab["data"].update(training_images=5000), "data.training_images"),
    "large images": (lambda lab: lab["data"].update(image_shape=[224, 224, 3]), "sides up to 64"),
    "a class too many": (lambda lab: lab["data"].update(num_classes=11), "number of class_names"),
    "two classes": (lambda lab: lab["data"].update(num_classes=2, class_names=["a", "b"]), "5 to 100"),
    "another scale": (lambda lab: lab["data"].update(scale=256), "data.scale is 255"),
    "a path for a name": (lambda lab: lab["data"].update(name="../x"), "data.name"),
    "no deviation": (lambda lab: lab["data"].update(deviation=0), "data.deviation"),
    "a layer without a check": (lambda lab: lab["model"]["layers"].insert(0, {"class": "LSTM"}), "'LSTM'"),
    "no softmax": (lambda lab: lab["model"]["layers"][-1].update(activation="relu"), "softmax"),
    "an optimizer that is not simulated": (lambda lab: lab["compile"].update(optimizer="Lion"), "one of Adam, SGD"),
    "another loss": (lambda lab: lab["compile"].update(loss="mse"), "categorical_crossentropy"),
    "another decay": (lambda lab: lab["compile"].update(decay="none"), "compile.decay"),
    "momentum without a number": (lambda lab: lab["compile"].pop("momentum"), "needs compile.momentum"),
    "a check without a function": (lambda lab: lab["checks"].update({"model.new": {}}), "no function in autograder/checks/"),
    "a check without its precondition": (lambda lab: lab["checks"].pop("model.honest"), "model.honest stands before"),
    "a section too few": (lambda lab: lab["sections"].pop("compile"), "the sections are"),
    "no thresholds": (lambda lab: lab["accuracy"].pop("cifar10"), r"\[accuracy.cifar10\]"),
    "weights of another name": (lambda lab: lab["accuracy"].update(weights_file="w.h5"), "weights_file is cifar10_cnn.keras"),
    "a missing table": (lambda lab: lab.pop("training"), "KeyError"),
    "a table that is none": (lambda lab: lab.update(data=3), "TypeError"),
}


def written(lab: dict[str, Any], folder: Path) -> Path:
    """A folder with *lab* as `lab.toml`."""

    def value(found: Any) -> str:
        if isinstance(found, dict):
            return "{" + ", ".join(f'"{key}" = {value(item)}' for key, item in found.items()) + "}"
        if isinstance(found, list):
            return "[" + ", ".join(map(value, found)) + "]"
        return str(found).lower() if isinstance(found, bool) else repr(found) if not isinstance(found, str) else f"'''{found}'''"

    (folder / "lab.toml").write_text("\n".join(f'"{key}" = {value(item)}' for key, item in lab.items()), "utf-8")
    return folder


def test_the_lab_itself_is_in_order(tmp_path: Path) -> None:
    """What is written and read again is the same lab, so a mistake below is the only one."""
    assert LAB == labfile.read(written(LAB, tmp_path))


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_named(name: str, tmp_path: Path) -> None:
    """Each mistake in `lab.toml` is named."""
    change, message = MISTAKES[name]
    lab = copy.deepcopy(LAB)
    change(lab)

    with pytest.raises(SourceError, match=message):
        labfile.read(written(lab, tmp_path))


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    """An instructor learns of every mistake in one run."""
    lab = copy.deepcopy(LAB)
    lab["lab"]["name"], lab["data"]["scale"] = "my lab", 1

    with pytest.raises(SourceError, match=r"Python module.*data\.scale"):
        labfile.read(written(lab, tmp_path))


@pytest.mark.parametrize(("epochs", "expected"), [(25, [25, 10]), (10, [10, 20]), (1, [1, 10])])
def test_two_numbers_of_epochs_differ(epochs: int, expected: list[int]) -> None:
    """Submissions are compiled for the lab's number of epochs and for another one."""
    lab = copy.deepcopy(LAB)
    lab["training"]["epochs"] = epochs

    assert expected == labfile.facts(lab)["epochs"]
