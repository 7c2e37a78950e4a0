"""What to look at in an item: sentences are made of these codes."""

from collections.abc import Iterator

from autograder.instructor.quiz.analysis import statistics
from autograder.instructor.quiz.analysis.item_report import Choice, Flag, ItemReport

ENOUGH = 30  # answers from which on anything is flagged
HARD, EASY, DRIFT = 0.30, 0.90, 0.15
WEAK, LOW_D = 0.20, 0.20
RARE = 0.05


def of_item(report: ItemReport) -> Iterator[Flag]:
    """What to look at, the worst first; nothing where there are too few answers.

    A target that is missed, and an option that strong students like, is told only if its interval excludes chance.
    """
    if report.n < ENOUGH or report.undecided:
        return
    if report.r is not None and report.r < 0:
        yield Flag("miskeyed", {"r": report.r})
    wrong = [choice for choice in report.choices if choice.kind in {"option", "trap"} and choice.correct is False]
    strong = [choice.id for choice in wrong if _is_of_the_strong(choice, report.compared)]
    if strong:
        yield Flag("strong", {"options": strong})
    if report.r is not None and 0 <= report.r < WEAK:
        yield Flag("weak", {"r": report.r})
    if report.d is not None and report.d < LOW_D and report.r is not None and report.r >= WEAK:
        yield Flag("low_d", {"d": report.d})
    yield from _of_difficulty(report)
    if report.type in {"single", "multi"}:
        for code, rare in (("never", lambda choice: not choice.count), ("rare", lambda choice: 0 < choice.share < RARE)):
            names = [choice.id for choice in wrong if rare(choice)]
            if names:
                yield Flag(code, {"options": names})
    for parameter in report.parameters:
        if parameter.flagged:
            yield Flag("spread", {"name": parameter.name, "spread": parameter.spread})


def _of_difficulty(report: ItemReport) -> Iterator[Flag]:
    if report.p is None or report.p_interval is None:
        return
    if report.p < HARD:
        yield Flag("hard", {"p": report.p})
    if report.p > EASY:
        yield Flag("easy", {"p": report.p})
    low, high = report.p_interval
    if abs(report.p - report.target) >= DRIFT and not low <= report.target <= high:
        yield Flag("drift", {"p": report.p, "target": report.target})


def _is_of_the_strong(choice: Choice, n: int) -> bool:
    interval = None if choice.r is None else statistics.fisher(choice.r, n)
    return interval is not None and interval[0] > 0
