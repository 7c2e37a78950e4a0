"""GIFT: every item back out of the file, by a reader of ours and by one that is not."""

import os
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from autograder.instructor.quiz.bank import gaps
from autograder.instructor.quiz.bank.model import Item
from autograder.instructor.quiz.exports import gift
from autograder.instructor.quiz.exports.target import Lang
from tests.support import moodle_bank, moodle_reader, quiz
from tests.support.moodle_bank import BANKS, VIEWS
from tests.support.moodle_reader import Question, of_gift, seen

GOLDEN = Path(__file__).parent / "golden"
PEGJS = os.environ.get("CONVMARK_GIFT_PEGJS", "")
Reader = Callable[[bytes], list[Question]]


@cache
def exported(name: str, lang: Lang) -> bytes:
    """The file of a bank."""
    (content,) = gift.TARGET.build(moodle_bank.request(name, lang)).values()
    return content


def of_pegjs(content: bytes) -> list[Question]:
    """What gift-pegjs reads."""
    return moodle_reader.of_pegjs(content, Path(PEGJS))


@pytest.fixture(
    params=[
        of_gift,
        pytest.param(
            of_pegjs,
            marks=pytest.mark.skipif(not PEGJS, reason="CONVMARK_GIFT_PEGJS names no node_modules with gift-pegjs"),
        ),
    ]
)
def reader(request: pytest.FixtureRequest) -> Reader:
    """A reader of GIFT."""
    found: Reader = request.param
    return found


def held(item: Item) -> bool:
    """Whether the format can hold an item."""
    if item.type == "cloze":
        return len(gaps.of(item.first.stem)) == 1
    return item.type != "short" or any(option.correct and "->" not in option.text for option in item.first.options)


@pytest.mark.parametrize(("lang", "view"), VIEWS)
@pytest.mark.parametrize("name", BANKS)
def test_items_come_back(reader: Reader, name: str, lang: Lang, view: str) -> None:
    """Stems, answers, feedback and grades are those of the bank, and what cannot be held is left out."""
    items = moodle_bank.items(name)
    found = reader(exported(name, lang))

    assert [item.name for item in items.values() if held(item)] == sorted(
        (question.id for question in found), key=list(items).index
    )
    for question in found:
        moodle_bank.check(question, items[question.id], view, lang == "both")


def test_types_of_the_bank(reader: Reader) -> None:
    """The whole bank but for its clozes is read, each item as what it is."""
    called = {"numeric": "numerical", "match": "matching", "short": "shortanswer"} | dict.fromkeys(
        ["single", "multi"], "multichoice"
    )
    expected = Counter(called.get(item.type, item.type) for item in quiz.given() if item.type != "cloze")

    assert expected == Counter(question.kind for question in reader(exported("cnn", "ru")))


def test_a_single_gap_becomes_a_question(reader: Reader) -> None:
    """A word, a number or a choice with a blank in the text where the gap was."""
    found = {question.id: question for question in reader(exported("awkward", "both"))}
    word, number, choice = (found[name] for name in ("one-word", "one-number", "one-choice"))

    assert ["мёд", "мед", "сахар", "honey"] == [answer.text for answer in word.answers]
    assert "<p>The word is _____.</p>" == seen(word.stem, "en")
    assert ("numerical", "3", 0.5) == (number.kind, number.answers[0].text, number.answers[0].tolerance)
    assert ["a = b", "c -&gt; e"] == [seen(answer.text, "en") for answer in choice.answers]
    assert [100, 0] == [answer.grade for answer in choice.answers]


def test_variants_have_a_category_of_their_own(reader: Reader) -> None:
    """As in Moodle XML."""
    items = moodle_bank.items("cnn")
    for question in reader(exported("cnn", "en")):
        item = items[question.id]
        end = f"/{item.topic}/{item.id}" if item.variant else f"/{item.topic}"
        assert f"$course$/top/Arithmetic of a convolutional network{end}" == question.category


def test_file_can_be_uploaded() -> None:
    """Moodle takes GIFT as plain text only, and goes by the ending of the name."""
    assert ["sample-ru.gift.txt"] == list(gift.TARGET.build(moodle_bank.request("sample", "ru")))


@pytest.mark.parametrize("lang", ["ru", "both"])
def test_bytes_are_what_they_were(lang: Lang) -> None:
    """The file of a small bank; with UPDATE_GOLDEN=1 it is written anew, to be looked at."""
    path = GOLDEN / f"sample-{lang}.gift.txt"
    content = exported("sample", lang)
    if os.environ.get("UPDATE_GOLDEN") == "1":
        path.write_bytes(content)

    assert path.read_bytes() == content
