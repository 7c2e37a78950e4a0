"""The worked example of `docs/change-the-lab.md`: its blocks make a second lab, which is released and grades."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import REPO
from tests.support import blocks

PAGE = "docs/change-the-lab.md"
Files = Mapping[str, str]


def block(beginning: str) -> str:
    """The one block of the page that begins so."""
    return blocks.block(PAGE, beginning)


def run(lab: Path, line: str, *more: str) -> "subprocess.CompletedProcess[str]":
    """A command of the page, run with the kit of the second lab."""
    name, *arguments = line.split()
    assert "convmark" == name
    command = [sys.executable, "-m", "autograder.instructor.cli", *arguments, *more]
    env = dict(os.environ, PYTHONPATH=str(lab), COLUMNS="160", LC_ALL="C.UTF-8", TF_CPP_MIN_LOG_LEVEL="3")
    return subprocess.run(command, cwd=lab, env=env, capture_output=True, text=True, check=False, timeout=300)


def convmark(lab: Path, line: str, *more: str) -> str:
    """What a command of the page prints; it works."""
    done = run(lab, line, *more)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def edit(lab: Path) -> None:
    """The steps of the page up to the release: files, cells, differences."""
    for line in block("git mv").splitlines():
        match line.split():
            case ["git", "mv", old, new]:
                (lab / old).rename(lab / new)
            case ["git", "rm", "-r", folder]:
                shutil.rmtree(lab / folder)
            case ["git", "rm", *names]:
                for name in names:
                    (lab / name).unlink()
    source = lab / "solution" / "mnist_mlp.py"
    gone = block("augmentation,").strip().split(", ")
    cells = re.split(r"^(?=# %% )", source.read_text("utf-8"), flags=re.MULTILINE)
    assert set(gone) <= set(re.findall(r'name="(\w+)"', "".join(cells)))
    source.write_text("".join(cell for cell in cells if not re.match(rf'[^\n]*name="({"|".join(gone)})"', cell)), "utf-8")
    for one in blocks.blocks(PAGE):
        if one.kind == "diff":
            subprocess.run(["git", "apply", "--unidiff-zero", "-"], cwd=lab, input=one.text, text=True, check=True)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the kit, edited as the page says and released."""
    folder = tmp_path_factory.mktemp("lab")
    for name in ("assignment", "autograder", "solution"):
        shutil.copytree(REPO / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "runs"))
    edit(folder)
    (folder / "printed.txt").write_text(convmark(folder, block("convmark release --solution").strip()), "utf-8")
    return folder


def works(lab: Path) -> dict[str, Files]:
    """Submissions by student: the right one, those of the page, and more mistakes."""
    right = (lab / "trial" / "reference" / "mnist_mlp.py").read_text("utf-8")
    changes = {
        "layer": ("Dense(64", "Dense(128"),
        "optimizer": ("optimizers.SGD", "optimizers.Adam"),
        "beta": ("Adam(0.001, beta_1=0.8)", "Adam(0.001)"),
        "schedule": ("Adam(keras.optimizers.schedules.ExponentialDecay(0.001, 100, 0.9))", "Adam(0.001)"),
        "images": ("keras.Input((32, 32, 3))", "keras.Input((28, 28, 1))"),
    }
    for _, old in changes.values():
        assert right.count(old) == 1, old
    return {student: {"mnist_mlp.py": right.replace(old, new)} for student, (new, old) in changes.items()}


@pytest.fixture(scope="module")
def graded(lab: Path) -> str:
    """What grading all of them prints."""
    for student, files in works(lab).items():
        (lab / "trial" / student).mkdir()
        for name, text in files.items():
            (lab / "trial" / student / name).write_text(text, "utf-8")
    return convmark(lab, block("convmark grade trial").strip(), "--no-sandbox")


@pytest.fixture(scope="module")
def lost(lab: Path, graded: str) -> Callable[[str], dict[str, Any]]:
    """The checks that a student did not pass, with the codes of the reasons."""

    def found(student: str) -> dict[str, Any]:
        verdict = json.loads((lab / "trial-results" / student / "verdict.json").read_text("utf-8"))
        reasons = {check["id"]: check["reason"] for check in verdict["checks"] if check["status"] != "passed"}
        return {name: reason and reason["code"] for name, reason in reasons.items()}

    return found


def test_release_prints_what_the_page_says(lab: Path) -> None:
    """Every generated file is of the second lab, and a second release finds nothing to do."""
    assert block("wrote assignment") == (lab / "printed.txt").read_text("utf-8")
    assert "The generated files are current.\n" == convmark(lab, "convmark release --check")


