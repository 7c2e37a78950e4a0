"""Submitted weights evaluated by convmark against a bare `model.predict` of the same images in Keras.

Ours: from the request to the score, with a fork of the warm sandbox, reading the weights, building the network and
scaling the images; the server has been started, the images are where a class has them, the weights are new each
round. Bare: `predict` alone, of scaled images in memory, by a model that has predicted before, in a process with the
sandbox's variables. Both compute with one thread. Goal: at least 0.9 of the speed with Keras' own size of batches.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from autograder import dataset, evaluate, files, scheme, submission, supervise
from autograder.instructor import sandbox, selftest
from autograder.instructor.release import solution_form
from autograder.launcher import Launcher

REPO = Path(__file__).resolve().parent.parent
IMAGES, ROUNDS, THREADS = 10_000, 3, 1
GOAL = 0.9
BATCHES = (32, 250)
FAST = {"TF_ENABLE_ONEDNN_OPTS": "1"}  # TensorFlow's default; the sandbox has it off, as its results depend on the processor
SAVE = """
import runpy, sys
lab = runpy.run_path(sys.argv[1])
for path in sys.argv[2:]:
    lab["build_model"]().save(path)
"""
BARE = """
import json, sys, time
import keras, numpy
arrays = numpy.load(sys.argv[1])
images, labels = arrays["x_test"].astype("float32") / numpy.float32(255), arrays["y_test"].ravel()
print("ready", flush=True)
for line in sys.stdin:
    path, batches = json.loads(line)
    model = keras.saving.load_model(path)
    answer = {}
    for batch in batches:
        model.predict(images[: 2 * batch], batch_size=batch, verbose=0)
        started = time.perf_counter()
        found = model.predict(images, batch_size=batch, verbose=0)
        seconds = time.perf_counter() - started
        answer[batch] = [seconds, float((found.argmax(axis=1) == labels).mean())]
    print(json.dumps(answer), flush=True)
"""


class Bare:
    """A process that has imported Keras and holds the images."""

    def __init__(self, data: Path, also: dict[str, str]) -> None:
        env = dict(os.environ) | sandbox.variables(THREADS, tempfile.gettempdir()) | also
        command = [sys.executable, "-c", BARE, str(data)]
        pipe = subprocess.PIPE
        self._child = subprocess.Popen(command, env=env, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True)
        assert self._child.stdin
        assert self._child.stdout
        self._asked, self._told = self._child.stdin, self._child.stdout
        assert self._told.readline() == "ready\n"

    def seconds(self, weights: Path, accuracy: float) -> list[float]:
        """Seconds for each size of batches; that the accuracy is *accuracy* is asserted."""
        self._asked.write(json.dumps([str(weights), BATCHES]) + "\n")
        self._asked.flush()
        answer: dict[str, list[float]] = json.loads(self._told.readline())
        assert all(abs(found - accuracy) < 1e-3 for _, found in answer.values()), (answer, accuracy)
        return [taken for taken, _ in answer.values()]

    def close(self) -> None:
        """End it."""
        self._asked.close()
        self._child.wait()


def prepared(folder: Path, launcher: Launcher) -> list[Path]:
    """The evidence of the reference solution in *folder*, and a model of it with weights of its own for each round."""
    script = folder / "cifar10_cnn.py"
    script.write_bytes(solution_form(REPO / "solution")["cifar10_cnn.py"])
    record = supervise.gather(submission.find(folder, {}), launcher, seed=1, limits=scheme.load().limits)
    files.write_json(folder / "evidence.json", record)
    weights = [folder / f"round{number}.keras" for number in range(ROUNDS + 1)]
    command = [sys.executable, "-c", SAVE, str(script), *map(str, weights)]
    subprocess.run(command, check=True, capture_output=True, env=dict(os.environ, CUDA_VISIBLE_DEVICES="-1"))
    return weights


def ours(folder: Path, weights: Path, launcher: Launcher, data: dataset.Dataset) -> tuple[float, float]:
    """Seconds from the request to the score, and the accuracy."""
    shared = folder / "shared"
    shared.mkdir(exist_ok=True)
    started = time.perf_counter()
    result: dict[str, Any] = evaluate.evaluate(folder, weights, launcher, data, scheme.load(), shared=shared)
    taken = time.perf_counter() - started
    assert ("ok", IMAGES) == (result["status"], result.get("images")), result
    return taken, result["accuracy"]


def main() -> None:
    """Measure in turn and print a table; a first evaluation, which starts the server, is not counted."""
    launcher = selftest.available(threads=THREADS).launcher
    assert launcher is not None
    data = dataset.synthetic(10, IMAGES)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        weights = prepared(folder, launcher)
        np.savez(folder / "data.npz", x_test=data.x_test, y_test=data.y_test)
        same, fast = Bare(folder / "data.npz", {}), Bare(folder / "data.npz", FAST)
        ours(folder, weights.pop(), launcher, data)
        rows = []
        for path in weights:
            taken, accuracy = ours(folder, path, launcher, data)
            rows.append([taken, *same.seconds(path, accuracy), *fast.seconds(path, accuracy)])
        same.close()
        fast.close()
    report([list(column) for column in zip(*rows, strict=True)])


def report(columns: list[list[float]]) -> None:
    """The table."""
    product, *bare = columns
    names = [f"{which}, batches of {batch}" for which in ("bare", "bare with oneDNN") for batch in BATCHES]
    print(f"{IMAGES} images, medians of {ROUNDS} rounds, {THREADS} thread, {os.cpu_count()} processors")
    print(f"{'convmark, request to score':34}{statistics.median(product):7.2f} s   ({min(product):.2f} to {max(product):.2f})")
    for what, seconds in zip(names, bare, strict=True):
        ratios = [a / b for a, b in zip(seconds, product, strict=True)]
        told = f"{statistics.median(seconds):7.2f} s   ({min(seconds):.2f} to {max(seconds):.2f})"
        ratio = f"bare / convmark {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        goal = f"   goal at least {GOAL}" if what == names[0] else ""
        print(f"{what:34}{told}   {ratio}{goal}")


if __name__ == "__main__":
    main()
