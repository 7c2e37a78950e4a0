"""The threshold below the runs of a right solution."""

import numpy as np
import pytest

from autograder.instructor.training import tolerance


@pytest.mark.parametrize(("count", "expected"), [(10, 5.203), (20, 4.319), (30, 4.022)])
def test_factors_are_those_of_the_tables(count: int, expected: float) -> None:
    """For 1 in 1,000 with confidence 95% the factors are those printed in tables of one-sided tolerance limits."""
    assert tolerance.factor(count, 0.001, 0.95) == pytest.approx(expected, abs=2e-3)


def test_the_confidence_is_kept() -> None:
    """Of many calibrations on normal values about one in 20 lets more than 1 in 1,000 fall below."""
    rng = np.random.default_rng(1)
    samples = rng.normal(0, 1, (4000, 20))
    limits = samples.mean(axis=1) - tolerance.factor(20, 0.001, 0.95) * samples.std(axis=1, ddof=1)
    too_high = (limits > -3.0902).mean()

    assert 0.04 < too_high < 0.06


def test_a_limit_says_what_it_was_made_from() -> None:
    """Mean, deviation, lowest value and threshold belong together."""
    found = tolerance.limit([0.3, 0.32, 0.34], 0.001, 0.95)

    assert found["mean"] == pytest.approx(0.32)
    assert found["deviation"] == pytest.approx(0.02)
    assert found["lowest"] == 0.3
    assert found["threshold"] == pytest.approx(0.32 - found["factor"] * 0.02)


@pytest.mark.parametrize("values", [[0.3, 0.4], [0.3, 0.3, 0.3]])
def test_no_limit_without_spread(values: list[float]) -> None:
    """Two values, or equal ones, say nothing about how far values spread."""
    with pytest.raises(ValueError, match="at least three"):
        tolerance.limit(values, 0.001, 0.95)
