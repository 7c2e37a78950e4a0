"""Banks for tests, and the right answer to any item."""

from functools import cache
from pathlib import Path

from autograder.instructor.quiz import gaps, instances, numbers
from autograder.instructor.quiz.marking import Answer
from autograder.instructor.quiz.model import Bank, Item
from autograder.instructor.quiz.reading import read_bank
from tests.conftest import REPO

SAMPLE = REPO / "tests" / "instructor" / "quiz" / "valid.md"


@cache
def real() -> Bank:
    """The bank that comes with the lab."""
    return read_bank(REPO / "quiz" / "questions")[0]


def sample(folder: Path) -> Bank:
    """A bank with one item of each type, written into *folder*."""
    folder.mkdir(exist_ok=True)
    (folder / "valid.md").write_text(SAMPLE.read_text("utf-8"), "utf-8")
    bank, problems = read_bank(folder)
    assert [] == problems
    return bank


@cache
def given() -> tuple[Item, ...]:
    """Every variant of every item of the lab's bank."""
    bank = real()
    return tuple(variant for item in bank.items for variant in instances.variants(item, bank.id))


def right_answer(item: Item, lang: str) -> Answer:
    """What gets all points; an essay gets some text."""
    wording = item.wordings[lang]
    if item.type == "numeric":
        key = next(found for option in wording.options if option.correct and (found := numbers.key(option.text)))
        return (repr(key.value),)
    if item.type == "short":
        return (next(option.text for option in wording.options if option.correct),)
    if item.type == "match":
        return tuple(pair.right for pair in wording.pairs if pair.left)
    if item.type == "cloze":
        return tuple(repr(gap.key.value) if gap.key else gap.accepted[0] for gap in gaps.of(wording.stem))
    if item.type == "essay":
        return ("A text.",)
    return tuple(option.id for option in wording.options if option.correct)
