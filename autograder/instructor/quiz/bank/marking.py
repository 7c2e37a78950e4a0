"""Points for an answer, and what the answer says about its author's mistake.

An answer is a tuple of texts, as it comes from a sheet, a learning platform or a notebook:

- single, multi, truefalse: the ids of the options that were ticked;
- numeric, short: what was written;
- match: for each row with a left side, in the order of the bank, the right side that was chosen, or nothing;
- cloze: what was put into each gap;
- essay: the text.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from autograder.instructor.quiz.bank import gaps, numbers
from autograder.instructor.quiz.bank.gaps import Gap
from autograder.instructor.quiz.bank.model import Item, Option, Wording

Answer = tuple[str, ...]
State = Literal["right", "partial", "wrong", "blank", "unreadable", "waiting"]


@dataclass(frozen=True)
class Mark:
    """What an answer is worth. ``points`` is None as long as a person has to say it.

    ``unreadable`` means that no answer could be made out (a word where a number is asked for): that is no wrong answer.
    ``mistakes`` are the ids of the options, traps or wrong answers of the bank that the answer matches, and ``feedback``
    what the bank says about them, as Markdown in the language of the wording.
    """

    state: State
    points: float | None
    maximum: float
    mistakes: tuple[str, ...] = ()
    feedback: tuple[str, ...] = ()


def mark(item: Item, lang: str, answer: Answer) -> Mark:
    """The points of *answer* to an item whose values are filled in.

    Raises:
        KeyError: the item has no text in that language.
        GapError: a gap of the item breaks a rule of the format.
    """
    wording = item.wordings[lang]
    if not any(part.strip() for part in answer):
        return Mark("blank", 0.0, item.points)
    if item.type == "essay":
        return Mark("waiting", None, item.points)
    if item.type == "numeric":
        return _numeric(item, wording, answer[0])
    if item.type == "short":
        return _short(item, wording, answer[0])
    if item.type == "match":
        rights = [pair.right for pair in wording.pairs if pair.left]
        return _shares(item, [normal(one) == normal(two) for one, two in zip(rights, answer, strict=False)], len(rights))
    if item.type == "cloze":
        return _cloze(item, gaps.of(wording.stem), lang, answer)
    return _ticked(item, wording, set(answer))


def normal(text: str) -> str:
    """A short answer with nothing in it that makes no difference: case, spaces, the dots of ё, backticks, quotes."""
    found = unicodedata.normalize("NFC", text).casefold().replace("ё", "е")
    return " ".join(found.replace("`", "").strip(" .;,«»\"'").split())


def state_of(share: float) -> State:
    """What a share of the points is called."""
    return "right" if share >= 1 else "partial" if share > 0 else "wrong"


def _scored(item: Item, share: float, named: Iterable[Option] = ()) -> Mark:
    share = share if item.scoring == "partial" or share >= 1 else 0.0
    found = list(named)
    feedback = tuple(option.feedback for option in found if option.feedback)
    mistakes = tuple(option.id for option in found if not option.correct)
    return Mark(state_of(share), round(item.points * share, 4), item.points, mistakes, feedback)


def _shares(item: Item, right: Sequence[bool], parts: int) -> Mark:
    return _scored(item, sum(right) / parts)


def _ticked(item: Item, wording: Wording, ticked: set[str]) -> Mark:
    """All or nothing where one option is asked for; several: what is right less what is wrong, of all that is right."""
    chosen = [option for option in wording.options if option.id in ticked]
    if len(chosen) < len(ticked) or (item.type != "multi" and len(chosen) != 1):
        return Mark("unreadable", None, item.points)
    keys = sum(option.correct for option in wording.options)
    hits = sum(option.correct for option in chosen)
    return _scored(item, max(0.0, (2 * hits - len(chosen)) / keys), chosen)


def _numeric(item: Item, wording: Wording, answer: str) -> Mark:
    value = numbers.answer(answer, wording.lang)
    if value is None:
        return Mark("unreadable", None, item.points)
    read = [(option, key) for option in wording.options if (key := numbers.key(option.text)) is not None]
    accepted = [option for option, key in read if key.accepts(value)]
    right = [option for option in accepted if option.correct]
    return _scored(item, float(bool(right)), right or accepted[:1])


def _short(item: Item, wording: Wording, answer: str) -> Mark:
    named = [option for option in wording.options if normal(option.text) == normal(answer)]
    right = [option for option in named if option.correct]
    return _scored(item, float(bool(right)), right or named[:1])


def _cloze(item: Item, found: Sequence[Gap], lang: str, answer: Answer) -> Mark:
    filled = [*answer, *[""] * len(found)][: len(found)]
    right = [accepts(gap, text, lang) for gap, text in zip(found, filled, strict=True)]
    if None in right:
        return Mark("unreadable", None, item.points)
    return _shares(item, [bool(value) for value in right], len(found))


def accepts(gap: Gap, text: str, lang: str) -> bool | None:
    """Whether a gap is filled rightly; None if a number is asked for and something else was written."""
    if gap.key is None:
        return normal(text) in {normal(word) for word in gap.accepted}
    if not text.strip():
        return False
    value = numbers.answer(text, lang)
    return None if value is None else gap.key.accepts(value)
