"""The same notebooks graded by `nbgrader autograde` 0.9.6 and by `convmark grade`, in turn, in one run.

nbgrader gets an environment of its own, made once, which finds TensorFlow in this one. Its assignment has a test cell for
each function, with asserts that look at less than our checks do. Goal: at least 60 times as many a minute and worker.
"""

import ast
import json
import os
import resource
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path
from typing import Any

import nbformat

from autograder.instructor.release import solution_form

REPO = Path(__file__).resolve().parent.parent
HOME = Path(tempfile.gettempdir()) / "convmark-bench-nbgrader"
THEIRS, OURS, ROUNDS = 3, 40, 2
GOAL = 60
TESTS = {
    "data": (
        "x = np.random.randint(0, 256, (8, 32, 32, 3)).astype('uint8'); y = np.arange(8).reshape(-1, 1)\n"
        "(a, b), (c, d) = prepare_data(x, y, x, y)\n"
        "assert a.dtype == 'float32' and np.allclose(a, x / 255) and np.allclose(c, x / 255)\n"
        "assert b.shape == (8, 10) and (b.argmax(axis=1) == y.ravel()).all() and d.shape == (8, 10)"
    ),
    "model": "m = build_model()\nassert m.count_params() == 4293194 and m.output_shape == (None, 10) and len(m.layers) == 11",
    "compile": (
        "m = build_model(); compile_model(m, 25)\n"
        "assert type(m.optimizer).__name__ == 'SGD' and abs(float(m.optimizer.momentum) - 0.9) < 1e-6\n"
        "assert m.loss == 'categorical_crossentropy'"
    ),
}


def environment() -> Path:
    """nbgrader's Python."""
    python = HOME / "bin" / "python"
    if not (HOME / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", str(HOME)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", "nbgrader==0.9.6", "ipykernel"], check=True)
        packages = subprocess.check_output(
            [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True
        )
        Path(packages.strip(), "zz_tensorflow.pth").write_text(sysconfig.get_path("purelib") + "\n")
        (HOME / "ready").touch()
    return python


def _cell(source: str, **about: Any) -> Any:
    known = {"schema_version": 3, "grade": False, "solution": False, "locked": False, "task": False}
    return nbformat.v4.new_code_cell(source, metadata={"nbgrader": known | about})


def assignment() -> Any:
    """The notebook with the reference solution and a test cell for each function."""
    script = ast.parse(solution_form(REPO / "solution")["cifar10_cnn.py"])
    wanted = ast.Import | ast.ImportFrom | ast.FunctionDef | ast.Assign
    lab = "\n".join(ast.unparse(node) for node in script.body if isinstance(node, wanted))
    tests = [
        _cell(source, grade=True, locked=True, points=1, grade_id=f"test_{name}", cell_type="code")
        for name, source in TESTS.items()
    ]
    cells = [_cell(lab, solution=True, grade_id="lab", cell_type="code"), nbformat.v4.new_code_cell("import numpy as np"), *tests]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return nbformat.v4.new_notebook(cells=cells, metadata=kernel)


def course(folder: Path, count: int) -> None:
    """A course with an assignment and *count* submissions of the right solution."""
    notebook = assignment()
    places = [folder / "source" / "lab", *(folder / "submitted" / f"s{number:03}" / "lab" for number in range(count))]
    for number, place in enumerate(places):
        place.mkdir(parents=True)
        notebook.cells[0].source = notebook.cells[0].source.split("\n# number")[0] + f"\n# number {number}"
        nbformat.write(notebook, place / "cifar10_cnn.ipynb")
    (folder / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'bench'\n")


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def timed(command: list[str], folder: Path) -> tuple[float, float]:
    """Wall and processor seconds of a command that must succeed, children included."""
    path = f"{HOME / 'bin'}{os.pathsep}{os.environ['PATH']}"  # nbgrader looks for alembic there
    env = dict(os.environ, TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1", PATH=path)
    env["PYTHONWARNINGS"] = "ignore"  # nbgrader gives a cell that warns no points
    cpu, wall = _cpu(), time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    taken = time.perf_counter() - wall, _cpu() - cpu
    if done.returncode != 0:
        sys.exit(done.stdout[-3000:] + done.stderr[-3000:])
    return taken


def theirs(python: Path, folder: Path) -> tuple[float, float]:
    """Seconds a submission of nbgrader, and whether it gave all points is asserted."""
    course(folder, THEIRS)
    nbgrader = [str(python), "-m", "nbgrader"]
    timed([*nbgrader, "generate_assignment", "lab"], folder)
    wall, cpu = timed([*nbgrader, "autograde", "lab"], folder)
    timed([*nbgrader, "export", "--to", "grades.csv"], folder)
    scores = [line.split(",") for line in (folder / "grades.csv").read_text().splitlines()]
    column = scores[0].index("score")
    assert [3.0] * THEIRS == [float(row[column]) for row in scores[1:]], scores
    return wall / THEIRS, cpu / THEIRS


def ours(folder: Path, jobs: int, count: int) -> tuple[float, float]:
    """Seconds of a whole run of ours on *count* notebooks."""
    course(folder, count)
    options = ["--sections", "data,model,compile", "--jobs", str(jobs)]
    command = [str(Path(sys.executable).with_name("convmark")), "grade", "submitted", "--out", "results", *options]
    taken = timed(command, folder)
    verdicts = [json.loads(path.read_text()) for path in folder.glob("results/*/verdict.json")]
    assert [80.0] * count == [verdict["score"] for verdict in verdicts]
    return taken


def main() -> None:
    """Measure in turn and print a table."""
    python = environment()
    rows: dict[str, list[tuple[float, float]]] = {"nbgrader": [], "one": [], "two": [], "start": []}
    with tempfile.TemporaryDirectory() as name:
        for number in range(ROUNDS):
            rows["nbgrader"].append(theirs(python, Path(name) / f"theirs{number}"))
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
    cpu = {name: sum(row[1] for row in found) / ROUNDS for name, found in rows.items()}
    each = (wall["one"] - wall["start"]) / (OURS - 1)
    print(f"means of {ROUNDS} rounds; {THEIRS} notebooks for nbgrader, {OURS} for convmark; {os.cpu_count()} processors")
    _line("nbgrader 0.9.6", wall["nbgrader"], cpu["nbgrader"])
    _line("convmark, the first", wall["start"], cpu["start"])
    _line("convmark, each further one", each, (cpu["one"] - cpu["start"]) / (OURS - 1))
    _line("convmark, 1 worker, with start", wall["one"] / OURS)
    _line("convmark, 2 workers, with start", wall["two"] / OURS)
    print(f"nbgrader / convmark, 1 worker   {wall['nbgrader'] / each:8.1f}   goal {GOAL}")
    print(f"the same with start             {wall['nbgrader'] * OURS / wall['one']:8.1f}")
    print(f"nbgrader / convmark, 2 workers  {wall['nbgrader'] * OURS / wall['two']:8.1f}")


if __name__ == "__main__":
    main()
