"""What answers at random bring, counted out with the grader itself."""

import itertools
from collections.abc import Iterator
from dataclasses import replace

import pytest

from autograder.instructor.quiz.analysis import guessing
from autograder.instructor.quiz.bank import gaps, instances
from autograder.instructor.quiz.bank.marking import Answer, mark
from autograder.instructor.quiz.bank.model import CHOICES, Item
from autograder.instructor.quiz.bank.reading import read_bank
from tests.conftest import REPO

BANK = read_bank(REPO / "quiz" / "questions")[0]
OFFERED = [instances.variants(item, BANK.id)[0] for item in BANK.items if item.type in {*CHOICES, "match"}]


def answers(item: Item) -> Iterator[Answer]:
    """Every answer that can be given by ticking, or by choosing a right side for each row."""
    wording = item.first
    ids = [option.id for option in wording.options]
    if item.type == "multi":
        for ticks in itertools.product((False, True), repeat=len(ids)):
            yield tuple(itertools.compress(ids, ticks))
    elif item.type == "match":
        rights = dict.fromkeys(pair.right for pair in wording.pairs)
        yield from itertools.product(rights, repeat=sum(bool(pair.left) for pair in wording.pairs))
    else:
        yield from ((name,) for name in ids)


@pytest.mark.parametrize("scoring", ["partial", "all"])
@pytest.mark.parametrize("item", OFFERED, ids=lambda item: item.id)
def test_expectation_is_the_mean_over_all_answers(item: Item, scoring: str) -> None:
    """The expected share is the mean of what the grader gives for every possible answer."""
    item = replace(item, scoring=scoring, points=1000.0)  # points have four decimals: a thousand of them has more digits
    points = [mark(item, "ru", answer).points or 0.0 for answer in answers(item)]

    assert pytest.approx(sum(points) / len(points) / 1000, abs=1e-6) == guessing.share(item)


def test_writing_brings_nothing() -> None:
    """Numbers, words and essays are not guessed; a gap with a choice is."""
    assert {0.0} == {guessing.share(item) for item in BANK.items if item.type in {"numeric", "short", "essay"}}
    for item in BANK.items:
        if item.type == "cloze":
            given = instances.variants(item, BANK.id)[0]
            offered = [len(gap.offered) for gap in gaps.of(given.first.stem) if gap.kind == "choice"]
            assert (guessing.share(given) > 0) == bool(offered)
