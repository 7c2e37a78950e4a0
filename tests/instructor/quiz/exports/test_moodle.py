"""Moodle XML: what the importer accepts, and every item back out of the file as the bank has it."""

import html
import itertools
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from autograder.instructor.quiz.bank import gaps, marking
from autograder.instructor.quiz.bank.model import Item
from autograder.instructor.quiz.exports import gift, moodle
from autograder.instructor.quiz.exports.target import Lang, Request, losses
from autograder.instructor.quiz.forms.form import code
from tests.conftest import REPO
from tests.support import moodle_bank
from tests.support.moodle_bank import BANKS, VIEWS
from tests.support.moodle_reader import Question, fields, of_xml, seen

GOLDEN = Path(__file__).parent / "golden"
# The list of Moodle, as its importer has it.
GRADES = {0, 100, 90, 83.33333, 80, 75, 70, 66.66667, 60, 50, 40, 33.33333, 30, 25, 20, 16.66667, 14.28571, 12.5, 11.11111, 10, 5}
KINDS = {
    "single": {"multichoice"},
    "multi": {"multichoice"},
    "truefalse": {"truefalse", "multichoice"},
    "numeric": {"numerical"},
    "short": {"shortanswer"},
    "match": {"matching"},
    "cloze": {"cloze"},
    "essay": {"essay"},
}
LANGS: list[Lang] = ["ru", "en", "both"]


@cache
def exported(name: str, lang: Lang) -> bytes:
    """The file of a bank."""
    (content,) = moodle.TARGET.build(moodle_bank.request(name, lang)).values()
    return content


def questions(name: str, lang: Lang) -> list[tuple[Question, Item]]:
    """What is read from it, with the items."""
    items = moodle_bank.items(name)
    return [(question, items[question.id]) for question in of_xml(exported(name, lang))]


def node_text(question: Question, path: str) -> str:
    """The text of an element below a question."""
    assert question.node is not None
    return question.node.findtext(path) or ""


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", BANKS)
def test_importer_accepts_it(name: str, lang: Lang) -> None:
    """Each item is there once, under its id, with a grade from the list, and with what Moodle needs of its type."""
    found = questions(name, lang)

    assert sorted(moodle_bank.items(name)) == sorted(question.id for question, _ in found)
    for question, item in found:
        assert question.kind in KINDS[item.type]
        assert {abs(answer.grade) for answer in question.answers} <= GRADES
        assert 100 >= len(question.id) and 255 >= len(question.name)
        tags = {f"version:{item.version}", f"topic:{item.topic}", f"difficulty:{item.difficulty}", f"bloom:{item.bloom}"}
        assert question.node is not None
        assert tags == {tag.findtext("text") for tag in question.node.findall("tags/tag")}
        assert item.points == float(node_text(question, "defaultgrade"))
        assert 0 <= float(node_text(question, "penalty")) <= 1


@pytest.mark.parametrize(("lang", "view"), VIEWS)
@pytest.mark.parametrize("name", BANKS)
def test_items_come_back(name: str, lang: Lang, view: str) -> None:
    """Stems, answers, feedback and grades are those of the bank, read by a reader that is not the writer."""
    for question, item in questions(name, lang):
        wording = item.wordings[view]
        moodle_bank.check(question, item, view, lang == "both")
        assert moodle_bank.shown(wording.hint) == seen(node_text(question, "hint/text"), view)
        for row in wording.rubric:
            assert moodle_bank.shown(row.text)[3:-4] in seen(node_text(question, "graderinfo/text"), view)
        if item.type == "essay":
            assert moodle_bank.shown(wording.model_answer) in seen(node_text(question, "graderinfo/text"), view)


@pytest.mark.parametrize(("lang", "view"), VIEWS)
@pytest.mark.parametrize("name", BANKS)
def test_gaps_come_back(name: str, lang: Lang, view: str) -> None:
    """Each gap is a sub-question of its kind, and the bank takes what is right there and nothing else."""
    for question, item in questions(name, lang):
        if item.type != "cloze":
            continue
        found = fields(question.stem)
        kinds = {"number": "NUMERICAL", "choice": "MULTICHOICE_S", "text": "SHORTANSWER"}
        assert [kinds[gap.kind] for gap in gaps.of(item.wordings[view].stem)] == [kind for _, kind, _ in found]
        assert 1 == len({weight for weight, _, _ in found})
        filled = [gap.accepted[0] if gap.key is None else str(gap.key.value) for gap in gaps.of(item.wordings[view].stem)]
        for index, (_, kind, answers) in enumerate(found):
            taken = [moodle_bank.accepts(item, view, index, filled, _word(kind, text, view)) for _, text in answers]
            assert [True] == taken[:1] or lang == "both"
            assert [right for right, _ in answers] == taken or (lang == "both" and any(taken))


def _word(kind: str, text: str, view: str) -> str:
    """What a student would write, or choose, for an answer of a sub-question."""
    if kind == "MULTICHOICE_S":
        return html.unescape(seen(text, view))
    return text.partition(":")[0] if kind == "NUMERICAL" else text.replace(r"\*", "*")


def test_text_around_gaps_comes_back() -> None:
    """What stands between the gaps is that of the bank."""
    for question, item in questions("cnn", "ru"):
        if item.type == "cloze":
            holes = gaps.GAP.sub("GAP", item.wordings["ru"].stem)
            assert moodle_bank.shown(holes) == re.sub(r"\{\d+:[A-Z_]+:.*?\}", "GAP", question.stem)


def test_range_becomes_a_middle_and_its_half() -> None:
    """A number from 5 to 7 is 6 with an error of 1 there, and a gap counts its part of the points."""
    stem = next(question.stem for question, item in questions("awkward", "en") if item.id == "signs-in-gaps")

    assert "{2:NUMERICAL:=6:1}" in stem


