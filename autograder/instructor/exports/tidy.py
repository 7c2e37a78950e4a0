"""One row for each student and check, for statistics: as CSV, or as Parquet by way of pyarrow.

Nothing in it is in a language, and the same results give the same bytes. Who needs attention has no points. What
lateness costs is a row of its own with negative points, so that a student's points still add up to the exported score.
"""

import io
from collections.abc import Iterator, Sequence
from typing import Any

from autograder import safe
from autograder.errors import GraderError
from autograder.instructor import results
from autograder.instructor.exports import asked, late, sheet
from autograder.instructor.exports.asked import Exported, Record, Request

COLUMNS = ("student", "section", "check", "status", "points", "max", "code")
Row = tuple[str, str, str, str, float | None, float, str]


def export(request: Request) -> Exported:
    """Write the rows.

    Raises:
        GraderError: there are no results, or pyarrow is not there.
    """
    parquet = _parquet() if request.target == "parquet" else None
    found = Exported()
    students = asked.listed(request, found, gradebook=False)
    rows = [row for record in students for row in _rows(record)]
    if parquet is None:
        results.write_text(request.out, _csv(rows))
    else:
        results.write_bytes(request.out, _bytes(rows, *parquet))
    found.said.append(f"{request.out}: students {len(students)}, rows {len(rows)}.")
    return found


def _rows(record: Record) -> Iterator[Row]:
    if record.verdict is None:
        return
    graded = record.verdict.status == "graded"
    general = record.verdict.reason.code if record.verdict.reason and not graded else ""
    for check in record.verdict.checks:
        code = check.reason.code if check.reason else check.because or (general if check.status == "broken" else "")
        points = check.points if graded else None
        yield record.student, check.section, check.id, check.status, points, check.max_points, code
    cost = record.deduction
    if cost is not None and cost.code != "on_time":
        status = "deducted" if cost.points else "passed"
        yield record.student, "late", "late.deduction", status, 0.0 - float(cost.points), 0.0, cost.code


def _csv(rows: Sequence[Row]) -> str:
    lines = [list(COLUMNS)]
    for student, section, check, status, points, maximum, code in rows:
        numbers = ["" if value is None else _number(value) for value in (points, maximum)]
        lines.append([results.cell(student), section, check, status, *numbers, code])
    return sheet.table(lines)


def _number(value: float) -> str:
    text = asked.shown(late.exact(value))
    return text if text != "-0" else "0"


def _parquet() -> tuple[Any, Any]:
    """The modules of pyarrow.

    Raises:
        GraderError: pyarrow is not installed.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise GraderError("exports.no_pyarrow") from None
    return pyarrow, parquet


def _bytes(rows: Sequence[Row], pyarrow: Any, parquet: Any) -> bytes:
    text, number = pyarrow.string(), pyarrow.float64()
    types = (text, text, text, text, number, number, text)
    schema = pyarrow.schema([pyarrow.field(name, kind) for name, kind in zip(COLUMNS, types, strict=True)])
    clean = [(safe.printable(row[0]), *row[1:]) for row in rows]
    columns = [pyarrow.array([row[index] for row in clean], kind) for index, kind in enumerate(types)]
    out = io.BytesIO()
    parquet.write_table(pyarrow.Table.from_arrays(columns, schema=schema), out, compression="snappy")
    return out.getvalue()
