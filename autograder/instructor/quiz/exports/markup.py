"""Rendered texts as elements of XML, for formats that are strict about it."""

from xml.etree import ElementTree as ET

from autograder.instructor.quiz.exports.packing import legal

MATHML = "http://www.w3.org/1998/Math/MathML"
KEPT = {"code": ("class",), "a": ("href",)}  # attributes that every reader of these formats takes
HTML = {
    *("a", "blockquote", "br", "code", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "img", "li", "ol", "p", "pre", "strong"),
    *("table", "tbody", "td", "th", "thead", "tr", "ul"),
}


def add(parent: ET.Element, tag: str, text: str = "", **attributes: str) -> ET.Element:
    """A new last child of *parent*. An underscore in front of a name of an attribute is taken off, one behind it too."""
    child = ET.SubElement(parent, tag, {name.strip("_"): value for name, value in attributes.items()})
    child.text = text or None
    return child


def elements(html: str, tag: str = "div") -> ET.Element:
    """What `text.html` made, as the content of a new element. An image becomes the words that stand for it.

    Raises:
        ParseError: it is not well-formed.
    """
    root = ET.fromstring(f"<{tag}>{legal(html)}</{tag}>")  # noqa: S314 - no document type can stand in an element
    for element in root.iter():
        if element.tag == "img":
            element.tag, element.text = "span", f"[{element.get('alt', '')}]"
            element.attrib.clear()
        elif element.tag in HTML:
            kept = KEPT.get(element.tag, ())
            element.attrib = {name: value for name, value in element.attrib.items() if name in kept}
        elif element.tag.startswith(f"{{{MATHML}}}"):
            element.tag = element.tag.removeprefix(f"{{{MATHML}}}")
            if element.tag == "math":
                element.attrib = {"xmlns": MATHML, **element.attrib}
    return root


def markup(root: ET.Element) -> str:
    """The content of an element as HTML for a browser."""
    whole = ET.tostring(root, encoding="unicode", method="html")
    return whole.removeprefix(f"<{root.tag}>").removesuffix(f"</{root.tag}>").strip()
