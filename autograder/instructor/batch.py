"""Grade a class: a loop over an executor that holds only rows.

Submissions are handed out in a bounded window, so memory does not grow with the class. A worker that dies
takes others' work with it: each submission it may have held is tried once more, alone.
"""

import datetime
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import wait as wait_for
from pathlib import Path

from autograder import dataset, scheme
from autograder.errors import DataUnavailable, GraderError
from autograder.instructor import cgroup, collect, grading, pages, results, seal
from autograder.instructor.grading import Done, Job, Settings
from autograder.instructor.lock import Lock, locked
from autograder.instructor.results import ResultsError, Row
from autograder.process import Launcher
from autograder.verdict import Reason

PATIENCE = 5.0  # seconds for killed processes to be gone
WINDOW = 2  # submissions handed out for each worker
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Options:
    """What the instructor asked for."""

    submissions: Path
    out: Path
    launcher: Launcher
    jobs: int = 1
    sections: tuple[str, ...] = ()
    data: str = "cifar10"
    fresh: bool = False
    lang: str = "en"
    limits: Mapping[str, float] = field(default_factory=dict)
    warn: Callable[[DataUnavailable], None] = lambda error: None


def prepare_worker(lock: Lock | None) -> None:
    """Make a process fit to grade: no plugins, no interrupts of the terminal, and not outliving its parent.

    Until it is gone it holds the *lock* with its parent.
    """
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait_for([sentinel])
    os._exit(1)


def workers(jobs: int, lock: Lock | None) -> Executor:
    """Local worker processes, started afresh: a fork would copy threads and open files."""
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(jobs, mp_context=context, initializer=prepare_worker, initargs=(lock,))


@contextmanager
def _closing(executor: Executor) -> Iterator[Executor]:
    """Shut an executor down; after an error, without waiting for what its workers do."""
    try:
        yield executor
    except BaseException:
        processes = list((getattr(executor, "_processes", None) or {}).values())
        executor.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.kill()
        for process in processes:
            process.join(PATIENCE)
        raise
    executor.shutdown(wait=True, cancel_futures=True)


def run_all(jobs: Iterable[Job], executor: Executor, window: int) -> Iterator[tuple[Job, Done | None]]:
    """Every job with its outcome, as they end; None for what was lost with a worker."""
    held: dict[Future[Done], Job] = {}
    queue = iter(jobs)
    broken = False
    while True:
        while not broken and len(held) < window and (job := next(queue, None)) is not None:
            try:
                held[executor.submit(grading.grade, job)] = job
            except BrokenProcessPool:
                broken = True
                yield job, None
        if not held:
            break
        for future in wait(held, return_when=FIRST_COMPLETED).done:
            job = held.pop(future)
            try:
                yield job, future.result()
            except BrokenProcessPool:
                broken = True
                yield job, None
            except Exception as error:
                yield job, grading.attention(job, Reason("grader.bug", {"reason": repr(error)[:300]}))
    for job in queue:
        yield job, None


def _alone(job: Job, lock: Lock | None) -> Done | None:
    """A job by itself in a worker of its own; None if the worker dies again."""
    with _closing(workers(1, lock)) as executor:
        return next(run_all([job], executor, 1))[1]


def _rows(jobs: Sequence[Job], count: int, lock: Lock | None, done: Callable[[], None]) -> list[Row]:
    """The rows of all jobs.

    Raises:
        ResultsError: the results cannot be written.
    """
    pending, found = list(jobs), []
    while pending:
        lost: list[Job] = []
        with _closing(workers(min(count, len(pending)), lock)) as executor:
            for job, outcome in run_all(pending, executor, WINDOW * count):
                if outcome is None:
                    lost.append(job)
                    continue
                found.append(_row(outcome))
                done()
        suspects, pending = lost[: WINDOW * count + 1], lost[WINDOW * count + 1 :]
        for job in suspects:
            outcome = _alone(job, lock) or grading.attention(job, Reason("grader.worker_died", {}))
            found.append(_row(outcome))
            done()
    return found


def _row(outcome: Done) -> Row:
    if outcome.row is None:
        reason = outcome.stop or Reason("grader.bug", {"reason": "no row"})
        raise ResultsError(reason.code, **reason.params)
    return outcome.row


def _data_digest(options: Options) -> str:
    """The digest of the data set; empty, after a warning, if CIFAR-10 is not on this machine.

    Submissions without weights do not need it; one with weights then waits for a person.

    Raises:
        DataUnavailable: the file that was named cannot be read.
    """
    try:
        return dataset.find(options.data).digest
    except DataUnavailable as error:
        if options.data != "cifar10":
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
    about = {"sections": list(sections), "data": options.data if wants_data else "", "data_digest": digest}
    about |= {"scheme_digest": results.scheme_digest(marking)}
    if options.fresh:
        seal.remove_all(options.out)
    secret = results.open_run(options.out, about, options.fresh)
    data = options.data if wants_data else ""
    return Settings(options.out.resolve(), sections, data, digest, secret, options.launcher, options.lang, options.limits)


def run(options: Options, progress: Progress = lambda done, total: None) -> list[Row]:
    """Grade all submissions and write gradebook and summary; the rows in the order of students.

    Raises:
        DataUnavailable: the file that was named as data set cannot be read.
        GraderError: submissions cannot be listed, or results cannot be written.
    """
    with locked(options.out) as lock:
        entries = collect.entries(options.submissions, skip=options.out)
        settings = _settings(options)
        names = results.folders(entry.student for entry in entries)
        jobs = [Job(entry, names[entry.student], settings) for entry in entries]
        count = 0

        def done() -> None:
            nonlocal count
            count += 1
            progress(count, len(jobs))

        progress(0, len(jobs))
        try:
            rows = sorted(_rows(jobs, options.jobs, lock, done), key=lambda row: row.student)
        except OSError as error:
            raise GraderError("grader.cannot_start", reason=error.strerror or str(error)) from error
        finally:
            results.clean(settings.out)
            cgroup.sweep(PATIENCE)
        _write(settings, rows, options)
        return rows


def _write(settings: Settings, rows: Sequence[Row], options: Options) -> None:
    out = settings.out
    results.write_text(out / results.GRADES, results.grades(rows, settings.sections))
    try:
        summary = pages.summary_page(
            [row.for_summary(settings.lang) for row in rows],
            title=options.submissions.resolve().name,
            lang=settings.lang,
            data=settings.data,
            sandbox=settings.launcher.level,
            sections=settings.sections,
            generated=datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        )
    except Exception as error:  # the gradebook is written; say so instead of a traceback
        raise GraderError("grader.bug", reason=f"summary: {type(error).__name__}: {error}"[:300]) from error
    results.write_text(out / results.SUMMARY, summary)
