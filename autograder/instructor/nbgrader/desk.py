"""Verdicts for nbgrader, which asks for one student after the other.

At the first question the whole class that is waiting is graded, in parallel and in the sandbox; what a killed run had
finished is taken as it is.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path

from autograder import verdict as vd
from autograder.errors import GraderError
from autograder.instructor import batch, results, rows
from autograder.instructor.grading import Job
from autograder.instructor.loop import Progress
from autograder.instructor.results import Row
from autograder.verdict import Reason, Verdict


@dataclass
class Desk:
    """The submissions of an assignment and the folder of their results."""

    options: batch.Options
    _rows: dict[Path, Row] = field(default_factory=dict)

    def verdict(
        self, folder: Path, ahead: Callable[[], Collection[Path]] = tuple, progress: Progress = lambda done, total: None
    ) -> Verdict:
        """The verdict on the submission in *folder*; those that *ahead* names are graded with it, to be asked for soon.

        Raises:
            DataUnavailable: the file that was named as data set cannot be read.
            GraderError: the submission is not listed, or results cannot be written.
        """
        key = folder.resolve()
        if key not in self._rows:
            self._grade({key, *(path.resolve() for path in ahead())}, progress)
        if key not in self._rows:
            raise GraderError("nbgrader.unlisted", name=str(folder))
        return self._read(self._rows.pop(key))

    def _grade(self, wanted: set[Path], progress: Progress) -> None:
        with batch.opened(self.options) as found:
            jobs = [job for job in found.jobs if _folders(job) & wanted]
            folders = {job.entry.student: _folders(job) for job in jobs}
            for row in found.rows(jobs, progress):
                self._rows.update(dict.fromkeys(folders[row.student], row))
            self._sum_up(found)

    def _sum_up(self, found: batch.Opened) -> None:
        """Write `grades.csv` and the class page of all who have been graded by now."""
        fresh = {row.student: row for row in self._rows.values()}
        known = []
        for job in found.jobs:
            folder = self.options.out / job.folder
            verdict = results.read_verdict(folder / results.VERDICT)
            if verdict is not None:
                known.append(fresh.get(job.entry.student) or rows.of(job.entry, folder, verdict))
        batch.write(found.settings, known, self.options.assignment, self.options.launcher.level)

    def _read(self, row: Row) -> Verdict:
        verdict = results.read_verdict(self.options.out / row.folder / results.VERDICT)
        assert verdict is not None, f"{row.folder}: the verdict is gone"
        if row.status == verdict.status:
            return verdict
        reason = Reason(row.reason["code"], row.reason["params"]) if row.reason else Reason("grader.bug", {"reason": ""})
        return vd.waiting(verdict, [section.name for section in verdict.sections], reason)


def _folders(job: Job) -> set[Path]:
    return {source.path.resolve() for source in job.entry.sources}