def test_nothing_of_the_first_lab_reaches_students(lab: Path) -> None:
    """Neither its name nor its data nor its network stands in what is generated."""
    generated = [*(lab / "assignment").iterdir(), lab / "autograder" / "lab.json", lab / "autograder" / "scheme.json"]
    first = re.compile(r"cifar|conv2d|airplane|32x32|max.?norm", re.IGNORECASE)

    assert {} == {path.name: found for path in generated if (found := first.findall(path.read_text("utf-8")))}


def test_grading_prints_the_rows_of_the_page(graded: str) -> None:
    """The points of the page are those that the second lab gives."""
    rows = {line for beginning in ("│ reference", "│ layer") for line in block(beginning).splitlines()}

    assert len(rows) == 3
    assert rows <= {re.sub(r" +", " ", line) for line in graded.splitlines()} | set(graded.splitlines())


def test_points(lab: Path, graded: str) -> None:
    """Each mistake costs points in its own section only."""
    with (lab / "trial-results" / "grades.csv").open(newline="") as stream:
        found = {row["student"]: [row["status"], row["data"], row["model"], row["compile"]] for row in csv.DictReader(stream)}

    assert {
        "reference": ["graded", "20", "40", "20"],
        "layer": ["graded", "20", "32", "20"],
        "optimizer": ["graded", "20", "40", "8"],
        "beta": ["graded", "20", "40", "15"],
        "schedule": ["graded", "20", "40", "17"],
        "images": ["graded", "20", "36", "20"],
    } == found


@pytest.mark.parametrize(
    ("student", "expected"),
    [
        ("reference", {}),
        ("layer", {"model.units": "model.units.wrong"}),
        ("optimizer", {"compile.optimizer": "compile.optimizer.wrong", "compile.learning_rate": None, "compile.decay": None}),
        ("beta", {"compile.optimizer": "compile.optimizer.setting"}),
        ("schedule", {"compile.decay": "compile.decay.unwanted"}),
        ("images", {"model.input": "model.input.wrong"}),
    ],
)
def test_reasons(student: str, expected: dict[str, Any], lost: Callable[[str], dict[str, Any]]) -> None:
    """What is wrong is told by the check that the page's marking scheme has for it."""
    assert expected == lost(student)


def digits(path: Path) -> Path:
    """A data set of ten blurred patterns in the form of MNIST, without an axis for the one channel."""
    rng = np.random.default_rng(0)
    patterns = rng.integers(0, 256, (10, 7, 7)).repeat(4, axis=1).repeat(4, axis=2)  # (10, 28, 28)
    arrays: dict[str, Any] = {}
    for part, count in (("train", 1000), ("test", 200)):
        labels = rng.integers(0, 10, count)
        images = 0.6 * patterns[labels] + rng.normal(30, 40, (count, 28, 28))
        arrays |= {f"x_{part}": np.clip(images, 0, 255).astype(np.uint8), f"y_{part}": labels.astype(np.uint8)}
    np.savez(path, **arrays)
    return path


@pytest.mark.slow
def test_trained_weights_are_worth_the_rest(lab: Path, graded: str, tmp_path: Path) -> None:
    """The lab's network is trained by its recipe; with its weights the solution has all points, without it has not."""
    data = str(digits(tmp_path / "digits.npz"))
    train, _, bundle = block("convmark train --out run").splitlines()
    printed = convmark(lab, train, "--epochs", "4", "--data", data, "--no-sandbox")
    for student in ("reference", "layer"):
        shutil.copytree(lab / "trial" / student, tmp_path / "in" / student)
        shutil.copy(lab / "run" / "mnist_mlp.keras", tmp_path / "in" / student)
    convmark(lab, "convmark grade", str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--data", data, "--no-sandbox")
    with (tmp_path / "out" / "grades.csv").open(newline="") as stream:
        found = {row["student"]: (row["score"], row["accuracy"]) for row in csv.DictReader(stream)}

    convmark(lab, bundle)

    assert "test accuracy" in printed
    assert (lab / "mnist-mlp-lab.zip").exists()
    assert {"reference": ("100", "20"), "layer": ("72", "0")} == found


@pytest.mark.parametrize(
    ("line", "status", "sentence"),
    [
        ("convmark train --recipe better --out run-better", 2, "lab.toml has no table [training.better]"),
        ("convmark demo --out demo", 2, "The sample class was written for another lab"),
        (
            "convmark grade trial --out no-results --data cifar10",
            2,
            "--data cannot be cifar10. Expected: mnist, synthetic, or an .npz",
        ),
    ],
)
def test_what_this_lab_has_not_is_refused(lab: Path, line: str, status: int, sentence: str) -> None:
    """What belongs to the first lab ends in a sentence, before anything is done."""
    done = run(lab, line)

    assert status == done.returncode
    assert sentence in " ".join(done.stderr.split())
    assert not (lab / line.partition("--out ")[2].split()[0]).exists()
