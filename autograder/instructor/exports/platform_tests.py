"""The checks of a verdict as graders' platforms list tests: a name, points, and what a student reads."""

from collections.abc import Iterator
from dataclasses import dataclass

from autograder import report, safe
from autograder.scheme import Scheme, load
from autograder.verdict import CheckResult, Verdict

MAX_OUTPUT = 4000


@dataclass(frozen=True)
class Test:
    """One check: its number as "1.2", its title, its points, whether it was passed, and its sentences as plain text."""

    __test__ = False  # no class of tests for pytest

    number: str
    id: str
    name: str
    points: float
    max_points: float
    passed: bool
    output: str


def tests(verdict: Verdict, lang: str) -> Iterator[Test]:
    """The checks that are worth points, and preconditions that were not passed."""
    scheme = load()
    for number, section in enumerate(verdict.sections, 1):
        checks = [check for check in verdict.checks if check.section == section.name]
        shown = [check for check in checks if check.max_points or check.status != "passed"]
        for index, check in enumerate(shown, 1):
            line = scheme.checks.get(check.id)
            name = line.title[lang] if line else safe.printable(check.id)
            output = safe.shortened(_output(check, lang, scheme), MAX_OUTPUT)
            passed = check.status == "passed"
            yield Test(f"{number}.{index}", check.id, name, check.points, check.max_points, passed, output)


def _output(check: CheckResult, lang: str, scheme: Scheme) -> str:
    if check.status == "not_checked":
        return report.because(check, lang, scheme)
    if check.reason is None:
        return ""
    hint = scheme.checks[check.id].hint[lang] if check.id in scheme.checks else ""
    return report.sentences(check.reason, lang, hint).joined("\n")
