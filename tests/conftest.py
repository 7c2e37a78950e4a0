"""Fixtures of all tests."""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.instructor.release import solution_form
from autograder.verdict import Verdict
from tests.support import classes
from tests.support.warm import WarmLauncher

REPO = Path(__file__).resolve().parent.parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take long: tests run side by side, and nobody is to wait for one of them at the end."""
    slow = Counter(item.path for item in items if item.get_closest_marker("slow"))
    items.sort(key=lambda item: -slow[item.path])


@pytest.fixture(scope="session", autouse=True)
def cache_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Tests share results with those that run beside them, and none with what this account computed before."""
    own = tmp_path_factory.getbasetemp()
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("CONVMARK_CACHE", str((own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "cache"))
        yield


@pytest.fixture(scope="session")
def warm() -> Iterator[WarmLauncher]:
    """A launcher whose processes are forks of a server that has imported TensorFlow."""
    with WarmLauncher() as launcher:
        yield launcher


@pytest.fixture(scope="session")
def solution() -> dict[str, bytes]:
    """The reference submission: script and notebook by file name."""
    return solution_form(REPO / "solution")


@pytest.fixture(scope="session")
def right(tmp_path_factory: pytest.TempPathFactory) -> Verdict:
    """The verdict on the reference submission: 80 of 80 points."""
    return classes.right(tmp_path_factory.mktemp("evidence"))


@pytest.fixture(scope="session")
def wrong(right: Verdict) -> Verdict:
    """64 of 80 points: a check that failed, and one that was not reached."""
    return classes.wrong(right)
