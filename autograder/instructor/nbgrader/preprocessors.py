"""What stands in the place of nbgrader's own preprocessors, for the assignments of the lab and of the quiz and for no other."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from nbformat import v4
from nbformat.notebooknode import NotebookNode
from nbgrader import utils
from nbgrader.api import Gradebook, Notebook
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import (
    ClearHiddenTests,
    ClearMarkScheme,
    ClearSolutions,
    Execute,
    NbGraderPreprocessor,
    SaveAutoGrades,
)
from traitlets import Bool, Dict, Enum, Integer, List, Unicode

from autograder import dataset, messages, report
from autograder.errors import ConvmarkError, SandboxError
from autograder.instructor import batch, parcel, sandbox, selftest
from autograder.instructor.commands import options
from autograder.instructor.nbgrader import cells, quiz
from autograder.instructor.nbgrader.course import ASSIGNMENT
from autograder.instructor.nbgrader.desk import Desk
from autograder.instructor.source import STUB
from autograder.launcher import Launcher
from autograder.verdict import Reason, Verdict

Resources = dict[str, Any]
POINTS = "convmark_points"  # in the resources of a notebook: the points of its check cells by grade id

_desks: dict[tuple[str, ...], Desk] = {}
_refused: dict[tuple[str, ...], ConvmarkError] = {}  # why there is none: found out once, not for every student


class Convmark(NbGraderPreprocessor):
    """What all of them are told in the configuration, as ``c.Convmark.data = "cifar10"``."""

    assignments = List(Unicode(), [ASSIGNMENT], help="The assignments that are the lab.").tag(config=True)
    quizzes = Dict(help="The assignments that are a quiz, and where each has form and bank.").tag(config=True)
    results = Unicode("results", help="The folder of evidence and verdicts, below the course.").tag(config=True)
    data = Unicode(dataset.lab_name(), help="The lab's data set by its name, synthetic, or an .npz file.").tag(config=True)
    lang = Enum(messages.LANGUAGES, messages.default_language(), help="Language of the reports.").tag(config=True)
    jobs = Integer(0, help="Submissions at the same time; 0 for one for each processor.").tag(config=True)
    isolation = Enum(["", *selftest.LEVELS], "", help="The weakest isolation to accept; see `convmark doctor`.").tag(config=True)
    no_sandbox = Bool(False, help="Go on where isolation does not work: submissions can do what you can do.").tag(config=True)

    def is_ours(self, resources: Resources) -> bool:
        """Whether the notebook belongs to the lab."""
        return resources["nbgrader"]["assignment"] in self.assignments

    def is_quiz(self, resources: Resources) -> bool:
        """Whether the notebook belongs to a quiz."""
        return resources["nbgrader"]["assignment"] in self.quizzes


class TaskStubs(Convmark, ClearSolutions):
    """Takes the solutions out of the lab as `convmark release` does, so that an untouched notebook is known as one.

    The cells of a quiz have no solutions, only the place to answer in, and keep it.
    """

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Replace the solutions."""
        usual = self.code_stub
        if self.is_ours(resources) or self.is_quiz(resources):
            self.set_trait("code_stub", {**usual, "python": STUB if self.is_ours(resources) else ""})
        try:
            return super().preprocess(nb, resources)
        finally:
            self.set_trait("code_stub", usual)


