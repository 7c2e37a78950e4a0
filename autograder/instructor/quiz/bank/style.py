"""What makes an item a good one, as far as a program can see it: warnings, by the rules of item writing.

Haladyna, Downing and Rodriguez (2002), A review of multiple-choice item-writing guidelines; Rodriguez (2005), Three
options are optimal for multiple-choice items.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from autograder.instructor.quiz.bank import numbers
from autograder.instructor.quiz.bank.model import Bank, Item, Option, Problem, Wording

ALL_OR_NONE = re.compile(
    r"(?i)\b(all|none|both) of the (above|these)\b|\b(вс[её]|ничего|ничто|ни одно|оба)( из)? (выше)?перечисленн\w*"
)
NEGATIVE = {
    "en": re.compile(r"\b(not|except|never)\b"),
    "ru": re.compile(r"(?<!\w)(не(?= (?:являет|относит|входит|верн|следует))|кроме|никогда)(?!\w)"),
}
SENTENCE = re.compile(r"(?<=[.!:])\s+")
ABSOLUTE = {
    "en": re.compile(r"(?i)\b(always|never|only ever|impossible)\b"),
    "ru": re.compile(r"(?i)\b(всегда|никогда|невозможно)\b"),
}
LONGER = 1.35  # times the second longest option
LONG = 40  # characters from which lengths are compared
MAX_OPTIONS, MIN_OPTIONS = 5, 3
TRUEFALSE_SHARE = 0.10
SAME_ANSWER = 0.5  # share of instances with one answer from which an item is hardly parametrised
BIAS = 0.45  # share of keys in one place from which students see it, in a bank that does not shuffle
MIN_KEYS = 10
ONE_SIDED, MIN_STATEMENTS = 0.25, 4  # the least share of true statements, and of false ones, and from how many on


def of_wording(item: Item, wording: Wording) -> Iterator[Problem]:
    """Warnings on an item in one language."""
    if not wording.explanation:
        yield item.problem("no-explanation", "nothing explains the key, > [!NOTE].", wording.line, "warning")
    if item.type in {"single", "multi"}:
        yield from _options(item, wording)
    for option in wording.options:
        if not option.correct and not option.feedback and item.type in {"single", "multi", "truefalse", "numeric"}:
            yield item.problem("no-feedback", f"nothing tells why {option.text!r} is wrong.", option.line, "warning")
    question = SENTENCE.split(wording.stem)[-1]
    if item.type in {"single", "multi"} and NEGATIVE[wording.lang].search(question):
        told = "a negation in the question stands in capitals, or better not at all."
        yield item.problem("negative-stem", told, wording.line, "warning")
    for option in wording.options:
        key = numbers.key(option.text) if item.type == "numeric" and option.correct else None
        if key is not None and not key.stated and key.value != round(key.value):
            yield item.problem("no-tolerance", "a number with a fraction needs a tolerance.", option.line, "warning")


def _options(item: Item, wording: Wording) -> Iterator[Problem]:
    options = wording.options
    if len(options) > (MAX_OPTIONS if item.type == "single" else MAX_OPTIONS + 1):
        yield item.problem("many-options", "so many options are read and not weighed.", wording.line, "warning")
    if len(options) < MIN_OPTIONS:
        yield item.problem("few-options", "with two options a guess is right half of the time.", wording.line, "warning")
    for option in options:
        if ALL_OR_NONE.search(option.text):
            yield item.problem("all-or-none-of-the-above", "this option says something of the others.", option.line, "warning")
        if not option.correct and ABSOLUTE[wording.lang].search(option.text):
            yield item.problem("absolute", "a word like this one gives a wrong option away.", option.line, "warning")
    if item.type == "single":
        yield from _longest(item, options)


def _longest(item: Item, options: Sequence[Option]) -> Iterator[Problem]:
    lengths = sorted((len(option.text), option.correct, option.line) for option in options)
    if len(lengths) > 1:
        (second, *_), (first, correct, line) = lengths[-2:]
        if correct and first > LONG and first > LONGER * second:
            yield item.problem("longest-is-correct", "the right option stands out by its length.", line, "warning")


def of_instances(item: Item, sample: Sequence[Item]) -> Iterator[Problem]:
    """Warnings on what becomes of an item with parameters."""
    if not item.params or item.type != "numeric":
        return
    answers = Counter(option.text for found in sample for option in found.first.options if option.correct)
    if answers and max(answers.values()) > SAME_ANSWER * len(sample):
        yield item.problem("variant-degenerate", "most instances have the same answer.", item.line, "warning")


def of_bank(bank: Bank) -> Iterator[Problem]:
    """Warnings on the bank as a whole."""
    kinds = Counter(item.type for item in bank.items)
    if kinds["truefalse"] > TRUEFALSE_SHARE * max(10, len(bank.items)):
        yield Problem(
            "many-truefalse", bank.items[0].file, 1, "More than a tenth of the items can be guessed half of the time.", "warning"
        )
    true = [
        option.correct for item in bank.items for option in item.first.options if item.type == "truefalse" and option.id == "true"
    ]
    if len(true) >= MIN_STATEMENTS and not ONE_SIDED <= sum(true) / len(true) <= 1 - ONE_SIDED:
        yield Problem("one-sided", bank.items[0].file, 1, "Nearly all statements are false, or nearly all true.", "warning")
    places = Counter(
        index
        for item in bank.items
        if item.type == "single" and not item.shuffle
        for index, option in enumerate(item.first.options)
        if option.correct
    )
    if sum(places.values()) >= MIN_KEYS and max(places.values()) > BIAS * sum(places.values()):
        yield Problem("position-bias", bank.items[0].file, 1, "The key stands in one place too often.", "warning")
