"""The same notebooks graded by nbgrader 0.9.6, by Otter-Grader 7.0.0 and by `convmark grade`, in turn, in one run.

Otter gets an environment of its own, made once. The assignments of both test each function with asserts that
look at less than our checks do. Goal: at least 60 times as many a minute and worker as nbgrader; Otter is told beside.
Processor time is told of the others only: that of forks in a sandbox does not reach the process that started it.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

import peer_nbgrader
import peer_otter
import peers

THEIRS, OURS, ROUNDS = 3, 40, 2
GOAL = 60


def ours(folder: Path, jobs: int, count: int) -> tuple[float, float]:
    """Seconds of a whole run of ours on *count* notebooks."""
    peer_nbgrader.course(folder, count)
    options = ["--sections", "data,model,compile", "--jobs", str(jobs)]
    command = [str(Path(sys.executable).with_name("convmark")), "grade", "submitted", "--out", "results", *options]
    taken = peers.timed(command, folder)
    verdicts = [json.loads(path.read_text()) for path in folder.glob("results/*/verdict.json")]
    assert [80.0] * count == [verdict["score"] for verdict in verdicts]
    return taken


def main() -> None:
    """Measure in turn and print a table."""
    peer_otter.environment()
    rows: dict[str, list[tuple[float, float]]] = {"nbgrader": [], "otter": [], "one": [], "two": [], "start": []}
    with tempfile.TemporaryDirectory() as name:
        for number in range(ROUNDS):
            rows["nbgrader"].append(peer_nbgrader.graded(Path(name) / f"nbgrader{number}", THEIRS))
            rows["otter"].append(peer_otter.graded(Path(name) / f"otter{number}", THEIRS))
            rows["start"].append(ours(Path(name) / f"start{number}", 1, 1))
            rows["one"].append(ours(Path(name) / f"one{number}", 1, OURS))
            rows["two"].append(ours(Path(name) / f"two{number}", 2, OURS))
    report(rows)


def _line(what: str, seconds: float, cpu: float | None = None) -> None:
    told = f", {cpu:.2f} s of processor time" if cpu is not None else ""
    print(f"{what:32}{seconds:8.3f} s, {60 / seconds:6.1f} a minute{told}")


def report(rows: dict[str, list[tuple[float, float]]]) -> None:
    """The table, from the means of the rounds."""
    wall = {name: sum(row[0] for row in found) / ROUNDS for name, found in rows.items()}
    cpu = {name: sum(row[1] for row in rows[name]) / ROUNDS for name in ("nbgrader", "otter")}
    each = (wall["one"] - wall["start"]) / (OURS - 1)
    print(f"means of {ROUNDS} rounds; {THEIRS} notebooks for the others, {OURS} for convmark; {os.cpu_count()} processors")
    _line(peer_nbgrader.NAME, wall["nbgrader"], cpu["nbgrader"])
    _line(peer_otter.NAME, wall["otter"], cpu["otter"])
    _line("convmark, the first", wall["start"])
    _line("convmark, each further one", each)
    _line("convmark, 1 worker, with start", wall["one"] / OURS)
    _line("convmark, 2 workers, with start", wall["two"] / OURS)
    for name, goal in (("nbgrader", f"   goal {GOAL}"), ("otter", "")):
        print(f"{name} / convmark, 1 worker".ljust(32) + f"{wall[name] / each:8.1f}{goal}")
        print(f"{'the same with start':32}{wall[name] * OURS / wall['one']:8.1f}")
        print(f"{name} / convmark, 2 workers".ljust(32) + f"{wall[name] * OURS / wall['two']:8.1f}")


if __name__ == "__main__":
    main()
