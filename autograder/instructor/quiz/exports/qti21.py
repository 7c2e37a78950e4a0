"""QTI 2.1: a package with a file for each item, and a test with a section for each topic."""

from collections.abc import Mapping
from xml.etree import ElementTree as ET

from autograder.instructor.quiz.bank.model import Item
from autograder.instructor.quiz.exports import qti, qti21_items
from autograder.instructor.quiz.exports.markup import add
from autograder.instructor.quiz.exports.packing import archive, document
from autograder.instructor.quiz.exports.qti21_items import NAMES, XSI
from autograder.instructor.quiz.exports.target import Request, Target
from autograder.instructor.quiz.forms import form

IMSCP = "http://www.imsglobal.org/xsd/imscp_v1p1"
METADATA = "http://www.imsglobal.org/xsd/imsqti_metadata_v2p1"
LOM = "http://ltsc.ieee.org/xsd/LOM"
MANIFEST_LOCATIONS = f"{IMSCP} http://www.imsglobal.org/xsd/qti/qtiv2p1/qtiv2p1_imscpv1p2_v1p0.xsd"
TEST = "test.xml"
INTERACTIONS = {
    "single": "choiceInteraction",
    "multi": "choiceInteraction",
    "truefalse": "choiceInteraction",
    "numeric": "textEntryInteraction",
    "short": "textEntryInteraction",
    "match": "matchInteraction",
    "cloze": "textEntryInteraction",
    "essay": "extendedTextInteraction",
}
HOLDS = {
    "single": "yes",
    "multi": "yes",
    "truefalse": "yes",
    "numeric": "yes",
    "short": "yes",
    "match": "yes",
    "cloze": "what a gap offers has no markup",
    "essay": "yes",
    "feedback": "yes",
    "trap-feedback": "yes",
    "hint": "no",
    "explanation": "yes",
    "partial": "yes",
    "whole": "yes",
    "tolerance": "yes",
    "rubric": "as text for who scores",
    "variants": "yes",
    "formula": "yes",
    "points": "yes",
}


def _ident(request: Request, item: Item) -> str:
    """What an item is called in the package: players show it in addresses, so it tells nothing of the answer."""
    return f"i-{qti.title(request.bank.id, item)}"


def _test(request: Request, given: list[tuple[Item, list[Item]]]) -> ET.Element:
    """The test: a section for each topic, in it one for each item with variants, of which one is drawn."""
    root = ET.Element("assessmentTest", NAMES | {"identifier": f"t-{form.code(request.bank.id, '')}", "title": request.title})
    add(root, "outcomeDeclaration", identifier="SCORE", cardinality="single", baseType="float")
    part = add(root, "testPart", identifier="part", navigationMode="nonlinear", submissionMode="simultaneous")
    add(part, "itemSessionControl", maxAttempts="1", showFeedback="true")
    topics = dict.fromkeys(item.topic for item, _ in given)
    for topic in topics:
        section = add(part, "assessmentSection", identifier=f"s-{form.code(request.bank.id, topic)}", title=topic)
        section.set("visible", "true")
        for item, variants in given:
            if item.topic == topic:
                _refer(request, section, item, variants)
    total = add(add(root, "outcomeProcessing"), "setOutcomeValue", identifier="SCORE")
    add(add(total, "sum"), "testVariables", variableIdentifier="SCORE")
    return root


def _refer(request: Request, section: ET.Element, item: Item, variants: list[Item]) -> None:
    if len(variants) > 1:
        title = qti.title(request.bank.id, item)
        section = add(section, "assessmentSection", identifier=f"v-{title}", title=title, visible="false")
        add(section, "selection", select="1")
    for variant in variants:
        name = _ident(request, variant)
        add(section, "assessmentItemRef", identifier=name, href=f"items/{name}.xml")


def _manifest(request: Request, items: Mapping[str, Item]) -> ET.Element:
    """What is in the package. Its metadata has the name of each item in the bank, for the teacher."""
    names = {"xmlns": IMSCP, "xmlns:xsi": XSI, "xmlns:lom": LOM, "xmlns:qti": METADATA}
    names["xsi:schemaLocation"] = MANIFEST_LOCATIONS
    root = ET.Element("manifest", {"identifier": qti.ident(request.bank.id, request.lang), **names})
    metadata = add(root, "metadata")
    add(metadata, "schema", "QTIv2.1 Package")
    add(metadata, "schemaversion", "1.0.0")
    _lom(metadata, request, title=request.title)
    add(root, "organizations")
    resources = add(root, "resources")
    test = add(resources, "resource", identifier="test", type="imsqti_test_xmlv2p1", href=TEST)
    add(test, "file", href=TEST)
    for name, item in items.items():
        add(test, "dependency", identifierref=name)
        resource = add(resources, "resource", identifier=name, type="imsqti_item_xmlv2p1", href=f"items/{name}.xml")
        about = add(resource, "metadata")
        _lom(about, request, entry=item.name)
        kind = add(about, "qti:qtiMetadata")
        add(kind, "qti:timeDependent", "false")
        add(kind, "qti:composite", "false")
        add(kind, "qti:interactionType", INTERACTIONS[item.type])
        add(resource, "file", href=f"items/{name}.xml")
    return root


def _lom(parent: ET.Element, request: Request, title: str = "", entry: str = "") -> None:
    general = add(add(parent, "lom:lom"), "lom:general")
    if entry:
        identifier = add(general, "lom:identifier")
        add(identifier, "lom:catalog", request.bank.id)
        add(identifier, "lom:entry", entry)
    if title:
        add(add(general, "lom:title"), "lom:string", title, language=request.lang)
    add(general, "lom:language", request.lang)


def build(request: Request) -> Mapping[str, bytes]:
    """The package.

    Raises:
        ExpressionError: values cannot be filled in.
        ValueError: a formula is none.
    """
    given = qti.given(request)
    items = {_ident(request, variant): variant for _, variants in given for variant in variants}
    files = {"imsmanifest.xml": document(_manifest(request, items)), TEST: document(_test(request, given))}
    for name, item in items.items():
        title = qti.title(request.bank.id, item)
        files[f"items/{name}.xml"] = document(qti21_items.element(item, request.lang, name, title))
    return {f"{qti.ident(request.bank.id)}-{request.lang}-qti21.zip": archive(files)}


TARGET = Target("qti21", "QTI 2.1: a package", ("ru", "en"), HOLDS, build)
