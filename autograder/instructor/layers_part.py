"""The part of a page that sets the received network beside the expected one, and says what differences lead to."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from autograder import consequences
from autograder.instructor import drawing
from autograder.instructor.rendering import Words, bounded, fragment
from autograder.verdict import Reason, Verdict

MAX_FOLLOWS = 20  # rows of which the consequences are told


def facts(say: Words, verdict: Verdict) -> dict[str, Any]:
    """The rows of the layer table, whether all are right, the totals, the consequences by row, and the drawing."""
    return {
        "layers": _layers(say, verdict.layers),
        "layers_right": bool(verdict.layers) and all(row["same"] for row in verdict.layers),
        "totals": [_total(say, verdict.layers, side) for side in ("expected", "received")],
        "follows": _follows(say, verdict.layers),
        "networks": drawing.networks(say, verdict.layers) if verdict.layers else "",
    }


def table(verdict: Verdict, lang: str) -> str:
    """The layer table as HTML for a page of somebody else's; empty if there is none."""
    say = Words(lang)
    return fragment("layers.html", say, **facts(say, verdict)) if verdict.layers else ""


def _follows(say: Words, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """For each row with consequences its number and the sentences, which are in `consequences`."""
    found = [row for row in rows if row.get("consequences")][:MAX_FOLLOWS]
    return [
        {
            "row": row["row"],
            "told": [bounded(consequences.told(Reason(item["code"], item["params"]), say.lang)) for item in row["consequences"]],
        }
        for row in found
    ]


def _layers(say: Words, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows of the layer table; the first that differs is marked."""
    first = next((index for index, row in enumerate(rows) if not row["same"]), None)
    return [
        {
            "number": row["row"],
            "same": row["same"],
            "follows": bool(row.get("follows")) and index != first,
            "first": index == first,
            "sides": [_side(say, row, "expected"), _side(say, row, "received")],
        }
        for index, row in enumerate(rows)
    ]


def _side(say: Words, row: Mapping[str, Any], side: str) -> dict[str, str]:
    count = row[f"{side}_params"]
    return {
        "layer": Markup("(<wbr>").join(bounded(row[side] or "").split("(")),
        "shape": bounded(row[f"{side}_shape"]),
        "params": say.say("parameters", number=say.count(count)) if isinstance(count, int) else "",
        "missing": say.say("no_layer_expected" if side == "expected" else "no_layer_received"),
    }


def _total(say: Words, rows: Sequence[Mapping[str, Any]], side: str) -> str:
    counts = [row[f"{side}_params"] for row in rows if row[side]]
    if all(isinstance(count, int) for count in counts):
        return say.say("parameters", number=say.count(sum(counts)))
    return say.say("parameters", number=say.say("unknown"))
