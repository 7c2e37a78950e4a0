"""The verdict: points and reasons, as plain data in no language.

Every check of the marking scheme must have answered, else the verdict is for a person to look at. A
reason is a code of the message catalogue with the values that its sentences mention, so one verdict
gives the same report in every language.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from autograder import __version__
from autograder.errors import ConvmarkError, GraderError
from autograder.scheme import CheckLine, Scheme

SCHEMA = 1
FOR_A_PERSON = ("collect.", "submission.two_edited")  # what a submission may have suffered on its way
FILE = "import."  # what stopped the file as a whole
CheckStatus = Literal["passed", "failed", "not_checked", "broken"]
VerdictStatus = Literal["graded", "needs_attention"]


@dataclass(frozen=True)
class Reason:
    """A code of the message catalogue and the values its sentences mention."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What one check answered. ``credit`` is the share of its points that is given, 0 to 1.

    ``because`` names the check that a check not reached depends on, if it is one of the scheme's.
    """

    status: CheckStatus
    credit: float = 0.0
    reason: Reason | None = None
    because: str | None = None


@dataclass(frozen=True)
class CheckResult:
    """A line of the marking scheme with its points."""

    id: str
    section: str
    status: CheckStatus
    points: float
    max_points: float
    reason: Reason | None = None
    because: str | None = None

    @property
    def is_partly(self) -> bool:
        """Whether it failed, but earned some of its points."""
        return self.status == "failed" and self.points > 0


@dataclass(frozen=True)
class Stop:
    """What stopped a work as a whole, and the ids of the checks that failed for it, in their order."""

    reason: Reason
    checks: tuple[str, ...]


@dataclass(frozen=True)
class SectionResult:
    """Points of a section."""

    name: str
    points: float
    max_points: float


@dataclass(frozen=True)
class Verdict:
    """What a submission earned and why.

    ``layers`` has a row for each pair of an expected and a received layer, as shown side by side;
    ``flags`` are for the instructor's eyes and never change points; ``facts`` says what was graded, with
    which versions, in which sandbox.
    """

    status: VerdictStatus
    score: float
    max_score: float
    sections: tuple[SectionResult, ...]
    checks: tuple[CheckResult, ...]
    reason: Reason | None = None
    layers: tuple[Mapping[str, Any], ...] = ()
    notes: tuple[Reason, ...] = ()
    flags: tuple[Reason, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def stops(self) -> tuple[Stop, ...]:
        """What stopped the work as a whole: the file did not run to its end, or nothing could be read; each cause once."""
        found: dict[str, Stop] = {}
        for check in self.checks:
            reason = check.reason if check.status == "failed" else None
            if reason is not None and (reason.code.startswith(FILE) or reason == self.reason):
                cause = repr((reason.code, {**reason.params, "function": None}))
                known = found.get(cause, Stop(reason, ()))
                found[cause] = replace(known, checks=(*known.checks, check.id))
        return tuple(found.values())

    @property
    def told_before(self) -> frozenset[str]:
        """The checks that failed since the work as a whole did, but for the first of them: one mistake is told once."""
        return frozenset(check for stop in self.stops for check in stop.checks[1:])

    @property
    def repeated(self) -> dict[str, str]:
        """The checks that failed for exactly the reason of an earlier one, and which that was."""
        first: dict[str, str] = {}
        found = {}
        for check in self.checks:
            if check.status == "failed" and check.reason is not None:
                earlier = first.setdefault(repr(check.reason), check.id)
                if earlier != check.id:
                    found[check.id] = earlier
        return found

    def to_dict(self) -> dict[str, Any]:
        """The verdict as JSON data."""
        return {"schema": SCHEMA, "grader": __version__, **asdict(self)}


def _reason(value: Mapping[str, Any] | None) -> Reason | None:
    return None if value is None else Reason(value["code"], value["params"])


def from_dict(value: Mapping[str, Any]) -> Verdict:
    """A verdict that `Verdict.to_dict` wrote."""
    return Verdict(
        status=value["status"],
        score=value["score"],
        max_score=value["max_score"],
        sections=tuple(SectionResult(**item) for item in value["sections"]),
        checks=tuple(CheckResult(**item | {"reason": _reason(item["reason"])}) for item in value["checks"]),
        reason=_reason(value["reason"]),
        layers=tuple(value["layers"]),
        notes=tuple(Reason(item["code"], item["params"]) for item in value["notes"]),
        flags=tuple(Reason(item["code"], item["params"]) for item in value["flags"]),
        facts=value["facts"],
    )


def _points(value: float) -> float:
    return round(value, 2)


def build(
    scheme: Scheme,
    sections: Iterable[str],
    outcomes: Mapping[str, Outcome],
    *,
    layers: Sequence[Mapping[str, Any]] = (),
    notes: Sequence[Reason] = (),
    flags: Sequence[Reason] = (),
    facts: Mapping[str, Any] | None = None,
) -> Verdict:
    """Points from outcomes. A check without an outcome, or a broken one, is for a person, never a zero."""
    chosen = [name for name in scheme.sections if name in set(sections)]
    results = [_result(line, outcomes.get(line.id) or Outcome("broken")) for line in scheme.of(chosen)]
    missing = [result.id for result in results if result.status == "broken"]
    totals = tuple(_total(name, results) for name in chosen)
    return Verdict(
        status="needs_attention" if missing else "graded",
        score=_points(sum(section.points for section in totals)),
        max_score=sum(section.max_points for section in totals),
        sections=totals,
        checks=tuple(results),
        reason=Reason("grader.checks_missing", {"checks": ", ".join(missing)}) if missing else None,
        layers=tuple(layers),
        notes=tuple(notes),
        flags=tuple(flags),
        facts=facts or {},
    )


def _result(line: CheckLine, outcome: Outcome) -> CheckResult:
    points = _points(line.points * min(1.0, max(0.0, outcome.credit)))
    return CheckResult(line.id, line.section, outcome.status, points, line.points, outcome.reason, outcome.because)


def _total(name: str, results: Iterable[CheckResult]) -> SectionResult:
    own = [result for result in results if result.section == name]
    return SectionResult(name, _points(sum(result.points for result in own)), sum(result.max_points for result in own))


def bug(error: BaseException) -> Reason:
    """What is said of an error of ours."""
    return Reason("grader.bug", {"reason": f"{type(error).__name__}: {error}"[:300]})


def attention(scheme: Scheme, sections: Iterable[str], reason: Reason, facts: Mapping[str, Any] | None = None) -> Verdict:
    """A verdict that only says why a person has to look."""
    return replace(build(scheme, sections, {}, facts=facts), status="needs_attention", reason=reason)


def waiting(verdict: Verdict, sections: Iterable[str], reason: Reason) -> Verdict:
    """The verdict where a person has to look at some sections, of which nothing is decided; the others keep their points."""
    open_ = set(sections)
    checks = [
        replace(check, status="broken", points=0.0, reason=reason, because=None) if check.section in open_ else check
        for check in verdict.checks
    ]
    parts = [replace(part, points=0.0) if part.name in open_ else part for part in verdict.sections]
    score = sum(part.points for part in parts)
    return replace(verdict, status="needs_attention", reason=reason, checks=tuple(checks), sections=tuple(parts), score=score)


def refused(scheme: Scheme, sections: Iterable[str], error: ConvmarkError) -> Verdict:
    """The verdict on a submission that could not be read: the student's fault loses all points, ours none."""
    chosen, reason = list(sections), Reason(error.code, error.params)
    if isinstance(error, GraderError) or error.code.startswith(FOR_A_PERSON):
        return attention(scheme, chosen, reason)
    outcomes: dict[str, Outcome] = {}
    for section in chosen:
        first, *others = scheme.of([section])
        outcomes[first.id] = Outcome("failed", 0.0, reason)
        outcomes |= {line.id: Outcome("not_checked", because=first.id) for line in others}
    return replace(build(scheme, chosen, outcomes), reason=reason)


def section(verdict: Verdict, name: str) -> Verdict:
    """The part of a verdict that concerns one section; what it says of the network belongs to every section."""
    (total,) = (item for item in verdict.sections if item.name == name)
    return replace(
        verdict,
        score=total.points,
        max_score=total.max_points,
        sections=(total,),
        checks=tuple(check for check in verdict.checks if check.section == name),
    )
