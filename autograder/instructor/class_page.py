"""The page of a class: who needs a person, how the scores lie, what went wrong most often."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean, median
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from autograder import __version__, report
from autograder.instructor.compact import Mapped
from autograder.instructor.rendering import MAX_NAME, Words, bounded, check_title, section_title, share, stream
from autograder.safe import printable, shortened
from autograder.scheme import Scheme, load
from autograder.verdict import Reason

Row = Mapping[str, Any]

BINS = 10
COMMON = 10
MAX_ADDRESS = 2000
SHOWN = 20  # works in need of attention, or flagged, that stand open; the others are behind a click
FEW = 5  # findings of a flag that stand in its sentence
MAX_FLAGS, MAX_FOUND = 10, 20
OF_THE_RUN = ("flag.unprotected",)  # said of how the class was graded, not of one work: told once


def summary_page(
    rows: Sequence[Row],
    *,
    title: str,
    lang: str,
    data: str,
    sandbox: str,
    sections: Sequence[str],
    generated: str,
) -> Iterator[str]:
    """The parts of the page of a class: who needs a person, how the scores lie, what went wrong most often.

    Rows are asked for one by one, and again for each part, so they may be made when they are needed. Works that
    need attention are in no mean and no distribution: they have no score yet.

    Raises:
        GraderError: the marking scheme cannot be read.
    """
    scheme, say = load(), Words(lang)
    waiting, decided = _places(rows, False), _places(rows, True)
    attention, graded = Mapped(rows.__getitem__, waiting), Mapped(rows.__getitem__, decided)
    ordered = Mapped(rows.__getitem__, [*waiting, *decided])
    scores = [float(row["score"]) for row in graded]
    return stream(
        "summary.html",
        say,
        script="summary.js",
        title=title,
        data=data,
        sandbox=sandbox,
        generated=generated,
        sections=[_class_section(scheme, say, section, graded) for section in sections],
        tiles=[
            (say.say("submissions"), say.count(len(rows))),
            (say.say("graded_count"), say.count(len(graded))),
            (say.say("attention_tile"), say.count(len(attention))),
            (say.say("mean_score"), say.number(round(fmean(scores), 1)) if scores else "–"),
            (say.say("median_score"), say.number(round(median(scores), 1)) if scores else "–"),
        ],
        attention=Mapped(lambda row: {"link": _link(row), "reason": _why(say, row["reason"])}, attention),
        shown=SHOWN,
        graded=graded,
        flagged=_flagged(say, ordered),
        told_once=_told_once(say, rows),
        bins=_bins(graded),
        mistakes=_mistakes(scheme, say, graded),
        rows=Mapped(lambda row: _class_row(say, row, sections), ordered),
        version=__version__,
    )


def _places(rows: Sequence[Row], graded: bool) -> list[int]:
    """Where those rows are that are graded, or those that are not."""
    return [place for place, row in enumerate(rows) if (row["status"] == "graded") == graded]


def _why(say: Words, reason: Mapping[str, Any] | str | None) -> str:
    """The reason as a sentence, made only where it stands: that takes longer than all else in a row."""
    if isinstance(reason, Mapping):
        reason = report.sentences(Reason(reason["code"], reason["params"]), say.lang).wrong or None
    return bounded(reason)


def _class_section(scheme: Scheme, say: Words, section: str, graded: Sequence[Row]) -> dict[str, Any]:
    points = [float(row["sections"][section]) for row in graded if section in row["sections"]]
    maximum = sum(line.points for line in scheme.of([section]))
    mean = fmean(points) if points else None
    return {
        "title": section_title(scheme, section, say.lang),
        "mean": "–" if mean is None else say.out_of(round(mean, 1), maximum),
        "share": None if mean is None else share(mean, maximum),
    }


def _bins(graded: Sequence[Row]) -> list[dict[str, Any]]:
    """The histogram: works by tenth of the points; full marks belong to the last tenth."""
    shares = [share(float(row["score"]), float(row["max_score"])) for row in graded]
    counts = Counter(max(0, min(BINS - 1, int(part * BINS + 1e-9))) for part in shares)
    highest = max(counts.values(), default=1)
    return [
        {
            "label": f"{100 * index // BINS}–{100 * (index + 1) // BINS}",
            "count": counts[index],
            "height": round(130 * counts[index] / highest, 1),
        }
        for index in range(BINS)
    ]


def _mistakes(scheme: Scheme, say: Words, graded: Sequence[Row]) -> list[dict[str, Any]]:
    counts = Counter(check for row in graded for check in row["failed"])
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:COMMON]
    return [
        {
            "id": bounded(check),
            "title": check_title(scheme, check, say.lang),
            "count": say.count(count),
            "share": count / len(graded),
        }
        for check, count in ordered
    ]


def _flagged(say: Words, rows: Sequence[Row]) -> Sequence[dict[str, Any]]:
    """The works that a person should look at, each with what its flags say."""

    def shown(place: int) -> dict[str, Any]:
        row = rows[place]
        return {"link": _link(row), "flags": [_flag(say, flag) for flag in _own(row)[:MAX_FLAGS]]}

    return Mapped(shown, [place for place, row in enumerate(rows) if _own(row)])


def _own(row: Row) -> list[Mapping[str, Any]]:
    return [flag for flag in row["flags"] if flag["code"] not in OF_THE_RUN]


def _flag(say: Words, flag: Mapping[str, Any]) -> dict[str, Any]:
    """A flag's sentence, and all that was found if that is too much for a sentence."""
    params = dict(flag["params"])
    found = params.get("found")
    listed = [bounded(item) for item in found[:MAX_FOUND]] if isinstance(found, list | tuple) else []
    if listed:
        rest = [say.say("flag_rest", number=say.count(len(listed) - FEW))] if len(listed) > FEW else []
        params["found"] = "; ".join([*listed[:FEW], *rest])
    sentence = report.sentences(Reason(bounded(flag["code"]), params), say.lang).wrong
    return {"sentence": bounded(sentence), "all": listed if len(listed) > FEW else []}


def _told_once(say: Words, rows: Sequence[Row]) -> list[str]:
    """What the flags on how the class was graded say, with the number of works."""
    counts = Counter(flag["code"] for row in rows for flag in row["flags"] if flag["code"] in OF_THE_RUN)
    return [
        say.say("flag_of_the_run", sentence=report.sentences(Reason(code), say.lang).wrong, number=say.count(count))
        for code, count in sorted(counts.items())
    ]


def _class_row(say: Words, row: Row, sections: Sequence[str]) -> dict[str, Any]:
    attention = row["status"] != "graded"
    undecided = {"value": -1, "text": "–"}
    points = [row["score"], *(row["sections"].get(section) for section in sections)]
    cells = [undecided if attention or value is None else {"value": value, "text": say.number(value)} for value in points]
    failed, flags = len(row["failed"]), len(row["flags"])
    cells.append(undecided if attention else {"value": failed, "text": say.count(failed)})
    cells.append({"value": flags, "text": f"⚑ {say.count(flags)}" if flags else "0"})
    return {"link": _link(row), "attention": attention, "cells": cells}


def _link(row: Row) -> Markup:
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
