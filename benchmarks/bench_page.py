"""The page of a large class in Chromium: its size, and the time to load, sort and search it.

The class is made of the outcomes of `tests/scenarios`: most works are right, the others have the failed checks and points
of one wrong scenario for each section. Every time is the median of several, in milliseconds, until the frame is drawn.
"""

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from autograder import scheme, submission
from autograder.instructor import batch, results
from autograder.instructor.box import canonical
from autograder.instructor.compact import Packed
from autograder.instructor.grading import Settings
from autograder.instructor.results import Row
from autograder.launcher import PlainLauncher

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.support import scenarios
from tests.support.browser import Browser, Tab

WORKS, ROUNDS, SEED = 5_000, 5, 41
Codes = dict[str, tuple[str, int]]
SURNAMES = ["Ivanova", "Petrov", "Sidorova", "Smirnov", "Kuznetsova", "Popov", "Volkova", "Sokolov", "Morozova", "Novikov"]
NAMES = ["Anna", "Boris", "Vera", "Gleb", "Daria", "Egor", "Zoya", "Igor", "Kira", "Lev", "Maria", "Nikita", "Olga", "Pavel"]
FRAME = "await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));"
LOADED = """(() => {
  const {domInteractive, loadEventEnd} = performance.getEntriesByType("navigation")[0];
  const [paint] = performance.getEntriesByName("first-contentful-paint");
  return {interactive: domInteractive, loaded: loadEventEnd, painted: paint ? paint.startTime : null};
})()"""
SORTED = f"""(async () => {{
  const start = performance.now();
  document.querySelector("#class-table thead th:nth-child(%d) button").click();
  {FRAME}
  return performance.now() - start;
}})()"""
SEARCHED = f"""(async () => {{
  const start = performance.now(), input = document.getElementById("filter");
  input.value = %r;
  const found = document.getElementById("found");
  found.textContent = "";
  input.dispatchEvent(new Event("input"));
  while (!found.textContent) await new Promise((done) => setTimeout(done));
  {FRAME}
  return performance.now() - start;
}})()"""


def _choices() -> dict[str, list[tuple[dict[str, Any], Codes]]]:
    """By section the outcomes of wrong scenarios with the digests of their code; under "right" those of right ones."""
    found: dict[str, list[tuple[dict[str, Any], Codes]]] = {}
    for name in scenarios.names():
        value = scenarios.expected(name)
        if value["kind"] not in ("right", "wrong") or value.get("status") != "graded":
            continue
        read = submission.find(scenarios.FOLDER / name / "submission", {})
        codes = {section: (digest, nodes) for section, (digest, nodes) in canonical.units(read.kind, read.cells).items()}
        found.setdefault(value["section"] if value["kind"] == "wrong" else "right", []).append((value, codes))
    return found


def classroom(count: int) -> Iterator[Row]:
    """The rows of a class of *count*."""
    chance, marking, choices = random.Random(SEED), scheme.load(), _choices()
    most = {name: float(sum(line.points for line in marking.of([name]))) for name in marking.sections}
    for number in range(count):
        student, waits = f"s{number:05}", chance.random() < 0.01
        points, codes = dict(most), dict(chance.choice(choices["right"])[1])
        failed: list[str] = []
        causes: dict[str, list[dict[str, Any]]] = {}
        for section in ("data", "model", "compile"):
            if chance.random() < 0.3:
                value, own = chance.choice(choices[section])
                points[section] = float(value["points"][section])
                told = {check: code for check, code in value["failed"].items() if check.startswith(section)}
                failed += told
                causes |= {check: [{"code": code, "params": {}}] for check, code in told.items()}
                codes |= {section: own[section]} if section in own else {}
        train = chance.uniform(0.5, 0.95)
        yield Row(
            student,
            f"{chance.choice(SURNAMES)} {chance.choice(NAMES)}",
            student,
            "needs_attention" if waits else "graded",
            None if waits else sum(points.values()),
            sum(most.values()),
            {} if waits else points,
            tuple(failed),
            [{"code": "flag.look", "params": {"found": ["ctypes (1:2)"]}}] if chance.random() < 0.01 else [],
            {"code": "grader.checks_missing", "params": {"checks": "model.honest"}} if waits else None,
            codes=codes,
            epochs=None if waits else chance.randint(3, 60),
            causes=causes,
            accuracy=None if waits else (train - chance.uniform(0.0, 0.2), train),
        )


def page(out: Path, count: int) -> tuple[Path, float]:
    """The page of the class as a batch writes it, and the seconds that it took."""
    marking = scheme.load()
    settings = Settings(out, tuple(marking.sections), "cifar10", "", "", PlainLauncher())
    rows = Packed(classroom(count))
    started = time.perf_counter()
    batch.write(settings, rows, "A large class", "full")
    return out / results.SUMMARY, time.perf_counter() - started


def _peak() -> float:
    """The most memory that this process has held, in MiB."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def _asked(tab: Tab, expression: str) -> Any:
    found = tab.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
    return found["result"]["value"]


def _told(what: str, values: list[float]) -> None:
    print(f"{what:28} {statistics.median(values):8.0f} ms ({min(values):.0f} to {max(values):.0f})", flush=True)


def main(count: int) -> None:
    """Make the page, open it several times, and print a table."""
    with tempfile.TemporaryDirectory() as name:
        path, taken = page(Path(name), count)
        print(f"{count:,} works, {path.stat().st_size / 2**20:.2f} MiB, written in {taken:.1f} s, peak {_peak():.1f} MiB")
        found: dict[str, list[float]] = {}
        with Browser.found(Path(name)).tab() as tab:
            for _ in range(ROUNDS):
                tab.open("about:blank")
                tab.open(path.as_uri())
                loaded = _asked(tab, LOADED)
                for key in ("interactive", "loaded", "painted"):
                    found.setdefault(key, []).append(loaded[key])
                for key, expression in (
                    ("sort by score", SORTED % 2),
                    ("sort by name", SORTED % 1),
                    ("search a name", SEARCHED % "vera"),
                    ("search nothing again", SEARCHED % ""),
                ):
                    found.setdefault(key, []).append(_asked(tab, expression))
        for key, values in found.items():
            _told(key, values)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else WORKS)
