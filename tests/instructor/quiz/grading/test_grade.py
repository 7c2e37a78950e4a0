"""A class graded: sheets of every kind, what a person decides, and nothing that could stop the run."""

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from autograder.instructor.cli import main
from autograder.instructor.quiz.bank.model import RELEASES, Bank
from autograder.instructor.quiz.forms import form, sheets
from autograder.instructor.quiz.forms.form import Draw, Form
from autograder.instructor.quiz.grading import grade, responses
from tests.support import blocks, quiz

WHOLE = Form("whole", "seed", (Draw(release=RELEASES),), {"ru": "Опрос", "en": "Quiz"}, points=10.0)
FORM_FILE = (
    'name = "whole"\nseed = "seed"\npoints = 10\ntitle = {en = "Quiz", ru = "Опрос"}\n[[draw]]\nrelease = ["exam", "practice"]\n'
)


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    """One item of each type."""
    return quiz.sample(tmp_path / "bank")


def hand_in(folder: Path, bank: Bank, student: str, *, right: bool = True, lang: str = "en") -> Path:
    """A sheet of a student in a folder of his."""
    questions = form.questions(WHOLE, bank, student)
    text = sheets.write(WHOLE, questions, student, lang)
    path = folder / student / "sheet.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(quiz.filled(questions, text, lang) if right else text, "utf-8")
    return path


def rows(path: Path) -> list[dict[str, str]]:
    """A table that was written."""
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def graded(tmp_path: Path, bank: Bank) -> grade.Graded:
    """The class in ``in``, graded into ``out``."""
    found, troubles = grade.from_sheets(tmp_path / "in", WHOLE, bank)
    return grade.run(found, troubles, grade.Setting(WHOLE, bank, "en", show_key=True), tmp_path / "out")


def test_what_a_person_decides_completes_a_score(tmp_path: Path, bank: Bank) -> None:
    """An essay waits; once its criteria are filled in the student has a score, and grading again keeps it."""
    hand_in(tmp_path / "in", bank, "ann")
    first = graded(tmp_path, bank)
    table = tmp_path / "out" / "todo" / "rubric-in-words.csv"
    (row,) = rows(table)
    criteria = [name for name in row if "(0-" in name]

    assert (1, 1) == (first.waiting, first.scores[0].waiting)
    assert {"status": "needs_attention", "score": ""}.items() <= rows(tmp_path / "out" / "grades.csv")[0].items()

    fill(table, {criteria[0]: "1", criteria[1]: "0,5", "comment": "Good & short."} | dict.fromkeys(criteria[2:], "0"))
    second = graded(tmp_path, bank)
    maximum = sum(item.points for item in bank.items)
    essay = bank.item("in-words").points
    expected = round(10 * (maximum - essay + 1.5) / maximum, 2)

    assert (0, expected) == (second.waiting, second.scores[0].points)
    assert "Good &amp; short." in (tmp_path / "out" / "reports" / "ann.html").read_text("utf-8")
    assert second == graded(tmp_path, bank)
    assert "1" == rows(table)[0][criteria[0]]


def fill(path: Path, values: dict[str, str], *, line: int = 0, mark: str = ",") -> None:
    """Fill in a row as a person does with a spreadsheet, which may write other separators and line ends."""
    found = rows(path)
    found[line] |= values
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        table = csv.DictWriter(stream, list(found[0]), delimiter=mark)
        table.writeheader()
        table.writerows(found)


