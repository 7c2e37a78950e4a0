"""The quiz with nbgrader's own commands, graded in both ways."""

import copy
import re
from html import unescape
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from autograder.instructor.nbgrader import course, quiz
from autograder.instructor.quiz.bank import text
from autograder.instructor.quiz.exports import notebook
from autograder.instructor.quiz.forms.form import Question
from tests.support import quizzes
from tests.support.courses import Course
from tests.support.quizzes import QUIZ, Kind, find, put

pytestmark = pytest.mark.slow
MARKER = Path("/tmp/convmark_quiz_was_executed")
PERSON = (None, True)
HONEST: tuple[Kind, ...] = ("right", "partly", "wrong")


def mangled(book: NotebookNode) -> None:
    """Cells are copied, deleted, moved, and lose or change their marks."""
    twin = copy.deepcopy(find(book, "answer", 1))
    twin.id = "twin"
    book.cells.append(twin)
    find(book, "test", 2).source = "1000.0"
    find(book, "test", 4).metadata["nbgrader"]["points"] = 1000
    find(book, "answer", 5).metadata.pop("nbgrader")
    find(book, "answer", 6).metadata["nbgrader"] = "mine"
    book.cells.remove(find(book, "test", 3))
    book.cells.remove(find(book, "essay", 9))
    book.cells.reverse()


def unreadable(book: NotebookNode) -> None:
    """Words for numbers, computations, several answers, other code; the names of some say what they would do."""
    put(1, '"a" if True else "b"')(book)
    put(2, '["a", "b"]')(book)
    put(3, "[1, 2]")(book)
    put(4, '"eight or nine"')(book)
    find(book, "answer", 5).source = f"import os; os.system('touch {MARKER}')\nanswer_5 = os.getcwd()"
    put(6, '["a"]')(book)
    put(7, "['1'")(book)
    book.cells.append(nbformat.v4.new_code_cell('answer_8 = ["one", "two", "three"]'))
    put(8, '["one", "two", "four"]')(book)


def executing(book: NotebookNode) -> None:
    """What is harmful stands beside an answer that can be read."""
    find(book, "answer", 1).source = f"import os; os.system('touch {MARKER}')\n" + find(book, "answer", 1).source


def outdated(book: NotebookNode) -> None:
    """The first question was another one when this notebook was fetched."""
    for kind in ("question", "answer", "test"):
        cell = find(book, kind, 1)
        cell.id = cell.metadata["nbgrader"]["grade_id"] = f"{kind}_1_00000000"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course with the quiz generated."""
    return quizzes.make(tmp_path_factory.mktemp("quiz") / "course")


@pytest.fixture(scope="module")
def asked(made: Course) -> list[Question]:
    """Its questions."""
    return quizzes.questions(made.root / course.QUIZ_FOLDER)


@pytest.fixture(scope="module")
def graded(made: Course, asked: list[Question], tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A class graded by the course's default, with feedback."""
    MARKER.unlink(missing_ok=True)
    made = quizzes.copied(made, tmp_path_factory.mktemp("read") / "course")
    for kind in HONEST:
        quizzes.submit(made, kind, quizzes.filled(asked, kind))
    quizzes.submit(made, "blank")
    quizzes.submit(made, "unreadable", unreadable)
    for edit in (mangled, executing, outdated):
        quizzes.submit(made, edit.__name__, quizzes.filled(asked, "right"), edit)
    made.run("nbgrader", "autograde", QUIZ)
    made.run("nbgrader", "generate_feedback", QUIZ)
    return made


