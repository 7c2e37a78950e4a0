"""Responses as Moodle and Canvas export them, written here as their own sources write them."""

import csv
import html
import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.instructor import tables
from autograder.instructor.quiz.bank import gaps, marking, text
from autograder.instructor.quiz.bank.model import CHOICES, Item
from autograder.instructor.quiz.grading import platforms
from tests.support import quiz


def stripped(source: str) -> str:
    """HTML without its tags, as both systems show it."""
    return html.unescape(re.sub(r"<[^>]*>", "", source)).strip()


def moodle_question(item: Item, lang: str) -> str:
    """What `get_question_summary` of Moodle's question types returns."""
    wording = item.wordings[lang]
    shown = [stripped(text.html(option.text, text.tex)) for option in wording.options]
    if item.type == "cloze":

        def gap(number: int, found: gaps.Gap) -> str:
            return "{" + "; ".join(sorted(found.offered)) + "}" if found.kind == "choice" else "_____"

        return stripped(text.cloze(wording.stem, gap, text.tex))
    stem = stripped(text.html(wording.stem, text.tex))
    if item.type in CHOICES:
        return f"{stem}: {'; '.join(shown)}"
    if item.type == "match":
        lefts = "; ".join(text.plain(pair.left) for pair in wording.pairs if pair.left)
        return f"{stem} {{{lefts}}} -> {{{'; '.join(text.plain(pair.right) for pair in wording.pairs)}}}"
    return stem


def moodle_response(item: Item, lang: str, answer: marking.Answer) -> str:
    """What `summarise_response` of Moodle's question types returns."""
    wording = item.wordings[lang]
    if item.type in CHOICES:
        return "; ".join(stripped(text.html(option.text, text.tex)) for option in wording.options if option.id in answer)
    if item.type == "match":
        lefts = [pair.left for pair in wording.pairs if pair.left]
        return "; ".join(f"{text.plain(left)} -> {text.plain(right)}" for left, right in zip(lefts, answer, strict=True))
    if item.type == "cloze":
        part = "часть" if lang == "ru" else "part"
        return "; ".join(f"{part} {number}: {value}" for number, value in enumerate(answer, 1))
    return answer[0]


def canvas_question(item: Item, lang: str) -> str:
    """The head of a column in Canvas' student analysis."""
    wording = item.wordings[lang]
    if item.type == "cloze":
        return stripped(text.cloze(wording.stem, lambda number, gap: f"[gap{number}]", text.mathml))
    return stripped(text.html(wording.stem, text.mathml))


def canvas_response(item: Item, lang: str, answer: marking.Answer) -> str:
    """A cell below it, by the rules of `student_analysis.rb`."""
    wording = item.wordings[lang]
    if item.type in CHOICES:
        chosen = [stripped(text.html(option.text, text.mathml)) for option in wording.options if option.id in answer]
        return ",".join(value.replace(",", "\\,") for value in chosen) if item.type == "multi" else chosen[0]
    if item.type == "match":
        lefts = [pair.left for pair in wording.pairs if pair.left]
        pairs = [
            "=>".join(text.plain(side).replace("=>", "\\=>") for side in pair).replace(",", "\\,")
            for pair in zip(lefts, answer, strict=True)
        ]
        return ",".join(pairs)
    if item.type == "cloze":
        return ",".join(value.replace(",", "\\,") for value in answer)
    return answer[0]


def moodle(path: Path, rows: list[list[tuple[Item, str, marking.Answer]]], lang: str = "en") -> None:
    """A report of responses with question texts, one row for each student."""
    asked, told = ("Вопрос", "Ответ") if lang == "ru" else ("Question", "Response")
    width = max(map(len, rows))
    head = ["Last name", "First name", "ID number", "Email address", "State", "Grade/10.00"]
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(head + [name for number in range(1, width + 1) for name in (f"{asked} {number}", f"{told} {number}")])
        for number, row in enumerate(rows):
            cells = [
                part for found in row for part in (moodle_question(*found[:2]), moodle_response(*found) if found[2] else "-")
            ]
            about = ["Doe", "Jo", f"s{number}", f"s{number}@example.org", "Finished", "-"]
            table.writerow([*about, *cells, *["-"] * (2 * width - len(cells))])
        table.writerow(["Overall average", *[""] * 5, *["-"] * (2 * width)])


def canvas(path: Path, rows: list[list[tuple[Item, str, marking.Answer]]]) -> None:
    """A student analysis; columns are questions, empty for who did not get one."""
    asked = {(item.name, lang): canvas_question(item, lang) for row in rows for item, lang, _ in row}
    with path.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream)
        heads = [part for number, shown in enumerate(asked.values(), 4001) for part in (f"{number}: {shown}", "1.0")]
        table.writerow(["name", "id", "sis_id", "section", "submitted", *heads, "n correct", "n incorrect", "score"])
        for number, row in enumerate(rows):
            given = {
                (item.name, lang): (canvas_response(item, lang, answer) if answer else "", "0.0") for item, lang, answer in row
            }
            cells = [part for key in asked for part in given.get(key, ("", ""))]
            table.writerow(["Jo Doe", number, f"s{number}", "A", "2026-11-01", *cells, 0, 0, 0])


