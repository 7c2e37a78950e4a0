"""The page of an analysis, for the instructor: what to look at first, then the test, and each item behind a click."""

from collections.abc import Iterator, Mapping
from typing import Any

from markupsafe import Markup

from autograder import __version__, messages
from autograder.instructor.quiz.analysis import charts, flags
from autograder.instructor.quiz.analysis import report as analysis
from autograder.instructor.quiz.analysis.class_table import canonical
from autograder.instructor.quiz.analysis.item_report import Choice, ItemReport, Parameter
from autograder.instructor.quiz.analysis.report import Report, ratio
from autograder.instructor.quiz.analysis.statistics import Interval
from autograder.instructor.quiz.bank import gaps, instances, text
from autograder.instructor.quiz.bank.model import BLOOM, Bank, Item
from autograder.instructor.rendering import Words, bounded, stream

NONE = -9  # where an undefined number is sorted
EBEL = ((0.40, "very_good"), (0.30, "good"), (0.20, "marginal"))


def analysis_page(report: Report, bank: Bank, *, title: str, lang: str, generated: str = "") -> Iterator[str]:
    """The parts of the page. *bank* is the one that the report was made with; its texts are shown in *lang*.

    Raises:
        ExpressionError: values of an item of the bank cannot be filled in.
        GapError: a gap of an item of the bank breaks a rule.
        ValueError: a formula in the bank is none.
    """
    say = Words(lang)
    known = {(item.id, item.version): item for item in bank.items}
    items = [
        _item(say, number, item, known.get((item.item, item.version)), bank.id) for number, item in enumerate(report.items, 1)
    ]
    return stream(
        "analysis.html",
        say,
        script="summary.js",
        title=title,
        bank=report.bank,
        generated=generated,
        tiles=_tiles(say, report),
        flags=[analysis.sentence(flag, lang) for flag in report.flags],
        flagged=[item for item in items if item["flags"]],
        notes=list(_notes(say, report)),
        bins=charts.bins(report.scores),
        points=charts.points(report.items),
        axis=charts.axis(report.items, lang),
        reliability=_reliability(say, report),
        items=items,
        coverage=_coverage(say, report),
        version=__version__,
    )


def _percent(say: Words, share: float | None, decimals: int = 0) -> str:
    return "–" if share is None else messages.percent(say.lang, share, decimals)


def _tiles(say: Words, report: Report) -> list[tuple[str, str]]:
    return [
        (say.say("analysis_students"), say.count(report.students)),
        (say.say("analysis_items"), say.count(len(report.items))),
        (say.say("analysis_answers"), say.count(report.answers)),
        (say.say("analysis_mean"), _percent(say, report.mean, 1)),
        (say.say("analysis_sd"), _percent(say, report.deviation, 1)),
    ]


def _notes(say: Words, report: Report) -> Iterator[str]:
    """Why something is not flagged, or not counted."""
    least = say.count(flags.ENOUGH)
    if report.students < flags.ENOUGH:
        yield say.say("analysis_few_students", least=least)
    few = sum(item.n < flags.ENOUGH and not item.undecided for item in report.items)
    if few:
        yield say.say("analysis_few_items", number=say.count(few), least=least)
    if report.waiting + report.unreadable:
        waiting, unreadable = say.count(report.waiting), say.count(report.unreadable)
        yield say.say("analysis_undecided", waiting=waiting, unreadable=unreadable)


