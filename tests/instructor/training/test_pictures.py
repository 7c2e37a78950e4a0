"""Pictures show what the arrays say."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from autograder.instructor.training.pictures import NormSeries, Shown, draw, write

NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
RNG = np.random.default_rng(1)
LABELS = np.arange(100) % 10


def probabilities(wrong: dict[int, tuple[int, float]]) -> np.ndarray:
    """Answers that are right and sure, but for images that get another class with some probability."""
    found = np.full((100, 10), 0.001, np.float32)
    for image, label in enumerate(LABELS):
        answer, share = wrong.get(image, (int(label), 0.9))
        found[image, answer] = share
    return found


SHOWN = Shown(
    history={
        "loss": [1.9, 1.2, 0.9],
        "accuracy": [0.3, 0.5, 0.7],
        "val_loss": [1.5, 1.1, 1.2],
        "val_accuracy": [0.4, 0.66, 0.6],
    },
    labels=LABELS,
    probabilities=probabilities({3: (5, 0.8), 13: (5, 0.95), 7: (4, 0.6)}),
    images=RNG.integers(0, 255, (100, 32, 32, 3), dtype=np.uint8),
    kernels=RNG.normal(0, 1, (3, 3, 3, 12)).astype(np.float32),
    class_names=NAMES,
    norms=[NormSeries("conv2d_1", 3.0, [1.0, 1.1, 1.2]), NormSeries("dense", 1.5, [1.4, 1.5, 1.5])],
)


def figures(shown: Shown = SHOWN, lang: str = "en") -> dict[str, Figure]:
    """The pictures by name."""
    return dict(draw(shown, lang))


def texts(figure: Any) -> list[str]:
    """All that is written in a picture."""
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def test_curves_are_the_history() -> None:
    """Four lines with the values of the history, and the best epoch marked."""
    axes = figures()["learning_curves"].axes
    lines = [list(line.get_ydata()) for part in axes for line in part.lines[:2]]

    assert lines == [list(SHOWN.history[name]) for name in ("loss", "val_loss", "accuracy", "val_accuracy")]
    assert "best epoch, 2" in texts(figures()["learning_curves"])


def test_confusion_counts() -> None:
    """Two cats were taken for dogs, eight were recognised."""
    axes = figures()["confusion_matrix"].axes[0]
    numbers = {text.get_position(): text.get_text() for text in axes.texts}

    assert (numbers[(5, 3)], numbers[(3, 3)], numbers[(4, 7)], numbers[(0, 1)]) == ("2", "8", "1", "0")


def test_classes_are_sorted_with_their_errors() -> None:
    """The weakest class stands first, each with its share and its standard error."""
    axes = figures()["accuracy_by_class"].axes[0]

    assert [label.get_text() for label in axes.get_yticklabels()][:2] == ["cat", "horse"]
    assert [bar.get_width() for bar in axes.patches][:2] == pytest.approx([0.8, 0.9])
    low, high = axes.collections[0].get_segments()[0][:, 0]
    assert (high - low) / 2 == pytest.approx((0.8 * 0.2 / 10) ** 0.5)


def test_kernels_are_grey_at_zero() -> None:
    """Every filter is shown, with a colour between that of its largest weight and the opposite one."""
    shown = [axes.images[0].get_array() for axes in figures()["kernels"].axes if axes.images]

    assert len(shown) == 12
    assert all(float(np.abs(image - 0.5).max()) == pytest.approx(0.5) for image in shown)
    assert "kernels" not in figures(replace(SHOWN, kernels=None))
    assert "kernels" not in figures(replace(SHOWN, kernels=np.zeros((3, 3, 1, 4), np.float32)))


def test_mistakes_begin_with_the_surest() -> None:
    """Mistakes are told with both classes and the probability, the surest first."""
    titles = [axes.get_title() for axes in figures()["mistakes"].axes if axes.get_title()]

    assert titles == ["cat → dog\n95.0%", "cat → dog\n80.0%", "horse → deer\n60.0%"]
    assert "mistakes" not in figures(replace(SHOWN, probabilities=probabilities({})))


@pytest.mark.parametrize(
    ("lang", "titles"),
    [
        ("en", ["conv2d_1: never binds", "dense: binds from epoch 2"]),
        ("ru", ["conv2d_1: не срабатывает", "dense: срабатывает с эпохи 2"]),
    ],
)
def test_norms_say_whether_the_bound_binds(lang: str, titles: list[str]) -> None:
    """A norm that meets its bound is told with the epoch; one that never does, as such."""
    axes = figures(lang=lang)["norms"].axes

    assert [part.get_title() for part in axes] == titles
    assert [list(part.lines[0].get_ydata()) for part in axes] == [list(series.by_epoch) for series in SHOWN.norms]
    assert "norms" not in figures(replace(SHOWN, norms=[]))


def test_files_are_written(tmp_path: Path) -> None:
    """Each picture becomes a PNG file of its name."""
    paths = write(tmp_path, SHOWN, "ru")

    assert [path.name for path in paths] == [f"{name}.png" for name in figures()]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths)
