"""Tables that spreadsheets and platforms write: CSV with commas, semicolons or tabs between the cells, in UTF-8."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

MAX_FIELD = 2**20


class TableError(Exception):
    """A file that is too large, or no table."""


def rows(path: Path, max_bytes: int) -> Iterator[list[str]]:
    """The rows of a file, with whichever separator its first line has most of; what is no UTF-8 becomes U+FFFD.

    Raises:
        TableError: it is larger than *max_bytes*, or no table.
        OSError: it cannot be read.
    """
    with path.open("rb") as stream:
        content = stream.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise TableError(f"{path.name} is larger than {max_bytes // 2**20} MiB")
    text = content.decode("utf-8-sig", "replace")
    csv.field_size_limit(MAX_FIELD)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=text.partition("\n")[0].count))
    except csv.Error as error:
        raise TableError(f"{path.name} is no table: {error}") from error
