"""The page of a class: who needs a person, how the scores lie, what went wrong most often."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean, median
from typing import Any

from autograder import __version__, report
from autograder.instructor import (
    accuracy_part,
    addressed,
    class_late,
    class_length,
    class_mistakes,
    class_parts,
    class_regrade,
    class_similar,
    class_table,
)
from autograder.instructor import similar as alike_works
from autograder.instructor.class_parts import link, why
from autograder.instructor.compact import Mapped
from autograder.instructor.rendering import Words, bounded, lab_title, section_title, share, stream
from autograder.scheme import Scheme, load
from autograder.verdict import Reason

Row = Mapping[str, Any]

BINS = 10
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
    rows = class_parts.by_name(rows, lang)
    waiting, decided = _places(rows, False), _places(rows, True)
    attention, graded = Mapped(rows.__getitem__, waiting), Mapped(rows.__getitem__, decided)
    ordered = Mapped(rows.__getitem__, [*waiting, *decided])
    return stream(
        "summary.html",
        say,
        script="summary.js",
        more=("class.css",),
        lab=lab_title(scheme, lang),
        title=title,
        data=data,
        other_images=accuracy_part.other_images(say, data),
        sandbox=sandbox,
        generated=generated,
        sections=[_class_section(scheme, say, section, graded) for section in sections],
        tiles=_tiles(say, len(attention), [float(row["score"]) for row in graded]),
        **_notices(say, attention, graded),
        shown=SHOWN,
        graded=graded,
        flagged=_flagged(say, ordered),
        told_once=_told_once(say, rows),
        bins=_bins(graded),
        **_parts(scheme, say, graded, sections if similar else ()),
        length=class_length.diagram(say, scheme, data, graded),
        regraded=None if regraded is None else class_regrade.shown(scheme, say, regraded),
        **class_table.shown(scheme, say, ordered, sections),
        version=__version__,
    )


def _tiles(say: Words, waiting: int, scores: Sequence[float]) -> list[tuple[str, str]]:
    """The figures at the top."""
    return [
        (say.say("submissions"), say.count(waiting + len(scores))),
        (say.say("graded_count"), say.count(len(scores))),
        (say.say("attention_tile"), say.count(waiting)),
        (say.say("mean_score"), say.number(round(fmean(scores), 1)) if scores else "–"),
        (say.say("median_score"), say.number(round(median(scores), 1)) if scores else "–"),
    ]


def _notices(say: Words, attention: Sequence[Row], graded: Sequence[Row]) -> dict[str, Any]:
    """The lists of works near the top: those that wait, of which nothing was graded, that do not run, that were late."""
    return {
        "attention": Mapped(lambda row: _waiting(say, row), attention),
        "unread": _unread(say, graded),
        "stopped": _stopped(say, graded),
        "late": class_late.shown(say, graded),
    }


def _parts(scheme: Scheme, say: Words, graded: Sequence[Row], compared: Sequence[str]) -> dict[str, Any]:
    """What is made of all graded works: mistakes, accuracies, and works with the same code in the *compared* sections."""
    alike = class_similar.shown(scheme, say, alike_works.find(graded, compared), graded) if compared else None
    return {
        "mistakes": class_mistakes.shown(scheme, say, graded),
        "untrained": class_mistakes.untrained(say, graded),
        "scatter": class_parts.scatter(say, graded),
        "alike": alike,
        "few": class_similar.FEW,
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


def _waiting(say: Words, row: Row) -> dict[str, Any]:
    """A work that a person has to look at: why, and what to do about it."""
    told = addressed.sentences(row["reason"], say.lang) if isinstance(row["reason"], Mapping) else None
    return {"link": link(row), "reason": why(say, row["reason"]), "todo": bounded(told.todo) if told else ""}


def _stopped(say: Words, graded: Sequence[Row]) -> Sequence[dict[str, Any]]:
    """The works whose file does not run, each with its points, the line and the error."""

    def shown(place: int) -> dict[str, Any]:
        row = graded[place]
        points = say.out_of(float(row["score"]), float(row["max_score"]))
        return {"link": link(row), "points": points, "reason": why(say, row["stopped"])}

    return Mapped(shown, [place for place, row in enumerate(graded) if row["stopped"]])


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
