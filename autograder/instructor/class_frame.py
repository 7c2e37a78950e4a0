"""The frame that the diagrams of a class are drawn in: accuracies upwards, from the lowest tenth that is needed to 1."""

import math

LEFT, RIGHT, TOP, BOTTOM = 44, 404, 12, 232  # in units of the view box
LEAST = 0.8  # accuracies begin there at the latest


def lowest(share: float) -> float:
    """Where accuracies begin if *share* is the lowest of them."""
    return min(LEAST, math.floor(10 * share + 1e-9) / 10)


def part(share: float, low: float) -> float:
    """How far up an accuracy lies, from 0 to 1."""
    return (share - low) / (1 - low)


def x(across: float) -> float:
    """A share of the width in units."""
    return LEFT + (RIGHT - LEFT) * across


def y(up: float) -> float:
    """A share of the height in units, which count from above."""
    return BOTTOM - (BOTTOM - TOP) * up


def place(across: float, up: float) -> tuple[float, float]:
    """Where a work stands, to half a unit: what covers another wholly is not drawn twice."""
    return round(2 * x(across)) / 2, round(2 * y(up)) / 2


def tenths(low: float) -> range:
    """The tenths of 1 that are marked, from above."""
    return range(10, round(10 * low) - 1, -1 if low >= 0.5 else -2)