@pytest.fixture(scope="module")
def executed(made: Course, asked: list[Question], tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Some of the class, graded by nbgrader, which executes the notebooks."""
    other = quizzes.copied(made, tmp_path_factory.mktemp("stock") / "course", stock=True)
    for kind in HONEST:
        quizzes.submit(other, kind, quizzes.filled(asked, kind))
    quizzes.submit(other, "blank")
    quizzes.submit(other, "unreadable", unreadable, put(5, "undefined_name"))
    other.run("nbgrader", "autograde", QUIZ)
    return other


def points(asked: list[Question], kind: Kind) -> dict[int, tuple[float | None, bool]]:
    """What such answers are worth; the essay waits for a person."""
    found = {number: round(one.item.points * quizzes.share(one, kind), 4) for number, one in enumerate(asked, 1)}
    return {number: (value, False) for number, value in found.items()} | {len(asked): PERSON}


@pytest.mark.parametrize("kind", HONEST)
def test_points_are_those_of_the_bank(graded: Course, asked: list[Question], kind: Kind) -> None:
    """Right, partly right and wrong answers of each type have the points of `marking`."""
    assert points(asked, kind) == quizzes.grades(graded, kind)


@pytest.mark.parametrize("kind", [*HONEST, "blank"])
def test_both_ways_give_the_same_points(graded: Course, executed: Course, kind: str) -> None:
    """Executed hidden tests and answers that are read agree."""
    assert quizzes.grades(graded, kind) == quizzes.grades(executed, kind)


def test_no_answer_is_no_points(graded: Course, asked: list[Question]) -> None:
    """Whoever hands in the notebook as it was released has nothing, and nobody has to look but at the essay."""
    assert points(asked, "wrong") == quizzes.grades(graded, "blank")
    assert "No answer. Points: 0 of 1." in quizzes.told(graded, "blank", 1)[0].text


def test_what_cannot_be_read_waits_for_a_person(graded: Course, asked: list[Question]) -> None:
    """There are no points yet, a sentence says why, and nothing was executed."""
    why = {number: quizzes.told(graded, "unreadable", number)[-1].evalue for number in (1, 2, 5, 7, 8)}
    said = {1: "computation", 2: "cannot be read", 5: "computation", 7: "computation", 8: "several different answers"}

    assert {PERSON} == set(quizzes.grades(graded, "unreadable").values())
    assert said == {number: word for number, word in said.items() if word in why[number]}
    assert not MARKER.exists()


def test_nothing_is_executed(graded: Course, asked: list[Question]) -> None:
    """A harmful line beside an answer does not run, and the answer has its points."""
    assert points(asked, "right") == quizzes.grades(graded, "executing")
    assert not MARKER.exists()


def test_mangled_cells_cost_nothing(graded: Course, asked: list[Question]) -> None:
    """Copied, deleted, moved and unmarked cells leave all points where they were."""
    assert points(asked, "right") == quizzes.grades(graded, "mangled")


def test_an_answer_to_another_version_waits_for_a_person(graded: Course, asked: list[Question]) -> None:
    """The question that was another one is for a person, the others are graded."""
    assert points(asked, "right") | {1: PERSON} == quizzes.grades(graded, "outdated")
    assert "another version" in quizzes.told(graded, "outdated", 1)[-1].evalue


def test_executed_tests_give_nothing_for_what_cannot_be_read(executed: Course, asked: list[Question]) -> None:
    """What is misformed or not defined has 0 points and a sentence, never an error that is shown or full marks."""
    found = quizzes.grades(executed, "unreadable")
    printed = "".join(one.text for one in quizzes.told(executed, "unreadable", 4) if one.output_type == "stream")

    assert dict.fromkeys(range(2, 8), 0.0) == {number: found[number][0] for number in range(2, 8)}
    assert "The answer cannot be read. Points: 0 of 1. Expected: a number" in printed
    for student in (*HONEST, "blank", "unreadable"):
        for number in range(1, len(asked)):
            outputs = quizzes.told(executed, student, number)
            assert {"stream", "execute_result"} == {one.output_type for one in outputs}
            assert {"stdout"} == {one.name for one in outputs if one.output_type == "stream"}


@pytest.mark.parametrize("way", ["graded", "executed"])
def test_the_mistake_is_named(way: str, asked: list[Question], request: pytest.FixtureRequest) -> None:
    """A wrong answer that the bank knows is followed by what the bank says about it."""
    number, question = next((place, one) for place, one in enumerate(asked, 1) if one.item.type == "numeric")
    trap = next(option for option in notebook.wording(question, "en").options if not option.correct)
    *streams, result = quizzes.told(request.getfixturevalue(way), "wrong", number)

    assert trap.feedback
    assert text.plain(trap.feedback) in "".join(stream.text for stream in streams)
    assert "0.0" == result.data["text/plain"]


def test_feedback_has_the_marks_and_no_keys(graded: Course, asked: list[Question]) -> None:
    """The page shows what became of the answers; hidden tests and mark schemes are not in it."""
    page = (graded.root / "feedback" / "partly" / QUIZ / quizzes.NOTEBOOK).with_suffix(".html").read_text("utf-8")
    shown = unescape(re.sub(r"(?s)<(style|script).*?</\1>|<[^>]+>", " ", page))

    assert "Partly right. Points:" in shown
    assert not re.search(r"HIDDEN TESTS|MARK SCHEME|judge_|Model answer", shown)
    assert all(question.item.id not in page for question in asked)


def test_released_notebook_has_no_keys(made: Course, asked: list[Question]) -> None:
    """nbgrader took out hidden tests and mark schemes; the place to answer in is still there."""
    released = (made.root / "release" / QUIZ / quizzes.NOTEBOOK).read_text("utf-8")
    source = (made.root / "source" / QUIZ / quizzes.NOTEBOOK).read_text("utf-8")

    for word in ("HIDDEN TESTS", "MARK SCHEME", "judge_", "Model answer", "SOLUTION"):
        assert word in source
        assert word not in released
    assert all(question.item.id not in released for question in asked)
    assert r"answer_1 = \"\"" in released


def test_a_changed_bank_is_read_again_and_waits_for_a_person(graded: Course, asked: list[Question], tmp_path: Path) -> None:
    """If the course's copy has another version of a question than was given out, its answers are for a person."""
    home = quizzes.folder(tmp_path / "quiz")
    book = nbformat.read(graded.root / "submitted" / "right" / QUIZ / quizzes.NOTEBOOK, as_version=4)
    before = quiz.fill(book, quiz.load(home), "en")
    path = home / quiz.BANK / asked[0].item.file
    head, name, rest = path.read_text("utf-8").partition(f"\n## {asked[0].item.id}\n")
    path.write_text(head + name + rest.replace("version: 1", "version: 2", 1), "utf-8")
    after = quiz.fill(book, quiz.load(home), "en")

    assert {asked[0].item.points, None} == {found[next(iter(found))] for found in (before, after)}
    assert list(before.values())[1:] == list(after.values())[1:]


def test_export_has_the_points(graded: Course, asked: list[Question]) -> None:
    """nbgrader's own export has the sums."""
    graded.run("nbgrader", "export", "--to", "grades.csv")
    lines = [line.split(",") for line in (graded.root / "grades.csv").read_text().splitlines()]
    scores = {row[lines[0].index("student_id")]: float(row[lines[0].index("score")]) for row in lines[1:] if row[0] == QUIZ}

    assert sum(question.item.points for question in asked[:-1]) == scores["right"]
    assert 0.0 == scores["wrong"]
