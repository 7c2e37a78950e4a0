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
WINDOW = 12  # intervals that count: what was found from an earlier run goes by in no time and soon no longer counts
FIRST_LINE, LAST_PAUSE = 10.0, 60.0  # seconds until the first line of a pipe, and at most between two


class Estimate:
    """The time left, from the last intervals between two that ended.

    Not from the start: importing Keras takes longer than a submission. Workers end their first work all at once, so
    as many as work at once do not count, and a silence since the last end counts like an interval.
    """

    def __init__(self, at_once: int = 1, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._skip = clock, at_once
        self._ends: deque[float] = deque(maxlen=max(WINDOW, 2 * at_once) + 1)
        self._done, self._total = 0, 0

    def update(self, done: int, total: int) -> None:
        """So many of so many are done now."""
        for number in range(self._done, done):
            if number + 1 >= self._skip:
                self._ends.append(self._clock())
        self._done, self._total = done, total

    def seconds(self) -> float | None:
        """Seconds that it takes yet; None as long as nobody can know."""
        intervals = len(self._ends) - 1
        if intervals < FEW or not self._total:
            return None
        now = self._clock()
        silence = now - self._ends[-1]
        mean = (self._ends[-1] - self._ends[0]) / intervals
        if silence > mean:  # slower than before: the silence is an interval too, though not at its end yet
            mean = (now - self._ends[0]) / (intervals + 1)
        return max(0.0, mean * (self._total - self._done) - min(silence, mean))


def words(seconds: float | None) -> str:
    """A time left, as exact as it is known."""
    if seconds is None:
        return ""
    if seconds < 10:
        return "some seconds left"
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
