"""The checks of the data on arrays in which one thing is changed: what they tell of it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograder import inputs
from autograder.checks import test_data as checks
from autograder.errors import CheckFailed
from autograder.evidence import Array
from autograder.observed import PARTS, PreparedCase

SEED = 76630
Arrays = dict[str, Any]


def cases(change: Callable[[Arrays], object]) -> list[PreparedCase]:
    """Both cases as the solution returns them, with something changed."""
    found = []
    for given in inputs.data_cases(SEED):
        parts: Arrays = {part: getattr(given, part) for part in PARTS}
        parts |= {part: (parts[part] / 255).astype(np.float32) for part in ("x_train", "x_test")}
        parts |= {part: np.eye(10)[parts[part].ravel()] for part in ("y_train", "y_test")}
        change(parts)
        arrays = {part: Array("numpy.ndarray", value.dtype.str, value.shape, value) for part, value in parts.items()}
        found.append(PreparedCase(given, arrays))
    return found


def told(check: Callable[..., None], change: Callable[[Arrays], object], *more: Any) -> CheckFailed:
    """What a check says of it."""
    with pytest.raises(CheckFailed) as caught:
        check(cases(change), *more)
    return caught.value


def rows(found: list[PreparedCase]) -> None:
    """The check of rows where nothing is known of larger sets."""
    checks.test_rows(found, {})


def test_a_part_of_a_larger_set_was_kept() -> None:
    """Whoever keeps all rows of a few and not of many is told of how many."""
    with pytest.raises(CheckFailed) as caught:
        checks.test_rows(cases(lambda parts: None), {"x_train": (401, 401), "y_train": (401, 400)})

    assert "data.rows.cut" == caught.value.code
    assert {"part": "y_train", "expected": 401, "received": 400} == caught.value.params
    checks.test_rows(cases(lambda parts: None), {"x_train": (401, 401)})


@pytest.mark.parametrize("part", PARTS)
def test_part_made_from_the_other(part: str) -> None:
    """Images or labels that are those of the other part are told with the names that were mixed up."""
    source = checks.OTHER[part]
    found = told(rows, lambda parts: parts.update({part: parts[source]}))

    assert "data.rows.copied" == found.code
    assert (part, source) == (found.params["part"], found.params["source"])


def test_labels_encoded_twice() -> None:
    """Test labels made from training labels that are one-hot already are those of the training, too."""
    found = told(rows, lambda parts: parts.update(y_test=np.eye(10)[parts["y_train"].astype(int)]))

    assert "data.rows.copied" == found.code


def test_other_images_of_the_same_number() -> None:
    """As many rows as the other part has, but other images, are only too many."""
    found = told(rows, lambda parts: parts.update(x_test=1 - parts["x_train"][::-1]))

    assert "data.rows.count" == found.code


@pytest.mark.parametrize("letter", ["x", "y"])
def test_test_rows_appended(letter: str) -> None:
    """Test images or labels behind those of the training are told with their number."""

    def change(parts: Arrays) -> None:
        parts[f"{letter}_train"] = np.concatenate([parts[f"{letter}_train"], parts[f"{letter}_test"]])

    found = told(rows, change)

    assert "data.rows.joined" == found.code
    assert {"expected": 12, "received": 17, "surplus": 5}.items() <= found.params.items()


def test_rows_left_out() -> None:
    """Otherwise the two numbers stand in the sentence."""
    found = told(rows, lambda parts: parts.update(x_train=parts["x_train"][:10]))

    assert ("data.rows.count", {"part": "x_train", "expected": 12, "received": 10}) == (found.code, found.params)


def test_channels_in_another_order() -> None:
    """Reversed channels are told as that, another order of images is not."""
    channels = told(rows, lambda parts: parts.update(x_train=parts["x_train"][..., ::-1]))
    images = told(rows, lambda parts: parts.update(x_train=parts["x_train"][::-1]))

    assert ("data.rows.channels", "2, 1, 0") == (channels.code, channels.params["received"])
    assert "data.rows.order" == images.code


FACTS = {"data": {"scale": 255}}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda x: x * np.float32(255 / 256), "data.scale.by_256"),
        (lambda x: x.round(2), "data.scale.other"),
        (lambda x: x * np.float32(1.00002), "data.scale.other"),
    ],
    ids=["by 256", "rounded", "barely"],
)
def test_a_pixel_shows_the_difference(change: Callable[[Any], Any], code: str) -> None:
    """A pixel is shown with what it became and what it should have become, in digits that differ."""
    found = told(checks.test_scale, lambda parts: parts.update(x_train=change(parts["x_train"])), FACTS)

    assert code == found.code
    assert found.params["became"] != found.params["wanted"]
    assert abs(found.params["pixel"] / 255 - float(found.params["wanted"])) < 1e-4


@pytest.mark.parametrize("axes", [(0, 1, 2), (0,), None], ids=["by channel", "by pixel", "one for all"])
def test_mean_subtracted(axes: tuple[int, ...] | None) -> None:
    """A mean that is taken off after the division is no standardisation."""

    def change(parts: Arrays) -> None:
        parts["x_train"] = parts["x_train"] - parts["x_train"].mean(axis=axes)

    assert "data.scale.centred" == told(checks.test_scale, change, FACTS).code


def test_standardised() -> None:
    """Pixels of mean 0 and deviation 1 are standardised; those of mean 0 alone, in whole numbers, are not."""

    def standard(parts: Arrays) -> None:
        parts["x_train"] = (parts["x_train"] - parts["x_train"].mean()) / parts["x_train"].std()

    def whole(parts: Arrays) -> None:
        parts["x_train"] = parts["x_train"] * 255 - 120

    assert ["data.scale.standardized", "data.scale.other"] == [
        told(checks.test_scale, change, FACTS).code for change in (standard, whole)
    ]
