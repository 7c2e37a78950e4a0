"""The command lines that students are shown, run one after the other where they run them: in the unpacked bundle."""

import os
import shutil
import subprocess
import sysconfig
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from autograder import dataset
from autograder.instructor.release import bundle
from tests.conftest import REPO
from tests.support import blocks

pytestmark = pytest.mark.slow
BEGIN, ONE, TRIAL = "pip install", "pytest autograder --sections", "EPOCHS=2"
HANDOUTS = ("assignment/README.md", "assignment/README.ru.md")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle, unpacked, and a small file of images beside it."""
    home = tmp_path_factory.mktemp("bundle")
    with zipfile.ZipFile(bundle(REPO, home)) as archive:
        archive.extractall(home)
    data = dataset.synthetic()
    np.savez(home / "images.npz", x_train=data.x_train, y_train=data.y_train, x_test=data.x_test, y_test=data.y_test)
    return home / "cifar10-cnn-lab"


def environment(folder: Path) -> Mapping[str, str]:
    """A shell with this environment's programs and packages, no package index, little to train and no screen.

    With its packages on the path an environment made by ``python -m venv`` finds installed what it would download.
    """
    found = {name: value for name, value in os.environ.items() if name not in {"LC_ALL", "LC_MESSAGES", "PYTEST_ADDOPTS"}}
    found |= {"PATH": f"{sysconfig.get_path('scripts')}:{found['PATH']}", "PIP_NO_INDEX": "1", "LANG": "en_US.UTF-8"}
    found |= {"PYTHONPATH": f"{folder}:{sysconfig.get_path('purelib')}", "HOME": str(folder.parent), "MPLBACKEND": "Agg"}
    return found | {"EPOCHS": "1", "TRAIN_LIMIT": "320", "CIFAR10_NPZ": str(folder.parent / "images.npz")}


def run(line: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """A line as a shell runs it, from a first word to the end."""
    return subprocess.run(
        ["bash", "-e", "-c", line], cwd=folder, env=environment(folder), capture_output=True, encoding="utf-8", check=False
    )


def test_the_installation(folder: Path) -> None:
    """Three lines make an environment and install there what the lab needs."""
    done = run(blocks.block("docs/students.md", "python -m venv"), folder)

    assert 0 == done.returncode, done.stderr
    assert (folder / ".venv" / "bin" / "python").exists()
    for name in ("numpy", "pytest", "tensorflow"):
        assert f"Requirement already satisfied: {name}" in done.stdout


@pytest.mark.parametrize(("page", "beginning"), [("README.md", "python -m pip install"), *((page, BEGIN) for page in HANDOUTS)])
def test_three_commands(page: str, beginning: str, folder: Path, solution: Mapping[str, bytes]) -> None:
    """After the installation the check gives the template no points, the solution all but accuracy's, and the solution trains."""
    install, check, train = blocks.block(page, beginning).splitlines()
    names = ("cifar10_cnn.keras", "cifar10_cnn_history.csv")
    for name in names:
        (folder / name).unlink(missing_ok=True)
    (folder / "cifar10_cnn.py").write_bytes((REPO / "assignment" / "cifar10_cnn.py").read_bytes())
    installed, before = run(install, folder), run(check, folder)
    (folder / "cifar10_cnn.py").write_bytes(solution["cifar10_cnn.py"])
    after, trained = run(check, folder), run(train, folder)

    assert (0, 0) == (installed.returncode, trained.returncode), installed.stderr + trained.stderr
    assert "Total: 0 of 100 points" in before.stdout
    assert "Total: 80 of 100 points" in after.stdout
    assert all((folder / name).exists() for name in names)


@pytest.mark.parametrize("page", HANDOUTS)
def test_one_task_or_the_other_language(page: str, folder: Path, solution: Mapping[str, bytes]) -> None:
    """One line checks a section, the other speaks the language that the system does not."""
    (folder / "cifar10_cnn.py").write_bytes(solution["cifar10_cnn.py"])
    one, other = (run(line, folder) for line in blocks.block(page, ONE).splitlines())

    assert "Total: 20 of 20 points" in one.stdout
    assert ("Итого: 80 из 100 баллов" if page == HANDOUTS[0] else "Total: 80 of 100 points") in other.stdout


@pytest.mark.parametrize("page", HANDOUTS)
def test_a_quick_trial(page: str, folder: Path, solution: Mapping[str, bytes]) -> None:
    """A trial trains for as many epochs as its line says."""
    (folder / "cifar10_cnn.py").write_bytes(solution["cifar10_cnn.py"])
    for made in folder.glob("runs*"):
        shutil.rmtree(made)
    done = run(blocks.block(page, TRIAL), folder)

    assert 0 == done.returncode, done.stderr
    assert "Epoch 2/2" in done.stdout
