"""The numbers of item analysis: those of pingouin, girth and statsmodels, and none that divides by zero."""

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.instructor.quiz.analysis import statistics
from autograder.instructor.quiz.analysis.statistics import Array

REFERENCE: dict[str, Any] = json.loads((Path(__file__).parent / "data" / "item_analysis.json").read_text("utf-8"))
SCORES = st.lists(st.integers(0, 5).map(float), min_size=1, max_size=40)


def matrix(part: str) -> Array:
    """The scores of a part of the reference; NaN for a dot."""
    return np.array([[np.nan if cell == "." else float(cell) for cell in row] for row in REFERENCE[part]["rows"]])


RIGHT, GRADED, PART = matrix("right"), matrix("graded"), matrix("part")


def corrected(points: Array, maximum: float) -> list[float | None]:
    """Each item against the rest."""
    rests = statistics.rests(points, np.full(points.shape, maximum))
    return [statistics.correlation(points[:, place], rests[:, place]) for place in range(points.shape[1])]


@pytest.mark.parametrize("library", ["pingouin", "girth"])
def test_alpha_is_that_of_others(library: str) -> None:
    """Alpha, also of partial credit, and alpha without each item agree with other programs to twelve digits."""
    assert pytest.approx(REFERENCE["right"]["alpha"][library], abs=1e-12) == statistics.alpha(RIGHT)
    assert pytest.approx(REFERENCE["graded"]["alpha"][library], abs=1e-12) == statistics.alpha(GRADED)
    assert pytest.approx(REFERENCE["right"]["alpha_without"][library], abs=1e-12) == statistics.alphas_without(RIGHT)


@pytest.mark.parametrize("library", ["pingouin", "girth"])
@pytest.mark.parametrize(("part", "points", "maximum"), [("right", RIGHT, 1.0), ("part", PART, 4.0)])
def test_corrected_correlation_is_that_of_others(library: str, part: str, points: Array, maximum: float) -> None:
    """The correlation with the rest agrees to twelve digits, also where a third of the items was not given."""
    assert pytest.approx(REFERENCE[part]["r"][library], abs=1e-12) == corrected(points, maximum)


def test_intervals_are_those_of_others() -> None:
    """Wilson's interval is that of statsmodels, Fisher's that of pingouin."""
    n = len(RIGHT)
    wilson = [statistics.wilson(float(p), n) for p in RIGHT.mean(axis=0)]
    fisher = [statistics.fisher(r, n) for r in corrected(RIGHT, 1.0) if r is not None]

    assert pytest.approx(np.array(REFERENCE["right"]["wilson"]), abs=1e-12) == np.array(wilson)
    assert pytest.approx(np.array(REFERENCE["right"]["r_interval"]), abs=1e-11) == np.array(fisher)


def test_kr20_does_not_mix_variances() -> None:
    """KR-20 equals alpha; with the variance divided by n − 1 in one place it would not."""
    p = RIGHT.mean(axis=0)
    mixed = 12 / 11 * (1 - (p * (1 - p)).sum() / RIGHT.sum(axis=1).var(ddof=1))

    assert pytest.approx(statistics.alpha(RIGHT), abs=1e-12) == statistics.kr20(RIGHT)
    assert abs(mixed - REFERENCE["right"]["alpha"]["pingouin"]) > 1e-3
    with pytest.raises(ValueError, match="right or wrong"):
        statistics.kr20(GRADED)


def test_a_reversed_item_stands_out() -> None:
    """The item whose answers were turned round has the only negative r and D, and alpha is highest without it."""
    place = REFERENCE["about"]["reversed"]
    totals = statistics.totals(RIGHT, np.ones(RIGHT.shape))
    without = [value for value in statistics.alphas_without(RIGHT) if value is not None]
    apart = [statistics.discrimination(RIGHT[:, item], totals) for item in range(12)]

    assert [place] == [item for item, r in enumerate(corrected(RIGHT, 1.0)) if r is not None and r < 0]
    assert [place] == [item for item, d in enumerate(apart) if d is not None and d < 0]
    assert place == int(np.argmax(without))


def test_the_libraries_say_so_themselves() -> None:
    """The same numbers, computed by pingouin where it is installed."""
    pingouin = pytest.importorskip("pingouin")
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(RIGHT)
    r = [pingouin.corr(frame[place], frame.drop(columns=place).sum(axis=1))["r"].iloc[0] for place in range(12)]
    without = [pingouin.cronbach_alpha(frame.drop(columns=place))[0] for place in range(12)]

    assert pytest.approx(pingouin.cronbach_alpha(frame)[0], abs=1e-12) == statistics.alpha(RIGHT)
    assert pytest.approx(without, abs=1e-12) == statistics.alphas_without(RIGHT)
    assert pytest.approx(r, abs=1e-12) == corrected(RIGHT, 1.0)


