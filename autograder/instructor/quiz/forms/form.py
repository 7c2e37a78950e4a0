"""A form of the quiz: which items of the bank a student gets, with which values, in which order of options.

``form.toml`` says it in draws, and everything else follows from its seed, the same again on every machine::

    name = "cnn-quiz"
    title = {ru = "Свёртка и регуляризация", en = "Convolution and regularization"}
    seed = "autumn"
    individual = true          # every student draws for himself; false: all get the same
    points = 100               # what everybody's form is worth in the gradebook, whatever its items are worth

    [[draw]]
    topics = ["conv/*"]
    count = 8

    [[draw]]
    items = ["conv-formula"]
"""

import hashlib
import random
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import Any

from autograder.instructor.quiz.bank import instances
from autograder.instructor.quiz.bank.expressions import ExpressionError
from autograder.instructor.quiz.bank.model import CHOICES, RELEASES, TYPES, Bank, Item

FILE = "form.toml"
MAX_BYTES = 2**16
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,60}")
ATTEMPTS = 50
KEYS = {"name", "title", "seed", "individual", "points", "draw"}
DRAW_KEYS = {"topics", "types", "release", "items", "count"}


class FormError(Exception):
    """A form that cannot be read, or asks for more than the bank has."""


@dataclass(frozen=True)
class Draw:
    """Items to draw ``count`` of; all that it admits where there is no count.

    Items for practice, whose answers students are given, are drawn only if they are asked for, or named.
    """

    topics: tuple[str, ...] = ("*",)
    types: tuple[str, ...] = TYPES
    release: tuple[str, ...] = ("exam",)
    items: tuple[str, ...] = ()
    count: int | None = None

    def admits(self, item: Item) -> bool:
        """Whether the item may be drawn."""
        if self.items:
            return item.id in self.items
        if item.type not in self.types or item.release not in self.release:
            return False
        return any(fnmatchcase(item.topic, pattern) for pattern in self.topics)


@dataclass(frozen=True)
class Form:
    """What is drawn for a student. ``points`` is what a form is worth in the gradebook; 0 for what its items are worth."""

    name: str
    seed: str
    draws: tuple[Draw, ...]
    title: Mapping[str, str]
    individual: bool = True
    points: float = 0.0


@dataclass(frozen=True)
class Question:
    """An item as a student gets it: values filled in, ``order`` the places of its options, or of its right sides."""

    code: str
    item: Item
    order: tuple[int, ...]


def code(bank: str, item: str) -> str:
    """What an item is called where students see it: the same always, and it says nothing about the answer."""
    return hashlib.sha256(f"{bank}:{item}".encode()).hexdigest()[:8]


