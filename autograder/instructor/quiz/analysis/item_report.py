"""What is found out about one item, as plain data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autograder.instructor.quiz.analysis.statistics import Interval

DECIDED = 0.9  # of the answers to an item have to have points, for it to be judged


@dataclass(frozen=True)
class Flag:
    """Something to look at: a code, and what its sentence is filled in with."""

    code: str
    params: Mapping[str, Any]


@dataclass(frozen=True)
class Choice:
    """How often something was answered. ``kind`` is option, trap, right, other or blank; ``id`` that of the option or trap.

    ``rest`` is the mean share of the points of the other items among those who answered so; ``r`` the correlation of
    answering so with that share; ``quarters`` the share in each quarter of the students, the weakest first.
    """

    kind: str
    id: str
    correct: bool | None
    count: int
    share: float
    rest: float | None
    r: float | None
    quarters: tuple[float, ...]


@dataclass(frozen=True)
class Value:
    """The answers to an item with one value of a parameter."""

    value: str
    n: int
    p: float
    interval: Interval


@dataclass(frozen=True)
class Parameter:
    """p by the values of a parameter; ``spread`` is that between values with enough answers, None if there are not two."""

    name: str
    values: tuple[Value, ...]
    spread: float | None
    flagged: bool


@dataclass(frozen=True)
class Unexpected:
    """A wrong number or word that the bank does not name, with the values of the parameters that it was an answer to."""

    answer: str
    values: str
    count: int


@dataclass(frozen=True)
class ItemReport:
    """An item: ``given`` counts its answers, ``n`` those with points, ``compared`` those of students with other items too."""

    label: str
    item: str
    version: int
    type: str
    topic: str
    bloom: str
    difficulty: str
    in_bank: bool
    maximum: float
    given: int
    n: int
    blank: int
    unreadable: int
    waiting: int
    p: float | None
    p_interval: Interval | None
    target: float
    compared: int
    r: float | None
    r_interval: Interval | None
    d: float | None
    alpha_without: float | None
    choices: tuple[Choice, ...]
    parameters: tuple[Parameter, ...]
    unexpected: tuple[Unexpected, ...]
    flags: tuple[Flag, ...]

    @property
    def undecided(self) -> bool:
        """Whether so many answers wait for a person that the others, blank ones among them, say nothing of the item."""
        return self.n < DECIDED * self.given
