"""The lab's solution as a submission, and its evidence, gathered once by the product's own path."""

import copy
import functools
import tempfile
from pathlib import Path
from typing import Any

from autograder import files, launcher, submission, supervise
from autograder.scheme import load

SEED = 76630
SOURCE = """
import keras
from keras import layers


def prepare_data(x_train, y_train, x_test, y_test):
    x_train = x_train.astype("float32") / 255
    x_test = x_test.astype("float32") / 255
    return (x_train, keras.utils.to_categorical(y_train, 10)), (x_test, keras.utils.to_categorical(y_test, 10))


def build_model():
    max_norm = keras.constraints.MaxNorm(3)
    return keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            layers.Conv2D(32, (3, 3), padding="same", activation="relu"),
            layers.Dropout(0.2),
            layers.Conv2D(64, (3, 3), padding="same", activation="relu", kernel_constraint=max_norm),
            layers.MaxPooling2D((2, 2)),
            layers.Conv2D(128, (3, 3), padding="same", activation="relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Dropout(0.2),
            layers.Flatten(),
            layers.Dense(512, activation="relu", kernel_constraint=max_norm),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )


def compile_model(model, epochs=25):
    rate = keras.optimizers.schedules.InverseTimeDecay(0.01, decay_steps=1, decay_rate=0.01 / epochs)
    loss = keras.losses.CategoricalCrossentropy()
    model.compile(loss=loss, optimizer=keras.optimizers.SGD(rate, momentum=0.9), metrics=["accuracy"])
"""


@functools.cache
def _record() -> dict[str, Any]:
    scheme = load()
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "cifar10_cnn.py").write_text(SOURCE, "utf-8")
        found = submission.find(Path(name), scheme.templates)
        return supervise.gather(found, launcher.PlainLauncher(), seed=SEED, limits=scheme.limits)


def record() -> dict[str, Any]:
    """The evidence of the solution, a copy to change at will; the probe runs once in a test session."""
    return copy.deepcopy(_record())


def store(folder: Path, evidence: Any, evaluation: dict[str, Any] | None = None) -> Path:
    """Write the evidence, and an evaluation if there is one, as the grader stores them."""
    files.write_json(folder / "evidence.json", evidence)
    (folder / "evaluation.json").unlink(missing_ok=True)
    if evaluation is not None:
        files.write_json(folder / "evaluation.json", evaluation)
    return folder
