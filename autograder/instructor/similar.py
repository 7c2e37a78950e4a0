"""Which works of a class share the code of a function, and which of these groups a person should look at first.

The same right code is expected: the lab is small, and its text says what to write. What says more is the same wrong code,
the rarer it and its mistakes are in this class. Nothing of this is a proof, and nothing of it is scored.
"""

import math
from array import array
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

FEW = 50  # right code is unusual if no more than one work in so many has it, or two works
LEAST = 10  # in a smaller class nothing that is right is unusual
LONG = 100  # nodes of a syntax tree; shorter functions are alike by chance more often


@dataclass(frozen=True)
class Group:
    """Works with the same code in *sections*: where they stand, and the mistakes of that code.

    ``weight`` is in bits: how rare the code and its mistakes are in the class, less for short functions.
    """

    places: tuple[int, ...]
    sections: tuple[str, ...]
    mistakes: tuple[str, ...]
    weight: float


@dataclass
class Found:
    """The groups to look at, the most telling first, and what is not listed: ``usual`` works share right code that many have.

    ``known`` works have digests, the ``unknown`` have none; ``made`` says how many of the known make a mistake.
    """

    groups: list[Group] = field(default_factory=list)
    usual: int = 0
    known: int = 0
    unknown: int = 0
    made: Counter[str] = field(default_factory=Counter)

    def rarity(self, count: int) -> float:
        """In bits, how rare something is that *count* works have."""
        return math.log2(self.known / count)

    def weight(self, count: int, nodes: int, mistakes: Sequence[str]) -> float:
        """That of code which *count* works have."""
        bits = self.rarity(count) + sum(self.rarity(self.made[check]) for check in mistakes)
        return bits * min(1.0, nodes / LONG)

    def unusual(self, count: int) -> bool:
        """Whether right code that *count* works have is worth a look."""
        return self.known >= LEAST and count <= max(2, self.known // FEW)


def _mistakes(row: Mapping[str, Any], section: str) -> list[str]:
    return [check for check in row["failed"] if check.partition(".")[0] == section]


def find(rows: Sequence[Mapping[str, Any]], sections: Sequence[str]) -> Found:
    """The groups of a class, of works that are graded, by the functions of *sections*."""
    shared: dict[tuple[str, str, int], array[int]] = defaultdict(lambda: array("L"))
    found = Found()
    for place, row in enumerate(rows):
        if row["status"] != "graded":
            continue
        codes = {section: code for section, code in row["codes"].items() if section in sections}
        found.known, found.unknown = found.known + bool(codes), found.unknown + (not codes)
        if codes:
            found.made.update(row["failed"])
        for section, (digest, nodes) in codes.items():
            shared[section, digest, nodes].append(place)
    _sort_out(found, rows, {key: places for key, places in shared.items() if len(places) > 1})
    return found


def _sort_out(found: Found, rows: Sequence[Mapping[str, Any]], several: Mapping[tuple[str, str, int], Sequence[int]]) -> None:
    """Join groups of the same works, and put the most telling first."""
    usual = bytearray(len(rows))
    joined: dict[tuple[int, ...], list[Group]] = defaultdict(list)
    for (section, _, nodes), places in several.items():
        mistakes = _common(rows, places, section)
        if not mistakes and not found.unusual(len(places)):
            for place in places:
                usual[place] = 1
            continue
        group = Group(tuple(places), (section,), mistakes, found.weight(len(places), nodes, mistakes))
        joined[group.places].append(group)
    found.usual = sum(usual)
    found.groups = sorted(map(_joined, joined.values()), key=lambda group: (not group.mistakes, -group.weight, group.places))


def _common(rows: Sequence[Mapping[str, Any]], places: Sequence[int], section: str) -> tuple[str, ...]:
    """The mistakes of a section that all these works make."""
    first, *others = places
    common = _mistakes(rows[first], section)
    for place in others:
        if not common:
            break
        made = set(_mistakes(rows[place], section))
        common = [check for check in common if check in made]
    return tuple(common)


def _joined(groups: Sequence[Group]) -> Group:
    return Group(
        groups[0].places,
        tuple(section for group in groups for section in group.sections),
        tuple(check for group in groups for check in group.mistakes),
        sum(group.weight for group in groups),
    )
