"""`pytest autograder` against the least that any check needs: importing TensorFlow, building and compiling.

Both are whole processes, run in turn in one go; the ratio is taken pair by pair. Goal: at most 1.3.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from autograder.instructor.release import solution_form

REPO = Path(__file__).resolve().parent.parent
PAIRS = 7
GOAL = 1.3
BARE = "import tensorflow, cifar10_cnn as lab; lab.compile_model(lab.build_model())"


def seconds(command: list[str], folder: Path) -> float:
    """Wall time of a command that must succeed."""
    env = dict(os.environ, TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1")
    started = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, check=False)
    taken = time.perf_counter() - started
    if done.returncode != 0:
        sys.exit(done.stdout.decode() + done.stderr.decode())
    return taken


def main() -> None:
    """Measure, print a table and the ratio."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, content in solution_form(REPO / "solution").items():
            (folder / file).write_bytes(content)
        bare = [sys.executable, "-c", BARE]
        check = [sys.executable, "-m", "pytest", str(REPO / "autograder"), f"--submission={folder}"]
        seconds(bare, folder), seconds(check, folder)
        rows = [(seconds(check, folder), seconds(bare, folder)) for _ in range(PAIRS)]
    ratios = [a / b for a, b in rows]
    print(f"pytest autograder            {statistics.median(a for a, _ in rows):6.2f} s (median of {PAIRS})")
    print(f"import, build and compile    {statistics.median(b for _, b in rows):6.2f} s")
    print(
        f"ratio                        {statistics.median(ratios):6.2f}   ({min(ratios):.2f} to {max(ratios):.2f}), goal {GOAL}"
    )


if __name__ == "__main__":
    main()
