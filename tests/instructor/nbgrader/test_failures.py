"""What breaks a class of stock nbgrader, handed in by a class that is graded in the sandbox."""

import copy
import os
import signal
import subprocess
import time

import nbformat
import pytest
from nbformat import NotebookNode

from tests.instructor.boxes import needs_boxes
from tests.support import courses
from tests.support.courses import LAB, NOTEBOOK, Course, cell

pytestmark = [pytest.mark.slow, needs_boxes]
FULL = {"data": 20.0, "model": 40.0, "compile": 20.0, "accuracy": 8.0}


def copied(book: NotebookNode) -> None:
    """A check cell is pasted once more, with all its marks."""
    twin = copy.deepcopy(cell(book, "check_data"))
    twin.id = "twin"
    book.cells.append(twin)


def deleted(book: NotebookNode) -> None:
    """A check cell and the task before it are gone."""
    book.cells = [item for item in book.cells if item.id not in {"check_compile", "task3"}]


def mangled(book: NotebookNode) -> None:
    """The marks of the cells are nonsense, or those of another version."""
    cell(book, "task1").metadata["nbgrader"] = "mine"
    cell(book, "check_data").metadata["nbgrader"]["points"] = 2000
    cell(book, "check_model").metadata["nbgrader"]["schema_version"] = 1
    cell(book, "check_compile").metadata["nbgrader"] = {"grade_id": ["check_compile"], "grade": True}


def crashing(book: NotebookNode) -> None:
    """The process that builds the network dies."""
    cell(book, "task2").source = "def build_model():\n    import os\n    os.abort()\n"


def cheating(book: NotebookNode) -> None:
    """The check is replaced, the check cell says full marks, and so does its output."""
    cell(book, "task1").source = "import autograder\nautograder.check = lambda section: 20.0\ndef prepare_data(*a): return 1\n"
    check = cell(book, "check_data")
    check.source = "20.0"
    check.outputs = [nbformat.v4.new_output("execute_result", {"text/plain": "20.0"}, execution_count=1)]


def writing(book: NotebookNode) -> None:
    """A notebook that would leave a trace wherever it is executed."""
    book.cells.insert(0, nbformat.v4.new_code_cell("open('/tmp/convmark_was_executed', 'w').close()"))


def noisy(book: NotebookNode) -> None:
    """Something writes to stderr, which costs all points of a cell in stock nbgrader."""
    cell(book, "task2").source = "import sys\nprint('warning', file=sys.stderr)\n" + cell(book, "task2").source


