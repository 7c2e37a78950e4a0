"""The lab itself runs from the first cell to the last, stops, and goes on."""

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import h5py
import nbformat
import numpy as np
import pytest

from autograder import recipes
from autograder.instructor import labfile, release
from autograder.replay.plan import rate_at
from autograder.replay.train import construct
from autograder.scheme import load

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
BETTER = """
import json
import numpy as np
import cifar10_cnn as lab
x = np.arange(200, dtype="float32")[:, None, None, None] + np.linspace(0, 0.9, 32 * 32 * 3, dtype="float32").reshape(32, 32, 3)
model, data, epochs = lab.beat_the_baseline(x, np.eye(10, dtype="float32")[np.zeros(200, int)])
images = np.concatenate([batch for batch, _ in data])
optimizer = model.optimizer
first = model.layers[0]
fresh = lab.build_model()
fresh.set_weights(model.get_weights())
np.savez("better.npz", images=images, kernel=first.get_weights()[0], bias=first.get_weights()[1])
print(json.dumps({
    "epochs": epochs,
    "batches": [len(batch) for batch, _ in data],
    "rates": [float(optimizer._learning_rate(step)) for step in range(epochs * len(data))],
    "settings": {"momentum": optimizer.momentum, "nesterov": optimizer.nesterov},
    "loss": type(model.loss).__name__,
    "label_smoothing": model.loss.label_smoothing,
    "layers": [[type(layer).__name__, layer.get_config()] for layer in model.layers],
    "parameters": model.count_params(),
}))
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


def switched(folder: Path, name: str, **switches: object) -> Path:
    """The script with other values of constants of its first cell, beside it."""
    text = (folder / "cifar10_cnn.py").read_text(encoding="utf-8")
    for switch, value in switches.items():
        text, count = re.subn(rf"^{switch} = \S+", f"{switch} = {value!r}", text, flags=re.MULTILINE)
        assert 1 == count
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


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
        timeout=900,  # on a machine that trains networks beside it
        check=False,
    )
    assert 0 == done.returncode, done.stderr[-3000:]
    return done.stdout


def epochs_in(folder: Path) -> list[int]:
    """The epochs that the history knows."""
    with (folder / "history.csv").open(newline="", encoding="utf-8") as file:
        return [int(row["epoch"]) for row in csv.DictReader(file)]


def column(folder: Path, name: str) -> list[str]:
    """A column of the history."""
    with (folder / "history.csv").open(newline="", encoding="utf-8") as file:
        return [row[name] for row in csv.DictReader(file)]


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
    pictures = ["confusion_matrix", "learning_curves", "norms", "predictions", "training_images"]
    assert pictures == sorted(path.stem for path in runs.glob("*.png"))
    assert (folder / "cifar10_cnn.keras").is_file()
    for layer in ("Conv2D 3x3x32x64", "Dense 8192x512"):
        norms = [float(value) for value in column(runs, f"norm of {layer}")]
        assert 2 == len(norms) and all(0 < norm < 3 for norm in norms)


def test_augmentation_is_read_and_keeps_its_own_folder(folder: Path) -> None:
    """With AUGMENT = True the lab trains on changed images, apart from the plain run."""
    run(folder, switched(folder, "augmented.py", AUGMENT=True), epochs=1)

    assert [0] == epochs_in(folder / "runs" / f"augmented-{IMAGES}")


def test_another_bound_binds_and_keeps_its_own_folder(folder: Path) -> None:
    """MAX_NORM tightens a copy of the network: its norms end at the bound, and build_model can take its weights over."""
    (folder / "cifar10_cnn.keras").unlink(missing_ok=True)
    printed = run(folder, switched(folder, "bound.py", MAX_NORM=0.5, MAX_NORM_AXES=[0, 1, 2]), epochs=1)

    runs = folder / "runs" / f"plain-norm0.5over3-{IMAGES}"
    assert [pytest.approx(0.5, abs=1e-3)] == [float(value) for value in column(runs, "norm of Conv2D 3x3x32x64")]
    assert [pytest.approx(0.5, abs=1e-3)] == [float(value) for value in column(runs, "norm of Dense 8192x512")]
    assert "Conv2D 3x3x32x64: largest norm 0.50, allowed 0.5" in printed
    assert (runs / "norms.png").is_file()
    assert (folder / "cifar10_cnn.keras").is_file()


def test_the_optional_task_trains_stops_and_continues(folder: Path) -> None:
    """With BEAT_THE_BASELINE = True the lab trains by its solution, whose rate goes on where it was."""
    script = switched(folder, "better.py", BEAT_THE_BASELINE=True, AUGMENT=True, MAX_NORM=2)
    runs = folder / "runs" / f"better-{IMAGES}"
    runs.mkdir(parents=True)
    (runs / "history.csv").touch()  # what a stop in the first epoch leaves

    run(folder, script, epochs=1)
    assert ([0], 1) == (epochs_in(runs), steps_taken(runs))

    (folder / "cifar10_cnn.keras").unlink()
    assert "epochs done: 1;" in run(folder, script, epochs=2)
    assert ([0, 1], 2) == (epochs_in(runs), steps_taken(runs))
    assert (folder / "cifar10_cnn.keras").is_file()


@pytest.fixture(scope="module")
def better(folder: Path) -> dict[str, Any]:
    """What the solution of the optional task makes of 200 images: how it trains, one epoch's images, the first weights."""
    code = folder / "better_facts.py"
    code.write_text(BETTER, encoding="utf-8")
    facts: dict[str, Any] = json.loads(run(folder, code, epochs=25).splitlines()[-1])
    with np.load(folder / "better.npz") as file:
        return facts | dict(file)


