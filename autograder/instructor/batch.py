"""Grade a class: list it, grade it in a loop, write gradebook and page."""

import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from autograder import dataset, scheme
from autograder.errors import DataUnavailable, GraderError
from autograder.instructor import cgroup, collect, likeness, loop, pages, results, seal, serving
from autograder.instructor.collect import Entry
from autograder.instructor.compact import Mapped, Packed
from autograder.instructor.grading import Job, Settings
from autograder.instructor.lock import Lock, locked
from autograder.instructor.loop import GRADE, PATIENCE, Pool, Progress, Work
from autograder.instructor.results import ResultsError, Row
from autograder.launcher import Launcher


def _nobody(news: object) -> None:
    """Tell nobody. A function with a name, so that options can be handed to another process."""


@dataclass(frozen=True)
class Options:
    """What the instructor asked for, and who is told of it."""

    submissions: Path
    out: Path
    launcher: Launcher
    jobs: int = 1
    sections: tuple[str, ...] = ()
    data: str = field(default_factory=dataset.lab_name)
    fresh: bool = False
    lang: str = "en"
    limits: Mapping[str, float] = field(default_factory=dict)
    warn: Callable[[DataUnavailable], None] = _nobody
    listed: Callable[[Sequence[Entry]], None] = _nobody
    assignment: str = ""
    pool: Pool | None = None
    work: Work = GRADE
    similar: bool = True


def _data_digest(options: Options) -> str:
    """The digest of what evaluation uses of the data set; empty, after a warning, if the lab's is not on this machine.

    Whoever's accuracy could be measured then waits for a person.

    Raises:
        DataUnavailable: the file that was named cannot be read.
    """
    try:
        return dataset.find(options.data).evaluated_digest
    except DataUnavailable as error:
        if options.data != dataset.lab_name():
            raise
        options.warn(error)
        return ""


def _settings(options: Options) -> Settings:
    """Read what the run depends on, and open the folder of results.

    Raises:
        DataUnavailable: the file that was named as data set cannot be read.
        ResultsError: the folder cannot be used.
    """
    marking = scheme.load()
    sections = tuple(name for name in marking.sections if not options.sections or name in options.sections)
    wants_data = "accuracy" in sections
    digest = _data_digest(options) if wants_data else ""
    about: dict[str, Any] = {"sections": list(sections), "data": options.data if wants_data else "", "data_digest": digest}
    about |= {"scheme_digest": results.scheme_digest(marking), "level": options.launcher.level, "lang": options.lang}
    about |= {"title": options.submissions.resolve().name, "observed": list(sections), "similar": options.similar}
    if options.fresh:
        seal.remove_all(options.out)
    secret = results.open_run(options.out, about, options.fresh)
    data = options.data if wants_data else ""
    found = Settings(options.out.resolve(), sections, data, digest, secret, options.launcher, options.lang, options.limits)
    return replace(found, similar=options.similar)


@dataclass(frozen=True)
class Opened:
    """A folder of results that nobody else may write to, and the jobs of the class."""

    options: Options
    settings: Settings
    jobs: Sequence[Job]
    lock: Lock | None

    def rows(self, jobs: Sequence[Job], progress: Progress = lambda done, total: None) -> Iterator[Row]:
        """Grade these *jobs* of the class.

        Raises:
            GraderError: workers cannot be started, or results cannot be written.
        """
        pool = self.options.pool or loop.local(self.options.jobs, self.lock)
        try:
            for done in loop.outcomes(jobs, pool, progress, self.options.work):
                if done.row:
                    yield done.row
        except OSError as error:
            raise GraderError("grader.cannot_start", reason=error.strerror or str(error)) from error


@contextmanager
def opened(options: Options, *, replacing: bool = True) -> Iterator[Opened]:
    """List the class and open its folder of results; afterwards nothing is left of what a run needs.

    Without *replacing*, the results of another class are not written over.

    Raises:
        DataUnavailable: the file that was named as data set cannot be read.
        GraderError: submissions cannot be listed or are none, or results cannot be written.
    """
    with locked(options.out) as lock:
        entries = collect.entries(options.submissions, options.out, options.assignment)
        collect.demand(entries, options.submissions, options.assignment)
        options.listed(entries)
        if not replacing:
            results.check_class(options.out, (entry.student for entry in entries))
        settings = _settings(options)
        names = results.folders(entry.student for entry in entries)
        jobs = Mapped(lambda entry: Job(entry, names[entry.student], settings), entries)
        results.write_roster(settings.out, ([job.entry.student, job.entry.name, job.folder] for job in jobs))
        try:
            yield Opened(options, settings, jobs, lock)
        finally:
            results.clean(settings.out)
            likeness.close_all()
            cgroup.sweep(PATIENCE)
            serving.sweep()


def run(options: Options, progress: Progress = lambda done, total: None) -> Sequence[Row]:
    """Grade all submissions and write gradebook and summary; the rows in the order of students.

    Raises:
        DataUnavailable: the file that was named as data set cannot be read.
        GraderError: submissions cannot be listed or are none, the results are another class's, or cannot be written.
    """
    with opened(options, replacing=options.fresh) as found:
        rows = Packed(found.rows(found.jobs, progress))
        write(found.settings, rows, options.submissions.resolve().name, options.launcher.level)
        return rows


def write(
    settings: Settings, rows: Sequence[Row], title: str, level: str, regraded: Sequence[Mapping[str, Any]] | None = None
) -> None:
    """Write the gradebook and the class page, with what a regrading has changed.

    Raises:
        GraderError: the page cannot be made, or the results cannot be written.
    """
    results.write_text(settings.out / results.GRADES, results.grades(rows, settings.sections))
    write_page(settings, rows, title, level, regraded)


def write_page(
    settings: Settings, rows: Sequence[Row], title: str, level: str, regraded: Sequence[Mapping[str, Any]] | None = None
) -> None:
    """Write the class page alone.

    Raises:
        GraderError: the page cannot be made or written.
    """
    try:
        summary = pages.summary_page(
            Mapped(Row.for_summary, rows),
            title=title,
            lang=settings.lang,
            data=settings.data,
            sandbox=level,
            sections=settings.sections,
            generated=datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
            similar=settings.similar,
            regraded=regraded,
        )
        results.write_text(settings.out / results.SUMMARY, summary)
    except ResultsError:
        raise
    except Exception as error:  # the gradebook is written; say so instead of a traceback
        raise GraderError("grader.bug", reason=f"summary: {type(error).__name__}: {error}"[:300]) from error
