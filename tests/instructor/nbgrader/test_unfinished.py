"""Notes on submissions that are being graded, and what becomes of those that a killed process left."""

import copy
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from traitlets.config import Config

from autograder.instructor.nbgrader import unfinished
from autograder.instructor.nbgrader.unfinished import Notes

HOLD = """
import os, sys
from pathlib import Path
from autograder.instructor.nbgrader.unfinished import Notes
Notes(Path(sys.argv[1]), "autograded").begin([sys.argv[2]])
print("held", flush=True)
sys.stdin.read()
os._exit(9)
"""


@pytest.fixture
def notes(tmp_path: Path) -> Notes:
    """The notes of a course in which nbgrader has begun to fill the folder of one submission."""
    (tmp_path / "autograded" / "ann" / "lab").mkdir(parents=True)
    return Notes(tmp_path, "autograded")


@pytest.fixture
def submitted(notes: Notes) -> list[str]:
    """The notebooks of the submission, as nbgrader names them to its hooks."""
    return [str(notes.root / "submitted" / "ann" / "lab" / "lab.ipynb")]


def held_elsewhere(notes: Notes, submitted: list[str]) -> "subprocess.Popen[str]":
    """Another process that grades the submission until it is told to die."""
    root = str(Path(unfinished.__file__).parents[3])
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(notes.root), *submitted],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": root},
    )
    assert process.stdout is not None
    assert "held\n" == process.stdout.readline()
    return process


def test_finished_grading_leaves_no_note(notes: Notes, submitted: list[str]) -> None:
    """The note is gone at the end, and what was graded stays, also where traitlets has copied the hooks."""
    copy.deepcopy(notes).begin(notebooks=submitted, assignment="lab", student="*")
    copy.deepcopy(notes).end(notebooks=submitted, assignment="lab", student="*")

    assert [] == list(notes.folder.iterdir())
    assert [] == notes.recover()
    assert (notes.root / "autograded" / "ann" / "lab").is_dir()


def test_running_grading_is_left_alone(notes: Notes, submitted: list[str]) -> None:
    """What another process is grading, or this one, is not taken for cut off."""
    process = held_elsewhere(notes, submitted)
    assert [] == notes.recover()
    process.kill()
    process.wait()
    notes.recover()

    (notes.root / "autograded" / "ann" / "lab").mkdir()
    notes.begin(submitted)
    assert [] == notes.recover()
    notes.end(submitted)


def test_cut_off_grading_is_removed(notes: Notes, submitted: list[str]) -> None:
    """What a dead process has begun is removed with its note, so that nbgrader begins again."""
    process = held_elsewhere(notes, submitted)
    process.kill()
    process.wait()

    assert [notes.root / "autograded" / "ann" / "lab"] == notes.recover()
    assert not (notes.root / "autograded" / "ann" / "lab").exists()
    assert [] == list(notes.folder.iterdir())


@pytest.mark.parametrize("text", ["", "{", "[1]", "null", json.dumps("/"), json.dumps("autograded/../../x"), json.dumps("/etc")])
def test_a_damaged_note_removes_nothing(notes: Notes, text: str) -> None:
    """A note that is not whole, or names a folder outside, is thrown away."""
    notes.folder.mkdir(parents=True)
    (notes.folder / "x.json").write_text(text)

    assert [] == notes.recover()
    assert (notes.root / "autograded" / "ann" / "lab").is_dir()
    assert [] == list(notes.folder.iterdir())


def test_the_configuration_gets_both_hooks(tmp_path: Path) -> None:
    """Reading the configuration makes good what was cut off, and sets the hooks of nbgrader."""
    config = Config()
    config.CourseDirectory.root = str(tmp_path)
    unfinished.watch(config)

    assert Notes(tmp_path, "autograded") == config.Autograde.pre_convert_hook.__self__
    assert "end" == config.Autograde.post_convert_hook.__name__
