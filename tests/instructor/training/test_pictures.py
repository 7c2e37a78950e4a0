"""The pictures of a training show what the arrays say, in two languages, and nothing where there is nothing."""

import re
import string
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from PIL import Image

from autograder import messages
from autograder.instructor.training import pictures
from autograder.instructor.training.pictures import NormSeries, Shown
from autograder.instructor.training.words import Words

NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
HISTORY = {
    "loss": [2.0, 1.5, 1.2, 1.0],
    "accuracy": [0.3, 0.45, 0.6, 0.7],
    "val_loss": [1.9, 1.4, 1.3, 1.4],
    "val_accuracy": [0.35, 0.5, 0.625, 0.6],
}


def _shown(**changes: Any) -> Shown:
    """Forty images, four of each class: cats (3) are dogs (5) to the network, one ship (8) in four is a truck (9)."""
    rng = np.random.default_rng(0)
    labels = np.arange(40) % 10
    said = labels.copy()
    said[labels == 3] = 5
    said[8] = 9
    sure = np.linspace(0.9, 0.6, 40)  # the earlier an image, the surer the network
    probabilities = np.repeat((1 - sure[:, None]) / 9, 10, axis=1)
    probabilities[np.arange(40), said] = sure
    shown = Shown(
        history=HISTORY,
        labels=labels,
        probabilities=probabilities.astype(np.float32),
        images=rng.integers(0, 256, (40, 32, 32, 3), dtype=np.uint8),
        kernels=rng.normal(size=(3, 3, 3, 6)).astype(np.float32),
        class_names=NAMES,
        norms=[NormSeries("conv2d_1", 3.0, [1.0, 1.1, 1.2]), NormSeries("dense", 3.0, [2.0, 2.9999, 3.0])],
    )
    return replace(shown, **changes)


def _drawn(figure: Figure | None) -> Any:
    """The figure; there has to be one. What its axes hold is known to the tests, not to matplotlib's types."""
    assert figure is not None
    return figure


def _title(figure: Any) -> str:
    return str(figure.get_suptitle())


def test_curves_are_the_history() -> None:
    """Each measure has its axes, with a line for training and one for validation, told apart without colour."""
    figure = _drawn(pictures.learning_curves(_shown(), "en"))

    assert ["loss", "accuracy"] == [axes.get_ylabel() for axes in figure.axes]
    for axes in figure.axes:
        training, validation = axes.lines[:2]
        measure = axes.get_ylabel()
        assert HISTORY[measure] == list(training.get_ydata()) and [1, 2, 3, 4] == list(training.get_xdata())
        assert HISTORY[f"val_{measure}"] == list(validation.get_ydata())
        assert training.get_linestyle() != validation.get_linestyle() and training.get_marker() != validation.get_marker()
        assert ["training", "validation"] == [entry.get_text() for entry in axes.get_legend().get_texts()]


def test_curves_mark_the_best_epoch() -> None:
    """The epoch of the best validation accuracy has a line in both axes, a star at its height, and stands in the title."""
    figure = _drawn(pictures.learning_curves(_shown(), "en"))

    assert [[3, 3], [3, 3]] == [list(axes.lines[2].get_xdata()) for axes in figure.axes]
    assert [(3, 0.625)] == [tuple(point) for point in figure.axes[1].lines[3].get_xydata()]
    assert _title(figure).endswith("62.50% after epoch 3")


def test_curves_without_validation() -> None:
    """A training without validation has one line in each axes and no best epoch."""
    figure = _drawn(pictures.learning_curves(_shown(history={key: HISTORY[key] for key in ("loss", "accuracy")}), "en"))

    assert [1, 1] == [len(axes.lines) for axes in figure.axes]
    assert "Learning curves" == _title(figure)


