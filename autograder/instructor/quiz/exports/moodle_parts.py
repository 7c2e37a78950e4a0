"""What the two formats of Moodle, XML and GIFT, have in common: names, categories, tags, and answers with their grades."""

import html
import textwrap
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from autograder.instructor.quiz.bank import gaps, instances, numbers, text
from autograder.instructor.quiz.bank.gaps import Gap
from autograder.instructor.quiz.bank.model import Bank, Item, Option
from autograder.instructor.quiz.exports import multilang
from autograder.instructor.quiz.exports.target import Lang, Request
from autograder.instructor.quiz.forms.form import code

MAX_NAME = 70
BLANK = "_____"
# Moodle refuses a question that has any other grade; these are the positive ones.
SHARES = (
    *(Fraction(1), Fraction(9, 10), Fraction(5, 6), Fraction(4, 5), Fraction(3, 4), Fraction(7, 10), Fraction(2, 3)),
    *(Fraction(3, 5), Fraction(1, 2), Fraction(2, 5), Fraction(1, 3), Fraction(3, 10), Fraction(1, 4), Fraction(1, 5)),
    *(Fraction(1, 6), Fraction(1, 7), Fraction(1, 8), Fraction(1, 9), Fraction(1, 10), Fraction(1, 20)),
)
# What Moodle itself calls the two answers of a statement; students see its words, not ours.
TRUTH = {"ru": ("верно", "неверно"), "en": ("true", "false")}


@dataclass(frozen=True)
class Answer:
    """An answer that Moodle knows: HTML, a number or a word; its grade in percent; feedback as HTML; a tolerance of a number."""

    text: str
    grade: str
    feedback: str
    tolerance: str = ""


def grade(share: Fraction) -> str:
    """The least grade that Moodle knows and that is not below *share*, above 0 and at most 1, in percent."""
    return f"{float(100 * min(known for known in SHARES if known >= share)):.7g}"


def grades(item: Item) -> list[str]:
    """What each option counts, in percent.

    Of several right options each counts its part, up to ten of them exactly; a wrong one takes away as much, as
    `marking.mark` does. Moodle has no all or nothing: there a wrong option takes away everything.
    """
    right = sum(option.correct for option in item.first.options)
    if item.type != "multi":
        return ["100" if option.correct else "0" for option in item.first.options]
    gain = Fraction(1, right)
    cost = Fraction(1) if item.scoring == "all" else gain
    return [grade(gain) if option.correct else f"-{grade(cost)}" for option in item.first.options]


def number(value: float, digits: int = 15) -> str:
    """A number without an exponent, of so many digits that none is left that a rounding of the machine has made."""
    found = f"{Decimal(f'{value:.{digits}g}'):f}"
    return found.rstrip("0").rstrip(".") if "." in found else found


def center(key: numbers.Key) -> tuple[str, str]:
    """A key as the middle of what it accepts, and how far an answer may be from it."""
    return number(key.value), number((key.high - key.low) / 2, 9)


def is_plain_statement(item: Item) -> bool:
    """Whether the two options of a statement are called what Moodle calls them; else it is a question with two options."""
    return item.type == "truefalse" and all(
        tuple(option.text.casefold() for option in wording.options) == TRUTH.get(lang) for lang, wording in item.wordings.items()
    )


def answers(item: Item, lang: Lang) -> list[Answer]:
    """The options, the numbers or the words of an item with their grades and feedback; right numbers and words first.

    Raises:
        KeyError: the item has no text in that language.
        ValueError: a number or a formula is none.
    """
    if item.type == "short":
        return _words(item, lang)
    found = []
    for index, (option, share) in enumerate(zip(item.first.options, grades(item), strict=True)):
        feedback = multilang.block(item, lang, _feedback(index))
        if item.type == "numeric":
            found.append(_number(option, share, feedback))
        else:
            found.append(Answer(multilang.inline(item, lang, _option(index)), share, feedback))
    return sorted(found, key=lambda answer: answer.grade != "100") if item.type == "numeric" else found


def _option(index: int) -> multilang.Pick:
    return lambda wording: wording.options[index].text


def _feedback(index: int) -> multilang.Pick:
    return lambda wording: wording.options[index].feedback


