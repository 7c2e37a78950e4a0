"""The frame of the diagrams of a class."""

import pytest

from autograder.instructor import class_frame as frame
from autograder.instructor.rendering import Words


@pytest.mark.parametrize(("share", "expected"), [(0.7, 0.6), (0.71, 0.6), (0.73, 0.7), (0.95, 0.8), (0.0, 0.0), (0.01, 0.0)])
def test_nothing_lies_on_the_axis(share: float, expected: float) -> None:
    """Accuracies begin at a tenth that leaves room below the lowest, never below 0 and at 80 at the latest."""
    assert expected == frame.lowest(share)


def test_works_on_one_dot() -> None:
    """A dot grows with the works that it stands for, and has their number; a single work has none."""
    places = {(1.0, 2.0): 1, (3.0, 4.0): 2, (50.0, 6.0): 1200}
    found = [(dot["size"], dot["path"]) for dot in frame.dots(places)]

    assert [("one", "M1 2h0"), ("few", "M3 4h0"), ("many", "M50 6h0")] == found
    assert ["1,200", "2"] == [number["label"] for number in frame.numbers(Words("en"), places.items())]


def test_numbers_do_not_cover_each_other() -> None:
    """Where dots are crowded, those with the most works have a number, and no more of them than can be read."""
    near = {(float(place), 0.0): 2 + (place == 10) for place in range(20)}
    far = {(100.0 * place, 0.0): 2 for place in range(frame.NUMBERED + 1)}

    assert [(10.0, "3")] == [(number["x"], number["label"]) for number in frame.numbers(Words("en"), near.items())]
    assert frame.NUMBERED == len(frame.numbers(Words("en"), far.items()))