def _reliability(say: Words, report: Report) -> dict[str, Any]:
    """What is left out, in words, and the numbers with their names."""
    found = report.reliability
    notes = []
    if found.different:
        notes.append(say.say("analysis_reliability_different", different=say.count(found.different)))
    if found.undecided:
        notes.append(say.say("analysis_reliability_undecided", undecided=say.count(found.undecided)))
    at_random = say.say("analysis_at_random_text", share=_percent(say, report.at_random)) if report.at_random is not None else "–"
    facts = [(say.say("analysis_at_random"), at_random)]
    if found.items < 2 and not found.whole:
        return {"notes": [*notes, say.say("analysis_reliability_too_few")], "facts": facts}
    notes.append(say.say("analysis_reliability_of", items=say.count(found.items), students=say.count(found.students)))
    if found.alpha is None:
        return {"notes": notes, "facts": [(say.say("analysis_alpha"), say.say("analysis_no_alpha")), *facts]}
    error = say.say("analysis_error_text", error=_percent(say, found.error, 1), deviation=_percent(say, found.deviation, 1))
    needed = "needed_none" if found.needed is None else "needed_text"
    kr20 = say.say("analysis_kr20_text", value=ratio(found.kr20, say.lang), number=say.count(found.kr20_items))
    numbers = [
        (say.say("analysis_alpha"), ratio(found.alpha, say.lang)),
        (say.say("analysis_kr20"), "–" if found.kr20 is None else kr20),
        (say.say("analysis_error"), error),
        (say.say("analysis_needed"), say.say(f"analysis_{needed}", number=say.count(found.needed or 0))),
    ]
    return {"notes": notes, "facts": numbers + facts}


def _coverage(say: Words, report: Report) -> dict[str, Any]:
    levels = [level for level in BLOOM if any(cell.bloom == level for cell in report.coverage)]
    cells = {(cell.topic, cell.bloom): cell for cell in report.coverage}
    rows = []
    for topic in dict.fromkeys(cell.topic for cell in report.coverage):
        own = [cells.get((topic, level)) for level in levels]
        there = [cell for cell in own if cell is not None]
        told = ["–" if cell is None else say.say("out_of", points=cell.items, maximum=cell.in_bank) for cell in own]
        each = sum(cell.per_student for cell in there)
        rows.append({"topic": bounded(topic), "cells": told, "each": say.number(round(each, 1))})
    return {"levels": [say.say(f"analysis_bloom_{level}") for level in levels], "rows": rows}


def _item(say: Words, number: int, item: ItemReport, known: Item | None, bank: str) -> dict[str, Any]:
    """A row of the table, and what stands behind its link; texts have the values of the first variant."""
    shown = None if known is None else instances.variants(known, bank)[0]
    return {
        "number": number,
        "label": bounded(item.label),
        "kind": say.say(f"analysis_type_{item.type}"),
        "cells": _cells(say, item),
        "flags": [analysis.sentence(flag, say.lang) for flag in item.flags],
        "few": _few(say, item),
        "in_bank": item.in_bank,
        "stem": _stem(shown, say.lang),
        "shown_with": _values(say, known, shown),
        "facts": _facts(say, item),
        "choices": [_choice(say, choice, shown) for choice in item.choices],
        "parameters": [_parameter(say, parameter) for parameter in item.parameters],
        "unexpected": [
            {
                "answer": bounded(one.answer),
                "asked_with": say.say("analysis_unexpected_values", values=bounded(one.values)) if one.values else "",
                "count": say.count(one.count),
            }
            for one in item.unexpected
        ],
    }


def _few(say: Words, item: ItemReport) -> str:
    """Why nothing is flagged, if so."""
    if item.undecided:
        return say.say("analysis_waiting_this")
    return say.say("analysis_few_this", number=say.count(item.n)) if item.n < flags.ENOUGH else ""


def _cells(say: Words, item: ItemReport) -> list[dict[str, Any]]:
    """The numbers of a row, each with what it is sorted by."""

    def cell(value: float | None, told: str, interval: Interval | None = None) -> dict[str, Any]:
        return {"value": NONE if value is None else round(value, 6), "text": told, "small": _between(say, interval)}

    given = max(1, item.given)
    return [
        cell(item.n, say.count(item.n)),
        cell(item.p, ratio(item.p, say.lang), item.p_interval),
        cell(item.r, ratio(item.r, say.lang), item.r_interval),
        cell(item.d, ratio(item.d, say.lang)),
        cell(item.alpha_without, ratio(item.alpha_without, say.lang)),
        cell(item.blank / given, _percent(say, item.blank / given)),
        cell(item.unreadable / given, _percent(say, item.unreadable / given)),
        cell(len(item.flags), f"⚑ {len(item.flags)}" if item.flags else "0"),
    ]