def test_spearman_brown() -> None:
    """Doubling a test of reliability 2/3 makes 0.80; nothing helps without any, and nothing is needed with all."""
    assert [20, 10, 1, None, None] == [statistics.length_for(value, 10) for value in (2 / 3, 0.8, 1.0, 0.0, -0.3)]
    assert [0.3, 0.0] == [pytest.approx(statistics.error_of_measurement(0.6, value)) for value in (0.75, 1.0)]


def test_extreme_groups() -> None:
    """D of eleven students takes three above and three below."""
    shares = np.array([0, 0, 1, 0, 1, 0, 1, 0, 1, 1, 0], dtype=float)

    assert pytest.approx(2 / 3 - 1 / 3) == statistics.discrimination(shares, np.arange(11.0))


def test_ties_share_their_places() -> None:
    """Of four with the same score, who compete for two places, each counts one half."""
    scores = np.array([5.0, 5, 5, 5, 9])

    assert [0.5, 0.5, 0.5, 0.5, 1.0] == list(statistics.band(scores, 2, 5))
    assert 0.0 == statistics.discrimination(np.array([1.0, 0, 0, 1]), np.ones(4))


@given(SCORES, st.integers(0, 2**32))
def test_order_of_students_makes_no_difference(scores: list[float], seed: int) -> None:
    """D and the quarters are the same however the students are sorted, and the groups have their size."""
    shares = [score % 2 for score in scores]
    pairs = list(zip(shares, scores, strict=True))
    random.Random(seed).shuffle(pairs)
    mixed = [np.array(column) for column in zip(*pairs, strict=True)]
    straight = np.array(shares), np.array(scores)

    assert pytest.approx(statistics.discrimination(*straight)) == statistics.discrimination(*mixed)
    assert pytest.approx(statistics.quarters(*straight)) == statistics.quarters(*mixed)
    assert pytest.approx(np.mean(shares)) == np.mean(statistics.quarters(*straight))
    assert pytest.approx(len(scores) / 4) == statistics.band(straight[1], 0, len(scores) / 4).sum()


@pytest.mark.parametrize(
    "points", [np.zeros((0, 0)), np.ones((1, 1)), np.ones((1, 3)), np.ones((5, 1)), np.ones((5, 3)), np.zeros((5, 3))]
)
@pytest.mark.filterwarnings("error")
def test_nothing_divides_by_zero(points: Array) -> None:
    """Without variance, with one student or one item, there is no alpha and no correlation, and no warning."""
    shape = points.shape
    maximum = np.ones(shape)

    assert (None, None) == (statistics.alpha(points), statistics.kr20(points))
    assert [None] * shape[1] == statistics.alphas_without(points)
    assert [None] * shape[1] == corrected(points, 1.0)
    assert shape[:1] == statistics.totals(points, maximum).shape


@pytest.mark.filterwarnings("error")
def test_small_numbers_are_not_defined() -> None:
    """No answers have no interval, three pairs none either; a perfect correlation has itself."""
    nothing = np.array([])

    assert [None, None, (1.0, 1.0)] == [statistics.wilson(0.0, 0), statistics.fisher(0.5, 3), statistics.fisher(1.0, 9)]
    assert [None, None, ()] == [
        statistics.correlation(nothing, nothing),
        statistics.discrimination(np.ones(1), np.ones(1)),
        statistics.quarters(nothing, nothing),
    ]
    assert statistics.alpha(np.array([[0.0, 1.0], [1.0, 0.0]])) is None


def test_what_was_not_given_is_no_zero() -> None:
    """A student's score and rest are of what he was given; without any other item there is no rest."""
    points = np.array([[1.0, np.nan, 0.0], [np.nan, 2.0, np.nan], [np.nan, np.nan, np.nan]])
    maximum = np.tile([1.0, 4.0, 3.0], (3, 1))

    np.testing.assert_array_equal([0.25, 0.5, np.nan], statistics.totals(points, maximum))
    np.testing.assert_array_equal([0.0, 0.25, 1.0], statistics.rests(points, maximum)[0])
    np.testing.assert_array_equal([0.5, np.nan, 0.5], statistics.rests(points, maximum)[1])
