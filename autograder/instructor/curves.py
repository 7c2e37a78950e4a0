"""Small plots of a student's page: their frame, and the learning rate over the epochs."""

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from autograder.instructor.rendering import Words
from autograder.scheme import Scheme, steps_per_epoch

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 328, 170, 50, 8, 10, 34
SAMPLES = 60  # of the expected curve
BETWEEN = 20  # pieces of a line between two measured points
MAX_POINTS = 1000
Point = tuple[float, float]


def ticks(highest: float, *, whole: bool = False) -> list[float]:
    """Round numbers from 0 up to *highest*, at most six; with *whole* only those without a fraction."""
    unit = 10.0 ** math.floor(math.log10(highest))
    step = next(unit * part for part in (0.1, 0.2, 0.25, 0.5, 1.0, 2.0) if highest / (unit * part) <= 5)
    found = [step * index for index in range(int(highest / step + 1e-9) + 1)]
    return [value for value in found if not (whole and value % 1)]


class Plot:
    """A plot from 0 to *right* and from 0 to *highest*; what lies beyond is drawn at the border."""

    def __init__(self, say: Words, right: float, highest: float, axis: str, *, whole: bool = False) -> None:
        """With *whole* only whole numbers are marked on the axis below."""
        self.say, self.right, self.highest, self.axis, self.whole = say, right, highest, axis, whole
        self.parts: list[Markup] = []

    def place(self, point: Point) -> tuple[str, str]:
        """Where a point lies in the drawing."""
        x, y = (min(max(value / limit, 0.0), 1.0) for value, limit in zip(point, (self.right, self.highest), strict=True))
        return f"{LEFT + (WIDTH - LEFT - RIGHT) * x:.1f}", f"{HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * y:.1f}"

    def line(self, kind: str, points: Sequence[Point]) -> None:
        """A line through points."""
        path = " ".join(",".join(self.place(point)) for point in points)
        self.parts.append(Markup('<polyline class="{}" points="{}"/>').format(kind, path))

    def dots(self, points: Sequence[Point]) -> None:
        """Points that were measured."""
        for point in points:
            self.parts.append(Markup('<circle class="received" cx="{}" cy="{}" r="3.5"/>').format(*self.place(point)))

    def drawn(self, text: str) -> Markup:
        """The plot, which *text* describes to who cannot see it."""
        axes = Markup("")
        for value in ticks(self.highest):
            y = self.place((0, value))[1]
            axes += Markup('<line class="axis" x1="{0}" x2="{1}" y1="{2}" y2="{2}"/>').format(LEFT, WIDTH - RIGHT, y)
            number = self.say.local(f"{value:g}")
            axes += Markup('<text x="{}" y="{}" text-anchor="end">{}</text>').format(LEFT - 9, f"{float(y) + 4:.1f}", number)
        for value in ticks(self.right, whole=self.whole):
            x = self.place((value, 0))[0]
            number = self.say.local(f"{value:g}")
            axes += Markup('<text x="{}" y="{}" text-anchor="middle">{}</text>').format(x, HEIGHT - BOTTOM + 15, number)
        middle = (LEFT + WIDTH - RIGHT) / 2
        axes += Markup('<text x="{}" y="{}" text-anchor="middle">{}</text>').format(middle, HEIGHT - 3, self.axis)
        svg = Markup('<svg class="plot" viewBox="0 0 {} {}" role="img" aria-label="{}"><g aria-hidden="true">{}{}</g></svg>')
        return svg.format(WIDTH, HEIGHT, text, axes, Markup("").join(self.parts))


def finite(values: Any) -> list[float | None]:
    """Numbers of a list; None for whatever is no finite number."""
    found = values if isinstance(values, list | tuple) else []
    return [
        float(value) if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e30 else None
        for value in found[:MAX_POINTS]
    ]


def facts(say: Words, scheme: Scheme, known: Mapping[str, Any]) -> dict[str, Any]:
    """The plots and tables of `rates`, and what is said of the expected rate: whether it falls, and the images of a step."""
    falls = bool(scheme.raw["compile"].get("decay"))
    return {"rates": rates(say, scheme, known), "rates_fall": falls, "batch": scheme.raw["training"]["batch_size"]}


def rates(say: Words, scheme: Scheme, facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """For each number of epochs that was tried: the plot, and a row for each step with both learning rates."""
    known = facts.get("learning_rate")
    if not isinstance(known, Mapping):
        return []
    return [_rate(say, scheme, known["steps"], run) for run in known["runs"]]


def _rate(say: Words, scheme: Scheme, steps: Sequence[int], run: Mapping[str, Any]) -> dict[str, Any]:
    start, falls = float(scheme.raw["compile"]["learning_rate"]), bool(scheme.raw["compile"].get("decay"))
    epochs, per_epoch = int(run["epochs"]), steps_per_epoch(scheme.raw)

    def expected(step: float) -> float:
        return start / (1 + start / epochs * step) if falls else start

    received, last = finite(run["received"]), epochs * per_epoch
    points = [(step / per_epoch, rate) for step, rate in zip(steps, received, strict=True) if rate is not None and step <= last]
    top = max([start, *(min(rate, 3 * start) for _, rate in points)])
    plot = Plot(say, epochs, 1.05 * top, say.say("rate_axis", steps=say.count(per_epoch)))
    sampled = [last * (index / SAMPLES) ** 2 for index in range(SAMPLES + 1)]  # denser where it falls fast
    plot.line("expected", [(step / per_epoch, expected(step)) for step in sampled])
    plot.line("received", _guide(points))
    plot.dots(points)
    title = say.say("rate_title", epochs=epochs)
    rows = [
        [say.count(step), say.local(f"{expected(step):.4g}"), "–" if rate is None else say.local(f"{rate:.4g}")]
        for step, rate in zip(steps, received, strict=True)
        if step <= last
    ]
    return {"title": title, "plot": plot.drawn(say.say("rate_text", epochs=epochs)), "rows": rows}


def _guide(points: Sequence[Point]) -> list[Point]:
    """A line through measured rates: in between 1 / rate grows evenly, as it does where the decay is right."""
    found = list(points[:1])
    for (start, first), (end, last) in itertools.pairwise(points):
        parts = [index / BETWEEN for index in range(1, BETWEEN)] if min(first, last) > 0 else []
        found += [(start + (end - start) * part, 1 / ((1 - part) / first + part / last)) for part in parts]
        found.append((end, last))
    return found
