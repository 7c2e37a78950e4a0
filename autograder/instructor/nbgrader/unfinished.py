"""Submissions whose grading was cut off, by a kill or a power cut, are graded again.

nbgrader takes the folder it has begun to fill for a finished one and skips the student, who is exported with 0.0. So a
note stands beside the course while a student is being graded, locked by the process that does it. Whoever reads the
course's configuration and finds a note that nobody holds removes what was begun; nbgrader then begins again.
"""

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config
from traitlets.log import get_logger

NOTES = Path(".convmark", "unfinished")


def _locked(stream: IO[str]) -> bool:
    """Whether the lock of an open file could be taken; where there are no locks nothing is ever unfinished."""
    try:
        import fcntl

        fcntl.flock(stream.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (ImportError, OSError):
        return False
    return True


_held: dict[Path, IO[str]] = {}  # of this process: configurations and what they hold are copied by traitlets


@dataclass(frozen=True)
class Notes:
    """The notes of a course: its root, and the folder below it that nbgrader fills."""

    root: Path
    autograded: str

    @property
    def folder(self) -> Path:
        """Where the notes are."""
        return self.root / NOTES

    def _graded(self, notebooks: list[str]) -> Path:
        """The folder that nbgrader fills for the submission with these notebooks."""
        submitted = Path(notebooks[0]).parent
        return self.root / self.autograded / submitted.parent.name / submitted.name

    def _note(self, graded: Path) -> Path:
        return self.folder / f"{hashlib.sha256(str(graded).encode('utf-8', 'surrogateescape')).hexdigest()[:32]}.json"

    def begin(self, notebooks: list[str], **_: Any) -> None:
        """Note that the submission with these notebooks is being graded; nbgrader's ``pre_convert_hook``."""
        graded = self._graded(notebooks)
        path = self._note(graded)
        if path in _held:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        stream = path.open("a+")
        if not _locked(stream):
            stream.close()
            return
        stream.truncate(0)
        stream.write(json.dumps(str(graded)))
        stream.flush()
        _held[path] = stream

    def end(self, notebooks: list[str], **_: Any) -> None:
        """Remove the note: the submission is graded; nbgrader's ``post_convert_hook``."""
        path = self._note(self._graded(notebooks))
        stream = _held.pop(path, None)
        if stream is not None:
            path.unlink(missing_ok=True)
            stream.close()

    def recover(self) -> list[Path]:
        """Remove what was begun under notes that nobody holds any more; the folders that are gone now."""
        removed = []
        for path in sorted(self.folder.glob("*.json")):
            with path.open("r+") as stream:
                if not _locked(stream):
                    continue
                graded = self._named(stream.read())
                if graded is not None and graded.is_dir():
                    shutil.rmtree(graded)
                    removed.append(graded)
                path.unlink(missing_ok=True)
        return removed

    def _named(self, text: str) -> Path | None:
        """The folder that a note names, if it is whole and the folder one of the course's graded ones."""
        try:
            graded = Path(json.loads(text))
        except (ValueError, TypeError):
            return None
        home = self.root / self.autograded
        return graded if home in graded.parents and ".." not in graded.parts else None


def watch(config: Config) -> None:
    """Note what is being graded in the course of *config*, and make good what was cut off before."""
    course = CourseDirectory(config=config)
    notes = Notes(Path(course.root), course.autograded_directory)
    for graded in notes.recover():
        get_logger().warning("Grading of %s was cut off; the next autograde grades it again", graded)
    config.Autograde.pre_convert_hook = notes.begin
    config.Autograde.post_convert_hook = notes.end