def test_spreadsheets_with_semicolons(tmp_path: Path, bank: Bank) -> None:
    """A table that a spreadsheet saved with semicolons and a mark at its beginning is read."""
    hand_in(tmp_path / "in", bank, "ann")
    graded(tmp_path, bank)
    table = tmp_path / "out" / "todo" / "rubric-in-words.csv"
    fill(table, {name: "0" for name in rows(table)[0] if "(0-" in name}, mark=";")

    assert 0 == graded(tmp_path, bank).waiting


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace("student,", "name,"),
        lambda text: text.replace("kept", 'kept",more'),
        lambda text: f"{text}\0" * 2**17,
    ],
)
def test_a_table_that_cannot_be_read_is_kept(tmp_path: Path, bank: Bank, spoil: Callable[[str], str]) -> None:
    """A table that a person has spoilt stops nothing, is named, and lies beside the new one as it was."""
    hand_in(tmp_path / "in", bank, "ann")
    graded(tmp_path, bank)
    table = tmp_path / "out" / "todo" / "rubric-in-words.csv"
    fill(table, {"comment": "kept"})
    spoilt = spoil(table.read_text("utf-8"))
    table.write_text(spoilt, "utf-8")
    again = graded(tmp_path, bank)

    assert 1 == again.waiting and "rubric-in-words.csv.unread-1" in again.troubles[0].why
    assert spoilt == table.with_name("rubric-in-words.csv.unread-1").read_text("utf-8")
    assert "ann" == rows(table)[0]["student"]
    assert () == graded(tmp_path, bank).troubles


@pytest.mark.parametrize("written", ["2", "-1", "many", "1e9", "nan"])
def test_points_that_cannot_be(tmp_path: Path, bank: Bank, written: str) -> None:
    """Points outside their range are named, and the answer goes on waiting."""
    hand_in(tmp_path / "in", bank, "ann")
    graded(tmp_path, bank)
    table = tmp_path / "out" / "todo" / "rubric-in-words.csv"
    fill(
        table,
        {name: written for name in rows(table)[0] if "(0-1)" in name} | {name: "0" for name in rows(table)[0] if "(0-2)" in name},
    )
    again = graded(tmp_path, bank)

    assert 1 == again.waiting
    assert any("is no number from 0 to" in trouble.why for trouble in again.troubles)
    assert written in table.read_text("utf-8")


def test_a_decision_belongs_to_its_answer(tmp_path: Path, bank: Bank) -> None:
    """Points for an essay do not pass to another text; they stay in the table, and the new text waits."""
    path = hand_in(tmp_path / "in", bank, "ann")
    graded(tmp_path, bank)
    table = tmp_path / "out" / "todo" / "rubric-in-words.csv"
    fill(table, {name: "1" for name in rows(table)[0] if "(0-" in name} | {"comment": "kept"})
    assert 0 == graded(tmp_path, bank).waiting
    path.write_text(path.read_text("utf-8").replace("A text.", "Another text."), "utf-8")

    assert 1 == graded(tmp_path, bank).waiting
    assert ["", "kept"] == sorted(row["comment"] for row in rows(table))
    assert 1 == graded(tmp_path, bank).waiting


def test_an_unreadable_answer_is_no_wrong_one(tmp_path: Path, bank: Bank) -> None:
    """A word where a number is asked for waits in a table of its own, and can be given points there."""
    path = hand_in(tmp_path / "in", bank, "ann")
    code = form.code(bank.id, "output-side")
    head, part = path.read_text("utf-8").split(f"<!-- {code} v1 -->")
    part = "Answer: sixteen".join(part.split("Answer: " + part.split("Answer: ")[1].split("\n")[0], 1))
    path.write_text(f"{head}<!-- {code} v1 -->{part}", "utf-8")
    graded(tmp_path, bank)
    table = tmp_path / "out" / "todo" / "unreadable.csv"
    (row,) = rows(table)

    assert ("output-side", "sixteen") == (row["item"], row["answer"])
    fill(table, {"points": "2"})
    again = graded(tmp_path, bank)
    assert 1 == again.waiting  # the essay
    assert 2 == next(
        float(found["points"]) for found in rows(tmp_path / "out" / "responses.csv") if found["item"] == "output-side"
    )