@pytest.mark.parametrize("lang", ["ru", "en"])
@pytest.mark.parametrize("write", [moodle, canvas])
def test_the_whole_bank_is_known_again(tmp_path: Path, lang: str, write: Callable[..., None]) -> None:
    """Every variant of every item, answered rightly, is recognised by its text and has all its points."""
    rows = [[(item, lang, quiz.right_answer(item, lang))] for item in quiz.given()]
    write(tmp_path / "answers.csv", rows)
    found, troubles = platforms.read(tmp_path / "answers.csv", quiz.real())

    assert [] == troubles
    assert [row[0][0].name for row in rows] == [response.item.name for response in found]
    assert [f"s{number}" for number in range(len(rows))] == [response.student for response in found]
    states = {
        response.item.name: "unreadable" if response.answer is None else marking.mark(response.item, lang, response.answer).state
        for response in found
    }
    assert {"right", "waiting"} == set(states.values()), [
        name for name, state in states.items() if state not in {"right", "waiting"}
    ]


@pytest.mark.parametrize("write", [moodle, canvas])
def test_wrong_options_are_known_too(tmp_path: Path, write: Callable[..., None]) -> None:
    """Each wrong option of the bank is told by its own id."""
    chosen = [(item, option) for item in quiz.given() if item.type == "single" for option in item.wordings["ru"].options]
    write(tmp_path / "answers.csv", [[(item, "ru", (option.id,))] for item, option in chosen])
    found, troubles = platforms.read(tmp_path / "answers.csv", quiz.real())

    assert [] == troubles
    assert [(option.id,) for _, option in chosen] == [response.answer for response in found]


@pytest.mark.parametrize("write", [moodle, canvas])
def test_no_answer_is_blank(tmp_path: Path, write: Callable[..., None]) -> None:
    """A question that was given and not answered is an empty answer; one that was not given is none."""
    one, two = quiz.given()[:2]
    write(tmp_path / "answers.csv", [[(one, "en", ())], [(one, "en", quiz.right_answer(one, "en")), (two, "en", ())]])
    found, _ = platforms.read(tmp_path / "answers.csv", quiz.real())

    assert [("s0", one.name, True), ("s1", one.name, False), ("s1", two.name, True)] == [
        (response.student, response.item.name, response.answer == ()) for response in found
    ]


def test_both_languages_in_one_question(tmp_path: Path) -> None:
    """A report of questions for Moodle's multi-language filter shows both texts, and is read all the same."""
    chosen = [item for item in quiz.given() if item.type in {"single", "multi", "numeric", "short", "match"}]
    with (tmp_path / "answers.csv").open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(["ID number", "Question 1", "Response 1"])
        for number, item in enumerate(chosen):
            both = {lang: quiz.right_answer(item, lang) for lang in item.wordings}
            asked = "".join(stripped(text.html(item.wordings[lang].stem, text.tex)) for lang in both)
            if item.type == "match":
                sides = [[pair for pair in item.wordings[lang].pairs if pair.left] for lang in both]
                told = "; ".join(f"{a.left} / {b.left} -> {a.right} / {b.right}" for a, b in zip(*sides, strict=True))
            elif item.type in {"single", "multi"}:
                texts = [[stripped(text.html(option.text, text.tex)) for option in item.wordings[lang].options] for lang in both]
                options = item.wordings["ru"].options
                told = "; ".join(f"{a}{b}" for a, b, option in zip(*texts, options, strict=True) if option.correct)
            else:
                told = both["ru"][0]
            table.writerow([f"s{number}", asked, told])
    found, troubles = platforms.read(tmp_path / "answers.csv", quiz.real())

    assert [] == troubles
    assert [item.name for item in chosen] == [response.item.name for response in found]
    assert {"right"} == {marking.mark(one.item, one.lang, one.answer or ()).state for one in found}


def test_russian_heads(tmp_path: Path) -> None:
    """Moodle's report in Russian is read like the English one."""
    item = quiz.given()[0]
    moodle(tmp_path / "answers.csv", [[(item, "ru", quiz.right_answer(item, "ru"))]], "ru")
    found, troubles = platforms.read(tmp_path / "answers.csv", quiz.real())

    assert ([item.name], []) == ([response.item.name for response in found], troubles)


def test_a_question_that_nobody_knows(tmp_path: Path) -> None:
    """A question of somebody else's is named with its row, and the others are read."""
    item = quiz.given()[0]
    moodle(tmp_path / "answers.csv", [[(item, "en", quiz.right_answer(item, "en"))]])
    lines = list(csv.reader(io.StringIO((tmp_path / "answers.csv").read_text("utf-8-sig"))))
    lines.insert(1, [*lines[1][:2], "x1", *lines[1][3:6], "What is love?", "baby"])
    with (tmp_path / "answers.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, delimiter=";").writerows(lines)
    found, troubles = platforms.read(tmp_path / "answers.csv", quiz.real())

    assert ["s0"] == [response.student for response in found]
    assert ["answers.csv, row 2, question 1"] == [trouble.where for trouble in troubles]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a,b\n1,2\n", "neither"),
        ("", "neither"),
        ("ID number,Response 1\nann,896\n", "question text"),
        ('ID number,Question 1,Response 1\n"' + "x" * (tables.MAX_FIELD + 1) + '",b,c\n', "no table"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, content: str, message: str) -> None:
    """What is no export of answers is refused with a reason, whatever is in it."""
    (tmp_path / "x.csv").write_text(content, "utf-8")

    with pytest.raises(platforms.PlatformError, match=message):
        platforms.read(tmp_path / "x.csv", quiz.real())
