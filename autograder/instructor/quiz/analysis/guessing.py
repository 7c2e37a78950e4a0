"""What a student may expect who knows nothing and ticks at random."""

from math import comb

from autograder.instructor.quiz.bank import gaps
from autograder.instructor.quiz.bank.model import CHOICES, Item


def share(item: Item) -> float:
    """The expected share of the points of an item for answers at random; what has to be written earns nothing.

    Where several options may be ticked, each is with one half; what is to be matched, or chosen in a gap, is taken from
    what is offered.

    Raises:
        GapError: a gap of the item breaks a rule of the format.
    """
    if item.type == "multi":
        return _multi(item)
    if item.type in CHOICES:
        return 1 / max(1, len(item.first.options))
    chances = _chances(item)
    if not chances:
        return 0.0
    if item.scoring == "partial":
        return sum(chances) / len(chances)
    every = 1.0
    for chance in chances:
        every *= chance
    return every


def _chances(item: Item) -> list[float]:
    """For each part of the answer the chance to hit it."""
    if item.type == "match":
        rights = {pair.right for pair in item.first.pairs}
        return [1 / len(rights) for pair in item.first.pairs if pair.left]
    if item.type == "cloze":
        return [1 / len(gap.offered) if gap.kind == "choice" else 0.0 for gap in gaps.of(item.first.stem)]
    return []


def _multi(item: Item) -> float:
    keys = sum(option.correct for option in item.first.options)
    others = len(item.first.options) - keys
    ways: float = 2 ** (keys + others)
    if not keys or item.scoring != "partial":
        return 1 / ways
    return sum(
        comb(keys, hits) * comb(others, false) / ways * max(0, hits - false) / keys
        for hits in range(keys + 1)
        for false in range(others + 1)
    )
