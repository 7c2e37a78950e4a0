"""New verdicts from stored evidence: no student code runs, no sandbox and no Keras is needed.

Evidence is what its seal vouches for; a student whose results are damaged keeps nothing and loses nothing, but
waits for a person, and the next `convmark grade` looks at the submission again.

Until the gradebook is written, the verdict before stays beside the new one: a regrading that was interrupted and
is run again names all whom it changes.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autograder import scheme
from autograder import verdict as vd
from autograder.errors import ConvmarkError, GraderError, SubmissionError
from autograder.instructor import batch, grading, loop, results, seal
from autograder.instructor.collect import Entry
from autograder.instructor.compact import Mapped, Packed
from autograder.instructor.grading import Done, Job, Settings
from autograder.instructor.lock import locked
from autograder.instructor.loop import Progress, Work
from autograder.instructor.results import ResultsError, Row
from autograder.instructor.seal import Sealed
from autograder.judge import judge
from autograder.launcher import PlainLauncher
from autograder.verdict import Reason, Verdict


@dataclass(frozen=True)
class Change:
    """A student's row before and after; ``before`` is None if there was no verdict to begin with.

    ``checks`` answer otherwise or are worth something else; ``kept`` says that there was no evidence to judge.
    """

    before: Row | None
    after: Row
    checks: tuple[str, ...] = ()
    kept: bool = False

    @property
    def difference(self) -> float:
        """Points won or lost; 0 while one of the two is for a person."""
        if self.before is None or self.before.score is None or self.after.score is None:
            return 0.0
        return round(self.after.score - self.before.score, 2)

    @property
    def changed(self) -> bool:
        """Whether points, their maximum, the status or an answer are others."""
        if self.before is None:
            return False
        return bool(self.checks) or _points(self.before) != _points(self.after)

    @property
    def moved(self) -> bool:
        """Whether the points or the status are others."""
        return self.changed and self.before is not None and _worth(self.before) != _worth(self.after)


def _worth(row: Row) -> tuple[str, float | None]:
    return row.status, row.score


def _points(row: Row) -> tuple[Any, ...]:
    return row.status, row.score, row.max_score, dict(row.sections)


def _has_evidence(folder: Path) -> bool:
    """Whether there is any, whole or not; a submission that was refused has none."""
    return (folder / results.EVIDENCE).exists()


def _damaged(folder: Path, earlier: Verdict, known: Sealed | None) -> bool:
    """Whether a seal is missing or broken; a submission that was refused needs none, for its reason is judged again."""
    refused = earlier.reason is not None and not _has_evidence(folder)
    return known is None and (not refused or (folder / results.SEAL).exists())


def _fitted(job: Job, known: Sealed | None) -> Job | None:
    """The job with what its evidence was gathered for; None if that is less than what is asked."""
    if known is None:
        return job
    observed = known.about.get("observed") or {}
    sections = job.settings.sections
    if not set(sections) <= set(observed.get("sections", ())):
        return None
    digest = str(observed.get("data_digest", "")) if "accuracy" in sections else ""
    return replace(job, settings=replace(job.settings, data_digest=digest, observed=observed))


def _judged(job: Job, earlier: Verdict) -> Verdict:
    """The new verdict of a graded submission: from its evidence, or again on the reason why there is none.

    Raises:
        GraderError: the evidence is unreadable, or the judge failed.
    """
    folder = job.settings.out / job.folder
    if earlier.reason is not None and not _has_evidence(folder):
        return grading.refused(job.settings, SubmissionError(earlier.reason.code, **earlier.reason.params))
    found = judge(folder / results.EVIDENCE, job.settings.sections)
    unprotected = [flag for flag in earlier.flags if flag.code == "flag.unprotected"]
    return replace(found, flags=(*found.flags, *unprotected))


def _attention(job: Job, reason: Reason) -> Done:
    """What is said of a student whose results cannot be judged; what is stored stays as it is."""
    verdict = vd.attention(scheme.load(), job.settings.sections, reason)
    has_report = (job.settings.out / job.folder / results.REPORT).is_file()
    return Done(replace(grading.row_of(job, verdict), report=has_report))


def _answers(verdict: Verdict) -> dict[str, tuple[Any, ...]]:
    return {check.id: (check.status, check.points, check.max_points) for check in verdict.checks}


def _changed_checks(before: Verdict, after: Verdict) -> tuple[str, ...]:
    was, now = _answers(before), _answers(after)
    return tuple(name for name in {**now, **was} if was.get(name) != now.get(name))


def _stored(job: Job, earlier: Verdict, verdict: Verdict, known: Sealed | None) -> Row:
    """Write a verdict if it is another, and keep the one before until the whole class is done."""
    folder = job.settings.out / job.folder
    submitted = str(known.about.get("submitted", "")) if known else ""
    if verdict == earlier and known is not None and known.report and known.about == grading.about_of(job, submitted):
        return grading.row_of(job, verdict)
    if not (folder / results.BEFORE).exists():
        results.write_json(folder / results.BEFORE, earlier.to_dict())
    return grading.finish(job, verdict, submitted, known)


def _regrade(job: Job, dry: bool) -> Done:
    folder = job.settings.out / job.folder
    earlier, known = results.read_verdict(folder / results.VERDICT), seal.read(folder)
    if earlier is not None and earlier.status == "needs_attention":
        row = grading.row_of(job, earlier)
        return Done(row, before=row, kept=True)
    if earlier is None or _damaged(folder, earlier, known):
        return _attention(job, Reason("regrade.damaged"))
    first = results.read_verdict(folder / results.BEFORE) or earlier
    before = grading.row_of(job, first)
    fitted = _fitted(job, known)
    if fitted is None:
        return replace(_attention(job, Reason("regrade.not_observed")), before=before)
    try:
        verdict = _judged(fitted, earlier)
    except ResultsError:
        raise
    except (GraderError, ConvmarkError) as error:
        return replace(_attention(job, Reason(error.code, error.params)), before=before)
    # A broken check is mended and judged again: what its evidence is sealed with stays.
    keep = dry or verdict.status != "graded"
    row = grading.row_of(fitted, verdict) if keep else _stored(fitted, earlier, verdict, known)
    return Done(row, before=before, checks=_changed_checks(first, verdict), kept=not _has_evidence(folder))


def regrade(job: Job) -> Done:
    """A new verdict for one student, written if it is another."""
    return _guarded(job, False)


def look(job: Job) -> Done:
    """A new verdict for one student, which is not written."""
    return _guarded(job, True)


def _guarded(job: Job, dry: bool) -> Done:
    try:
        return _regrade(job, dry)
    except ResultsError as error:
        return Done(None, Reason(error.code, error.params))
    except Exception as error:
        return _attention(job, vd.bug(error))


def _about(out: Path) -> dict[str, Any]:
    """What the run in the folder was about, and who is in it.

    Raises:
        ResultsError: the folder holds no results that can be regraded.
    """
    about, roster = results.read_json(out / results.RUN), results.read_list(out / results.ROSTER)
    if about is None or roster is None or not isinstance(about.get("sections"), list):
        raise ResultsError("regrade.no_results", name=str(out))
    defaults = {"observed": about["sections"], "lang": "en"}
    return {**about, **{key: about.get(key, value) for key, value in defaults.items()}, "roster": roster}


def _chosen(about: Mapping[str, Any], sections: Sequence[str]) -> tuple[str, ...]:
    """The sections to judge, those of the last run if none are named.

    Raises:
        ResultsError: one of them was not graded, so there is no evidence for it.
    """
    missing = [name for name in sections if name not in about["observed"]]
    if missing:
        raise ResultsError("regrade.no_evidence", sections=missing)
    wanted = sections or about["sections"]
    return tuple(name for name in scheme.load().sections if name in wanted)


def _jobs(out: Path, about: Mapping[str, Any]) -> list[Job]:
    settings = Settings(
        out.resolve(),
        tuple(about["sections"]),
        str(about.get("data", "")) if "accuracy" in about["sections"] else "",
        "",
        "",
        PlainLauncher(),  # starts nothing: there is only evidence to judge
        str(about["lang"]),
        similar=about.get("similar") is not False,
    )
    return [Job(Entry(student, name), folder, settings) for student, name, folder in about["roster"]]


@contextmanager
def _cleaned(out: Path) -> Iterator[None]:
    try:
        yield
    finally:
        results.clean(out)


def run(
    out: Path,
    jobs: int,
    *,
    sections: Sequence[str] = (),
    lang: str = "",
    dry: bool = False,
    progress: Progress = lambda done, total: None,
) -> Sequence[Change]:
    """Judge all stored evidence again, and write what changed, the gradebook and the class page.

    Sections and language are those of the last run unless others are named; with *dry* nothing is written.

    Raises:
        GraderError: there is nothing to regrade, or the results cannot be written.
    """
    if not out.is_dir():
        raise ResultsError("regrade.no_results", name=str(out))
    _about(out)  # before a lock is made in a folder that is none of ours
    with locked(out) as lock, _cleaned(out):
        about = _about(out)
        about |= {"sections": list(_chosen(about, sections)), "lang": lang or about["lang"]}
        todo = _jobs(out, about)
        found = loop.outcomes(todo, loop.local(jobs, lock), progress, Work(look if dry else regrade, _attention))
        changes = Packed(Change(done.before, done.row, done.checks, done.kept) for done in found if done.row)
        if todo and not dry:
            _write(out, about, todo[0].settings, changes)
    return changes


def _standing(job: Job) -> Row:
    """The line of a student as the results stand: nothing is judged again."""
    folder = job.settings.out / job.folder
    verdict = results.read_verdict(folder / results.VERDICT)
    if verdict is None or (verdict.status == "graded" and _damaged(folder, verdict, seal.read(folder))):
        verdict = vd.attention(scheme.load(), job.settings.sections, Reason("regrade.damaged"))
    return replace(grading.row_of(job, verdict), report=(folder / results.REPORT).is_file())


def write_page(out: Path) -> None:
    """Make the class page again of results as they stand; whoever calls it holds the lock.

    Raises:
        GraderError: there are no results, or the page cannot be made or written.
    """
    about = _about(out)
    todo = _jobs(out, about)
    rows = Packed(map(_standing, todo))
    batch.write_page(todo[0].settings, rows, str(about.get("title", "")), str(about.get("level", "")))


def for_page(change: Change) -> dict[str, Any]:
    """A change as the class page takes it."""
    return {
        "row": change.after.for_summary(),
        "before": change.before.score if change.before else None,
        "difference": change.difference,
        "changed": change.changed,
        "checks": change.checks,
        "kept": change.kept,
    }


def _write(out: Path, about: Mapping[str, Any], settings: Settings, changes: Sequence[Change]) -> None:
    kept = {key: value for key, value in about.items() if key != "roster"}
    kept["scheme_digest"] = results.scheme_digest(scheme.load())
    results.write_json(out / results.RUN, kept, 0o600)
    rows = Mapped(lambda change: change.after, changes)
    batch.write(settings, rows, str(about.get("title", "")), str(about.get("level", "")), Mapped(for_page, changes))
    results.forget_before(out)
