"""Answers of a quiz read out of a notebook: what counts as the answer, and what is for a person."""

import re
import shutil
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode, v4

from autograder.errors import GraderError
from autograder.instructor.nbgrader import course, quiz
from autograder.instructor.quiz.exports import notebook
from autograder.instructor.quiz.forms import form
from tests.support import quizzes
from tests.support.courses import REPO
from tests.support.quizzes import find, put


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Form and bank of the small quiz."""
    return quizzes.folder(tmp_path_factory.mktemp("quiz") / "quiz")


@pytest.fixture
def book(home: Path) -> NotebookNode:
    """The notebook with all answers right."""
    asked = quizzes.questions(home)
    made = nbformat.reads(notebook.book(asked, "en", "Quiz").decode(), as_version=4)
    quizzes.filled(asked, "right")(made)
    return made


def points(book: NotebookNode, home: Path) -> dict[int, float | None]:
    """The points by the number of the question."""
    return {int(name.split("_")[1]): value for name, value in quiz.fill(book, quiz.load(home), "en").items()}


def test_an_answer_counts_wherever_it_stands(book: NotebookNode, home: Path) -> None:
    """An answer that was written into another cell is the answer; the same one twice is one."""
    before = points(book, home)
    source = find(book, "answer", 1).source
    put(1, '""')(book)
    book.cells += [v4.new_code_cell(source), v4.new_code_cell(source)]

    assert before == points(book, home)
    assert None not in before.values()


def test_a_deleted_answer_is_none(book: NotebookNode, home: Path) -> None:
    """Without any answer there are no points, and nobody has to look; of the cells only the text of an essay is left unmarked."""
    find(book, "text", 9).metadata[quiz.WAS] = find(book, "text", 9).id
    before = points(book, home)
    book.cells.remove(find(book, "answer", 1))

    assert before | {1: 0.0} == points(book, home)


def test_an_answer_from_another_version_is_for_a_person(book: NotebookNode, home: Path) -> None:
    """Whoever has an older notebook has no answer to a new question, and may have answered another one with that number."""
    before = points(book, home)
    book.cells.append(v4.new_code_cell("answer_2 = 'a'", metadata={quiz.WAS: "answer_2_00000000"}))
    book.cells.remove(find(book, "answer", 1))

    assert before | {1: None, 2: None} == points(book, home)


def test_two_answers_are_for_a_person(book: NotebookNode, home: Path) -> None:
    """Nobody guesses which of two is meant; a value that was replaced in the same cell is no answer."""
    before = points(book, home)
    right = find(book, "answer", 1).source
    book.cells.append(v4.new_code_cell("answer_1 = 'e'"))
    find(book, "answer", 4).source = "answer_4 = -1\n" + find(book, "answer", 4).source

    assert right != "answer_1 = 'e'"
    assert before | {1: None} == points(book, home)


def test_points_are_those_of_the_cell(book: NotebookNode, home: Path) -> None:
    """Where the released test is worth something else, the share of the answer counts."""
    before = points(book, home)
    find(book, "test", 1).metadata["nbgrader"]["points"] = 5

    assert before | {1: 5.0} == points(book, home)


def test_answers_in_the_other_language_are_graded_in_it(home: Path) -> None:
    """The notebook says in which language it is, whatever the language of the reports."""
    asked = quizzes.questions(home)
    made = nbformat.reads(notebook.book(asked, "ru", "Контрольная").decode(), as_version=4)
    for number, question in enumerate(asked[:-1], 1):
        put(number, repr(quizzes.answer(question, "wrong", "ru")))(made)

    assert dict.fromkeys(range(1, len(asked)), 0.0) == points(made, home)
    assert "Неверно. Баллы: 0 из 1." in find(made, "test", 1).outputs[0].text


def test_letters_that_look_alike_are_the_same(book: NotebookNode, home: Path) -> None:
    """A Cyrillic а, с or е in the place of a Latin letter is no mistake."""
    before = points(book, home)
    cyrillic = find(book, "answer", 3).source.partition(" = ")[2].translate(str.maketrans("ace", "асе"))
    put(3, cyrillic)(book)

    assert re.search("[асе]", cyrillic)
    assert before == points(book, home)


def test_a_quiz_that_cannot_be_used_is_an_error(tmp_path: Path) -> None:
    """A bank with errors, a form that asks for too much, no form, no bank, a language it does not have: each has its reason."""
    home = quizzes.folder(tmp_path / "quiz")
    path, chosen = home / quiz.BANK / "conv-definition.md", home / form.FILE
    path.write_text(path.read_text("utf-8").replace("type: multi", "type: mutli", 1), "utf-8")
    assert "conv-definition.md" in reason(home)
    path.write_text(path.read_text("utf-8").replace("version: 1", "version: 1\nkey: 1", 1), "utf-8")
    assert "conv-definition.md" in reason(home)
    shutil.copy(REPO / "quiz" / quiz.BANK / path.name, path)
    assert quiz.load(home)
    chosen.write_text(quizzes.FORM.replace("conv-what", "no-such-item"), "utf-8")
    assert "no-such-item" in reason(home)
    chosen.unlink()
    assert form.FILE in reason(home)
    assert quiz.BANK in reason(tmp_path / "nowhere")
    with pytest.raises(GraderError, match=r"nbgrader\.quiz"):
        course.quiz_files(REPO / "quiz", "fr")


def reason(home: Path) -> str:
    """Why a quiz cannot be used."""
    with pytest.raises(GraderError, match=r"nbgrader\.quiz") as caught:
        quiz.load(home)
    return str(caught.value.params["reason"])
