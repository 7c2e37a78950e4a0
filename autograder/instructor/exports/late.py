"""What lateness costs: applied where scores leave for another system, never to a verdict.

A day late has begun as soon as the deadline is over, and ends at the deadline's time of day in its time zone: where the
clocks change, it has 23 or 25 hours. Nothing is late within the grace time; after it, days count from the deadline.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import ROUND_HALF_DOWN, ROUND_HALF_UP, Decimal
from math import ceil

from autograder import messages

DAY = timedelta(days=1)
CENT = Decimal("0.01")
Extension = datetime | int


@dataclass(frozen=True)
class Policy:
    """When work is due, and what percentage each day begun costs, of the score or of the maximum, up to a largest one."""

    penalty: Decimal
    maximum: Decimal = Decimal(100)
    due: datetime | None = None
    zone: tzinfo | None = None
    grace: timedelta = timedelta()
    of: str = "score"
    extensions: Mapping[str, Extension] = field(default_factory=dict)


@dataclass(frozen=True)
class Handed:
    """When a student handed in: a time, or a number of days, and an extension in days or until a time."""

    submitted: datetime | None = None
    days_late: Decimal | None = None
    extension: Extension | None = None


@dataclass(frozen=True)
class Deduction:
    """What lateness costs one student, and why: ``code`` is on_time, grace, extended, deducted or largest."""

    code: str
    days: int
    percent: Decimal
    of: str
    points: Decimal
    before: Decimal
    after: Decimal


@dataclass(frozen=True)
class Book:
    """The policy and who handed in when; whoever is not listed was on time."""

    policy: Policy
    handed: Mapping[str, Handed]

    @property
    def students(self) -> set[str]:
        """Everybody whom the file or the policy names."""
        return {*self.handed, *self.policy.extensions}

    def deduction(self, student: str, score: Decimal, maximum: Decimal) -> Deduction:
        """What lateness costs this student, of *score* points out of *maximum*."""
        policy = self.policy
        code, days = lateness(policy, self.handed.get(student, Handed()), policy.extensions.get(student))
        percent = min(policy.penalty * days, policy.maximum)
        code = "largest" if code == "deducted" and policy.penalty * days > policy.maximum else code
        return deducted(code, days, percent, policy.of, score, maximum)


def exact(value: float) -> Decimal:
    """Points as they are printed, to the hundredth."""
    return Decimal(str(value)).quantize(CENT, ROUND_HALF_UP)


def deducted(code: str, days: int, percent: Decimal, of: str, score: Decimal, maximum: Decimal) -> Deduction:
    """What *percent* of the score or of the maximum are in points: half a hundredth in the student's favour."""
    base = score if of == "score" else maximum
    points = min(score, (base * percent / 100).quantize(CENT, ROUND_HALF_DOWN))
    return Deduction(code, days, percent, of, points, score, score - points)


def sentence(deduction: Deduction, lang: str) -> str:
    """What a report may say of it."""
    if not deduction.days:
        return messages.phrase(lang, f"late_{deduction.code}")
    points = {name: _shown(getattr(deduction, name), lang) for name in ("points", "before", "after")}
    percent = messages.percentage(lang, f"{deduction.percent.normalize():f}")
    told = messages.phrase(lang, f"late_of_{deduction.of}", days=messages.count(lang, deduction.days), percent=percent, **points)
    return f"{told} {messages.phrase(lang, 'late_largest')}" if deduction.code == "largest" else told


def _shown(points: Decimal, lang: str) -> str:
    return messages.local(lang, f"{points.normalize():f}")


def lateness(policy: Policy, handed: Handed, extension: Extension | None = None) -> tuple[str, int]:
    """Why something or nothing is deducted, and the number of days begun after the deadline; the longer extension counts."""
    extensions = [each for each in (handed.extension, extension) if each is not None]
    if handed.days_late is not None:
        given = max((each for each in extensions if isinstance(each, int)), default=0)
        days = max(0, ceil(handed.days_late) - given)
        return ("deducted" if days else "extended" if handed.days_late > 0 else "on_time"), days
    if handed.submitted is None or policy.due is None:
        return "on_time", 0
    deadline = max((_until(policy.due, each) for each in extensions), key=_utc, default=policy.due)
    deadline = max(deadline, policy.due, key=_utc)
    late = _utc(handed.submitted) - _utc(deadline)
    if late <= timedelta():
        return ("on_time" if _utc(handed.submitted) <= _utc(policy.due) else "extended"), 0
    if late <= policy.grace:
        return "grace", 0
    return "deducted", _days_begun(deadline, handed.submitted)


def _utc(time: datetime) -> datetime:
    """The moment: times of one zone would be compared by their clocks, which repeat an hour in autumn."""
    return time.astimezone(UTC)


def _until(due: datetime, extension: Extension) -> datetime:
    return due + extension * DAY if isinstance(extension, int) else extension


def _days_begun(deadline: datetime, submitted: datetime) -> int:
    days = max(0, (_utc(submitted) - _utc(deadline)) // DAY - 1)
    while _utc(deadline + days * DAY) < _utc(submitted):
        days += 1
    return days
