"""The page of a class: who needs a person, how the scores lie, what went wrong most often."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import fmean, median
from typing import Any

from autograder import __version__, progress, report
from autograder.instructor import class_late, class_length, class_parts, class_regrade, class_similar
from autograder.instructor import similar as alike_works
from autograder.instructor.class_parts import link, why
from autograder.instructor.compact import Mapped
from autograder.instructor.rendering import Words, bounded, check_title, section_title, share, stream
from autograder.scheme import Scheme, load
from autograder.verdict import Reason

Row = Mapping[str, Any]

BINS = 10
PAGE = 100  # works of the table at a time
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
    similar: bool = True,
    regraded: Sequence[Row] | None = None,
) -> Iterator[str]:
    """The parts of the page of a class: who needs a person, how the scores lie, what went wrong most often.

    Rows are asked for one by one, and again for each part, so they may be made when they are needed. Works that
    need attention are in no mean and no distribution: they have no score yet. With *similar*, works with the same code
    are listed; *regraded* tells what a regrading has changed (`regrading.for_page`).

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
        more=("class.css",),
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
        attention=Mapped(lambda row: {"link": link(row), "reason": why(say, row["reason"])}, attention),
        unread=_unread(say, graded),
        late=class_late.shown(say, graded),
        shown=SHOWN,
        graded=graded,
        flagged=_flagged(say, ordered),
        told_once=_told_once(say, rows),
        bins=_bins(graded),
        **_parts(scheme, say, graded, sections if similar else ()),
        length=class_length.diagram(say, scheme, data, graded),
        regraded=None if regraded is None else class_regrade.shown(scheme, say, regraded),
        **_table(scheme, say, ordered, sections),
        version=__version__,
    )


def _parts(scheme: Scheme, say: Words, graded: Sequence[Row], compared: Sequence[str]) -> dict[str, Any]:
    """What is made of all graded works: mistakes, accuracies, and works with the same code in the *compared* sections."""
    alike = class_similar.shown(scheme, say, alike_works.find(graded, compared), graded) if compared else None
    return {
        "mistakes": class_parts.mistakes(scheme, say, graded),
        "untrained": class_parts.untrained(say, graded),
        "scatter": class_parts.scatter(say, graded),
        "alike": alike,
        "few": class_similar.FEW,
    }


def _table(scheme: Scheme, say: Words, rows: Sequence[Row], sections: Sequence[str]) -> dict[str, Any]:
    """All works: the headings, the rows, and what can be searched for besides what stands there."""
    counts = Counter(check for row in rows if row["status"] == "graded" for check in row["failed"])
    places = {check: place for place, check in enumerate(sorted(counts, key=lambda check: (-counts[check], check)))}
    told = tuple(any(row[name] for row in rows) for name in ("accuracy", "epochs", "late"))
    measured, recorded, late = told
    titles = [section_title(scheme, section, say.lang) for section in sections]
    return {
        "page_size": PAGE,
        "searched": [class_parts.plain(check_title(scheme, check, say.lang)) for check in places],
        "columns": [
            *titles,
            say.say("failed_checks"),
            say.say("flags"),
            *([say.say("column_test"), say.say("column_train")] if measured else []),
            *([say.say("column_epochs")] if recorded else []),
            *([say.say("column_late")] if late else []),
        ],
        "rows": Mapped(lambda row: _class_row(say, row, sections, places, told), rows),
    }


def _places(rows: Sequence[Row], graded: bool) -> list[int]:
    """Where those rows are that are graded, or those that are not."""
    return [place for place, row in enumerate(rows) if (row["status"] == "graded") == graded]


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


def _unread(say: Words, graded: Sequence[Row]) -> Sequence[dict[str, Any]]:
    """The works of which nothing could be graded, each with the reason: a zero that somebody may want to know about."""
    places = [place for place, row in enumerate(graded) if row["reason"]]
    return Mapped(lambda place: {"link": link(graded[place]), "reason": why(say, graded[place]["reason"])}, places)


def _flagged(say: Words, rows: Sequence[Row]) -> Sequence[dict[str, Any]]:
    """The works that a person should look at, each with what its flags say."""

    def shown(place: int) -> dict[str, Any]:
        row = rows[place]
        return {"link": link(row), "flags": [_flag(say, flag) for flag in _own(row)[:MAX_FLAGS]]}

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


def _class_row(
    say: Words, row: Row, sections: Sequence[str], places: Mapping[str, int], shown: tuple[bool, ...]
) -> dict[str, Any]:
    attention = row["status"] != "graded"
    points = [row["score"], *(row["sections"].get(section) for section in sections)]
    cells = [_cell(None if attention else value, say.number) for value in points]
    cells.append(_cell(None if attention else len(row["failed"]), say.count))
    flags = len(row["flags"])
    cells.append({"value": flags, "text": f"⚑ {say.count(flags)}"} if flags else _cell(0, say.count))
    measured, recorded, late = shown
    if measured:
        cells += [_cell(share, say.percent) for share in row["accuracy"] or (None, None)]
    if recorded:
        cells.append(_cell(row["epochs"], say.count))
    if late:
        cost = class_late.deduction(row)
        cells.append(
            _cell(
                None if cost is None else 0.0 - float(cost.points),
                lambda points: progress.signed(points, say.lang) if points else "0",
            )
        )
    failed = "" if attention else " ".join(str(places[check]) for check in row["failed"])
    return {"link": link(row), "attention": attention, "cells": cells, "failed": failed}


def _cell(value: float | None, shown: Callable[[Any], str]) -> dict[str, Any]:
    """A number as it is shown, and as it is sorted by where these differ; a dash for none."""
    if value is None:
        return {"value": None, "text": "–"}
    text = shown(value)
    return {"value": None if text == f"{value:g}" else value, "text": text}
