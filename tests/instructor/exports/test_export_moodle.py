"""Moodle's grading worksheet: grades and comments in the right rows."""

import csv
import html
from pathlib import Path

import pytest

from autograder import report
from autograder.instructor.layouts import owner_of_folder
from autograder.verdict import Verdict, from_dict
from tests.support import classes

HEAD = 'Identifier,"Full name","ID number","Email address",Status,Grade,"Maximum Grade","Grade can be changed",'
HEAD += '"Last modified (submission)","Last modified (grade)","Feedback comments"\n'
ROWS = (
    '"Participant 101","Ann O\'Neil",S1,ann@example.edu,"Submitted for grading - ",,80.00,Yes,"Friday, 27 November 2026",-,\n'
    '"Participant 102","Боб Иванов",S2,bob@example.edu,"No submission - ",12.00,80.00,Yes,-,-,"by hand"\n'
    '"Participant 103","Cem Öz",,cem@example.edu,"No submission - ",,80.00,Yes,-,-,\n'
)
RUSSIAN = 'Идентификатор,"Полное имя",Состояние,Оценка,"Максимальная оценка","Отзыв в виде комментария"\n'


def worksheet(folder: Path, text: str) -> Path:
    """The file that Moodle gave out."""
    path = folder / "worksheet.csv"
    path.write_text(text, "utf-8", newline="")
    return path


def read(path: Path) -> list[list[str]]:
    """The rows of a file."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.reader(stream))


def folders(*names: str) -> list[str]:
    """The students of folders of a Moodle download, as a batch calls them."""
    return [owner_of_folder(name).student for name in names]


def test_worksheet(tmp_path: Path, right: Verdict, wrong: Verdict) -> None:
    """Students are known by the number and the name in a download's folder, by ID number or by address."""
    ann, bob = folders("Ann ONeil_101_assignsubmission_file_", "Боб Иванов_102_assignsubmission_file_")
    class_ = classes.store(tmp_path / "r", {ann: wrong, bob: right, "CEM@example.edu": right})
    out = tmp_path / "out.csv"
    done = classes.export(class_, "--to", "moodle", "--template", worksheet(tmp_path, HEAD + ROWS), "--out", out)
    before, after = read(tmp_path / "worksheet.csv"), read(out)

    assert (0, f"3 grades in {out}.\n") == (done.exit_code, done.output)
    assert ["64", "80", "80"] == [row[5] for row in after[1:]]
    assert [[*row[:5], *row[6:10]] for row in before] == [[*row[:5], *row[6:10]] for row in after]
    assert [html.escape(line.rstrip(), quote=False) for line in report.to_text(wrong, "en").splitlines()] == after[1][10].split(
        "<br>"
    )


def test_a_number_alone_is_nobody(tmp_path: Path, right: Verdict) -> None:
    """A number of another course's student, or of no download at all, gives nobody a stranger's grade."""
    class_ = classes.store(tmp_path / "r", {"Zoe Zed_101": right, "Ann O'Neil_103": right, "101": right})
    out = tmp_path / "out.csv"
    done = classes.export(class_, "--to", "moodle", "--template", worksheet(tmp_path, HEAD + ROWS), "--out", out)

    assert (1, True) == (done.exit_code, "3 not in the template, nothing written: Zoe Zed_101" in done.output)
    assert (HEAD + ROWS).encode() == out.read_bytes()


def test_hidden_names(tmp_path: Path, right: Verdict) -> None:
    """Where names are hidden, download and worksheet both say "Participant" with the same number."""
    (student,) = folders("Participant_103_assignsubmission_file_")
    text = "Identifier,Status,Grade,Maximum Grade,Last modified (grade),Feedback comments\nParticipant 103,,,100,-,\n"
    class_ = classes.store(tmp_path / "r", {student: right})
    out = tmp_path / "out.csv"
    done = classes.export(class_, "--to", "moodle", "--template", worksheet(tmp_path, text), "--out", out)

    assert (0, "100") == (done.exit_code, read(out)[1][2])


