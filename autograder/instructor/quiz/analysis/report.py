"""From the responses of a class to a report on the test and its items: plain data, with what to look at in words.

`read` reads the responses, `analyse` makes the report, `to_json` and `to_csv` write it down, `sentence` says what a flag
means. `analysis_page` makes a page of it.
"""

import csv
import dataclasses
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder import messages
from autograder.instructor import results
from autograder.instructor.quiz.analysis import guessing, items, statistics
from autograder.instructor.quiz.analysis.class_table import Table, table
from autograder.instructor.quiz.analysis.flags import ENOUGH
from autograder.instructor.quiz.analysis.item_report import DECIDED, Flag, ItemReport
from autograder.instructor.quiz.analysis.responses import Response, ResponsesError, read
from autograder.instructor.quiz.bank import instances
from autograder.instructor.quiz.bank.model import BLOOM, Bank
from autograder.instructor.rendering import Words, bounded

__all__ = ["Report", "ResponsesError", "analyse", "read", "sentence", "to_csv", "to_json"]

RELIABLE = 0.70
LUCKY = 0.30
RATIOS = {"r", "d", "p", "target", "spread", "alpha"}


@dataclass(frozen=True)
class Reliability:
    """How far the scores can be relied on, over the items that all students had and whose points are decided.

    ``whole`` says whether these are all items; if not, ``different`` items were given to some only, and ``undecided`` ones
    wait for a person. ``error`` is the standard error of measurement and ``deviation`` the standard deviation of the
    scores, as shares of the points of these items. ``needed`` is the number of such items for a reliability of 0.80.
    """

    students: int
    items: int
    different: int
    undecided: int
    alpha: float | None
    kr20: float | None
    kr20_items: int
    deviation: float | None
    error: float | None
    needed: int | None

    @property
    def whole(self) -> bool:
        """Whether these are all items of the test."""
        return not self.different and not self.undecided


@dataclass(frozen=True)
class Cell:
    """Items of a topic and a Bloom level: how many were given, how many the bank has, how many a student had on average."""

    topic: str
    bloom: str
    items: int
    in_bank: int
    per_student: float


@dataclass(frozen=True)
class Report:
    """What the answers of a class say. Scores are shares of the points of what a student was given and what is decided."""

    bank: str
    students: int
    answers: int
    blank: int
    unreadable: int
    waiting: int
    scores: tuple[float, ...]
    mean: float | None
    deviation: float | None
    at_random: float | None
    reliability: Reliability
    coverage: tuple[Cell, ...]
    items: tuple[ItemReport, ...]
    flags: tuple[Flag, ...]


def analyse(responses: Iterable[Response], bank: Bank) -> Report:
    """The report on a class. The bank names the options that nobody ticked; what it does not have is told of as it is.

    Raises:
        ExpressionError: values of an item of the bank cannot be filled in.
        GapError: a gap of an item of the bank breaks a rule.
    """
    found = list(responses)
    grid = table(found, bank)
    states = Counter(response.state for response in found)
    scores = grid.totals[~np.isnan(grid.totals)]
    reliability, without = _reliability(grid)
    report = Report(
        bank=bank.id,
        students=len(grid.students),
        answers=len(found),
        blank=states["blank"],
        unreadable=states["unreadable"],
        waiting=states["waiting"],
        scores=tuple(sorted(map(float, scores))),
        mean=float(scores.mean()) if len(scores) else None,
        deviation=float(scores.std()) if len(scores) else None,
        at_random=_at_random(grid, bank),
        reliability=reliability,
        coverage=tuple(_coverage(grid, bank)),
        items=tuple(items.analyse(grid, place, without.get(place)) for place in range(len(grid.columns))),
        flags=(),
    )
    return dataclasses.replace(report, flags=tuple(_flags(report)))


def _reliability(grid: Table) -> tuple[Reliability, dict[int, float | None]]:
    """Reliability over a complete part of the table, and alpha without each of its items, by their columns.

    Items count that all were given and that have nearly all their points; students who wait for one of these do not.
    """
    had = grid.given.all(axis=0) if grid.students else np.zeros(len(grid.columns), dtype=bool)
    often = grid.decided.sum(axis=0) >= DECIDED * grid.given.sum(axis=0)
    kept = np.flatnonzero(had & often)
    rows = grid.decided[:, kept].all(axis=1)
    points, maximum = grid.points[rows][:, kept], grid.maximum[rows][:, kept]
    shares = points / maximum
    right = shares[:, np.isin(shares, (0.0, 1.0)).all(axis=0)]
    alpha = statistics.alpha(points)
    deviation = float(statistics.totals(points, maximum).std()) if points.size else None
    found = Reliability(
        students=len(points),
        items=len(kept),
        different=int((~had).sum()),
        undecided=int((had & ~often).sum()),
        alpha=alpha,
        kr20=statistics.kr20(right),
        kr20_items=right.shape[1] if points.size else 0,
        deviation=deviation,
        error=None if alpha is None or deviation is None else statistics.error_of_measurement(deviation, alpha),
        needed=None if alpha is None else statistics.length_for(alpha, len(kept)),
    )
    return found, dict(zip(map(int, kept), statistics.alphas_without(points), strict=True))


