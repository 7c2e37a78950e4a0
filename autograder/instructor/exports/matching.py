"""Whose row is it: students of a folder of results, and the people whom another system lists.

A guess that is wrong gives somebody a stranger's mark. So a name must say exactly what the system says: one of its
identifiers, or the number that the system itself put into the name of a download, with the person's name beside it.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from autograder.instructor.exports.asked import Exported, Record

NUMBERED = re.compile(r"(?P<name>.+)_(?P<number>\d+)", re.DOTALL)
STRANGERS = "not in the template, nothing written"
AMBIGUOUS = "fit several rows, or share one, nothing written"


@dataclass(frozen=True)
class Person:
    """A row of another system: its identifiers, the number that downloads carry, and a name, if it tells one."""

    row: int
    keys: tuple[str, ...]
    number: str = ""
    name: str = ""


def letters(name: str) -> str:
    """The letters and digits of a name, which is all that is left of it in the name of a file."""
    return "".join(char for char in unicodedata.normalize("NFKC", name).casefold() if char.isalnum())


def numbered(record: Record) -> tuple[str, str]:
    """Name and number of a student whose submission was found in a download; two empty texts of any other.

    A folder that somebody called "ivan_2004" is no download: there the batch saw no name apart from the number.
    """
    number = record.student.removeprefix(f"{record.name}_")
    return (record.name, number) if number.isdecimal() and number != record.student else ("", "")


def match(records: Sequence[Record], people: Sequence[Person]) -> tuple[Mapping[str, int], list[str], list[str]]:
    """The row of each student; those who have none; and those who fit several, or fit one that others fit too."""
    by_key: dict[str, set[int]] = {}
    by_number: dict[tuple[str, str], set[int]] = {}
    for person in people:
        for key in filter(None, person.keys):
            by_key.setdefault(key.casefold(), set()).add(person.row)
        if person.number:
            by_number.setdefault((letters(person.name), person.number), set()).add(person.row)
    fitting = {record.student: _rows(record.student, by_key, by_number) for record in records}
    taken = Counter(row for rows in fitting.values() for row in rows)
    strangers = [student for student, rows in fitting.items() if not rows]
    sure = {student: min(rows) for student, rows in fitting.items() if len(rows) == 1 and taken[min(rows)] == 1}
    unclear = [student for student, rows in fitting.items() if rows and student not in sure]
    return sure, strangers, unclear


def placed(found: Exported, records: Sequence[Record], people: Sequence[Person]) -> Mapping[str, int]:
    """The row of each student whose row is sure; of the others those with a score are named.

    All students of the class must be given, since one without a score may claim another's row.
    """
    sure, strangers, unclear = match(records, people)
    scored = {record.student for record in records if record.score is not None}
    for what, students in ((STRANGERS, strangers), (AMBIGUOUS, unclear)):
        for student in students:
            if student in scored:
                found.miss(what, student)
    return {student: row for student, row in sure.items() if student in scored}


def _rows(student: str, by_key: Mapping[str, set[int]], by_number: Mapping[tuple[str, str], set[int]]) -> set[int]:
    named = NUMBERED.fullmatch(student)
    exactly = by_key.get(unicodedata.normalize("NFC", student).casefold(), set())
    return exactly | by_number.get((letters(named["name"]), named["number"]), set()) if named else exactly
