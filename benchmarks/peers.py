"""What the benchmarks of other graders share: an environment of one's own, the lab, what is tested, and the time taken.

An environment is made once, in the folder for temporary files, and finds TensorFlow in the one that runs this.
"""

import ast
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
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
TESTS = {
    "data": (
        "x = np.random.randint(0, 256, (8, 32, 32, 3)).astype('uint8'); y = np.arange(8).reshape(-1, 1)\n"
        "(a, b), (c, d) = prepare_data(x, y, x, y)\n"
        "assert a.dtype == 'float32' and np.allclose(a, x / 255) and np.allclose(c, x / 255)\n"
        "assert b.shape == (8, 10) and (b.argmax(axis=1) == y.ravel()).all() and d.shape == (8, 10)"
    ),
    "model": "m = build_model()\nassert m.count_params() == 4293194 and m.output_shape == (None, 10) and len(m.layers) == 11",
    "compile": (
        "m = build_model(); _ = compile_model(m, 25)\n"
        "assert type(m.optimizer).__name__ == 'SGD' and abs(float(m.optimizer.momentum) - 0.9) < 1e-6\n"
        "assert m.loss == 'categorical_crossentropy'"
    ),
}


def environment(name: str, *requirements: str) -> Path:
    """The Python of the environment *name*, with *requirements*."""
    home = Path(tempfile.gettempdir()) / f"convmark-bench-{name}"
    python = home / "bin" / "python"
    if not (home / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *requirements, "ipykernel"], check=True)
        packages = subprocess.check_output(
            [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True
        )
        Path(packages.strip(), "zz_tensorflow.pth").write_text(sysconfig.get_path("purelib") + "\n")
        (home / "ready").touch()
    return python


def lab() -> str:
    """The reference solution's imports, functions and constants."""
    script = ast.parse(solution_form(REPO / "solution")["cifar10_cnn.py"])
    wanted = ast.Import | ast.ImportFrom | ast.FunctionDef | ast.Assign
    return "\n".join(ast.unparse(node) for node in script.body if isinstance(node, wanted))


def write(notebook: Any, places: list[Path]) -> None:
    """Write the notebook into each folder, every time with another comment in its first cell."""
    source = notebook.cells[0].source
    for number, place in enumerate(places):
        place.mkdir(parents=True)
        notebook.cells[0].source = f"{source}\n# number {number}"
        nbformat.write(notebook, place / "cifar10_cnn.ipynb")


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def timed(command: list[str], folder: Path) -> tuple[float, float]:
    """Wall and processor seconds of a command that must succeed, children included."""
    path = f"{Path(command[0]).parent}{os.pathsep}{os.environ['PATH']}"  # nbgrader looks for alembic there
    env = dict(os.environ, TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1", PATH=path)
    env["PYTHONWARNINGS"] = "ignore"  # nbgrader gives a cell that warns no points
    cpu, wall = _cpu(), time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    taken = time.perf_counter() - wall, _cpu() - cpu
    if done.returncode != 0:
        sys.exit(done.stdout[-3000:] + done.stderr[-3000:])
    return taken
