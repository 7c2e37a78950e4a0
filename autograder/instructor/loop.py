"""A loop over an executor that holds only what is under way, here or on a cluster.

Submissions are handed out in a bounded window, so memory does not grow with the class. A local worker that dies
takes others' work with it: each submission it may have held is tried once more, alone. A cluster tries elsewhere by itself.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import wait as wait_for
from typing import Any

from autograder import verdict as vd
from autograder.errors import GraderError
from autograder.instructor import grading
from autograder.instructor.compact import Packed
from autograder.instructor.grading import Done, Job
from autograder.instructor.lock import Lock
from autograder.instructor.results import ResultsError
from autograder.verdict import Reason

PATIENCE = 5.0  # seconds for killed processes to be gone
WINDOW = 2  # submissions handed out for each worker
MAX_HELD = 2**30  # bytes of submissions that travel at the same time
Progress = Callable[[int, int], None]


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
class Pool:
    """Where work is done: opens an executor for so many waiting jobs, and takes at most ``window`` of them at a time."""

    open: Callable[[int], AbstractContextManager[Executor]]
    window: int


def local(count: int, lock: Lock | None) -> Pool:
    """*count* processes of this machine."""
    return Pool(lambda waiting: _closing(workers(min(count, waiting), lock)), WINDOW * count)


def _same(job: Job) -> Any:
    return job


def _as_it_is(job: Job, done: Any) -> Done:
    found: Done = done
    return found


@dataclass(frozen=True)
class Work:
    """What is done with each job in a worker, and what is made of one that failed there.

    ``given`` makes of a job what travels to the worker, or already its outcome; ``taken`` makes an outcome of the
    answer. Both run here. ``why`` says what is told of an exception.
    """

    do: Callable[[Any], Any]
    failed: Callable[[Job, Reason], Done]
    given: Callable[[Job], Any] = _same
    taken: Callable[[Job, Any], Done] = _as_it_is
    why: Callable[[Exception], Reason] = vd.bug


def _grade(job: Job) -> Done:
    return grading.grade(job)


GRADE = Work(_grade, grading.attention)


def _size(given: Any) -> int:
    return int(getattr(given, "size", 0))


def run_all(jobs: Iterable[Job], executor: Executor, window: int, work: Work = GRADE) -> Iterator[tuple[Job, Done | None]]:
    """Every job with its outcome, as they end; None for what was lost with a worker.

    Raises:
        GraderError: the cluster is gone.
    """
    held: dict[Future[Any], tuple[Job, int]] = {}
    queue = iter(jobs)
    broken = False
    while True:
        while not broken and _room(held, window) and (job := next(queue, None)) is not None:
            given = work.given(job)
            if isinstance(given, Done):
                yield job, given
                continue
            try:
                held[executor.submit(work.do, given)] = job, _size(given)
            except BrokenProcessPool:
                broken = True
                yield job, None
        if not held:
            break
        for future in wait(held, return_when=FIRST_COMPLETED).done:
            job, _ = held.pop(future)
            outcome = _outcome(future, job, work)
            broken = broken or outcome is None
            yield job, outcome
    for job in queue:
        yield job, None


def _room(held: Mapping[Any, tuple[Job, int]], window: int) -> bool:
    """Whether another job may be handed out; one is, whatever its size."""
    return not held or (len(held) < window and sum(size for _, size in held.values()) < MAX_HELD)


def _outcome(future: Future[Any], job: Job, work: Work) -> Done | None:
    """What came of a job; None if it was lost with a worker.

    Raises:
        GraderError: the cluster is gone.
    """
    try:
        return work.taken(job, future.result())
    except BrokenProcessPool:
        return None
    except CancelledError:
        raise GraderError("cluster.lost") from None
    except Exception as error:
        return work.failed(job, work.why(error))


def outcomes(jobs: Sequence[Job], pool: Pool, progress: Progress, work: Work = GRADE) -> Packed[Done]:
    """What came of all jobs, in the order of students.

    Raises:
        GraderError: the results cannot be written, or the cluster is gone.
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
        with pool.open(len(pending)) as executor:
            for job, outcome in run_all(pending, executor, pool.window, work):
                if outcome is None:
                    lost.append(job)
                else:
                    keep(outcome)
        suspects, pending = lost[: pool.window + 1], lost[pool.window + 1 :]
        for job in suspects:
            with pool.open(1) as executor:
                again = next(run_all([job], executor, 1, work))[1]
            keep(again or work.failed(job, Reason("grader.worker_died", {})))
    found.sort(lambda one: one.row.student if one.row else "")
    return found
