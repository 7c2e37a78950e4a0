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


def evaluation(right: int = 7470, images: int = 10_000, **changes: Any) -> dict[str, Any]:
    """The evaluation of an honest network: *right* of *images* spread over the classes, mistakes one class too high."""
    share = [len(range(k, images, 10)) for k in range(10)]
    hits = [min(count, right // 10 + (k < right % 10)) for k, count in enumerate(share)]
    confusion = [[0] * 10 for _ in range(10)]
    for k, (hit, count) in enumerate(zip(hits, share, strict=True)):
        confusion[k][k], confusion[k][(k + 1) % 10] = hit, count - hit
    accuracy, train = sum(hits) / images, 0.81
    variance = accuracy * (1 - accuracy) / images
    return {
        "schema": 2,
        "status": "ok",
        "data": "cifar10",
        "digest": "cd" * 32,
        "weights": "cifar10_cnn.keras",
        "accuracy": accuracy,
        "standard_error": variance**0.5,
        "loss": 0.7512,
        "images": images,
        "confusion": confusion,
        "by_class": [[hit, count] for hit, count in zip(hits, share, strict=True)],
        "train": {"accuracy": train, "loss": 0.5613, "images": 5000},
        "gap": {"accuracy_z": (train - accuracy) / (variance + train * (1 - train) / 5000) ** 0.5, "loss_z": 9.5},
    } | changes


def store(folder: Path, evidence: Any, evaluation: dict[str, Any] | None = None) -> Path:
    """Write the evidence, and an evaluation if there is one, as the grader stores them."""
    files.write_json(folder / "evidence.json", evidence)
    (folder / "evaluation.json").unlink(missing_ok=True)
    if evaluation is not None:
        files.write_json(folder / "evaluation.json", evaluation)
    return folder


def trial(lab: int, own: int | None = None, data: str = "cifar10") -> dict[str, Any]:
    """What is stored of a trial in which the network recognised so many of 1,000 images, compiled in either way."""
    found = {name: {"right": right, "images": 1000, "losses": [2.3], "key": "0"} for name, right in (("lab", lab), ("own", own))}
    about = {"schema": 2, "kind": "trial", "status": "ok", "data": data, "digest": "0" * 64}
    return about | {"images": 1000, "steps": 110, "batch_size": 32} | {k: v for k, v in found.items() if v["right"] is not None}
