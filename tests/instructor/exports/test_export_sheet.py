"""Somebody else's CSV: what is not filled in keeps its bytes."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.errors import GraderError
from autograder.instructor.exports import sheet

EXPORTED = '\ufeffStudent,ID,"Lab 1, part ""a"" (7)"\r\n"Doe, Jane", 12 ,\r\n"two\nlines",013,"5"'


def test_nothing_filled_in_changes_nothing() -> None:
    """Byte order mark, line ends, needless quotes and spaces stay, and so does a last line without an end."""
    found = sheet.parse(EXPORTED.removeprefix("\ufeff"), "\ufeff")

    assert found is not None
    assert EXPORTED == found.text()
    assert ["Student", "ID", 'Lab 1, part "a" (7)'] == found.header
    assert ("Doe, Jane", "12", "two\nlines", "5") == (found.cell(1, 0), found.cell(1, 1), found.cell(2, 0), found.cell(2, 2))


def test_one_cell_changes_one_cell() -> None:
    """A value with quotes and commas is quoted; the neighbours keep what they had."""
    found = sheet.parse(EXPORTED.removeprefix("\ufeff"))
    assert found is not None
    found.put(1, 2, 'a "b", c')

    assert EXPORTED.removeprefix("\ufeff").replace(" 12 ,\r", ' 12 ,"a ""b"", c"\r') == found.text()


@given(
    st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2), min_size=1), st.sampled_from(["\n", "\r\n"])
)
def test_reads_what_python_writes(rows: list[list[str]], end: str) -> None:
    """What csv writes is read as it was, and comes out byte for byte."""
    out = io.StringIO()
    csv.writer(out, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(rows)
    found = sheet.parse(out.getvalue())

    assert found is not None
    assert (rows, out.getvalue()) == ([found.row(number) for number in range(len(found.raw))], found.text())


@pytest.mark.parametrize(("text", "delimiter"), [("a;b;c\n1,5;2;3\n", ";"), ("a\tb\n1\t2\n", "\t"), ('"x;y;z",b\n1,2\n', ",")])
def test_other_delimiters(text: str, delimiter: str) -> None:
    """Semicolons and tabs are known by the first line, whatever stands between quotes there."""
    found = sheet.parse(text)

    assert found is not None
    assert (delimiter, text) == (found.delimiter, found.text())


def test_short_rows_grow() -> None:
    """A row without the column gets it."""
    found = sheet.parse("a,b,c\n1\n")
    assert found is not None
    assert "" == found.cell(1, 2)
    found.put(1, 2, "x")

    assert "a,b,c\n1,,x\n" == found.text()


@pytest.mark.parametrize(
    ("content", "reason"), [(b'a,"b\n', "no CSV"), (b"", "no CSV"), (b"\xff\xfe", "no UTF-8"), (b'a,"b"c\n', "no CSV")]
)
def test_files_that_are_no_tables(tmp_path: Path, content: bytes, reason: str) -> None:
    """What cannot be read without a guess is refused."""
    path = tmp_path / "template.csv"
    path.write_bytes(content)
    with pytest.raises(GraderError) as caught:
        sheet.read(path)

    assert ("exports.template", reason) == (caught.value.code, caught.value.params["reason"])