def test_one_epoch_has_a_whole_axis() -> None:
    """After a single epoch the axis of epochs has whole numbers only."""
    figure = _drawn(pictures.learning_curves(_shown(history={key: values[:1] for key, values in HISTORY.items()}), "en"))

    for axes in figure.axes:
        low, high = axes.get_xlim()
        assert low < 1 < high and all(tick == int(tick) for tick in axes.get_xticks() if low <= tick <= high)


def test_best_epoch_where_the_loss_was_lost() -> None:
    """Epochs without a number are never the best, and of equal ones the first is."""
    assert 2 == pictures.best_epoch({"val_accuracy": [float("nan"), 0.5, 0.5]})
    assert pictures.best_epoch({"val_accuracy": [float("nan")]}) is None


def test_confusion_matrix_has_its_numbers() -> None:
    """Rows are true classes and columns predicted ones, each cell with its number."""
    axes = _drawn(pictures.confusion_matrix(_shown(), "en")).axes[0]
    numbers = {text.get_position(): text.get_text() for text in axes.texts}

    assert 100 == len(numbers)
    assert ("4", "0", "3", "1") == (numbers[5, 3], numbers[3, 3], numbers[8, 8], numbers[9, 8])
    assert [*NAMES] == [label.get_text() for label in axes.get_yticklabels()]
    assert ("predicted class", "true class") == (axes.get_xlabel(), axes.get_ylabel())


