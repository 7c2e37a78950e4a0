"""The expected and the received network as a drawing: a block for each layer, in proportion to what comes out of it.

A block of an image is as high as the image and as wide as it has channels; a vector is a bar whose width grows with the
square root of its length. The drawing is 328 units wide, what a phone of 360 pixels has room for, so a unit is
never smaller than a pixel.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from autograder.instructor.rendering import Words, bounded
from autograder.safe import shortened

WIDTH, COLUMN, GAP = 328, 150, 18  # of the drawing, of a network in it, and between the two
TOP, LABEL, BELOW = 20, 15, 7
HIGHEST, LOWEST, NARROWEST = 44.0, 4.0, 3.0  # of a block
MAX_ROWS, MAX_KIND, MAX_SIZE = 40, 14, 16
BLOCKS = {"": "block", "differs": "other", "after": "later"}
SHAPE = re.compile(r"\((\d{1,12}(?:, \d{1,12}){0,3})\)")
Layers = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Scale:
    """Units for a pixel of height, for a channel, and for the square root of a vector's length."""

    height: float
    channel: float
    root: float

    def block(self, shape: tuple[int, ...]) -> tuple[float, float]:
        """Width and height of a block."""
        if len(shape) == 3:
            return max(NARROWEST, self.channel * shape[2]), max(LOWEST, self.height * shape[0])
        return max(NARROWEST, self.root * float(shape[-1]) ** 0.5), LOWEST


def _shape(text: Any) -> tuple[int, ...] | None:
    found = SHAPE.fullmatch(str(text))
    sizes = tuple(int(part) for part in found[1].split(", ")) if found else ()
    return sizes if len(sizes) in (1, 3) and all(sizes) else None


def _scale(rows: Layers) -> Scale:
    """Room for the largest on either side."""
    shapes = [shape for row in rows for side in ("expected", "received") if (shape := _shape(row[f"{side}_shape"]))]
    images = [shape for shape in shapes if len(shape) == 3]
    return Scale(
        HIGHEST / max((shape[0] for shape in images), default=1),
        COLUMN / max((shape[2] for shape in images), default=1),
        COLUMN / max((shape[-1] for shape in shapes if len(shape) == 1), default=1) ** 0.5,
    )


def _label(say: Words, row: Mapping[str, Any], side: str) -> str:
    """The kind of a layer and the shape of its output."""
    if not row[side]:
        return say.say("no_layer_expected" if side == "expected" else "no_layer_received")
    kind = shortened(bounded(row[side]).split("(")[0], MAX_KIND)
    sizes = _shape(row[f"{side}_shape"])
    return f"{kind} {shortened('×'.join(map(str, sizes)) if sizes else '?', MAX_SIZE)}"


def _side(say: Words, row: Mapping[str, Any], side: str, scale: Scale, how: str) -> Markup:
    """A layer of one network: its label, and below it the block, drawn in the way *how* of its kind."""
    left = 0 if side == "expected" else COLUMN + GAP + 10
    style = Markup(' class="{}"').format(how) if how else ""
    label = Markup('<text x="{}" y="11"{}>{}</text>').format(left, style, _label(say, row, side))
    sizes = _shape(row[f"{side}_shape"]) if row[side] else None
    width, height = scale.block(sizes) if sizes else (COLUMN / 2, LOWEST)
    kind = "absent" if sizes is None else BLOCKS[how]
    return label + Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>').format(
        kind, f"{left + 1:.1f}", LABEL, f"{min(width, COLUMN) - 2:.1f}", f"{height:.1f}"
    )


def _height(row: Mapping[str, Any], scale: Scale) -> float:
    shapes = [_shape(row[f"{side}_shape"]) for side in ("expected", "received") if row[side]]
    return max((scale.block(shape)[1] for shape in shapes if shape), default=LOWEST)


def _strip(height: float, content: Markup) -> Markup:
    """A part of the drawing over its whole width. Paper may end between two of them, but not within one."""
    return Markup('<svg viewBox="0 0 {} {}" aria-hidden="true">{}</svg>').format(WIDTH, f"{height:.1f}", content)


def _row(say: Words, row: Mapping[str, Any], scale: Scale, how: str, mark: str) -> Markup:
    """A pair of layers, with a mark between them where they are not the same."""
    content = _side(say, row, "expected", scale, "") + _side(say, row, "received", scale, how)
    if how:
        sign = "↳" if how == "after" else "≠"
        content += Markup('<text class="mark {}" x="{}" y="11">{}</text>').format(mark, COLUMN + GAP / 2, sign)
    return _strip(LABEL + _height(row, scale) + BELOW, content)


def networks(say: Words, rows: Layers) -> Markup:
    """Both networks side by side, a row for each pair of layers, with a mark where one differs or only follows from that."""
    shown, scale = rows[:MAX_ROWS], _scale(rows[:MAX_ROWS])
    head = Markup('<text class="head" x="{}" y="12">{}</text>')
    titles = head.format(0, say.say("expected")) + head.format(COLUMN + GAP + 10, say.say("received"))
    strips, first = [_strip(TOP, titles)], True
    for row in shown:
        # Where the input is another one, the first row too has other sizes only; it is the first difference all the same.
        how = "" if row["same"] else "after" if row.get("follows") and not first else "differs"
        strips.append(_row(say, row, scale, how, "first" if first else how))
        first = first and not how
    if len(rows) > MAX_ROWS:
        strips.append(_strip(LABEL, Markup('<text x="0" y="11">… {}</text>').format(len(rows) - MAX_ROWS)))
    whole = Markup('<div class="networks" role="img" aria-label="{}">{}</div>')
    return whole.format(say.say("drawing_text"), Markup("").join(strips))
