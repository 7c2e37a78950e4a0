"""Answer sheets: what is written is read back, whatever a student's editor made of it."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.instructor.quiz.bank import marking, numbers
from autograder.instructor.quiz.bank.model import RELEASES, Bank
from autograder.instructor.quiz.forms import form, sheets
from autograder.instructor.quiz.forms.form import Draw, Form, Question
from autograder.instructor.quiz.forms.sheets import SheetError, UnreadableError
from autograder.instructor.rendering import Words
from tests.support import quiz

WHOLE = Form("whole", "seed", (Draw(release=RELEASES),), {"ru": "Опрос", "en": "Quiz"})


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Bank:
    """One item of each type."""
    return quiz.sample(Path(tmp_path_factory.mktemp("bank")))


def marks(questions: list[Question], content: str) -> dict[str, marking.Mark]:
    """The marks of a sheet by the ids of the items."""
    sheet = sheets.read(content.encode())
    lang = sheet.lang
    answers = {question.item.id: sheets.answer(question, sheet.raws[question.code], lang) for question in questions}
    return {question.item.id: marking.mark(question.item, lang, answers[question.item.id]) for question in questions}


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_the_whole_bank_on_a_sheet(lang: str) -> None:
    """Every item of the lab's bank, answered rightly on a sheet, has all its points."""
    bank = quiz.real()
    questions = form.questions(WHOLE, bank, "ann")
    found = marks(questions, quiz.filled(questions, sheets.write(WHOLE, questions, "ann", lang), lang))

    assert len(bank.items) == len(found)
    assert {"right", "waiting"} == {mark.state for mark in found.values()}
    assert sum(item.type == "essay" for item in bank.items) == sum(mark.state == "waiting" for mark in found.values())


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_an_untouched_sheet_has_no_answers(bank: Bank, lang: str) -> None:
    """Where nothing was written every question is blank, and none unreadable."""
    questions = form.questions(WHOLE, bank, "ann")

    assert {"blank"} == {mark.state for mark in marks(questions, sheets.write(WHOLE, questions, "ann", lang)).values()}


def test_no_sheet_tells_a_key(bank: Bank) -> None:
    """Neither ids nor feedback, hints, explanations, rubrics or traps stand on a sheet."""
    for source in (bank, quiz.real()):
        questions = form.questions(WHOLE, source, "ann")
        text = sheets.write(WHOLE, questions, "ann", "ru")
        for question in questions:
            wording = question.item.wordings["ru"]
            secret = [question.item.id, wording.explanation, wording.hint, wording.model_answer]
            secret += [option.feedback for option in wording.options] + [row.text for row in wording.rubric]
            part = text.split(f"<!-- {question.code} ")[1].split("\n## ")[0]
            assert not [one for one in secret if one and one in part.replace(wording.stem, "")]


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff" + text,
        lambda text: text.replace("[x]", "[Х]"),
        lambda text: text.replace("[x]", "[ x ]"),
        lambda text: text.replace("[x]", "[+]"),
        lambda text: text.replace("**", ""),
        lambda text: text.replace("- [", "* ["),
        lambda text: re.sub(r"(?m)^(Answer[^:]*): (.+)$", r"\1:   `\2` ", text),
        lambda text: re.sub(r"(?m)^(Answer[^:]*): (.+)$", r"**\1:** \2", text),
        lambda text: re.sub(r"(?m)^(Answer[^:]*): (.+)$", r"\1:\n\2\n", text),
    ],
)
def test_editors_change_what_they_like(bank: Bank, change: object) -> None:
    """Line ends, marks, bold type and quotes that editors and students change do not change an answer."""
    questions = form.questions(WHOLE, bank, "ann")
    text = quiz.filled(questions, sheets.write(WHOLE, questions, "ann", "en"), "en")

    assert callable(change)
    assert {"right", "waiting"} == {mark.state for mark in marks(questions, change(text)).values()}


def test_cyrillic_letters_that_look_latin(bank: Bank) -> None:
    """A letter typed on the wrong keyboard is the letter that it looks like."""
    questions = [question for question in form.questions(WHOLE, bank, "ann") if question.item.type == "match"]
    text = quiz.filled(questions, sheets.write(WHOLE, questions, "ann", "ru"), "ru")
    typed = re.sub(
        r"(?m)^(Ответ \(\d+\): )([A-Z])$", lambda found: found[1] + found[2].translate(str.maketrans("ABC", "АВС")), text
    )

    assert text != typed
    assert {"right"} == {mark.state for mark in marks(questions, typed).values()}


