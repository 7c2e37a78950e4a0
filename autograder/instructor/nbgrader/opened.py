"""The gradebook of a course, opened; what nbgrader and its database say goes wrong with it is an error of ours."""

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from sqlalchemy.exc import SAWarning, SQLAlchemyError

from autograder.errors import GraderError


@contextmanager
def gradebook(directory: CourseDirectory) -> Iterator[Gradebook]:
    """The gradebook, which is made if there is none.

    Raises:
        GraderError: it cannot be used.
    """
    try:
        with warnings.catch_warnings(), _made(directory.db_url, directory.course_id) as found:
            warnings.simplefilter("ignore", SAWarning)  # of nbgrader's queries, for whoever maintains nbgrader
            yield found
    except SQLAlchemyError as error:
        raise GraderError("nbgrader.gradebook", reason=f"{type(error).__name__}: {error}"[:300]) from error


def _made(url: str, course: str) -> Gradebook:
    """nbgrader asks the program `alembic` for the version of a new gradebook.

    It was installed beside the interpreter; whoever runs `.venv/bin/convmark` need not have that folder in their PATH.
    """
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    with mock.patch.dict(os.environ, {"PATH": path}):
        return Gradebook(url, course)
