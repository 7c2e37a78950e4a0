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
from autograder.instructor import cgroup, collect, grading, pages, results, seal, warm
from autograder.instructor.compact import Mapped, Packed
from autograder.instructor.grading import Done, Job, Settings
from autograder.instructor.lock import Lock, locked
from autograder.instructor.results import ResultsError, Row
from autograder.launcher import Launcher
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
    """Local worker processes, started afresh: a fork would copy threads and open files.

    Each multiplies matrices in one thread: the processors are busy with other submissions.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
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


@dataclass(frozen=True)
class Work:
    """What is done with each job in a worker, and what is made of one that failed there."""

    do: Callable[[Job], Done]
    failed: Callable[[Job, Reason], Done]


def _grade(job: Job) -> Done:
    return grading.grade(job)


GRADE = Work(_grade, grading.attention)


def run_all(jobs: Iterable[Job], executor: Executor, window: int, work: Work = GRADE) -> Iterator[tuple[Job, Done | None]]:
    """Every job with its outcome, as they end; None for what was lost with a worker."""
    held: dict[Future[Done], Job] = {}
    queue = iter(jobs)
    broken = False
    while True:
        while not broken and len(held) < window and (job := next(queue, None)) is not None:
            try:
                held[executor.submit(work.do, job)] = job
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
                yield job, work.failed(job, Reason("grader.bug", {"reason": repr(error)[:300]}))
    for job in queue:
        yield job, None


def _alone(job: Job, lock: Lock | None, work: Work) -> Done | None:
    """A job by itself in a worker of its own; None if the worker dies again."""
    with _closing(workers(1, lock)) as executor:
        return next(run_all([job], executor, 1, work))[1]


def outcomes(jobs: Sequence[Job], count: int, lock: Lock | None, progress: Progress, work: Work = GRADE) -> Packed[Done]:
    """What came of all jobs, in the order of students, by *count* workers.

    Raises:
        ResultsError: the results cannot be written.
    """
    pending = jobs
    found: Packed[Done] = Packed()

    def keep(outcome: Done) -> None:
        if outcome.row is None:
            reason = outcome.stop or Reason("grader.bug", {"reason": "no row"})
            raise ResultsError(reason.code, **reason.params)
        found.append(outcome)
        progress(len(found), len(jobs))

    progress(0, len(jobs))
    while pending:
        lost: list[Job] = []
        with _closing(workers(min(count, len(pending)), lock)) as executor:
            for job, outcome in run_all(pending, executor, WINDOW * count, work):
                if outcome is None:
                    lost.append(job)
                else:
                    keep(outcome)
        suspects, pending = lost[: WINDOW * count + 1], lost[WINDOW * count + 1 :]
        for job in suspects:
            keep(_alone(job, lock, work) or work.failed(job, Reason("grader.worker_died", {})))
    found.sort(lambda one: one.row.student if one.row else "")
    return found


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
    about |= {"scheme_digest": results.scheme_digest(marking), "level": options.launcher.level, "lang": options.lang}
    about |= {"title": options.submissions.resolve().name, "observed": list(sections)}
    if options.fresh:
        seal.remove_all(options.out)
    secret = results.open_run(options.out, about, options.fresh)
    data = options.data if wants_data else ""
    return Settings(options.out.resolve(), sections, data, digest, secret, options.launcher, options.lang, options.limits)


def run(options: Options, progress: Progress = lambda done, total: None) -> Sequence[Row]:
    """Grade all submissions and write gradebook and summary; the rows in the order of students.

    Raises:
        DataUnavailable: the file that was named as data set cannot be read.
        GraderError: submissions cannot be listed, or results cannot be written.
    """
    with locked(options.out) as lock:
        entries = collect.entries(options.submissions, skip=options.out)
        settings = _settings(options)
        names = results.folders(entry.student for entry in entries)
        jobs = Mapped(lambda entry: Job(entry, names[entry.student], settings), entries)
        results.write_roster(settings.out, ([job.entry.student, job.entry.name, job.folder] for job in jobs))
        try:
            rows = Packed(done.row for done in outcomes(jobs, options.jobs, lock, progress) if done.row)
        except OSError as error:
            raise GraderError("grader.cannot_start", reason=error.strerror or str(error)) from error
        finally:
            results.clean(settings.out)
            cgroup.sweep(PATIENCE)
            warm.sweep()
        write(settings, rows, options.submissions.resolve().name, options.launcher.level)
        return rows


def write(settings: Settings, rows: Sequence[Row], title: str, level: str) -> None:
    """Write the gradebook and the class page.

    Raises:
        GraderError: the page cannot be made, or the results cannot be written.
    """
    out = settings.out
    results.write_text(out / results.GRADES, results.grades(rows, settings.sections))
    try:
        summary = pages.summary_stream(
            Mapped(Row.for_summary, rows),
            title=title,
            lang=settings.lang,
            data=settings.data,
            sandbox=level,
            sections=settings.sections,
            generated=datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        )
        results.write_text(out / results.SUMMARY, summary)
    except ResultsError:
        raise
    except Exception as error:  # the gradebook is written; say so instead of a traceback
        raise GraderError("grader.bug", reason=f"summary: {type(error).__name__}: {error}"[:300]) from error
