"""What ``prepare_data`` must return: float32 images divided by 255 and one-hot labels, row by row."""

from collections.abc import Mapping
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from autograder.errors import CheckFailed
from autograder.evidence import Array
from autograder.observed import PreparedCase

Values = NDArray[np.float64]
SAME = 0.99  # correlation of an image with itself; the rounding of float16 leaves more, another order of channels less
MAX_CHANNELS = 4
OTHER = {"x_train": "x_test", "x_test": "x_train", "y_train": "y_test", "y_test": "y_train"}


def _values(array: Array, part: str) -> Values:
    if array.values is None:
        raise CheckFailed("data.rows.not_numbers", part=part, received=array.dtype or array.type)
    return array.values.astype(np.float64)


def _shape(shape: tuple[int, ...]) -> str:
    return str(tuple(shape))


def test_returns(data: list[PreparedCase]) -> None:
    """prepare_data returns two pairs of arrays."""
    assert data


def _demand_shapes(case: PreparedCase) -> None:
    given = {"x_train": case.given.x_train.shape, "x_test": case.given.x_test.shape}
    found = {part: array.shape for part, array in case.returned.items()}
    if found["y_train"] == given["x_test"]:
        raise CheckFailed("data.rows.mixed_pairs")
    if found["x_train"] == given["x_test"] and found["x_test"] == given["x_train"]:
        raise CheckFailed("data.rows.swapped")
    for part, expected in given.items():
        if found[part] != expected:
            if found[part][1:] == expected[1:]:
                raise _other_count(case, part)
            raise CheckFailed("data.rows.shape", part=part, expected=_shape(expected), received=_shape(found[part]))
        labels = part.replace("x", "y")
        if found[labels][:1] != expected[:1]:
            raise _other_count(case, labels)


def _other_count(case: PreparedCase, part: str) -> CheckFailed:
    """What became of a part that has another number of rows than were given."""
    array, source = case.returned[part], OTHER[part]
    own, others = len(getattr(case.given, part)), len(getattr(case.given, source))
    received = array.shape[0] if array.shape else 0
    if received == others and _made_of(array, getattr(case.given, source)):
        return CheckFailed("data.rows.copied", part=part, source=source, expected=own, received=received)
    surplus = received - own
    if surplus == others and array.values is not None and _made_of(_tail(array, own), getattr(case.given, source)):
        return CheckFailed("data.rows.joined", part=part, source=source, surplus=surplus, expected=own, received=received)
    return CheckFailed("data.rows.count", part=part, expected=own, received=received)


def _tail(array: Array, start: int) -> Array:
    """The rows of an array from *start* on."""
    values = None if array.values is None else array.values[start:]
    return Array(array.type, array.dtype, (array.shape[0] - start, *array.shape[1:]), values)


def _made_of(array: Array, given: NDArray[np.uint8]) -> bool:
    """Whether an array is these images in their order, or these labels as numbers or one-hot."""
    if array.values is None or not array.values.size:
        return False
    values = array.values.astype(np.float64)
    if given.ndim > 2:
        return array.shape == given.shape and _in_order(values, given)
    if values.ndim == 3 and values.shape[2] > 1:  # encoded twice, since the other part is encoded already
        values = values[..., 1]
    rows = values.reshape(len(values), -1)
    return bool(np.array_equal(rows[:, 0] if rows.shape[1] == 1 else rows.argmax(axis=1), given.ravel()))


def _likeness(values: Values, raw: NDArray[np.uint8]) -> Values | None:
    """Correlations of each returned image with each that was given, (n, n); None where an image has no contrast."""
    found = values.reshape(len(values), -1)
    found = found - found.mean(axis=1, keepdims=True)
    spread = np.linalg.norm(found, axis=1)
    if not np.all(np.isfinite(spread)) or spread.min() < 1e-9:
        return None
    given = raw.reshape(len(raw), -1).astype(np.float64)
    given -= given.mean(axis=1, keepdims=True)
    likeness: Values = np.abs((found / spread[:, None]) @ (given / np.linalg.norm(given, axis=1)[:, None]).T)
    return likeness


def _in_order(values: Values, raw: NDArray[np.uint8]) -> bool:
    """Whether each image resembles the one that was given in its place more than any other."""
    likeness = _likeness(values, raw)
    return likeness is None or bool(np.array_equal(likeness.argmax(axis=1), np.arange(len(raw))))


def _same_pictures(values: Values, raw: NDArray[np.uint8]) -> bool:
    """Whether each image is the one in its place but for contrast and brightness."""
    likeness = _likeness(values, raw)
    return likeness is not None and bool(likeness.diagonal().min() > SAME)


def _channels(values: Values, raw: NDArray[np.uint8]) -> str:
    """The order of the channels, if another one than was given explains the images; else empty."""
    if _same_pictures(values, raw) or raw.shape[-1] > MAX_CHANNELS:
        return ""
    orders = permutations(range(raw.shape[-1]))
    return next((", ".join(map(str, order)) for order in orders if _same_pictures(values, raw[..., order])), "")