def test_every_way_to_tick_has_the_same_points() -> None:
    """Whatever is ticked in a multi, Moodle's sum of grades, which it never lets fall below 0, is our own mark."""
    found = [(question, item) for question, item in questions("cnn", "ru") if item.type == "multi"]

    assert 7 == len(found)
    for question, item in found:
        names = [option.id for option in item.wordings["ru"].options]
        for ticked in itertools.product([False, True], repeat=len(names)):
            share = max(0.0, sum(answer.grade for answer, tick in zip(question.answers, ticked, strict=True) if tick) / 100)
            mark = marking.mark(item, "ru", tuple(name for name, tick in zip(names, ticked, strict=True) if tick))
            assert mark.points == pytest.approx(share * item.points, abs=0.001)


def test_variants_have_a_category_of_their_own() -> None:
    """A teacher draws one of an item's variants at random; other items lie in the category of their topic."""
    top = "$course$/top/Арифметика свёрточной сети"
    for question, item in questions("cnn", "ru"):
        assert question.category == (f"{top}/{item.topic}/{item.id}" if item.variant else f"{top}/{item.topic}")
    assert "$course$/top/Awkward signs // more/signs/all" == questions("awkward", "en")[0][0].category


def test_names_do_not_tell_the_answer() -> None:
    """A name ends with the code that students' pages have, and has neither the id nor what is in a gap."""
    for question, item in questions("cnn", "en"):
        end = code("cnn-cifar10", item.id) + (f".v{item.variant:02}" if item.variant else "")
        assert question.name.endswith(f" · {end}")
        assert item.id not in question.name and "[[" not in question.name


def test_statements_have_moodles_words_or_their_own() -> None:
    """True and false are Moodle's own, in the reader's language; yes and no are a question with two options."""
    found = {item.id: question for question, item in questions("awkward", "ru")}

    assert ["true", "false"] == [answer.text for answer in found["is-true"].answers]
    assert ["Да", "Нет"] == [answer.text for answer in found["yes-or-no"].answers]
    assert "false" == node_text(found["yes-or-no"], "shuffleanswers")
    assert all(question.kind == "truefalse" for question, item in questions("cnn", "ru") if item.type == "truefalse")


def test_words_are_compared_as_moodle_does() -> None:
    """An asterisk is one, ё may be written е, both languages are accepted, and what one accepts is wrong in none."""
    found = {item.id: question for question, item in questions("awkward", "both")}
    right = [answer.text for answer in found["stars"].answers if answer.grade == 100]

    assert [r"2\*\*3 = {8} #~:", "звёздочка", "звездочка", "Ёж -> ёж", "Еж -> еж", "star"] == right
    assert ["2^3"] == [answer.text for answer in found["stars"].answers if answer.grade == 0]
    assert ["a -> b"] == [answer.text for answer in found["arrows"].answers]


def test_essay_has_a_field_and_its_limits() -> None:
    """The field has lines for as many words as are asked for; Moodle refuses an essay without its lines."""
    question = next(question for question, item in questions("awkward", "ru") if item.type == "essay")

    assert ["15", "20", "130"] == [node_text(question, f) for f in ("responsefieldlines", "minwordlimit", "maxwordlimit")]
    assert "<td>2,5</td>" in node_text(question, "graderinfo/text")


def test_characters_that_xml_cannot_have() -> None:
    """A control character is left out, and the file can still be read."""
    bank = moodle_bank.bank("sample")
    wording = replace(bank.items[0].wordings["en"], stem="a\x0bb ]]> \ufffe?")
    hostile = replace(bank, items=(replace(bank.items[0], wordings={"en": wording}),))
    (content,) = moodle.build(Request(hostile, "en", "t")).values()

    assert "<p>ab ]]&gt; ?</p>" == of_xml(content)[0].stem


@pytest.mark.parametrize("lang", ["ru", "both"])
def test_bytes_are_what_they_were(lang: Lang) -> None:
    """The file of a small bank; with UPDATE_GOLDEN=1 it is written anew, to be looked at."""
    path = GOLDEN / f"sample-{lang}.xml"
    content = exported("sample", lang)
    if os.environ.get("UPDATE_GOLDEN") == "1":
        path.write_bytes(content)

    assert path.read_bytes() == content


@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_same_in_every_process(seed: str, tmp_path: Path) -> None:
    """Neither a run nor the order of hashes changes a byte."""
    script = (
        "import sys; from pathlib import Path; from autograder.instructor.quiz.exports import gift, moodle\n"
        "from autograder.instructor.quiz.exports.target import Request\n"
        "from autograder.instructor.quiz.bank.reading import read_bank\n"
        "bank, _ = read_bank(Path(sys.argv[1]))\n"
        "for module in (moodle, gift):\n"
        "    sys.stdout.buffer.write(b''.join(module.TARGET.build(Request(bank, 'both', bank.title['ru'])).values()))"
    )
    shutil.copy(BANKS["awkward"], tmp_path)
    environ = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(REPO)}
    done = subprocess.run([sys.executable, "-c", script, tmp_path], capture_output=True, env=environ, timeout=120, check=True)
    (other,) = gift.TARGET.build(moodle_bank.request("awkward", "both")).values()

    assert exported("awkward", "both") + other == done.stdout


def test_losses_are_told() -> None:
    """Whoever exports hears of each cloze that its points may be others, and of nothing that is kept."""
    found = losses(moodle.TARGET, moodle_bank.bank("sample"))

    assert {"cloze"} == {loss.feature for loss in found if loss.item == "gaps"}
    assert not [loss for loss in found if loss.item in {"one-of-three", "in-a-word", "is-it-so"}]
