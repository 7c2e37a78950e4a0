"""The sample class of `convmark demo`: each submission is what it is meant to show."""

import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from autograder.instructor import samples
from autograder.instructor.samples import Files
from tests.conftest import REPO
from tests.support import scenarios
from tests.support.warm import WarmLauncher

WEIGHTS, RECORD = b"weights", b"epoch,loss"
RIGHT = {"data": 20, "model": 40, "compile": 20}


@pytest.fixture(scope="module")
def sample(solution: dict[str, bytes]) -> dict[str, Files | bytes]:
    """The class, with a placeholder for the trained weights."""
    template = {name: (REPO / "assignment" / name).read_bytes() for name in (samples.SCRIPT, samples.NOTEBOOK)}
    return samples.sample_class(solution, template, WEIGHTS, RECORD)


def unpacked(content: Files | bytes) -> Files:
    """The files of a folder or of a zip with a folder inside."""
    if not isinstance(content, bytes):
        return content
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return {name.split("/")[-1]: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize(
    ("student", "changes", "failed"),
    [
        ("anna", {}, {}),
        ("boris", {}, {}),
        ("clara", {}, {}),
        ("dmitri", {"data": 12}, {"data.scale": "data.scale.own_maximum"}),
        ("elena", {"model": 36}, {"model.padding": "model.padding.padding"}),
        ("fyodor", {"model": 36}, {"model.pooling": "model.pooling.kind"}),
        ("galina", {"compile": 16}, {"compile.decay": "compile.decay.ignored"}),
        ("nikita", {}, {}),
    ],
)
def test_each_shows_one_thing(
    student: str, changes: dict[str, int], failed: dict[str, str], sample: dict[str, Any], tmp_path: Path, warm: WarmLauncher
) -> None:
    """A sample that is graded loses exactly the points of the mistake that it shows."""
    for name, content in unpacked(sample[student]).items():
        (tmp_path / name).write_bytes(content)
    found = scenarios.brief(scenarios.grade(tmp_path, warm))

    assert {"status": "graded", "points": RIGHT | changes, "failed": failed} == found


def test_the_class_has_every_kind(sample: dict[str, Any]) -> None:
    """At least twelve submissions: folders and archives, an empty one, a broken one, weights in some."""
    archives = [content for content in sample.values() if isinstance(content, bytes)]

    assert len(sample) >= 12
    assert 2 == len(archives)
    assert {} == sample["kirill"]
    assert {"anna", "clara"} == {name for name, files in sample.items() if isinstance(files, dict) and samples.WEIGHTS in files}


def test_a_changed_solution_is_noticed(solution: dict[str, bytes]) -> None:
    """If the solution no longer has the text that a sample replaces, that is an error and no silent copy."""
    with pytest.raises(ValueError, match="the solution has no"):
        samples.sample_class({**solution, samples.SCRIPT: b"x = 1"}, solution, WEIGHTS, RECORD)
