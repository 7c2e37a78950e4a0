"""The rule that asks whether a network was trained on the test images, by figures and by real trainings."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from autograder import dataset, evaluate, figures, judge, suspicion
from autograder.figures import Figures, Gap, Train
from autograder.scheme import load
from tests.support import networks, reference
from tests.support.warm import WarmLauncher

EPOCHS = 20


def honest(**changes: Any) -> Figures:
    """The figures of an honest network, with some changed."""
    return replace(figures.read(reference.evaluation()), **changes)


@pytest.mark.parametrize(
    ("changes", "flagged"),
    [
        ({}, False),
        ({"gap": Gap(-3.0, 9.0)}, False),
        ({"gap": Gap(-3.2, 9.0)}, True),
        ({"gap": Gap(5.0, 3.2)}, False),
        ({"gap": Gap(5.0, 3.0)}, True),
        ({"gap": Gap(5.0, -9.0)}, True),
        ({"gap": Gap(0.0, 0.0), "train": Train(0.79, 0.6, 5000)}, False),
        ({"gap": Gap(-9.0, -9.0), "train": Train(0.3, 2.0, 5000)}, True),
        ({"gap": Gap(-9.0, -9.0), "images": 999}, False),
        ({"gap": Gap(-9.0, -9.0), "train": Train(0.9, 0.2, 999)}, False),
    ],
)
def test_rule(changes: dict[str, Any], flagged: bool) -> None:
    """Flagged is who does better on test images, or fits training images well and test images alike."""
    assert flagged == (suspicion.of_test_set(honest(**changes), "cifar10") is not None)


def test_other_data() -> None:
    """In the synthetic set a network may know more training images before it must have learned them by heart."""
    found = honest(gap=Gap(0.0, 0.0), train=Train(0.85, 0.5, 5000))

    assert suspicion.of_test_set(found, "synthetic") is None
    assert suspicion.of_test_set(found, "of another name") is not None


def test_flag_in_the_verdict(tmp_path: Path) -> None:
    """The verdict has the flag with the figures, and the points are those of the accuracy."""
    gap = {"gap": reference.evaluation()["gap"] | {"loss_z": 0.4}}
    folder = reference.store(tmp_path, reference.record(), reference.evaluation(**gap))
    found = judge.judge(folder, ["accuracy"])

    assert ("graded", 20) == (found.status, found.score)
    assert ["flag.test_set"] == [flag.code for flag in found.flags]
    assert {"test": "74.70%", "train": "81.00%", "loss_z": "0.4"}.items() <= found.flags[0].params.items()


def trained(data: dataset.Dataset, parts: str) -> Any:
    """A small network trained until it knows its images, those of the training set, of the test set, or both."""
    layers = networks.layers
    keras.utils.set_random_seed(1)
    model = networks.chain(
        layers.Conv2D(16, 5, strides=2, activation="relu"),
        layers.Conv2D(32, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Conv2D(32, 3, activation="relu"),
        layers.Flatten(),
        layers.Dense(10, activation="softmax"),
    )
    given = {"train": [data.sample], "test": [(data.x_test, data.y_test)]}
    given["both"] = given["train"] + given["test"]
    images, labels = (np.concatenate(part) for part in zip(*given[parts], strict=True))
    model.compile(optimizer=keras.optimizers.Adam(2e-3), loss="sparse_categorical_crossentropy")
    model.fit(images / np.float32(255), labels, epochs=EPOCHS, verbose=0)
    return model


@pytest.mark.slow
@pytest.mark.parametrize(("parts", "flagged"), [("train", False), ("test", True), ("both", True)])
def test_real_trainings(parts: str, flagged: bool, tmp_path: Path, warm: WarmLauncher) -> None:
    """A network that was trained honestly is not flagged; one that saw the test images is, alone or with the others."""
    data = dataset.synthetic(1112, 1000)
    model = trained(data, parts)
    model.save(tmp_path / "x.keras")
    found = evaluate.measure(networks.rebuilt(model), (1 / 255, 0.0), tmp_path / "x.keras", warm, data, load().limits)

    assert flagged == (suspicion.of_test_set(found, "synthetic") is not None), found