@pytest.mark.needs("data.returns")
def test_rows(data: list[PreparedCase], kept: Mapping[str, tuple[int, int]]) -> None:
    """Every image keeps its place, its shape and its label."""
    for case in data:
        _demand_shapes(case)
        for part, raw in (("x_train", case.given.x_train), ("x_test", case.given.x_test)):
            values = _values(case.returned[part], part)
            if order := _channels(values, raw):
                raise CheckFailed("data.rows.channels", part=part, received=order)
            if not _in_order(values, raw):
                raise CheckFailed("data.rows.order", part=part)
    for part, (given, returned) in kept.items():
        if returned < given:
            raise CheckFailed("data.rows.cut", part=part, expected=given, received=returned)


@pytest.mark.needs("data.rows")
def test_dtype(data: list[PreparedCase]) -> None:
    """Images are float32."""
    for case in data:
        for part in ("x_train", "x_test"):
            dtype = np.dtype(case.returned[part].dtype)
            if dtype != np.float32:
                raise CheckFailed("data.dtype.wrong", part=part, received=dtype.name)


def _near(values: Values, expected: Values, dtype: str) -> bool:
    tolerance = 1e-3 if dtype == "<f2" else 1e-5
    return bool(np.abs(values - expected).max() <= tolerance)


def _scaling(values: Values, raw: NDArray[np.uint8], dtype: str) -> str:
    """The code of the mistake that explains *values*."""
    x = raw.astype(np.float64)
    mistakes = {
        "not_scaled": x,
        "twice": x / 255 / 255,
        "by_256": x / 256,
        "minus_one": x / 127.5 - 1,
        "floor": np.floor(x / 255),
        "inverted": 1 - x / 255,
        "own_maximum": x / x.max(),
        "own_range": (x - x.min()) / (x.max() - x.min()),
        "centred": x / 255 - (x / 255 - values).mean(axis=0),  # the same for all images is taken off, pixel by pixel
    }
    for name, expected in mistakes.items():
        if _near(values, expected, dtype):
            return name
    return "standardized" if abs(values.mean()) < 0.5 and 0.5 < values.std() < 2 else "other"


def _worst(values: Values, expected: Values, raw: NDArray[np.uint8]) -> dict[str, Any]:
    """The pixel that is furthest from what it should have become, in as many digits as show the difference."""
    place = int(np.abs(values - expected).argmax())
    became, wanted = float(values.flat[place]), float(expected.flat[place])
    digits = next((digits for digits in (4, 6) if f"{became:.{digits}g}" != f"{wanted:.{digits}g}"), 8)
    return {"pixel": int(raw.flat[place]), "became": f"{became:.{digits}g}", "wanted": f"{wanted:.{digits}g}"}


@pytest.mark.needs("data.rows")
def test_scale(data: list[PreparedCase], facts: Mapping[str, Any]) -> None:
    """Pixels are divided by 255, in the training and in the test images, whatever their maximum is."""
    scale = float(facts["data"]["scale"])
    for case in data:
        for part, raw in (("x_train", case.given.x_train), ("x_test", case.given.x_test)):
            found = case.returned[part]
            values = _values(found, part)
            if not _near(values, raw / scale, found.dtype):
                low, high = float(values.min()), float(values.max())
                received = f"{low:.4g} … {high:.4g}"
                expected = f"{raw.min() / scale:.4g} … {raw.max() / scale:.4g}"
                code = f"data.scale.{_scaling(values, raw, found.dtype)}"
                shown: dict[str, Any] = {"expected": expected, "received": received, "maximum": int(raw.max())}
                raise CheckFailed(code, part=part, **shown | _worst(values, raw / scale, raw))


def _demand_one_hot(found: Array, part: str, labels: NDArray[np.uint8], classes: int) -> None:
    values = _values(found, part)
    expected = np.eye(classes)[labels.ravel()]  # (n, classes)
    shapes: dict[str, Any] = {
        "part": part,
        "labels": len(labels),
        "expected": _shape(expected.shape),
        "received": _shape(found.shape),
    }
    if values.size == labels.size:
        raise CheckFailed("data.one_hot.not_encoded", **shapes)
    if values.ndim == 2 and values.shape[1] == labels.max() + 1 < classes:
        raise CheckFailed("data.one_hot.classes_from_data", highest=int(labels.max()), **shapes)
    if values.shape != expected.shape:
        raise CheckFailed("data.one_hot.shape", **shapes)
    if not np.all((values == 0) | (values == 1)):
        raise CheckFailed("data.one_hot.not_binary", part=part, received=f"{values.min():.4g} … {values.max():.4g}")
    if not np.array_equal(values, expected):
        raise CheckFailed("data.one_hot.wrong_class", part=part)


@pytest.mark.needs("data.rows")
def test_one_hot(data: list[PreparedCase], facts: Mapping[str, Any]) -> None:
    """Labels are one-hot over all classes, also where the highest class does not occur."""
    for case in data:
        for part, labels in (("y_train", case.given.y_train), ("y_test", case.given.y_test)):
            _demand_one_hot(case.returned[part], part, labels, facts["data"]["num_classes"])