def test_russian_worksheet(tmp_path: Path, wrong: Verdict) -> None:
    """A course in Russian names its columns in Russian."""
    (student,) = folders("Боб Иванов_102_assignsubmission_file_")
    class_ = classes.store(tmp_path / "r", {student: wrong})
    out = tmp_path / "out.csv"
    given = worksheet(tmp_path, RUSSIAN + '"Участник 102","Боб Иванов",,,"10,00",\n')
    done = classes.export(class_, "--to", "moodle", "--template", given, "--out", out, lang="ru")
    row = read(out)[1]

    assert (0, "8") == (done.exit_code, row[3])
    assert "Подготовка данных" in row[5]


def test_new_file(tmp_path: Path, right: Verdict, wrong: Verdict) -> None:
    """Without a worksheet there are Moodle's columns; no cell is a formula, and nothing in a comment is markup of a student's."""
    verdicts = {"Ann O'Neil_101": right, "S2": wrong, "cem@example.edu": right, classes.HOSTILE: right, "w": classes.waiting()}
    class_ = classes.store(tmp_path / "r", verdicts, {"Ann O'Neil_101": "Ann O'Neil"})
    out = tmp_path / "out.csv"
    done = classes.export(class_, "--to", "moodle", "--out", out)
    rows = read(out)

    assert 1 == done.exit_code
    assert ["Identifier", "Full name", "ID number", "Email address", "Grade", "Maximum Grade"] == rows[0][:6]
    assert ["Participant 101", "Ann O'Neil", "", "", "80", "80", "-"] == rows[1][:7]
    assert ["", "S2", "S2", "", "64", "80", "-"] == rows[2][:7]
    assert ["", "cem@example.edu", "", "cem@example.edu", "80", "80", "-"] == rows[3][:7]
    assert rows[4][1].startswith("'=")
    assert ["", ""] == [rows[5][4], rows[5][7]]
    assert not any(cell.startswith(("=", "+", "@", "\t")) for row in rows for cell in row)


def test_comments_are_escaped_twice(tmp_path: Path, wrong: Verdict) -> None:
    """Markup in what a submission made is text in Moodle, and a formula in it is none in a spreadsheet."""
    value = wrong.to_dict()
    hostile = dict.fromkeys(("function", "error", "line", "type", "message", "reason", "name"), "<img src=x>,=1+1;@x")
    value["checks"][3]["reason"] = {"code": "submission.not_a_notebook", "params": hostile}
    class_ = classes.store(tmp_path / "r", {"S1": from_dict(value)})
    out = tmp_path / "out.csv"
    classes.export(class_, "--to", "moodle", "--template", worksheet(tmp_path, HEAD + ROWS), "--out", out)
    told = read(out)[1][10]

    assert "&lt;img" in told
    assert "<" not in told.replace("<br>", "")
    assert ",=" not in told
    assert ";@" not in told


def test_late(tmp_path: Path, right: Verdict) -> None:
    """The comment says what lateness cost; a new file has columns for it, too."""
    class_ = classes.store(tmp_path / "r", {"S1": right})
    late = tmp_path / "late.csv"
    late.write_text("student,days_late\nS1,1\n")
    out = tmp_path / "out.csv"
    classes.export(class_, "--to", "moodle", "--out", out, "--late", late, "--policy", "penalty=10")
    header, row = read(out)

    assert ("72", "80", "8") == (row[4], row[header.index("Before lateness")], row[header.index("Deduction")])
    assert row[7].endswith("10% of the points earned (points: 8) are deducted: 80 become 72.")


@pytest.mark.parametrize("text", ["Full name,Grade\nann,\n", "Identifier,Full name\nParticipant 1,ann\n"])
def test_worksheets_that_do_not_fit(tmp_path: Path, right: Verdict, text: str) -> None:
    """A file without the columns is refused."""
    class_ = classes.store(tmp_path / "r", {"S1": right})
    done = classes.export(class_, "--to", "moodle", "--template", worksheet(tmp_path, text), "--out", tmp_path / "out.csv")

    assert (2, True) == (done.exit_code, "Expected the columns Identifier, Grade; received: " in done.output)
