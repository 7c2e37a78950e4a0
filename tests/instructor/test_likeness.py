"""Digests of code at grading time: made in a box of their own, kept by a regrading, and nobody's points."""

import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from autograder.errors import SandboxError
from autograder.instructor import batch, likeness, regrading, results
from autograder.instructor.batch import Options
from autograder.launcher import Command, PlainLauncher
from tests.instructor.boxes import box, classroom, needs_boxes
from tests.support import faults
from tests.support.warm import WarmAddress, WarmLauncher

TEXT = "def build_model():\n    return 1 + 1\n"


@dataclass
class Counting:
    """A launcher that counts, and starts what *make* gives."""

    make: Callable[[str], Command]
    level: str = "process"
    layers: Sequence[str] = ()
    started: list[str] = field(default_factory=list)

    def command(self, module: str, readonly: Sequence[Path] = ()) -> Command:
        """Something to start."""
        self.started.append(module)
        return self.make(module)

    def __repr__(self) -> str:
        return f"Counting({id(self)})"


def _printing(text: str) -> Callable[[str], Command]:
    return lambda module: Command([sys.executable, "-c", f"print({text!r})"], dict(os.environ))


def _refusing(module: str) -> Command:
    raise SandboxError("sandbox.no_start", reason="refused")


@needs_boxes
def test_in_a_box() -> None:
    """A box reads a submission and answers with digests."""
    assert ["model"] == list(likeness.codes("script", [TEXT], box()))
    likeness.close_all()


def test_one_process_serves_many() -> None:
    """A second submission needs no second process, and gets no answer to the first."""
    launcher = Counting(PlainLauncher().command)
    first, second = (likeness.codes("script", [text], launcher) for text in (TEXT, TEXT.replace("1 + 1", "2")))
    likeness.close_all()

    assert 1 == len(launcher.started)
    assert first["model"] != second["model"]


def test_a_box_that_has_ended_is_replaced() -> None:
    """What became of a box after it served one submission does not cost the next one its digest."""
    launcher = Counting(PlainLauncher().command)
    first = likeness.codes("script", [TEXT], launcher)
    next(iter(likeness._children.values())).end()

    assert first == likeness.codes("script", [TEXT], launcher)
    assert 2 == len(launcher.started)
    likeness.close_all()


@pytest.mark.parametrize("text", ["(" * 200_000, "def build_model():\n return " + "-" * 900_000 + "1", "\ud800", "x = '\\q'"])
def test_hostile_text_costs_its_own_digest(text: str) -> None:
    """Whatever a text does to the parser, the next submission is read."""
    launcher = Counting(PlainLauncher().command)
    likeness.codes("script", [text], launcher)

    assert ["model"] == list(likeness.codes("script", [TEXT], launcher))
    likeness.close_all()


@pytest.mark.parametrize(
    "make",
    [
        _refusing,
        _printing("no JSON"),
        _printing('{"begin": "setup"}'),
        _printing('{"code": {"model": ["../x", 3], "data": [1]}}'),
        _printing("x" * 100_000),
        lambda module: Command([sys.executable, "-c", "pass"], dict(os.environ)),
    ],
)
def test_what_answers_nonsense_gives_no_digest(make: Callable[[str], Command]) -> None:
    """A box that cannot be started, ends or answers something else costs the digest and nothing else."""
    assert {} == likeness.codes("script", [TEXT], Counting(make))
    likeness.close_all()


@pytest.fixture
def options(tmp_path: Path, warm: WarmLauncher) -> Options:
    """A class of two with the same wrong work, and one with another."""
    works = {"ann": faults.WRONG, "bob": faults.WRONG, "eve": faults.PREPARE}
    submissions = classroom(tmp_path / "in", works)
    return Options(submissions, tmp_path / "out", WarmAddress(warm.address), 1, ("data",), limits={"data": 5})


def _code(options: Options, student: str) -> Any:
    return json.loads((options.out / student / results.VERDICT).read_text("utf-8"))["facts"].get("code")


def test_digests_are_graded_with_and_kept(options: Options) -> None:
    """The digest stands in evidence and verdict, is equal for equal works, and a regrading keeps it with the points."""
    rows = batch.run(options)
    found = {row.student: row.codes.get("data") for row in rows}
    before = [(row.student, row.score, row.codes) for row in rows]
    evidence = json.loads((options.out / "ann" / results.EVIDENCE / "evidence.json").read_text("utf-8"))

    assert found["ann"] == found["bob"] != found["eve"]
    assert evidence["code"]["data"] == _code(options, "ann")["data"]
    assert before == [(change.after.student, change.after.score, change.after.codes) for change in regrading.run(options.out, 1)]
    assert 'id="similar"' in (options.out / results.SUMMARY).read_text("utf-8")


def test_without_comparison(options: Options) -> None:
    """Where it is not wanted no digest is made, and no page speaks of it, also after a regrading."""
    batch.run(replace(options, similar=False))
    page = options.out / results.SUMMARY

    assert _code(options, "ann") is None
    assert 'id="similar"' not in page.read_text("utf-8")
    regrading.run(options.out, 1)
    assert 'id="similar"' not in page.read_text("utf-8")
