"""The pictures of a training: matplotlib figures made from arrays, without a display and without global state.

What differs in colour differs in marker or line style as well, so that a grey print and a colour-blind reader
lose nothing. A picture for which there is no data is ``None``.
"""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from autograder import files
from autograder.instructor.training.words import Words

DPI = 120
MISTAKES, MISTAKES_IN_ROW = 20, 5
NORMS_IN_ROW = 3
MARKERS = 15  # on a line, at most about so many
TILE, GAP = 8, 4  # pixels of the picture for one weight, and between two kernels
# The constraint shortens to the bound itself, but for rounding and the epsilon in its division.
TOUCHES = 0.999
TRAINING: dict[str, Any] = {"color": "#0072b2", "linestyle": "-", "marker": "o", "markersize": 4}
VALIDATION: dict[str, Any] = {"color": "#d55e00", "linestyle": "--", "marker": "s", "markersize": 5, "markerfacecolor": "white"}
BOUND: dict[str, Any] = {"color": "black", "linestyle": "--"}


@dataclass(frozen=True)
class NormSeries:
    """The largest norm in the kernel of the layer *name* after each epoch, and the bound that max-norm sets it."""

    name: str
    bound: float | None
    by_epoch: list[float]


@dataclass(frozen=True)
class Shown:
    """What is drawn of one training of c classes, and of its answers to n test images.

    ``history``        loss, accuracy (0 to 1), val_loss, val_accuracy by epoch; each may be missing
    ``labels``         true classes, (n,) int
    ``probabilities``  what the network says, (n, c) float32
    ``images``         (n, 32, 32, 3) uint8
    ``kernels``        of the first convolution, (height, width, channels, filters) float32
    ``class_names``    c names
    ``norms``          one series for each constrained kernel
    """

    history: Mapping[str, list[float]]
    labels: NDArray[Any]
    probabilities: NDArray[np.float32]
    images: NDArray[np.uint8]
    kernels: NDArray[np.float32] | None
    class_names: Sequence[str]
    norms: Sequence[NormSeries]


def write(folder: Path, shown: Shown, lang: str) -> list[Path]:
    """Write the pictures as PNG files, and say which; one that cannot be drawn leaves none of an earlier training.

    Raises:
        OSError: the disk is full or the folder cannot be written.
    """
    written = []
    for name, draw in PICTURES.items():
        path, figure = folder / name, draw(shown, lang)
        if figure is None:
            path.unlink(missing_ok=True)
            continue
        content = io.BytesIO()
        figure.savefig(content, format="png", dpi=DPI)
        files.write(path, content.getvalue())
        written.append(path)
    return written


def best_epoch(history: Mapping[str, list[float]]) -> int | None:
    """The epoch, counted from 1, with the best validation accuracy; the first of several."""
    values = np.array(history.get("val_accuracy", []), float)
    return int(np.nanargmax(values)) + 1 if np.isfinite(values).any() else None


def learning_curves(shown: Shown, lang: str) -> Figure | None:
    """Loss and accuracy by epoch, of training and validation, with the epoch of the best validation accuracy."""
    text, history = Words(lang), shown.history
    measures = [measure for measure in ("loss", "accuracy") if history.get(measure) or history.get(f"val_{measure}")]
    if not measures:
        return None
    best = best_epoch(history)
    figure = _figure(10, 4.3)
    for axes, measure in zip(figure.subplots(1, len(measures), squeeze=False)[0], measures, strict=True):
        for key, word, style in ((measure, "training", TRAINING), (f"val_{measure}", "validation", VALIDATION)):
            _plot_epochs(axes, history.get(key, []), label=text.say(word), **style)
        axes.set(xlabel=text.say("epoch"), ylabel=text.say(measure))
        axes.yaxis.set_major_formatter(text.percent_tick if measure == "accuracy" else text.number)
        axes.legend()
        if best is not None:
            axes.axvline(best, color="black", linestyle=":")
    if best is None:
        figure.suptitle(text.say("curves"))
        return figure
    accuracy = history["val_accuracy"][best - 1]
    figure.axes[-1].plot(best, accuracy, "k*", markersize=12, zorder=3)
    figure.suptitle(text.say("curves_best", epoch=best, accuracy=text.percent(accuracy, 2)))
    return figure