def read(path: Path) -> Form:
    """The form in a file.

    Raises:
        FormError: it breaks a rule; the message says which.
    """
    try:
        content = path.read_bytes()[: MAX_BYTES + 1]
        if len(content) > MAX_BYTES:
            raise FormError(f"{path.name} is larger than {MAX_BYTES // 1024} KiB")
        value = tomllib.loads(content.decode("utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise FormError(f"{path.name} cannot be read: {error}") from error
    return parse(value, path.name)


def parse(value: Mapping[str, Any], where: str = FILE) -> Form:
    """The form that a table says.

    Raises:
        FormError: it breaks a rule.
    """
    _known(value, KEYS, where)
    name, seed, draws = value.get("name"), value.get("seed"), value.get("draw")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise FormError(f"{where}: name has small letters, digits, dots and hyphens")
    if not isinstance(seed, str) or not seed:
        raise FormError(f"{where}: seed is a text, and not empty")
    if not isinstance(draws, list) or not draws or not all(isinstance(draw, dict) for draw in draws):
        raise FormError(f"{where}: [[draw]] says what is drawn")
    title = value.get("title", {})
    if not isinstance(title, dict) or not all(isinstance(text, str) for text in title.values()):
        raise FormError(f"{where}: title has a text for each language")
    individual = value.get("individual", True)
    if not isinstance(individual, bool):
        raise FormError(f"{where}: individual is true or false")
    points = value.get("points", 0.0)
    if isinstance(points, bool) or not isinstance(points, int | float) or not 0 <= points <= 10_000:
        raise FormError(f"{where}: points are a number, at most 10,000")
    return Form(name, seed, tuple(_draw(draw, where) for draw in draws), dict(title), individual, float(points))


def _known(value: Mapping[str, Any], keys: set[str], where: str) -> None:
    unknown = sorted(set(value) - keys)
    if unknown:
        raise FormError(f"{where}: {', '.join(unknown)} is no key; the keys are {', '.join(sorted(keys))}")


def _draw(value: Mapping[str, Any], where: str) -> Draw:
    _known(value, DRAW_KEYS, where)
    lists: dict[str, tuple[str, ...]] = {}
    for key in ("topics", "types", "release", "items"):
        found = value.get(key, [])
        if not isinstance(found, list) or not all(isinstance(text, str) for text in found):
            raise FormError(f"{where}: {key} is a list of texts")
        lists |= {key: tuple(found)} if found else {}
    for key, known in (("types", TYPES), ("release", RELEASES)):
        strangers = set(lists.get(key, ())) - set(known)
        if strangers:
            raise FormError(f"{where}: {', '.join(sorted(strangers))} is none of the {key} {', '.join(known)}")
    count = value.get("count")
    if count is not None and (isinstance(count, bool) or not isinstance(count, int) or not 0 < count <= 1000):
        raise FormError(f"{where}: count is a number from 1 to 1000")
    return Draw(**lists, count=count)


def everything(bank: Bank) -> Form:
    """The form that holds the whole bank, in its order, the same for all."""
    return Form(bank.id, bank.id, (Draw(release=RELEASES),), bank.title, individual=False)


def _random(*parts: object) -> random.Random:
    digest = hashlib.sha256(":".join(map(str, parts)).encode("utf-8", "surrogatepass")).digest()
    return random.Random(digest)  # noqa: S311 - which items a student gets is no secret


def _enemies(bank: Bank) -> dict[str, set[str]]:
    """For each item those that must not be given with it, whichever of the two names the other."""
    found: dict[str, set[str]] = {item.id: set() for item in bank.items}
    for item in bank.items:
        for name in item.enemies:
            found[item.id].add(name)
            found.setdefault(name, set()).add(item.id)
    return found


def choose(form: Form, bank: Bank, student: str = "") -> list[Item]:
    """The items of a student's form, templates still, in the order of the draws; essays last, since they take longest.

    A draw without a count takes all that it admits, enemies too: whoever names items has chosen them.

    Raises:
        FormError: an item is named that the bank does not have, or there are not enough that may stand together.
    """
    known = {item.id for item in bank.items}
    missing = [name for draw in form.draws for name in draw.items if name not in known]
    if missing:
        raise FormError(f"the bank has no {', '.join(missing)}")
    enemies = _enemies(bank)
    whose = student if form.individual else ""
    failed: FormError | None = None
    for attempt in range(ATTEMPTS):  # an unlucky draw may leave nothing but enemies for the next one
        try:
            found = _chosen(form, bank, enemies, partial(_random, form.seed, bank.id, whose, attempt))
            return sorted(found, key=lambda item: item.type == "essay")
        except FormError as error:
            failed = failed or error
    assert failed is not None
    raise failed


def _chosen(form: Form, bank: Bank, enemies: Mapping[str, set[str]], source: Callable[[int], random.Random]) -> list[Item]:
    taken: dict[str, Item] = {item.id: item for draw in form.draws if draw.count is None for item in _admitted(draw, bank.items)}
    found: list[Item] = []
    for number, draw in enumerate(form.draws):
        if draw.count is None:
            found += [item for item in _admitted(draw, bank.items) if item not in found]
            continue
        candidates = [item for item in _admitted(draw, bank.items) if item.id not in taken]
        drawn = _drawn(draw, candidates, taken, enemies, source(number))
        taken |= {item.id: item for item in drawn}
        found += drawn
    return found


def _admitted(draw: Draw, items: Iterable[Item]) -> list[Item]:
    found = [item for item in items if draw.admits(item)]
    return sorted(found, key=lambda item: draw.items.index(item.id)) if draw.items else found


def _drawn(
    draw: Draw, candidates: Sequence[Item], taken: Mapping[str, Item], enemies: Mapping[str, set[str]], source: random.Random
) -> list[Item]:
    """As many of the candidates as are asked for, none of them an enemy of another or of what is taken."""
    order = list(candidates)
    source.shuffle(order)
    found: list[Item] = []
    for item in order:
        if len(found) == draw.count:
            break
        if not enemies[item.id] & {*taken, *(other.id for other in found)}:
            found.append(item)
    if len(found) < (draw.count or 0):
        raise FormError(f"a draw asks for {draw.count} of {', '.join(draw.topics)}; only {len(found)} may stand together")
    return found


def questions(form: Form, bank: Bank, student: str) -> list[Question]:
    """The form of a student: the same for the same seed, bank and student.

    Raises:
        FormError: the bank cannot fill it.
    """
    whose = student if form.individual else ""
    found = []
    for item in choose(form, bank, student):
        try:
            given = instances.of_student(item, bank.id, form.seed, whose)
        except ExpressionError as error:
            raise FormError(str(error)) from error
        found.append(Question(code(bank.id, item.id), given, _order(given, f"{form.seed}:{item.id}:{whose}")))
    return found


def _order(item: Item, seed: str) -> tuple[int, ...]:
    """The places of what is offered, shuffled; numbers and statements to judge keep theirs."""
    offered = len(item.first.pairs) if item.type == "match" else len(item.first.options) if item.type in CHOICES else 0
    order = list(range(offered))
    if item.type == "match" or (item.shuffle and item.type != "truefalse"):
        _random(seed, "options").shuffle(order)
    return tuple(order)


def only(bank: Bank, items: Iterable[Item]) -> Bank:
    """The bank with these items alone."""
    return replace(bank, items=tuple(items))
