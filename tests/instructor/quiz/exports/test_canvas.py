"""Canvas: what its importer asks of a package, and that nothing of the bank is lost in one."""

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from autograder.instructor.quiz.bank import marking
from autograder.instructor.quiz.bank.model import Bank, Item
from autograder.instructor.quiz.bank.reading import read_bank
from autograder.instructor.quiz.bank.text import cloze, html, inline
from autograder.instructor.quiz.exports import canvas, canvas_items, qti
from autograder.instructor.quiz.exports.target import Request, Target
from tests.conftest import REPO
from tests.support.packages import BANK, LANGS, answers, filled, plain, unpacked, words

SAMPLE = REPO / "tests" / "instructor" / "quiz" / "bank" / "valid.md"
TYPES = {
    "single": "multiple_choice_question",
    "multi": "multiple_answers_question",
    "truefalse": "true_false_question",
    "numeric": "numerical_question",
    "short": "short_answer_question",
    "match": "matching_question",
    "cloze": "fill_in_multiple_blanks_question",
    "essay": "essay_question",
}
HELD = [item for item in filled() if not canvas_items.left_out(item)]
DIGEST = """
import hashlib
from autograder.instructor.quiz.exports import canvas, qti21
from autograder.instructor.quiz.exports.target import Request
from tests.support.packages import BANK
for target in (canvas.TARGET, canvas.BANK, qti21.TARGET):
    for content in target.build(Request(BANK, "ru", "x")).values():
        print(hashlib.sha256(content).hexdigest())
"""


def built(target: Target, lang: str, bank: Bank) -> dict[str, bytes]:
    """The files of the only package that a target makes."""
    (content,) = target.build(Request(bank, lang, f"Quiz {lang}")).values()  # type: ignore[arg-type]
    return unpacked(content)


@cache
def files(name: str, lang: str) -> dict[str, bytes]:
    """The files of a package with the whole bank."""
    return built({target.name: target for target in (canvas.TARGET, canvas.BANK)}[name], lang, BANK)


def questions(content: Mapping[str, bytes]) -> ET.Element:
    """The document with the items."""
    (name,) = [name for name in content if name.count("/") and "meta" not in name]
    return plain(content[name])


def meta(item: ET.Element) -> dict[str, str]:
    """Labels and entries of an item."""
    return {str(one.findtext("fieldlabel")): str(one.findtext("fieldentry")) for one in item.iter("qtimetadatafield")}


def stem(item: ET.Element) -> str:
    """The HTML of what is asked."""
    return str(item.findtext("presentation/material/mattext"))


def labels(item: ET.Element, response: str) -> dict[str, str]:
    """The codes of what a response offers, by the words that are seen."""
    found = item.find(f".//response_lid[@ident='{response}']")
    assert found is not None
    return {words(str(one.findtext(".//mattext"))): str(one.get("ident")) for one in found.iter("response_label")}


@pytest.fixture(scope="module", params=LANGS)
def lang(request: pytest.FixtureRequest) -> str:
    """Each language."""
    return str(request.param)


@pytest.fixture(scope="module")
def read(lang: str) -> dict[str, ET.Element]:
    """The items of the bank's package, by their idents."""
    return {str(item.get("ident")): item for item in questions(files("canvas-bank", lang)).iter("item")}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Bank:
    """A small bank with a cloze of all kinds of gaps."""
    folder = tmp_path_factory.mktemp("bank")
    (folder / "valid.md").write_text(SAMPLE.read_text("utf-8"), "utf-8")
    return read_bank(folder)[0]


