"""The directory of a course: what is written, and what is never written over."""

import re
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner
from traitlets.config.loader import PyFileConfigLoader

from autograder.errors import GraderError
from autograder.instructor import release
from autograder.instructor.cli import main
from autograder.instructor.nbgrader import course
from autograder.instructor.nbgrader.preprocessors import Convmark
from autograder.instructor.source import STUB
from tests.support import blocks
from tests.support.courses import LAB, NOTEBOOK, REPO


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A new course."""
    course.init(REPO, tmp_path / "course", lang="en")
    return tmp_path / "course"


def test_source_is_the_bundle_with_the_solutions(root: Path) -> None:
    """The source folder has all of the bundle but the script, and the notebook has the solutions of the graded tasks."""
    folder = root / "source" / LAB
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    book = nbformat.read(folder / NOTEBOOK, as_version=4)
    tasks = {cell.id: cell.source for cell in book.cells if cell.id.startswith(("task", "extra")) and cell.cell_type == "code"}

    assert names == set(release.bundle_files(REPO)) - {"cifar10_cnn.py"}
    assert {"task1": True, "task2": True, "task3": True, "extra1": False} == {
        name: "### BEGIN SOLUTION" in text for name, text in tasks.items()
    }
    assert STUB.replace("Task", "Optional task").replace("Задание", "Необязательное задание").split("\n")[1] in tasks["extra1"]


@pytest.mark.parametrize("stock", [False, True])
def test_configuration_loads(tmp_path: Path, stock: bool) -> None:
    """nbgrader's loader reads it; the sandbox stands in it unless nbgrader is to execute the notebooks itself."""
    course.init(REPO, tmp_path, lang="ru", stock=stock)
    config = PyFileConfigLoader(course.CONFIG, path=str(tmp_path)).load_config()
    wanted = [name for name in config.Autograde.get("autograde_preprocessors", []) if "SandboxedChecks" in name]

    assert str(tmp_path) == config.CourseDirectory.root
    assert len(wanted) == (0 if stock else 1)
    assert [LAB] == config.Convmark.assignments
    assert "runs" in config.CourseDirectory.ignore


def test_again_writes_nothing(root: Path) -> None:
    """A second init of the same version changes nothing."""
    assert course.Made((), False) == course.init(REPO, root, lang="en")


def test_changed_files_are_not_written_over(root: Path) -> None:
    """What an instructor changed stays, unless it is given up with --force."""
    (root / course.SETTINGS).write_text("# mine\n")
    with pytest.raises(GraderError, match=r"nbgrader\.exists"):
        course.init(REPO, root, lang="en")
    assert "# mine\n" == (root / course.SETTINGS).read_text()

    assert (course.SETTINGS,) == course.init(REPO, root, lang="en", force=True).written


def test_the_page_shows_what_is_said(tmp_path: Path) -> None:
    """The lines that the page on nbgrader shows of a new course are printed, whatever the number of files."""
    done = CliRunner().invoke(main, ["nbgrader", "init", str(tmp_path / "COURSE"), "--repo", str(REPO), "--lang", "en"])
    said = re.sub(r"^\d+ files", "… files", done.output.replace(str(tmp_path / "COURSE"), "COURSE"))

    assert blocks.block("docs/nbgrader.md", "… files written to COURSE") == f"{said.strip()}\n"


def test_a_course_that_is_there_keeps_its_configuration(tmp_path: Path) -> None:
    """The lab joins a course; the one line that loads its settings is told, and not written."""
    (tmp_path / course.CONFIG).write_text("c = get_config()\n")
    done = CliRunner().invoke(main, ["nbgrader", "init", str(tmp_path), "--repo", str(REPO), "--lang", "en"])

    assert 0 == done.exit_code
    assert course.LOAD in done.output
    assert "c = get_config()\n" == (tmp_path / course.CONFIG).read_text()
    assert (tmp_path / course.SETTINGS).is_file()


def test_outside_the_repository_the_way_is_told(tmp_path: Path) -> None:
    """Without a lab to write there is a sentence and no traceback."""
    done = CliRunner().invoke(main, ["nbgrader", "init", str(tmp_path / "course"), "--repo", str(tmp_path)])

    assert 2 == done.exit_code
    assert "Name the repository with --repo" in done.output


def test_every_setting_is_documented_and_every_documented_setting_exists() -> None:
    """The page on nbgrader lists the settings of the lab, all of them and no others."""
    listed = set(re.findall(r"c\.Convmark\.(\w+)", (REPO / "docs" / "nbgrader.md").read_text("utf-8")))

    assert listed == set(Convmark.class_own_traits(config=True))
