"""What changed between two results, and how little an edited file can say."""

import math
from typing import Any

import pytest

from autograder import messages, progress
from autograder.progress import Change
from autograder.scheme import load
from autograder.verdict import Outcome, build

SCHEME = load()
POINTS = {name: line.points for name, line in SCHEME.checks.items()}
RIGHT = {name: ("passed", line.points) for name, line in SCHEME.checks.items()}


def wrong(*names: str, status: str = "failed") -> dict[str, tuple[str, float]]:
    """All checks passed but these."""
    return RIGHT | dict.fromkeys(names, (status, 0.0))


def test_fixed_new_and_found() -> None:
    """Points, and who is passed now, failed now, and failed as it is reached for the first time."""
    before = wrong("data.scale") | wrong("model.pooling", "model.padding", status="not_checked")
    before = before | {"data.scale": ("failed", 0.0)}
    after = wrong("compile.loss", "model.pooling")

    assert Change(
        POINTS["data.scale"] + POINTS["model.padding"] - POINTS["compile.loss"],
        ("data.scale", "model.padding"),
        ("compile.loss",),
        ("model.pooling",),
    ) == progress.compared(before, after)


def test_only_common_checks_count() -> None:
    """A run of one section neither wins nor loses the points of others."""
    part = {name: answer for name, answer in RIGHT.items() if name.startswith("data.")}

    assert Change(POINTS["data.scale"], ("data.scale",)) == progress.compared(wrong("data.scale", "compile.loss"), part)
    assert progress.compared({}, RIGHT) is None


def test_partial_points() -> None:
    """An accuracy that is better, but not good enough, is worth its points and no list."""
    before, after = ({**RIGHT, "accuracy.test": ("failed", points)} for points in (8.0, 16.0))

    assert Change(8.0) == progress.compared(before, after)


@pytest.mark.parametrize(
    ("lang", "expected"),
    [
        (
            "en",
            "{points} since the last run. Passed now: pixels are divided by 255. "
            "New mistake: the loss is categorical cross-entropy.",
        ),
        (
            "ru",
            "{points} с прошлого запуска. Теперь пройдено: яркости пикселей поделены на 255. "
            "Новое среди ошибок: функция потерь — категориальная кросс-энтропия.",
        ),
    ],
)
def test_sentence(lang: str, expected: str) -> None:
    """The difference with its sign, then what was mended and what is newly wrong."""
    change = progress.compared(wrong("data.scale"), wrong("compile.loss"))

    assert change is not None
    points = progress.signed(POINTS["data.scale"] - POINTS["compile.loss"], lang)
    assert expected.format(points=points) == progress.told(change, lang, SCHEME, "progress_run")


@pytest.mark.parametrize("lang", messages.LANGUAGES)
def test_nothing_changed(lang: str) -> None:
    """That nothing changed is told as well, and since when."""
    since = messages.phrase(lang, "progress_result")

    assert messages.phrase(lang, "progress_none", since=since) == progress.told(Change(0.0), lang, SCHEME, "progress_result")


def test_long_lists_are_cut() -> None:
    """Of many checks four are named, and preconditions only where there is nothing else."""
    change = progress.compared(dict.fromkeys(RIGHT, ("failed", 0.0)), RIGHT)
    only = progress.compared(wrong("data.rows"), RIGHT)

    assert change is not None and only is not None
    told = progress.told(change, "en", SCHEME, "progress_run")
    assert "18 more" not in told and f"{sum(line.points > 0 for line in SCHEME.checks.values()) - 4} more." in told
    assert SCHEME.checks["data.returns"].title["en"] not in told
    assert SCHEME.checks["data.rows"].title["en"] in progress.told(only, "en", SCHEME, "progress_run")


@pytest.mark.parametrize(
    ("points", "lang", "expected"),
    [(12.0, "en", "+12"), (-4.5, "ru", "\u22124,5"), (0.0, "en", "\u00b10"), (-4.5, "en", "\u22124.5")],
)
def test_signs(points: float, lang: str, expected: str) -> None:
    """A difference has a sign, and a real minus."""
    assert expected == progress.signed(points, lang)


def test_read_what_was_written() -> None:
    """Answers are the same after they were plain data."""
    found = progress.answers(build(SCHEME, SCHEME.sections, {name: Outcome("passed", 1.0) for name in SCHEME.checks}))

    assert RIGHT == found == progress.read(progress.plain(found), SCHEME)


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        "data.scale",
        {"no.check": ["passed", 1]},
        {"data.scale": ["won", 1]},
        {"data.scale": ["passed", 9]},
        {"data.scale": ["passed", -1]},
        {"data.scale": ["passed", math.nan]},
        {"data.scale": ["passed", math.inf]},
        {"data.scale": ["passed", True]},
        {"data.scale": ["passed", "8"]},
        {"data.scale": ["passed"]},
        {"data.scale": {"status": "passed"}},
        {"data.scale": [["passed"], 8]},
        {"data.dtype": ["passed", 4], "data.scale": ["\x1b[2J", 8]},
    ],
)
def test_edited_answers_are_none(value: Any) -> None:
    """Whatever else stands in a file counts as no file."""
    assert {} == progress.read(value, SCHEME)
