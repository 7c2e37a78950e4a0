"""Items of QTI 2.1: what is asked, how it is scored, and what is said to the answer."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from autograder.instructor.quiz.bank import gaps, numbers, text
from autograder.instructor.quiz.bank.gaps import Gap
from autograder.instructor.quiz.bank.model import Item, Option, Wording
from autograder.instructor.quiz.exports import markup, qti
from autograder.instructor.quiz.exports import qti21_rules as rules
from autograder.instructor.quiz.exports.markup import add
from autograder.instructor.quiz.exports.qti21_rules import RESPONSE
from autograder.instructor.rendering import Words

NAMESPACE = "http://www.imsglobal.org/xsd/imsqti_v2p1"
LOCATION = "http://www.imsglobal.org/xsd/qti/qtiv2p1/imsqti_v2p1.xsd"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
NAMES = {"xmlns": NAMESPACE, "xmlns:xsi": XSI, "xsi:schemaLocation": f"{NAMESPACE} {LOCATION}"}
TEMPLATES = "http://www.imsglobal.org/question/qti_v2p1/rptemplates/"
GENERAL = "explanation"


@dataclass
class Question:
    """An item while it is built. ``template`` is the standard one that scores it, where nothing is said to the answer."""

    item: Item
    wording: Wording
    declared: list[ET.Element] = field(default_factory=list)
    body: ET.Element = field(default_factory=lambda: ET.Element("itemBody"))
    rules: list[ET.Element] = field(default_factory=list)
    known: list[tuple[str, ET.Element]] = field(default_factory=list)
    feedback: list[tuple[str, str]] = field(default_factory=list)
    template: str = ""

    def declare(self, base: str, *right: str, cardinality: str = "single", name: str = RESPONSE) -> ET.Element:
        """What is answered, and what is right."""
        found = ET.Element("responseDeclaration", {"identifier": name, "cardinality": cardinality, "baseType": base})
        if right:
            correct = add(found, "correctResponse")
            for value in right:
                add(correct, "value", value)
        self.declared.append(found)
        return found

    def maps(self, declared: ET.Element, worth: Iterable[tuple[str, float]], folds_case: bool = False) -> None:
        """What each answer is worth; never less than nothing."""
        mapping = add(declared, "mapping", lowerBound="0", defaultValue="0")
        for key, points in worth:
            entry = add(mapping, "mapEntry", mapKey=key, mappedValue=repr(float(points)))
            if folds_case:
                entry.set("caseSensitive", "false")

    def scores(self, value: ET.Element, test: ET.Element | None = None) -> None:
        """What the score becomes, under a condition if one is given."""
        rule = ET.Element("setOutcomeValue", {"identifier": "SCORE"})
        rule.append(value)
        self.rules.append(rules.when(test, rule) if test is not None else rule)

    def asks(self, stem: ET.Element) -> None:
        """The text of the question, as blocks."""
        self.body.extend(list(stem))

    def tells(self, chain: Iterable[tuple[Option, ET.Element]]) -> None:
        """What is said where an answer is one that the bank knows: the first that it is."""
        for option, test in chain:
            if option.feedback:
                self.feedback.append((f"said-{len(self.feedback) + 1}", option.feedback))
                self.known.append((self.feedback[-1][0], test))

    def closes(self) -> None:
        """Add what is said: to an answer that the bank knows, and the explanation to every answer."""
        end = (GENERAL,) if self.wording.explanation else ()
        whole = ET.Element("responseCondition")
        for name, test in self.known:
            add(whole, "responseElseIf" if len(whole) else "responseIf").extend([test, rules.says(name, *end)])
        if self.known:
            if end:
                add(whole, "responseElse").append(rules.says(*end))
            self.rules.append(whole)
        elif self.feedback:  # of options: the answer itself names what is said
            self.rules.append(rules.says(*end, answer=True))
        elif end:
            self.rules.append(rules.says(*end))
        if end:
            self.feedback.append((GENERAL, self.wording.explanation))


def element(item: Item, lang: str, ident: str, title: str) -> ET.Element:
    """The item as an element, its values filled in.

    Raises:
        ValueError: a formula is none.
    """
    wording = item.wordings[lang]
    question = Question(item, wording)
    BUILDERS[item.type](question)
    about = {"identifier": ident, "title": title, "adaptive": "false", "timeDependent": "false", "xml:lang": lang}
    root = ET.Element("assessmentItem", NAMES | about)
    root.extend(question.declared)
    score = add(root, "outcomeDeclaration", identifier="SCORE", cardinality="single", baseType="float")
    score.attrib |= {"normalMaximum": qti.number(item.points), "normalMinimum": "0"}
    add(add(score, "defaultValue"), "value", "0")
    question.closes()
    if question.feedback:
        add(root, "outcomeDeclaration", identifier="FEEDBACK", cardinality="multiple", baseType="identifier")
    root.append(question.body)
    _processing(root, question)
    for name, said in question.feedback:
        told = markup.elements(text.html(said), "modalFeedback")
        told.attrib |= {"outcomeIdentifier": "FEEDBACK", "identifier": name, "showHide": "show"}
        root.append(told)
    return root


def _processing(root: ET.Element, question: Question) -> None:
    if question.template and not question.feedback:
        add(root, "responseProcessing", template=TEMPLATES + question.template)
    elif question.rules:
        add(root, "responseProcessing").extend(question.rules)


def _choice(question: Question) -> None:
    """One or several options. The score of several is what is right less what is wrong, of all that is right."""
    item, options = question.item, question.wording.options
    several = item.type == "multi"
    names = [f"o{code}" for code in qti.option_codes(item, options)]
    right = [name for name, option in zip(names, options, strict=True) if option.correct]
    declared = question.declare("identifier", *right, cardinality="multiple" if several else "single")
    if several and item.scoring == "partial":
        each = item.points / len(right)
        question.maps(declared, ((name, each if name in right else -each) for name in names))
        question.scores(rules.mapped())
        question.template = "map_response"
    else:
        question.scores(rules.points(item.points), rules.is_right())
        question.template = "match_correct" if item.points == 1 else ""
    question.asks(markup.elements(text.html(question.wording.stem)))
    shuffles = item.shuffle and item.type != "truefalse"
    interaction = add(question.body, "choiceInteraction", responseIdentifier=RESPONSE, shuffle=str(shuffles).lower())
    interaction.set("maxChoices", "0" if several else "1")
    for name, option in zip(names, options, strict=True):
        choice = markup.elements(text.inline(option.text), "simpleChoice")
        choice.set("identifier", name)
        interaction.append(choice)
        if option.feedback:
            question.feedback.append((name, option.feedback))


def _typed(question: Question, note: str = "") -> None:
    """A text with a field below it."""
    question.asks(markup.elements(text.html(question.wording.stem)))
    if note:
        add(question.body, "p", note)
    add(add(question.body, "p"), "textEntryInteraction", responseIdentifier=RESPONSE, expectedLength="20")


def _decimals(lang: str, keys: Iterable[numbers.Key]) -> str:
    """Systems read a number with a point: a note where Russian readers would write a comma."""
    has_decimals = any(not number.is_integer() for key in keys for number in (key.value, key.low, key.high))
    return Words(lang).say("quiz_qti_point") if lang == "ru" and has_decimals else ""


def _numeric(question: Question) -> None:
    stated = qti.keys(question.wording.options)
    accepted = [key for option, key in stated if option.correct]
    question.declare("float", qti.number(accepted[0].value))
    _typed(question, _decimals(question.wording.lang, accepted))
    tests = [rules.within(key) for key in accepted]
    question.scores(rules.points(question.item.points), tests[0] if len(tests) == 1 else rules.node("or", *tests))
    question.tells((option, rules.within(key)) for option, key in sorted(stated, key=lambda pair: not pair[0].correct))


def _short(question: Question) -> None:
    options = question.wording.options
    accepted = qti.spellings(option.text for option in options if option.correct)
    declared = question.declare("string", accepted[0])
    question.maps(declared, ((spelled, question.item.points) for spelled in accepted), folds_case=True)
    _typed(question)
    question.scores(rules.mapped())
    question.template = "map_response"
    question.tells((option, rules.spelled_as(option)) for option in options)


def _match(question: Question) -> None:
    item, pairs = question.item, question.wording.pairs
    lefts, partners = (
        [f"{side}{code}" for code in qti.codes([str(place) for place in range(len(pairs))], f"{item.name}:{side}")]
        for side in "lr"  # each side has codes of its own: equal ones would show what belongs together
    )
    named = list(zip(lefts, partners, pairs, strict=True))
    rights = sorted((right, pair.right) for _, right, pair in named)
    rows = [(left, right, pair.left) for left, right, pair in named if pair.left]
    right = [f"{left} {partner}" for left, partner, _ in rows]
    declared = question.declare("directedPair", *right, cardinality="multiple")
    if item.scoring == "partial":
        question.maps(declared, ((pair, item.points / len(rows)) for pair in right))
        question.scores(rules.mapped())
        question.template = "map_response"
    else:
        question.scores(rules.points(item.points), rules.is_right())
    question.asks(markup.elements(text.html(question.wording.stem)))
    interaction = add(question.body, "matchInteraction", responseIdentifier=RESPONSE, shuffle="true")
    interaction.set("maxAssociations", str(len(rows)))
    _set(interaction, [(left, shown) for left, _, shown in rows], most="1")
    _set(interaction, rights, most="0")  # any number: what is taken does not say what is left


def _set(interaction: ET.Element, choices: Sequence[tuple[str, str]], most: str) -> None:
    whole = add(interaction, "simpleMatchSet")
    for name, shown in choices:
        choice = markup.elements(text.inline(shown), "simpleAssociableChoice")
        choice.attrib |= {"identifier": name, "matchMax": most}
        whole.append(choice)


def _cloze(question: Question) -> None:
    """Each gap is a response of its own, and worth the same."""
    item, found = question.item, gaps.of(question.wording.stem)
    partial = item.scoring == "partial"
    tests = []
    for place, gap in enumerate(found, 1):
        tests.append(_gap_test(question, f"{RESPONSE}{place}", gap))
    stem = text.cloze(question.wording.stem, lambda place, gap: _gap(item, place, gap))
    question.asks(markup.elements(stem))
    note = _decimals(question.wording.lang, (gap.key for gap in found if gap.key is not None))
    if note:
        add(question.body, "p", note)
    for test in tests if partial else []:
        question.scores(rules.node("sum", rules.variable("SCORE"), rules.points(item.points / len(found))), test)
    if not partial:
        question.scores(rules.points(item.points), rules.node("and", *tests))


def _offered(item: Item, place: int, gap: Gap) -> list[tuple[str, str]]:
    """What a gap offers, in an order that says nothing."""
    coded = qti.codes(gap.offered, f"{item.name}:{place}")
    return sorted((f"c{code}", told) for code, told in zip(coded, gap.offered, strict=True))


def _gap_test(question: Question, name: str, gap: Gap) -> ET.Element:
    """The declaration of a gap, and the condition that it is filled rightly."""
    if gap.key is not None:
        question.declare("float", qti.number(gap.key.value), name=name)
        return rules.within(gap.key, name)
    if gap.kind == "choice":
        place = int(name.removeprefix(RESPONSE)) - 1
        right = next(code for code, told in _offered(question.item, place, gap) if told in gap.accepted)
        question.declare("identifier", right, name=name)
        return rules.is_right(name)
    accepted = qti.written(gap)
    question.maps(question.declare("string", accepted[0], name=name), ((told, 1) for told in accepted), folds_case=True)
    return rules.node("gt", rules.mapped(name), rules.points(0))


def _gap(item: Item, place: int, gap: Gap) -> str:
    """The interaction that stands in the text."""
    name = f"{RESPONSE}{place + 1}"
    if gap.kind != "choice":
        length = str(max(map(len, qti.written(gap))) + 3)
        return ET.tostring(ET.Element("textEntryInteraction", responseIdentifier=name, expectedLength=length), encoding="unicode")
    interaction = ET.Element("inlineChoiceInteraction", responseIdentifier=name, shuffle="true")
    for code, told in _offered(item, place, gap):
        add(interaction, "inlineChoice", text.plain(told), identifier=code)
    return ET.tostring(interaction, encoding="unicode")


def _essay(question: Question) -> None:
    """A text that a person scores, by the rubric that only the person sees."""
    item, wording = question.item, question.wording
    low, high = item.words
    question.declare("string")
    question.asks(markup.elements(text.html(wording.stem)))
    if high:
        add(question.body, "p", Words(wording.lang).say("quiz_qti_words", low=low, high=high))
    add(question.body, "extendedTextInteraction", responseIdentifier=RESPONSE, expectedLines="12")
    rubric = add(question.body, "rubricBlock", view="scorer")
    listed = add(rubric, "ul")
    for criterion in wording.rubric:
        row = markup.elements(text.inline(criterion.text), "li")
        row.text = f"{qti.number(criterion.points)}: {row.text or ''}"
        listed.append(row)
    rubric.extend(list(markup.elements(text.html(wording.model_answer))))


BUILDERS: dict[str, Callable[[Question], None]] = {
    "single": _choice,
    "multi": _choice,
    "truefalse": _choice,
    "numeric": _numeric,
    "short": _short,
    "match": _match,
    "cloze": _cloze,
    "essay": _essay,
}
