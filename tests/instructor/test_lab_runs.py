"""The lab itself runs from the first cell to the last, stops, and goes on."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import h5py
import nbformat
import numpy as np
import pytest

from autograder.instructor import release

SOLUTION = Path(__file__).resolve().parents[2] / "solution"
CHECK = "def check(section):\n    print('checked', section)\n"
FACTS = """
import json
import cifar10_cnn as lab
model = lab.build_model()
lab.compile_model(model, epochs=4)
layers = [{"class": type(layer).__name__, **layer.get_config()} for layer in model.layers]
print(json.dumps({"layers": layers, "optimizer": model.optimizer.get_config(), "loss": model.loss}))
"""
IMAGES = 70
STEPS = 2  # 63 images to fit in batches of 32


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the solved lab, a few random images, and a stand-in for the checks."""
    folder = tmp_path_factory.mktemp("lab")
    random = np.random.default_rng(0)
    arrays: dict[str, Any] = {}
    for part, count in (("train", 2 * IMAGES), ("test", 40)):
        arrays[f"x_{part}"] = random.integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
        arrays[f"y_{part}"] = random.integers(0, 10, (count, 1), dtype=np.uint8)
    np.savez(folder / "images.npz", **arrays)
    (folder / "autograder").mkdir()
    (folder / "autograder" / "__init__.py").write_text(CHECK, encoding="utf-8")
    for name, content in release.solution_form(SOLUTION).items():
        (folder / name).write_bytes(content)
    return folder


def run(folder: Path, code: Path, epochs: int) -> str:
    """Run *code* as a script on the few images; what it printed."""
    settings = {
        "CIFAR10_NPZ": str(folder / "images.npz"),
        "EPOCHS": str(epochs),
        "TRAIN_LIMIT": str(IMAGES),
        "MPLBACKEND": "Agg",
        "PYTHONIOENCODING": "utf-8",
    }
    done = subprocess.run(
        [sys.executable, "-B", code.name],
        cwd=folder,
        env=os.environ | settings,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert 0 == done.returncode, done.stderr[-3000:]
    return done.stdout


def epochs_in(folder: Path) -> list[int]:
    """The epochs that the history knows."""
    with (folder / "history.csv").open(newline="", encoding="utf-8") as file:
        return [int(row["epoch"]) for row in csv.DictReader(file)]


def steps_taken(folder: Path) -> int:
    """The optimizer's own count of steps, on which the learning rate depends."""
    with h5py.File(folder / "backup" / "latest.weights.h5") as file:
        return int(file["optimizer/vars/0"][()])


def test_lab_runs_in_notebook_order_and_continues_as_a_script(folder: Path) -> None:
    """One epoch from the notebook's cells, then the script goes on with the second, optimizer and history included."""
    book = nbformat.reads((folder / "cifar10_cnn.ipynb").read_text(encoding="utf-8"), as_version=4)
    cells = folder / "cells.py"
    cells.write_text("\n".join(cell.source for cell in book.cells if cell.cell_type == "code"), encoding="utf-8")
    runs = folder / "runs" / f"plain-{IMAGES}"

    printed = run(folder, cells, epochs=1)

    checked = [line for line in printed.splitlines() if line.startswith("checked")]
    assert ["checked data", "checked model", "checked compile", "checked accuracy"] == checked
    assert ([0], STEPS) == (epochs_in(runs), steps_taken(runs))

    (folder / "cifar10_cnn.keras").unlink()
    printed = run(folder, folder / "cifar10_cnn.py", epochs=2)

    assert "epochs done: 1;" in printed
    assert ([0, 1], 2 * STEPS) == (epochs_in(runs), steps_taken(runs))
    pictures = ["confusion_matrix", "learning_curves", "predictions", "training_images"]
    assert pictures == sorted(path.stem for path in runs.glob("*.png"))
    assert (folder / "cifar10_cnn.keras").is_file()


def test_augmentation_is_read_and_keeps_its_own_folder(folder: Path) -> None:
    """With AUGMENT = True the lab trains on changed images, apart from the plain run."""
    script = (folder / "cifar10_cnn.py").read_text(encoding="utf-8")
    changed = folder / "augmented.py"
    changed.write_text(script.replace("AUGMENT = False", "AUGMENT = True"), encoding="utf-8")

    run(folder, changed, epochs=1)

    assert [0] == epochs_in(folder / "runs" / f"augmented-{IMAGES}")


def test_solution_is_what_the_marking_scheme_describes(folder: Path) -> None:
    """The layers, the optimizer, its schedule and the loss of the solution are those of lab.toml."""
    lab = release.read_lab(SOLUTION)
    code = folder / "facts.py"
    code.write_text(FACTS, encoding="utf-8")
    facts = json.loads(run(folder, code, epochs=4))
    layers = [
        layer | {"max_norm": (layer.get("kernel_constraint") or {}).get("config", {}).get("max_value")}
        for layer in facts["layers"]
    ]
    named = [{key: layer[key] for key in wanted} for wanted, layer in zip(lab["model"]["layers"], layers, strict=True)]
    schedule = facts["optimizer"]["learning_rate"]

    assert lab["model"]["layers"] == named
    assert [layer for layer in layers if layer["max_norm"]] == [layers[2], layers[8]]
    assert "InverseTimeDecay" == schedule["class_name"]
    rate = lab["compile"]["learning_rate"]
    expected = {"initial_learning_rate": rate, "decay_steps": 1, "decay_rate": rate / 4, "staircase": False}
    assert expected == {key: schedule["config"][key] for key in expected}
    assert lab["compile"]["momentum"] == facts["optimizer"]["momentum"]
    assert lab["compile"]["nesterov"] == facts["optimizer"]["nesterov"]
    assert lab["compile"]["loss"] == facts["loss"]
