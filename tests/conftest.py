"""Fixtures of all tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.instructor.release import solution_form
from tests.support.warm import WarmLauncher

REPO = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def warm() -> Iterator[WarmLauncher]:
    """A launcher whose processes are forks of a server that has imported TensorFlow."""
    with WarmLauncher() as launcher:
        yield launcher


@pytest.fixture(scope="session")
def solution() -> dict[str, bytes]:
    """The reference submission: script and notebook by file name."""
    return solution_form(REPO / "solution")
