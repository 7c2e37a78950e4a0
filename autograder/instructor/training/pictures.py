"""Pictures of a training: plain arrays in, PNG files out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from autograder import messages

DPI = 120
MISTAKES, COLUMNS = 20, 5
BINDS = 1e-3  # a norm that comes this near to its bound, as a share of it, has met it
BLUE, ORANGE = "#0b5394", "#b45f06"  # also apart in grey


@dataclass(frozen=True)
class NormSeries:
    """The largest norm of a constrained kernel after each epoch, and its bound."""

    name: str
    bound: float
    by_epoch: Sequence[float]


@dataclass(frozen=True)
class Shown:
    """What the pictures show.

    ``history`` has loss, accuracy, val_loss and val_accuracy by epoch; ``labels`` (n,) int and ``probabilities``
    (n, 10) belong to the test ``images`` (n, 32, 32, 3) uint8; ``kernels`` are those of the first layer, (h, w, 3,
    filters), None if it is no convolution.
    """

    history: Mapping[str, Sequence[float]]
    labels: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    images: NDArray[np.uint8]
    kernels: NDArray[np.float32] | None
    class_names: Sequence[str]
    norms: Sequence[NormSeries]


class _Words:
    """The words of the pictures in one language."""

    def __init__(self, lang: str) -> None:
        self._lang = lang

    def __call__(self, name: str, **values: Any) -> str:
        return messages.phrase(self._lang, f"picture_{name}", **values)


def _figure(width: float, height: float, title: str) -> Figure:
    figure = Figure(figsize=(width, height), layout="constrained")
    figure.suptitle(title)
    return figure


def learning_curves(shown: Shown, say: _Words) -> Figure:
    """Loss and accuracy by epoch; the epoch with the best accuracy on the images that were watched is marked."""
    figure = _figure(10, 4, say("curves"))
    best = int(np.argmax(shown.history["val_accuracy"]))
    epochs = np.arange(1, len(shown.history["loss"]) + 1)
    for axes, measure in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
        axes.plot(epochs, shown.history[measure], "o-", color=BLUE, markersize=3, label=say("training"))
        axes.plot(epochs, shown.history[f"val_{measure}"], "s--", color=ORANGE, markersize=3, label=say("watched"))
        axes.axvline(best + 1, color="0.6", linestyle=":", label=say("best", epoch=best + 1))
        axes.set(xlabel=say("epoch"), ylabel=say(measure))
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(visible=True, color="0.9")
        axes.legend()
    return figure


def confusion_matrix(shown: Shown, say: _Words) -> Figure:
    """How often each class was taken for each: a row is the true class, a column what the network said."""
    names, count = shown.class_names, len(shown.class_names)
    said = shown.probabilities.argmax(axis=1)
    matrix = np.bincount(count * shown.labels + said, minlength=count**2).reshape(count, count)
    figure = _figure(7, 7, say("confusion"))
    axes = figure.subplots()
    axes.imshow(matrix, cmap="Blues", vmax=2 * max(1, matrix.max()))  # pale enough to read the numbers
    axes.set_xticks(range(count), names, rotation=90)
    axes.set_yticks(range(count), names)
    axes.set(xlabel=say("said"), ylabel=say("true"))
    for (row, column), number in np.ndenumerate(matrix):
        weight = "bold" if row == column else "normal"
        axes.text(column, row, str(number), ha="center", va="center", fontsize=8, fontweight=weight)
    return figure


def accuracy_by_class(shown: Shown, say: _Words) -> Figure:
    """The share of each class that was recognised, with its standard error sqrt(p (1 - p) / n)."""
    right = shown.probabilities.argmax(axis=1) == shown.labels
    counts = np.array([(shown.labels == k).sum() for k in range(len(shown.class_names))])
    shares = np.array([right[shown.labels == k].mean() if counts[k] else 0.0 for k in range(len(counts))])
    errors = np.sqrt(shares * (1 - shares) / np.maximum(1, counts))
    order = np.argsort(shares)
    figure = _figure(7, 4.5, say("classes"))
    axes = figure.subplots()
    axes.barh(range(len(order)), shares[order], xerr=errors[order], color=BLUE, alpha=0.6, ecolor="0.2", capsize=3)
    axes.set_yticks(range(len(order)), [shown.class_names[k] for k in order])
    axes.set(xlim=(0, 1.15), xlabel=say("share"))
    for place, k in enumerate(order):
        axes.text(min(1.0, shares[k] + errors[k]) + 0.02, place, f"{shares[k]:.1%}", va="center", fontsize=8)
    return figure


def kernels(shown: Shown, say: _Words) -> Figure | None:
    """The kernels of the first convolution as colours; grey is a weight of 0."""
    if shown.kernels is None or shown.kernels.ndim != 4 or shown.kernels.shape[2] != 3:
        return None
    filters = shown.kernels.shape[3]
    across = min(8, filters)
    down = -(-filters // across)
    figure = _figure(0.9 * across, 0.9 * down + 0.6, say("kernels"))
    for number, axes in enumerate(figure.subplots(down, across, squeeze=False).flat):
        axes.axis("off")
        if number < filters:
            kernel = shown.kernels[..., number]
            axes.imshow(0.5 + kernel / (2 * max(1e-9, float(np.abs(kernel).max()))))
    return figure


def mistakes(shown: Shown, say: _Words) -> Figure | None:
    """The mistakes of which the network was most sure: true class, answer, probability."""
    said = shown.probabilities.argmax(axis=1)
    wrong = np.flatnonzero(said != shown.labels)
    chosen = wrong[np.argsort(-shown.probabilities[wrong, said[wrong]], kind="stable")][:MISTAKES]
    if not len(chosen):
        return None
    rows = -(-len(chosen) // COLUMNS)
    figure = _figure(9, 2.0 * rows + 0.6, say("mistakes"))
    for number, axes in enumerate(figure.subplots(rows, COLUMNS, squeeze=False).flat):
        axes.axis("off")
        if number < len(chosen):
            k = chosen[number]
            true, answer = shown.class_names[shown.labels[k]], shown.class_names[said[k]]
            axes.imshow(shown.images[k])
            axes.set_title(f"{true} → {answer}\n{shown.probabilities[k, said[k]]:.1%}", fontsize=8)
    return figure


def norms(shown: Shown, say: _Words) -> Figure | None:
    """The largest norms of constrained kernels by epoch beside their bounds: whether max-norm has anything to do."""
    if not shown.norms:
        return None
    figure = _figure(5 * len(shown.norms), 4, say("norms"))
    for axes, series in zip(figure.subplots(1, len(shown.norms), squeeze=False).flat, shown.norms, strict=True):
        epochs = np.arange(1, len(series.by_epoch) + 1)
        axes.plot(epochs, series.by_epoch, "o-", color=BLUE, markersize=3, label=say("norm"))
        axes.axhline(series.bound, color=ORANGE, linestyle="--", label=say("bound", value=f"{series.bound:g}"))
        met = [epoch for epoch, norm in zip(epochs, series.by_epoch, strict=True) if norm >= series.bound * (1 - BINDS)]
        title = say("binds", epoch=met[0]) if met else say("free")
        axes.set_title(f"{series.name}: {title}", fontsize=10)
        axes.set(xlabel=say("epoch"), ylim=(0, 1.15 * max(series.bound, *series.by_epoch)))
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(visible=True, color="0.9")
        axes.legend(loc="lower right")
    return figure


PICTURES = (learning_curves, confusion_matrix, accuracy_by_class, kernels, mistakes, norms)


def draw(shown: Shown, lang: str) -> Iterator[tuple[str, Figure]]:
    """The pictures there is something to show in, by name."""
    for picture in PICTURES:
        figure = picture(shown, _Words(lang))
        if figure is not None:
            yield picture.__name__, figure


def write(folder: Path, shown: Shown, lang: str) -> list[Path]:
    """Write ``NAME.png`` for each picture into *folder*; their paths."""
    paths = []
    for name, figure in draw(shown, lang):
        paths.append(folder / f"{name}.png")
        figure.savefig(paths[-1], dpi=DPI)
    return paths
