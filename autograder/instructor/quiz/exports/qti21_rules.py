"""Expressions and rules of QTI 2.1 that score an answer and choose what is said to it."""

from xml.etree import ElementTree as ET

from autograder.instructor.quiz.bank import numbers
from autograder.instructor.quiz.bank.model import Option
from autograder.instructor.quiz.exports import qti
from autograder.instructor.quiz.exports.markup import add

RESPONSE = "RESPONSE"


def when(test: ET.Element, rule: ET.Element) -> ET.Element:
    """A rule under a condition."""
    whole = ET.Element("responseCondition")
    add(whole, "responseIf").extend([test, rule])
    return whole


def node(tag: str, *children: ET.Element, **attributes: str) -> ET.Element:
    """An expression of others."""
    found = ET.Element(tag, attributes)
    found.extend(children)
    return found


def variable(name: str = RESPONSE) -> ET.Element:
    """The value of an answer or an outcome."""
    return ET.Element("variable", identifier=name)


def constant(base: str, value: str) -> ET.Element:
    """A value of a type of QTI."""
    found = ET.Element("baseValue", baseType=base)
    found.text = value
    return found


def points(value: float) -> ET.Element:
    """A number of points, with all its digits."""
    return constant("float", repr(float(value)))


def says(*names: str, answer: bool = False) -> ET.Element:
    """Which feedback is shown: that of these names, and with *answer* that whose name is the answer itself."""
    said = [variable()] if answer else []
    said += [constant("identifier", name) for name in names]
    return node("setOutcomeValue", node("multiple", *said), identifier="FEEDBACK")


def is_right(name: str = RESPONSE) -> ET.Element:
    """That an answer is just what is right."""
    return node("match", variable(name), ET.Element("correct", identifier=name))


def mapped(name: str = RESPONSE) -> ET.Element:
    """What an answer is worth by its mapping."""
    return ET.Element("mapResponse", identifier=name)


def within(key: numbers.Key, name: str = RESPONSE) -> ET.Element:
    """Whether a number is accepted, with the slack that `numbers.Key` has for roundings of the machine."""
    slack = numbers.SLACK * max(abs(key.low), abs(key.high))
    low = node("gte", variable(name), constant("float", qti.number(key.low - slack)))
    high = node("lte", variable(name), constant("float", qti.number(key.high + slack)))
    exact = node("equal", variable(name), constant("float", qti.number(key.value)), toleranceMode="exact")
    return exact if qti.is_exact(key) else node("and", low, high)


def spelled_as(option: Option) -> ET.Element:
    """That a word was written, in one of its spellings."""
    found = [
        node("stringMatch", variable(), constant("string", spelled), caseSensitive="false")
        for spelled in qti.spellings([option.text])
    ]
    return found[0] if len(found) == 1 else node("or", *found)
