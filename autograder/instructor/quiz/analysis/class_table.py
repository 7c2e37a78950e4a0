"""The responses of a class as arrays: students in rows, items in columns."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autograder.instructor.quiz.analysis import statistics
from autograder.instructor.quiz.analysis.responses import Response
from autograder.instructor.quiz.analysis.statistics import Array
from autograder.instructor.quiz.bank.model import Bank, Item

Key = tuple[str, int]


@dataclass(frozen=True)
class Column:
    """An item: its answers, and for each the row of its student. ``bank`` is the item in the bank, None if it has none such."""

    key: Key
    label: str
    bank: Item | None
    rows: NDArray[np.int64]
    answers: tuple[Response, ...]

    @property
    def first(self) -> Response:
        """Any of the answers: what is said of the item is the same in all."""
        return self.answers[0]


@dataclass(frozen=True)
class Table:
    """Arrays of shape (students, items). ``points`` is NaN where an item was not given, or a person has to decide."""

    students: tuple[str, ...]
    columns: tuple[Column, ...]
    points: Array
    maximum: Array
    given: NDArray[np.bool_]
    totals: Array
    rests: Array

    @property
    def decided(self) -> NDArray[np.bool_]:
        """Where there are points."""
        return ~np.isnan(self.points)


def table(responses: Iterable[Response], bank: Bank) -> Table:
    """The table of all responses; items in the order of the bank, those that it does not have behind, in order of their names."""
    found = list(responses)
    students = tuple(dict.fromkeys(response.student for response in found))
    places = {student: place for place, student in enumerate(students)}
    columns = _columns(found, bank, places)
    points = np.full((len(students), len(columns)), np.nan)
    maximum, given = np.zeros(points.shape), np.zeros(points.shape, dtype=bool)
    for place, column in enumerate(columns):
        points[column.rows, place] = [np.nan if one.points is None else one.points for one in column.answers]
        maximum[:, place], given[column.rows, place] = column.first.maximum, True
    totals, rests = statistics.totals(points, maximum), statistics.rests(points, maximum)
    return Table(students, tuple(columns), points, maximum, given, totals, rests)


def _columns(responses: Sequence[Response], bank: Bank, places: dict[str, int]) -> list[Column]:
    known = {(item.id, item.version): item for item in bank.items}
    order = {item.id: place for place, item in enumerate(bank.items)}
    answers: dict[Key, list[Response]] = {}
    for response in responses:
        answers.setdefault(response.key, []).append(response)
    versions = [item for item, _ in answers]
    return [
        Column(
            key=key,
            label=key[0] if versions.count(key[0]) == 1 else f"{key[0]} v{key[1]}",
            bank=known.get(key),
            rows=np.array([places[response.student] for response in answers[key]], dtype=np.int64),
            answers=tuple(answers[key]),
        )
        for key in sorted(answers, key=lambda key: (order.get(key[0], len(order)), key))
    ]


def canonical(value: object) -> str:
    """A value of a parameter as a short text that is the same for equal values."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
