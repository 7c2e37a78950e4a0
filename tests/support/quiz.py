"""Banks for tests, and the right answer to any item."""

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from autograder.instructor.quiz.bank import gaps, instances, numbers
from autograder.instructor.quiz.bank.marking import Answer
from autograder.instructor.quiz.bank.model import Bank, Item
from autograder.instructor.quiz.bank.reading import read_bank
from autograder.instructor.quiz.forms import sheets
from autograder.instructor.quiz.forms.form import Question
from tests.conftest import REPO

SAMPLE = REPO / "tests" / "instructor" / "quiz" / "bank" / "valid.md"


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


def filled(questions: Sequence[Question], text: str, lang: str) -> str:
    """A sheet on which somebody has written all the right answers."""
    parts = re.split(r"(?m)^(?=## )", text)
    done = [parts[0]]
    for question, part in zip(questions, parts[1:], strict=True):
        item, answer = question.item, right_answer(question.item, lang)
        if item.type in {"single", "multi", "truefalse"}:
            for place, index in enumerate(question.order):
                if item.wordings[lang].options[index].id in answer:
                    part = part.replace(f"- [ ] **{sheets.LETTERS[place]}.**", f"- [x] **{sheets.LETTERS[place]}.**")
            done.append(part)
            continue
        if item.type == "match":
            by_right = {
                item.wordings[lang].pairs[index].right: sheets.LETTERS[place] for place, index in enumerate(question.order)
            }
            answer = tuple(by_right[right] for right in answer)
        told = iter(answer)
        done.append(re.sub(r"(?m)^((?:Answer|Ответ)(?: \(\d+\))?:)$", lambda found, told=told: f"{found[1]} {next(told)}", part))
    return "".join(done)
