"""What the answers of a class say about one item.

Statistics are over answers that have points: a blank answer has none of them and counts as zero, one that a person still
has to decide is missing, and so is an item that a student was not given.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from autograder.instructor.quiz.analysis import flags, statistics
from autograder.instructor.quiz.analysis.class_table import Column, Table, canonical
from autograder.instructor.quiz.analysis.item_report import Choice, ItemReport, Parameter, Unexpected, Value
from autograder.instructor.quiz.analysis.responses import Response
from autograder.instructor.quiz.analysis.statistics import Array
from autograder.instructor.quiz.bank import numbers
from autograder.instructor.quiz.bank.marking import normal
from autograder.instructor.quiz.bank.model import CHOICES, DIFFICULTIES

OF_AN_ITEM = ("item", "version", "type", "topic", "bloom", "difficulty", "maximum")
SPREAD, FEW = 0.20, 5  # of p between values of a parameter, each with so many answers
COMMON = 5
MAX_VALUES = 24  # of a parameter: with more there is nothing to compare


@dataclass(frozen=True)
class _Answered:
    """The answers with points: their shares, and the rest and the total of their students."""

    column: Column
    answers: tuple[Response, ...]
    shares: Array
    rests: Array
    totals: Array


def analyse(table: Table, place: int, alpha_without: float | None) -> ItemReport:
    """The report of the item in a column of the table."""
    column = table.columns[place]
    first = column.first
    answered = _answered(table, place)
    n = len(answered.answers)
    compared = int((~np.isnan(answered.rests)).sum())
    p = float(answered.shares.mean()) if n else None
    r = statistics.correlation(answered.shares, answered.rests)
    states = Counter(answer.state for answer in column.answers)
    report = ItemReport(
        **{name: getattr(first, name) for name in OF_AN_ITEM},
        blank=states["blank"],
        unreadable=states["unreadable"],
        waiting=states["waiting"],
        label=column.label,
        in_bank=column.bank is not None,
        given=len(column.answers),
        n=n,
        p=p,
        p_interval=None if p is None else statistics.wilson(p, n),
        target=DIFFICULTIES[first.difficulty],
        compared=compared,
        r=r,
        r_interval=None if r is None else statistics.fisher(r, compared),
        d=statistics.discrimination(answered.shares, answered.totals),
        alpha_without=alpha_without,
        choices=tuple(_choices(answered)),
        parameters=tuple(_parameters(answered)),
        unexpected=_unexpected(answered),
        flags=(),
    )
    return replace(report, flags=tuple(flags.of_item(report)))


def _answered(table: Table, place: int) -> _Answered:
    column = table.columns[place]
    keep = table.decided[column.rows, place]
    rows = column.rows[keep]
    answers = tuple(answer for answer, kept in zip(column.answers, keep, strict=True) if kept)
    shares = table.points[rows, place] / column.first.maximum
    return _Answered(column, answers, shares, table.rests[rows, place], table.totals[rows])


def _choices(answered: _Answered) -> Iterator[Choice]:
    """Every option that was offered, or every trap, and the answers that are neither."""
    answers = answered.answers
    blank = np.array([answer.state == "blank" for answer in answers], dtype=bool)
    if answered.column.first.type in CHOICES:
        for name, correct in _options(answered.column).items():
            yield _choice(answered, "option", name, correct, np.array([name in answer.answer for answer in answers], dtype=bool))
    elif answered.column.first.type in {"numeric", "short"}:
        right = np.array([answer.state == "right" for answer in answers], dtype=bool)
        named = np.array([bool(answer.mistakes) for answer in answers], dtype=bool)
        yield _choice(answered, "right", "", True, right)
        for name in _traps(answered.column):
            yield _choice(answered, "trap", name, False, np.array([name in one.mistakes for one in answers], dtype=bool))
        yield _choice(answered, "other", "", False, ~(right | named | blank))
    else:
        return
    yield _choice(answered, "blank", "", None, blank)


def _options(column: Column) -> dict[str, bool | None]:
    """The ids of all options and whether they are right; of an item that the bank does not have, of those that were ticked."""
    if column.bank is not None:
        return {option.id: option.correct for option in column.bank.first.options}
    wrong = {name for answer in column.answers for name in answer.mistakes}
    right = {name for answer in column.answers if answer.state == "right" for name in answer.answer}
    ticked = sorted({name for answer in column.answers if answer.points is not None for name in answer.answer})
    return {name: name in right if name in wrong | right else None for name in ticked}


def _traps(column: Column) -> list[str]:
    named = column.bank.first.options if column.bank is not None else ()
    seen = {name for answer in column.answers for name in answer.mistakes}
    return list(dict.fromkeys([*(option.id for option in named if not option.correct and option.id), *sorted(seen)]))


def _choice(answered: _Answered, kind: str, name: str, correct: bool | None, chosen: NDArray[np.bool_]) -> Choice:
    weights = chosen.astype(float)
    rests = answered.rests[chosen]
    rests = rests[~np.isnan(rests)]
    return Choice(
        kind=kind,
        id=name,
        correct=correct,
        count=int(chosen.sum()),
        share=float(weights.mean()) if len(weights) else 0.0,
        rest=float(rests.mean()) if len(rests) else None,
        r=statistics.correlation(weights, answered.rests),
        quarters=statistics.quarters(weights, answered.totals),
    )


def _names(column: Column) -> list[str]:
    """The parameters of an item; of one that the bank does not have, all that was filled in."""
    if column.bank is not None:
        return list(column.bank.params)
    return sorted({name for answer in column.answers for name in answer.values})


def _parameters(answered: _Answered) -> Iterator[Parameter]:
    for name in _names(answered.column):
        groups: dict[str, list[float]] = {}
        for answer, share in zip(answered.answers, answered.shares, strict=True):
            if name in answer.values:
                groups.setdefault(canonical(answer.values[name]), []).append(float(share))
        if not 1 < len(groups) <= MAX_VALUES:
            continue
        values = [_value(text, groups[text]) for text in sorted(groups, key=_order)]
        compared = sorted((value for value in values if value.n >= FEW), key=lambda value: value.p)
        spread = compared[-1].p - compared[0].p if len(compared) > 1 else None
        apart = spread is not None and compared[0].interval[1] < compared[-1].interval[0]
        yield Parameter(name, tuple(values), spread, bool(spread is not None and spread > SPREAD and apart))


def _value(text: str, shares: list[float]) -> Value:
    p = float(np.mean(shares))
    interval = statistics.wilson(p, len(shares))
    assert interval is not None
    return Value(text, len(shares), p, interval)


def _order(text: str) -> tuple[float, str]:
    value = numbers.answer(text, "ru")
    return (float("inf") if value is None else value, text)


def _unexpected(answered: _Answered) -> tuple[Unexpected, ...]:
    """The most frequent wrong answers that are no known mistake: candidates for a trap with feedback of its own."""
    names = _names(answered.column)
    counts: Counter[tuple[str, str]] = Counter()
    for answer in answered.answers:
        if answer.type in {"numeric", "short"} and answer.state == "wrong" and not answer.mistakes and answer.answer:
            number = numbers.answer(answer.answer[0], answer.lang) if answer.type == "numeric" else None
            told = normal(answer.answer[0]) if number is None else f"{number:.12g}"
            values = ", ".join(f"{name} = {canonical(answer.values[name])}" for name in names if name in answer.values)
            counts[told, values] += 1
    ordered = sorted(counts.items(), key=lambda found: (-found[1], found[0]))[:COMMON]
    return tuple(Unexpected(told, values, count) for (told, values), count in ordered)
