"""A CSV file of somebody else's, in which a few cells are filled in: everything else keeps its bytes."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import GraderError
from autograder.safe import printable, shortened

MAX_SHOWN = 300
MAX_BYTES = 2**26
BOM = "\ufeff"
DELIMITERS = ",;\t"


def table(rows: Iterable[Sequence[str]]) -> str:
    """A new CSV; its cells must be safe already."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def _quoted(value: str) -> str:
    return '"' + value.replace('"', '""') + '"' if re.search(r'[,;"\t\r\n]', value) or value != value.strip() else value


def _value(raw: str) -> str:
    return raw[1:-1].replace('""', '"') if raw.startswith('"') else raw


@dataclass
class Sheet:
    """The cells of a file as they were written, quotes and all, and what ended each row."""

    raw: list[list[str]]
    ends: list[str]
    delimiter: str
    bom: str

    @property
    def header(self) -> list[str]:
        """The names of the columns, without spaces around them."""
        return [name.strip() for name in self.row(0)]

    def row(self, number: int) -> list[str]:
        """The values of a row."""
        return [_value(raw) for raw in self.raw[number]]

    @property
    def columns(self) -> str:
        """The names of the columns, as an error shows them."""
        return shortened(printable(", ".join(name for name in self.header if name)), MAX_SHOWN)

    def column(self, *names: str) -> int | None:
        """The first column with one of these names, whatever the case; None if there is none."""
        wanted = {name.casefold() for name in names}
        return next((index for index, name in enumerate(self.header) if name.casefold() in wanted), None)

    def cell(self, number: int, column: int | None) -> str:
        """The value of a cell without spaces around it; empty where there is none."""
        raw = self.raw[number]
        return _value(raw[column]).strip() if column is not None and column < len(raw) else ""

    def put(self, number: int, column: int, value: str) -> None:
        """Fill in a cell; *value* must be safe already. A row that is too short grows."""
        raw = self.raw[number]
        raw += [""] * (column + 1 - len(raw))
        raw[column] = _quoted(value)

    def text(self) -> str:
        """The file."""
        rows = (self.delimiter.join(raw) + end for raw, end in zip(self.raw, self.ends, strict=True))
        return self.bom + "".join(rows)


def read(path: Path) -> Sheet:
    """A template.

    Raises:
        GraderError: it cannot be read, or is no CSV in UTF-8.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
        text = content.decode("utf-8")
    except OSError as error:
        raise GraderError("exports.template", name=str(path), reason=error.strerror or "") from None
    except UnicodeDecodeError:
        raise GraderError("exports.template", name=str(path), reason="no UTF-8") from None
    if len(content) > MAX_BYTES:
        raise GraderError("exports.template", name=str(path), reason="too large")
    bom = BOM if text.startswith(BOM) else ""
    found = parse(text.removeprefix(BOM), bom)
    if found is None:
        raise GraderError("exports.template", name=str(path), reason="no CSV")
    return found


def parse(text: str, bom: str = "") -> Sheet | None:
    """The cells of *text*, divided at what its first line has most of; None if quotes do not fit or it is empty."""
    first = re.sub(r'"(?:[^"]|"")*"', "", text).split("\n", 1)[0]
    delimiter = max(DELIMITERS, key=first.count)
    token = re.compile(rf'("(?:[^"]|"")*"|[^"{delimiter}\r\n][^{delimiter}\r\n]*|)({delimiter}|\r\n|\n|\r|\Z)')
    raw: list[list[str]] = [[]]
    ends: list[str] = []
    position = 0
    while position < len(text) or raw[-1]:
        found = token.match(text, position)
        if found is None:
            return None
        raw[-1].append(found[1])
        position = found.end()
        if found[2] != delimiter:
            ends.append(found[2])
            raw.append([])
    return Sheet(raw[:-1], ends, delimiter, bom) if ends else None