def test_optional_solution_is_the_better_recipe_of_the_marking_scheme(better: dict[str, Any]) -> None:
    """Layers, bounds, dropout, rates, batches, loss and first weights are those that `convmark train` takes."""
    epochs = labfile.read(SOLUTION)["training"]["better"]["epochs"]
    plan = recipes.better(load(), epochs=epochs, images=200, seed=1)
    layers = [[type(layer).__name__, layer.get_config()] for layer in construct(plan).layers]
    kept = ("rate", "filters", "units", "kernel_size", "padding", "activation")

    assert epochs == better["epochs"] <= 25
    assert [plan.batch_size] * (200 // plan.batch_size) == better["batches"][:-1]
    assert [rate_at(plan.rate, step) for step in range(len(better["rates"]))] == pytest.approx(better["rates"], rel=1e-5)
    assert plan.settings == better["settings"]
    assert ("CategoricalCrossentropy", plan.label_smoothing) == (better["loss"], better["label_smoothing"])
    assert 4_293_194 == better["parameters"]
    for (name, expected), (found_name, found) in zip(layers, better["layers"], strict=True):
        assert name == found_name
        bounds = [(config.get("kernel_constraint") or {}).get("config") for config in (expected, found)]
        assert [bounds[0]] * 2 == [bound and bound | {"axis": list(np.atleast_1d(bound["axis"]))} for bound in bounds]
        assert {key: list(np.atleast_1d(expected[key])) for key in kept if key in expected} == {
            key: list(np.atleast_1d(found[key])) for key in kept if key in found
        }


def test_optional_solution_changes_images_and_first_weights_as_the_recipe_does(better: dict[str, Any]) -> None:
    """Every image is once in an epoch, mirrored or not and shifted by whole pixels with reflection at the edge; the first
    layer has the scale and the offset of images with the recipe's mean and deviation.
    """
    plan = recipes.better(load(), epochs=1, images=200, seed=1)
    original = np.linspace(0, 0.9, 32 * 32 * 3, dtype="float32").reshape(32, 32, 3)
    edge = plan.shift
    padded = np.pad(original, ((edge, edge), (edge, edge), (0, 0)), mode="reflect")
    mirrored = np.pad(original[:, ::-1], ((edge, edge), (edge, edge), (0, 0)), mode="reflect")
    places = {(flip, top, left) for flip in (False, True) for top in range(2 * edge + 1) for left in range(2 * edge + 1)}
    possible = {place: (mirrored if place[0] else padded)[place[1] : place[1] + 32, place[2] : place[2] + 32] for place in places}
    images, kernel, bias = better["images"], better["kernel"], better["bias"]
    numbers = np.floor(images[:, 0, 0, 0]).astype(int)
    seen = set()
    for number, image in zip(numbers, images, strict=True):
        rest = image - number
        seen |= {place for place, expected in possible.items() if np.abs(expected - rest).max() < 1e-4}

    assert list(range(200)) == sorted(numbers)
    assert {False, True} == {flip for flip, _, _ in seen}
    assert set(range(2 * edge + 1)) == {top for _, top, _ in seen} == {left for _, _, left in seen}
    assert plan.centred is not None
    mean, deviation = plan.centred
    assert -mean * kernel.sum(axis=(0, 1, 2)) == pytest.approx(bias, rel=0.01, abs=1e-3)
    limit = np.sqrt(6 / (9 * 3 + 9 * 32))  # of Glorot's uniform distribution
    assert limit / deviation == pytest.approx(np.abs(kernel).max(), rel=0.03)


def test_solution_is_what_the_marking_scheme_describes(folder: Path) -> None:
    """The layers, the optimizer, its schedule and the loss of the solution are those of lab.toml."""
    lab = labfile.read(SOLUTION)
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


def test_images_that_cannot_be_had_are_told_in_a_sentence(folder: Path) -> None:
    """Offline, or with a wrong name of the file, there is a reason and what to do, and no traceback."""
    env = os.environ | {"CIFAR10_NPZ": "nowhere.npz"}
    done = subprocess.run(
        [sys.executable, folder / "cifar10_cnn.py"], cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=120
    )

    assert 1 == done.returncode
    assert "No images · Нет изображений: " in done.stderr and "Go online, or name a file with CIFAR10_NPZ." in done.stderr
    assert "Traceback" not in done.stderr
