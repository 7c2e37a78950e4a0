"""What isolation costs: the same submission in a box and as a plain process, in turn, pair by pair.

Both run the whole path from the launcher to the evidence; the first pair, which warms the caches, is not counted.
"""

import statistics
import tempfile
import time
from pathlib import Path

from autograder import scheme, submission, supervise
from autograder.instructor import selftest
from autograder.instructor.release import solution_form
from autograder.launcher import Launcher, PlainLauncher

REPO = Path(__file__).resolve().parent.parent
PAIRS = 5


def seconds(found: submission.Submission, launcher: Launcher) -> float:
    """Wall time to gather the evidence of a submission, all of whose stages must succeed."""
    started = time.perf_counter()
    record = supervise.gather(found, launcher, seed=1, limits=scheme.load().limits)
    taken = time.perf_counter() - started
    assert {"ok"} == {stage["status"] for stage in record["stages"].values()}
    return taken


def compare(found: submission.Submission, launcher: Launcher) -> list[tuple[float, float]]:
    """Pairs of times, isolated and plain, in alternating order."""
    pairs = []
    for number in range(PAIRS + 1):
        order = [launcher, PlainLauncher()] if number % 2 else [PlainLauncher(), launcher]
        taken = {one.level: seconds(found, one) for one in order}
        pairs.append((taken[launcher.level], taken["process"]))
    return pairs[1:]


def main() -> None:
    """Measure each level that works here and print a table."""
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "cifar10_cnn.py").write_bytes(solution_form(REPO / "solution")["cifar10_cnn.py"])
        found = submission.find(Path(name), {})
    print(f"{'level':10} {'isolated':>9} {'plain':>9} {'ratio':>6}   {'lowest to highest'}   (medians of {PAIRS} pairs)")
    for level in (selftest.full(3072, 1), selftest.contained(3072, 1)):
        if level.launcher is None:
            print(f"{level.level:10} does not work here")
            continue
        pairs = compare(found, level.launcher)
        ratios = [isolated / plain for isolated, plain in pairs]
        isolated, plain = (statistics.median(column) for column in zip(*pairs, strict=True))
        spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
        print(f"{level.level:10} {isolated:7.2f} s {plain:7.2f} s {statistics.median(ratios):6.2f}   {spread}")


if __name__ == "__main__":
    main()
