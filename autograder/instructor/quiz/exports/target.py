"""What a target of an export is, what it can hold of an item, and what is lost on the way."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from autograder.instructor.quiz.bank import gaps, instances
from autograder.instructor.quiz.bank.model import CHOICES, TYPES, Bank, Item

Lang = Literal["ru", "en", "both"]
OMITTED = "left out"
TOLERANCE = re.compile(r"\.\.|±\s*+(?!0\s*$)")
FEATURES = {
    "feedback": "feedback on each option",
    "trap-feedback": "feedback on wrong numbers and words",
    "hint": "a hint",
    "explanation": "the explanation",
    "partial": "partial credit",
    "whole": "all or nothing for several answers",
    "tolerance": "a tolerance",
    "rubric": "the rubric and the model answer",
    "variants": "variants with other values",
    "formula": "formulas",
    "points": "points of its own",
}


@dataclass(frozen=True)
class Request:
    """What is to be exported: a bank of templates, the language, and whether as a quiz or as a bank to draw from."""

    bank: Bank
    lang: Lang
    title: str


@dataclass(frozen=True)
class Loss:
    """Something of an item that the target cannot hold, or holds in another way."""

    item: str
    feature: str
    how: str


def _nothing(item: Item) -> bool:
    return False


@dataclass(frozen=True)
class Target:
    """A format that a learning platform reads.

    ``holds`` says for each type and each feature whether the target has it: "yes"; "no"; or in a few words what becomes of
    it. ``omits`` says whether an item, its values filled in, is left out. ``build`` returns the files by their names, the
    same bytes for the same request, and raises ValueError for an item that cannot be written.
    """

    name: str
    title: str
    langs: tuple[Lang, ...]
    holds: Mapping[str, str]
    build: Callable[[Request], Mapping[str, bytes]] = field(compare=False)
    omits: Callable[[Item], bool] = field(default=_nothing, compare=False)

    def __post_init__(self) -> None:
        unknown = set(self.holds) ^ {*TYPES, *FEATURES}
        if unknown:
            raise ValueError(f"{self.name}: {', '.join(sorted(unknown))}")


def features(item: Item, bank: str) -> set[str]:
    """The type of an item, and what of `FEATURES` it has.

    Raises:
        ExpressionError: its values cannot be filled in.
    """
    given = instances.variants(item, bank)
    wording = given[0].first
    found = {item.type}
    if any(option.feedback for option in wording.options):
        found.add("feedback" if item.type in CHOICES else "trap-feedback")
    found |= {name for name, text in (("hint", wording.hint), ("explanation", wording.explanation)) if text}
    if item.type in {"multi", "match"} or (item.type == "cloze" and len(gaps.of(wording.stem)) > 1):
        found.add("partial" if item.scoring == "partial" else "whole")
    if any("$" in text for text in wording.texts()):
        found.add("formula")
    named = {"rubric": item.type == "essay", "variants": len(given) > 1, "points": item.points != 1}
    return found | {name for name, has in named.items() if has} | ({"tolerance"} if _has_tolerance(given[0]) else set())


def _has_tolerance(item: Item) -> bool:
    texts = [option.text for option in item.first.options if option.correct] if item.type == "numeric" else []
    texts += [gap.accepted[0] for gap in gaps.of(item.first.stem) if gap.kind == "number"] if item.type == "cloze" else []
    return any(TOLERANCE.search(text) for text in texts)


def is_omitted(target: Target, item: Item, bank: str) -> bool:
    """Whether the target leaves the item out.

    Raises:
        ExpressionError: its values cannot be filled in.
    """
    return target.omits(instances.variants(item, bank)[0])


def losses(target: Target, bank: Bank) -> list[Loss]:
    """Everything that the target does not hold as it stands in the bank."""
    found = []
    for item in bank.items:
        if is_omitted(target, item, bank.id):
            found.append(Loss(item.id, item.type, OMITTED))
            continue
        lost = (feature for feature in sorted(features(item, bank.id)) if target.holds[feature] != "yes")
        found += [Loss(item.id, feature, target.holds[feature]) for feature in lost]
    return found