CLASS = {
    "copied": (copied, FULL),
    "deleted": (deleted, FULL | {"compile": 0.0}),
    "mangled": (mangled, FULL),
    "crashing": (crashing, FULL | {"model": 0.0, "accuracy": 0.0}),
    "cheating": (cheating, FULL | {"data": 0.0}),
    "noisy": (noisy, FULL),
    "writing": (writing, FULL),
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The class, graded; the instructor left a solution and trained weights in the source folder."""
    made = courses.make(tmp_path_factory.mktemp("failures") / "course")
    for student, (edit, _) in CLASS.items():
        made.submit(student, edit)
    made.submit("late", files={"timestamp.txt": "2026-11-29 12:00:00.000000 UTC"})
    with made.gradebook() as gradebook:
        gradebook.update_or_create_assignment(LAB, duedate="2026-11-28 12:00:00 UTC")
    made.configure('c.LateSubmissionPlugin.penalty_method = "zero"')
    made.submit("broken", files={NOTEBOOK: "{"})
    made.submit("script", solved=False, files={"cifar10_cnn.py": "def prepare_data(*given): return 1\n"})
    (made.root / "source" / LAB / "cifar10_cnn.py").write_text((courses.REPO / "solution" / "cifar10_cnn.py").read_text("utf-8"))
    made.autograde(status=None)
    return made


@pytest.mark.parametrize("student", CLASS)
def test_everybody_has_the_points_of_the_honest_part(graded: Course, student: str) -> None:
    """Copied, deleted and mangled cells cost nothing; a crash or a lie costs one section; the class goes on."""
    assert CLASS[student][1] == graded.points(student)


def test_a_solution_in_the_source_folder_is_nobodys(graded: Course) -> None:
    """Who handed in a script that does nothing gets its points, not those of the instructor's script of that name."""
    assert {"data": 0.0, "model": 0.0, "compile": 0.0, "accuracy": 0.0} == graded.points("script")


def test_late_submissions_are_nbgraders_business(graded: Course) -> None:
    """The points are those of the verdict, the penalty is that of the course's plugin, here everything."""
    with graded.gradebook() as gradebook:
        found = {name: gradebook.find_submission(LAB, name) for name in ("late", "noisy")}
        penalties = {name: (item.score, item.late_submission_penalty) for name, item in found.items()}

    assert {"late": (88.0, 88.0), "noisy": (88.0, 0.0)} == penalties


def test_nothing_of_a_notebook_is_executed(graded: Course) -> None:
    """No kernel ran: the trace is missing, and cells but the checks have no outputs."""
    book = nbformat.read(graded.root / "autograded" / "writing" / LAB / NOTEBOOK, as_version=4)
    executed = [item.id for item in book.cells if item.cell_type == "code" and item.outputs and not item.id.startswith("check_")]

    assert [] == executed
    assert not os.path.exists("/tmp/convmark_was_executed")


def test_a_file_that_is_no_notebook_is_for_a_person(graded: Course) -> None:
    """nbgrader cannot read it and says so; it has no points, not even none, and the others are graded."""
    assert "There was an error processing assignment 'cifar10-cnn' for student 'broken'" in graded.autograde(status=1)
    assert {None} == set((graded.points("broken") or {}).values())


def test_the_score_stands_beside_the_layer_table(graded: Course) -> None:
    """The points are a plain float, the report is text before it, the table is HTML."""
    text, result = graded.outputs("mangled", "check_model")

    assert ("stream", "stdout") == (text.output_type, text.name)
    assert "Total: 40 of 40 points" in text.text
    assert "40.0" == result.data["text/plain"]
    assert "<caption>" in result.data["text/html"]


def test_what_the_grader_cannot_judge_is_no_zero(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Where the grader needs a person the cells have no points, wait for a grade, and say why."""
    made = courses.make(tmp_path_factory.mktemp("person") / "course")
    made.submit("two", files={"cifar10_cnn.py": "def prepare_data(*given): return 2\n"})
    made.autograde()
    with made.gradebook() as gradebook:
        (notebook,) = gradebook.find_submission(LAB, "two").notebooks
        waiting = {grade.name: (grade.auto_score, grade.needs_manual_grade) for grade in notebook.grades}

    assert {(None, True)} == set(waiting.values())
    assert "error" == made.outputs("two", "check_data")[-1].output_type
    assert "Several edited files could be your submission" in made.outputs("two", "check_data")[-1].evalue


def test_a_killed_run_is_finished_by_the_next(tmp_path_factory: pytest.TempPathFactory) -> None:
    """After `kill -9` in the midst of a student the next run grades that student again, and keeps what was done."""
    made = courses.make(
        tmp_path_factory.mktemp("killed") / "course", settings='c.Convmark.data = "synthetic"\nc.Convmark.jobs = 1'
    )
    for student in ("ann", "bob"):
        made.submit(student)
    made.submit("cid", courses.scaled_by_256)
    done = made.root / "results" / LAB / "ann" / "result.json"
    process = subprocess.Popen(
        [courses.BIN / "nbgrader", "autograde", LAB],
        cwd=made.root,
        env={**os.environ, "PATH": f"{courses.BIN}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(courses.REPO)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 240
    while not done.exists() and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    begun = sorted(path.name for path in (made.root / "autograded").iterdir())
    sealed = done.stat().st_mtime_ns
    printed = made.autograde()

    assert ["ann"] == begun
    assert "was cut off" in printed
    assert sealed == done.stat().st_mtime_ns
    assert [FULL, FULL, FULL | {"data": 12.0}] == [made.points(student) for student in ("ann", "bob", "cid")]


def test_another_assignment_is_graded_as_ever(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Assignments that are not the lab are executed by nbgrader itself."""
    made = courses.make(tmp_path_factory.mktemp("other") / "course")
    marks = {"schema_version": 3, "solution": False, "locked": True, "task": False}
    test = nbformat.v4.new_code_cell(
        "print(6 * 7); 1.5", metadata={"nbgrader": marks | {"grade": True, "points": 2, "grade_id": "t"}}
    )
    book = nbformat.v4.new_notebook(
        cells=[test], metadata={"kernelspec": {"name": "python3", "display_name": "", "language": "python"}}
    )
    for folder in (made.root / "source" / "sums", made.root / "submitted" / "ann" / "sums"):
        folder.mkdir(parents=True)
        nbformat.write(book, folder / "sums.ipynb")
    made.run("nbgrader", "generate_assignment", "sums")
    made.run("nbgrader", "autograde", "sums")
    with made.gradebook() as gradebook:
        score = gradebook.find_submission("sums", "ann").score

    assert 1.5 == score
    assert not (made.root / "results").exists()
