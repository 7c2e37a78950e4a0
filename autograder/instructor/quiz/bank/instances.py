"""Items with their values filled in: fixed variants for a learning platform, or one for each student."""

import hashlib
import itertools
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from autograder.instructor.quiz.bank import numbers
from autograder.instructor.quiz.bank.expressions import ExpressionError, computed, filled
from autograder.instructor.quiz.bank.model import Criterion, Item, Option, Pair, Wording

MAX_GRID = 100_000
Values = Mapping[str, Any]


def grid(item: Item) -> Sequence[dict[str, Any]]:
    """Every combination of the item's parameters that its condition admits, with what is computed from it.

    Raises:
        ExpressionError: there are too many, or an expression cannot be computed.
    """
    return _grid(tuple(item.params.items()), item.where, tuple(item.let.items()))


@lru_cache(maxsize=1024)  # it is the same for every student of a class
def _grid(
    params: tuple[tuple[str, tuple[Any, ...]], ...], where: str, let: tuple[tuple[str, str], ...]
) -> Sequence[dict[str, Any]]:
    size = 1
    for _, choices in params:
        size *= len(choices)
    if size > MAX_GRID:
        raise ExpressionError(f"the parameters have {size} combinations, more than {MAX_GRID}")
    found = []
    for combination in itertools.product(*(choices for _, choices in params)):
        values: dict[str, Any] = dict(zip((name for name, _ in params), combination, strict=True))
        if where and not computed(where, values):
            continue
        for name, expression in let:
            values[name] = computed(expression, values)
        found.append(values)
    return tuple(found)


def _shuffled(found: Sequence[dict[str, Any]], seed: str) -> list[dict[str, Any]]:
    digest = hashlib.sha256(seed.encode("utf-8", "surrogatepass")).digest()
    order = list(found)
    random.Random(digest).shuffle(order)  # noqa: S311 - which values a student gets is no secret
    return order


def variants(item: Item, bank: str) -> list[Item]:
    """The fixed variants of an item, as many as it asks for, no two of the same values; itself if it has no parameters.

    Raises:
        ExpressionError: an expression cannot be computed.
    """
    if not item.is_template:
        return [item]
    order = _shuffled(grid(item), f"{bank}:{item.id}")[: max(1, item.variants)]
    numbered = len(order) > 1
    return [replace(instance(item, values), variant=number * numbered) for number, values in enumerate(order, 1)]


def of_student(item: Item, bank: str, seed: str, student: str, attempt: int = 0) -> Item:
    """The item as a student gets it, the same again for the same seed; each attempt has other values while there are some.

    Raises:
        ExpressionError: an expression cannot be computed, or no combination is admitted.
    """
    if not item.is_template:
        return item
    order = _shuffled(grid(item), f"{seed}:{bank}:{item.id}:{student}")
    if not order:
        raise ExpressionError(f"{item.id}: no combination of parameters is admitted")
    return instance(item, order[attempt % len(order)])


def instance(item: Item, values: Values) -> Item:
    """The item with *values* filled into all its texts; what has become equal to the key or to another trap is left out.

    Raises:
        ExpressionError: a template cannot be filled in.
    """

    wordings = {lang: _filled(wording, item.type, values) for lang, wording in item.wordings.items()}
    if item.type == "numeric":
        wordings = {lang: replace(wording, options=_distinct(wording.options)) for lang, wording in wordings.items()}
    drawn = {name: values[name] for name in item.params}
    return replace(item, params={}, let={}, where="", variants=1, values=drawn, wordings=wordings)


def _filled(wording: Wording, kind: str, values: Values) -> Wording:
    def fill(text: str) -> str:
        return filled(text, values, wording.lang)

    def option(found: Option) -> Option:
        is_key = kind in {"numeric", "short"}  # for the grader, the same in every language
        return replace(found, text=filled(found.text, values) if is_key else fill(found.text), feedback=fill(found.feedback))

    def pair(found: Pair) -> Pair:
        return replace(found, left=fill(found.left), right=fill(found.right))

    def criterion(found: Criterion) -> Criterion:
        return replace(found, text=fill(found.text))

    return replace(
        wording,
        stem=fill(wording.stem),
        options=tuple(map(option, wording.options)),
        pairs=tuple(map(pair, wording.pairs)),
        rubric=tuple(map(criterion, wording.rubric)),
        model_answer=fill(wording.model_answer),
        hint=fill(wording.hint),
        explanation=fill(wording.explanation),
    )


def _distinct(options: tuple[Option, ...]) -> tuple[Option, ...]:
    """The key, and the traps that it does not accept and that are not told already."""
    keys = [found for option in options if option.correct and (found := numbers.key(option.text)) is not None]
    seen: set[float] = set()
    kept = []
    for option in options:
        found = numbers.key(option.text)
        if not option.correct and found is not None:
            if any(key.accepts(found.value) for key in keys) or found.value in seen:
                continue
            seen.add(found.value)
        kept.append(option)
    return tuple(kept)
