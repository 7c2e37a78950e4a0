"""The bank that comes with the lab: complete, without a problem, and with keys that are computed."""

import re
from collections import Counter

import pytest

from autograder.instructor.quiz import gaps, instances, lock
from autograder.instructor.quiz.lint import lint
from autograder.instructor.quiz.model import Item
from tests.conftest import REPO

FOLDER = REPO / "quiz" / "questions"
BANK, PROBLEMS = lint(FOLDER)
TOPICS = {
    "conv/definition": 12,
    "conv/properties": 14,
    "conv/stages": 12,
    "conv/arithmetic": 24,
    "regularization/concept": 9,
    "regularization/dropout": 11,
    "regularization/norms": 12,
    "regularization/other": 8,
    "evaluation": 11,
    "keras/practice": 8,
}
IDS = [item.id for item in BANK.items]


@pytest.fixture(params=IDS)
def item(request: pytest.FixtureRequest) -> Item:
    """Each item."""
    return BANK.item(request.param)


def test_nothing_is_to_be_mended() -> None:
    """The linter has no error and no warning, and everything was accepted as it is."""
    assert [] == PROBLEMS
    assert [] == list(lock.problems(BANK, lock.read(FOLDER)))


def test_topics_are_covered() -> None:
    """Every topic has its number of items, and most of the items ask for more than recall."""
    assert TOPICS == Counter(item.topic for item in BANK.items)
    recall = sum(item.bloom == "remember" for item in BANK.items)
    assert recall <= 0.2 * len(BANK.items)


def test_the_labs_control_questions_are_covered() -> None:
    """Each of the six questions of the original lab has items of its own, and the lab itself has some."""
    sources = Counter(source.strip() for item in BANK.items for source in item.source.split(","))

    assert {f"lab-q{number}" for number in range(1, 7)} | {"lab"} <= set(sources)


def test_both_languages_are_there(item: Item) -> None:
    """Russian and English have a question, an explanation, and letters of their own."""
    assert {"ru", "en"} == set(item.wordings)
    for lang, wording in item.wordings.items():
        assert wording.stem
        assert wording.explanation
        prose = re.sub(r"`[^`]*`|\$[^$]*\$", "", wording.stem + wording.explanation)
        assert bool(re.search("[а-яё]", prose)) == (lang == "ru")


def test_numbers_are_computed(item: Item) -> None:
    """No numeric key or trap is typed in: each comes from a calculator."""
    for wording in item.wordings.values():
        if item.type == "numeric":
            assert all("{{" in option.text for option in wording.options)
        if item.type == "cloze":
            typed = re.findall(r"\[\[=\s*[0-9.]", wording.stem)
            assert not typed or item.bloom == "remember"


def test_wrong_answers_are_explained(item: Item) -> None:
    """Every distractor is a named mistake, and says why it is one."""
    for wording in item.wordings.values():
        for option in wording.options:
            if not option.correct and item.type != "short":
                assert option.feedback
                assert option.id


def test_instances_can_be_made(item: Item) -> None:
    """Every item has its variants, with nothing left to fill in, and gaps that can be read."""
    found = instances.variants(item, BANK.id)

    assert len(found) == (item.variants if item.params else 1)
    for variant in found:
        for wording in variant.wordings.values():
            assert not any("{{" in text or "}}" in text for text in wording.texts())
            if item.type == "cloze":
                assert gaps.of(wording.stem)
