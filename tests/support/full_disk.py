"""A disk that is full from a certain step on, at every step in turn.

``python -m tests.support.full_disk TASK`` grades once for each step at which something is made or opened for writing
below the folder of results, in a fork of its own where that step fails, alone or with all that follow; then again on
a disk with room. For each it prints a line of JSON: what stopped the first run, and whether the second one ended with the
files of an undisturbed run.
"""

import errno
import json
import os
import pickle
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from autograder.errors import ConvmarkError
from autograder.instructor import batch, loop
from autograder.instructor.batch import Options
from tests.support import faults

ALONE = 3  # of the steps that fail alone, one in so many
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
MAKES = {"os.mkdir": 0, "os.rename": 1, "tempfile.mkstemp": 0}


class _Inline(ThreadPoolExecutor):
    """An executor that grades at once, in this very thread, so that steps have an order."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(fn(*args))
        return future


def _fail(out: Path, step: int, alone: bool) -> Callable[[], int]:
    """Let a step fail, and those after it unless it is *alone*; returns a function that tells how many there were."""
    count = 0

    def hook(event: str, args: tuple[Any, ...]) -> None:
        nonlocal count
        writes = event == "open" and isinstance(args[2], int) and args[2] & WRITING
        if not writes and event not in MAKES:
            return
        if not str(args[MAKES.get(event, 0)]).startswith(str(out)):
            return
        count += 1
        if count == step or (count > step and not alone):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    sys.addaudithook(hook)
    return lambda: count


def _graded(options: Options, step: int, alone: bool) -> dict[str, Any]:
    count = _fail(options.out.resolve(), step, alone)
    try:
        rows = batch.run(options)
        return {"code": "", "attention": [row.reason for row in rows if row.status != "graded"], "steps": count()}
    except ConvmarkError as error:
        return {"code": error.code, "attention": [], "steps": count()}


def _forked(function: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What a function returns in a fork."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(writing, json.dumps(function()).encode())
        except BaseException as error:
            os.write(writing, json.dumps({"code": repr(error), "steps": 0}).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        said = stream.read()
    os.waitpid(pid, 0)
    told: dict[str, Any] = json.loads(said)
    return told


def _main(task: str) -> None:
    options: Options = pickle.loads(Path(task).read_bytes())
    setattr(loop, "workers", lambda jobs, lock: _Inline())  # noqa: B010 - of this program alone
    steps = _forked(lambda: _graded(options, sys.maxsize, True))["steps"]
    wanted = faults.content(options.out)
    for alone in (False, True):
        for step in range(1, steps + 1, ALONE if alone else 1):
            again = replace(options, out=faults.same_secret(options.out, options.out.parent / f"{step}-{alone}"))
            first = _forked(lambda: _graded(again, step, alone))  # noqa: B023
            if first["steps"] < step:
                break
            second = _forked(lambda: _graded(again, sys.maxsize, True))  # noqa: B023
            print(
                json.dumps({"alone": alone, "first": first, "second": second, "same": faults.content(again.out) == wanted}),
                flush=True,
            )


if __name__ == "__main__":
    _main(sys.argv[1])
