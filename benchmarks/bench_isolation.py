"""What isolation costs: the same submission isolated and not, in turn, pair by pair.

A new box against a plain process, and a fork of a warm server in a box against one of a plain server. All run the
whole path from the launcher to the evidence; the first pair, which warms the caches, is not counted.
"""

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from autograder import scheme, submission, supervise
from autograder.instructor import selftest
from autograder.instructor.release import solution_form
from autograder.instructor.warm import PlainHost, WarmLauncher
from autograder.launcher import Launcher, PlainLauncher

REPO = Path(__file__).resolve().parent.parent
PAIRS, WARM_PAIRS = 5, 20


def seconds(found: submission.Submission, launcher: Launcher) -> float:
    """Wall time to gather the evidence of a submission, all of whose stages must succeed."""
    started = time.perf_counter()
    record = supervise.gather(found, launcher, seed=1, limits=scheme.load().limits)
    taken = time.perf_counter() - started
    assert {"ok"} == {stage["status"] for stage in record["stages"].values()}
    return taken


def compare(found: submission.Submission, isolated: Launcher, plain: Launcher, pairs: int) -> list[tuple[float, float]]:
    """Pairs of times, isolated and plain, in alternating order."""
    rows = []
    for number in range(pairs + 1):
        order = [isolated, plain] if number % 2 else [plain, isolated]
        taken = {id(one): seconds(found, one) for one in order}
        rows.append((taken[id(isolated)], taken[id(plain)]))
    return rows[1:]


def contests() -> Iterator[tuple[str, Launcher, Launcher, int]]:
    """What is compared, as far as it works here."""
    full, contained = selftest.full(3072, 1), selftest.contained(3072, 1)
    if full.launcher is not None:
        yield "full, new box", full.launcher, PlainLauncher(), PAIRS
        warm = selftest.warmed(full).launcher
        if isinstance(warm, WarmLauncher):
            yield "full, warm fork", warm, WarmLauncher(PlainHost()), WARM_PAIRS
    if contained.launcher is not None:
        yield "container, new box", contained.launcher, PlainLauncher(), PAIRS


def main() -> None:
    """Measure what works here and print a table."""
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "cifar10_cnn.py").write_bytes(solution_form(REPO / "solution")["cifar10_cnn.py"])
        found = submission.find(Path(name), {})
    print(f"{'':20} {'isolated':>9} {'plain':>9} {'ratio':>6}   {'lowest to highest'}   (medians of pairs)")
    for what, isolated, plain, count in contests():
        pairs = compare(found, isolated, plain, count)
        ratios = [one / other for one, other in pairs]
        first, second = (statistics.median(column) for column in zip(*pairs, strict=True))
        spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
        print(f"{what:20} {first:7.2f} s {second:7.2f} s {statistics.median(ratios):6.2f}   {spread}   {count}")


if __name__ == "__main__":
    main()