def _at_random(grid: Table, bank: Bank) -> float | None:
    """The share of the points that ticking at random is expected to bring, over all items that the bank has."""
    earned = possible = 0.0
    for column in grid.columns:
        if column.bank is not None:
            item = instances.variants(column.bank, bank.id)[0] if column.bank.type == "cloze" else column.bank
            points = column.first.maximum * len(column.answers)
            earned, possible = earned + guessing.share(item) * points, possible + points
    return earned / possible if possible else None


def _coverage(grid: Table, bank: Bank) -> Iterator[Cell]:
    """Topics in the order of the bank, levels in that of Bloom."""
    has = Counter((item.topic, item.bloom) for item in bank.items)
    items: Counter[tuple[str, str]] = Counter()
    answers: Counter[tuple[str, str]] = Counter()
    for column in grid.columns:
        items[column.first.topic, column.first.bloom] += 1
        answers[column.first.topic, column.first.bloom] += len(column.answers)
    for topic in dict.fromkeys(topic for topic, _ in [*has, *items]):
        for bloom in BLOOM:
            cell = topic, bloom
            if has[cell] or items[cell]:
                yield Cell(topic, bloom, items[cell], has[cell], answers[cell] / max(1, len(grid.students)))


def _flags(report: Report) -> Iterator[Flag]:
    alpha = report.reliability.alpha
    if report.reliability.students >= ENOUGH and alpha is not None and alpha < RELIABLE:
        yield Flag("unreliable", {"alpha": alpha})
    if report.at_random is not None and report.at_random > LUCKY:
        yield Flag("lucky", {"share": report.at_random})


def sentence(flag: Flag, lang: str) -> str:
    """What a flag says, in a sentence."""
    say = Words(lang)
    params: dict[str, Any] = {}
    for name, value in flag.params.items():
        if isinstance(value, list):
            params[name] = ", ".join(f"“{bounded(one)}”" if lang == "en" else f"«{bounded(one)}»" for one in value)
        elif name in RATIOS:
            params[name] = ratio(value, lang)
        else:
            params[name] = messages.percent(lang, value, 0) if isinstance(value, float) else bounded(value)
    several = "s" if len(flag.params.get("options", ())) > 1 else ""
    return say.say(f"analysis_flag_{flag.code}{several}", **params)


def ratio(value: float | None, lang: str) -> str:
    """A ratio with two decimals and a real minus; a dash where there is none."""
    if value is None:
        return "–"
    text = f"{value:.2f}"
    return messages.local(lang, "0.00" if text == "-0.00" else text.replace("-", "−"))


def to_json(report: Report) -> str:
    """The report as JSON, with the sentences of its flags in both languages."""

    def told(flags: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        words = {lang: [sentence(Flag(flag["code"], flag["params"]), lang) for flag in flags] for lang in messages.LANGUAGES}
        return [{**flag, **{lang: words[lang][place] for lang in words}} for place, flag in enumerate(flags)]

    value = dataclasses.asdict(report)
    value["flags"] = told(value["flags"])
    for item in value["items"]:
        item["flags"] = told(item["flags"])
    return json.dumps(value, ensure_ascii=True, indent=1, allow_nan=False) + "\n"


TIDY = (
    *("item", "version", "type", "topic", "bloom", "difficulty", "maximum", "given", "n", "blank", "unreadable", "waiting"),
    *("p", "p_low", "p_high", "target", "compared", "r", "r_low", "r_high", "d", "alpha_without", "flags"),
)


def to_csv(report: Report) -> str:
    """One row for each item, numbers with a point and six decimals, codes of the flags separated by spaces."""
    out = io.StringIO()
    rows = csv.DictWriter(out, TIDY, lineterminator="\n", extrasaction="ignore")
    rows.writeheader()
    for item in report.items:
        values = vars(item) | {"flags": " ".join(flag.code for flag in item.flags)}
        for name, interval in (("p", item.p_interval), ("r", item.r_interval)):
            values |= dict(zip((f"{name}_low", f"{name}_high"), interval or (None, None), strict=True))
        rows.writerow({name: _written(values[name]) for name in TIDY})
    return out.getvalue()


def _written(value: Any) -> str:
    if isinstance(value, str):
        return results.cell(value)
    return "" if value is None else f"{value:.6f}" if isinstance(value, float) else str(value)
