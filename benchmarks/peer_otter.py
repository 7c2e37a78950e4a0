"""A class graded by `otter run`, with a test file in the OK format for each function."""

import json
from pathlib import Path
from typing import Any

import nbformat
import peers

NAME = "otter-grader 7.0.0"


def environment() -> Path:
    """Its Python."""
    return peers.environment("otter", "otter-grader==7.0.0")


def _test(name: str, source: str) -> str:
    """A test file: one case, worth one point, that prints nothing if all is well."""
    code = "\n".join(f">>> {line}" for line in source.splitlines())
    suite = {"cases": [{"code": code, "hidden": False, "locked": False}], "scored": True, "type": "doctest"}
    return f"OK_FORMAT = True\n\ntest = { ({'name': name, 'points': 1, 'suites': [suite]})!r}\n"


def assignment() -> Any:
    """The notebook with the reference solution and a call of `grader.check` for each function."""
    checks = [f"grader.check({name!r})" for name in peers.TESTS]
    setup = "import numpy as np\nimport otter\ngrader = otter.Notebook('cifar10_cnn.ipynb')"
    cells = [nbformat.v4.new_code_cell(source) for source in (peers.lab(), setup, *checks)]
    return nbformat.v4.new_notebook(cells=cells, metadata=peers.KERNEL)


def course(folder: Path, count: int) -> list[Path]:
    """Test files and *count* submissions of the right solution; the folders of those."""
    tests = folder / "tests"
    tests.mkdir(parents=True)
    for name, source in peers.TESTS.items():
        (tests / f"{name}.py").write_text(_test(name, source))
    places = [folder / "submitted" / f"s{number:03}" for number in range(count)]
    peers.write(assignment(), places)
    return places


def graded(folder: Path, count: int) -> tuple[float, float]:
    """Wall and processor seconds a submission; that it gave all points is asserted."""
    places = course(folder, count)
    otter = [str(environment()), "-m", "otter"]
    peers.timed([*otter, "generate", "-t", "tests", "-o", "autograder.zip", "--no-config", "--no-requirements"], folder)
    run = [*otter, "run", "--no-logo", "-a", str(folder / "autograder.zip"), "cifar10_cnn.ipynb"]
    taken = [peers.timed(run, place) for place in places]
    for place in places:
        tests = json.loads((place / "results.json").read_text())["tests"]
        points = {test["name"]: (test["score"], test["max_score"]) for test in tests if test.get("max_score")}
        assert points == dict.fromkeys(peers.TESTS, (1.0, 1.0)), tests
    return sum(wall for wall, _ in taken) / count, sum(cpu for _, cpu in taken) / count
