"""Grade one submission: stage, observe in the sandbox, evaluate, judge, write. Runs in a worker.

A worker never sees student code outside a sandbox and never imports TensorFlow. Whatever goes wrong with
one submission ends in a verdict that asks for a person.
"""

import errno
import functools
import hashlib
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from autograder import __version__, cache, dataset, evaluate, history, scheme, submission, supervise, trial
from autograder import verdict as vd
from autograder.errors import ConvmarkError, GraderError, SubmissionError
from autograder.instructor import earlier, likeness, pages, results, rows, seal, staging
from autograder.instructor.collect import Entry
from autograder.instructor.exports import lateness
from autograder.instructor.results import ResultsError, Row
from autograder.instructor.seal import Sealed
from autograder.judge import judge
from autograder.launcher import Launcher
from autograder.verdict import Reason, Verdict

Found = TypeVar("Found")
DISK = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO}


@dataclass(frozen=True)
class Settings:
    """What all submissions of a run have in common.

    ``data`` is empty if accuracy is not asked for; ``limits`` replace those of the marking scheme. ``observed`` says
    what evidence was gathered for, if that was more than what is judged now. ``similar`` asks for digests of the code.
    """

    out: Path
    sections: tuple[str, ...]
    data: str
    data_digest: str
    secret: str
    launcher: Launcher
    lang: str = "en"
    limits: Mapping[str, float] = field(default_factory=dict)
    observed: Mapping[str, Any] = field(default_factory=dict)
    similar: bool = True


@dataclass(frozen=True)
class Job:
    """One submission to grade, and the folder name of its results."""

    entry: Entry
    folder: str
    settings: Settings


@dataclass(frozen=True, slots=True)
class Done:
    """A student's row, or the reason to stop the whole run.

    ``before`` is the row that a new verdict replaced, ``checks`` are those that answer otherwise or are worth
    something else, and ``kept`` says that there was no evidence to judge.
    """

    row: Row | None
    stop: Reason | None = None
    before: Row | None = None
    checks: tuple[str, ...] = ()
    kept: bool = False


@functools.cache
def _data(name: str) -> dataset.Dataset:
    return dataset.find(name)


def grade(job: Job) -> Done:
    """Grade one submission, or use its earlier result if that was made from the same things."""
    return guarded(job, lambda job: Done(_grade(job)))


def guarded(job: Job, do: Callable[[Job], Found]) -> Found | Done:
    """What *do* makes of a job; where it fails, why the run has to stop or a person has to look."""
    try:
        return do(job)
    except ResultsError as error:
        return Done(None, Reason(error.code, error.params))
    except OSError as error:
        if error.errno in DISK:
            return Done(None, Reason("results.cannot_write", {"name": job.folder, "reason": error.strerror or ""}))
        return attention(job, vd.bug(error))
    except Exception as error:
        return attention(job, vd.bug(error))


def attention(job: Job, reason: Reason) -> Done:
    """Record that a person has to look at a submission."""
    marking = scheme.load()
    try:
        return Done(finish(job, vd.attention(marking, job.settings.sections, reason), ""))
    except ResultsError as error:
        return Done(None, Reason(error.code, error.params))


@contextmanager
def place(job: Job) -> Iterator[Path]:
    """An empty folder for the submission's files, which does not outlive this."""
    name = hashlib.sha256(job.entry.student.encode("utf-8", "replace")).hexdigest()[:16]
    work = job.settings.out / results.WORK / name
    shutil.rmtree(work, ignore_errors=True)
    staged = work / "submission"  # students may read this name
    try:
        staged.mkdir(parents=True)
        yield staged
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _grade(job: Job) -> Row:
    with place(job) as staged:
        found = prepared(job, staged)
        return found if isinstance(found, Row) else completed(job, staged, found)


def prepared(job: Job, staged: Path) -> Row | str:
    """Copy what can be graded into the folder *staged*: its digest, or the row if there is nothing left to do."""
    folder = job.settings.out / job.folder
    try:
        if job.entry.problem is not None:
            raise SubmissionError(job.entry.problem.code, **job.entry.problem.params)
        submitted = staging.stage(job.entry, staged)
    except SubmissionError as error:
        earlier.forget(folder)
        lateness.remember(folder, None)
        return finish(job, refused(job.settings, error), "")
    known = seal.read(folder)
    if (row := _reused(job, submitted, known)) is None:
        if known is None or known.about.get("submitted") != submitted:
            lateness.remember(folder, None)
        earlier.forget(folder)
    return row or submitted


def completed(job: Job, staged: Path, submitted: str) -> Row:
    """Grade the files in the folder *staged*, of which *submitted* is the digest."""
    try:
        verdict = _observed(job, staged)
    except ResultsError:
        raise
    except ConvmarkError as error:
        verdict = refused(job.settings, error)
    return finish(job, verdict, submitted)


def fingerprint_of(settings: Settings, submitted: str) -> str:
    """What a verdict depends on, in one number."""
    marking = results.scheme_digest(scheme.load())
    return results.digest_of([submitted, marking, settings.sections, settings.data_digest, __version__])


