"""A row for each student and check, as CSV and as Parquet."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.scheme import load
from autograder.verdict import Verdict
from tests.conftest import REPO
from tests.support import classes

HEADER = ["student", "section", "check", "status", "points", "max", "code"]


def read(path: Path) -> list[list[str]]:
    """The rows of a file."""
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def test_rows(tmp_path: Path, right: Verdict, wrong: Verdict) -> None:
    """Every check of every student stands there in the scheme's order, with codes and in no language."""
    class_ = classes.store(tmp_path / "r", {"ann": right, "bob": wrong, "cem": classes.waiting(), "dan": None})
    out = tmp_path / "out.csv"
    done = classes.export(class_, "--to", "tidy", "--out", out, lang="ru")
    rows = read(out)
    checks = [line.id for line in load().of(classes.SECTIONS)]

    assert (1, HEADER) == (done.exit_code, rows[0])
    assert checks * 3 == [row[2] for row in rows[1:]]
    assert ["bob", "data", "data.scale", "failed", "0", "8", "data.scale.by_256"] in rows
    assert ["bob", "data", "data.one_hot", "not_checked", "0", "8", "data.rows"] in rows
    assert ["cem", "data", "data.scale", "broken", "", "8", "grader.judge_failed"] in rows
    assert 80 == sum(float(row[4]) for row in rows if row[0] == "ann")


def test_who_needs_a_person_is_told_in_the_file(tmp_path: Path, right: Verdict) -> None:
    """A status is a status: with it in the file, nothing is missing."""
    class_ = classes.store(tmp_path / "r", {"ann": right, "cem": classes.waiting()})
    done = classes.export(class_, "--to", "tidy", "--out", tmp_path / "out.csv")

    assert (0, True) == (done.exit_code, "1 need attention, no score written: cem" in done.output)


def test_late_is_a_row(tmp_path: Path, right: Verdict, wrong: Verdict) -> None:
    """Points still add up to the exported score, and those of checks are what the verdict says."""
    class_ = classes.store(tmp_path / "r", {"ann": wrong, "bob": right})
    late = tmp_path / "late.csv"
    late.write_text("student,days_late\nann,1\n")
    out = tmp_path / "out.csv"
    classes.export(class_, "--to", "tidy", "--out", out, "--late", late, "--policy", "penalty=12.5")
    rows = read(out)

    assert [["ann", "late", "late.deduction", "deducted", "-8", "0", "deducted"]] == [row for row in rows if row[1] == "late"]
    assert 56 == sum(float(row[4]) for row in rows if row[0] == "ann")


def test_formulas_are_text(tmp_path: Path, right: Verdict) -> None:
    """A student's name is no formula."""
    out = tmp_path / "out.csv"
    classes.export(classes.store(tmp_path / "r", {classes.HOSTILE: right}), "--to", "tidy", "--out", out)

    assert {'\'=HYPERLINK("http://x","<b>a&b</b>")'} == {row[0] for row in read(out)[1:]}


@pytest.mark.parametrize("target", ["tidy", "parquet"])
def test_again_gives_the_same_bytes(tmp_path: Path, right: Verdict, wrong: Verdict, target: str) -> None:
    """Nothing in the file depends on the time or the place."""
    if target == "parquet":
        pytest.importorskip("pyarrow")
    class_ = classes.store(tmp_path / "r", {"ann": right, "bob": wrong})
    for name in ("one", "two"):
        classes.export(class_, "--to", target, "--out", tmp_path / name)

    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_parquet_holds_the_same(tmp_path: Path, right: Verdict, wrong: Verdict) -> None:
    """Parquet has the rows of the CSV with numbers as numbers, and nothing where nobody knows the points."""
    parquet = pytest.importorskip("pyarrow.parquet")
    class_ = classes.store(tmp_path / "r", {"ann": right, "bob": wrong, "cem": classes.waiting()})
    for target in ("tidy", "parquet"):
        assert 0 == classes.export(class_, "--to", target, "--out", tmp_path / target).exit_code
    table = parquet.read_table(tmp_path / "parquet")
    plain = [[*row[:4], float(row[4]) if row[4] else None, float(row[5]), row[6]] for row in read(tmp_path / "tidy")[1:]]

    assert HEADER == table.column_names
    assert ["string", "string", "string", "string", "double", "double", "string"] == [str(kind) for kind in table.schema.types]
    assert plain == [list(row.values()) for row in table.to_pylist()]


def test_without_pyarrow_there_is_a_sentence(tmp_path: Path, right: Verdict) -> None:
    """Parquet is optional; who lacks pyarrow is told how to get it, and what goes without."""
    class_ = classes.store(tmp_path / "r", {"ann": right})
    code = "import sys; sys.modules['pyarrow'] = None; from autograder.instructor.cli import main; main()"
    command = [
        sys.executable,
        "-c",
        code,
        "export",
        str(class_),
        "--to",
        "parquet",
        "--out",
        str(tmp_path / "out"),
        "--lang",
        "en",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=REPO)

    assert (2, False) == (done.returncode, (tmp_path / "out").exists())
    assert "pip install convmark[parquet]" in done.stderr
