"""The pytest face of the checks: options, fixtures, and the verdict at the end."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from autograder import __version__, last, messages, report
from autograder.collector import Collector, check_id
from autograder.comparison import Comparison
from autograder.courtesy import Courtesy, sentence
from autograder.errors import ConvmarkError
from autograder.evidence import FUNCTIONS
from autograder.observed import Observed, PreparedCase
from autograder.scheme import Scheme, load
from autograder.session import Session
from autograder.verdict import Verdict

CHECKS = Path(__file__).parent / "checks"
PATIENCE = 10.0  # seconds without a word
SESSION = pytest.StashKey[Session]()
COLLECTOR = pytest.StashKey[Collector]()
COURTESY = pytest.StashKey[Courtesy]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of the autograder; write ``--submission=DIR`` with the equals sign."""
    group = parser.getgroup("autograder")
    group.addoption("--submission", metavar="DIR", help="folder of the submission (default: the one that holds autograder/)")
    group.addoption("--evidence", metavar="DIR", help="folder with stored evidence; no student code is run")
    group.addoption("--verdict", metavar="FILE", help="also write the verdict to FILE, as JSON")
    group.addoption("--lang", metavar="|".join(messages.LANGUAGES), help="language of the report (default: by locale)")
    group.addoption("--sections", metavar="NAMES", help="only these sections, as in data,model")
    # pytest names an option that it does not know before any plugin could; this stands below that.
    parser.extra_info["autograder"] = messages.phrase(messages.default_language(), "usage")


def pytest_configure(config: pytest.Config) -> None:
    """Begin to observe the submission, while pytest collects the checks."""
    scheme = load()
    try:
        session = Session.start(
            scheme,
            evidence=config.getoption("--evidence"),
            submission=config.getoption("--submission"),
            sections=config.getoption("--sections"),
            lang=config.getoption("--lang"),
        )
    except ConvmarkError as error:
        raise pytest.UsageError(sentence(messages.spoken(config.getoption("--lang")), error)) from None
    collector, courtesy = Collector(scheme), Courtesy(session.lang)
    config.stash[SESSION] = session
    config.stash[COLLECTOR] = collector
    config.stash[COURTESY] = courtesy
    config.pluginmanager.register(collector, "convmark-collector")
    config.pluginmanager.register(courtesy, "convmark-courtesy")


def pytest_report_header(config: pytest.Config) -> list[str]:
    """What is checked, and by which version."""
    return config.stash[SESSION].header(__version__)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the checks of the wanted sections, in the order of the marking scheme."""
    sections = config.stash[SESSION].sections
    ours = [item for item in items if CHECKS in item.path.parents]
    order = list(config.stash[SESSION].scheme.checks)
    kept = [item for item in ours if check_id(item).split(".")[0] in sections and check_id(item) in order]
    kept.sort(key=lambda item: order.index(check_id(item)))
    dropped = [item for item in ours if item not in kept]
    if dropped:
        config.hook.pytest_deselected(items=dropped)
    items[:] = kept


def _verdict(config: pytest.Config) -> Verdict:
    return config.stash[SESSION].verdict(config.stash[COLLECTOR].outcomes)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the verdict where ``--verdict`` says."""
    target = session.config.getoption("--verdict")
    if target and SESSION in session.config.stash and not session.config.option.collectonly:
        Path(target).write_text(json.dumps(_verdict(session.config).to_dict(), ensure_ascii=True), "utf-8")


def pytest_terminal_summary(terminalreporter: Any, exitstatus: int, config: pytest.Config) -> None:
    """Points by section, and for each mistake what is wrong, what was expected and what to do."""
    if config.option.collectonly:
        return
    width = min(100, getattr(terminalreporter._tw, "fullwidth", 80))
    terminalreporter.write_line("")
    courtesy = config.stash[COURTESY]
    without = courtesy.interrupted or not config.stash[COLLECTOR].outcomes
    for line in report.plain(courtesy.told(config, exitstatus), width) if without else _told(config, width):
        terminalreporter.write_line(line)


def _told(config: pytest.Config, width: int) -> Iterable[str]:
    """The report on the sections of which every check has run, and which others pytest was told to leave out in part."""
    session, outcomes = config.stash[SESSION], config.stash[COLLECTOR].outcomes
    whole = session.answered(outcomes)
    if whole:
        verdict = session.verdict(outcomes, whole)
        change = last.changed(verdict, session.scheme, session.place) if session.place else None
        yield from report.to_text(verdict, session.lang, width=width, change=change, own=session.place is not None).splitlines()
    partly = [name for name in session.sections if name not in whole]
    if partly:
        yield from ("", *report.partial(partly, session.lang, width))


def pytest_unconfigure(config: pytest.Config) -> None:
    """End a probe that is still running."""
    if SESSION in config.stash:
        config.stash[SESSION].close()


@pytest.fixture(scope="session")
def observed(request: pytest.FixtureRequest) -> Observed:
    """The submission's evidence, made ready for the checks; where it takes long, what is waited for is told."""
    session = request.config.stash[SESSION]
    terminal = request.config.pluginmanager.get_plugin("terminalreporter")
    capture = request.config.pluginmanager.get_plugin("capturemanager")
    if terminal is not None and capture is not None and not session.ready(PATIENCE):
        seconds = max(session.scheme.limits[task] for task in FUNCTIONS)
        with capture.global_and_fixture_disabled():
            terminal.ensure_newline()
            terminal.write_line(messages.phrase(session.lang, "waiting", seconds=f"{seconds:g}"))
    return session.observed()


@pytest.fixture
def data(observed: Observed) -> Iterable[PreparedCase]:
    """What ``prepare_data`` returned."""
    return observed.data


@pytest.fixture
def kept(observed: Observed) -> dict[str, tuple[int, int]]:
    """How many rows of many ``prepare_data`` was given and returned."""
    return observed.kept


@pytest.fixture
def network(observed: Observed) -> Comparison:
    """The received network beside the expected one."""
    return observed.comparison


@pytest.fixture(scope="session")
def facts(request: pytest.FixtureRequest) -> Any:
    """The lab's facts under the names of `lab.toml`."""
    scheme: Scheme = request.config.stash[SESSION].scheme
    return scheme.raw
