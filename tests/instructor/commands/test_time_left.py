"""Time left: foretold from the first few on, and lines without control characters where there is no terminal."""

import os
import pty
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from autograder.instructor.commands import progress
from tests.conftest import REPO

SHOW = """
import time
from autograder.instructor.commands.options import progress_bar
with progress_bar("Grading", 2) as told:
    for done in range(30):
        told(done, 40)
        time.sleep(0.02)
"""


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def foretold(ends: list[float], total: int, at_once: int = 1) -> list[float | None]:
    """What is said after each end, when they come at these seconds."""
    clock = Clock()
    estimate, said = progress.Estimate(at_once, clock), []
    estimate.update(0, total)
    for number, end in enumerate(ends, 1):
        clock.now = 100.0 + end
        estimate.update(number, total)
        said.append(estimate.seconds())
    return said


def test_the_start_does_not_count() -> None:
    """Ten seconds until the first and one for each other: from the fourth on it is right, and before nothing is said."""
    said = foretold([10.0 + number for number in range(20)], 20)

    assert [None, None, None] == said[:3]
    assert [float(20 - number) for number in range(4, 21)] == pytest.approx(said[3:])


def test_several_workers_that_end_together() -> None:
    """Four workers end every four seconds: what is said from the second round on is off by no more than a round."""
    said = foretold([10.0 + 4.0 * (number // 4) for number in range(80)], 80, at_once=4)
    wrong = [value - (80 - number) for number, value in enumerate(said, 1) if value is not None]

    assert 73 <= len(wrong)
    assert max(map(abs, wrong)) <= 4


def test_more_workers_than_a_small_class_can_use() -> None:
    """Sixty-four workers and twenty submissions: something is foretold all the same."""
    said = foretold([10.0 + number for number in range(20)], 20, at_once=64)

    assert [10.0, 5.0] == [pytest.approx(said[number], abs=1) for number in (9, 14)]


def test_what_was_found_before_is_soon_forgotten() -> None:
    """Fifty that take no time say nothing about those that take ten seconds each."""
    early = [0.01 * number for number in range(50)]
    said = foretold(early + [1.0 + 10 * number for number in range(1, 31)], 100)
    after = said[49 + progress.WINDOW + 1]

    assert after == pytest.approx(10.0 * (100 - 50 - progress.WINDOW - 1), rel=0.15)


def test_a_silence_is_no_good_news() -> None:
    """While nothing ends, the time left does not shrink below what the silence makes likely."""
    clock = Clock()
    estimate = progress.Estimate(1, clock)
    for number in range(1, 11):
        clock.now += 1.0
        estimate.update(number, 20)
    values = []
    for _ in range(60):
        clock.now += 1.0
        values.append(estimate.seconds() or 0.0)

    assert all(earlier <= later + 1e-9 for earlier, later in pairwise(values[1:]))
    assert values[-1] > 3 * values[0]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, ""),
        (4.2, "a few seconds left"),
        (44, "about 40 s left"),
        (130, "about 2 min left"),
        (9000, "about 2.5 h left"),
    ],
)
def test_words(seconds: float | None, text: str) -> None:
    """A time is said no more exactly than it is known."""
    assert text == progress.words(seconds)


def test_a_line_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    """In a pipe the first line comes after ten seconds, then in pauses of at most a minute; the end is told elsewhere."""
    clock = Clock()
    tell = progress.lines("Grading", progress.Estimate(1, clock), clock)
    for number in range(601):
        clock.now = 100.0 + number
        tell(number, 600)
    printed = capsys.readouterr().err.splitlines()

    assert "Grading: 10 of 600, about 10 min left" == printed[0]
    assert 8 <= len(printed) <= 14
    assert not [line for line in printed if not line.isprintable()]


def shown(columns: int, **environ: str) -> str:
    """What the bar writes to a terminal of so many columns."""
    master, slave = pty.openpty()
    env = {key: value for key, value in os.environ.items() if key not in {"CI", "TERM", "NO_COLOR"}}
    env |= {"PYTHONPATH": str(REPO), "COLUMNS": str(columns), "TERM": "xterm-256color"} | environ
    with subprocess.Popen([sys.executable, "-c", SHOW], stdin=slave, stdout=slave, stderr=slave, env=env, cwd=Path("/")) as done:
        os.close(slave)
        parts = []
        while True:
            try:
                part = os.read(master, 65536)
            except OSError:  # the other end is closed
                break
            if not part:
                break
            parts.append(part)
    os.close(master)
    assert 0 == done.returncode, parts
    return b"".join(parts).decode("utf-8", "replace")


@pytest.mark.parametrize("columns", [80, 120])
def test_a_bar_on_a_terminal(columns: int) -> None:
    """On a terminal there is a bar with the time left."""
    text = shown(columns)

    assert "\x1b[" in text
    assert "seconds left" in text and "/40" in text


@pytest.mark.parametrize("environ", [{"TERM": "dumb"}, {"CI": "true"}])
def test_no_control_characters(environ: dict[str, str]) -> None:
    """A terminal that is dumb and the log of a CI service get none."""
    assert "\x1b" not in shown(80, **environ)
