"""The same class on local workers and on a Dask cluster of this machine, one and two workers each, in turn.

Structure only. What a run of few submissions takes (starting workers, servers and the connection) is taken off, so the
figures are those of each further submission.
"""

import contextlib
import os
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench_class import SECTIONS, classroom
from distributed import LocalCluster

from autograder.instructor import batch, cluster
from autograder.instructor.batch import Options
from autograder.instructor.parcel import Elsewhere, Isolation

COUNT, FEW, ROUNDS = 22, 2, 2
ISOLATION = Isolation(wanted="container")
Run = Callable[[Options], None]


def here(jobs: int) -> Run:
    """Local workers."""

    def run(asked: Options) -> None:
        batch.run(Options(asked.submissions, asked.out, ISOLATION.launcher(), jobs, SECTIONS))

    return run


def there(found: Any) -> Run:
    """The workers of a cluster."""

    def run(asked: Options) -> None:
        with cluster.on(asked, found.scheduler_address, ISOLATION) as options:
            batch.run(options)

    return run


def seconds(run: Run, submissions: Path) -> float:
    """Wall time of a run, all of whose submissions must get all points."""
    with tempfile.TemporaryDirectory() as out:
        asked = Options(submissions, Path(out), Elsewhere(""), sections=SECTIONS)
        started = time.perf_counter()
        run(asked)
        taken = time.perf_counter() - started
        rows = (asked.out / "grades.csv").read_text().splitlines()[1:]
        assert {"graded,80"} == {",".join(row.split(",")[1:3]) for row in rows}
    return taken


def main() -> None:
    """Measure in turn and print a table."""
    warnings.simplefilter("ignore")
    each: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        few, many = Path(name) / "few", Path(name) / "many"
        classroom(few, FEW)
        classroom(many, COUNT)
        runs = {f"local, {jobs}": here(jobs) for jobs in (1, 2)}
        for jobs in (1, 2):
            found = LocalCluster(n_workers=jobs, threads_per_worker=1, dashboard_address=":0")
            runs[f"Dask, {jobs}"] = there(stack.enter_context(found))
        for run in runs.values():
            seconds(run, few)
        for _ in range(ROUNDS):
            for what, run in runs.items():
                start = seconds(run, few)
                each.setdefault(what, []).append((seconds(run, many) - start) / (COUNT - FEW))
    report(each)


def report(each: dict[str, list[float]]) -> None:
    """The table."""
    print(f"{COUNT} submissions, medians of {ROUNDS} rounds, {os.cpu_count()} processors")
    for what, found in each.items():
        print(f"{what + ' worker(s)':24} {statistics.median(found):7.3f} s each   {60 / statistics.median(found):6.0f} a minute")
    for one, other in (("Dask, 1", "Dask, 2"), ("local, 1", "local, 2"), ("local, 1", "Dask, 1"), ("local, 2", "Dask, 2")):
        ratios = [a / b for a, b in zip(each[one], each[other], strict=True)]
        print(f"{one + ' / ' + other:24} {statistics.median(ratios):7.2f}   ({min(ratios):.2f} to {max(ratios):.2f})")


if __name__ == "__main__":
    main()