def _between(say: Words, interval: Interval | None) -> str:
    return "" if interval is None else f"{ratio(interval[0], say.lang)} … {ratio(interval[1], say.lang)}"


def _with_interval(say: Words, value: float | None, interval: Interval | None) -> str:
    told = ratio(value, say.lang)
    if interval is None:
        return told
    low, high = (ratio(end, say.lang) for end in interval)
    between = say.say("analysis_interval", low=low, high=high)
    return f"{told}; {between}"


def _facts(say: Words, item: ItemReport) -> list[tuple[str, str]]:
    difficulty = say.say(f"analysis_difficulty_{item.difficulty}")
    target = say.say("analysis_target_text", target=ratio(item.target, say.lang), difficulty=difficulty)
    counts = [("given", item.given), ("blank", item.blank), ("unreadable", item.unreadable), ("waiting", item.waiting)]
    word = "" if item.d is None else f" ({say.say('analysis_d_' + _ebel(item.d))})"
    return [
        (say.say("analysis_p"), _with_interval(say, item.p, item.p_interval)),
        (say.say("analysis_target"), target),
        (say.say("analysis_r"), _with_interval(say, item.r, item.r_interval)),
        (say.say("analysis_d"), ratio(item.d, say.lang) + (word if item.n >= flags.ENOUGH else "")),
        (say.say("analysis_alpha_without"), ratio(item.alpha_without, say.lang)),
        *((say.say(f"analysis_{name}"), say.count(count)) for name, count in counts),
        (say.say("analysis_topic"), f"{bounded(item.topic)} · {say.say('analysis_bloom_' + item.bloom)}"),
    ]


def _ebel(d: float) -> str:
    return next((word for least, word in EBEL if d >= least), "revise")


def _stem(shown: Item | None, lang: str) -> Markup:
    """The question as HTML, which `text` has escaped; gaps as underscores."""
    wording = shown and shown.wordings.get(lang)
    if not shown or not wording:
        return Markup()
    if shown.type != "cloze":
        return Markup(text.html(wording.stem))  # noqa: S704
    return Markup(text.cloze(wording.stem, _gap))  # noqa: S704


def _gap(_number: int, gap: gaps.Gap) -> str:
    return "<strong>[" + str(Markup.escape(" / ".join(gap.offered or gap.accepted))) + "]</strong>"


def _values(say: Words, known: Item | None, shown: Item | None) -> str:
    told = ", ".join(f"{name} = {canonical(shown.values[name])}" for name in known.params) if known and shown else ""
    return say.say("analysis_values", values=bounded(told)) if told else ""


def _choice(say: Words, choice: Choice, shown: Item | None) -> dict[str, Any]:
    numbers = [round(100 * share) for share in choice.quarters]
    return {
        "symbol": {True: "✓", False: "✗", None: ""}[choice.correct],
        "word": {True: say.say("word_passed"), False: say.say("word_failed"), None: ""}[choice.correct],
        "text": _option(choice, shown, say.lang),
        "name": bounded(choice.id) if choice.id else say.say(f"analysis_option_{choice.kind}"),
        "count": say.count(choice.count),
        "share": _percent(say, choice.share),
        "rest": _percent(say, choice.rest),
        "bars": [{"height": round(0.3 * number, 1), "number": number} for number in numbers],
        "told": say.say("analysis_quarters_of", numbers=", ".join(map(str, numbers))),
    }


def _option(choice: Choice, shown: Item | None, lang: str) -> Markup:
    wording = shown and shown.wordings.get(lang)
    options = wording.options if wording else ()
    if choice.kind == "right":
        found = [option.text for option in options if option.correct]
    else:
        found = [option.text for option in options if choice.id and option.id == choice.id]
    return Markup(text.inline(found[0])) if found else Markup()  # noqa: S704


def _parameter(say: Words, parameter: Parameter) -> Mapping[str, Any]:
    return {
        "title": say.say("analysis_parameter", name=bounded(parameter.name)),
        "rows": [
            {
                "value": bounded(value.value),
                "n": say.count(value.n),
                "p": ratio(value.p, say.lang),
                "interval": _between(say, value.interval),
                "share": value.p,
            }
            for value in parameter.values
        ],
    }
