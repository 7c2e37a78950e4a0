"""A class graded by structure only (data, model, compile), against the least that must be done for it.

Floor: the same submissions' functions, called as often as the probe calls them, in a bare fork of a process that
has imported Keras: no sandbox, no evidence, no checks. Goal: within 2.0 times. Regrading from evidence against
grading: at least 20 times faster. Wall time, in turn, round by round, with one worker; starting up is told apart.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from autograder.instructor import batch, regrading, selftest
from autograder.instructor.release import solution_form

REPO = Path(__file__).resolve().parent.parent
COUNT, ROUNDS = 30, 3
SECTIONS = ("data", "model", "compile")
FLOOR = """
import os, sys, time, runpy
os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1", OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1",
                  TF_NUM_INTRAOP_THREADS="1", TF_NUM_INTEROP_THREADS="1")
import keras, tensorflow
sys.path.insert(0, sys.argv[2])
from autograder import inputs
from autograder.lab import EPOCHS
import gc; gc.collect(); gc.freeze()

def call(path):
    lab = runpy.run_path(path)
    for case in inputs.data_cases(1):
        lab["prepare_data"](case.x_train, case.y_train, case.x_test, case.y_test)
    lab["build_model"]()
    model = lab["build_model"]()
    for epochs in EPOCHS:
        lab["compile_model"](model, epochs)

started = time.perf_counter()
for path in sys.stdin.read().split():
    pid = os.fork()
    if pid == 0:
        call(path)
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
print(time.perf_counter() - started)
"""


def classroom(folder: Path, count: int) -> list[Path]:
    """Submissions of the reference solution that differ in a comment."""
    text = solution_form(REPO / "solution")["cifar10_cnn.py"]
    paths = [folder / f"s{number:03}" / "cifar10_cnn.py" for number in range(count)]
    for number, path in enumerate(paths):
        path.parent.mkdir(parents=True)
        path.write_bytes(text + f"\n# {number}\n".encode())
    return paths


def graded(submissions: Path, out: Path, jobs: int) -> float:
    """Wall time of grading a class with fresh workers."""
    found = selftest.available().launcher
    assert found is not None
    started = time.perf_counter()
    rows = batch.run(batch.Options(submissions, out, found, jobs, SECTIONS))
    taken = time.perf_counter() - started
    assert {row.status for row in rows} == {"graded"}
    assert {row.score for row in rows} == {80.0}
    return taken


def regraded(out: Path) -> float:
    """Wall time of regrading a class."""
    started = time.perf_counter()
    changes = regrading.run(out, 1)
    taken = time.perf_counter() - started
    assert not any(change.changed for change in changes)
    return taken


def floor(paths: list[Path]) -> float:
    """Seconds for the bare calls, without those for importing Keras."""
    done = subprocess.run(
        [sys.executable, "-c", FLOOR, "", str(REPO)],
        input="\n".join(map(str, paths)),
        capture_output=True,
        text=True,
        check=True,
        env=dict(os.environ),
    )
    return float(done.stdout.split()[-1])


def main() -> None:
    """Measure in turn and print a table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        one, many = folder / "one", folder / "many"
        classroom(one, 1)
        paths = classroom(many, COUNT)
        rows = []
        for number in range(ROUNDS):
            out = folder / f"out{number}"
            start, whole = graded(one, folder / f"one{number}", 1), graded(many, out, 1)
            two = graded(many, folder / f"two{number}", 2)
            empty = regraded(folder / f"one{number}")
            again = regraded(out)
            rows.append((start, whole, two, floor(paths), empty, again))
    report(*(list(column) for column in zip(*rows, strict=True)))


def report(
    start: list[float], whole: list[float], two: list[float], bare: list[float], empty: list[float], again: list[float]
) -> None:
    """The table; each submission without what one alone takes."""
    each = [(b - a) / (COUNT - 1) for a, b in zip(start, whole, strict=True)]
    least = [value / COUNT for value in bare]
    later = [(b - a) / (COUNT - 1) for a, b in zip(empty, again, strict=True)]
    print(f"{COUNT} submissions, medians of {ROUNDS} rounds, {os.cpu_count()} processors")
    print(f"first submission, with start    {statistics.median(start):7.2f} s")
    print(f"each further one                {statistics.median(each):7.3f} s   {60 / statistics.median(each):6.0f} a minute")
    print(f"class with 1 worker             {statistics.median(whole):7.2f} s")
    print(f"class with 2 workers            {statistics.median(two):7.2f} s")
    print(f"floor, each                     {statistics.median(least):7.3f} s")
    print(f"regrade, each                   {statistics.median(later):7.3f} s")
    print(f"grade / floor                   {_ratio(each, least)}   goal at most 2.0")
    print(f"grade / regrade                 {_ratio(each, later)}   goal at least 20")


def _ratio(upper: list[float], lower: list[float]) -> str:
    ratios = [a / b for a, b in zip(upper, lower, strict=True)]
    return f"{statistics.median(ratios):7.2f}   ({min(ratios):.2f} to {max(ratios):.2f})"


if __name__ == "__main__":
    main()
