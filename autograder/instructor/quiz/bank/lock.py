"""The lock of a bank: which version of each item was accepted, so that no key and no translation changes unseen.

``bank.lock`` is JSON: for each id its version, a digest of the key, and one of the text in each language. Answers that
were given to a version stay answers to that version.
"""

import datetime
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from autograder.files import write_json
from autograder.instructor.quiz.bank.gaps import GAP
from autograder.instructor.quiz.bank.model import Bank, Item, Problem, Wording
from autograder.instructor.results import digest_of

FILE = "bank.lock"
SCHEMA = 1


def _digest(value: object) -> str:
    return digest_of(value)[:16]


def _key(item: Item) -> str:
    """What decides points: the kind of item, the values it is made of, and the right answers, by their ids or in words."""
    right = [(option.id, option.correct) for option in item.first.options]
    numbers = [option.text for option in item.first.options] if item.type == "numeric" else []
    rubric = [(row.id, row.points) for row in item.first.rubric]
    made_of = [item.type, item.points, item.scoring, dict(item.params), item.where, dict(item.let)]
    return _digest([*made_of, right, numbers, rubric, *_accepted(item)])


def _accepted(item: Item) -> Iterator[object]:
    """What is accepted in words, in each language: short answers, the insides of gaps, and what belongs to what."""
    for lang, wording in sorted(item.wordings.items()):
        if item.type == "short":
            yield [lang, *((option.correct, option.text) for option in wording.options)]
        elif item.type == "cloze":
            yield [lang, *(gap["inside"] for gap in GAP.finditer(wording.stem))]
        elif item.type == "match":
            yield [lang, *((pair.left, pair.right) for pair in wording.pairs)]


def _text(wording: Wording) -> str:
    return _digest([" ".join(text.split()) for text in wording.texts()])  # lines may be broken anew


def entry(item: Item) -> dict[str, Any]:
    """What the lock keeps of an item."""
    texts = {lang: _text(wording) for lang, wording in item.wordings.items()}
    return {"version": item.version, "key": _key(item), "texts": texts}


def read(folder: Path) -> dict[str, dict[str, Any]]:
    """The accepted items by id; none if there is no lock.

    Raises:
        ValueError: the file is no lock.
    """
    path = folder / FILE
    if not path.is_file():
        return {}
    value = json.loads(path.read_text("utf-8"))
    if not isinstance(value, dict) or value.get("schema") != SCHEMA or not isinstance(value.get("items"), dict):
        raise ValueError(f"{path} is no lock of schema {SCHEMA}")
    return dict(value["items"])


def write(folder: Path, bank: Bank, today: datetime.date) -> None:
    """Accept the bank as it is. Items that have not changed keep the date on which they were accepted."""
    known = read(folder)
    items = {}
    for item in bank.items:
        now = entry(item)
        before = {key: value for key, value in known.get(item.id, {}).items() if key != "accepted"}
        items[item.id] = now | {"accepted": known[item.id]["accepted"] if before == now else today.isoformat()}
    write_json(folder / FILE, {"schema": SCHEMA, "bank": bank.id, "items": items})


def problems(bank: Bank, known: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
    """What has changed since it was accepted, and was not said to have changed."""
    for item in bank.items:
        before, now = known.get(item.id), entry(item)
        if before is None:
            yield item.problem("not-locked", "this item was never accepted; `convmark quiz lock --accept` accepts it.")
        elif now["version"] < before["version"]:
            yield item.problem("version-not-raised", f"version {before['version']} was accepted already.")
        elif now["version"] == before["version"]:
            yield from _changed(item, before, now)
    for name in sorted(set(known) - {item.id for item in bank.items}):
        yield Problem("item-removed", FILE, 1, f"{name} was accepted and is gone; answers to it cannot be graded any more.")


def _changed(item: Item, before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Problem]:
    """Changes within a version: a key may not change, a text only in all languages."""
    if now["key"] != before["key"]:
        yield item.problem("version-not-raised", "what gives points has changed: raise the version.")
    changed = [lang for lang, digest in now["texts"].items() if digest != before["texts"].get(lang)]
    same = [lang for lang in now["texts"] if lang not in changed]
    if changed and same:
        yield item.problem("translation-stale", f"the text has changed in {', '.join(changed)}, but not in {', '.join(same)}.")
    elif changed:
        yield item.problem("not-locked", "the texts have changed; `convmark quiz lock --accept` accepts them.")
