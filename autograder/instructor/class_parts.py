"""Parts of the page of a class that are made of all its graded works: links, mistakes, accuracies."""

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from autograder import report
from autograder.instructor import class_frame as frame
from autograder.instructor.compact import Mapped
from autograder.instructor.rendering import MAX_NAME, Words, bounded, check_title
from autograder.safe import printable, shortened
from autograder.scheme import Scheme
from autograder.verdict import Reason

Row = Mapping[str, Any]

ACCURACY, TESTED, BUILT = "accuracy.test", "accuracy.weights", "model.returns"
COMMON = 10
LISTED = 500  # students below a mistake; the others are found in the table
MAX_ADDRESS = 2000


def why(say: Words, reason: Mapping[str, Any] | str | None) -> str:
    """The reason as a sentence, made only where it stands: that takes longer than all else in a row."""
    if isinstance(reason, Mapping):
        reason = report.sentences(Reason(reason["code"], reason["params"]), say.lang).wrong or None
    return bounded(reason)


def link(row: Row) -> Markup:
    """The student's name, linked to the report if there is one; the address can only be a relative path."""
    name = Markup("<bdi>{}</bdi>").format(shortened(printable(str(row["student"])), MAX_NAME) or "?")
    parts = [part for part in str(row["report"] or "").split("/") if part not in ("", ".", "..")]
    if not parts or sum(map(len, parts)) > MAX_ADDRESS:
        return name
    try:
        address = quote("/".join(parts).encode("utf-8", "surrogateescape"))
    except UnicodeEncodeError:
        return name
    return Markup('<a href="./{}">{}</a>').format(address, name)


def plain(text: str) -> str:
    """*text* without the marks of code, as it is searched for."""
    return printable(text).replace("`", "")


def _made(row: Row) -> set[str]:
    """The checks that a work fails by mistakes of its own, each mistake once.

    Accuracy that no weights were handed in for is none, and a network that cannot be built cannot be tested either.
    """
    failed = set(row["failed"])
    if not row["accuracy"]:
        failed.discard(ACCURACY)
    if BUILT in failed:
        failed.discard(TESTED)
    return failed


def untrained(say: Words, graded: Sequence[Row]) -> dict[str, Any] | None:
    """Those who lost points for accuracy without weights that could be tested; None if there is nobody."""
    places = [place for place, row in enumerate(graded) if ACCURACY in row["failed"] and not row["accuracy"]]
    if not places:
        return None
    return {
        "count": say.count(len(places)),
        "links": Mapped(lambda place: link(graded[place]), array("L", places[:LISTED])),
        "more": max(0, len(places) - LISTED),
    }


def mistakes(scheme: Scheme, say: Words, graded: Sequence[Row]) -> list[dict[str, Any]]:
    """The most common mistakes, each with those who made it."""
    counts = Counter(check for row in graded for check in _made(row))
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:COMMON]
    made = {check: array("L") for check, _ in ordered}
    for place, row in enumerate(graded):
        for check in made.keys() & _made(row):
            if len(made[check]) < LISTED:
                made[check].append(place)
    return [
        {
            "id": bounded(check),
            "title": check_title(scheme, check, say.lang),
            "searched": plain(check_title(scheme, check, say.lang)),
            "count": say.count(count),
            "share": count / len(graded),
            "links": Mapped(lambda place: link(graded[place]), made[check]),
            "more": count - len(made[check]),
        }
        for check, count in ordered
    ]


def scatter(say: Words, graded: Sequence[Row]) -> dict[str, Any] | None:
    """The diagram of accuracies on test images, up, and on training images, across; None if nobody submitted weights."""
    tests, trains, suspects = array("d"), array("d"), bytearray()
    for row in graded:
        if row["accuracy"]:
            test, train = row["accuracy"]
            tests.append(test)
            trains.append(train)
            suspects.append(_is_suspect(row))
    if not tests:
        return None
    low = frame.lowest(min(min(tests), min(trains)))
    usual: set[tuple[float, float]] = set()
    suspect: set[tuple[float, float]] = set()
    for test, train, is_suspect in zip(tests, trains, suspects, strict=True):
        (suspect if is_suspect else usual).add(frame.place(frame.part(train, low), frame.part(test, low)))
    return {
        "about": _about(say, tests, trains, sum(suspects)),
        "ticks": list(_ticks(say, low)),
        "dots": "".join(f"M{x:g} {y:g}h0" for x, y in sorted(usual)),
        "looks": "".join(f"M{x:g} {y - 6:g}l6 6l-6 6l-6 -6z" for x, y in sorted(suspect)),
    }


def _is_suspect(row: Row) -> bool:
    return any(flag["code"] == "flag.test_set" for flag in row["flags"])


def _about(say: Words, tests: Sequence[float], trains: Sequence[float], flagged: int) -> str:
    """What the diagram shows, in words and figures."""
    return say.say(
        "scatter_about",
        number=say.count(len(tests)),
        test=say.percent(median(tests)),
        train=say.percent(median(trains)),
        above=say.count(sum(test > train for test, train in zip(tests, trains, strict=True))),
        flagged=say.count(flagged),
    )


def _ticks(say: Words, low: float) -> Iterable[dict[str, Any]]:
    for tenth in frame.tenths(low):
        part = frame.part(tenth / 10, low)
        yield {"x": round(frame.x(part), 1), "y": round(frame.y(part), 1), "label": say.count(10 * tenth)}
