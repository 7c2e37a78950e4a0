"""What docs/quiz.md shows of an item, a form and a sheet is read and written so."""

import tomllib
from pathlib import Path

from click.testing import CliRunner

from autograder.instructor.cli import main
from autograder.instructor.quiz.bank import instances, lint
from autograder.instructor.quiz.bank.reading import read_bank
from autograder.instructor.quiz.forms import form
from tests.conftest import REPO
from tests.support import blocks, quiz

PAGE = "docs/quiz.md"
HEAD = "---\nquizbank: 1\nname: shown\ntitle: {en: Shown}\nlanguages: [en]\ndefaults: {shuffle: false, release: exam}\n---\n\n"


def test_the_item_can_be_used(tmp_path: Path) -> None:
    """The item breaks no rule, has as many variants as it says, and its key is that of a convolution."""
    (tmp_path / "shown.md").write_text(HEAD + blocks.block(PAGE, "## conv-out-size"), "utf-8")
    bank, problems = read_bank(tmp_path)
    (item,) = bank.items
    keys = [one.wordings["en"].options[0].text for one in instances.variants(item, bank.id)]

    assert [] == problems + list(lint.check(item, bank, tmp_path))
    assert 5 == len(keys)
    assert all(key.endswith("± 0") for key in keys)


def test_the_form_can_be_drawn() -> None:
    """The form draws from the lab's bank what it says, another set for another student."""
    shown = form.parse(tomllib.loads(blocks.block(PAGE, 'name = "cnn-quiz"')))
    ann, bob = ([one.id for one in form.choose(shown, quiz.real(), student)] for student in ("ann", "bob"))

    assert (10, "conv-what") == (len(ann), ann[-1])
    assert ann != bob


def test_the_question_stands_on_a_sheet(tmp_path: Path) -> None:
    """The question is on the sheet of the student who is named, drawn by the lab's own form."""
    files = ["--bank", str(REPO / "quiz" / "questions"), "--form", str(REPO / "quiz" / "form.toml")]
    done = CliRunner().invoke(main, ["quiz", "sheet", "--student", "ann", *files, "--out", str(tmp_path), "--lang", "ru"])

    assert 0 == done.exit_code, done.output
    assert f"\n{blocks.block(PAGE, '## Вопрос 13')}\n" in (tmp_path / "ann.md").read_text("utf-8")
