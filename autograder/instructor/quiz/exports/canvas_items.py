"""Items as Canvas reads them: QTI 1.2 with the types of Canvas."""

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from autograder.instructor.quiz.bank import gaps, numbers, text
from autograder.instructor.quiz.bank.gaps import Gap
from autograder.instructor.quiz.bank.model import Item, Option, Wording
from autograder.instructor.quiz.exports import markup, qti
from autograder.instructor.quiz.exports.markup import add
from autograder.instructor.rendering import Words

MAX_CHARS = 16_384  # of a text
FULL = "100"
GENERAL = "general_fb"
RESPONSE = "response1"
SOLE = {"single": "multiple_choice_question", "truefalse": "true_false_question", "multi": "multiple_answers_question"}


@dataclass
class Question:
    """An item while it is built: what it asks, what it takes, and what it says to that."""

    kind: str
    stem: str
    presentation: ET.Element = field(default_factory=lambda: ET.Element("presentation"))
    processing: ET.Element = field(default_factory=lambda: ET.Element("resprocessing"))
    feedback: list[tuple[str, str]] = field(default_factory=list)

    def condition(self, *tests: ET.Element, score: str = "", action: str = "Set", shows: str = "") -> None:
        """What is scored, or shown, where one of the tests holds. Whatever does not settle the score lets others follow."""
        goes_on = bool(shows) or action == "Add"
        found = add(self.processing, "respcondition", continue_="Yes" if goes_on else "No")
        add(found, "conditionvar").extend(tests)
        if score:
            add(found, "setvar", score, action=action, varname="SCORE")
        if shows:
            add(found, "displayfeedback", feedbacktype="Response", linkrefid=shows)

    def offers(self, response: str, labels: Sequence[tuple[int, str]], kind: str, rows: str = "Single") -> ET.Element:
        """A list to choose from: numbers and texts."""
        found = add(self.presentation, "response_lid", ident=response, rcardinality=rows)
        choice = add(found, "render_choice")
        for code, shown in labels:
            _material(add(choice, "response_label", ident=str(code)), shown, kind)
        return found

    def types(self) -> None:
        """A field to write into."""
        found = add(self.presentation, "response_str", ident=RESPONSE, rcardinality="Single")
        add(add(found, "render_fib"), "response_label", ident="answer1", rshuffle="No")


def element(item: Item, lang: str, ident: str, title: str) -> ET.Element:
    """The item as an element, its values filled in.

    Raises:
        ValueError: a formula is none, or a text is longer than Canvas takes.
    """
    wording = item.wordings[lang]
    question = BUILDERS[item.type](item, wording)
    root = ET.Element("item", {"ident": ident, "title": title})
    metadata = add(add(root, "itemmetadata"), "qtimetadata")
    fields(metadata, question_type=question.kind, points_possible=qti.number(item.points))
    stem = ET.Element("material")
    add(stem, "mattext", question.stem, texttype="text/html")
    question.presentation.insert(0, stem)
    outcomes = ET.Element("outcomes")
    add(outcomes, "decvar", maxvalue=FULL, minvalue="0", varname="SCORE", vartype="Decimal")
    question.processing.insert(0, outcomes)
    if wording.explanation:
        question.feedback.append((GENERAL, shown(wording.explanation)))
        general = ET.Element("respcondition", {"continue": "Yes"})
        add(add(general, "conditionvar"), "other")
        add(general, "displayfeedback", feedbacktype="Response", linkrefid=GENERAL)
        question.processing.insert(1, general)
    root.extend([question.presentation, question.processing])
    for name, told in question.feedback:
        _material(add(add(root, "itemfeedback", ident=name), "flow_mat"), told, "text/html")
    _fits(root, item)
    return root


def fields(metadata: ET.Element, **values: str) -> None:
    """Labels and entries of a metadata element."""
    for label, entry in values.items():
        found = add(metadata, "qtimetadatafield")
        add(found, "fieldlabel", label)
        add(found, "fieldentry", entry)


def left_out(item: Item) -> bool:
    """Whether Canvas has no type for the item: its gaps take words, and a tolerance is no word."""
    if item.type != "cloze":
        return False
    return any(gap.key is not None and not qti.is_exact(gap.key) for gap in gaps.of(item.first.stem))


def shown(source: str) -> str:
    """A text as HTML."""
    return markup.markup(markup.elements(text.html(source)))


def _inline(source: str) -> str:
    return markup.markup(markup.elements(text.inline(source)))


def _material(parent: ET.Element, content: str, kind: str) -> None:
    add(add(parent, "material"), "mattext", content, texttype=kind)


def _equal(response: str, value: object) -> ET.Element:
    found = ET.Element("varequal", respident=response)
    found.text = str(value)
    return found


def _fits(root: ET.Element, item: Item) -> None:
    longest = max(len(found.text or "") for found in root.iter("mattext"))
    if longest > MAX_CHARS:
        raise ValueError(f"{item.name}: a text has {longest} characters, and Canvas takes {MAX_CHARS}")