def _reused(job: Job, submitted: str, known: Sealed | None) -> Row | None:
    """The row of an earlier verdict that is *known* to be whole and was made from the same things."""
    folder = job.settings.out / job.folder
    about = about_of(job, submitted)
    if known is None or any(known.about.get(key) != about[key] for key in ("student", "fingerprint")):
        return None
    verdict = results.read_verdict(folder / results.VERDICT)
    if verdict is None:
        return None
    job = replace(job, settings=replace(job.settings, observed=known.about.get("observed") or {}))
    whole = known.report and known.about == about_of(job, submitted)
    return row_of(job, verdict) if whole else finish(job, verdict, submitted, known)


def about_of(job: Job, submitted: str) -> dict[str, Any]:
    """What results are made from, *submitted* being the digest of the files; of name and language only the report."""
    settings = job.settings
    return {
        "student": job.entry.student,
        "submitted": submitted,
        "fingerprint": fingerprint_of(settings, submitted),
        "name": job.entry.name,
        "lang": settings.lang,
        "observed": settings.observed or {"sections": list(settings.sections), "data_digest": settings.data_digest},
    }


def _observed(job: Job, staged: Path) -> Verdict:
    """Gather evidence, evaluate weights, judge.

    Evidence without a verdict is not used again: judging takes a moment, and only a seal vouches for a file.

    Raises:
        SubmissionError: there is nothing to grade.
        GraderError: a process of ours failed.
    """
    settings = job.settings
    marking = scheme.load()
    found = submission.find(staged, marking.templates, job.entry.student)
    folder = settings.out / job.folder / results.EVIDENCE
    limits = {**marking.limits, **settings.limits}
    record = supervise.gather(
        found,
        settings.launcher,
        seed=results.seed(settings.secret, found.sha256),
        limits=limits,
        stages=supervise.stages_for(settings.sections),
    )
    if settings.similar:
        record["code"] = likeness.codes(found.kind, found.cells, settings.launcher)
    results.write_json(folder / "evidence.json", record)
    if found.history is not None and "accuracy" in settings.sections:
        results.write_json(folder / history.FILE, history.told(found.history))
    problem = _unmeasured(job, folder, found, marking, limits) if "accuracy" in settings.sections else None
    verdict = marked(judge(folder, settings.sections), settings.launcher)
    if problem is None or verdict.status != "graded":
        return verdict
    return vd.waiting(verdict, ["accuracy"], problem)


def _unmeasured(
    job: Job, folder: Path, found: submission.Submission, marking: scheme.Scheme, limits: Mapping[str, float]
) -> Reason | None:
    """Measure the accuracy; why that failed, if it did. The checks of the other sections answer all the same."""
    try:
        _measured(job, folder, found, marking, limits)
    except ResultsError:
        raise
    except GraderError as error:
        return Reason(error.code, error.params)
    return None


def _measured(job: Job, folder: Path, found: submission.Submission, marking: scheme.Scheme, limits: Mapping[str, float]) -> None:
    """Evaluate the weights that were submitted; without any, try whether the network learns.

    A trial is only made where its accuracy can be compared with something. Either needs the data set: that it is not
    here costs nobody points, and only a network that cannot be trained anyway does without.

    Raises:
        DataUnavailable: the lab's data set is not on this machine.
    """
    settings = job.settings
    if found.weights is not None:
        weights = found.weights.resolve()
        evaluate.evaluate(folder, weights, settings.launcher, _data(settings.data), marking, limits, cache.home())
        return
    name = _data(settings.data).name if settings.data_digest else settings.data
    if marking.calibration(name) and (settings.data_digest or trial.possible(folder, marking)):
        trial.trial(folder, settings.launcher, _data(settings.data), marking, limits, cache.home())


def marked(verdict: Verdict, launcher: Launcher) -> Verdict:
    """The verdict, flagged if nothing but a process stood between the submission and this machine."""
    if launcher.level != "process":
        return verdict
    return replace(verdict, flags=(*verdict.flags, Reason("flag.unprotected", {})))


def refused(settings: Settings, error: ConvmarkError) -> Verdict:
    """The verdict on a submission that could not be read: the student's fault loses all points."""
    return vd.refused(scheme.load(), settings.sections, error)


def finish(job: Job, verdict: Verdict, submitted: str, known: Sealed | None = None) -> Row:
    """Write verdict and report; what a later run may use again is sealed last, and only if it was graded.

    *submitted* is the digest of the files that were graded, empty if the next run has to look at them again. What
    is *known* to be whole, with the same evidence, stays so if this is interrupted.
    """
    folder = job.settings.out / job.folder
    if known is None:
        seal.remove(folder)
    else:
        earlier.remember(folder, verdict)
        seal.announce(folder, known, about_of(job, submitted), verdict.to_dict())
    results.write_json(folder / results.VERDICT, verdict.to_dict())
    row = row_of(job, verdict)
    try:
        late = lateness.told(lateness.known(folder), verdict, job.settings.lang)
        report = pages.student_page(verdict, job.entry.name, job.settings.lang, earlier.before(folder, verdict), late)
    except Exception as error:
        with results.writing(job.folder):
            (folder / results.REPORT).unlink(missing_ok=True)
        return replace(row, status="needs_attention", score=None, sections={}, reason=rows.plain(vd.bug(error)), report=False)
    results.write_text(folder / results.REPORT, report)
    if submitted and verdict.status == "graded":
        seal.write(folder, about_of(job, submitted))
    return row


def row_of(job: Job, verdict: Verdict) -> Row:
    """The line of the gradebook and of the summary."""
    return rows.of(job.entry, job.settings.out / job.folder, verdict)
