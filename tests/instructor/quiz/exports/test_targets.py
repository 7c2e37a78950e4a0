"""What a target is, what it loses, and the commands that build it."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from autograder.instructor.cli import main
from autograder.instructor.quiz.bank.model import TYPES
from autograder.instructor.quiz.exports import target as exporting
from autograder.instructor.quiz.exports import targets
from autograder.instructor.quiz.exports.target import Request, Target
from tests.conftest import REPO
from tests.support import quiz

BANK = ["--bank", str(REPO / "quiz" / "questions")]


def test_the_documentation_has_the_table() -> None:
    """The table of what each format holds is the one that the targets themselves make."""
    text = (REPO / "docs" / "quiz.md").read_text("utf-8")

    assert targets.table() in text


def test_a_target_says_something_about_everything() -> None:
    """A target that forgets a type or a feature is refused when it is made."""
    with pytest.raises(ValueError, match="essay"):
        Target("x", "X", ("en",), dict.fromkeys([*TYPES[:-1], *exporting.FEATURES], "yes"), lambda request: {})


def test_features_of_the_sample(tmp_path: Path) -> None:
    """Each item has the features that its text has."""
    bank = quiz.sample(tmp_path)
    found = {item.id: exporting.features(item, bank.id) for item in bank.items}

    assert {"numeric", "trap-feedback", "hint", "explanation", "variants", "points"} == found["output-side"]
    assert {"essay", "rubric"} <= found["in-words"]
    assert {"multi", "partial"} <= found["some-of-them"]
    assert "whole" in exporting.features(replace(bank.item("some-of-them"), scoring="all"), bank.id)
    assert "tolerance" not in found["output-side"]


def test_tolerances_are_seen() -> None:
    """An item has a tolerance if its key, or a gap of it, accepts more than one number."""
    bank = quiz.real()
    having = {item.id for item in bank.items if "tolerance" in exporting.features(item, bank.id)}

    assert "ev-softmax" in having and "mn-axis-bound" in having
    assert "ar-params-conv2" not in having


def test_an_omitted_item_loses_nothing_else(tmp_path: Path) -> None:
    """An item that is left out is one loss; others lose feature by feature."""
    bank = quiz.sample(tmp_path)
    holds = dict.fromkeys([*TYPES, *exporting.FEATURES], "yes") | {"hint": "no"}
    target = Target("x", "X", ("en",), holds, lambda request: {}, lambda item: item.type == "cloze")

    assert {("gaps", "cloze", exporting.OMITTED), ("output-side", "hint", "no")} == {
        (loss.item, loss.feature, loss.how) for loss in exporting.losses(target, bank)
    }


@pytest.mark.parametrize("name", list(targets.TARGETS))
def test_the_same_bytes_again(name: str, tmp_path: Path) -> None:
    """Each format of each language is made of the same bytes each time, in files whose names are safe."""
    bank = quiz.sample(tmp_path)
    for lang in targets.TARGETS[name].langs:
        first, second = (targets.TARGETS[name].build(Request(bank, lang, "Title")) for _ in range(2))
        assert first and first == second
        assert all(re.fullmatch(r"[\w.-]+(/[\w.-]+)*", path) for path in first)


def test_command_builds_everything_and_warns(tmp_path: Path) -> None:
    """`convmark quiz build --to all` writes every format, counts the items, and names what is lost."""
    asked = ["--to", "all", "--lang", "ru", "--out", str(tmp_path), "--topic", "conv/*"]
    found = CliRunner().invoke(main, ["quiz", "build", *BANK, *asked])

    assert 0 == found.exit_code, found.output
    assert set(targets.TARGETS) == {path.name for path in tmp_path.iterdir()}
    chosen = [item for item in quiz.real().items if item.topic.startswith("conv/")]
    clozes = sum(item.type == "cloze" for item in chosen)
    assert clozes and f"gift.txt, {len(chosen) - clozes} of {len(chosen)} items" in found.output
    assert "warning: a hint: lost" in found.output


def test_command_takes_a_form_or_what_is_released(tmp_path: Path) -> None:
    """A form, a topic or a release choose the items; where nothing is left the command says so."""
    form = ["--form", str(REPO / "quiz" / "form.toml")]
    found = CliRunner().invoke(main, ["quiz", "build", *BANK, *form, "--to", "gift", "--out", str(tmp_path)])
    assert (0, True) == (found.exit_code, "of 20 items" in found.output), found.output

    found = CliRunner().invoke(main, ["quiz", "build", *BANK, "--release", "practice", "--to", "page", "--out", str(tmp_path)])
    assert (0, True) == (found.exit_code, "18 of 18 items" in found.output), found.output

    found = CliRunner().invoke(main, ["quiz", "build", *BANK, "--topic", "cooking", "--to", "page", "--out", str(tmp_path)])
    assert (2, True) == (found.exit_code, "No item" in found.output), found.output
