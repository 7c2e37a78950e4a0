"""Canvas' gradebook: scores in the right rows, and everything else as Canvas exported it."""

import csv
from pathlib import Path

import pytest

from autograder.instructor.results import LATE
from autograder.verdict import Verdict
from tests.support import classes

# As Canvas exports it: a mark at the beginning, a row of posting policies, an indented one of points, totals that are read
# only, and the test student at the end.
GRADEBOOK = (
    "\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,Quiz (11),Lab 1 (22),Assignments Current Score,Current Score\r\n"
    ",,,,,,Manual Posting,(read only),(read only)\r\n"
    "    Points Possible,,,,,10.00,{possible},(read only),(read only)\r\n"
    '"Adams, Ann",101,S1,ann,CS-1,8.00,,72.00,72.00\r\n'
    '"Brown, Bob",102,S2,bob@example.edu,CS-1 and CS-2,7.00,3.00,60.00,60.00\r\n'
    '"Clark, Čen",103,,cen,CS-1,,,,\r\n'
    '"Student, Test",104,,0123abc,CS-1,,,,\r\n'
)


def template(folder: Path, possible: str = "80.00", text: str = GRADEBOOK) -> Path:
    """The file that Canvas exported."""
    path = folder / "canvas.csv"
    path.write_bytes(text.replace("{possible}", possible).encode())
    return path


def test_template(tmp_path: Path, right: Verdict, wrong: Verdict) -> None:
    """Students are known by SIS ID, login, or the number of a download; other cells keep their bytes."""
    class_ = classes.store(tmp_path / "r", {"S1": right, "BOB@example.edu": wrong, "clarkčen_103": right})
    out = tmp_path / "out.csv"
    done = classes.export(class_, "--to", "canvas", "--template", template(tmp_path), "--assignment", "Lab 1", "--out", out)

    expected = GRADEBOOK.replace("{possible}", "80.00")
    for before, after in (("8.00,,72.00", "8.00,80,72.00"), ("7.00,3.00", "7.00,64"), ('CS-1,,,,\r\n"S', 'CS-1,,80,,\r\n"S')):
        expected = expected.replace(before, after)
    assert (0, f"3 scores in {out}.\n") == (done.exit_code, done.output)
    assert expected == out.read_bytes().decode()


@pytest.mark.parametrize(
    ("possible", "expected"), [("10", "8"), ("0", "64"), ("", "64"), ("(read only)", "64"), ("33,3", "26.64")]
)
def test_points_are_those_of_canvas(tmp_path: Path, wrong: Verdict, possible: str, expected: str) -> None:
    """Where the assignment is worth something else there, the share counts; Canvas may write a comma."""
    class_ = classes.store(tmp_path / "r", {"ann": wrong})
    text = GRADEBOOK.replace("{possible}", f'"{possible}"')
    out = tmp_path / "out.csv"
    classes.export(class_, "--to", "canvas", "--template", template(tmp_path, text=text), "--assignment", "22", "--out", out)

    assert expected == list(csv.reader(out.open(encoding="utf-8-sig")))[3][6]


def test_who_is_excused_stays_excused(tmp_path: Path, right: Verdict) -> None:
    """A person decided that, so no score takes its place; the student is named, and is not missing."""
    class_ = classes.store(tmp_path / "r", {"ann": right, "S2": right})
    out = tmp_path / "out.csv"
    given = template(tmp_path, text=GRADEBOOK.replace("7.00,3.00", "7.00,EX"))
    done = classes.export(class_, "--to", "canvas", "--template", given, "--assignment", "Lab 1", "--out", out)

    assert (0, True) == (done.exit_code, "1 excused in the template, left alone: S2" in done.output)
    assert done.output.startswith("1 scores in ")
    assert "7.00,EX" in out.read_text("utf-8")


def test_who_is_missing_is_named(tmp_path: Path, right: Verdict) -> None:
    """Strangers, students of whom nobody is sure, those who need a person and damaged verdicts; none gets a score."""
    verdicts = {"ann": right, "S1": right, "zed": right, "adamsann_102": right, "bob@example.edu": classes.waiting(), "cen": None}
    class_ = classes.store(tmp_path / "r", verdicts)
    out = tmp_path / "out.csv"
    done = classes.export(class_, "--to", "canvas", "--template", template(tmp_path), "--assignment", "Lab 1", "--out", out)

    assert 1 == done.exit_code
    assert "2 not in the template, nothing written: zed, adamsann_102" in done.output
    assert "2 fit several rows, or share one, nothing written: ann, S1" in done.output
    assert "1 need attention, no score written: bob@example.edu" in done.output
    assert "1 without a verdict that can be read, grade them again: cen" in done.output
    assert GRADEBOOK.replace("{possible}", "80.00") == out.read_bytes().decode()


