"""QTI 2.1: a package that holds the whole bank, scores as `marking` does, and says what the bank says."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from autograder.instructor.quiz.bank import gaps, instances, marking
from autograder.instructor.quiz.bank.model import CHOICES, Item
from autograder.instructor.quiz.bank.text import cloze, html, inline
from autograder.instructor.quiz.exports import qti, qti21, qti21_items
from autograder.instructor.quiz.exports.target import Request
from tests.support.packages import BANK, LANGS, answers, filled, plain, told, unpacked, words

ITEMS = filled()
NCNAME = re.compile(r"[A-Za-z_][A-Za-z0-9._-]*")
ALLOWED = {
    "p",
    "pre",
    "ul",
    "ol",
    "table",
    "div",
    "choiceInteraction",
    "matchInteraction",
    "extendedTextInteraction",
    "rubricBlock",
}


@pytest.fixture(scope="module", params=LANGS)
def lang(request: pytest.FixtureRequest) -> str:
    """Each language."""
    return str(request.param)


@pytest.fixture(scope="module")
def package(lang: str) -> dict[str, bytes]:
    """The files of the package."""
    (content,) = qti21.TARGET.build(Request(BANK, lang, f"Quiz {lang}")).values()  # type: ignore[arg-type]
    return unpacked(content)


@pytest.fixture(scope="module")
def read(package: dict[str, bytes]) -> list[tuple[Item, ET.Element]]:
    """Every filled item with its document."""
    return [(item, plain(package[f"items/i-{qti.title(BANK.id, item)}.xml"])) for item in ITEMS]


def body(root: ET.Element) -> ET.Element:
    """What a candidate sees before the answer."""
    found = root.find("itemBody")
    assert found is not None
    return found


def test_every_item_is_there(read: list[tuple[Item, ET.Element]], package: dict[str, bytes], lang: str) -> None:
    """Stem, points and explanation are those of the bank, and there is a file for each variant and no other."""
    assert len(ITEMS) == len([name for name in package if name.startswith("items/")])
    for item, root in read:
        wording = item.wordings[lang]
        expected = words(cloze(wording.stem, lambda *_: "") if item.type == "cloze" else html(wording.stem))
        for hole in body(root).iter("inlineChoiceInteraction"):
            hole[:] = []
        assert expected
        assert told(body(root)).startswith(expected)
        assert lang == root.get("{http://www.w3.org/XML/1998/namespace}lang")
        assert item.points == float(str(root.find("outcomeDeclaration[@identifier='SCORE']").get("normalMaximum")))  # type: ignore[union-attr]
        (explanation,) = [one for one in root.iter("modalFeedback") if one.get("identifier") == "explanation"]
        assert words(html(wording.explanation)) == told(explanation)


def test_options_stand_in_their_order(read: list[tuple[Item, ET.Element]], lang: str) -> None:
    """Options read as in the bank, their identifiers say nothing, and numbers and statements are not shuffled."""
    for item, root in read:
        if item.type in CHOICES:
            found = list(body(root).iter("simpleChoice"))
            assert [words(inline(option.text)) for option in item.wordings[lang].options] == [told(one) for one in found]
            assert all(re.fullmatch("o[0-9]{6}", str(one.get("identifier"))) for one in found)
            shuffles = str(item.shuffle and item.type != "truefalse").lower()
            assert [shuffles] == [one.get("shuffle") for one in body(root).iter("choiceInteraction")]


def test_no_two_sides_share_a_code(read: list[tuple[Item, ET.Element]]) -> None:
    """What belongs together cannot be seen in the source of the page."""
    for item, root in read:
        if item.type == "match":
            sides = [{str(one.get("identifier"))[1:] for one in side} for side in body(root).iter("simpleMatchSet")]
            assert not sides[0] & sides[1]


class Session:
    """Response processing of one item, for the expressions that the package uses, as the specification defines them."""

    def __init__(self, root: ET.Element, given: Mapping[str, Any]) -> None:
        self.declared = {str(one.get("identifier")): one for one in root.iter("responseDeclaration")}
        self.values: dict[str, Any] = {name: given.get(name) for name in self.declared} | {"SCORE": 0.0, "FEEDBACK": None}
        processing = root.find("responseProcessing")
        assert processing is not None
        for rule in processing:
            self.obey(rule)

    def obey(self, rule: ET.Element) -> None:
        """Run a rule."""
        if rule.tag == "setOutcomeValue":
            self.values[str(rule.get("identifier"))] = self.value(rule[0])
            return
        for branch in rule:
            test, rules = (None, branch[:]) if branch.tag == "responseElse" else (branch[0], branch[1:])
            if test is None or self.value(test):
                for inner in rules:
                    self.obey(inner)
                return

    def value(self, node: ET.Element) -> Any:
        """The value of an expression; None stands for NULL."""
        name = str(node.get("identifier"))
        if node.tag == "variable":
            return self.values[name]
        if node.tag == "baseValue":
            return float(str(node.text)) if node.get("baseType") == "float" else node.text
        if node.tag == "correct":
            return self.correct(name)
        if node.tag == "mapResponse":
            return self.mapped(name)
        return self.combined(node, [self.value(child) for child in node])

    def combined(self, node: ET.Element, values: list[Any]) -> Any:
        """The value of an expression of others."""
        if node.tag == "multiple":
            return [one for value in values if value is not None for one in (value if isinstance(value, list) else [value])]
        if node.tag in {"and", "or"}:
            return all(values) if node.tag == "and" else any(values)
        if None in values:
            return None
        if node.tag == "sum":
            return sum(values)
        one, two = values
        if node.tag == "match":
            return sorted(one) == sorted(two) if isinstance(one, list) else one == two
        if node.tag == "stringMatch":
            assert "false" == node.get("caseSensitive")
            return one.casefold() == two.casefold()
        return {"gt": one > two, "gte": one >= two, "lte": one <= two, "equal": one == two}[node.tag]

    def correct(self, name: str) -> Any:
        """What the declaration says is right."""
        found = [one.text for one in self.declared[name].iter("value")]
        return found if self.declared[name].get("cardinality") == "multiple" else found[0]

    def mapped(self, name: str) -> float:
        """What the mapping of a response makes of its value, within its bounds."""
        mapping = self.declared[name].find("mapping")
        assert mapping is not None
        worth: dict[str, float] = {}
        for entry in mapping:
            key = str(entry.get("mapKey"))
            worth[key.casefold() if entry.get("caseSensitive") == "false" else key] = float(str(entry.get("mappedValue")))
        value = self.values[name]
        taken = value if isinstance(value, list) else [] if value is None else [value.casefold()]
        return max(float(str(mapping.get("lowerBound"))), sum(worth.get(one, 0.0) for one in taken))


def responses(item: Item, lang: str, root: ET.Element, answer: marking.Answer) -> dict[str, Any]:
    """An answer as a player hands it to response processing."""
    wording = item.wordings[lang]
    if item.type in CHOICES:
        names = [str(one.get("identifier")) for one in body(root).iter("simpleChoice")]
        taken = [name for name, option in zip(names, wording.options, strict=True) if option.id in answer]
        return {"RESPONSE": taken if item.type == "multi" else taken[0]}
    if item.type == "match":
        left, right = [{told(one): one.get("identifier") for one in side} for side in body(root).iter("simpleMatchSet")]
        rows = [pair.left for pair in wording.pairs if pair.left]
        pairs = zip(rows, answer, strict=True)
        return {"RESPONSE": [f"{left[words(inline(one))]} {right[words(inline(two))]}" for one, two in pairs]}
    if item.type == "cloze":
        return {
            f"RESPONSE{place}": _gap(root, place, *pair)
            for place, pair in enumerate(zip(gaps.of(wording.stem), answer, strict=True), 1)
        }
    return {"RESPONSE": float(answer[0]) if item.type == "numeric" else " ".join(answer[0].split())}


def _gap(root: ET.Element, place: int, gap: gaps.Gap, given: str) -> Any:
    if gap.kind == "choice":
        (found,) = [one for one in root.iter("inlineChoice") if one.text == given]
        return found.get("identifier")
    return given if gap.key is None else float(given)


def test_answers_are_worth_what_the_bank_says(read: list[tuple[Item, ET.Element]], lang: str) -> None:
    """Points are those of `marking`, parts of them too, and so is what is said to a mistake."""
    tried = 0
    for item, root in read:
        for answer in answers(item, lang):
            mark = marking.mark(item, lang, answer)
            session = Session(root, responses(item, lang, root, answer))
            assert mark.points == pytest.approx(session.values["SCORE"], abs=1e-3), (item.name, answer)
            shown = session.values["FEEDBACK"]
            said = [told(one) for one in root.iter("modalFeedback") if one.get("identifier") in shown]
            assert [*(words(html(text)) for text in mark.feedback), words(html(item.wordings[lang].explanation))] == said
            tried += 1
    assert 700 < tried


def test_what_is_right_is_declared(read: list[tuple[Item, ET.Element]]) -> None:
    """The declared right answer of every item but essays gets all its points."""
    for item, root in read:
        declared = {
            str(one.get("identifier")): [str(value.text) for value in one.iter("value")]
            for one in root.iter("responseDeclaration")
        }
        if item.type == "essay":
            assert {"RESPONSE": []} == declared
            continue
        bases = {str(one.get("identifier")): one for one in root.iter("responseDeclaration")}
        given = {
            name: values
            if bases[name].get("cardinality") == "multiple"
            else float(values[0])
            if bases[name].get("baseType") == "float"
            else values[0]
            for name, values in declared.items()
        }
        assert item.points == pytest.approx(Session(root, given).values["SCORE"])


def test_scorers_alone_see_the_rubric(read: list[tuple[Item, ET.Element]], lang: str) -> None:
    """Rubric and model answer are there, and only in a block that candidates are not shown."""
    essays = [(item, root) for item, root in read if item.type == "essay"]
    assert 4 == len(essays)
    for item, root in essays:
        (rubric,) = body(root).findall("rubricBlock")
        wording = item.wordings[lang]
        assert "scorer" == rubric.get("view")
        for criterion in wording.rubric:
            assert f"{criterion.points:g}: {words(inline(criterion.text))}" in [told(one) for one in rubric.iter("li")]
        model = words(html(wording.model_answer))
        assert model in told(rubric)
        body(root).remove(rubric)
        assert model not in told(root)


def test_documents_are_strict(package: dict[str, bytes], lang: str) -> None:
    """Names are NCNames and unique, blocks stand where blocks may, and MathML is in its namespace alone."""
    formulas = 0
    for name, content in package.items():
        root = ET.fromstring(content)
        for element in root.iter():
            identifier = element.get("identifier")
            assert identifier is None or NCNAME.fullmatch(identifier), (name, identifier)
        formulas += sum(element.tag == "{http://www.w3.org/1998/Math/MathML}math" for element in root.iter())
        if name.startswith("items/"):
            assert {one.tag for one in body(plain(content))} <= ALLOWED
            declared = [one.get("identifier") for one in plain(content).iter("responseDeclaration")]
            used = [one.get("responseIdentifier") for one in plain(content).iter() if one.get("responseIdentifier")]
            assert sorted(map(str, declared)) == sorted(map(str, used))
            assert not [one for one in body(plain(content)).iter() if "style" in one.attrib]
    assert 300 < formulas


def test_the_test_refers_to_every_item(package: dict[str, bytes], lang: str) -> None:
    """A section for each topic; in it one for each item with variants, from which one is drawn."""
    root = plain(package["test.xml"])
    sections = root.findall("testPart/assessmentSection")
    drawn = root.findall("testPart/assessmentSection/assessmentSection")

    assert f"Quiz {lang}" == root.get("title")
    assert sorted({item.topic for item in BANK.items}) == sorted(str(one.get("title")) for one in sections)
    assert {one.get("href") for one in root.iter("assessmentItemRef")} == {name for name in package if name.startswith("items/")}
    sizes = sorted(BANK.item(item.id).variants for item in ITEMS if item.variant == 1)
    assert {"1"} == {str(one.find("selection").get("select")) for one in drawn}  # type: ignore[union-attr]
    assert sizes == sorted(len(one.findall("assessmentItemRef")) for one in drawn) and 7 <= len(sizes)
    identifiers = [one.get("identifier") for one in root.iter() if one.get("identifier") not in {None, "SCORE"}]
    assert len(identifiers) == len(set(identifiers))


def test_the_manifest_names_every_file(package: dict[str, bytes]) -> None:
    """Every file is in it, once, and the teacher finds the name that an item has in the bank."""
    manifest = plain(package["imsmanifest.xml"])
    named = [one.get("href") for one in manifest.iter("file")]

    assert sorted(set(package) - {"imsmanifest.xml"}) == sorted(map(str, named))
    assert [item.name for item in sorted(ITEMS, key=lambda one: one.name)] == sorted(
        str(one.text) for one in manifest.iter("entry")
    )
    depended = {one.get("identifierref") for one in manifest.iter("dependency")}
    assert depended == {one.get("identifier") for one in manifest.iter("resource")} - {"test"}


def test_names_of_items_are_not_shown(package: dict[str, bytes]) -> None:
    """An id of the bank may hold the answer, an id of an option names the mistake; players show both in addresses."""
    shown = b"".join(content for name, content in package.items() if name != "imsmanifest.xml").decode()

    assert "ar-params-conv1" in {item.id for item in BANK.items}
    assert not [item.id for item in BANK.items if re.search(rf'["/]{item.id}(\.|")', shown)]
    assert not [name for name in ("no-plus-one", "rounded-up", "swapped-channels") if name in shown]


def test_russian_readers_are_told_of_the_point() -> None:
    """Players read numbers with a point; where there are decimals to write, the Russian text says so."""
    decimal, whole = BANK.item("ar-share"), BANK.item("ar-gap")
    found = {
        (item.id, lang): told(body(qti21_items.element(instances.variants(item, BANK.id)[0], lang, "i", "t")))
        for item in (decimal, whole)
        for lang in LANGS
    }

    assert [("ar-share", "ru")] == [key for key, text in found.items() if "отделяйте точкой" in text]


def test_standard_templates_score_what_says_nothing() -> None:
    """Without a word to say, a standard template is enough; with points of its own it is not, for one option."""

    def processing(item: Item) -> tuple[str | None, int]:
        wording = item.wordings["en"]
        silent = replace(wording, explanation="", options=tuple(replace(one, feedback="") for one in wording.options))
        root = qti21_items.element(replace(item, wordings={"en": silent}), "en", "i", "t")
        (found,) = root.iter("responseProcessing")
        return found.get("template"), len(found)

    single = BANK.item("conv-swap")
    assert (f"{qti21_items.TEMPLATES}match_correct", 0) == processing(single)
    assert (None, 1) == processing(replace(single, points=2))
    assert (f"{qti21_items.TEMPLATES}map_response", 0) == processing(BANK.item("conv-laws"))
    assert (f"{qti21_items.TEMPLATES}map_response", 0) == processing(BANK.item("prop-match"))


@pytest.mark.parametrize("name", ["conv-laws", "prop-match", "conv-1d-full"])
def test_all_or_nothing(name: str) -> None:
    """An item that gives no part of its points gives none to an answer that is right in part."""
    item = replace(instances.variants(BANK.item(name), BANK.id)[0], scoring="all")
    root = qti21_items.element(item, "en", "i", "t")
    points = {marking.mark(item, "en", answer).points for answer in answers(item, "en")}

    assert {0, item.points} == points
    for answer in answers(item, "en"):
        session = Session(root, responses(item, "en", root, answer))
        assert marking.mark(item, "en", answer).points == pytest.approx(session.values["SCORE"])