def test_hostile_sheets_do_not_stop_the_class(tmp_path: Path, bank: Bank) -> None:
    """Files of all kinds lie among the sheets; one student is graded all the same, and each bad file is named."""
    hand_in(tmp_path / "in", bank, "ann")
    other = tmp_path / "in" / "bad"
    other.mkdir()
    (other / "notes.md").write_text("# My notes", "utf-8")
    (other / "huge.md").write_bytes(b"x" * (sheets.MAX_BYTES + 1))
    (other / "binary.md").write_bytes(bytes(range(256)))
    (other / "link.md").symlink_to(tmp_path / "in" / "ann" / "sheet.md")
    (other / "folder.md").mkdir()
    (other / "stranger.md").write_text(
        (tmp_path / "in" / "ann" / "sheet.md").read_text("utf-8").replace("| whole |", "| other |"), "utf-8"
    )
    found = graded(tmp_path, bank)

    assert ["ann"] == [score.student for score in found.scores]
    assert {"bad/notes.md", "bad/huge.md", "bad/binary.md", "bad/stranger.md"} == {trouble.where for trouble in found.troubles}


def test_two_sheets_of_one_student(tmp_path: Path, bank: Bank) -> None:
    """The sheet in the student's folder counts; where none or both are, nobody guesses."""
    own = hand_in(tmp_path / "in", bank, "ann")
    forged = tmp_path / "in" / "ben" / "sheet.md"
    forged.parent.mkdir()
    forged.write_text(own.read_text("utf-8").replace("[x]", "[ ]"), "utf-8")
    found = graded(tmp_path, bank)

    assert ["ben/sheet.md"] == [trouble.where for trouble in found.troubles]
    assert "sheet.md counts" in found.troubles[0].why

    own.rename(own.parent.parent / "x.md")
    found = graded(tmp_path, bank)
    assert () == found.scores
    assert {"x.md", "ben/sheet.md"} == {trouble.where for trouble in found.troubles}


def test_another_version_of_an_item(tmp_path: Path, bank: Bank) -> None:
    """An answer to an older version of a question is not marked by the key of the newer one."""
    path = hand_in(tmp_path / "in", bank, "ann")
    code = form.code(bank.id, "one-of-three")
    path.write_text(path.read_text("utf-8").replace(f"{code} v1", f"{code} v0"), "utf-8")
    found = graded(tmp_path, bank)

    assert any("version 0" in trouble.why for trouble in found.troubles)
    assert "unreadable" == next(row["state"] for row in rows(tmp_path / "out" / "responses.csv") if row["item"] == "one-of-three")


def test_a_question_of_somebody_elses(tmp_path: Path, bank: Bank) -> None:
    """A question that is not in the student's form gives nothing and is named; one that was deleted is blank."""
    path = hand_in(tmp_path / "in", bank, "ann")
    path.write_text(path.read_text("utf-8").replace(form.code(bank.id, "one-of-three"), "0123abcd"), "utf-8")
    found = graded(tmp_path, bank)

    assert any("0123abcd" in trouble.why for trouble in found.troubles)
    assert "blank" == next(row["state"] for row in rows(tmp_path / "out" / "responses.csv") if row["item"] == "one-of-three")


def test_spreadsheets_get_no_formulas(tmp_path: Path, bank: Bank) -> None:
    """What begins a formula in an answer is harmless in every table, and the answer can be read back whole."""
    path = hand_in(tmp_path / "in", bank, "ann", right=False)
    code = form.code(bank.id, "in-words")
    head, part = path.read_text("utf-8").split(f"<!-- {code} v1 -->")
    path.write_text(head + f"<!-- {code} v1 -->" + part.replace("Answer:", "Answer: =HYPERLINK(1),+2\n=3", 1), "utf-8")
    graded(tmp_path, bank)
    (todo,) = rows(tmp_path / "out" / "todo" / "rubric-in-words.csv")
    tidy = next(row for row in rows(tmp_path / "out" / "responses.csv") if row["item"] == "in-words")

    assert ["'=HYPERLINK(1),'+2", "'=3"] == todo["answer"].split("\n")
    assert '"=' not in tidy["answer"]
    assert ["=HYPERLINK(1),+2\n=3"] == json.loads(tidy["answer"])


