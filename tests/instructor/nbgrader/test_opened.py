"""Opening the gradebook of a course."""

import os
from pathlib import Path

import pytest
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from autograder.errors import GraderError
from autograder.instructor.nbgrader import opened


def directory(root: Path, url: str) -> CourseDirectory:
    """A course with its gradebook there."""
    return CourseDirectory(config=Config(CourseDirectory={"root": str(root), "db_url": url}))


def test_new_gradebook_needs_no_program_of_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is made although the environment's own folder of programs is not in the PATH, which stays as it was."""
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    with opened.gradebook(directory(tmp_path, f"sqlite:///{tmp_path}/gradebook.db")) as gradebook:
        assert [] == gradebook.students

    assert "/usr/bin:/bin" == os.environ["PATH"]
    assert (tmp_path / "gradebook.db").is_file()


def test_gradebook_that_is_none_is_said(tmp_path: Path) -> None:
    """A file that no database wrote is an error of ours, which names what the database said."""
    (tmp_path / "gradebook.db").write_text("no database" * 100)
    with (
        pytest.raises(GraderError, match="not a database"),
        opened.gradebook(directory(tmp_path, f"sqlite:///{tmp_path}/gradebook.db")),
    ):
        pass