class TrustedCells(Convmark):
    """Gives the cells of a submission the marks that they were released with, whatever became of them.

    Copied cells lose their mark, missing check cells come back: nbgrader would stop the class at the one, and give no
    points for the other.
    """

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Restore the marks."""
        if self.is_ours(resources) or self.is_quiz(resources):
            about = resources["nbgrader"]
            with Gradebook(about["db_url"]) as gradebook:
                released = _released(gradebook.find_notebook(about["notebook"], about["assignment"]))
            _restore(nb, released)
        return nb, resources


def _released(notebook: Notebook) -> dict[str, NotebookNode]:
    """The marked cells of the released notebook by their grade id, as submitted cells should be."""
    points = {cell.name: float(cell.max_score) for cell in [*notebook.grade_cells, *notebook.task_cells]}
    solutions, tasks = ({cell.name for cell in found} for found in (notebook.solution_cells, notebook.task_cells))
    found = {}
    for cell in notebook.source_cells:
        marks = {
            "schema_version": 3,
            "grade_id": cell.name,
            "grade": cell.name in points and cell.name not in tasks,
            "solution": cell.name in solutions,
            "task": cell.name in tasks,
            "locked": bool(cell.locked),
            "cell_type": cell.cell_type,
            "checksum": cell.checksum,
        }
        if cell.name in points:
            marks["points"] = points[cell.name]
        new = v4.new_code_cell if cell.cell_type == "code" else v4.new_markdown_cell
        found[cell.name] = new(cell.source, metadata={"nbgrader": marks})
    return found


def _name(cell: NotebookNode) -> str:
    """The grade id that a cell has, or had before its marks were lost: the id of a released cell is its grade id."""
    marks = cell.metadata.pop("nbgrader", None)
    name = marks.get("grade_id") if isinstance(marks, dict) else None
    return name if isinstance(name, str) else str(cell.get("id", ""))


def _restore(nb: NotebookNode, released: dict[str, NotebookNode]) -> None:
    seen = set()
    for cell in nb.cells:
        name = _name(cell)
        if name in released and name not in seen:
            seen.add(name)
            cell.metadata["nbgrader"] = released[name].metadata["nbgrader"]
        elif name not in released and quiz.GRADE_ID.fullmatch(name):
            cell.metadata[quiz.WAS] = name
    graded = [name for name, cell in released.items() if utils.is_grade(cell) or utils.is_task(cell)]
    nb.cells += [released[name] for name in graded if name not in seen]


class SandboxedChecks(Convmark, Execute):
    """Writes into the check cells what the sandboxed checks say. No kernel is started, no student code runs here."""

    def preprocess(self, nb: NotebookNode, resources: Resources, km: Any = None) -> tuple[NotebookNode, Resources]:
        """Fill in the check cells; a notebook of another assignment is executed as nbgrader does it.

        Raises:
            NbGraderException: there is no verdict; nbgrader leaves this student ungraded and goes on.
        """
        about = resources["nbgrader"]
        if not (self.is_ours(resources) or self.is_quiz(resources)):
            return super().preprocess(nb, resources, km)
        try:
            resources[POINTS] = self._fill(nb, self._verdict(about)) if self.is_ours(resources) else self._quiz(nb, about)
        except ConvmarkError as error:
            raise NbGraderException(report.sentences(Reason(error.code, error.params), self.lang).joined()) from error
        return nb, resources

    def _quiz(self, nb: NotebookNode, about: dict[str, str]) -> dict[str, float | None]:
        return quiz.fill(nb, quiz.load(Path(self._course().root, self.quizzes[about["assignment"]])), self.lang)

    def _course(self) -> CourseDirectory:
        return getattr(self._converter(), "coursedir", None) or CourseDirectory(parent=self)

    def _fill(self, nb: NotebookNode, verdict: Verdict) -> dict[str, float | None]:
        found: dict[str, float | None] = {}
        for cell in filter(utils.is_grade, nb.cells):
            marks = cell.metadata.nbgrader
            section = cells.section_of(marks["grade_id"], verdict)
            if section is not None and cell.cell_type == "code":
                value = found[marks["grade_id"]] = cells.points(verdict, section, float(marks["points"]))
                cell.outputs = cells.outputs(verdict, section, value, self.lang)
        return found

    def _converter(self) -> Any:
        """What converts the class, of which this is a part by way of its exporter."""
        return getattr(self.parent, "parent", None)

    def _verdict(self, about: dict[str, str]) -> Verdict:
        converter, course = self._converter(), self._course()
        folder = Path(course.format_path(course.submitted_directory, about["student"], about["assignment"]))
        return self._desk(course, folder, about["assignment"]).verdict(
            folder, lambda: self._waiting(converter, course), self._told
        )

    def _told(self, done: int, total: int) -> None:
        if total > 1:
            self.log.info("Graded %d of %d in the sandbox", done, total)

    def _warn(self, error: ConvmarkError) -> None:
        why = report.sentences(Reason(error.code, error.params), self.lang).wrong
        self.log.warning(
            "%s. Accuracy cannot be measured, so submissions will need attention. Name the data with %s or c.Convmark.data.",
            why,
            dataset.variable(dataset.lab_name()),
        )

    def _waiting(self, converter: Any, course: CourseDirectory) -> list[Path]:
        """The folders of the submissions that nbgrader will come to, but for those that it may skip."""
        found = []
        for folder in map(Path, getattr(converter, "assignments", ())):
            assignment, student = folder.name, folder.parent.name
            done = Path(course.format_path(course.autograded_directory, student, assignment))
            if converter.force or not done.exists():
                found.append(folder)
        return found

    def _desk(self, course: CourseDirectory, folder: Path, assignment: str) -> Desk:
        """The desk of an assignment, one for as long as nbgrader runs.

        Raises:
            SandboxError: isolation does not work and was not waived.
        """
        out = Path(course.root, self.results, assignment)
        key = (str(out), self.data, self.lang, self.isolation, str(self.no_sandbox), str(self.jobs))
        if key in _refused:
            raise _refused[key]
        if key not in _desks:
            try:
                asked = batch.Options(folder.parent.parent, out, self._launcher(out), data=self.data, lang=self.lang)
            except ConvmarkError as error:
                _refused[key] = error
                raise
            jobs = self.jobs or options.usable_cpus()
            _desks[key] = Desk(replace(asked, jobs=jobs, assignment=assignment, warn=self._warn))
        return _desks[key]

    def _launcher(self, out: Path) -> Launcher:
        if sandbox.exposed(out):
            raise SandboxError("results.exposed", name=str(out))
        launcher = parcel.Isolation(self.no_sandbox, self.isolation or None).launcher()
        if launcher.level != "full":
            self.log.warning("Isolation: %s. `convmark doctor` says what is missing.", launcher.level)
        return launcher


class SaveVerdicts(Convmark, SaveAutoGrades):
    """Saves the points of the check cells. What the grader could not judge waits for a person, and is no zero."""

    def _add_score(self, cell: NotebookNode, resources: Resources) -> None:
        ours = self.is_ours(resources) or self.is_quiz(resources)
        if not ours or utils.is_solution(cell) or cell.cell_type != "code":
            super()._add_score(cell, resources)
            return
        grade_id = cell.metadata.nbgrader["grade_id"]
        grade = self.gradebook.find_grade(grade_id, self.notebook_id, self.assignment_id, self.student_id)
        grade.auto_score = resources.get(POINTS, {}).get(grade_id)
        grade.needs_manual_grade = grade.auto_score is None or grade.manual_score is not None
        self.gradebook.db.commit()


class SealedKeys(Convmark):
    """Takes keys and mark schemes of a quiz out of the feedback, which shows whole cells otherwise."""

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Take them out."""
        if self.is_quiz(resources):
            for step in (ClearHiddenTests(parent=self), ClearMarkScheme(parent=self)):
                nb, resources = step.preprocess(nb, resources)
        return nb, resources
