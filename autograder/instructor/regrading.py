"""New verdicts from stored evidence: no student code runs, no sandbox and no Keras is needed.

Evidence is what its seal vouches for; a student whose results are damaged keeps nothing and loses nothing, but
waits for a person, and the next `convmark grade` looks at the submission again.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autograder import scheme
from autograder import verdict as vd
from autograder.errors import ConvmarkError, GraderError, SubmissionError
from autograder.instructor import batch, grading, results, seal
from autograder.instructor.batch import Progress, Work
from autograder.instructor.collect import Entry
from autograder.instructor.grading import Done, Job, Settings
from autograder.instructor.lock import locked
from autograder.instructor.results import ResultsError, Row
from autograder.judge import judge
from autograder.launcher import PlainLauncher
from autograder.verdict import Reason, Verdict


@dataclass(frozen=True)
class Change:
    """A student's row before and after; ``before`` is None if there was no verdict to begin with."""

    before: Row | None
    after: Row

    @property
    def difference(self) -> float:
        """Points won or lost; 0 while one of the two is for a person."""
        if self.before is None or self.before.score is None or self.after.score is None:
            return 0.0
        return round(self.after.score - self.before.score, 2)

    @property
    def checks(self) -> list[str]:
        """The checks that failed only before or only after."""
        return sorted(set(self.before.failed if self.before else ()) ^ set(self.after.failed))

    @property
    def changed(self) -> bool:
        """Whether points, their maximum or the status are others."""
        if self.before is None:
            return False
        return (self.before.status, self.before.score, self.before.max_score, dict(self.before.sections)) != (
            self.after.status,
            self.after.score,
            self.after.max_score,
            dict(self.after.sections),
        )


def _earlier(folder: Path) -> Verdict | None:
    try:
        return vd.from_dict(json.loads((folder / results.VERDICT).read_bytes()))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _has_evidence(folder: Path) -> bool:
    """Whether there is any, whole or not; a submission that was refused has none."""
    return (folder / results.EVIDENCE).exists()


def _judged(job: Job, earlier: Verdict) -> Verdict:
    """The new verdict of a graded submission: from its evidence, or again on the reason why there is none.

    Raises:
        GraderError: the evidence is unreadable, or the judge failed.
    """
    folder = job.settings.out / job.folder
    evidence = folder / results.EVIDENCE
    if not _has_evidence(folder):
        reason = earlier.reason or Reason("submission.none")
        return grading.refused(job.settings, SubmissionError(reason.code, **reason.params))
    with grading.places(job) as (_, temporary):
        found = judge(evidence, job.settings.sections, temporary)
    unprotected = [flag for flag in earlier.flags if flag.code == "flag.unprotected"]
    return replace(found, flags=(*found.flags, *unprotected))


def _attention(job: Job, reason: Reason) -> Done:
    """What is said of a student whose results cannot be judged; what is stored stays as it is."""
    verdict = vd.attention(scheme.load(), job.settings.sections, reason)
    return Done(grading.row_of(job, verdict))


def _regrade(job: Job, dry: bool) -> Done:
    folder = job.settings.out / job.folder
    earlier, known = _earlier(folder), seal.read(folder)
    if earlier is not None and earlier.status == "needs_attention":
        row = grading.row_of(job, earlier)
        return Done(row, before=row)
    if earlier is None or (known is None and _has_evidence(folder)):
        return _attention(job, Reason("regrade.damaged"))
    before = grading.row_of(job, earlier)
    try:
        verdict = _judged(job, earlier)
    except ResultsError:
        raise
    except (GraderError, ConvmarkError) as error:
        return replace(_attention(job, Reason(error.code, error.params)), before=before)
    about = known.about if known else {}
    submitted = str(about.get("submitted", ""))
    job = replace(job, settings=replace(job.settings, lang=job.settings.lang or str(about.get("lang", "en"))))
    same = verdict == earlier and known is not None and known.report and about == grading.about_of(job, submitted)
    row = grading.row_of(job, verdict) if dry or same else grading.finish(job, verdict, submitted)
    return Done(row, before=before)


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
        return _attention(job, grading.bug(error))


def _about(out: Path) -> dict[str, Any]:
    """What the run in the folder was about, and who is in it.

    Raises:
        ResultsError: the folder holds no results that can be regraded.
    """
    about, roster = results.read_json(out / results.RUN), results.read_list(out / results.ROSTER)
    if about is None or roster is None or not isinstance(about.get("sections"), list):
        raise ResultsError("regrade.no_results", name=str(out))
    return about | {"roster": roster}


def _jobs(out: Path, about: dict[str, Any], lang: str) -> list[Job]:
    settings = Settings(
        out.resolve(),
        tuple(about["sections"]),
        str(about.get("data", "")),
        str(about.get("data_digest", "")),
        "",
        PlainLauncher(),  # starts nothing: there is only evidence to judge
        lang,
    )
    return [Job(Entry(student, name), folder, settings) for student, name, folder in about["roster"]]


@contextmanager
def _cleaned(out: Path) -> Iterator[None]:
    try:
        yield
    finally:
        results.clean(out)


def run(
    out: Path, jobs: int, *, lang: str = "", dry: bool = False, progress: Progress = lambda done, total: None
) -> list[Change]:
    """Judge all stored evidence again, and write what changed, the gradebook and the class page.

    Reports keep their language unless *lang* names one; with *dry* nothing is written.

    Raises:
        GraderError: there is nothing to regrade, or the results cannot be written.
    """
    if not out.is_dir():
        raise ResultsError("regrade.no_results", name=str(out))
    about = _about(out)
    with locked(out) as lock, _cleaned(out):
        todo = _jobs(out, about, lang)
        work = Work(look if dry else regrade, _attention)
        found = batch.outcomes(todo, jobs, lock, progress, work)
        changes = [Change(done.before, done.row) for done in found if done.row]
        if todo and not dry:
            _write(out, about, todo[0].settings, [change.after for change in changes], lang)
    return changes


def _write(out: Path, about: dict[str, Any], settings: Settings, rows: Sequence[Row], lang: str) -> None:
    lang = lang or str(about.get("lang", "en"))
    kept = {key: value for key, value in about.items() if key != "roster"}
    digest = results.scheme_digest(scheme.load())
    results.write_json(out / results.RUN, kept | {"scheme_digest": digest}, 0o600)
    batch.write(replace(settings, lang=lang), rows, str(about.get("title", "")), str(about.get("level", "")))
