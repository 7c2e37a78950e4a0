"""Learning rates by step."""

import keras
import pytest

from autograder.replay.plan import rate_at


@pytest.mark.parametrize("step", [0, 1, 100, 39_075])
def test_inverse_time_is_keras_own(step: int) -> None:
    """The rate of the lab's recipe is that of Keras' `InverseTimeDecay`."""
    schedule = keras.optimizers.schedules.InverseTimeDecay(0.01, decay_steps=1, decay_rate=0.0004)

    assert rate_at({"kind": "inverse_time", "initial": 0.01, "decay": 0.0004}, step) == pytest.approx(float(schedule(step)))


def test_triangle_rises_to_its_peak_and_ends_near_zero() -> None:
    """It is highest at the end of the rise, climbs before and falls after, and never is negative."""
    rates = [rate_at({"kind": "triangle", "peak": 0.06, "rise": 20, "steps": 100}, step) for step in range(101)]

    assert rates.index(max(rates)) == 19
    assert max(rates) == pytest.approx(0.06)
    assert rates[:20] == sorted(rates[:20])
    assert rates[20:] == sorted(rates[20:], reverse=True)
    assert rates[100] == 0 < rates[99] < 0.001


def test_a_training_of_one_step_has_a_rate() -> None:
    """Where the rise is all there is, the only step has the peak."""
    assert rate_at({"kind": "triangle", "peak": 0.06, "rise": 1, "steps": 1}, 0) == pytest.approx(0.06)


def test_samples_are_joined_by_lines() -> None:
    """Between two steps that were sampled the rate lies on a line, after the last one it stays."""
    rate = {"kind": "samples", "steps": [0, 10, 20], "values": [1.0, 0.0, 4.0]}

    assert [rate_at(rate, step) for step in (0, 5, 15, 20, 99)] == [1.0, 0.5, 2.0, 4.0, 4.0]


def test_another_kind_is_refused() -> None:
    """A kind that nobody knows is an error and no rate."""
    with pytest.raises(ValueError, match="cosine"):
        rate_at({"kind": "cosine"}, 0)
