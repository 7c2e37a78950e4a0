"""What has to be mended in a bank: structure, keys, and that both languages say the same.

Codes are stable; docs/quiz.md lists them. What is a matter of writing well is in style.py.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from autograder.instructor.quiz.bank import gaps, instances, numbers, style, text
from autograder.instructor.quiz.bank.expressions import ExpressionError
from autograder.instructor.quiz.bank.gaps import Gap, GapError
from autograder.instructor.quiz.bank.model import (
    BLOOM,
    CHOICES,
    DIFFICULTIES,
    RELEASES,
    TYPES,
    Bank,
    Item,
    Option,
    Problem,
    Wording,
)
from autograder.instructor.quiz.bank.reading import read_bank

ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
TOPIC = re.compile(r"[a-z]+(/[a-z]+)?")
IMAGE = re.compile(r"!\[(?P<alt>[^\]]*)\]\((?P<path>[^)\s]+)")
MAX_TEXT = 16_384  # characters of a question that Canvas takes
SAMPLES = 20  # instances of a parametrised item that are looked at


def lint(folder: Path) -> tuple[Bank, list[Problem]]:
    """The bank in a folder and all that is wrong with it, errors and warnings in the order of the files."""
    bank, problems = read_bank(folder)
    problems += _bank(bank)
    for item in bank.items:
        problems += check(item, bank, folder)
    problems += style.of_bank(bank)
    return bank, sorted(set(problems), key=lambda found: (found.file, found.line, found.code, found.message))


def check(item: Item, bank: Bank, folder: Path) -> Iterator[Problem]:
    """All that is wrong with one item."""
    yield from _metadata(item)
    yield from _languages(item, bank)
    try:
        filled = instances.variants(item, bank.id)
        sample = _sample(item) if item.is_template else filled
    except ExpressionError as error:
        yield item.problem("bad-expression", str(error))
        return
    if item.is_template and not sample:
        yield item.problem("param-space-empty", "no combination of parameters is admitted.")
        return
    if item.params and len(filled) < item.variants:
        yield item.problem("few-instances", "fewer combinations than variants.")
    for found in sample:
        yield from _instance(found)
    for wording in item.wordings.values():
        yield from _texts(item, wording, folder)
        yield from style.of_wording(item, sample[0].wordings[wording.lang])
    yield from style.of_instances(item, sample)


def _sample(item: Item) -> list[Item]:
    found = instances.grid(item)
    step = max(1, len(found) // SAMPLES)
    return [instances.instance(item, values) for values in found[::step]]


def _bank(bank: Bank) -> Iterator[Problem]:
    seen: dict[str, Item] = {}
    for item in bank.items:
        if item.id in seen:
            first = seen[item.id]
            yield Problem("duplicate-id", item.file, item.line, f"{item.id} stands already in {first.file}, line {first.line}.")
        seen.setdefault(item.id, item)
    for item in bank.items:
        for name in item.enemies:
            if name not in seen or name == item.id:
                yield item.problem("bad-enemy", f"{name!r} is no other item of the bank.")


def _metadata(item: Item) -> Iterator[Problem]:
    if not ID.fullmatch(item.id):
        yield item.problem("bad-id", "an id has small letters and digits, with hyphens between its words.")
    for code, value, known in (
        ("bad-type", item.type, TYPES),
        ("bad-difficulty", item.difficulty, tuple(DIFFICULTIES)),
        ("bad-bloom", item.bloom, BLOOM),
        ("bad-scoring", item.scoring, ("partial", "all")),
        ("bad-release", item.release, RELEASES),
    ):
        if value not in known:
            yield item.problem(code, f"{value!r} is none of {', '.join(known)}.")
    if not TOPIC.fullmatch(item.topic):
        yield item.problem("bad-topic", f"{item.topic!r} is no topic such as conv/arithmetic.")
    if not 0 < item.points <= 100 or item.version < 1 or not 1 <= item.variants <= 100:
        yield item.problem("bad-metadata", "points, version and variants are at least 1.")
    if item.words != (0, 0) and (item.type != "essay" or not 0 < item.words[0] <= item.words[1]):
        yield item.problem("bad-metadata", "only an essay has words: a least and a largest number.")
    if item.where and not item.params:
        yield item.problem("param-undefined", "a condition without params admits everything or nothing.")


def _languages(item: Item, bank: Bank) -> Iterator[Problem]:
    """Both languages are there, and say the same: options, keys, pairs, rubrics and gaps."""
    for lang in bank.languages:
        if lang not in item.wordings:
            yield item.problem("languages", f"there is no text in {lang!r}.")
    present = [item.wordings[lang] for lang in bank.languages if lang in item.wordings]
    for first, other in zip(present[:1] * len(present), present[1:], strict=False):
        for code, what in _differences(item, first, other):
            yield item.problem(code, f"{what} in {first.lang!r} and {other.lang!r} differ.", other.line)


def _differences(item: Item, one: Wording, two: Wording) -> Iterator[tuple[str, str]]:
    if item.type != "short" and [option.id for option in one.options] != [option.id for option in two.options]:
        yield "options-differ", "the options, by their ids,"
    elif item.type != "short" and [option.correct for option in one.options] != [option.correct for option in two.options]:
        yield "key-differs-between-languages", "the right options"
    if item.type == "numeric" and [option.text for option in one.options] != [option.text for option in two.options]:
        yield "key-differs-between-languages", "the numbers"
    if [bool(pair.left) for pair in one.pairs] != [bool(pair.left) for pair in two.pairs]:
        yield "pairs-differ", "the pairs"
    if [(row.id, row.points) for row in one.rubric] != [(row.id, row.points) for row in two.rubric]:
        yield "rubric-differs", "the rubrics"
    if sorted(_templates(one)) != sorted(_templates(two)):
        yield "placeholders-differ", "the values that are filled in"
    if (one.hint == "") != (two.hint == "") or (one.explanation == "") != (two.explanation == ""):
        yield "notes-differ", "hints or explanations"


def _templates(wording: Wording) -> set[str]:
    """What is filled in where the key is, or the question; a hint may say it in other words."""
    texts = [wording.stem, *(option.text for option in wording.options)]
    return {re.sub(r"\s+", "", found) for text in texts for found in re.findall(r"\{\{(.*?)\}\}", text)}


def _instance(item: Item) -> Iterator[Problem]:
    for wording in item.wordings.values():
        for code, line, message in RULES.get(item.type, _no_rule)(item, wording):
            yield item.problem(code, message, line)
        if not wording.stem:
            yield item.problem("no-stem", "there is no question.", wording.line)
        for source in wording.texts():
            try:
                text.html(source)
            except ValueError as error:
                yield item.problem("bad-formula", f"{error} is no formula.", wording.line)


Found = Iterator[tuple[str, int, str]]


def _no_rule(item: Item, wording: Wording) -> Found:
    yield from ()


def _options(options: Sequence[Option], what: Callable[[Option], object]) -> Found:
    seen: set[object] = set()
    for option in options:
        if not option.text:
            yield "bad-option", option.line, "an option is empty."
        if what(option) in seen:
            yield "duplicate-option", option.line, f"{option.text!r} stands there twice."
        seen.add(what(option))


def _ids(options: Iterable[Option]) -> Found:
    seen: set[str] = set()
    for option in options:
        if not ID.fullmatch(option.id):
            yield "bad-id", option.line, f"an option has an id in a comment, as <!-- no-bias -->, and not {option.id!r}."
        elif option.id in seen:
            yield "duplicate-id", option.line, f"two options have the id {option.id}."
        seen.add(option.id)


def _ticked(item: Item, wording: Wording) -> Found:
    right = sum(option.correct for option in wording.options)
    if item.type != "multi" and right != 1:
        yield "one-correct", wording.line, f"exactly one option is right, and not {right}."
    if item.type == "multi" and right == 0:
        yield "no-correct", wording.line, "no option is right."
    if len(wording.options) < 2:
        yield "bad-option", wording.line, "there is nothing to choose from."
    if item.type == "truefalse" and [option.id for option in wording.options] != ["true", "false"]:
        yield "bad-option", wording.line, "the options are <!-- true --> and <!-- false -->, in this order."
    yield from _ids(wording.options)
    yield from _options(wording.options, lambda option: option.text.casefold())


def _numeric(item: Item, wording: Wording) -> Found:
    keys = [option for option in wording.options if option.correct]
    if len(keys) != 1:
        yield "one-correct", wording.line, f"exactly one number is the key, and not {len(keys)}."
    for option in wording.options:
        if numbers.key(option.text) is None:
            yield "bad-number", option.line, f"{option.text!r} is no number with its tolerance, as 29.4 ± 0.1."
    yield from _ids(option for option in wording.options if not option.correct)


def _short(item: Item, wording: Wording) -> Found:
    if not any(option.correct for option in wording.options):
        yield "no-correct", wording.line, "no answer is accepted."
    yield from _options(wording.options, lambda option: " ".join(option.text.casefold().split()))


def _match(item: Item, wording: Wording) -> Found:
    if sum(bool(pair.left) for pair in wording.pairs) < 2:
        yield "bad-table", wording.line, "at least two rows are to be matched."
    for side in ("left", "right"):
        texts = [getattr(pair, side).casefold() for pair in wording.pairs if getattr(pair, side)]
        if len(set(texts)) < len(texts):
            yield "duplicate-option", wording.line, "two rows of the table say the same."
    for pair in wording.pairs:
        if not pair.right:
            yield "bad-option", pair.line, "a row has nothing on its right side."


def _cloze(item: Item, wording: Wording) -> Found:
    try:
        found = gaps.of(wording.stem)
    except GapError as error:
        yield str(error.args[0]), wording.line, f"{error.args[1]}."
        return
    if not found:
        yield "bad-gap", wording.line, "there is no gap, [[like this]]."
    others = [_gaps(other) for other in item.wordings.values() if other is not wording]
    for other in others:
        if [_shape(gap) for gap in other] != [_shape(gap) for gap in found]:
            yield "gaps-differ", wording.line, "the gaps of the languages differ in kind or number."


def _gaps(wording: Wording) -> list[Gap]:
    try:
        return gaps.of(wording.stem)
    except GapError:
        return []


def _shape(gap: Gap) -> tuple[object, ...]:
    return gap.kind, gap.key, len(gap.offered)


def _essay(item: Item, wording: Wording) -> Found:
    if not wording.rubric:
        yield "no-rubric", wording.line, "an essay has a rubric, by which a person gives the points."
    elif abs(sum(row.points for row in wording.rubric) - item.points) > 1e-9:
        yield "rubric-sum", wording.line, "the points of the rubric are those of the item."
    if not wording.model_answer:
        yield "no-model-answer", wording.line, "there is no model answer."
    names = [row.id for row in wording.rubric]
    if len(set(names)) < len(names) or not all(ID.fullmatch(name) for name in names):
        yield "bad-id", wording.line, "each row of a rubric has an id of its own."


RULES: dict[str, Callable[[Item, Wording], Found]] = {
    **dict.fromkeys(CHOICES, _ticked),
    "numeric": _numeric,
    "short": _short,
    "match": _match,
    "cloze": _cloze,
    "essay": _essay,
}


def _texts(item: Item, wording: Wording, folder: Path) -> Iterator[Problem]:
    if sum(map(len, wording.texts())) > MAX_TEXT:
        yield item.problem("too-large", f"the texts have more than {MAX_TEXT} characters.", wording.line)
    for source in wording.texts():
        for image in IMAGE.finditer(source):
            path = (folder / image["path"]).resolve()
            if not path.is_relative_to(folder.resolve()) or not path.is_file():
                yield item.problem("image-missing", f"there is no picture {image['path']}.", wording.line)
            if not image["alt"].strip():
                yield item.problem("no-alt", "a picture says nothing to who cannot see it.", wording.line, "warning")
        if not item.is_template and "{{" in source:
            yield item.problem("param-undefined", "a value is filled in that nothing computes.", wording.line)
