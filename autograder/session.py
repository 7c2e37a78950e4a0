"""One run of the checks: where the evidence comes from, and the verdict that comes out."""

import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder import (
    cache,
    dataset,
    evaluate,
    files,
    history,
    launcher,
    messages,
    safe,
    supervise,
    told,
    trial,
)
from autograder import evidence as ev
from autograder import verdict as vd
from autograder.errors import DataUnavailable, GraderError
from autograder.inputs import PUBLIC_SEED
from autograder.observed import Observed
from autograder.scheme import Scheme
from autograder.submission import Submission, find
from autograder.verdict import Outcome, Reason, Verdict


@dataclass
class Session:
    """Evidence, stored or gathered now in the background, and the sections to judge by it.

    ``place`` is the folder of the submission in a student's own run.
    """

    scheme: Scheme
    sections: list[str]
    lang: str
    folder: Path
    found: Submission | None = None
    graded: bool = False
    place: Path | None = None
    _thread: threading.Thread | None = None
    _error: BaseException | None = None
    _observed: Observed | None = None
    _temporary: Any = field(default=None, repr=False)

    @classmethod
    def start(
        cls,
        scheme: Scheme,
        *,
        evidence: str | None = None,
        submission: str | None = None,
        sections: str | None = None,
        lang: str | None = None,
        graded: bool = False,
    ) -> "Session":
        """Read stored evidence, or find the submission and begin to gather its evidence.

        With *graded* the accuracy is measured as the batch does it: without weights the network is trained for a
        short time, and without the data set there is no verdict on weights.

        Raises:
            SubmissionError: there is no submission, or more than one.
            GraderError: an option names something that does not exist.
        """
        lang = language(lang)
        wanted = chosen(scheme, sections)
        if evidence:
            return cls(scheme, wanted, lang, Path(evidence))
        temporary = tempfile.TemporaryDirectory(prefix="convmark-")
        session = cls(scheme, wanted, lang, Path(temporary.name), graded=graded, _temporary=temporary)
        folder = Path(submission) if submission else launcher.ROOT
        session.found = find(folder, scheme.templates)
        session.place = None if graded else folder
        session._thread = threading.Thread(target=session._gather, daemon=True)
        session._thread.start()
        return session

    def _gather(self) -> None:
        """Observe the submission in a plain subprocess: it is the student's own code on their own machine."""
        assert self.found is not None
        plain = launcher.PlainLauncher()
        stages = supervise.stages_for(self.sections)
        try:
            record = supervise.gather(self.found, plain, seed=PUBLIC_SEED, limits=self.scheme.limits, stages=stages)
            files.write_json(self.folder / "evidence.json", record)
            if "accuracy" in self.sections:
                if self.found.history is not None:
                    history.record(self.found.history, self.folder)
                self._measure(self.found.weights, plain)
        except BaseException as error:
            self._error = error

    def _measure(self, weights: Path | None, plain: launcher.Launcher) -> None:
        """Evaluate the weights, if there are some and the data set; who grades needs it for them."""
        if weights is None and not self.graded:
            return
        try:
            data = dataset.find()
        except DataUnavailable as error:
            if self.graded and weights is not None:
                raise
            if not self.graded:
                evaluate.unavailable(self.folder, error)
            return
        if weights is not None:
            evaluate.evaluate(self.folder, weights.resolve(), plain, data, self.scheme)
        elif self.scheme.calibration(data.name):
            trial.trial(self.folder, plain, data, self.scheme, shared=cache.home())

    def ready(self, seconds: float) -> bool:
        """Whether the evidence is there, or its failure; waits for it for so long."""
        if self._thread is not None:
            self._thread.join(seconds)
        return self._thread is None or not self._thread.is_alive()

    def observed(self) -> Observed:
        """The evidence, made ready; waits for it if it is still being gathered.

        Raises:
            GraderError: it could not be gathered or read.
        """
        if self._thread is not None:
            self._thread.join()
        if self._error is not None:
            raise self._error
        if self._observed is None:
            record = ev.load(self.folder / "evidence.json")
            self._observed = Observed(record, self.scheme, evaluate.load(self.folder))
        return self._observed

    def header(self, version: str) -> list[str]:
        """What was found, and which version checks it, as lines that are safe to print."""
        return [safe.printable(line) for line in self._header(version)]

    def _header(self, version: str) -> list[str]:
        lines = [messages.phrase(self.lang, "header_version", version=version, lab=self.scheme.raw["lab"]["version"])]
        if self.found is None:
            return [*lines, messages.phrase(self.lang, "header_evidence", folder=self.folder.name)]
        if self.found.untouched:
            names = ", ".join(sorted((self.found.name, *self.found.ignored)))
            lines.append(messages.phrase(self.lang, "header_found_untouched", name=names))
        else:
            lines.append(messages.phrase(self.lang, "header_found", name=self.found.name))
        if self.found.ignored and not self.found.untouched:
            lines.append(messages.phrase(self.lang, "header_ignored", names=", ".join(self.found.ignored)))
        if self.found.weights is not None:
            lines.append(messages.phrase(self.lang, "header_weights", name=self.found.weights.name))
        return lines

    def answered(self, outcomes: Mapping[str, Outcome]) -> list[str]:
        """The sections of which every check has answered."""
        return [name for name in self.sections if all(line.id in outcomes for line in self.scheme.of([name]))]

    def verdict(self, outcomes: Mapping[str, Outcome], sections: Sequence[str] | None = None) -> Verdict:
        """The verdict of the checks that have answered, on some *sections* or on all of this run."""
        wanted = self.sections if sections is None else sections
        try:
            observed = self.observed()
            recorded = history.load(self.folder) if "accuracy" in self.sections else None
            return vd.build(
                self.scheme,
                wanted,
                outcomes,
                layers=told.table(observed, outcomes),
                notes=told.notes(observed.evidence, recorded),
                flags=told.flags(observed),
                facts=told.facts(observed, outcomes, self.folder, recorded),
            )
        except GraderError as error:
            return vd.attention(self.scheme, wanted, Reason(error.code, error.params))
        except Exception as error:  # a fault of ours: a person looks, the batch goes on
            return vd.attention(self.scheme, wanted, vd.bug(error))

    def close(self) -> None:
        """Remove the temporary evidence."""
        if self._temporary is not None:
            self._temporary.cleanup()


def language(asked: str | None) -> str:
    """The language of a report: the one that was asked for, or that of the system.

    Raises:
        GraderError: there are no reports in that language.
    """
    if asked and asked not in messages.LANGUAGES:
        raise GraderError("grader.unknown_language", name=asked, known=", ".join(messages.LANGUAGES))
    return asked or messages.default_language()


def chosen(scheme: Scheme, text: str | None) -> list[str]:
    """The sections that *text* names with commas between, in their order; all if it names none.

    Raises:
        GraderError: one does not exist.
    """
    if not text:
        return scheme.sections
    wanted = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in wanted if name not in scheme.sections]
    if unknown:
        raise GraderError("grader.unknown_section", names=", ".join(unknown), known=", ".join(scheme.sections))
    return [name for name in scheme.sections if name in wanted]