def test_every_item_is_there(read: dict[str, ET.Element], lang: str) -> None:
    """Stem, type, points and explanation are those of the bank; what has a tolerance in a gap is not there."""
    assert [f"cnn-cifar10.{item.name}.{lang}" for item in HELD] == list(read)
    assert {"ev-softmax", "mn-project"} == {item.id for item in BANK.items} - {item.id for item in HELD}
    for item, found in zip(HELD, read.values(), strict=True):
        wording = item.wordings[lang]
        expected = words(
            cloze(wording.stem, lambda place, _: f"[gap{place + 1}]") if item.type == "cloze" else html(wording.stem)
        )
        assert expected
        assert words(stem(found)).startswith(expected)
        assert str(item.points).removesuffix(".0") == meta(found)["points_possible"]
        assert words(html(wording.explanation)) == words(str(found.findtext("itemfeedback[@ident='general_fb']//mattext")))
        kind = "single" if (item.type, lang) == ("truefalse", "ru") else item.type
        assert TYPES[kind] == meta(found)["question_type"]


def test_options_and_their_feedback_are_there(read: dict[str, ET.Element], lang: str) -> None:
    """Options stand in their order, and what is said to each is what the bank says."""
    for item, found in zip(HELD, read.values(), strict=True):
        if item.type not in {"single", "multi", "truefalse"}:
            continue
        coded = labels(found, "response1")
        options = item.wordings[lang].options
        assert [words(inline(option.text)) for option in options] == list(coded)
        for option, code in zip(options, coded.values(), strict=True):
            said = str(found.findtext(f"itemfeedback[@ident='{code}_fb']//mattext", ""))
            assert words(html(option.feedback)) == words(said)


def holds(test: ET.Element, given: Mapping[str, Sequence[str]]) -> bool:
    """Whether a test of QTI 1.2 holds for what was given to each response."""
    inside = [holds(child, given) for child in test]
    if test.tag in {"conditionvar", "or"}:
        return any(inside)
    if test.tag in {"and", "not"}:
        return all(inside) if test.tag == "and" else not any(inside)
    if test.tag == "other":
        return True
    taken = given.get(str(test.get("respident")), [])
    if test.tag == "varequal":
        return str(test.text).lower() in [value.lower() for value in taken]
    value, bound = float(taken[0]), float(str(test.text))
    return value >= bound if test.tag == "vargte" else value <= bound


def ranged(condition: ET.Element) -> bool:
    """Whether bounds stand side by side, which Canvas takes for a range: both have to hold."""
    return {"vargte", "varlte"} == {test.tag for test in condition}


def outcome(item: ET.Element, given: Mapping[str, Sequence[str]]) -> tuple[float, list[str]]:
    """The score, of 100, and the names of what is shown."""
    score, shown = 0.0, []
    for rule in item.iter("respcondition"):
        condition = rule.find("conditionvar")
        assert condition is not None
        if not (all(holds(test, given) for test in condition) if ranged(condition) else holds(condition, given)):
            continue
        shown += [str(one.get("linkrefid")) for one in rule.iter("displayfeedback")]
        for change in rule.iter("setvar"):
            score = float(str(change.text)) + (score if change.get("action") == "Add" else 0)
        if rule.get("continue") == "No":
            break
    return score, shown


def responses(item: Item, lang: str, found: ET.Element, answer: marking.Answer) -> dict[str, list[str]]:
    """An answer as Canvas gets it."""
    wording = item.wordings[lang]
    if item.type in {"single", "multi", "truefalse"}:
        coded = labels(found, "response1")
        return {"response1": [coded[words(inline(option.text))] for option in wording.options if option.id in answer]}
    if item.type == "match":
        return {f"response_{place}": [labels(found, f"response_{place}")[words(one)]] for place, one in enumerate(answer, 1)}
    if item.type == "cloze":
        typed = {f"response_gap{place}": one.lower() for place, one in enumerate(answer, 1)}
        lowered = {name: {text.lower(): code for text, code in labels(found, name).items()} for name in typed}
        return {name: [lowered[name].get(text, "none")] for name, text in typed.items()}
    return {"response1": [" ".join(answer[0].split())]}


