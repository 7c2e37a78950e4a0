"""Submissions a minute under nbgrader: the lab graded in the sandbox, the lab under stock Execute, and verdicts exported.

Beside them, in turn, `nbgrader autograde` of the hand-written assignment of `peer_nbgrader.py`, to which the ratios are.
Each figure is of whole processes, run on one submission and on several: the difference tells what each further one takes,
and the first has the start of nbgrader, of kernels or of the sandbox's server. All submit the right solution, which
differs in a comment.

The accuracy: nobody submits weights. In the sandbox the network is the same for all, so that its short training on the
synthetic data runs once, before anything is measured, and its result is in the cache from then on. Stock Execute finds no
data set and skips the cells that train: there is no short training, and there are no points for the accuracy. Exported
are the verdicts that were made in the sandbox in the same round. The hand-written assignment does not ask for it.
"""

import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import peer_nbgrader
from nbformat import NotebookNode

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.support import courses
from tests.support.courses import LAB, NOTEBOOK, Course

FEW, MANY, ROUNDS = 3, 20, 2
SANDBOX, TWO, STOCK = "sandbox, 1 job", "sandbox, 2 jobs", "stock Execute, our checks"
EXPORT, PEER = "convmark export", "nbgrader, hand-written"
POINTS = {"data": 20.0, "model": 40.0, "compile": 20.0}
WITH_TRIAL, WITHOUT = POINTS | {"accuracy": 8.0}, POINTS | {"accuracy": 0.0}
MARK = "# number "
Measure = Callable[[Path, int], float]
Taken = tuple[float, float]  # seconds for one submission and for several


@dataclass(frozen=True)
class Way:
    """How many submissions are graded besides one, and what grades so many in a new folder: it returns the seconds.

    ``first`` is the way whose run on one submission is taken, where that would be the same run.
    """

    count: int
    measure: Measure
    first: str = ""


def _marked(book: NotebookNode) -> None:
    courses.cell(book, "task1").source += f"\n{MARK}0"


def released(root: Path, *, stock: bool) -> Course:
    """A course with the lab, released, and the right solution in its folder ``right``."""
    course = courses.make(root, stock=stock)
    course.submit("right", _marked).rename(root / "right")
    return course


def copied(course: Course, root: Path, count: int) -> Course:
    """The same course elsewhere, with *count* submissions."""
    shutil.copytree(course.root, root, ignore=shutil.ignore_patterns("submitted"))
    for number in range(count):
        folder = root / "submitted" / f"s{number:03}" / LAB
        shutil.copytree(root / "right", folder)
        notebook = folder / NOTEBOOK
        notebook.write_text(notebook.read_text("utf-8").replace(f"{MARK}0", f"{MARK}{number}"), "utf-8")
    return replace(course, root=root)


def _timed(course: Course, count: int, points: dict[str, float], *command: str) -> float:
    """Seconds of a command that gives *count* students these points."""
    started = time.perf_counter()
    course.run(*command)
    taken = time.perf_counter() - started
    assert [points] * count == [course.points(f"s{number:03}") for number in range(count)]
    return taken


def sandboxed(course: Course, jobs: int, root: Path, count: int) -> float:
    """Grade in the sandbox."""
    made = copied(course, root, count)
    made.configure(f"c.Convmark.jobs = {jobs}")
    return _timed(made, count, WITH_TRIAL, "nbgrader", "autograde", LAB)


def stock(course: Course, root: Path, count: int) -> float:
    """Grade with nbgrader's own Execute."""
    return _timed(copied(course, root, count), count, WITHOUT, "nbgrader", "autograde", LAB)


def exported(course: Course, root: Path, count: int) -> float:
    """Export what `sandboxed` with one job has graded in the same round."""
    results = root.with_name(root.name.replace(EXPORT, SANDBOX)) / "results" / LAB
    options = ["--to", "nbgrader", "--course", str(root)]
    return _timed(copied(course, root, count), count, WITH_TRIAL, "convmark", "export", str(results), *options)


def peer(root: Path, count: int) -> float:
    """Grade the hand-written assignment."""
    root.mkdir()
    return peer_nbgrader.graded(root, count)[0] * count


def ways(folder: Path) -> dict[str, Way]:
    """What is measured, in its order. Caches are filled: the trial of the network, and what kernels keep of fonts."""
    lab, other = released(folder / "sandbox", stock=False), released(folder / "stock", stock=True)
    found = {
        PEER: Way(FEW, peer),
        STOCK: Way(FEW, partial(stock, other)),
        SANDBOX: Way(MANY, partial(sandboxed, lab, 1)),
        TWO: Way(MANY, partial(sandboxed, lab, 2), first=SANDBOX),
        EXPORT: Way(MANY, partial(exported, lab)),
    }
    for name in (STOCK, SANDBOX):
        found[name].measure(folder / f"{name} before", 1)
    return found


def main() -> None:
    """Measure in turn and print a table; the number of rounds may be given as an argument."""
    rounds = int(sys.argv[1]) if sys.argv[1:] else ROUNDS
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        paths = {"HOME": "home", "CONVMARK_CACHE": "cache", "CIFAR10_NPZ": "none.npz"}  # the home is that of a Course
        os.environ |= {variable: str(folder / name) for variable, name in paths.items()}
        measured = ways(folder)
        rows: dict[str, list[Taken]] = {name: [] for name in measured}
        for number in range(rounds):
            for name, way in measured.items():
                one = rows[way.first][-1][0] if way.first else way.measure(folder / f"{name} 1 {number}", 1)
                rows[name].append((one, way.measure(folder / f"{name} {way.count} {number}", way.count)))
                print(f"round {number + 1}: {name}: {rows[name][-1]}", file=sys.stderr, flush=True)
        report(rows, {name: way.count for name, way in measured.items()})


def _each(taken: Taken, count: int) -> float:
    one, several = taken
    return (several - one) / (count - 1)


def _ratio(upper: list[float], lower: list[float]) -> str:
    ratios = [a / b for a, b in zip(upper, lower, strict=True)]
    return f"{statistics.median(ratios):6.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def report(rows: dict[str, list[Taken]], counts: dict[str, int]) -> None:
    """The table, from the medians of the rounds; ratios are of nbgrader's time to that of the row, round by round."""
    further = {name: [_each(taken, counts[name]) for taken in found] for name, found in rows.items()}
    shared = {name: [several / counts[name] for _, several in found] for name, found in rows.items()}
    print(f"medians of {len(rows[PEER])} rounds, {os.cpu_count()} processors; seconds a submission, and {PEER} / row")
    for what, seconds in (("each further submission", further), ("all of them, with start", shared)):
        print(f"{what:26}   count  the first      each   a minute   ratio")
        for name, found in seconds.items():
            first, each = statistics.median(one for one, _ in rows[name]), statistics.median(found)
            ratio = _ratio(seconds[PEER], found)
            print(f"{name:26}{counts[name]:8}{first:9.2f} s{each:8.3f} s{60 / each:11.1f}   {ratio}")


if __name__ == "__main__":
    main()
