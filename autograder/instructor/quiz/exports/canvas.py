"""Canvas: a quiz, or a bank to draw from, as a package of QTI 1.2."""

from collections.abc import Mapping
from xml.etree import ElementTree as ET

from autograder.instructor.quiz.bank.model import Item
from autograder.instructor.quiz.exports import canvas_items, qti
from autograder.instructor.quiz.exports.markup import add
from autograder.instructor.quiz.exports.packing import archive, document
from autograder.instructor.quiz.exports.target import Request, Target

QTI = "http://www.imsglobal.org/xsd/ims_qtiasiv1p2"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
CCV = "http://canvas.instructure.com/xsd/cccv1p0"
IMSCP = "http://www.imsglobal.org/xsd/imsccv1p1/imscp_v1p1"
LOM = "http://ltsc.ieee.org/xsd/imsccv1p1/LOM/manifest"
Held = list[tuple[Item, list[Item]]]  # items, each with its variants
LOCATIONS = {
    QTI: "http://www.imsglobal.org/xsd/ims_qtiasiv1p2p1.xsd",
    CCV: "https://canvas.instructure.com/xsd/cccv1p0.xsd",
    IMSCP: "http://www.imsglobal.org/xsd/imscp_v1p1.xsd",
}
META = "associatedcontent/imscc_xmlv1p1/learning-application-resource"
HOLDS = {
    "single": "yes",
    "multi": "yes",
    "truefalse": "yes in English, a choice of two in Russian",
    "numeric": "yes",
    "short": "yes",
    "match": "right sides without markup",
    "cloze": "blanks or drop-downs; with a tolerance in a gap: left out",
    "essay": "yes",
    "feedback": "yes",
    "trap-feedback": "no",
    "hint": "no",
    "explanation": "yes",
    "partial": "yes",
    "whole": "partial credit",
    "tolerance": "yes",
    "rubric": "no",
    "variants": "yes",
    "formula": "yes",
    "points": "yes",
}


def _root(tag: str, namespace: str, **attributes: str) -> ET.Element:
    names = {"xmlns": namespace, "xmlns:xsi": XSI, "xsi:schemaLocation": f"{namespace} {LOCATIONS[namespace]}"}
    return ET.Element(tag, {**attributes, **names})


def _name(request: Request, *parts: str) -> str:
    """An id that stays the same, so that an import into the same course replaces; each language has its own."""
    return qti.ident(request.bank.id, *parts, request.lang)


def _item(request: Request, item: Item) -> ET.Element:
    return canvas_items.element(item, request.lang, _name(request, item.name), qti.title(request.bank.id, item))


def _held(request: Request) -> Held:
    """The items that Canvas can hold, each with its variants."""
    return [(item, found) for item, found in qti.given(request) if not canvas_items.left_out(found[0])]


def _assessment(request: Request, held: Held) -> ET.Element:
    """A quiz: an item with variants is a group of its own, and one of them is drawn."""
    root = _root("questestinterop", QTI)
    quiz = add(root, "assessment", ident=_name(request, "quiz"), title=request.title)
    canvas_items.fields(add(quiz, "qtimetadata"), cc_maxattempts="1")
    whole = add(quiz, "section", ident="root_section")
    for item, found in held:
        if len(found) == 1:
            whole.append(_item(request, found[0]))
            continue
        group = add(whole, "section", ident=_name(request, item.id, "group"), title=qti.title(request.bank.id, item))
        selection = add(add(group, "selection_ordering"), "selection")
        add(selection, "selection_number", "1")
        add(add(selection, "selection_extension"), "points_per_item", qti.number(item.points))
        group.extend(_item(request, variant) for variant in found)
    return root


def _objectbank(request: Request, held: Held) -> ET.Element:
    """A bank: all variants side by side."""
    root = _root("questestinterop", QTI)
    bank = add(root, "objectbank", ident=_name(request, "bank"))
    canvas_items.fields(add(bank, "qtimetadata"), bank_title=request.title)
    bank.extend(_item(request, variant) for _, found in held for variant in found)
    return root


def _settings(request: Request, held: Held) -> ET.Element:
    """What Canvas is told of a quiz as a whole."""
    root = _root("quiz", CCV, identifier=_name(request, "quiz"))
    add(root, "title", request.title)
    add(root, "description")
    shuffles = all(item.shuffle for item, _ in held if item.type != "truefalse")
    add(root, "shuffle_answers", "true" if shuffles else "false")
    add(root, "quiz_type", "assignment")
    add(root, "points_possible", qti.number(sum(item.points for item, _ in held)))
    add(root, "allowed_attempts", "1")
    return root


def _manifest(request: Request, name: str, settings: str = "") -> ET.Element:
    root = _root("manifest", IMSCP, identifier=f"{name}.manifest")
    metadata = add(root, "metadata")
    add(metadata, "schema", "IMS Content")
    add(metadata, "schemaversion", "1.1.3")
    lom = add(metadata, "imsmd:lom")
    lom.set("xmlns:imsmd", LOM)
    add(add(add(lom, "imsmd:general"), "imsmd:title"), "imsmd:string", request.title)
    add(root, "organizations")
    resources = add(root, "resources")
    resource = add(resources, "resource", identifier=name, type="imsqti_xmlv1p2", href=f"{name}/{name}.xml")
    add(resource, "file", href=f"{name}/{name}.xml")
    if settings:
        add(resource, "dependency", identifierref=f"{name}.meta")
        meta = add(resources, "resource", identifier=f"{name}.meta", type=META, href=settings)
        add(meta, "file", href=settings)
    return root


def build_quiz(request: Request) -> Mapping[str, bytes]:
    """A package with a quiz.

    Raises:
        ExpressionError: values cannot be filled in.
        ValueError: a formula is none, or a text is longer than Canvas takes.
    """
    name, held = _name(request, "quiz"), _held(request)
    settings = f"{name}/assessment_meta.xml"
    files = {
        "imsmanifest.xml": document(_manifest(request, name, settings)),
        f"{name}/{name}.xml": document(_assessment(request, held)),
        settings: document(_settings(request, held)),
    }
    return {f"{qti.ident(request.bank.id)}-{request.lang}-canvas.zip": archive(files)}


def build_bank(request: Request) -> Mapping[str, bytes]:
    """A package with a bank and no quiz.

    Raises:
        ExpressionError: values cannot be filled in.
        ValueError: a formula is none, or a text is longer than Canvas takes.
    """
    name = _name(request, "bank")
    files = {
        "imsmanifest.xml": document(_manifest(request, name)),
        f"{name}/{name}.xml": document(_objectbank(request, _held(request))),
    }
    return {f"{qti.ident(request.bank.id)}-{request.lang}-canvas-bank.zip": archive(files)}


TARGET = Target("canvas", "Canvas: a quiz (QTI 1.2)", ("ru", "en"), HOLDS, build_quiz, canvas_items.left_out)
IN_BANK = HOLDS | {"variants": "items of their own"}
BANK = Target("canvas-bank", "Canvas: a bank (QTI 1.2)", ("ru", "en"), IN_BANK, build_bank, canvas_items.left_out)
