"""The drawing of two networks: blocks in proportion to shapes, bounded, and deaf to what layers are called."""

import re
from typing import Any
from xml.etree import ElementTree

import pytest

from autograder import messages
from autograder.comparison import Comparison
from autograder.instructor import drawing, rendering
from autograder.instructor.rendering import Words
from autograder.network import Layer, Network, canonical
from tests.support.networks import rebuilt, reference
from tests.test_network import EXPECTED


def rows(*layers: Layer) -> list[dict[str, Any]]:
    """The layer table of these layers beside the lab's."""
    return Comparison(EXPECTED, Network(tuple(layers), (32, 32, 3))).table()


def drawn(table: list[dict[str, Any]], lang: str = "en") -> ElementTree.Element:
    """The drawing as XML, which it has to be."""
    return ElementTree.fromstring(str(drawing.networks(Words(lang), table)))


def blocks(svg: ElementTree.Element, column: int) -> list[tuple[float, float]]:
    """Width and height of the blocks of one network."""
    found = [{key: float(value) for key, value in rect.attrib.items() if key != "class"} for rect in svg.iter("rect")]
    return [(rect["width"], rect["height"]) for rect in found if (rect["x"] > drawing.COLUMN) == bool(column)]


VALID = [layer.has(padding="valid") if layer.kind == "Conv2D" else layer for layer in EXPECTED.layers]


def test_proportions() -> None:
    """A block is as high as its image and as wide as it has channels."""
    expected, received = (blocks(drawn(rows(*VALID)), column) for column in (0, 1))

    assert 11 == len(expected) == len(received)
    assert [1, 1 / 2, 1 / 4] == [expected[index][1] / expected[0][1] for index in (2, 4, 5)]
    assert [2, 4] == [round((expected[index][0] + 2) / (expected[0][0] + 2)) for index in (2, 4)]
    assert [pytest.approx(side / 32, abs=0.01) for side in (30, 28, 14, 12)] == [
        received[index][1] / expected[0][1] for index in (0, 2, 3, 4)
    ]
    assert pytest.approx((4608 / 8192) ** 0.5, abs=0.01) == (received[7][0] + 2) / (expected[7][0] + 2)


@pytest.mark.parametrize("lang", messages.LANGUAGES)
def test_marks_are_more_than_colours(lang: str) -> None:
    """What differs has a sign, what is missing a word and a dashed frame; the drawing has a name."""
    table = rows(*EXPECTED.layers[:3], *EXPECTED.layers[4:])
    svg = drawn(table, lang)
    texts = [text.text for text in svg.iter("text")]

    assert sum(not row["same"] and not row["follows"] for row in table) == texts.count("≠")
    assert 1 == sum(text.get("class") == "mark first" for text in svg.iter("text"))
    assert Words(lang).say("no_layer_received") in texts
    assert 1 == sum(rect.get("class") == "absent" for rect in svg.iter("rect"))
    assert ("img", Words(lang).say("drawing_text")) == (svg.get("role"), svg.get("aria-label"))


def test_what_only_follows_is_no_difference() -> None:
    """Only the layer that differs itself has the sign for that; sizes that follow from it have another sign and no red."""
    first, *others = canonical(rebuilt(reference())).layers
    table = rows(first.has(padding="valid"), *others)
    svg = drawn(table)
    marks = [(text.text, text.get("class")) for text in svg.iter("text") if "mark" in str(text.get("class"))]
    kinds = [rect.get("class") for rect in svg.iter("rect")]

    assert [("≠", "mark first"), *[("↳", "mark after")] * sum(row["follows"] for row in table)] == marks
    assert (1, len(marks) - 1) == (kinds.count("other"), kinds.count("later"))


def test_another_input_is_the_first_difference() -> None:
    """Where the input has another size, the first row carries the sign, since no row stands above it."""
    table = Comparison(EXPECTED, Network(EXPECTED.layers, (28, 28, 3))).table()
    signs = [text.text for text in drawn(table).iter("text") if "mark" in str(text.get("class"))]

    assert (True, ["≠", "↳"]) == (table[0]["follows"], signs[:2])


def test_nothing_leaves_the_drawing() -> None:
    """Whatever the sizes are, every block lies within the width and the height of its row."""
    huge = [layer.has(filters=2**24) if layer.kind == "Conv2D" else layer for layer in EXPECTED.layers]
    for table in (rows(*huge), rows(*VALID), rows(), rows(*[Layer("Dropout", {"rate": 0.5})] * 200)):
        whole = drawn(table)
        for svg in whole:
            width, height = map(float, str(svg.get("viewBox")).split()[2:])
            for rect in svg.iter("rect"):
                x, y, wide, high = (float(rect.get(key, "nan")) for key in ("x", "y", "width", "height"))
                assert 0 <= x <= x + wide <= width and 0 <= y <= y + high <= height and wide > 0
        assert len(list(whole.iter("rect"))) <= 2 * drawing.MAX_ROWS


@pytest.mark.parametrize(
    "text", ['"><script>x</script>', "x" * 10_000, "(" * 500, "\x1b[2J\u202e", "(9999999999999999, 1, 1)", "(0)", "(-1)"]
)
def test_hostile_names_and_shapes(text: str) -> None:
    """Names and shapes that no layer has are shown short, and never as markup."""
    table = rows(*EXPECTED.layers)
    table[3] |= {"received": text, "received_shape": text, "same": False}
    svg = drawn(table)

    assert {"text", "rect"} == {element.tag for strip in svg for element in strip}
    assert max(len(element.text or "") for element in svg.iter("text")) <= drawing.MAX_KIND + drawing.MAX_SIZE + 1


def test_text_fits_a_phone() -> None:
    """On a phone of 360 pixels a unit is a pixel: no letter is smaller than 11."""
    style = (rendering.TEMPLATES / "style.css").read_text("utf-8")
    sizes = [float(size) for size in re.findall(r"(?:\.networks|svg\.plot) text \{[^}]*font: (\d+)px", style)]

    assert drawing.WIDTH <= 360 - 2 * 16
    assert 2 == len(sizes) and min(sizes) >= 11