def test_answers_are_worth_what_the_bank_says(read: dict[str, ET.Element], lang: str) -> None:
    """A scorer that obeys the package gives what `marking` gives; several options it takes as a whole."""
    tried = 0
    for item, found in zip(HELD, read.values(), strict=True):
        for answer in answers(item, lang):
            mark = marking.mark(item, lang, answer)
            score, shown = outcome(found, responses(item, lang, found, answer))
            expected = 100 * (mark.points or 0) / mark.maximum
            if item.type == "multi":
                expected = 100.0 if mark.state == "right" else 0.0
            assert expected == pytest.approx(score, abs=0.05), (item.name, answer)
            assert "general_fb" in shown
            if item.type == "single":
                assert len(mark.feedback) + 1 == len(shown)
            tried += 1
    assert 700 < tried


def test_idents_are_ascii_unique_and_stable(read: dict[str, ET.Element], lang: str) -> None:
    """Responses and answers have idents without a word of the bank; those of answers are numbers above zero."""
    for found in read.values():
        coded = [str(one.get("ident")) for one in found.iter("response_label")]
        assert all(re.fullmatch("[1-9][0-9]{5}|answer1", code) for code in coded)
        asked = found.findall(".//response_lid")
        if meta(found)["question_type"] == "matching_question":
            assert len({tuple(labels(found, str(one.get("ident"))).items()) for one in asked}) == 1
        else:
            assert len(coded) == len(set(coded))
    assert len(read) == len({name for name in read if name.isascii()}) == len({found.get("title") for found in read.values()})
    assert not [name for name in files("canvas-bank", lang) if not name.isascii()]


def test_texts_are_short_enough_and_keep_formulas(read: dict[str, ET.Element]) -> None:
    """No text is longer than Canvas takes, formulas are MathML, and none is left as TeX."""
    texts = [str(found.text) for item in read.values() for found in item.iter("mattext")]

    assert max(map(len, texts)) <= canvas_items.MAX_CHARS
    assert 100 < sum('<math xmlns="http://www.w3.org/1998/Math/MathML"' in text for text in texts)
    assert not [text for text in texts if re.search(r"\\frac|\\times|\$", words(text))]


def test_a_text_that_is_too_long_is_an_error() -> None:
    """Canvas would cut it off or refuse it."""
    item = BANK.item("conv-swap")
    wording = replace(item.wordings["en"], stem="word " * 4000)

    with pytest.raises(ValueError, match="conv-swap: a text has 2"):
        canvas_items.element(replace(item, wordings={"en": wording}), "en", "a", "b")


def test_right_sides_have_no_markup(read: dict[str, ET.Element]) -> None:
    """Canvas shows right sides and drop-downs as they stand there."""
    found = [item for item in read.values() if meta(item)["question_type"] in {"matching_question", TYPES["cloze"]}]
    texts = [one for item in found for label in item.iter("response_label") for one in label.iter("mattext")]

    assert {"text/plain"} == {one.get("texttype") for one in texts}
    assert not [one.text for one in texts if re.search("<[a-z]|`", str(one.text))]


def test_variants_are_groups_of_one(lang: str) -> None:
    """In a quiz an item with variants is a group of its own that one is drawn from, worth the item's points."""
    root = questions(files("canvas", lang)).find("assessment/section")
    assert root is not None
    groups = root.findall("section")
    several = [BANK.item(item.id) for item in HELD if item.variant == 1]

    assert f"Quiz {lang}" == str(questions(files("canvas", lang)).find("assessment").get("title"))  # type: ignore[union-attr]
    assert [f"cnn-cifar10.{item.id}.group.{lang}" for item in several] == [group.get("ident") for group in groups]
    sizes = [BANK.item(item.id).variants for item in several]
    assert sizes == [len(group.findall("item")) for group in groups] and 7 <= len(sizes)
    assert {"1"} == {group.findtext(".//selection_number") for group in groups}
    assert [qti.number(item.points) for item in several] == [group.findtext(".//points_per_item") for group in groups]
    assert len(HELD) == len(root.findall("item")) + sum(sizes)


