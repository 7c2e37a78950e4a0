"""The right to write to a folder of results, which one run has at a time.

The lock is one open file. A run's workers get that same file, so the lock of a killed run holds until the last of
its workers is gone: what is left of an old run never writes beside a new one.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import reduction
from pathlib import Path
from typing import Any

from autograder.instructor import results
from autograder.instructor.results import ResultsError

PATIENCE = 5.0  # seconds for the workers of a killed run to be gone
PAUSE = 0.05


class Lock:
    """A lock that is held; pickled for a process that is being started, it is the same lock there."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def __reduce__(self) -> tuple[Callable[[Any], "Lock"], tuple[Any]]:
        return _inherited, (reduction.DupFd(self.descriptor),)  # type: ignore[attr-defined, unused-ignore]


def _inherited(duplicate: Any) -> Lock:
    descriptor = duplicate.detach()
    os.set_inheritable(descriptor, False)  # a worker's own children do not hold it
    return Lock(descriptor)


def _taken(descriptor: int, patience: float) -> bool | None:
    """Whether the lock was to be had within *patience* seconds; None where there are no such locks."""
    try:
        import fcntl
    except ImportError:
        return None
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(PAUSE)
        except OSError:
            return None
        else:
            return True


@contextmanager
def locked(folder: Path, patience: float = PATIENCE) -> Iterator[Lock | None]:
    """Keep a second run out of the folder of results, where the system can.

    Raises:
        ResultsError: another run is writing there, or the folder cannot be written.
    """
    with results.writing(str(folder)):
        folder.mkdir(parents=True, exist_ok=True)
        stream = (folder / results.LOCK).open("a")
    with stream:
        taken = _taken(stream.fileno(), patience)
        if taken is False:
            raise ResultsError("results.locked", name=str(folder))
        yield Lock(stream.fileno()) if taken else None
