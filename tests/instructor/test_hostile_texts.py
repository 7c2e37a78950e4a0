"""The gradebook, the folders and the terminal of a hostile class: no formulas, no control characters, no strange paths."""

import csv
import io
import re
import unicodedata
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from autograder import courtesy, messages, report
from autograder.errors import SubmissionError
from autograder.instructor import cli, results, selftest
from autograder.instructor.commands import grade, options
from autograder.instructor.results import ResultsError
from autograder.scheme import load
from autograder.session import Session
from autograder.submission import Submission
from autograder.verdict import Reason
from tests.support.hostile import HOSTILE, Class, codes, hostile_verdict, reason, unsafe, write_class

LANGUAGES = messages.LANGUAGES
OURS = re.compile(r"[\w.@+ -]+")


@pytest.fixture(scope="module", params=messages.LANGUAGES)
def hostile(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Class:
    """The class in one language."""
    return write_class(tmp_path_factory.mktemp("class"), request.param)


def test_gradebook(hostile: Class) -> None:
    """However a spreadsheet divides the lines of the gradebook, no cell begins a formula."""
    text = (hostile.out / results.GRADES).read_text("utf-8")
    header, *lines = csv.reader(io.StringIO(text))
    parts = [part.strip(' \u200c\u200d"') for line in text.splitlines() for part in re.split(r"[,;|\t]", line)]
    numbers = re.compile(r"[\d.]*")

    assert len(HOSTILE) == len(lines) == text.count("\n") - 1
    assert {len(header)} == {len(line) for line in lines}
    assert [] == [part for part in parts if unicodedata.normalize("NFKC", part).startswith(tuple("=+-@"))]
    assert [] == [line for line in lines if not all(numbers.fullmatch(cell) for cell in line[2:])]
    assert set() == unsafe(text)


def test_file_names(hostile: Class) -> None:
    """Every folder of results lies where it should and has a name that no shell, system or page takes for anything else."""
    folders = [row.folder for row in hostile.rows]
    written = {path.name for path in hostile.out.iterdir() if path.is_dir()}

    assert set(folders) == written and len(HOSTILE) == len(written)
    assert all(OURS.fullmatch(name) and name[0] not in "-. " and len(name.encode()) < 150 for name in folders)
    assert not {name.casefold().partition(".")[0] for name in folders} & results.DEVICES


def test_table_of_grade(hostile: Class, capsys: pytest.CaptureFixture[str]) -> None:
    """The table that `convmark grade` prints holds no control character, and no line begins a command of a CI service."""
    for lang in LANGUAGES:
        grade._show(hostile.rows, list(load().sections), hostile.out, lang)
    printed = capsys.readouterr().out

    assert len(printed) > 1000
    assert set() == unsafe(printed)
    assert not re.search(r"^\s*(::|##)", printed, re.MULTILINE)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_text_report(lang: str) -> None:
    """A student's report in the terminal holds no control character, whatever the submission says."""
    for number in range(len(HOSTILE)):
        text = report.to_text(hostile_verdict(number), lang)
        assert set() == unsafe(text) and len(text) < 300_000
        assert not re.search(r"^\s*(::|##)", text, re.MULTILINE)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("text", HOSTILE)
def test_errors_in_the_terminal(text: str, lang: str, capsys: pytest.CaptureFixture[str]) -> None:
    """An error of `convmark`, and one of `pytest autograder`, show names and reasons without control characters."""
    told = [reason(code, text) for code in codes(lang)]
    errors = [ResultsError(one.code, **one.params) for one in told]
    assert all(isinstance(options.stop(error, lang, 2), click.exceptions.Exit) for error in errors)
    said = [courtesy.sentence(lang, SubmissionError(one.code, **one.params)) for one in told]

    assert set() == unsafe(capsys.readouterr().err + "".join(said))


@pytest.mark.parametrize("text", HOSTILE)
def test_header_of_the_students_check(text: str, tmp_path: Path) -> None:
    """The lines that say which file was found are one line each, whatever the file and its neighbours are called."""
    found = Submission(text, "script", ("",), "", Path(text), ignored=(text, text))
    lines = Session(load(), ["data"], "en", tmp_path, found).header("1")

    assert set() == unsafe("".join(lines))
    assert not any("\n" in line for line in lines)


@pytest.mark.parametrize("text", HOSTILE)
def test_doctor(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a kernel or a program said about its failure is printed without control characters."""
    layers = tuple(selftest.Layer(name, False, text) for name in (*selftest.ESSENTIAL, *selftest.OPTIONAL))
    found = selftest.Layers("process", layers, None, Reason("sandbox.no_start", {"reason": text}))
    monkeypatch.setattr(selftest, "available", lambda **_: found)
    printed = CliRunner().invoke(cli.main, ["doctor", "--lang", "en"]).output

    assert "Grading is refused." in printed
    assert set() == unsafe(printed)