def test_marks_that_nobody_can_read(bank: Bank) -> None:
    """A word between brackets and a letter that was not offered are told apart from wrong answers."""
    questions = {question.item.type: question for question in form.questions(WHOLE, bank, "ann")}
    with pytest.raises(UnreadableError):
        sheets.answer(questions["single"], sheets.Raw(1, {"A": "maybe"}), "en")
    with pytest.raises(UnreadableError):
        sheets.answer(questions["match"], sheets.Raw(1, {}, {1: "Z"}), "en")


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_the_numbers_that_a_sheet_shows_are_read(bank: Bank, lang: str) -> None:
    """Each way of writing a number that the instructions name is understood in their language."""
    told = re.findall("`([^`]+)`", Words(lang).say("sheet_formats"))
    values = {"ru": [0.25, -2, 4293194, 4293194, 6.01e-4, 0.25, 0.5], "en": [0.25, -2, 4293194, 4293194, 6.01e-4, 0.5]}

    assert Words(lang).say("sheet_formats") in sheets.write(WHOLE, form.questions(WHOLE, bank, "ann"), "ann", lang)
    assert values[lang] == [numbers.answer(text, lang) for text in told]


def test_letters_may_be_small_or_cyrillic(bank: Bank) -> None:
    """A letter that looks like one that is offered is that one, as the instructions say."""
    (question,) = (one for one in form.questions(WHOLE, bank, "ann") if one.item.type == "match")
    for latin, cyrillic in zip("ABC", "АВС", strict=True):
        first, *others = (
            sheets.answer(question, sheets.Raw(1, {}, {1: letter}), "en")
            for letter in (latin, latin.lower(), cyrillic, cyrillic.lower())
        )
        assert first[0]
        assert [first] * 3 == others


def test_the_cost_of_a_wrong_tick_is_said_where_there_is_one(bank: Bank) -> None:
    """Where several options are asked for the sheet says what a wrong tick costs; where all or nothing counts it does not."""
    (question,) = (one for one in form.questions(WHOLE, bank, "ann") if one.item.type == "multi")
    strict = replace(question, item=replace(question.item, scoring="all"))
    cost = Words("en").say("sheet_wrong_tick")

    assert cost in sheets.write(WHOLE, [question], "ann", "en")
    assert cost not in sheets.write(WHOLE, [strict], "ann", "en")


def test_an_essay_is_taken_whole(bank: Bank) -> None:
    """A text of many lines arrives as it was written, even where it says "Answer:" again."""
    (question,) = (one for one in form.questions(WHOLE, bank, "ann") if one.item.type == "essay")
    text = sheets.write(WHOLE, [question], "ann", "en").rstrip("\n") + " First.\n\nAnswer: second\n\n- third\n"
    raw = sheets.read(text.encode()).raws[question.code]

    assert ("First.\n\nAnswer: second\n\n- third",) == sheets.answer(question, raw, "en")


def test_questions_may_change_places(bank: Bank) -> None:
    """A code finds its question wherever it stands; one that stands twice counts once, and is named."""
    questions = form.questions(WHOLE, bank, "ann")
    text = quiz.filled(questions, sheets.write(WHOLE, questions, "ann", "en"), "en")
    head, *parts = re.split(r"(?m)^(?=## )", text)
    turned = head + "\n".join(reversed(parts)) + "\n" + parts[0]

    assert {"right", "waiting"} == {mark.state for mark in marks(questions, turned).values()}
    assert (questions[0].code,) == sheets.read(turned.encode()).twice


@pytest.mark.parametrize("name", ["", " ", "a|b", "a--b", "a`b", "a\nb", "\u202ea"])
def test_names_that_cannot_stand_on_a_sheet(bank: Bank, name: str) -> None:
    """A name that would break the first line is refused."""
    with pytest.raises(SheetError):
        sheets.write(WHOLE, form.questions(WHOLE, bank, name), name, "en")


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"# Notes", "first line"), (b"\xff\xfe\x00", "first line"), (b"x" * (sheets.MAX_BYTES + 1), "larger than")],
)
def test_what_is_no_sheet(content: bytes, message: str) -> None:
    """A file of another kind is refused with a reason."""
    with pytest.raises(SheetError, match=message):
        sheets.read(content)


@settings(max_examples=200, deadline=None)
@given(noise=st.text(max_size=300), place=st.integers(0, 5000))
def test_noise_never_breaks_the_reader(noise: str, place: int) -> None:
    """Whatever is typed anywhere, reading gives a sheet or an error of ours, and marking a mark."""
    source = quiz.real()
    items = tuple({item.type: item for item in source.items}.values())
    questions = form.questions(replace(WHOLE, individual=False), replace(source, items=items), "")
    text = sheets.write(WHOLE, questions, "ann", "ru")
    try:
        sheet = sheets.read((text[:place] + noise + text[place:]).encode("utf-8", "surrogatepass"))
    except SheetError:
        return
    for question in questions:
        try:
            answer = sheets.answer(question, sheet.raws.get(question.code, sheets.Raw(1)), "ru")
        except UnreadableError:
            continue
        assert marking.mark(question.item, "ru", answer).maximum == question.item.points