def test_pages_escape_what_students_wrote(tmp_path: Path, bank: Bank) -> None:
    """Markup in an answer is shown as text."""
    path = hand_in(tmp_path / "in", bank, "ann")
    path.write_text(path.read_text("utf-8").replace("A text.", "<script>alert(1)</script> <b>"), "utf-8")
    graded(tmp_path, bank)
    page = (tmp_path / "out" / "reports" / "ann.html").read_text("utf-8")

    assert "&lt;script&gt;alert(1)&lt;/script&gt; &lt;b&gt;" in page
    assert "<script" not in page


def test_tidy_table_names_its_columns(tmp_path: Path, bank: Bank) -> None:
    """There is a row for each student and item, with the columns that analysis reads."""
    hand_in(tmp_path / "in", bank, "ann")
    hand_in(tmp_path / "in", bank, "ben", right=False, lang="ru")
    graded(tmp_path, bank)
    found = rows(tmp_path / "out" / "responses.csv")

    assert list(responses.FIELDS) == list(found[0])
    assert 2 * len(bank.items) == len(found)
    assert {"n", "k", "p", "s"} == set(json.loads(next(row["values"] for row in found if row["item"] == "output-side")))


def test_scores_for_other_programs(tmp_path: Path, bank: Bank) -> None:
    """Scores are read back as they were computed; a damaged file is none."""
    hand_in(tmp_path / "in", bank, "ann")
    hand_in(tmp_path / "in", bank, "ben", right=False)
    graded(tmp_path, bank)

    assert {"ann": (None, 10.0), "ben": (0.0, 10.0)} == grade.read_scores(tmp_path / "out")
    for damaged in (
        "[1]",
        '{"ann": [11, 10]}',
        '{"ann": ["x", 10]}',
        '{"ann": [1]}',
        '{"ann": [1, null]}',
        '{"ann": [1, NaN]}',
        "{",
    ):
        (tmp_path / "out" / grade.SCORES).write_text(damaged, "utf-8")
        assert grade.read_scores(tmp_path / "out") is None


@pytest.mark.parametrize("content", ['[\n{\n"id": "ann",\n"name": "Ann"\n}\n]', "Full name,Email\nAnn A,ann@x\n"])
def test_a_table_without_a_known_column_is_no_list_of_students(tmp_path: Path, bank: Bank, content: str) -> None:
    """A heading or a line of JSON gets no sheet."""
    (tmp_path / "form.toml").write_text(FORM_FILE, "utf-8")
    (tmp_path / "class.csv").write_text(content, "utf-8")
    common = ["--bank", str(tmp_path / "bank"), "--form", str(tmp_path / "form.toml"), "--out", str(tmp_path / "sheets")]
    done = CliRunner().invoke(main, ["quiz", "sheet", *common, "--students", str(tmp_path / "class.csv")])

    assert (2, False) == (done.exit_code, (tmp_path / "sheets").exists())
    assert "a column student" in done.output


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_who_decides_on_an_essay_has_its_rubric(tmp_path: Path, bank: Bank, lang: str) -> None:
    """Beside the table lies what its columns mean: each criterion in full, and a model answer."""
    hand_in(tmp_path / "in", bank, "ann", lang=lang)
    graded(tmp_path, bank)
    (essay,) = (item for item in bank.items if item.type == "essay")
    told = (tmp_path / "out" / "todo" / f"rubric-{essay.id}.md").read_text("utf-8")

    assert all(row.id in told and row.text in told for row in essay.wordings[lang].rubric)
    assert essay.wordings[lang].model_answer in told


