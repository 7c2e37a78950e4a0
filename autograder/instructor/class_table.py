"""The table of the page of a class: all works with their points, and what can be searched for besides what stands there."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from autograder import progress
from autograder.instructor import class_late, class_mistakes, class_parts
from autograder.instructor.compact import Mapped
from autograder.instructor.rendering import Words, section_title
from autograder.scheme import Scheme

Row = Mapping[str, Any]

PAGE = 100  # works of the table at a time


def shown(scheme: Scheme, say: Words, rows: Sequence[Row], sections: Sequence[str]) -> dict[str, Any]:
    """The headings, the rows, and the titles of mistakes that can be searched for."""
    counts = Counter(key for row in rows if row["status"] == "graded" for key in row["causes"])
    places = {key: place for place, key in enumerate(sorted(counts, key=lambda key: (-counts[key], key)))}
    told = tuple(any(row[name] for row in rows) for name in ("accuracy", "epochs", "late"))
    measured, recorded, late = told
    return {
        "page_size": PAGE,
        "searched": [class_parts.plain(class_mistakes.title(scheme, say, key)) for key in places],
        "columns": {
            "points": [say.say("score"), *(section_title(scheme, section, say.lang) for section in sections)],
            "more": [
                say.say("failed_checks"),
                say.say("flags"),
                *([say.say("column_test"), say.say("column_train")] if measured else []),
                *([say.say("column_epochs")] if recorded else []),
                *([say.say("column_late")] if late else []),
            ],
        },
        "rows": Mapped(lambda row: _row(say, row, sections, places, told), rows),
    }


def _row(say: Words, row: Row, sections: Sequence[str], places: Mapping[str, int], columns: tuple[bool, ...]) -> dict[str, Any]:
    attention = row["status"] != "graded"
    points = [row["score"], *(row["sections"].get(section) for section in sections)]
    return {
        "link": class_parts.link(row),
        "attention": attention,
        "points": [_cell(None if attention else value, say.number) for value in points],
        "more": _more(say, row, columns),
        "failed": "" if attention else " ".join(str(places[key]) for key in row["causes"]),
    }


def _more(say: Words, row: Row, columns: tuple[bool, ...]) -> list[dict[str, Any]]:
    """The cells behind the status: checks, flags, and of the other columns those that the table has."""
    flags, (measured, recorded, late) = len(row["flags"]), columns
    cells = [_cell(len(row["failed"]) if row["status"] == "graded" else None, say.count)]
    cells.append({"value": flags, "text": f"⚑ {say.count(flags)}"} if flags else _cell(0, say.count))
    if measured:
        cells += [_cell(share, say.percent) for share in row["accuracy"] or (None, None)]
    if recorded:
        cells.append(_cell(row["epochs"], say.count))
    if late:
        cells.append(_late(say, row))
    return cells


def _late(say: Words, row: Row) -> dict[str, Any]:
    cost = class_late.deduction(row)
    points = None if cost is None else 0.0 - float(cost.points)
    return _cell(points, lambda value: progress.signed(value, say.lang) if value else "0")


def _cell(value: float | None, told: Callable[[Any], str]) -> dict[str, Any]:
    """A number as it is shown, and as it is sorted by where these differ; a dash for none."""
    if value is None:
        return {"value": None, "text": "–"}
    text = told(value)
    return {"value": None if text == f"{value:g}" else value, "text": text}