def _ticked(item: Item, wording: Wording) -> Question:
    """One or several options. Canvas knows true and false by their English words alone."""
    several = item.type == "multi"
    english = [option.text for option in wording.options] == ["True", "False"]
    kind = SOLE["single"] if item.type == "truefalse" and not english else SOLE[item.type]
    question = Question(kind, shown(wording.stem))
    coded = list(zip(qti.option_codes(item, wording.options), wording.options, strict=True))
    labels = [(code, _inline(option.text)) for code, option in coded]
    question.offers(RESPONSE, labels, "text/html", "Multiple" if several else "Single")
    for code, option in coded:
        if option.feedback:
            question.feedback.append((f"{code}_fb", shown(option.feedback)))
            question.condition(_equal(RESPONSE, code), shows=f"{code}_fb")
    question.condition(_all(coded) if several else _key(coded), score=FULL)
    return question


def _key(coded: Sequence[tuple[int, Option]]) -> ET.Element:
    return next(_equal(RESPONSE, code) for code, option in coded if option.correct)


def _all(coded: Sequence[tuple[int, Option]]) -> ET.Element:
    """That what is right was ticked, and nothing else."""
    whole = ET.Element("and")
    for code, option in coded:
        (whole if option.correct else add(whole, "not")).append(_equal(RESPONSE, code))
    return whole


def _numeric(item: Item, wording: Wording) -> Question:
    question = Question("numerical_question", shown(wording.stem))
    question.types()
    for option, key in qti.keys(wording.options):
        if option.correct:
            question.condition(*_within(option, key), score=FULL)
    return question


def _within(option: Option, key: numbers.Key) -> list[ET.Element]:
    """A number with its margin on both sides, or a range without a middle of its own."""
    bounds = [ET.Element("vargte", respident=RESPONSE), ET.Element("varlte", respident=RESPONSE)]
    for bound, value in zip(bounds, (key.low, key.high), strict=True):
        bound.text = qti.number(value)
    if ".." in option.text:
        return bounds
    either = ET.Element("or")
    either.append(_equal(RESPONSE, qti.number(key.value)))
    add(either, "and").extend(bounds)
    return [either]


def _short(item: Item, wording: Wording) -> Question:
    question = Question("short_answer_question", shown(wording.stem))
    question.types()
    accepted = qti.spellings(option.text for option in wording.options if option.correct)
    question.condition(*(_equal(RESPONSE, spelled) for spelled in accepted), score=FULL)
    return question


def _match(item: Item, wording: Wording) -> Question:
    question = Question("matching_question", shown(wording.stem))
    coded = qti.codes([str(place) for place in range(len(wording.pairs))], item.name)
    labels = sorted((code, text.plain(pair.right)) for code, pair in zip(coded, wording.pairs, strict=True))
    rows = [(code, pair) for code, pair in zip(coded, wording.pairs, strict=True) if pair.left]
    for place, (code, pair) in enumerate(rows, 1):
        response = f"response_{place}"
        found = question.offers(response, labels, "text/plain")
        left = ET.Element("material")
        add(left, "mattext", _inline(pair.left), texttype="text/html")
        found.insert(0, left)
        question.condition(_equal(response, code), score=_share(len(rows)), action="Add")
    return question


def _share(parts: int) -> str:
    return f"{100 / parts:.2f}"


def _cloze(item: Item, wording: Wording) -> Question:
    """Drop-downs where every gap is one; else words to write, and what may be chosen stands in the text."""
    found = gaps.of(wording.stem)
    only_choices = all(gap.kind == "choice" for gap in found)
    say = Words(wording.lang).say

    def widget(place: int, gap: Gap) -> str:
        hole = f"[gap{place + 1}]"
        if only_choices or gap.kind != "choice":
            return hole
        offered = say("quiz_qti_choose", offered=" / ".join(sorted(gap.offered)))
        return f"{hole} {html.escape(offered)}"

    stem = markup.markup(markup.elements(text.cloze(wording.stem, widget)))
    question = Question("multiple_dropdowns_question" if only_choices else "fill_in_multiple_blanks_question", stem)
    texts = [gap.offered if only_choices else qti.written(gap) for gap in found]
    names = [f"{place}:{told}" for place, offered in enumerate(texts) for told in offered]
    coded = dict(zip(names, qti.codes(names, item.name), strict=True))  # ids are told apart over all gaps
    for place, (gap, offered) in enumerate(zip(found, texts, strict=True)):
        labels = [(coded[f"{place}:{told}"], text.plain(told) if only_choices else told) for told in offered]
        response = f"response_gap{place + 1}"
        listed = question.offers(response, sorted(labels) if only_choices else labels, "text/plain")
        listed.insert(0, _name(f"gap{place + 1}"))
        right = [label for label, told in zip(labels, offered, strict=True) if not only_choices or told in gap.accepted]
        for code, _ in right:
            question.condition(_equal(response, code), score=_share(len(found)), action="Add")
    return question


def _name(text_of_gap: str) -> ET.Element:
    found = ET.Element("material")
    add(found, "mattext", text_of_gap)
    return found


def _essay(item: Item, wording: Wording) -> Question:
    low, high = item.words
    note = html.escape(Words(wording.lang).say("quiz_qti_words", low=low, high=high)) if high else ""
    question = Question("essay_question", shown(wording.stem) + (f"<p>{note}</p>" if note else ""))
    question.types()
    question.condition(ET.Element("other"))
    return question


BUILDERS: dict[str, Callable[[Item, Wording], Question]] = {
    "single": _ticked,
    "multi": _ticked,
    "truefalse": _ticked,
    "numeric": _numeric,
    "short": _short,
    "match": _match,
    "cloze": _cloze,
    "essay": _essay,
}