def _number(option: Option, share: str, feedback: str) -> Answer:
    key = numbers.key(option.text)
    if key is None:
        raise ValueError(f"{option.text!r} is no number")
    value, tolerance = center(key)
    return Answer(value, share, feedback, tolerance)


def _words(item: Item, lang: Lang) -> list[Answer]:
    """The accepted words of all languages that are asked for, and the wrong ones that none of them accepts."""
    names = multilang.languages(item, lang)
    options = [option for name in names for option in item.wordings[name].options]
    said: dict[str, dict[str, str]] = {}
    for name in names:
        for option in item.wordings[name].options:
            said.setdefault(option.id or option.text, {})[name] = text.html(option.feedback, text.tex)
    found: dict[str, Answer] = {}
    for option in sorted(options, key=lambda option: not option.correct):
        feedback = multilang.joined(said[option.id or option.text])
        for word in spellings(option.text):
            found.setdefault(word.casefold(), Answer(word, "100" if option.correct else "0", feedback))
    return list(found.values())


def spellings(word: str) -> list[str]:
    """A short answer as Moodle compares it, letter by letter but for case: with ё and without, and no asterisk a wildcard."""
    plain = unicodedata.normalize("NFC", " ".join(word.replace("`", "").split())).replace("*", r"\*")
    return list(dict.fromkeys((plain, plain.replace("ё", "е").replace("Ё", "Е"))))


def pair(item: Item, lang: Lang, index: int) -> tuple[str, str]:
    """A row to match: its left side as HTML, empty for a distractor, and its right side as words, for a menu.

    Raises:
        KeyError: the item has no text in that language.
    """
    left = multilang.inline(item, lang, lambda wording: wording.pairs[index].left)
    return left, multilang.label(item, lang, lambda wording: wording.pairs[index].right)


def gaps_of(item: Item, lang: Lang) -> list[list[Gap]]:
    """For each gap of a cloze what it is in each language that is asked for.

    Raises:
        KeyError: the item has no text in that language.
        GapError: a gap breaks a rule of the format.
    """
    found = [gaps.of(item.wordings[name].stem) for name in multilang.languages(item, lang)]
    return [list(same) for same in zip(*found, strict=True)]


def accepted(same: list[Gap]) -> list[str]:
    """Every spelling of every word that is accepted in a gap, in the order of the languages."""
    words = [word for gap in same for name in gap.accepted for word in spellings(name)]
    return list({word.casefold(): word for word in reversed(words)}.values())[::-1]


def offered(item: Item, lang: Lang, same: list[Gap]) -> list[str]:
    """What is offered in a gap, the right one first, as HTML without markup, for a menu."""
    names = multilang.languages(item, lang)
    rows = zip(*(gap.offered for gap in same), strict=True)
    return [
        multilang.spans({name: html.escape(text.plain(word), quote=False) for name, word in zip(names, row, strict=True)})
        for row in rows
    ]


def name(item: Item, bank: Bank, lang: Lang) -> str:
    """What a teacher sees in lists: how the question begins, and the code that students' pages have for the item.

    Raises:
        KeyError: the item has no text in that language.
    """
    stem = gaps.GAP.sub(BLANK, item.wordings[multilang.languages(item, lang)[0]].stem)
    variant = f".v{item.variant:02}" if item.variant else ""
    return f"{textwrap.shorten(text.plain(stem), MAX_NAME, placeholder='…')} · {code(bank.id, item.id)}{variant}"


def tags(item: Item) -> list[str]:
    """What can be searched for in a bank of questions."""
    return [f"version:{item.version}", f"topic:{item.topic}", f"difficulty:{item.difficulty}", f"bloom:{item.bloom}"]


def by_category(request: Request) -> dict[str, list[Item]]:
    """The items with their values filled in, by the category that they go into, in the order of the bank.

    Variants of an item have a category of their own, from which one is drawn at random.

    Raises:
        ExpressionError: values cannot be filled in.
    """
    found: dict[str, list[Item]] = {}
    top = f"$course$/top/{' '.join(request.title.split()).replace('/', '//')}"
    for item in request.bank.items:
        given = instances.variants(item, request.bank.id)
        topic = f"{top}/{item.topic}"
        found.setdefault(f"{topic}/{item.id}" if len(given) > 1 else topic, []).extend(given)
    return found
