"""Trainings that are stopped, and go on to the same history."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from autograder import dataset

KILLED = -signal.SIGKILL
Command = Callable[..., "subprocess.Popen[str]"]
IMAGES = 330  # two epochs of some ten steps each
SAME = ("history.csv", "history.json", "checkpoint.npz")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small data set as a file."""
    path = tmp_path_factory.mktemp("data") / "small.npz"
    found = dataset.synthetic(IMAGES + 70, 60)
    path.write_bytes(replace(found, name="small").packed())
    return path


def command(out: Path, data: Path) -> list[str]:
    """The command line that trains on *data*."""
    program = [sys.executable, "-m", "autograder.instructor.cli", "train", "--out", str(out), "--data", str(data)]
    return [*program, "--lang", "en", "--epochs", "2", "--threads", "2"]


@pytest.fixture
def train(data: Path) -> Command:
    """`convmark train` on the small data set, as a process of its own."""

    def start(out: Path, *options: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [*command(out, data), *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background ignores it
        )

    return start


def finished(process: "subprocess.Popen[str]") -> str:
    """What a training that worked printed."""
    output, log = process.communicate(timeout=600)
    assert process.returncode == 0, log[-2000:]
    return output


def history(out: Path) -> list[dict[str, float]]:
    """The history of a run."""
    found: list[dict[str, float]] = json.loads((out / "history.json").read_text())
    return found


def same(first: Path, second: Path) -> bool:
    """Whether two runs have the same history, and the same state to the last bit."""
    texts = all((first / name).read_bytes() == (second / name).read_bytes() for name in SAME[:2])
    states = [np.load(folder / SAME[2]) for folder in (first, second)]
    names = [name for name in states[0].files if name != "past"]
    return texts and all(np.array_equal(states[0][name], states[1][name]) for name in names)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, data: Path) -> tuple[Path, str]:
    """A run that nobody disturbed, and what it printed."""
    out = tmp_path_factory.mktemp("runs") / "whole"
    done = subprocess.run([*command(out, data), "--recipe", "better"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return out, done.stdout


@pytest.mark.slow
def test_a_run_leaves_model_history_result_and_pictures(whole: tuple[Path, str]) -> None:
    """The folder holds what a reader wants, and the last lines say how good the network is."""
    out, output = whole
    result = json.loads((out / "result.json").read_text())
    names = {path.name for path in out.iterdir()}

    assert {"run.json", "history.csv", "cifar10_cnn.keras", "learning_curves.png", "confusion_matrix.png", "norms.png"} <= names
    assert not [name for name in names if name.startswith(".partial")]
    assert [row["epoch"] for row in history(out)] == [1, 2]
    assert f"test accuracy {result['accuracy']:.2%}" in output
    assert sum(right for right, _ in result["by_class"]) == round(result["accuracy"] * result["images"])
    assert result["images"] == 60 == sum(count for _, count in result["by_class"])


@pytest.mark.slow
def test_a_finished_run_is_not_trained_again(whole: tuple[Path, str], train: Command) -> None:
    """The same command tells the same end, and leaves the state as it was."""
    out, output = whole
    before = (out / "checkpoint.npz").stat().st_mtime_ns

    assert finished(train(out, "--recipe", "better")) == output
    assert (out / "checkpoint.npz").stat().st_mtime_ns == before


@pytest.mark.slow
@pytest.mark.parametrize(("number", "status"), [(signal.SIGKILL, KILLED), (signal.SIGINT, 130)], ids=["killed", "interrupted"])
def test_a_stopped_run_continues_to_the_same_history(
    number: int, status: int, whole: tuple[Path, str], train: Command, tmp_path: Path
) -> None:
    """Stopped in its second epoch, a run that is started again ends as one that nobody stopped."""
    process = train(tmp_path / "run", "--recipe", "better")
    while not (tmp_path / "run" / "history.csv").exists():
        assert process.poll() is None, process.communicate()[1][-2000:]
        time.sleep(0.02)
    time.sleep(0.5)
    process.send_signal(number)
    process.communicate()
    assert process.returncode == status
    finished(train(tmp_path / "run", "--recipe", "better"))

    assert same(whole[0], tmp_path / "run")


@pytest.mark.slow
def test_another_training_is_refused(whole: tuple[Path, str], train: Command) -> None:
    """A folder with a run of another seed is not touched; the error names what differs and what to do."""
    process = train(whole[0], "--recipe", "better", "--seed", "2")
    _, log = process.communicate()

    assert process.returncode == 2
    assert "it differs in seed" in log
    assert "--fresh" in log


def test_a_folder_of_something_else_is_refused(train: Command, tmp_path: Path) -> None:
    """A folder that holds other files is not written to."""
    (tmp_path / "thesis.txt").write_text("mine")
    process = train(tmp_path)
    _, log = process.communicate()

    assert process.returncode == 2
    assert "holds no training" in log
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_damaged_state_is_told(train: Command, tmp_path: Path, whole: tuple[Path, str]) -> None:
    """A state that was cut off is an error with a way out, not a traceback."""
    for name in ("run.json", "checkpoint.npz"):
        (tmp_path / name).write_bytes((whole[0] / name).read_bytes()[: None if name == "run.json" else 100_000])
    process = train(tmp_path, "--recipe", "better")
    _, log = process.communicate()

    assert process.returncode == 1
    assert "cannot be read" in log
    assert "--fresh" in log
    assert "Traceback" not in log


SUBMISSION = """
import keras
from keras import layers
def prepare_data(x_train, y_train, x_test, y_test):
    return (x_train / 255, y_train), (x_test / 255, y_test)
def build_model():
    return keras.Sequential([layers.Input((32, 32, 3)), layers.MaxPooling2D(8), layers.Flatten(),
                             layers.Dense(10, activation="softmax")])
def compile_model(model, epochs=25):
    model.compile(optimizer=keras.optimizers.Adam(0.003), loss="categorical_crossentropy")
"""


@pytest.mark.slow
def test_a_submission_is_trained_as_it_says(train: Command, tmp_path: Path) -> None:
    """The network and the optimizer of a submission are rebuilt and trained; its own code does not train."""
    (tmp_path / "submission").mkdir()
    (tmp_path / "submission" / "cifar10_cnn.py").write_text(SUBMISSION)
    finished(train(tmp_path / "run", str(tmp_path / "submission"), "--no-sandbox"))
    plan = json.loads((tmp_path / "run" / "run.json").read_text())["plan"]

    assert [layer["kind"] for layer in plan["layers"]] == ["MaxPooling2D", "Flatten", "Dense"]
    assert (plan["optimizer"], plan["rate"]) == ("Adam", {"kind": "constant", "initial": 0.003})
    assert len(history(tmp_path / "run")) == 2


@pytest.mark.slow
def test_a_folder_without_a_submission_is_told(train: Command, tmp_path: Path) -> None:
    """There is a sentence for a folder in which nothing was submitted."""
    (tmp_path / "empty").mkdir()
    process = train(tmp_path / "run", str(tmp_path / "empty"), "--no-sandbox")
    _, log = process.communicate()

    assert process.returncode == 2
    assert log.startswith("Error: ") or "\nError: " in log
    assert not (tmp_path / "run").exists()
