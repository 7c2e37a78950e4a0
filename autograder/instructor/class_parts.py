"""What the parts of the page of a class share: links, reasons, the order of names; and the diagram of accuracies."""

import re
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from autograder.instructor import addressed
from autograder.instructor import class_frame as frame
from autograder.instructor.compact import Mapped
from autograder.instructor.rendering import MAX_NAME, Words, bounded
from autograder.safe import printable, shortened

Row = Mapping[str, Any]

MAX_ADDRESS = 2000
LONGEST = 20  # digits of a number that is sorted by its value


def why(say: Words, reason: Mapping[str, Any] | str | None) -> str:
    """The reason as a sentence, made only where it stands: that takes longer than all else in a row."""
    if isinstance(reason, Mapping):
        reason = addressed.sentences(reason, say.lang).wrong or None
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


def order(name: str, lang: str) -> tuple[bool, str]:
    """What names are sorted by, as a reader looks for them: capitals and ё make no difference, numbers go by their value.

    On a Russian page Cyrillic comes first, as it does in the browser where the table is sorted by a click.
    """
    folded = re.sub(r"[0-9]+", lambda found: found[0].zfill(LONGEST), name.casefold().replace("ё", "е"))
    return lang == "ru" and not "а" <= folded[:1] <= "я", folded


def by_name(rows: Sequence[Row], lang: str) -> Sequence[Row]:
    """The works in the order of their students' names."""
    places = range(len(rows))
    return Mapped(rows.__getitem__, sorted(places, key=lambda place: order(str(rows[place]["student"]), lang)))


def plain(text: str) -> str:
    """*text* without the marks of code, as it is searched for."""
    return printable(text).replace("`", "")


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
    usual: Counter[frame.Place] = Counter()
    suspect: Counter[frame.Place] = Counter()
    for test, train, is_suspect in zip(tests, trains, suspects, strict=True):
        (suspect if is_suspect else usual)[frame.place(frame.part(train, low), frame.part(test, low))] += 1
    return {
        "about": _about(say, tests, trains, sum(suspects)),
        "ticks": list(_ticks(say, low)),
        "dots": frame.dots(usual),
        "numbers": frame.numbers(say, [*usual.items(), *suspect.items()]),
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
