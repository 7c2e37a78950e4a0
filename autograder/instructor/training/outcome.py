"""What a finished training leaves: the model, its accuracy on the test set, and pictures."""

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder import files
from autograder.figures import variance_of_share
from autograder.instructor.training import run
from autograder.instructor.training.pictures import NormSeries, Shown, write
from autograder.instructor.training.run import Training
from autograder.lab import CLASSES, NAME
from autograder.replay.train import measured

MODEL = f"{NAME}.keras"


def _scored(shares: NDArray[np.float32], labels: NDArray[np.uint8]) -> dict[str, Any]:
    """Accuracy, its standard error sqrt(p (1 - p) / n), the loss, and ``[right, all]`` of each class."""
    loss, accuracy = measured(shares, labels)
    labels = labels.ravel()
    right = shares.argmax(axis=1) == labels
    return {
        "accuracy": accuracy,
        "standard_error": math.sqrt(variance_of_share(accuracy, len(labels))),
        "loss": loss,
        "images": len(labels),
        "by_class": [[int(right[labels == k].sum()), int((labels == k).sum())] for k in range(CLASSES)],
    }


def _norms(training: Training) -> list[NormSeries]:
    names = [name for name in training.rows[0] if name.startswith("norm_")]
    layers = {layer.name: layer for layer in training.trainer.model.layers}
    found = []
    for name in names:
        bound = layers[name.removeprefix("norm_")].kernel_constraint.max_value
        found.append(NormSeries(name.removeprefix("norm_"), float(bound), [row[name] for row in training.rows]))
    return found


def _kernels(training: Training) -> NDArray[np.float32] | None:
    """The kernels of the first layer, (h, w, 3, filters), if that is a convolution."""
    first = training.trainer.model.layers[0]
    kernel = getattr(first, "kernel", None)
    return None if kernel is None or len(kernel.shape) != 4 else np.asarray(kernel)


def _save_model(training: Training, path: Path) -> None:
    partial = path.with_name(f".partial-{path.name}")
    training.trainer.model.save(partial)
    partial.replace(path)


def finish(training: Training, class_names: list[str], lang: str) -> dict[str, Any]:
    """Test the network once, and write model, result and pictures into the folder of the run; the result.

    Where images were flipped in training, ``flip`` tells the accuracy of the mean of the predictions for an image and
    for its mirror image.
    """
    trainer, data = training.trainer, training.data
    shares = trainer.predict(data.x_test)
    result = _scored(shares, data.y_test) | {"epochs": len(training.rows), "seconds": round(sum(training.seconds), 1)}
    if trainer.plan.flip:
        result["flip"] = _scored(trainer.predict(data.x_test, flip=True), data.y_test)
    _save_model(training, training.out / MODEL)
    files.write_json(training.out / run.RESULT, result)
    measures = ("loss", "accuracy", "val_loss", "val_accuracy")
    shown = Shown(
        history={measure: [row[measure] for row in training.rows] for measure in measures},
        labels=data.y_test.ravel().astype(np.int64),
        probabilities=shares,
        images=data.x_test,
        kernels=_kernels(training),
        class_names=class_names,
        norms=_norms(training),
    )
    write(training.out, shown, lang)
    return result
