"""The commands of docs/scale.md: a real scheduler and real workers grade a class.

SLURM is not there: what `sbatch` and `srun` are given is run on this machine.
"""

import csv
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import yaml

from tests.conftest import REPO
from tests.instructor.boxes import needs_boxes
from tests.support import blocks

pytest.importorskip("distributed")

PAGE = "docs/scale.md"
SBATCH = """#!/bin/sh
while [ "$1" != --wrap ]; do shift; done
sh -c "$2" &
"""
SRUN = '#!/bin/sh\nexec "$@"\n'
HOSTNAME = "#!/bin/sh\necho 127.0.0.1\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where an instructor works: a class of one, who handed in the template, and programs of a cluster."""
    shutil.copytree(REPO / "assignment", tmp_path / "SUBMISSIONS" / "ann")
    programs = {"sbatch": SBATCH, "srun": SRUN, "hostname": HOSTNAME}
    programs["convmark"] = f'#!/bin/sh\nexec "{sys.executable}" -m autograder.instructor.cli "$@"\n'
    programs["dask"] = f'#!/bin/sh\nexec "{sys.executable}" -m dask "$@"\n'
    (tmp_path / "bin").mkdir()
    for name, text in programs.items():
        (tmp_path / "bin" / name).write_text(text)
        (tmp_path / "bin" / name).chmod(0o755)
    return tmp_path


@pytest.fixture
def settings(folder: Path) -> Mapping[str, str]:
    """The environment of the shell."""
    path = f"{folder / 'bin'}:{os.environ['PATH']}"
    return dict(os.environ, PATH=path, PYTHONPATH=str(REPO), LC_ALL="C.UTF-8", DASK_DISTRIBUTED__DASHBOARD__LINK="")


@pytest.fixture
def port() -> str:
    """A port that nobody uses."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return str(found.getsockname()[1])


@pytest.fixture
def started(folder: Path, settings: Mapping[str, str]) -> Iterator[list["subprocess.Popen[bytes]"]]:
    """What a test starts in the background; it ends with the test."""
    found: list[subprocess.Popen[bytes]] = []
    yield found
    for process in found:
        os.killpg(process.pid, signal.SIGTERM)
    for process in found:
        process.wait()


def start(script: str, folder: Path, settings: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    """Run lines in a shell, in a process group of their own."""
    log = (folder / "log.txt").open("ab")
    return subprocess.Popen(
        ["bash", "-e", "-c", script], cwd=folder, env=settings, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
    )


def graded(folder: Path) -> bool:
    """Whether the class has its grades."""
    with (folder / "RESULTS" / "grades.csv").open(newline="", encoding="utf-8") as stream:
        return {"ann": "graded"} == {row["student"]: row["status"] for row in csv.DictReader(stream)}


@needs_boxes
@pytest.mark.slow
def test_commands_of_dask(folder: Path, settings: Mapping[str, str], port: str, started: list["subprocess.Popen[bytes]"]) -> None:
    """Scheduler and worker, each in a terminal, and the command that grades there."""
    install, scheduler, worker, grade = blocks.block(PAGE, "pip install").replace("8786", port).splitlines()
    extras = tomllib.loads((REPO / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    started.append(start(scheduler, folder, settings))
    started.append(start(worker.replace("//host:", "//127.0.0.1:"), folder, settings))
    done = start(grade.replace("//host:", "//127.0.0.1:"), folder, settings)

    assert {"dask"} == set(re.findall(r"\[(\w+)\]", install)) & set(extras)
    assert 0 == done.wait(300), (folder / "log.txt").read_text()
    assert graded(folder)


@needs_boxes
@pytest.mark.slow
def test_commands_of_slurm(
    folder: Path, settings: Mapping[str, str], port: str, started: list["subprocess.Popen[bytes]"]
) -> None:
    """One script: a scheduler behind it, workers as a job, and the class."""
    started.append(start(blocks.block(PAGE, "dask scheduler --port").replace("8786", port), folder, settings))

    assert 0 == started[0].wait(300), (folder / "log.txt").read_text()
    assert graded(folder)


def test_commands_in_the_pods() -> None:
    """What containers are told to run are commands of Dask with options that it has, on the ports that are named."""
    spec = yaml.safe_load(blocks.block(PAGE, "apiVersion"))["spec"]
    for part in ("worker", "scheduler"):
        (container,) = spec[part]["spec"]["containers"]
        program, command, *options = container["args"]
        told = subprocess.run([sys.executable, "-m", program, command, "--help"], capture_output=True, text=True, check=True)
        assert all(option in told.stdout for option in options if option.startswith("--"))
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}

    assert ("http-dashboard", "/health") == (
        container["readinessProbe"]["httpGet"]["port"],
        container["readinessProbe"]["httpGet"]["path"],
    )
    assert {port["targetPort"]: port["port"] for port in spec["scheduler"]["service"]["ports"]}.items() <= ports.items()
