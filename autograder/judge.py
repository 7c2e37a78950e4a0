"""Run the checks in this process, through pytest, and take the verdict out.

For stored evidence no student code runs here and TensorFlow is never imported. There one session of pytest stays
open and judges one submission after another: opening it costs more than the checks do. Between two submissions
every fixture is torn down, and nothing of a submission is kept.
"""

import contextlib
import io
import os
import queue
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from autograder import scheme
from autograder.collector import check_id
from autograder.errors import GraderError
from autograder.plugin import COLLECTOR, SESSION
from autograder.session import Session
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
def _undisturbed() -> Iterator[None]:
    """None of the settings of a pytest that may be running around this one."""
    before = {name: os.environ.pop(name, None) for name in OUTSIDE}
    try:
        yield
    finally:
        os.environ.update({name: value for name, value in before.items() if value is not None})


@contextlib.contextmanager
def _quiet() -> Iterator[io.StringIO]:
    """No settings from outside; what is printed meanwhile."""
    output = io.StringIO()
    with _undisturbed(), contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        yield output


def run(options: Sequence[str]) -> Run:
    """Run the checks with these options of the plugin, quietly, in an empty folder."""
    found, here = Run(), Path.cwd()
    with tempfile.TemporaryDirectory(prefix="convmark-judge-") as empty, _quiet() as output:
        try:
            os.chdir(empty)
            found.status = int(pytest.main([*PLAIN, *options, str(FOLDER / "checks")], plugins=[found]))
        finally:
            os.chdir(here)
    found.output = output.getvalue()
    return found


@dataclass
class _Court:
    """A session of pytest in a thread of its own, which judges what is put into ``cases``.

    ``answers`` holds a verdict for each case, and None when the session is open and when it has ended.
    """

    cases: "queue.SimpleQueue[tuple[Path, Sequence[str]]]" = field(default_factory=queue.SimpleQueue)
    answers: "queue.SimpleQueue[Verdict | Exception | None]" = field(default_factory=queue.SimpleQueue)
    output: io.StringIO = field(default_factory=io.StringIO)
    status: int | None = None
    errors: list[str] = field(default_factory=list)

    def open(self) -> "_Court":
        """Begin, and come as far as the checks or, with a ``status``, to an early end."""
        with _quiet() as self.output:
            threading.Thread(target=self._main, name="convmark-judge", daemon=True).start()
            self.answers.get()
        return self

    def _main(self) -> None:
        try:
            options = ["-s", "--lang=en", f"--evidence={FOLDER}", str(FOLDER / "checks")]
            self.status = int(pytest.main([*PLAIN, *options], plugins=[self]))
        except BaseException as error:
            self.status = -1
            self.output.write(repr(error))
        self.answers.put(None)

    def hear(self, evidence_dir: Path, sections: Sequence[str]) -> Verdict | Exception | None:
        """What comes of one submission; None if the session has ended."""
        if self.status is not None:
            return None
        self.cases.put((evidence_dir, sections))
        with _undisturbed():
            return self.answers.get()

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep why a module of checks cannot be loaded: pytest would tell it after the end."""
        if report.failed:
            self.errors.append(str(report.longrepr))

    @property
    def log(self) -> str:
        """Why there is no verdict: the end of what is known."""
        return ("\n".join(self.errors) or self.output.getvalue())[-500:]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """In the place of pytest's own loop: the checks once for every case."""
        if session.testsfailed:
            raise session.Interrupted(f"{session.testsfailed} errors during collection")
        # It would keep a report of every check for a summary that nobody reads.
        session.config.pluginmanager.unregister(name="terminalreporter")
        self.answers.put(None)
        while True:
            evidence_dir, sections = self.cases.get()
            try:
                self.answers.put(_heard(session, evidence_dir, sections))
            except Exception as error:
                self.answers.put(error)


def _heard(session: pytest.Session, evidence_dir: Path, sections: Sequence[str]) -> Verdict:
    """Every check of *sections*, as pytest runs it; after the last one no fixture is left."""
    stash = session.config.stash
    case = stash[SESSION] = Session.start(scheme.load(), evidence=str(evidence_dir), sections=",".join(sections), lang="en")
    outcomes = stash[COLLECTOR].outcomes = {}
    items = [item for item in session.items if check_id(item).split(".")[0] in case.sections]
    for item, following in zip(items, [*items[1:], None], strict=True):
        session.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
    return case.verdict(outcomes)


_lock = threading.Lock()
_courts: list[_Court] = []


def judge(evidence_dir: Path, sections: Sequence[str]) -> Verdict:
    """The verdict of the checks of *sections* on the stored evidence.

    Raises:
        GraderError: pytest ended without a verdict.
    """
    with _lock:
        court = _courts.pop() if _courts else _Court().open()
        answer = court.hear(evidence_dir.resolve(), sections)
        if answer is not None:
            _courts.append(court)  # not after an interruption: its answer to this would be taken for one to the next
    if answer is None:
        raise GraderError("grader.judge_failed", status=court.status, log=court.log)
    if isinstance(answer, Exception):
        raise answer
    return answer
