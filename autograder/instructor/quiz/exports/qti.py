"""What both versions of QTI need of an item: codes that tell nothing, numbers, and spellings of an answer."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from decimal import Decimal

from autograder.instructor.quiz.bank import instances, numbers
from autograder.instructor.quiz.bank.gaps import Gap
from autograder.instructor.quiz.bank.model import Item, Option
from autograder.instructor.quiz.exports.target import Request
from autograder.instructor.quiz.forms import form

DIGITS = 12  # significant: what a key or the end of its tolerance is written with
FIRST, CODES = 100_000, 900_000  # codes have six digits


def given(request: Request) -> list[tuple[Item, list[Item]]]:
    """Every item of the bank with its filled variants, itself where it has none.

    Raises:
        ExpressionError: values cannot be filled in.
    """
    return [(item, instances.variants(item, request.bank.id)) for item in request.bank.items]


def title(bank: str, item: Item) -> str:
    """What a filled item is called where students may see it."""
    number = f".v{item.variant:02}" if item.variant else ""
    return form.code(bank, item.id) + number


def ident(*names: str) -> str:
    """An id of letters, digits, dots, hyphens and underscores that begins with a letter."""
    found = re.sub("[^A-Za-z0-9.-]", lambda match: f"_{ord(match[0]):x}", ".".join(names))
    return found if found[:1].isalpha() else f"i{found}"


def codes(names: Sequence[str], salt: str) -> list[int]:
    """A number of six digits for each name, no two the same, that says nothing about its name or place."""
    found: list[int] = []
    for name in names:
        code = FIRST + int(hashlib.sha256(f"{salt}:{name}".encode()).hexdigest()[:12], 16) % CODES
        while code in found:
            code = FIRST + (code + 1 - FIRST) % CODES
        found.append(code)
    return found


def option_codes(item: Item, options: Sequence[Option]) -> list[int]:
    """The codes of options, by their ids; by their places where they have none."""
    return codes([option.id or str(place) for place, option in enumerate(options)], item.name)


def number(value: float) -> str:
    """A number in digits, with a point and without an exponent."""
    return format(Decimal(f"{value:.{DIGITS}g}"), "f")


def is_exact(key: numbers.Key) -> bool:
    """Whether nothing but the number itself is accepted."""
    return key.low == key.high


def keys(options: Iterable[Option]) -> list[tuple[Option, numbers.Key]]:
    """Options that state a number, with what they state."""
    return [(option, key) for option in options if (key := numbers.key(option.text)) is not None]


def spellings(texts: Iterable[str]) -> tuple[str, ...]:
    """Answers as systems compare them that only fold case: composed, without backticks, with ё and with е instead."""
    found: dict[str, str] = {}
    for text in texts:
        plain = " ".join(unicodedata.normalize("NFC", text).replace("`", "").split())
        for spelled in (plain, plain.replace("ё", "е").replace("Ё", "Е")):
            found.setdefault(spelled.casefold(), spelled)
    return tuple(found.values())


def written(gap: Gap) -> tuple[str, ...]:
    """What may be typed into a gap, both decimal marks and both minus signs of an exact number."""
    if gap.key is None:
        return spellings(gap.accepted)
    text = number(gap.key.value)
    marks = [text, text.replace(".", ",")]
    return tuple(dict.fromkeys([*marks, *(mark.replace("-", "\u2212") for mark in marks)]))
