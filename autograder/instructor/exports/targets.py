"""Every system that `convmark export` writes for, by its name on the command line."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module

from autograder.instructor.exports.asked import Exported, Request


@dataclass(frozen=True)
class Target:
    """A system: what is written for it, and which options of the command it takes besides ``--lang``.

    The module of that name has ``export``; it is imported when it is asked for, so that help is quick.
    """

    name: str
    about: str
    module: str
    options: frozenset[str]
    needs: frozenset[str]

    def export(self, request: Request) -> Exported:
        """Write for this system.

        Raises:
            GraderError: nothing could be written.
        """
        module = import_module(f"autograder.instructor.exports.{self.module}")
        found: Exported = module.export(request)
        return found


def _target(name: str, about: str, module: str, needs: str, more: str = "") -> Target:
    needed = frozenset(needs.split())
    return Target(name, about, module, needed | frozenset(more.split()), needed)


_ALL = (
    _target("nbgrader", "points and comments into the gradebook of a course", "nbgrader", "results course", "assignment"),
    _target("canvas", "a CSV for Canvas' gradebook", "canvas", "results out", "template assignment late policy"),
    _target("moodle", "a grading worksheet (CSV) for Moodle", "moodle", "results out", "template late policy"),
    _target("tidy", "a CSV with a row for each student and check", "tidy", "results out", "late policy"),
    _target("parquet", "the same rows as Parquet", "tidy", "results out", "late policy"),
    _target("junit", "JUnit XML: a file for the class, or a folder with one for each student", "junit", "results out"),
    _target("prairielearn", "results.json of PrairieLearn's external grader", "prairielearn", "results out", "student"),
    _target("gradescope", "autograder.zip; takes no RESULTS", "gradescope", "out", "sections isolation no_sandbox"),
    _target("github-classroom", "a starter repository; takes no RESULTS", "classroom", "out", "repo"),
)
TARGETS: Mapping[str, Target] = {target.name: target for target in _ALL}
