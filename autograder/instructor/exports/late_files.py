"""Read what lateness costs, and who handed in when: TOML or words of the command line, and a CSV."""

import csv
import io
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from autograder.errors import GraderError
from autograder.instructor.exports.late import Book, Extension, Handed, Policy

KEYS = {"due", "timezone", "grace_minutes", "penalty", "maximum", "of", "extensions"}
COLUMNS = {"student", "submitted", "days_late", "extension"}
MAX_BYTES = 2**24
MAX_DAYS = 3650


class _Unusable(ValueError):
    """A value that cannot be used; the text says why, ``line`` where, if that is known."""

    line = 0


def read_policy(text: str) -> Policy:
    """The policy in a TOML file of that name, or written out as ``due=…,penalty=10,maximum=50``.

    Raises:
        GraderError: there is no such file, or a value cannot be used.
    """
    try:
        value = _written(text) if "=" in text else tomllib.loads(Path(text).read_text("utf-8-sig"))
        return _policy(value)
    except (OSError, ValueError, ArithmeticError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise GraderError("late.policy", name=text, reason=reason or type(error).__name__) from None


def _written(text: str) -> dict[str, Any]:
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    return {key.strip(): value.strip() for key, _, value in pairs}


def _policy(value: Mapping[str, Any]) -> Policy:
    unknown = sorted(set(value) - KEYS)
    if unknown:
        raise _Unusable(f"unknown: {', '.join(unknown)}")
    if "penalty" not in value:
        raise _Unusable("penalty is missing")
    zone = _zone(value.get("timezone"))
    of, extensions = value.get("of", "score"), value.get("extensions", {})
    if of not in ("score", "maximum"):
        raise _Unusable("of is neither score nor maximum")
    if not isinstance(extensions, Mapping):
        raise _Unusable("extensions is no table")
    return Policy(
        penalty=_number(value["penalty"], "penalty", 100),
        maximum=_number(value.get("maximum", 100), "maximum", 100),
        due=_time(value["due"], zone, "due") if "due" in value else None,
        zone=zone,
        grace=timedelta(minutes=float(_number(value.get("grace_minutes", 0), "grace_minutes", MAX_DAYS * 1440))),
        of=of,
        extensions={student: _extension(until, zone) for student, until in extensions.items()},
    )


def _zone(name: Any) -> tzinfo | None:
    try:
        return None if name is None else ZoneInfo(name)
    except (OSError, LookupError, ValueError, TypeError):
        raise _Unusable(f"timezone {name!r} is not known; one is Europe/Moscow") from None


def _number(value: Any, name: str, largest: int) -> Decimal:
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        raise _Unusable(f"{name} is no number") from None
    if isinstance(value, bool) or not found.is_finite() or not 0 <= found <= largest:
        raise _Unusable(f"{name} is not between 0 and {largest}")
    return found


def _time(value: Any, zone: tzinfo | None, name: str) -> datetime:
    """A time with its offset; one without is of the policy's zone. A date alone leaves open which moment is meant."""
    if isinstance(value, str):
        try:
            found: Any = datetime.fromisoformat(value.strip()) if len(value.strip()) > len("2026-12-01") else None
        except ValueError:
            found = None
    else:
        found = value if isinstance(value, datetime) else None
    if not isinstance(found, datetime) or not 1970 < found.year < 9000:
        raise _Unusable(f"{name} is no time such as 2026-12-01T23:59+03:00")
    if zone is not None:
        return found.replace(tzinfo=zone) if found.tzinfo is None else found.astimezone(zone)
    if found.tzinfo is None:
        raise _Unusable(f"{name} has no offset from UTC, and the policy no timezone")
    return found


def _extension(value: Any, zone: tzinfo | None) -> Extension:
    if isinstance(value, str) and value.strip().isdecimal():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        if not 0 <= value <= MAX_DAYS:
            raise _Unusable(f"extension is not between 0 and {MAX_DAYS} days")
        return value
    if isinstance(value, date) and not isinstance(value, datetime):
        value = None
    return _time(value, zone, "extension")


def read(policy: Policy, file: Path | None) -> Book:
    """Who handed in when: a CSV with the columns student, submitted or days_late, and extension.

    Raises:
        GraderError: the file cannot be read, or a line of it cannot be used; the line is named.
    """
    if file is None:
        return Book(policy, {})
    found: dict[str, Handed] = {}
    number = 1
    try:
        for line, student, handed in _lines(policy, file):
            number = line
            if student in found:
                raise _Unusable(f"{student} stands there twice")
            if handed.days_late is not None and isinstance(policy.extensions.get(student), datetime):
                raise _Unusable(f"with days_late the policy's extension for {student} is a number of days")
            found[student] = handed
    except (OSError, ValueError, csv.Error, ArithmeticError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise GraderError("late.file", name=str(file), line=getattr(error, "line", 0) or number, reason=reason or "") from None
    return Book(policy, found)


def _lines(policy: Policy, file: Path) -> Iterator[tuple[int, str, Handed]]:
    with file.open("rb") as stream:
        content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise _Unusable("the file is too large")
    table = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
    names = set(table.fieldnames or ())
    if "student" not in names or not names & {"submitted", "days_late", "extension"}:
        raise _Unusable("the columns are student, submitted or days_late, extension")
    for row in table:
        try:
            cells = {key: (row.get(key) or "").strip() for key in COLUMNS}
            handed = _handed(policy, cells)
        except _Unusable as error:
            error.line = table.line_num
            raise
        yield table.line_num, cells["student"], handed


def _handed(policy: Policy, cells: Mapping[str, str]) -> Handed:
    submitted = _time(cells["submitted"], policy.zone, "submitted") if cells["submitted"] else None
    days = _number(cells["days_late"], "days_late", MAX_DAYS) if cells["days_late"] else None
    extension = _extension(cells["extension"], policy.zone) if cells["extension"] else None
    if submitted is not None and days is not None:
        raise _Unusable("submitted and days_late say the same thing twice: leave one out")
    if submitted is not None and policy.due is None:
        raise _Unusable("submitted says nothing without a due time in the policy")
    if days is not None and isinstance(extension, datetime):
        raise _Unusable("with days_late an extension is a number of days")
    return Handed(submitted, days, extension)
