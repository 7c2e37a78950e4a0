"""What a verdict says beside points: the layer table, notes, flags, and the facts about what was graded."""

import hashlib
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autograder import consequences, figures, inputs, keras2, recipes, suspicion, tried
from autograder import evidence as ev
from autograder.evidence import Evidence
from autograder.observed import Observed
from autograder.verdict import Outcome, Reason

LOG_CHARS = 8000
ABOUT_RATES = ("compile.learning_rate", "compile.decay")


def table(observed: Observed, outcomes: Mapping[str, Outcome]) -> list[dict[str, Any]]:
    """The layer table, if there is a network to show."""
    reached = outcomes.get("model.honest")
    if reached is None or reached.status != "passed":
        return []
    both = observed.comparison
    return [
        row | {"consequences": [{"code": reason.code, "params": dict(reason.params)} for reason in reasons]}
        for row, reasons in zip(both.table(), consequences.of(both), strict=True)
    ]


def _repeatable(evidence: Evidence) -> bool:
    """Whether nothing says that `build_model` built another network at its second call."""
    model = evidence.stages.get("model")
    return model is None or model.status != "ok" or bool(model.value.get("repeatable", True))


def notes(evidence: Evidence, recorded: Mapping[str, Any] | None) -> list[Reason]:
    """What may help the student and costs nothing; *recorded* is what the record of the training says."""
    found: list[Reason] = []
    start = evidence.stages.get("import")
    is_told = any(stage.status == "missing" for stage in evidence.stages.values())  # by the check of that function
    if start is not None and start.status == "error" and not is_told and not ev.is_syntax(start):
        error = ev.error_params(start.details)
        moved = keras2.moved(error["message"])
        found.append(Reason("note.moved", error | moved) if moved else Reason("note.stopped", error))
    if not _repeatable(evidence):
        found.append(Reason("note.not_repeatable", {}))
    if recorded is not None and recorded["status"] == "error":
        found.append(Reason(recorded["code"], recorded["params"]))
    return found


def flags(observed: Observed) -> list[Reason]:
    """What a person should look at; no points depend on it."""
    evidence, evaluation = observed.evidence, observed.evaluation
    found: list[Reason] = []
    if evidence.garbage:
        found.append(Reason("flag.wire", {"count": evidence.garbage}))
    if evidence.look:
        found.append(Reason("flag.look", {"found": list(evidence.look)}))
    if not _repeatable(evidence):
        found.append(Reason("flag.not_repeatable", {}))
    if evaluation is not None and evaluation["status"] == "ok" and evaluation.get("kind") != tried.KIND:
        data = evaluation["data"]
        fitted = observed.scheme.raw["accuracy"].get(data, {}).get("fitted")
        found += filter(None, [suspicion.of_test_set(figures.read(evaluation), data, fitted)])
    return found


def facts(
    observed: Observed, outcomes: Mapping[str, Outcome], folder: Path, recorded: Mapping[str, Any] | None
) -> dict[str, Any]:
    """What was graded, with which versions, in which sandbox; *folder* holds the evidence."""
    evidence = observed.evidence
    found: dict[str, Any] = {
        "source": {key: evidence.source.get(key) for key in ("name", "kind", "sha256")},
        "versions": evidence.versions,
        "sandbox": evidence.sandbox,
        "seed": evidence.seed,
        "stages": {name: stage.status for name, stage in evidence.stages.items()},
        "evidence": _digest(folder / "evidence.json"),
        "log": evidence.log[:LOG_CHARS],
    }
    if evidence.code:
        found["code"] = evidence.code
    if any(outcomes[name].status == "failed" for name in ABOUT_RATES if name in outcomes):
        found["learning_rate"] = _rates(observed)
    if observed.evaluation is not None:
        found["accuracy"] = {key: value for key, value in observed.evaluation.items() if key not in {"schema", "params"}}
        found |= _losses(observed)
    if recorded is not None:
        found["history"] = {key: value for key, value in recorded.items() if key not in {"schema", "params"}}
    return found


def _losses(observed: Observed) -> dict[str, Any]:
    """Which loss the network was trained with in a trial, by the lab's compilation and by the submission's own."""
    own = recipes.compiled(observed) if "own" in (observed.evaluation or {}) else None
    if own is None:
        return {}
    smoothing = f"(label_smoothing={own['label_smoothing']:g})" if own["label_smoothing"] else ""
    return {"losses": {"lab": observed.scheme.raw["compile"]["loss"], "own": own["loss"] + smoothing}}


def _digest(path: Path) -> str | None:
    """SHA-256 of a file; None for evidence that is in none."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def _rates(observed: Observed) -> dict[str, Any]:
    """The learning rate at some steps, for each number of epochs that was tried; None where it was no number."""
    runs = [
        {"epochs": run.epochs, "received": [rate if math.isfinite(rate) else None for rate in run.rates]} for run in observed.runs
    ]
    return {"steps": list(inputs.STEPS), "runs": runs}
