"""Where the bars and points of an analysis stand, in the units of the pictures' view boxes."""

from collections.abc import Sequence
from typing import Any

from autograder import messages
from autograder.instructor.quiz.analysis.item_report import ItemReport
from autograder.instructor.rendering import bounded

BINS = 10
LEFT, WIDTH, TOP, HEIGHT = 44.0, 360.0, 12.0, 220.0  # of the scatter


def bins(scores: Sequence[float]) -> list[dict[str, Any]]:
    """The histogram: students by tenth of the points; full marks belong to the last tenth."""
    places = [min(BINS - 1, int(score * BINS + 1e-9)) for score in scores]
    highest = max(map(places.count, places), default=1)
    return [
        {
            "label": f"{100 * place // BINS}–{100 * (place + 1) // BINS}",
            "count": places.count(place),
            "x": 13 + 40 * place,
            "height": round(130 * places.count(place) / highest, 1),
        }
        for place in range(BINS)
    ]


def _lowest(items: Sequence[ItemReport]) -> float:
    return -1.0 if any(item.r is not None and item.r < -0.5 for item in items) else -0.5


def _place(p: float, r: float, low: float) -> dict[str, float]:
    return {"x": round(LEFT + WIDTH * p, 1), "y": round(TOP + HEIGHT * (1 - r) / (1 - low), 1)}


def points(items: Sequence[ItemReport]) -> list[dict[str, Any]]:
    """Where each item stands in the scatter; those with a flag last, above the others."""
    low = _lowest(items)
    found = [
        {**_place(item.p, item.r, low), "number": number, "label": bounded(item.label), "flagged": bool(item.flags)}
        for number, item in enumerate(items, 1)
        if item.p is not None and item.r is not None
    ]
    return sorted(found, key=lambda point: bool(point["flagged"]))


def axis(items: Sequence[ItemReport], lang: str) -> dict[str, Any]:
    """Ticks of both axes, and the lines between good and bad."""
    low = _lowest(items)
    return {
        "x": [{**_place(tick / 5, low, low), "label": _short(lang, tick / 5)} for tick in range(6)],
        "y": [{**_place(0, tick / 2, low), "label": _short(lang, tick / 2)} for tick in range(int(low * 2), 3)],
        "across": [_place(0, 0.2, low)["y"]],
        "up": [_place(0.3, 0, low)["x"], _place(0.9, 0, low)["x"]],
    }


def _short(lang: str, value: float) -> str:
    return messages.local(lang, f"{value:.1f}".replace("-", "−"))