def test_a_bank_is_no_quiz(lang: str) -> None:
    """The bank has its title and no assessment; its items have the idents that they have in the quiz."""
    bank = questions(files("canvas-bank", lang))
    quiz = questions(files("canvas", lang))

    assert f"Quiz {lang}" == meta(bank.findall("objectbank")[0])["bank_title"]
    assert [] == bank.findall("assessment")
    assert {item.get("ident") for item in quiz.iter("item")} == {item.get("ident") for item in bank.iter("item")}


@pytest.mark.parametrize("name", ["canvas", "canvas-bank"])
def test_the_manifest_names_every_file(name: str, lang: str) -> None:
    """Files that the manifest does not name are not imported."""
    found = files(name, lang)
    manifest = plain(found["imsmanifest.xml"])
    resources = {resource.get("identifier") for resource in manifest.iter("resource")}

    assert set(found) - {"imsmanifest.xml"} == {one.get("href") for one in manifest.iter("file")}
    assert {one.get("identifierref") for one in manifest.iter("dependency")} <= resources


def test_gaps_of_several_kinds_become_blanks(sample: Bank, lang: str) -> None:
    """What may be chosen stands in the text, in an order that says nothing, and the right word is accepted."""
    (item,) = [one for one in questions(built(canvas.BANK, lang, sample)).iter("item") if ".gaps." in str(one.get("ident"))]
    choice = {"ru": "[gap3] (на выбор: softmax / пулинг)", "en": "[gap3] (one of: pooling / softmax)"}[lang]

    assert TYPES["cloze"] == meta(item)["question_type"]
    assert choice in words(stem(item))
    assert ["3"] == list(labels(item, "response_gap1"))
    assert [{"ru": "пулинг", "en": "pooling"}[lang]] == list(labels(item, "response_gap3"))


def test_choices_alone_become_drop_downs(sample: Bank) -> None:
    """Every option is offered, and the right one scores; its place among them does not tell."""
    item = sample.item("gaps")
    wording = replace(item.wordings["en"], stem="First [[*a / b / c]], then [[*b / a]].")
    found = canvas_items.element(replace(item, wordings={"en": wording}), "en", "x", "y")
    right = {"response_gap1": [labels(found, "response_gap1")["a"]], "response_gap2": [labels(found, "response_gap2")["b"]]}

    assert "multiple_dropdowns_question" == meta(found)["question_type"]
    assert {"a", "b", "c"} == set(labels(found, "response_gap1"))
    assert 100 == outcome(found, right)[0]
    assert 50 == outcome(found, right | {"response_gap2": [labels(found, "response_gap2")["a"]]})[0]
    assert not set(labels(found, "response_gap1").values()) & set(labels(found, "response_gap2").values())


def test_a_range_stays_a_range(sample: Bank) -> None:
    """Bounds without a middle of their own stand alone; a margin stands beside the exact number."""
    item = next(one for one in filled(sample) if one.type == "numeric")
    options = (replace(item.wordings["en"].options[0], text="5 .. 7"),)
    found = canvas_items.element(replace(item, wordings={"en": replace(item.wordings["en"], options=options)}), "en", "x", "y")

    assert [] == list(found.iter("varequal"))
    assert [100, 0, 0] == [outcome(found, {"response1": [text]})[0] for text in ("5", "4.9", "7.1")]


def test_bytes_do_not_depend_on_the_process() -> None:
    """Other seeds of hashes make the same packages, in both formats."""
    found = {
        subprocess.run(
            [sys.executable, "-c", DIGEST],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(REPO)},
            cwd=REPO,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    here = "".join(
        f"{hashlib.sha256(content).hexdigest()}\n"
        for target in (canvas.TARGET, canvas.BANK)
        for content in target.build(Request(BANK, "ru", "x")).values()
    )

    assert 1 == len(found)
    assert found.pop().startswith(here)


def test_packages_are_named_by_bank_and_language() -> None:
    """Both languages and both modes can lie in one folder."""
    names = {
        name
        for target in (canvas.TARGET, canvas.BANK)
        for lang in target.langs
        for name in target.build(Request(BANK, lang, "x"))
    }

    assert 4 == len(names)
    assert {".zip"} == {Path(name).suffix for name in names}
