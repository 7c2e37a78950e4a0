"""Moodle XML: everything that a bank of questions in Moodle can hold of an item.

Rules of Moodle's importer that shape this: a grade is one of a fixed list; ``idnumber`` is unique in a category; the text of
a cloze holds its sub-questions, ``{1:NUMERICAL:=12:0.5}``; the answers of a statement are called true and false in the file
and are shown in the reader's language.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable

from autograder.instructor.quiz.bank import text
from autograder.instructor.quiz.bank.model import Item, Wording
from autograder.instructor.quiz.exports import moodle_parts as parts
from autograder.instructor.quiz.exports import multilang
from autograder.instructor.quiz.exports.embedded import embedded
from autograder.instructor.quiz.exports.target import Lang, Request, Target
from autograder.instructor.rendering import Words

NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
LINES = (5, 10, 15, 20, 25, 30, 35, 40)  # heights of the field that Moodle offers
WORDS_OF_LINE = 12
TRY = "0.3333333"  # what each further try costs
HOLDS = {
    "single": "yes",
    "multi": "yes",
    "truefalse": "yes",
    "numeric": "yes",
    "short": "yes",
    "match": "yes",
    "cloze": "yes; each gap counts the same whole number of points",
    "essay": "yes",
    "feedback": "yes",
    "trap-feedback": "yes",
    "hint": "shown after a wrong try, where a quiz allows several",
    "explanation": "yes",
    "partial": "yes",
    "whole": "a wrong tick costs everything, a missing one its part",
    "tolerance": "yes",
    "rubric": "as text for the grader",
    "variants": "a category for each item, to draw one at random",
    "formula": "yes",
    "points": "yes",
}


def build(request: Request) -> dict[str, bytes]:
    """The bank as one file of Moodle XML.

    Raises:
        KeyError: an item has no text in the language.
        ValueError: a formula or a number is none.
        ExpressionError: values cannot be filled in.
        GapError: a gap breaks a rule of the format.
    """
    quiz = ET.Element("quiz")
    for category, items in parts.by_category(request).items():
        _text(ET.SubElement(quiz, "question", type="category"), "category", category)
        for item in items:
            _question(quiz, item, request)
    ET.indent(quiz)
    content = '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(quiz, "unicode") + "\n"
    return {f"{request.bank.id}-{request.lang}.xml": content.encode()}


def _value(parent: ET.Element, tag: str, value: str) -> None:
    ET.SubElement(parent, tag).text = value


def _text(parent: ET.Element, tag: str, value: str, **attributes: str) -> ET.Element:
    """An element with its text in an element of its own; characters that XML cannot have are left out."""
    found = ET.SubElement(parent, tag, attributes)
    ET.SubElement(found, "text").text = NO_XML.sub("", value)
    return found


def _html(parent: ET.Element, tag: str, value: str, **attributes: str) -> ET.Element:
    return _text(parent, tag, value, format="html", **attributes)


def _question(quiz: ET.Element, item: Item, request: Request) -> None:
    kind, body = _kind(item)
    question = ET.SubElement(quiz, "question", type=kind)
    _text(question, "name", parts.name(item, request.bank, request.lang))
    stem = embedded(item, request.lang) if item.type == "cloze" else multilang.block(item, request.lang, _stem)
    _html(question, "questiontext", stem)
    _html(question, "generalfeedback", multilang.block(item, request.lang, lambda wording: wording.explanation))
    _value(question, "defaultgrade", parts.number(item.points))
    _value(question, "penalty", "1" if kind == "truefalse" else "0" if kind == "essay" else TRY)
    _value(question, "hidden", "0")
    _value(question, "idnumber", item.name)
    body(question, item, request.lang)
    if item.first.hint:
        _html(question, "hint", multilang.block(item, request.lang, lambda wording: wording.hint))
    tags = ET.SubElement(question, "tags")
    for tag in parts.tags(item):
        _text(tags, "tag", tag)


def _stem(wording: Wording) -> str:
    return wording.stem


def _kind(item: Item) -> tuple[str, Callable[[ET.Element, Item, Lang], None]]:
    """What Moodle calls the type, and what writes the part of a question that only this type has."""
    if parts.is_plain_statement(item):
        return "truefalse", _statement
    return {
        "numeric": ("numerical", _answers),
        "short": ("shortanswer", _short),
        "match": ("matching", _match),
        "cloze": ("cloze", _nothing),
        "essay": ("essay", _essay),
    }.get(item.type, ("multichoice", _choice))


def _nothing(question: ET.Element, item: Item, lang: Lang) -> None:
    """A cloze has all of its parts in its text."""


def _answers(question: ET.Element, item: Item, lang: Lang) -> None:
    for answer in parts.answers(item, lang):
        node = _text(question, "answer", answer.text, fraction=answer.grade, format="moodle_auto_format")
        _html(node, "feedback", answer.feedback)
        if answer.tolerance:
            _value(node, "tolerance", answer.tolerance)


def _short(question: ET.Element, item: Item, lang: Lang) -> None:
    _value(question, "usecase", "0")
    _answers(question, item, lang)


def _statement(question: ET.Element, item: Item, lang: Lang) -> None:
    for option, answer in zip(item.first.options, parts.answers(item, lang), strict=True):
        node = _text(question, "answer", option.id, fraction=answer.grade, format="moodle_auto_format")
        _html(node, "feedback", answer.feedback)


def _choice(question: ET.Element, item: Item, lang: Lang) -> None:
    _value(question, "single", "false" if item.type == "multi" else "true")
    _value(question, "shuffleanswers", "true" if item.shuffle and item.type != "truefalse" else "false")
    _value(question, "answernumbering", "abc")
    for answer in parts.answers(item, lang):
        _html(_html(question, "answer", answer.text, fraction=answer.grade), "feedback", answer.feedback)


def _match(question: ET.Element, item: Item, lang: Lang) -> None:
    _value(question, "shuffleanswers", "true")
    for index in range(len(item.first.pairs)):
        left, right = parts.pair(item, lang, index)
        _text(_html(question, "subquestion", left), "answer", right)


def _essay(question: ET.Element, item: Item, lang: Lang) -> None:
    least, most = item.words
    _value(question, "responseformat", "editor")
    _value(question, "responserequired", "1")
    lines = most / WORDS_OF_LINE if most else LINES[2]
    _value(question, "responsefieldlines", str(next((found for found in LINES if found >= lines), LINES[-1])))
    if most:
        _value(question, "minwordlimit", str(least))
        _value(question, "maxwordlimit", str(most))
    _value(question, "attachments", "0")
    found = {name: _rubric(item.wordings[name]) for name in multilang.languages(item, lang)}
    _html(question, "graderinfo", multilang.spans(found))


def _rubric(wording: Wording) -> str:
    """The rubric as a table, and the model answer, for whoever gives the points."""
    words = Words(wording.lang)
    rows = "".join(
        f"<tr><td>{words.number(row.points)}</td><td>{text.inline(row.text, text.tex)}</td></tr>" for row in wording.rubric
    )
    points, criterion, answer = (words.say(key) for key in ("points", "quiz_criterion", "quiz_model_answer"))
    heads = f"<tr><th>{points}</th><th>{criterion}</th></tr>"
    model = f"<h4>{answer}</h4>{text.html(wording.model_answer, text.tex)}"
    return f"<table><thead>{heads}</thead><tbody>{rows}</tbody></table>{model}"


TARGET = Target("moodle", "Moodle XML", ("ru", "en", "both"), HOLDS, build)
