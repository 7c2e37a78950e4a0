"""What a trial found is read strictly."""

from typing import Any

import pytest

from autograder import tried
from autograder.errors import EvidenceError

FOUND: dict[str, Any] = {"images": 1000, "steps": 110, "batch_size": 32, "lab": {"right": 360}}


def test_the_better_compilation_counts() -> None:
    """The accuracy is that of the better training, with its standard error."""
    found = tried.read(FOUND | {"own": {"right": 400}})

    assert (found.accuracy, found.own) == (0.4, 400)
    assert found.standard_error == pytest.approx((0.4 * 0.6 / 1000) ** 0.5)
    assert tried.read(FOUND | {"own": {"right": 100}}).accuracy == 0.36


@pytest.mark.parametrize(
    "change",
    [
        {"images": 0},
        {"images": True},
        {"images": "1000"},
        {"steps": 0},
        {"batch_size": None},
        {"lab": None},
        {"lab": {"right": 1001}},
        {"lab": {"right": -1}},
        {"lab": {"right": 360.0}},
        {"own": None},
        {"own": {"right": "400"}},
    ],
    ids=str,
)
def test_malformed(change: dict[str, Any]) -> None:
    """A number that is missing, of another type or out of bounds is no trial."""
    with pytest.raises(EvidenceError):
        tried.read(FOUND | change)
