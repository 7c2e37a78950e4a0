"""Run the checks in this process, through pytest, and take the verdict out.

For stored evidence no student code runs here and TensorFlow is never imported.
"""

import contextlib
import io
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from autograder.errors import GraderError
from autograder.plugin import COLLECTOR, SESSION
from autograder.verdict import Verdict

FOLDER = Path(__file__).parent
# Plugins of pytest that the checks do not need: registering them is a third of the work on one verdict.
UNUSED = (
    "debugging",
    "doctest",
    "faulthandler",
    "junitxml",
    "legacypath",
    "logging",
    "monkeypatch",
    "pastebin",
    "recwarn",
    "setuponly",
    "setupplan",
    "skipping",
    "stepwise",
    "subtests",
    "terminalprogress",
    "threadexception",
    "tmpdir",
    "unittest",
    "warnings",
)
PLAIN = (
    *(part for name in UNUSED for part in ("-p", f"no:{name}")),
    "-p",
    "no:cacheprovider",
    "-p",
    "no:unraisableexception",  # collects garbage five times at the end: half the time, nearly all of it beside Keras
    "--noconftest",
    "-p",
    "autograder.plugin",
    "-c",
    str(FOLDER / "pytest.ini"),
    f"--rootdir={FOLDER}",
)
OUTSIDE = ("PYTEST_ADDOPTS", "PYTEST_CURRENT_TEST", "PYTEST_PLUGINS")


@dataclass
class Run:
    """A finished run of the checks; ``verdict`` is None if it did not get that far."""

    verdict: Verdict | None = None
    lang: str = "en"
    output: str = ""
    status: int = 0

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Ask for the verdict while the session is still open."""
        stash = session.config.stash
        if SESSION in stash:
            self.verdict = stash[SESSION].verdict(stash[COLLECTOR].outcomes)
            self.lang = stash[SESSION].lang


@contextlib.contextmanager
def _apart(within: Path | None) -> Iterator[None]:
    """An empty working folder, and none of the settings of a pytest that may be running around this one."""
    before = {name: os.environ.pop(name, None) for name in OUTSIDE}
    here = Path.cwd()
    with tempfile.TemporaryDirectory(prefix="convmark-judge-", dir=within) as empty:
        try:
            os.chdir(empty)
            yield
        finally:
            os.chdir(here)
            os.environ.update({name: value for name, value in before.items() if value is not None})


def run(options: Sequence[str], within: Path | None = None) -> Run:
    """Run the checks with these options of the plugin, quietly, in an empty folder in the folder *within*."""
    found = Run()
    output = io.StringIO()
    with _apart(within), contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        found.status = int(pytest.main([*PLAIN, *options, str(FOLDER / "checks")], plugins=[found]))
    found.output = output.getvalue()
    return found


def judge(evidence_dir: Path, sections: Sequence[str], within: Path | None = None) -> Verdict:
    """The verdict of the checks of *sections* on the stored evidence; temporary files go to the folder *within*.

    Raises:
        GraderError: pytest ended without a verdict.
    """
    found = run([f"--evidence={evidence_dir.resolve()}", f"--sections={','.join(sections)}", "--lang=en"], within)
    if found.verdict is None:
        raise GraderError("grader.judge_failed", status=found.status, log=found.output[-500:])
    return found.verdict
