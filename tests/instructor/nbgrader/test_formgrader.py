"""What an instructor sees in nbgrader's formgrader and a student in the feedback: our scores and hints, in Chromium."""

import os
import re
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.instructor.boxes import needs_boxes
from tests.support import courses
from tests.support.browser import BOUND, Browser, Tab, until
from tests.support.courses import LAB, NOTEBOOK, Course

pytestmark = [pytest.mark.slow, needs_boxes]
STUDENTS = ("ann", "bob")
WRONG = "The pixels of x_train are divided by 256."
TODO = "Divide the training and the test images by the constant 255."
TOKEN = "of-this-test"
SCORES = """Object.fromEntries([...document.querySelectorAll('#main-table tr:has(.student-id)')].map(
    row => [row.querySelector('.student-id').textContent, row.querySelector('.score').textContent]))"""
POINTS = """Object.fromEntries([...document.querySelectorAll('input.score')].map(
    box => [box.id.replace('check_', ''), Number(box.placeholder)]))"""
BOB = "[...document.querySelectorAll('#main-table tr')].find(row => row.querySelector('.student-id')?.textContent === 'bob')"
TEXT = "document.body.innerText"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course with a right submission and a wrong one, graded, with feedback."""
    folder = tmp_path_factory.mktemp("formgrader")
    settings = f'c.Convmark.data = "synthetic"\nc.Exchange.root = {str(folder)!r}'
    found = courses.make(folder / "course", settings=settings)
    found.submit("ann")
    found.submit("bob", courses.scaled_by_256)
    found.autograde()
    found.run("nbgrader", "generate_feedback", LAB)
    return found


@dataclass
class Formgrader:
    """The formgrader of a running Jupyter server, in a tab of Chromium."""

    tab: Tab
    server: str
    log: Path

    def open(self, page: str) -> None:
        """Go to a page of the formgrader by way of Jupyter's login."""
        self.tab.open(f"{self.server}/login?token={TOKEN}&next={quote(f'/formgrader/{page}', safe='')}")


@contextmanager
def serving(made: Course, log: Path) -> Iterator[str]:
    """A Jupyter server in the course, and its address; it is killed with all that it started."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = ["--no-browser", "--allow-root", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
    command = [*BOUND, "jupyter", "server", *options, f"--IdentityProvider.token={TOKEN}"]
    address = f"http://127.0.0.1:{port}"
    environment = made.variables()
    started: dict[str, Any] = {"cwd": made.root, "env": environment, "stderr": subprocess.STDOUT, "start_new_session": True}
    with log.open("w") as stream, subprocess.Popen(command, stdout=stream, **started) as server:

        def answers() -> bool:
            assert server.poll() is None, log.read_text()
            try:
                with urllib.request.urlopen(f"{address}/api", timeout=10):
                    return True
            except (urllib.error.URLError, TimeoutError):
                return False

        try:
            until(answers)
            yield address
        finally:
            os.killpg(server.pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    """A tab of Chromium."""
    with Browser.found(tmp_path_factory.mktemp("browser")).tab() as found:
        yield found


@pytest.fixture(scope="module")
def formgrader(tab: Tab, made: Course, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Formgrader]:
    """The formgrader of the course."""
    log = tmp_path_factory.mktemp("server") / "log.txt"
    with serving(made, log) as address:
        yield Formgrader(tab, address, log)


def shown(made: Course, student: str) -> str:
    """The score of the verdict, as the formgrader writes it."""
    verdict = made.verdict(student)
    return f"{verdict['score']:g} / {verdict['max_score']:g}"


def test_lab_is_listed(formgrader: Formgrader) -> None:
    """The first page, which also shows the course's configuration, lists the lab with its two submissions."""
    formgrader.open("manage_assignments")

    assert "2" == formgrader.tab.see("#main-table .num-submissions")
    assert LAB == formgrader.tab.see("#main-table .name")


def test_scores_are_those_of_the_verdicts(formgrader: Formgrader, made: Course) -> None:
    """The list of submissions shows each student's score as the sandboxed checks gave it."""
    formgrader.open(f"manage_submissions/{LAB}")
    formgrader.tab.see("#main-table .student-id")
    scores = formgrader.tab.wait(SCORES)

    assert {student: shown(made, student) for student in STUDENTS} == scores
    assert {"ann": "88 / 100", "bob": "80 / 100"} == scores


def test_submission_shows_hint_and_points(formgrader: Formgrader, made: Course) -> None:
    """The page of a submission has our hint below the check cell and the points of each section in nbgrader's boxes."""
    with made.gradebook() as gradebook:
        (notebook,) = gradebook.find_submission(LAB, "bob").notebooks
        page = f"submissions/{notebook.id}/"
    formgrader.open(page)
    formgrader.tab.wait("[...document.querySelectorAll('input.score')].some(box => box.placeholder)")

    assert {section["name"]: section["points"] for section in made.verdict("bob")["sections"]} == formgrader.tab.wait(POINTS)
    text = formgrader.tab.wait(TEXT)
    assert WRONG in text and TODO in text


def test_feedback_shows_hint(tab: Tab, made: Course) -> None:
    """The feedback for the wrong submission says what is wrong and what to do, the other's does not, and both add up."""
    texts = {}
    for student in STUDENTS:
        tab.open((made.root / "feedback" / student / LAB / NOTEBOOK).with_suffix(".html").as_uri())
        texts[student] = tab.wait(TEXT)

    assert WRONG in texts["bob"] and TODO in texts["bob"] and WRONG not in texts["ann"]
    for student in STUDENTS:
        score = re.search(r"\(Score: ([\d.]+) / ([\d.]+)\)", texts[student])
        assert score and [made.verdict(student)[name] for name in ("score", "max_score")] == [
            float(part) for part in score.groups()
        ]


def test_button_grades_again(formgrader: Formgrader, made: Course) -> None:
    """The button in the list grades a mended submission in the sandbox, and the list then shows its new score."""
    made.submit("bob")
    formgrader.open(f"manage_submissions/{LAB}")
    formgrader.tab.see("#main-table .student-id")
    formgrader.tab.call("Runtime.evaluate", expression=f"{BOB}.querySelector('.autograde a').click()")

    assert "Success" == formgrader.tab.see(".modal-title"), formgrader.log.read_text()
    assert formgrader.tab.wait(f"{BOB}?.querySelector('.score').textContent") == shown(made, "bob") == "88 / 100"