def test_command_grades_sheets(tmp_path: Path, bank: Bank) -> None:
    """`convmark quiz sheet` writes sheets that `convmark quiz grade` marks; the exit status says whether something waits."""
    (tmp_path / "form.toml").write_text(FORM_FILE, "utf-8")
    (tmp_path / "class.csv").write_text("name,student\nAnn A,ann\nBen B,ben\n", "utf-8")
    common = ["--bank", str(tmp_path / "bank"), "--form", str(tmp_path / "form.toml")]
    out = str(tmp_path / "sheets")
    made = CliRunner().invoke(
        main, ["quiz", "sheet", *common, "--students", str(tmp_path / "class.csv"), "--out", out, "--lang", "en"]
    )

    assert (0, ["ann.md", "ben.md"]) == (made.exit_code, sorted(path.name for path in (tmp_path / "sheets").iterdir())), (
        made.output
    )

    done = CliRunner().invoke(main, ["quiz", "grade", out, *common, "--out", str(tmp_path / "out"), "--lang", "en"])
    assert 0 == done.exit_code, done.output
    assert "2 students, 2 with a score" in done.output

    hand_in(tmp_path / "in", bank, "ann")
    waits = CliRunner().invoke(
        main, ["quiz", "grade", str(tmp_path / "in"), *common, "--out", str(tmp_path / "out"), "--lang", "en"]
    )
    assert 1 == waits.exit_code
    assert "1 answers wait for a person" in waits.output

    said = re.sub(r"\d+", "…", waits.output.replace(str(tmp_path / "out"), "quiz-results"))
    assert re.sub(r"\d+", "…", blocks.block("docs/quiz.md", "24 answers wait for a person")) == said


def test_command_says_what_is_wrong(tmp_path: Path, bank: Bank) -> None:
    """A form, a file and a bank that cannot be used each have a sentence, and no traceback."""
    (tmp_path / "form.toml").write_text("name = 1", "utf-8")
    (tmp_path / "x.csv").write_text("a,b\n", "utf-8")
    (tmp_path / "empty").mkdir()
    bad_form = ["--bank", str(tmp_path / "bank"), "--form", str(tmp_path / "form.toml")]
    found = CliRunner().invoke(main, ["quiz", "grade", str(tmp_path / "x.csv"), *bad_form])
    assert (2, True) == (found.exit_code, "name has" in found.output)

    (tmp_path / "form.toml").write_text(FORM_FILE, "utf-8")
    found = CliRunner().invoke(main, ["quiz", "grade", str(tmp_path / "x.csv"), *bad_form])
    assert (2, True) == (found.exit_code, "neither Moodle" in found.output)

    found = CliRunner().invoke(main, ["quiz", "grade", str(tmp_path / "x.csv"), *bad_form[2:], "--bank", str(tmp_path / "empty")])
    assert (2, True) == (found.exit_code, "no bank" in found.output)


def test_command_analyses_what_was_graded(tmp_path: Path, bank: Bank) -> None:
    """`convmark quiz analyse` reads the folder of `convmark quiz grade`, and names a table that is none."""
    for number in range(3):
        hand_in(tmp_path / "in", bank, f"s{number}", right=number > 0)
    graded(tmp_path, bank)
    asked = ["quiz", "analyse", str(tmp_path / "out"), "--bank", str(tmp_path / "bank"), "--lang", "en"]
    found = CliRunner().invoke(main, asked)

    assert 0 == found.exit_code, found.output
    assert f"3 students, {3 * len(bank.items)} answers" in found.output
    table = {row["item"]: row for row in rows(tmp_path / "out" / "items.csv")}
    assert 2 / 3 == pytest.approx(float(table["one-of-three"]["p"]), abs=0.01)
    assert "<table" in (tmp_path / "out" / "analysis.html").read_text("utf-8")

    (tmp_path / "out" / "responses.csv").write_text("a,b\n1,2\n", "utf-8")
    found = CliRunner().invoke(main, asked)
    assert (2, True) == (found.exit_code, "row 1" in found.output or "column" in found.output), found.output
