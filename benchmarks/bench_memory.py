"""The memory that grading a class takes, for a small class and a large one. Goal: 1.2 times as much at most.

Each class is graded in a fresh process by one worker. What the probe reports of the reference solution is recorded
once and replayed for every submission, so that no TensorFlow runs for each. The peaks are those of the process that
grades and of the largest of its children, which is the worker.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder import scheme, submission, supervise
from autograder.instructor import batch, results
from autograder.instructor.release import solution_form
from autograder.launcher import Command, PlainLauncher
from autograder.process import Process

REPO = Path(__file__).resolve().parent.parent
SMALL, LARGE = 100, 10_000
SECTIONS = ("data", "model", "compile")
SECRET = "0" * 64
RECORD_SECONDS = 180.0


@dataclass
class Replay:
    """A launcher of processes that print what is recorded in a file, whatever they are asked."""

    recorded: Path
    level: str = "process"
    layers: Sequence[str] = ("replay",)

    def command(self, module: str, readonly: Sequence[Path] = ()) -> Command:
        """What prints the records."""
        return Command(["cat", str(self.recorded)], dict(os.environ))


def record(folder: Path) -> Path:
    """The records of one run of the probe on the submission in a folder, in a file beside it."""
    found = submission.find(folder, {})
    limits = scheme.load().limits
    request: dict[str, Any] = {"name": found.name, "kind": found.kind, "cells": list(found.cells)}
    request |= {"seed": results.seed(SECRET, found.sha256), "memory_mib": int(limits["memory_mib"]), "stages": supervise.STAGES}
    process = Process(PlainLauncher().command("autograder.probe"), request, int(limits["log_bytes"]))
    records = []
    while (told := process.records.get(timeout=RECORD_SECONDS)) is not None:
        records.append(told)
    process.wait(RECORD_SECONDS)
    assert {"begin": "end"} in records
    path = folder / "records"
    path.write_text("".join(json.dumps(told) + "\n" for told in records), "ascii")
    return path


def classroom(folder: Path, count: int, text: bytes) -> Path:
    """A class of students who all hand in the same."""
    for number in range(count):
        path = folder / f"s{number:05}" / "cifar10_cnn.py"
        path.parent.mkdir(parents=True)
        path.write_bytes(text)
    return folder


def grade(submissions: Path, out: Path, recorded: Path) -> None:
    """Grade a class, and print the peaks of this process and its largest child in KiB."""
    results.write_json(out / results.RUN, {"secret": SECRET})  # the seed that the records answer to
    rows = batch.run(batch.Options(submissions, out, Replay(recorded), 1, SECTIONS))
    assert all(row.score == 80.0 for row in rows)
    print(_own_peak(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)


def _own_peak() -> int:
    """As the kernel tells it of this program alone: ``ru_maxrss`` begins with the peak of what started it."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition("VmHWM:")[2].split()[0])


def peaks(count: int, recorded: Path) -> tuple[float, float]:
    """The peaks in MiB for a class of *count*."""
    text = recorded.with_name("cifar10_cnn.py").read_bytes()
    with tempfile.TemporaryDirectory() as name:
        submissions, out = classroom(Path(name) / "in", count, text), Path(name) / "out"
        started = time.perf_counter()
        command = [sys.executable, __file__, str(submissions), str(out), str(recorded)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        own, child = (int(text) / 1024 for text in done.stdout.split())
        taken = time.perf_counter() - started
    print(f"{count:8,} {own:13.1f} MiB {child:9.1f} MiB {taken:8.0f} s", flush=True)
    return own, child


def main(large: int) -> None:
    """Measure a small class and a large one, and print a table."""
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "cifar10_cnn.py").write_bytes(solution_form(REPO / "solution")["cifar10_cnn.py"])
        recorded = record(Path(name))
        print(f"{'works':>8} {'grader':>17} {'worker':>13}")
        small, big = peaks(SMALL, recorded), peaks(large, recorded)
    print(f"{'ratio':>8} {big[0] / small[0]:13.2f} {big[1] / small[1]:13.2f}     goal at most 1.2")


if __name__ == "__main__":
    if len(sys.argv) == 4:
        grade(*map(Path, sys.argv[1:]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else LARGE)
