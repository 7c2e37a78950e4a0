"""nbgrader's own pages in a real Chromium: the scores are those of the verdicts, and the hints can be read."""

import secrets
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.instructor.boxes import needs_boxes
from tests.support import courses
from tests.support.browser import Browser, Tab, until
from tests.support.courses import LAB, NOTEBOOK, Course

pytestmark = [pytest.mark.slow, needs_boxes]
HINT = "The pixels of x_train are divided by 256."
ROWS = "[...document.querySelectorAll('tbody tr')]"
SCORES = f"Object.fromEntries({ROWS}.map(row => [row.cells[1].innerText, row.cells[4].innerText]))"
POINTS = "document.querySelector('#check_data').placeholder"


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A right submission and a wrong one, graded, with their feedback."""
    made = courses.make(tmp_path_factory.mktemp("formgrader") / "course")
    made.submit("ann")
    made.submit("bob", courses.scaled_by_256)
    made.autograde()
    made.run("nbgrader", "generate_feedback", LAB)
    return made


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5):
            return True
    except (OSError, urllib.error.URLError):
        return False


@contextmanager
def _served(made: Course) -> Iterator[tuple[str, str]]:
    """The address of a Jupyter server in the course, and what names its visitor."""
    port, token = _free_port(), secrets.token_hex(16)
    options = [f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={token}"]
    command = [str(courses.BIN / "jupyter"), "server", "--no-browser", "--allow-root", *options]
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=made.root, env=made.variables(), **quiet) as server:
        try:
            until(lambda: _answers(f"http://127.0.0.1:{port}/api?token={token}"))
            yield f"http://127.0.0.1:{port}/formgrader", f"?token={token}"
        finally:
            server.kill()


@pytest.fixture(scope="module")
def pages(graded: Course, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Tab, str, str]]:
    """An open tab, the address of the formgrader, and the name of its visitor."""
    found = Browser.found(tmp_path_factory.mktemp("chromium"))
    with _served(graded) as (address, visitor), found.tab() as tab:
        yield tab, address, visitor


def test_scores_are_those_of_the_verdicts(graded: Course, pages: tuple[Tab, str, str]) -> None:
    """The list of submissions shows for each student the score of the sandboxed checks."""
    tab, address, visitor = pages
    tab.open(f"{address}/manage_submissions/{LAB}{visitor}")
    tab.wait(f"{ROWS}.length === 2")
    scores = {student: f"{graded.verdict(student)['score']:g} / 100" for student in ("ann", "bob")}

    assert {"ann": "88 / 100", "bob": "80 / 100"} == scores == tab.wait(SCORES)


def test_a_submission_shows_hint_and_points(graded: Course, pages: tuple[Tab, str, str]) -> None:
    """The page on which a person grades has the report below the check, and its points."""
    tab, address, visitor = pages
    with graded.gradebook() as gradebook:
        (notebook,) = gradebook.find_submission(LAB, "bob").notebooks
        name = notebook.id
    tab.open(f"{address}/submissions/{name}/{visitor}")

    assert HINT in tab.wait("document.body.innerText")
    assert "12" == tab.wait(POINTS)


def test_feedback_page_shows_the_hint(graded: Course, pages: tuple[Tab, str, str]) -> None:
    """The file that the student gets says what is wrong, what to do, and shows the layer table."""
    tab, _, _ = pages
    page = (graded.root / "feedback" / "bob" / LAB / NOTEBOOK).with_suffix(".html")
    tab.open(page.as_uri())
    text = tab.wait("document.body.innerText")

    assert HINT in text
    assert "Divide the training and the test images by the constant 255." in text
    assert 13 == tab.wait("document.querySelectorAll('table[lang] tr').length")
