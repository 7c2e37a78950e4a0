"""What docs/nbgrader.md shows of the quiz is what a student reads: while answering, and after the marking."""

import contextlib
import io
import shutil
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from autograder.instructor.nbgrader import quiz
from autograder.instructor.quiz.exports import notebook
from autograder.instructor.quiz.forms import form
from tests.conftest import REPO
from tests.support import blocks, quizzes

PAGE = "docs/nbgrader.md"
FORM = 'name = "one"\ntitle = {ru = "Одно", en = "One"}\nseed = "tests"\n\n[[draw]]\nitems = ["ar-out"]\n'
HIDDEN = "### BEGIN HIDDEN TESTS"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A quiz of the one question whose feedback is shown."""
    shutil.copytree(REPO / "quiz" / quiz.BANK, tmp_path / quiz.BANK)
    (tmp_path / form.FILE).write_text(FORM, "utf-8")
    return tmp_path


@pytest.fixture
def book(home: Path) -> NotebookNode:
    """Its notebook, with the keys."""
    return nbformat.reads(notebook.book(quizzes.questions(home), "en", "Quiz").decode(), as_version=4)


def test_an_answer_that_cannot_be_read(book: NotebookNode) -> None:
    """The part of the test that students have says what form an answer has."""
    test, _, _ = quizzes.find(book, "test", 1).source.partition(HIDDEN)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(test, {"answer_1": "nine"})

    assert blocks.block(PAGE, "Your answer cannot").replace("\n", " ") == said.getvalue().replace("\n", " ")


def test_a_wrong_answer(book: NotebookNode, home: Path) -> None:
    """Below the marks stands what the bank says of the mistake."""
    (question,) = quizzes.questions(home)
    trap = next(option for option in notebook.wording(question, "en").options if option.id == "no-plus-one")
    quizzes.put(1, trap.text)(book)
    quiz.fill(book, quiz.load(home), "en")
    said = "".join(one.text for one in quizzes.find(book, "test", 1).outputs if one.output_type == "stream")

    assert blocks.block(PAGE, "Wrong. Points") == said
