"""Texts as elements: well-formed, with MathML in its namespace, and without what strict readers refuse."""

from xml.etree import ElementTree as ET

import pytest

from autograder.instructor.quiz.bank import text
from autograder.instructor.quiz.exports import markup
from tests.support.packages import filled, told, words

SOURCE = """One & two `a < b`: $x_1 < 2$.

| left | right |
|:-----|-------|
| 1    | **2** |

3. three
4. four

![a map](map.png)
"""


def test_markup_is_parsed_and_not_pasted() -> None:
    """Blocks, tables and formulas are elements; alignment and numbering are gone; an image is its words."""
    root = markup.elements(text.html(SOURCE))
    parsed = ET.fromstring(ET.tostring(root))

    assert ["p", "table", "ol", "p"] == [child.tag for child in parsed]
    assert "One & two a < b: x1<2." == told(parsed[0])
    assert not any(element.attrib for tag in ("td", "th", "ol", "p", "span") for element in parsed.iter(tag))
    assert "[a map]" == told(parsed[3])
    assert [f"{{{markup.MATHML}}}math"] == [element.tag for element in parsed[0] if "math" in element.tag]


def test_markup_in_a_text_is_shown() -> None:
    """What looks like a tag stays text, in XML and in HTML."""
    root = markup.elements(text.html("<script>alert(1)</script> \x08"))

    assert "<script>alert(1)</script> \ufffd" == told(root)
    assert "<p>&lt;script&gt;alert(1)&lt;/script&gt; \ufffd</p>" == markup.markup(root)


def test_html_is_for_browsers() -> None:
    """Breaks have no end tag, and empty elements do."""
    root = markup.elements("<p>a<br />b<code></code></p>")

    assert "<p>a<br>b<code></code></p>" == markup.markup(root)


def test_what_is_not_well_formed_is_refused() -> None:
    """A text whose tags cross is no content of an element."""
    with pytest.raises(ET.ParseError):
        markup.elements("<p><b></p></b>")


def test_no_word_of_the_bank_is_lost() -> None:
    """Every text of every item reads the same before and after."""
    for item in filled():
        for wording in item.wordings.values():
            for source in wording.texts():
                html = text.html(source)
                root = markup.elements(html)
                assert words(html) == told(root) == words(markup.markup(root))
