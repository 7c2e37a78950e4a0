"""Sheets for paper: no key on the student's, everything on the key, and a PDF by a real browser."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from autograder.instructor.cli import main
from autograder.instructor.quiz.bank import numbers, text
from autograder.instructor.quiz.bank.model import RELEASES
from autograder.instructor.quiz.forms import form, printed
from autograder.instructor.quiz.forms.form import Draw, Form
from tests.conftest import REPO
from tests.support import quiz

WHOLE = Form("whole", "seed", (Draw(release=RELEASES),), {"ru": "Опрос", "en": "Quiz"})


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_the_students_page_tells_nothing(lang: str) -> None:
    """The page has every question, and neither ids nor explanations, rubrics or ticks."""
    questions = form.questions(WHOLE, quiz.real(), "ann")
    page = printed.sheet(WHOLE, questions, "ann", lang)

    assert len(questions) == page.count("<article")
    assert "☒" not in page and "☐" in page
    for question in questions:
        wording = question.item.wordings[lang]
        assert f">{question.item.name}<" not in page
        assert not wording.explanation or text.html(wording.explanation) not in page
        assert not any(text.inline(row.text) in page for row in wording.rubric)


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_the_key_has_every_answer(lang: str) -> None:
    """The key ticks as many options as are right, and shows numbers, words, letters, rubrics and explanations."""
    questions = form.questions(WHOLE, quiz.real(), "ann")
    page = printed.key(WHOLE, questions, "ann", lang)
    right = sum(
        option.correct
        for question in questions
        if question.item.type in {"single", "multi", "truefalse"}
        for option in question.item.wordings[lang].options
    )

    assert right == page.count("☒")
    for question in questions:
        wording = question.item.wordings[lang]
        assert text.html(wording.explanation) in page
        if question.item.type == "numeric":
            (key,) = (option.text for option in wording.options if option.correct)
            assert numbers.shown(key, lang) in page


def test_names_are_escaped() -> None:
    """A student's name cannot bring markup onto a page."""
    page = printed.sheet(WHOLE, form.questions(WHOLE, quiz.real(), "x")[:1], "<img src=x>", "en")

    assert "<img" not in page and "&lt;img" in page


@pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not installed")
def test_command_prints_to_pdf(tmp_path: Path) -> None:
    """`convmark quiz sheet --as pdf --key` leaves a PDF for the student and a key for the instructor."""
    bank = ["--bank", str(REPO / "quiz" / "questions"), "--form", str(REPO / "quiz" / "form.toml")]
    asked = ["quiz", "sheet", *bank, "--student", "ann", "--as", "pdf", "--key", "--out", str(tmp_path), "--lang", "ru"]
    found = CliRunner().invoke(main, asked, catch_exceptions=False)

    assert 0 == found.exit_code, found.output
    assert b"%PDF-" == (tmp_path / "ann.pdf").read_bytes()[:5]
    assert ["ann.pdf", "keys/ann.html"] == sorted(
        path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()
    )


def test_without_a_browser_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no browser is installed the sentence names what to do instead."""
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(printed.PrintError, match="open the page and print it"):
        printed.pdf(tmp_path / "a.html", tmp_path / "a.pdf")


def test_numbers_for_people() -> None:
    """A key loses a tolerance of nothing and has the mark of its language."""
    assert ["29,4 ± 0,1", "896", "5 .. 7", "0.5"] == [
        numbers.shown("29.4 ± 0.1", "ru"),
        numbers.shown("896 ± 0", "ru"),
        numbers.shown("5 .. 7", "ru"),
        numbers.shown("0.5 ± 0", "en"),
    ]