def _luminance(colour: Any) -> float:
    parts = np.array([int(to_hex(colour)[place : place + 2], 16) / 255 for place in (1, 3, 5)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def test_confusion_matrix_can_be_read() -> None:
    """Each number has a contrast of at least 4 to 1 with its cell, whatever its share."""
    rows = np.repeat(np.arange(10), 100)
    said = np.concatenate([np.where(np.arange(100) < 10 * row + 5, row, (row + 1) % 10) for row in range(10)])
    shown = _shown(labels=rows, probabilities=np.eye(10, dtype=np.float32)[said])
    axes = _drawn(pictures.confusion_matrix(shown, "en")).axes[0]
    image = axes.images[0]
    cells = image.cmap(image.norm(image.get_array()))

    for text in axes.texts:
        column, row = text.get_position()
        low, high = sorted((_luminance(text.get_color()), _luminance(cells[row, column])))
        assert (high + 0.05) / (low + 0.05) >= 4


def test_bars_are_sorted_with_whiskers() -> None:
    """The best class is on top; beside each bar stand its accuracy and sqrt(p(1-p)/n), which the whisker shows."""
    figure = _drawn(pictures.accuracy_by_class(_shown(), "en"))
    axes = figure.axes[0]
    widths = [bar.get_width() for bar in axes.patches]
    whiskers = axes.collections[0].get_segments()

    assert axes.yaxis_inverted()
    assert [1.0] * 8 + [0.75, 0.0] == widths
    assert ["ship", "cat"] == [label.get_text() for label in axes.get_yticklabels()][-2:]
    assert pytest.approx(2 * np.sqrt(0.75 * 0.25 / 4)) == np.ptp(whiskers[8][:, 0])
    assert ["100.0% ± 0.0%", "75.0% ± 21.7%", "0.0% ± 0.0%"] == [text.get_text() for text in axes.texts][-3:]
    assert "all classes together: 87.50%" == figure.legends[0].get_texts()[0].get_text()


def test_class_without_images_has_no_bar() -> None:
    """Of a class that the test set lacks nothing is said."""
    few = _shown()
    some = few.labels < 4
    shown = replace(few, labels=few.labels[some], probabilities=few.probabilities[some], images=few.images[some])
    axes = _drawn(pictures.accuracy_by_class(shown, "en")).axes[0]

    assert ["airplane", "automobile", "bird", "cat"] == [label.get_text() for label in axes.get_yticklabels()]


def test_tiles_are_symmetric_about_grey() -> None:
    """Zero is grey, opposite weights are equally far from it, and the largest weight of each kernel is at an end."""
    weights = np.zeros((1, 3, 3, 3), np.float32)
    weights[0, :, 0, 1] = 2, -1, 0
    weights[0, :, 0, 2] = 0.01, 0.02, -0.04

    assert np.full((1, 3, 3), 0.5).tolist() == pictures.tiles(weights)[0].tolist()
    assert pytest.approx([1, 0.25, 0.5]) == pictures.tiles(weights)[1][0, :, 0]
    assert pytest.approx([0.625, 0.75, 0]) == pictures.tiles(weights)[2][0, :, 0]


def test_each_kernel_has_its_place() -> None:
    """Kernels lie row by row on white, each weight as a square of its colour."""
    shown = _shown()
    assert shown.kernels is not None
    canvas = _drawn(pictures.kernels(shown, "en")).axes[0].images[0].get_array()
    side, step = 3 * pictures.TILE, 3 * pictures.TILE + pictures.GAP

    assert (step + side, 3 * step + side, 3) == canvas.shape
    for place, tile in enumerate(pictures.tiles(shown.kernels)):
        top, left = place // 4 * step, place % 4 * step
        assert np.allclose(tile, canvas[top : top + side : pictures.TILE, left : left + side : pictures.TILE])
    assert (canvas[:, side:step] == 1).all()


def test_mistakes_are_the_most_confident() -> None:
    """Wrong answers stand by falling probability, each with its image and both names; right ones are not shown."""
    shown = _shown()
    figure = _drawn(pictures.mistakes(shown, "en"))

    assert [3, 8, 13, 23, 33] == list(pictures.most_confident_mistakes(shown))
    assert _title(figure).startswith("Most confident mistakes: 5 of 5\n")
    titles = [axes.get_title() for axes in figure.axes]
    assert ["cat → dog\n87.69%", "ship → truck\n83.85%"] == titles[:2] and 5 == len(titles)
    for axes, place in zip(figure.axes, (3, 8, 13, 23, 33), strict=True):
        assert (shown.images[place] == axes.images[0].get_array()).all()


def test_mistakes_are_twenty_at_most() -> None:
    """Of many mistakes twenty are shown, and the title says of how many."""
    shown = _shown()
    figure = _drawn(pictures.mistakes(replace(shown, labels=(shown.labels + 1) % 10), "ru"))

    assert 20 == len(figure.axes)
    # One answer is right after the turn: that to the ship that was taken for a truck.
    assert "Самые уверенные ошибки: 20 из 39" == _title(figure).splitlines()[0]


@pytest.mark.parametrize(
    ("lang", "titles"),
    [
        ("en", ["conv2d_1\nnever binds", "dense\nbinds from epoch 2"]),
        ("ru", ["conv2d_1\nне срабатывает ни разу", "dense\nсрабатывает с эпохи 2"]),
    ],
)
def test_norms_say_whether_the_bound_binds(lang: str, titles: list[str]) -> None:
    """Each kernel has its norms, its bound as a dashed line, and the verdict in the title."""
    shown = _shown()
    figure = _drawn(pictures.norms(shown, lang))

    assert titles == [axes.get_title() for axes in figure.axes]
    for axes, series in zip(figure.axes, shown.norms, strict=True):
        norm, bound = axes.lines
        assert series.by_epoch == list(norm.get_ydata()) and [1, 2, 3] == list(norm.get_xdata())
        assert [3.0, 3.0] == list(bound.get_ydata()) and "--" == bound.get_linestyle()
        assert axes.get_ylim()[0] == 0 and axes.get_ylim()[1] > 3


def test_norms_without_bound_or_epoch() -> None:
    """A kernel without a bound has no dashed line, a layer name is no formula, and one without a number is left out."""
    series = [
        NormSeries("a$b$", None, [1.0, float("nan")]),
        NormSeries("empty", 3.0, []),
        NormSeries("lost", 3.0, [float("nan")]),
    ]
    figure = _drawn(pictures.norms(_shown(norms=series), "en"))

    assert ["a$b$\nno bound"] == [axes.get_title() for axes in figure.axes]
    assert 1 == len(figure.axes[0].lines) and not figure.axes[0].title.get_parse_math()


@pytest.mark.parametrize(("norm", "epoch"), [(2.99, None), (2.9999999, 1), (3.0000002, 1), (float("nan"), None)])
def test_binding_allows_for_rounding(norm: float, epoch: int | None) -> None:
    """A norm that was shortened to the bound is at the bound, though the last digits differ; one near it is not."""
    assert epoch == pictures.binds_from(NormSeries("dense", 3.0, [norm]))


@pytest.mark.parametrize("lang", messages.LANGUAGES)
def test_pictures_are_written(lang: str, tmp_path: Path) -> None:
    """All six are whole PNG files at 120 dots per inch, in a folder that is made."""
    paths = pictures.write(tmp_path / "run" / "pictures", _shown(), lang)

    assert sorted(pictures.PICTURES) == sorted(path.name for path in paths)
    assert set(paths) == set((tmp_path / "run" / "pictures").iterdir())
    for path in paths:
        with Image.open(path) as image:
            image.load()
            assert "PNG" == image.format and image.width > 700 and pytest.approx(120, abs=0.1) == image.info["dpi"][0]


def test_what_cannot_be_drawn_is_left_out(tmp_path: Path) -> None:
    """Without history, answers, RGB kernels and norms nothing is written, and nothing stale stays."""
    (tmp_path / "norms.png").write_bytes(b"of an earlier training")
    none = np.zeros(0, int)
    grey = np.ones((3, 3, 1, 6), np.float32)
    empty = _shown(history={}, labels=none, probabilities=np.zeros((0, 10), np.float32), kernels=grey, norms=[])

    assert [] == pictures.write(tmp_path, empty, "en") == list(tmp_path.iterdir())


@pytest.mark.parametrize("kernels", [None, np.ones((3, 3, 1, 6)), np.ones((3, 3, 3, 0)), np.full((3, 3, 3, 1), np.nan)])
def test_kernels_that_are_no_colours(kernels: Any) -> None:
    """Kernels that are missing, not of three channels, none at all or not finite have no picture."""
    assert pictures.kernels(_shown(kernels=kernels), "en") is None


def test_no_mistakes_no_picture() -> None:
    """A network that is always right has no picture of mistakes, but a confusion matrix."""
    shown = _shown()
    right = replace(shown, labels=shown.probabilities.argmax(axis=1))

    assert pictures.mistakes(right, "en") is None
    assert pictures.confusion_matrix(right, "en") is not None


def test_numbers_in_two_languages() -> None:
    """English has a point and a bare sign, Russian a comma and a space; ticks lose the noise of their sums."""
    assert ("0.3", "0,3") == tuple(Words(lang).number(0.1 + 0.2) for lang in ("en", "ru"))
    assert ("62.5%", "62,5\u00a0%") == tuple(Words(lang).percent(0.625) for lang in ("en", "ru"))
    assert ("70%", "70\u00a0%") == tuple(Words(lang).percent_tick(0.7) for lang in ("en", "ru"))


def test_catalogues_match() -> None:
    """Both languages have the same phrases with the same values, and those that the pictures ask for."""
    english, russian = (messages.phrases("pictures", lang) for lang in ("en", "ru"))
    fields = [
        {key: {name for _, name, _, _ in string.Formatter().parse(text) if name} for key, text in words.items()}
        for words in (english, russian)
    ]
    quoted = set(re.findall(r'"(\w+)"', Path(pictures.__file__).read_text("utf-8")))

    assert fields[0] == fields[1]
    assert all(russian.values()) and all(english.values())
    assert set() == set(english) - quoted
    assert set(re.findall(r'say\("(\w+)"', Path(pictures.__file__).read_text("utf-8"))) <= set(english)
