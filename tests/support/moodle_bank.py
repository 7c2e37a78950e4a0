"""What an export for Moodle has to say of an item, told by the bank and by the marking of answers."""

import html
import itertools
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

from autograder.instructor.quiz.bank import instances, marking, text
from autograder.instructor.quiz.bank.model import Bank, Item
from autograder.instructor.quiz.bank.reading import read_bank
from autograder.instructor.quiz.exports.target import Lang, Request
from tests.conftest import REPO
from tests.support.moodle_reader import Question, seen

QUIZ = REPO / "tests" / "instructor" / "quiz"
BANKS = {"cnn": REPO / "quiz" / "questions", "sample": QUIZ / "bank" / "valid.md", "awkward": QUIZ / "exports" / "awkward.md"}
ROUNDED = 1e-4  # of points, as the bank gives them
VIEWS = [("ru", "ru"), ("en", "en"), ("both", "ru"), ("both", "en")]  # the language of the export and of its reader


@cache
def bank(name: str) -> Bank:
    """A bank of `BANKS`."""
    if BANKS[name].is_dir():
        return read_bank(BANKS[name])[0]
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(BANKS[name], folder)
        found, problems = read_bank(Path(folder))
    assert [] == problems
    return found


@cache
def request(name: str, lang: Lang) -> Request:
    """A whole bank in a language."""
    return Request(bank(name), lang, bank(name).title["en" if lang == "en" else "ru"])


@cache
def items(name: str) -> dict[str, Item]:
    """The items of a bank with their values filled in, by their names."""
    return {item.name: item for template in bank(name).items for item in instances.variants(template, bank(name).id)}


def shown(source: str) -> str:
    """A text of the bank as HTML for Moodle."""
    return text.html(source, text.tex)


def check(question: Question, item: Item, lang: str, is_both: bool) -> None:
    """A question says what the bank says, and counts an answer as the bank does."""
    wording = item.wordings[lang]
    assert shown(wording.explanation) == seen(question.explanation, lang)
    if item.type != "cloze":
        assert shown(wording.stem) == seen(question.stem, lang)
    kinds: dict[str, Callable[[Question, Item, str], None]] = {"numerical": _numbers, "matching": _pairs}
    if question.kind in {"multichoice", "truefalse"} and item.type != "cloze":
        _options(question, item, lang)
    elif question.kind == "shortanswer" and item.type == "short":
        _words(question, item, lang, is_both)
    elif question.kind in kinds and item.type != "cloze":
        kinds[question.kind](question, item, lang)


def _said(mark: marking.Mark) -> str:
    return "".join(map(shown, mark.feedback))


def _options(question: Question, item: Item, lang: str) -> None:
    options = item.wordings[lang].options
    assert [shown(option.feedback) for option in options] == [seen(answer.feedback, lang) for answer in question.answers]
    if question.kind == "truefalse":
        assert [option.id for option in options] == [answer.text for answer in question.answers]
    else:
        expected = [text.inline(option.text, text.tex) for option in options]
        assert expected == [seen(answer.text, lang) for answer in question.answers]
    if item.type != "multi":
        points = [marking.mark(item, lang, (option.id,)).points for option in options]
        assert points == [item.points * answer.grade / 100 for answer in question.answers]
        return
    for ticked in _subsets(range(len(options))):
        share = max(0.0, sum(question.answers[index].grade for index in ticked)) / 100
        ours = (marking.mark(item, lang, tuple(options[index].id for index in ticked)).points or 0.0) / item.points
        wrong = any(not options[index].correct for index in ticked)
        assert share <= ours + ROUNDED
        assert wrong or share >= ours - ROUNDED


def _subsets(places: Iterable[int]) -> Iterable[tuple[int, ...]]:
    found = list(places)
    return itertools.chain.from_iterable(itertools.combinations(found, size) for size in range(len(found) + 1))


def _numbers(question: Question, item: Item, lang: str) -> None:
    assert len(item.wordings[lang].options) == len(question.answers)
    for answer in question.answers:
        value = float(answer.text)
        for found in {value, value - 0.999 * answer.tolerance, value + 0.999 * answer.tolerance}:
            mark = marking.mark(item, lang, (repr(found),))
            assert (mark.points, _said(mark)) == (item.points * answer.grade / 100, seen(answer.feedback, lang))
        if answer.grade == 100:
            far = 1.001 * answer.tolerance + 1e-8 * abs(value) or 1e-6
            outside = [marking.mark(item, lang, (repr(value + sign * far),)) for sign in (-1, 1)]
            assert [0, 0] == [mark.points for mark in outside]


def _words(question: Question, item: Item, lang: str, is_both: bool) -> None:
    known = {marking.normal(option.text) for option in item.wordings[lang].options}
    told = set()
    for answer in question.answers:
        word = answer.text.replace(r"\*", "*")
        assert "*" not in answer.text.replace(r"\*", "")
        if marking.normal(word) in known:
            mark = marking.mark(item, lang, (word,))
            assert mark.points == item.points * answer.grade / 100 or (is_both and answer.grade == 100)
            assert is_both or _said(mark) == seen(answer.feedback, lang)
            told.add(marking.normal(word))
        else:
            assert is_both
    assert [] == [word for word in known - told if "->" not in word]


def _pairs(question: Question, item: Item, lang: str) -> None:
    pairs = item.wordings[lang].pairs
    assert [text.inline(pair.left, text.tex) for pair in pairs] == [seen(left, lang) for left, _ in question.pairs]
    texts = [html.unescape(right) for _, right in question.pairs]
    assert all(text.plain(pair.right) in re.split(" / ", found) for pair, found in zip(pairs, texts, strict=True))


def accepts(item: Item, lang: str, gap: int, filled: list[str], word: str) -> bool:
    """Whether the bank takes a word in a gap, when the others are filled rightly."""
    answer = [*filled[:gap], word, *filled[gap + 1 :]]
    return marking.mark(item, lang, tuple(answer)).state == "right"
