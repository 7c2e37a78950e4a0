"""The frame that the diagrams of a class are drawn in: accuracies upwards, from a tenth below the lowest to 1.

Works with the same figures lie on one dot, which is larger then, with their number beside it where there is room.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from autograder.instructor.rendering import Words

Place = tuple[float, float]

LEFT, RIGHT, TOP, BOTTOM = 44, 404, 12, 232  # in units of the view box
LEAST = 0.8  # accuracies begin there at the latest
MARGIN = 0.02  # what lies lower than this above a tenth would touch the axis there
SIZES = ((1, "one"), (2, "few"), (5, "many"))  # from so many works on, a dot has that size of class.css
WIDTH, HEIGHT = 24, 14  # the room of a number beside its dot
NUMBERED = 40  # dots with a number


def lowest(share: float) -> float:
    """Where accuracies begin if *share* is the lowest of them."""
    return min(LEAST, max(0, math.floor(10 * (share - MARGIN) + 1e-9)) / 10)


def part(share: float, low: float) -> float:
    """How far up an accuracy lies, from 0 to 1."""
    return (share - low) / (1 - low)


def x(across: float) -> float:
    """A share of the width in units."""
    return LEFT + (RIGHT - LEFT) * across


def y(up: float) -> float:
    """A share of the height in units, which count from above."""
    return BOTTOM - (BOTTOM - TOP) * up


def place(across: float, up: float) -> Place:
    """Where a work stands, to half a unit: what covers another wholly is not drawn twice."""
    return round(2 * x(across)) / 2, round(2 * y(up)) / 2


def tenths(low: float) -> range:
    """The tenths of 1 that are marked, from above."""
    return range(10, round(10 * low) - 1, -1 if low >= 0.5 else -2)


def dots(places: Mapping[Place, int]) -> list[dict[str, str]]:
    """The dots by their size, each size as one path."""
    sized: dict[str, list[Place]] = {}
    for where, works in sorted(places.items()):
        sized.setdefault([size for least, size in SIZES if works >= least][-1], []).append(where)
    return [{"size": size, "path": "".join(f"M{x:g} {y:g}h0" for x, y in sized[size])} for _, size in SIZES if size in sized]


def numbers(say: Words, places: Iterable[tuple[Place, int]]) -> list[dict[str, Any]]:
    """How many works lie on each dot that stands for several: of numbers that would cover each other, the largest."""
    told: list[dict[str, Any]] = []
    several = ((where, works) for where, works in places if works > 1)
    for (x, y), works in sorted(several, key=lambda item: (-item[1], item[0])):
        if all(abs(x - other["x"]) > WIDTH or abs(y - other["y"]) > HEIGHT for other in told):
            told.append({"x": x, "y": y, "label": say.count(works)})
        if len(told) == NUMBERED:
            break
    return told
