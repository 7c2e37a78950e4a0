"""One run of the checks: where the evidence comes from, and the verdict that comes out."""

import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder import cache, dataset, evaluate, figures, files, launcher, messages, safe, supervise, suspicion, trial, tried
from autograder import evidence as ev
from autograder import verdict as vd
from autograder.errors import DataUnavailable, GraderError
from autograder.evidence import Evidence
from autograder.inputs import PUBLIC_SEED
from autograder.observed import Observed
from autograder.scheme import Scheme
from autograder.submission import Submission, find
from autograder.verdict import Outcome, Reason, Verdict

LOG_CHARS = 8000


@dataclass
class Session:
    """Evidence, stored or gathered now in the background, and the sections to judge by it."""

    scheme: Scheme
    sections: list[str]
    lang: str
    folder: Path
    found: Submission | None = None
    graded: bool = False
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
        lang = lang or messages.default_language()
        wanted = chosen(scheme, sections)
        if evidence:
            return cls(scheme, wanted, lang, Path(evidence))
        temporary = tempfile.TemporaryDirectory(prefix="convmark-")
        session = cls(scheme, wanted, lang, Path(temporary.name), graded=graded, _temporary=temporary)
        folder = Path(submission) if submission else launcher.ROOT
        session.found = find(folder, scheme.templates)
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
        key = "header_found_untouched" if self.found.untouched else "header_found"
        lines.append(messages.phrase(self.lang, key, name=self.found.name))
        if self.found.ignored:
            lines.append(messages.phrase(self.lang, "header_ignored", names=", ".join(self.found.ignored)))
        if self.found.weights is not None:
            lines.append(messages.phrase(self.lang, "header_weights", name=self.found.weights.name))
        return lines

    def verdict(self, outcomes: Mapping[str, Outcome]) -> Verdict:
        """The verdict of the checks that have answered."""
        try:
            observed = self.observed()
            return vd.build(
                self.scheme,
                self.sections,
                outcomes,
                layers=_table(observed, outcomes),
                notes=_notes(observed.evidence),
                flags=_flags(observed),
                facts=facts(observed.evidence, observed.evaluation),
            )
        except GraderError as error:
            return vd.attention(self.scheme, self.sections, Reason(error.code, error.params))
        except Exception as error:  # a fault of ours: a person looks, the batch goes on
            return vd.attention(self.scheme, self.sections, vd.bug(error))

    def close(self) -> None:
        """Remove the temporary evidence."""
        if self._temporary is not None:
            self._temporary.cleanup()


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


def _table(observed: Observed, outcomes: Mapping[str, Outcome]) -> list[dict[str, Any]]:
    """The layer table, if there is a network to show."""
    reached = outcomes.get("model.honest")
    if reached is None or reached.status != "passed":
        return []
    return observed.comparison.table()


def _repeatable(evidence: Evidence) -> bool:
    """Whether nothing says that `build_model` built another network at its second call."""
    model = evidence.stages.get("model")
    return model is None or model.status != "ok" or bool(model.value.get("repeatable", True))


def _notes(evidence: Evidence) -> list[Reason]:
    """What may help the student and costs nothing."""
    notes = []
    start = evidence.stages.get("import")
    if start is not None and start.status == "error":
        notes.append(Reason("note.stopped", ev.error_params(start.details)))
    if not _repeatable(evidence):
        notes.append(Reason("note.not_repeatable", {}))
    return notes


def _flags(observed: Observed) -> list[Reason]:
    """What a person should look at; no points depend on it."""
    evidence, evaluation = observed.evidence, observed.evaluation
    flags = []
    if evidence.garbage:
        flags.append(Reason("flag.wire", {"count": evidence.garbage}))
    if evidence.look:
        flags.append(Reason("flag.look", {"found": list(evidence.look)}))
    if not _repeatable(evidence):
        flags.append(Reason("flag.not_repeatable", {}))
    if evaluation is not None and evaluation["status"] == "ok" and evaluation.get("kind") != tried.KIND:
        data = evaluation["data"]
        fitted = observed.scheme.raw["accuracy"].get(data, {}).get("fitted")
        flags += filter(None, [suspicion.of_test_set(figures.read(evaluation), data, fitted)])
    return flags


def facts(evidence: Evidence, evaluation: dict[str, Any] | None) -> dict[str, Any]:
    """What was graded, with which versions, in which sandbox."""
    found: dict[str, Any] = {
        "source": {key: evidence.source.get(key) for key in ("name", "kind", "sha256")},
        "versions": evidence.versions,
        "sandbox": evidence.sandbox,
        "seed": evidence.seed,
        "log": evidence.log[:LOG_CHARS],
    }
    if evidence.code:
        found["code"] = evidence.code
    if evaluation is not None:
        found["accuracy"] = _told(evaluation)
    return found


def _told(evaluation: dict[str, Any]) -> dict[str, Any]:
    """An evaluation without what only its file is for; of a trial without its losses."""
    told = {key: value for key, value in evaluation.items() if key not in {"schema", "params"}}
    for name in {"lab", "own"} & told.keys():
        told[name] = {key: value for key, value in dict(told[name]).items() if key != "losses"}
    return told
