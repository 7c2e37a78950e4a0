"""How many rows come back of many: what a function could cut at is known from its numbers, and tried."""

from typing import Any

import numpy as np
import pytest

from autograder.probe import rows

LIMIT = 1000
SETTINGS: dict[str, Any] = {"LIMIT": LIMIT, "np": np}


def _head(x: Any) -> Any:
    return x[:300]


def whole(x_train: Any, y_train: Any, x_test: Any, y_test: Any) -> Any:
    """All rows come back."""
    print(x_train[:5].shape)
    return (x_train / 255, y_train), (x_test / 255, y_test)


def sliced(x_train: Any, y_train: Any, x_test: Any, y_test: Any) -> Any:
    """A part of the training rows comes back."""
    return (x_train[:400], y_train[:400]), (x_test, y_test)


def named(x_train: Any, y_train: Any, x_test: Any, y_test: Any) -> Any:
    """The bound has a name."""
    return (x_train[:LIMIT], y_train[:LIMIT]), (x_test, y_test)


def helped(x_train: Any, y_train: Any, x_test: Any, y_test: Any) -> Any:
    """The bound stands in a function of the submission's own."""
    return (x_train, y_train), (_head(x_test), _head(y_test))


def fixed(x_train: Any, y_train: Any, x_test: Any, y_test: Any) -> Any:
    """As many rows as the lab's data have, and no others."""
    return (x_train.reshape(500, 32, 32, 3), y_train), (x_test, y_test)


def single(x_train: Any, y_train: Any, x_test: Any, y_test: Any) -> Any:
    """Something else comes back than four arrays."""
    return x_train


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (whole, {"x_train": [256, 256], "y_train": [256, 256], "x_test": [256, 256], "y_test": [256, 256]}),
        (sliced, {"x_train": [401, 400], "y_train": [401, 400], "x_test": [401, 401], "y_test": [401, 401]}),
        (named, {"x_train": [1001, 1000], "y_train": [1001, 1000], "x_test": [1001, 1001], "y_test": [1001, 1001]}),
        (helped, {"x_train": [301, 301], "y_train": [301, 301], "x_test": [301, 300], "y_test": [301, 300]}),
        (fixed, {}),
        (single, {}),
    ],
)
def test_what_is_kept(function: Any, expected: dict[str, list[int]]) -> None:
    """One row more is given than any number of the function; where so many cannot be prepared nothing is told."""
    assert expected == rows.kept(function, SETTINGS | {"_head": _head})


def test_numbers_beyond_bounds() -> None:
    """Numbers that no laptop has the memory for, and those that are none, are no bounds; functions may call each other."""

    def first() -> object:
        return 7, True, 2.5, rows.MOST, second

    def second() -> object:
        return 50, first

    assert {7} == rows.bounds(first, {})
    assert {7, 50} <= rows.bounds(first, {"second": second, "first": first}) | rows.bounds(second, {})
    assert set() == rows.bounds(print, {})
