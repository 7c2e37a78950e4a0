"""Write the verdicts of a batch into nbgrader's gradebook, through nbgrader's own classes.

What a person entered there, points or comments, stays as it is.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import v4
from nbgrader.api import Grade, Gradebook, MissingEntry, SubmittedNotebook
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import AssignLatePenalties
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from autograder import report
from autograder import verdict as vd
from autograder.errors import GraderError
from autograder.instructor import results
from autograder.instructor.nbgrader import cells, course, opened
from autograder.verdict import Verdict

Progress = Callable[[int, int], None]
LAB = Path(course.NOTEBOOK).stem


@dataclass
class Exported:
    """How many students' grades are new or others, how many were so already, and whom the course does not know."""

    changed: int = 0
    unchanged: int = 0
    unknown: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)


def read_config(folder: Path) -> Config:
    """The configuration of a course.

    Raises:
        GraderError: the folder has none.
    """
    if not (folder / course.CONFIG).is_file():
        raise GraderError("nbgrader.no_course", name=str(folder))
    config = PyFileConfigLoader(course.CONFIG, path=str(folder.resolve())).load_config()
    if "root" not in config.CourseDirectory:
        config.CourseDirectory.root = str(folder.resolve())
    return config


@dataclass
class _Writer:
    """Writes one student after the other."""

    gradebook: Gradebook
    directory: CourseDirectory
    config: Config
    assignment: str
    maxima: Mapping[str, float]
    lang: str

    def submitted(self, student: str) -> Path:
        """Where the student's submission is, if nbgrader collected it."""
        name = self.directory.format_path(self.directory.submitted_directory, student, self.assignment)
        return Path(name)

    def knows(self, student: str) -> bool:
        """Whether the student is in the gradebook, or handed the assignment in by way of nbgrader."""
        try:
            self.gradebook.find_student(student)
        except MissingEntry:
            return self.submitted(student).is_dir()
        return True

    def write(self, student: str, verdict: Verdict) -> bool:
        """Write points and comments; whether that changed anything."""
        self.gradebook.update_or_create_student(student)
        timestamp = self.directory.get_existing_timestamp(str(self.submitted(student)))
        more = {"timestamp": timestamp} if timestamp else {}
        submission = self.gradebook.update_or_create_submission(self.assignment, student, **more)
        (notebook,) = (item for item in submission.notebooks if item.name == LAB)
        before = _state(notebook)
        for grade in notebook.grades:
            self._grade(grade, verdict)
        self._comment(notebook, verdict)
        self.gradebook.db.commit()
        self._penalise(student)
        self.gradebook.db.refresh(notebook)
        return before != _state(notebook)

    def _grade(self, grade: Grade, verdict: Verdict) -> None:
        section = cells.section_of(grade.name, verdict)
        if section is None:
            return
        points = cells.points(verdict, section, self.maxima[grade.name])
        if points != grade.auto_score or points is None:
            grade.needs_manual_grade = points is None or grade.manual_score is not None
        grade.auto_score = points

    def _comment(self, notebook: SubmittedNotebook, verdict: Verdict) -> None:
        """The report of each section below the task before its check; nbgrader has comments for tasks only.

        The accuracy has no task of its own, so its report follows that of the last one.
        """
        told: dict[str, list[str]] = {}
        last = None
        for cell in notebook.notebook.source_cells:
            last = cell.name if any(comment.name == cell.name for comment in notebook.comments) else last
            section = cells.section_of(cell.name, verdict)
            if section is not None and last is not None:
                told.setdefault(last, []).append(report.to_text(vd.section(verdict, section), self.lang).strip("\n"))
        for comment in notebook.comments:
            comment.auto_comment = "\n\n".join(told[comment.name]) if comment.name in told else comment.auto_comment

    def _penalise(self, student: str) -> None:
        """Let nbgrader's plugin for late submissions have its say, as after autograde."""
        about = {"student": student, "assignment": self.assignment, "notebook": LAB, "db_url": self.directory.db_url}
        AssignLatePenalties(config=self.config).preprocess(v4.new_notebook(), {"nbgrader": about})


def _state(notebook: SubmittedNotebook) -> tuple[object, ...]:
    grades = [(grade.name, grade.auto_score, grade.needs_manual_grade) for grade in notebook.grades]
    comments = [(comment.name, comment.auto_comment) for comment in notebook.comments]
    return sorted(grades, key=str), sorted(comments, key=str), notebook.late_submission_penalty


def export(folder: Path, config: Config, assignment: str, lang: str, progress: Progress = lambda done, total: None) -> Exported:
    """Write the verdicts in the folder of results into the gradebook of a course.

    Raises:
        GraderError: there are no results, no such assignment, or the gradebook cannot be used.
    """
    directory = CourseDirectory(config=config)
    roster = results.read_list(folder / results.ROSTER)
    if not roster:
        raise GraderError("exports.no_results", name=str(folder))
    found = Exported()
    with opened.gradebook(directory) as gradebook:
        maxima = _maxima(gradebook, assignment)
        writer = _Writer(gradebook, directory, config, assignment, maxima, lang)
        for count, (student, _, name) in enumerate(roster, 1):
            verdict = results.read_verdict(folder / name / results.VERDICT)
            if verdict is None:
                found.damaged.append(student)
            elif not writer.knows(student):
                found.unknown.append(student)
            elif writer.write(student, verdict):
                found.changed += 1
            else:
                found.unchanged += 1
            progress(count, len(roster))
    return found


def _maxima(gradebook: Gradebook, assignment: str) -> dict[str, float]:
    """The points of the check cells as they were released.

    Raises:
        GraderError: the gradebook does not have them.
    """
    try:
        notebook = gradebook.find_notebook(LAB, assignment)
    except MissingEntry:
        raise GraderError("nbgrader.no_assignment", name=assignment) from None
    return {cell.name: float(cell.max_score) for cell in notebook.grade_cells}