def test_new_file(tmp_path: Path, right: Verdict, wrong: Verdict) -> None:
    """Without a template there are the columns that Canvas needs, in its order; no cell is a formula."""
    verdicts = {"ann": right, "4711": wrong, "doejane_17": right, classes.HOSTILE: right, "wait": classes.waiting()}
    class_ = classes.store(tmp_path / "r", verdicts, {"doejane_17": "doejane"})
    out = tmp_path / "out.csv"
    done = classes.export(class_, "--to", "canvas", "--assignment", "=Lab", "--out", out)
    hostile = '\'=HYPERLINK("http://x","<b>a&b</b>")'

    assert 1 == done.exit_code
    assert [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "'=Lab"],
        ["    Points Possible", "", "", "", "", "80"],
        ["ann", "", "", "ann", "", "80"],
        ["4711", "", "4711", "", "", "64"],
        ["doejane", "17", "", "", "", "80"],
        [hostile, "", "", hostile, "", "80"],
        ["wait", "", "", "wait", "", ""],
    ] == list(csv.reader(out.open(encoding="utf-8")))


def test_numbers_that_are_not_of_canvas(tmp_path: Path, right: Verdict) -> None:
    """A folder's own number, or one of Moodle's, would be a stranger's ID, so neither is written as one."""
    class_ = classes.store(tmp_path / "r", {"ivan_2004": right, "Ann Neil_101": right}, {"Ann Neil_101": "Ann Neil"})
    out = tmp_path / "out.csv"
    classes.export(class_, "--to", "canvas", "--out", out)

    assert [["ivan_2004", "", "", "ivan_2004"], ["Ann Neil", "", "", "Ann Neil_101"]] == [
        row[:4] for row in list(csv.reader(out.open(encoding="utf-8")))[2:]
    ]


def test_a_row_that_two_claim(tmp_path: Path, right: Verdict) -> None:
    """Even a student without a score makes it unclear whose a row is."""
    class_ = classes.store(tmp_path / "r", {"ann": right, "S1": classes.waiting()})
    out = tmp_path / "out.csv"
    done = classes.export(class_, "--to", "canvas", "--template", template(tmp_path), "--assignment", "Lab 1", "--out", out)

    assert (1, True) == (done.exit_code, "1 fit several rows, or share one, nothing written: ann" in done.output)
    assert GRADEBOOK.replace("{possible}", "80.00") == out.read_bytes().decode()


def test_late(tmp_path: Path, right: Verdict, wrong: Verdict) -> None:
    """The score is the lowered one, what was taken stands in a file of its own, and the verdict is as it was."""
    class_ = classes.store(tmp_path / "r", {"ann": right, "cen": wrong})
    before = {path: path.read_bytes() for path in class_.rglob("*.json")}
    late, out = tmp_path / "late.csv", tmp_path / "out.csv"
    late.write_text("student,days_late\nann,2\nzoe,1\n")
    arguments = ["--template", template(tmp_path), "--assignment", "Lab 1", "--late", late, "--policy", "penalty=10"]
    done = classes.export(class_, "--to", "canvas", "--out", out, *arguments)

    assert 1 == done.exit_code
    assert "1 in the file of late submissions, but not in RESULTS: zoe" in done.output
    rows = list(csv.reader(out.open(encoding="utf-8-sig")))
    assert ("64", "64") == (rows[3][6], rows[5][6])
    reason = "Handed in late, days begun: 2. 20% of the points earned (points: 16) are deducted: 80 become 64."
    assert [
        ["student", "before", "deduction", "exported", "days_late", "reason"],
        ["ann", "80", "16", "64", "2", reason],
        ["cen", "64", "0", "64", "0", "Handed in on time: nothing is deducted."],
    ] == list(csv.reader((tmp_path / "out-late.csv").open(encoding="utf-8")))
    assert before == {path: path.read_bytes() for path in class_.rglob("*.json") if path.name != LATE}


@pytest.mark.parametrize(
    ("assignment", "text", "sentence"),
    [
        ("Lab 2", GRADEBOOK, "has 0 columns of an assignment called Lab 2"),
        ("Lab 1", GRADEBOOK.replace("Quiz (11)", "Lab 1 (11)"), "has 2 columns of an assignment called Lab 1"),
        ("Current Score", GRADEBOOK, "Quiz (11); Lab 1 (22)"),
        ("Lab 1", "Name,Lab 1\nann,\n", "Expected the columns Student, ID; received: Name, Lab 1."),
        ("Lab 1", "Student,ID\nann,1\n", "Expected one such as CNN lab (12345); received: Student, ID."),
        ("Lab 1", '"', "no CSV"),
    ],
)
def test_templates_that_do_not_fit(tmp_path: Path, right: Verdict, assignment: str, text: str, sentence: str) -> None:
    """What is wrong is a sentence, nothing is written, and the exit status is 2."""
    class_ = classes.store(tmp_path / "r", {"ann": right})
    out = tmp_path / "out.csv"
    given = template(tmp_path, text=text)
    done = classes.export(class_, "--to", "canvas", "--template", given, "--assignment", assignment, "--out", out)

    assert (2, True, False) == (done.exit_code, sentence in done.output, out.exists())
