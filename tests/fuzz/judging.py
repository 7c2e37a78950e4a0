"""The judge's step on many evidences: the checks in the order of the scheme, called without pytest."""

import functools
import importlib
import inspect
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from autograder import report
from autograder import verdict as vd
from autograder.collector import outcome_of
from autograder.errors import ConvmarkError, NotReached
from autograder.observed import Observed
from autograder.scheme import Scheme, load
from autograder.session import Session
from autograder.verdict import Outcome, Verdict
from tests.fuzz.target import Broken

STAGES = ("data", "model", "compile")


@functools.cache
def scheme() -> Scheme:
    """The marking scheme."""
    return load()


@functools.cache
def _check(name: str) -> tuple[Any, tuple[str, ...], tuple[str, ...]]:
    """A check, the fixtures it asks for, and the checks it needs."""
    section, _, check = name.partition(".")
    function = getattr(importlib.import_module(f"autograder.checks.test_{section}"), f"test_{check}")
    needs = tuple(mark.args[0] for mark in getattr(function, "pytestmark", []) if mark.name == "needs")
    return function, tuple(inspect.signature(function).parameters), needs


def _compiled(observed: Observed) -> Any:
    runs: Callable[[Observed, Any], Any] = importlib.import_module("autograder.checks.test_compile").compiled.__wrapped__
    return runs(observed, observed.scheme.raw)


FIXTURES: Mapping[str, Callable[[Observed], Any]] = {
    "observed": lambda observed: observed,
    "data": lambda observed: observed.data,
    "kept": lambda observed: observed.kept,
    "network": lambda observed: observed.comparison,
    "facts": lambda observed: observed.scheme.raw,
    "compiled": _compiled,
}


def _demand(needs: tuple[str, ...], outcomes: dict[str, Outcome]) -> None:
    for needed in needs:
        before = outcomes[needed]
        if before.status == "not_checked" and before.reason is not None:
            raise NotReached(before.reason.code, **before.reason.params)
        if before.status != "passed":
            raise NotReached(before.because or needed)


def outcomes_of(observed: Observed) -> dict[str, Outcome]:
    """What every check answers; an exception that is none of ours leaves it."""
    outcomes: dict[str, Outcome] = {}
    for name in observed.scheme.checks:
        function, fixtures, needs = _check(name)
        error: ConvmarkError | None = None
        try:
            _demand(needs, outcomes)
            function(**{fixture: FIXTURES[fixture](observed) for fixture in fixtures})
        except ConvmarkError as caught:
            error = caught
        outcomes[name] = outcome_of(error, observed.scheme)
    return outcomes


def judged(observed: Observed, folder: Path = Path()) -> Verdict:
    """The verdict as `Session` makes it; *folder* has the evidence, if it is in a file."""
    session = Session(scheme(), scheme().sections, "en", folder, _observed=observed)
    found = session.verdict(outcomes_of(observed))
    if found.reason is not None and found.reason.code == "grader.bug":
        raise Broken(found.reason.params["reason"])
    return found


def demand_sound(verdict: Verdict, observed: Observed) -> None:
    """Raise unless the verdict is strict JSON, can be shown in both languages, and gives nothing for nothing."""
    text = json.dumps(verdict.to_dict(), allow_nan=False)
    if vd.from_dict(json.loads(text)).score != verdict.score:
        raise Broken("another verdict comes back")
    for lang in ("en", "ru"):
        shown = report.to_text(verdict, lang).replace("\N{NO-BREAK SPACE}", " ")  # stands in Russian numbers
        if any(not line.isprintable() for line in shown.split("\n")):
            raise Broken("the report is not printable")
    for section in verdict.sections:
        stage = observed.evidence.stages.get(section.name)
        went_well = section.name not in STAGES or (stage is not None and stage.status == "ok")
        if not 0 <= section.points <= (section.max_points if went_well else 0):
            raise Broken(f"{section.points} points for {section.name}")


def words(verdict: Verdict) -> list[str]:
    """What came of it: the status, each check with its code, and each full section."""
    told = [f"{check.id}: {check.status} {check.reason.code if check.reason else ''}".rstrip() for check in verdict.checks]
    full = [f"{section.name}: full" for section in verdict.sections if section.points == section.max_points]
    reason = f" {verdict.reason.code}" if verdict.reason else ""
    return [f"{verdict.status}{reason}", *told, *full]