def counts(shown: Shown) -> NDArray[np.int64]:
    """How many images of a class (row) the network takes for a class (column), (c, c)."""
    matrix = np.zeros((len(shown.class_names),) * 2, np.int64)
    np.add.at(matrix, (shown.labels, shown.probabilities.argmax(axis=1)), 1)
    return matrix


def confusion_matrix(shown: Shown, lang: str) -> Figure | None:
    """The confusion matrix, with its numbers; rows are true classes."""
    if not len(shown.labels):
        return None
    text, matrix, places = Words(lang), counts(shown), range(len(shown.class_names))
    share = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    figure = _figure(7.6, 7.8)
    axes = figure.subplots()
    # By the root: otherwise a mistake made in one case of ten could not be seen.
    axes.imshow(np.sqrt(share), cmap="Blues", vmin=0, vmax=1)
    for (row, column), number in np.ndenumerate(matrix):
        colour = "white" if share[row, column] > 0.5 else "black"
        weight = "bold" if row == column else "normal"
        axes.text(column, row, str(number), ha="center", va="center", fontsize=9, color=colour, weight=weight)
    axes.set_xticks(places, shown.class_names, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(places, shown.class_names)
    axes.set(xlabel=text.say("predicted"), ylabel=text.say("true"))
    figure.suptitle(text.say("confusion"), fontsize=10)
    return figure


def accuracy_by_class(shown: Shown, lang: str) -> Figure | None:
    """A bar for each class that has images, the best on top, with its standard error."""
    if not len(shown.labels):
        return None
    text, matrix = Words(lang), counts(shown)
    total, right = matrix.sum(axis=1), matrix.diagonal()
    order = [int(place) for place in np.argsort(-right / np.maximum(total, 1), kind="stable") if total[place]]
    share = right[order] / total[order]
    error = np.sqrt(share * (1 - share) / total[order])
    overall = right.sum() / total.sum()
    figure = _figure(8, 1.4 + 0.38 * len(order))
    axes = figure.subplots()
    axes.barh(range(len(order)), share, xerr=error, color="#8fbbda", edgecolor="black", linewidth=0.6, capsize=3)
    axes.axvline(overall, label=text.say("by_class_all", accuracy=text.percent(overall, 2)), **BOUND)
    for place, (value, spread) in enumerate(zip(share, error, strict=True)):
        label = f"{text.percent(value)} ± {text.percent(spread)}"
        axes.text(1.02, place, label, va="center", transform=axes.get_yaxis_transform())
    axes.set_yticks(range(len(order)), [shown.class_names[place] for place in order])
    axes.set(xlim=(0, 1), xlabel=text.say("accuracy"))
    axes.invert_yaxis()
    axes.xaxis.set_major_formatter(text.percent_tick)
    figure.legend(loc="outside lower right", frameon=False)
    figure.suptitle(text.say("by_class"))
    return figure


def tiles(kernels: NDArray[np.float32]) -> NDArray[np.float64]:
    """Kernels (height, width, 3, filters) as colours from 0 to 1, (filters, height, width, 3); 0.5 stands for zero."""
    rows = np.moveaxis(kernels, -1, 0).astype(float)
    largest = np.abs(rows).max(axis=(1, 2, 3), keepdims=True)
    return 0.5 + 0.5 * rows / np.where(largest > 0, largest, 1)


def kernels(shown: Shown, lang: str) -> Figure | None:
    """The kernels of the first convolution as colour tiles; none if its input is not RGB or a weight is not finite."""
    weights = shown.kernels
    if weights is None or weights.ndim != 4 or weights.shape[2] != 3 or not weights.size or not np.isfinite(weights).all():
        return None
    pictures = tiles(weights).repeat(TILE, axis=1).repeat(TILE, axis=2)
    number, height, width, _ = pictures.shape
    across = int(np.ceil(np.sqrt(2 * number)))  # twice as wide as high
    down = -(-number // across)
    canvas = np.ones((down * (height + GAP) - GAP, across * (width + GAP) - GAP, 3))
    for place, picture in enumerate(pictures):
        top, left = place // across * (height + GAP), place % across * (width + GAP)
        canvas[top : top + height, left : left + width] = picture
    figure = _figure(8, 0.9 + 8 * canvas.shape[0] / canvas.shape[1])
    axes = figure.subplots()
    axes.imshow(canvas, interpolation="nearest")
    axes.set_axis_off()
    figure.suptitle(Words(lang).say("kernels", number=number))
    return figure


def most_confident_mistakes(shown: Shown) -> NDArray[np.intp]:
    """The places of all wrong answers, the most probable in the network's view first."""
    predicted = shown.probabilities.argmax(axis=1)
    wrong = np.flatnonzero(predicted != shown.labels)
    return wrong[np.argsort(-shown.probabilities[wrong, predicted[wrong]], kind="stable")]


def mistakes(shown: Shown, lang: str) -> Figure | None:
    """The most confident mistakes: image, true and predicted class, and the probability of the latter."""
    text = Words(lang)
    wrong = most_confident_mistakes(shown) if len(shown.labels) else np.array([], int)
    first = wrong[:MISTAKES]
    if not len(first):
        return None
    down = -(-len(first) // MISTAKES_IN_ROW)
    figure = _figure(9.5, 0.8 + 2.2 * down)
    for place, index in enumerate(first, 1):
        axes = figure.add_subplot(down, MISTAKES_IN_ROW, place)
        axes.imshow(shown.images[index], cmap="gray", vmin=0, vmax=255)  # of grey images; colours are as they are
        axes.set_axis_off()
        said = int(shown.probabilities[index].argmax())
        names = f"{shown.class_names[int(shown.labels[index])]} → {shown.class_names[said]}"
        axes.set_title(f"{names}\n{text.percent(float(shown.probabilities[index, said]), 2)}", fontsize=9)
    figure.suptitle(text.say("mistakes", shown=len(first), number=len(wrong)))
    return figure


def binds_from(series: NormSeries) -> int | None:
    """The first epoch, counted from 1, after which the largest norm is at its bound."""
    if series.bound is None:
        return None
    return next((epoch for epoch, norm in enumerate(series.by_epoch, 1) if norm >= TOUCHES * series.bound), None)


def norms(shown: Shown, lang: str) -> Figure | None:
    """The largest norm of each constrained kernel by epoch, beside its bound; none for one that has no number."""
    text, drawn = Words(lang), [series for series in shown.norms if np.isfinite(series.by_epoch).any()]
    if not drawn:
        return None
    across = min(len(drawn), NORMS_IN_ROW)
    down = -(-len(drawn) // across)
    figure = _figure(max(7, 4.2 * across), 0.6 + 3.4 * down)
    for place, series in enumerate(drawn, 1):
        axes = figure.add_subplot(down, across, place)
        _plot_epochs(axes, series.by_epoch, label=text.say("norm"), **TRAINING)
        epoch, verdict = binds_from(series), text.say("unbound")
        if series.bound is not None:
            axes.axhline(series.bound, label=text.say("bound", bound=text.number(series.bound)), **BOUND)
            verdict = text.say("never_binds") if epoch is None else text.say("binds", epoch=epoch)
        # From zero, so that the distance from the bound can be judged by eye.
        axes.set_ylim(0, 1.15 * max(filter(np.isfinite, [*series.by_epoch, series.bound or 0]), default=1) or 1)
        axes.set(xlabel=text.say("epoch"), ylabel=text.say("norm"))
        axes.yaxis.set_major_formatter(text.number)
        axes.set_title(f"{series.name}\n{verdict}", fontsize=10, parse_math=False)
        axes.legend(loc="lower right")
    figure.suptitle(text.say("norms"))
    return figure


def _figure(width: float, height: float) -> Figure:
    """An empty figure with room at its edges; width and height in inches."""
    figure = Figure(figsize=(width, height), layout="constrained")
    figure.set_layout_engine("constrained", w_pad=0.1, h_pad=0.1)
    return figure


def _plot_epochs(axes: Any, values: Sequence[float], **style: Any) -> None:
    """A line over the epochs from 1 on; nothing where there are no values."""
    if values:
        axes.plot(range(1, len(values) + 1), values, markevery=max(1, len(values) // MARKERS), **style)
        # Half an epoch of room: the axis of a single epoch would have ticks at fractions.
        axes.update_datalim([(0.5, 0), (len(values) + 0.5, 0)], updatey=False)
        axes.autoscale_view()
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))


PICTURES: Mapping[str, Callable[[Shown, str], Figure | None]] = {
    "learning_curves.png": learning_curves,
    "confusion_matrix.png": confusion_matrix,
    "accuracy_by_class.png": accuracy_by_class,
    "kernels.png": kernels,
    "mistakes.png": mistakes,
    "norms.png": norms,
}
