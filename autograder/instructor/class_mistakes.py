"""The part of the page of a class about mistakes: the most common ones, what kinds they were of, and who made them."""

from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from autograder import messages
from autograder.instructor import addressed, causes
from autograder.instructor.class_parts import link, plain
from autograder.instructor.compact import Mapped
from autograder.instructor.rendering import Words, bounded, check_title
from autograder.scheme import Scheme
from autograder.verdict import FILE

Row = Mapping[str, Any]

COMMON = 10
KINDS = 6  # of a mistake; the others are counted
LISTED = 500  # students below a mistake; the others are found in the table
DIFFERS = "…"  # stands for a value that differs from work to work
PHRASES = {causes.STOPPED: "cause_stopped", causes.NOT_BEGUN: "cause_not_begun", causes.NOT_DEFINED: "cause_not_defined"}

STOPS = {"import.syntax": "stops_syntax", "import.timeout": "stops_timeout", "import.crash": "stops_crash"}


class Kind:
    """One kind of a mistake: in how many works, and the values that are the same in all of them."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self.code, self.params, self.works = str(told["code"]), dict(told["params"]), 1

    def add(self, told: Mapping[str, Any]) -> None:
        """Count another work."""
        self.works += 1
        for key, value in self.params.items():
            if told["params"].get(key) != value:
                self.params[key] = DIFFERS

    def sentence(self, say: Words) -> str:
        """What was wrong, in few words."""
        if self.code.startswith(FILE):
            return say.say(STOPS.get(self.code, "stops_error"), type=bounded(self.params.get("type", DIFFERS)))
        return bounded(addressed.sentences({"code": self.code, "params": self.params}, say.lang).wrong)


def title(scheme: Scheme, say: Words, key: str) -> str:
    """What a mistake is called: by the check that found it, or by what it is."""
    return say.say(PHRASES[key]) if key in PHRASES else check_title(scheme, key, say.lang)


def untrained(say: Words, graded: Sequence[Row]) -> dict[str, Any] | None:
    """Those who lost points for accuracy without weights that could be tested; None if there is nobody."""
    places = [place for place, row in enumerate(graded) if causes.ACCURACY in row["failed"] and not row["accuracy"]]
    if not places:
        return None
    return {
        "count": say.count(len(places)),
        "links": Mapped(lambda place: link(graded[place]), array("L", places[:LISTED])),
        "more": max(0, len(places) - LISTED),
    }


def shown(scheme: Scheme, say: Words, graded: Sequence[Row]) -> dict[str, Any]:
    """The most common mistakes, each with its kinds and with those who made it, and how many others there are."""
    counts = Counter(key for row in graded for key in row["causes"])
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    made, kinds = _made(graded, [key for key, _ in ordered[:COMMON]])
    listed = [
        {
            "id": "" if key in PHRASES else bounded(key),
            "title": title(scheme, say, key),
            "searched": plain(title(scheme, say, key)),
            "count": say.count(count),
            "share": count / len(graded),
            "kinds": _kinds(say, kinds[key]),
            "links": Mapped(lambda place: link(graded[place]), made[key]),
            "more": count - len(made[key]),
        }
        for key, count in ordered[:COMMON]
    ]
    return {"listed": listed, "others": max(0, len(ordered) - COMMON)}


def _made(graded: Sequence[Row], keys: Sequence[str]) -> tuple[dict[str, "array[int]"], dict[str, dict[tuple[str, ...], Kind]]]:
    """Where those works stand that make these mistakes, and of what kinds they are."""
    places = {key: array("L") for key in keys}
    kinds: dict[str, dict[tuple[str, ...], Kind]] = {key: {} for key in keys}
    for place, row in enumerate(graded):
        for key in places.keys() & row["causes"].keys():
            if len(places[key]) < LISTED:
                places[key].append(place)
            for told in row["causes"][key]:
                kind = kinds[key].setdefault(causes.by_kind(told), new := Kind(told))
                if kind is not new:
                    kind.add(told)
    return places, kinds


def _kinds(say: Words, kinds: Mapping[tuple[str, ...], Kind]) -> list[str]:
    """The kinds of a mistake that have sentences, each with the number of works, the most common first."""
    ordered = [
        say.say("mistake_kind", sentence=kind.sentence(say).removesuffix("."), number=say.count(kind.works))
        for _, kind in sorted(kinds.items(), key=lambda item: (-item[1].works, item[0]))
        if kind.code in messages.catalogue("en")
    ]
    rest = len(ordered) - KINDS
    return [*ordered[:KINDS], *([say.say("mistake_kinds", number=say.count(rest))] if rest > 0 else [])]
