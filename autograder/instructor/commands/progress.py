"""How far a command is, and how long it takes yet: a bar on a terminal, a line now and then elsewhere."""

import os
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn
from rich.text import Text

from autograder.instructor.commands import output

Told = Callable[[int, int], None]
FEW = 3  # intervals before anything is foretold
ROUNDS = 4  # into which a small class is divided
WINDOW = 12  # intervals that count: what was found from an earlier run goes by in no time and soon no longer counts
FIRST_LINE, LAST_PAUSE = 10.0, 60.0  # seconds until the first line of a pipe, and at most between two


class Estimate:
    """The time left, from the last intervals between two that ended.

    Not from the start: importing Keras takes longer than a submission. Those that work at once tend to end at once, so
    the first of each do not count, and intervals count in whole rounds. A silence counts when it is longer than a round.
    """

    def __init__(self, at_once: int = 1, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._round = clock, at_once
        self._ends: deque[float] = deque(maxlen=max(WINDOW, 2 * at_once) + 1)
        self._done, self._total = 0, 0

    def update(self, done: int, total: int) -> None:
        """So many of so many are done now."""
        if total != self._total:  # a few rounds at least, or nothing could be told of a small class
            self._total, self._round = total, max(1, min(self._round, total // ROUNDS))
        for number in range(self._done, done):
            if number + 1 >= self._round:
                self._ends.append(self._clock())
        self._done = done

    def seconds(self) -> float | None:
        """Seconds that it takes yet; None as long as nobody can know."""
        intervals = (len(self._ends) - 1) // self._round * self._round
        if intervals < FEW:
            return None
        now, first = self._clock(), self._ends[-1 - intervals]
        silence, mean = now - self._ends[-1], (self._ends[-1] - first) / intervals
        if silence > mean * self._round:
            mean = (now - first) / (intervals + self._round)
        return max(0.0, mean * (self._total - self._done) - min(silence, mean * self._round))


def words(seconds: float | None) -> str:
    """A time left, as exact as it is known."""
    if seconds is None:
        return ""
    if seconds < 10:
        return "a few seconds left"
    if seconds < 90:
        return f"about {round(seconds, -1):.0f} s left"
    minutes = round(seconds / 60)
    return f"about {minutes} min left" if minutes < 90 else f"about {seconds / 3600:.1f} h left"


class _Left(ProgressColumn):
    def __init__(self, estimate: Estimate) -> None:
        super().__init__()
        self._estimate = estimate

    def render(self, task: Task) -> Text:
        return Text(words(self._estimate.seconds()))


def draws(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether standard error is a terminal on which a bar can be drawn: none that is dumb, and no log of a CI service."""
    return sys.stderr.isatty() and environ.get("TERM") not in {"dumb", "unknown"} and environ.get("CI", "") in {"", "false", "0"}


def lines(what: str, estimate: Estimate, clock: Callable[[], float] = time.monotonic) -> Told:
    """A line on standard error now and then, in ever longer pauses."""
    pause, due = FIRST_LINE, clock() + FIRST_LINE

    def tell(done: int, total: int) -> None:
        nonlocal pause, due
        estimate.update(done, total)
        if clock() < due or done >= total:
            return
        left = words(estimate.seconds())
        click.echo(f"{what}: {done} of {total}" + (f", {left}" if left else ""), err=True)
        pause = min(2 * pause, LAST_PAUSE)
        due = clock() + pause

    return tell


@contextmanager
def progress_bar(what: str, at_once: int = 1) -> Iterator[Told]:
    """What to call with how many are done and how many there are; *at_once* of them are worked on at the same time."""
    out, estimate = output.current(), Estimate(at_once)
    if out.quiet:
        yield lambda done, total: None
        return
    if not draws():
        yield lines(what, estimate)
        return
    console = Console(stderr=True)
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), _Left(estimate))
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)

        def show(done: int, total: int) -> None:
            estimate.update(done, total)
            bar.update(task, completed=done, total=total)

        out.live = lambda text: bar.console.print(text, highlight=False, markup=False, soft_wrap=True)
        try:
            yield show
        finally:
            out.live = None
