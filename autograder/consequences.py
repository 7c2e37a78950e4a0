"""What a difference between two networks leads to, as sentences that are computed from their shapes and parameters.

A sentence is a reason: a code of the message catalogue with numbers. Each layer that differs by itself has its own;
the first of them also has what follows from it further down: what `Flatten` passes on, the size of the dense layer,
the number of all parameters.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from autograder import messages, safe
from autograder.comparison import Comparison, Pair, same, same_constraint
from autograder.network import GLOBAL_POOLS, NOISES, Layer, Network, Shape
from autograder.verdict import Reason

ABOUT = {"sigmoid": "layers.sigmoid", "tanh": "layers.tanh", "linear": "layers.linear"}


@dataclass(frozen=True)
class Side:
    """A layer of one network with the shapes before and after it, which are known, and its parameters."""

    layer: Layer
    before: Shape
    after: Shape
    parameters: int | None

    @property
    def values(self) -> int:
        """The numbers that come out for one image."""
        return math.prod(self.after)


@dataclass(frozen=True)
class Row:
    """A pair with its two sides; a side is None where there is no layer, or its shapes cannot be told."""

    pair: Pair
    expected: Side | None
    received: Side | None
    last: bool

    @property
    def kept(self) -> bool:
        """Whether both sides are there with the same shape and as many parameters."""
        both = self.expected, self.received
        return None not in both and len({(side.after, side.parameters) for side in both if side}) == 1


def _sides(network: Network) -> list[Side | None]:
    counts = [None if shapes is None else sum(map(math.prod, shapes)) for shapes in network.weight_shapes()]
    parts = zip(network.layers, network.before(), network.shapes(), counts, strict=True)
    return [Side(layer, before, after, count) if before and after else None for layer, before, after, count in parts]


def rows(comparison: Comparison) -> list[Row]:
    """The pairs of a comparison with their shapes."""
    wanted, found = _sides(comparison.expected), _sides(comparison.received)
    return [
        Row(
            pair,
            wanted[pair.row - 1] if pair.expected else None,
            found[pair.received_row - 1] if pair.received_row else None,
            last=pair.row == len(wanted),
        )
        for pair in comparison.pairs
    ]


def _text(sizes: Any) -> str:
    return "x".join(map(str, sizes))


def _shape(shape: Shape) -> str:
    return f"({', '.join(map(str, shape))})"


def _missing(wanted: Side, arriving: Shape | None) -> Iterator[Reason]:
    """What it means that an expected layer is not there, *arriving* being what the next layer gets instead."""
    kind, args = wanted.layer.kind, wanted.layer.args
    if kind in NOISES:
        yield Reason("layers.no_dropout", {"values": wanted.values, "off": _off(args, wanted.values)})
    elif wanted.layer.family == "pooling" and arriving and len(arriving) == 3:
        yield Reason("layers.no_pooling", {"received": _text(arriving[:2]), "expected": _text(wanted.after[:2])})
    elif kind == "Flatten" and arriving and len(arriving) == 3:
        params: dict[str, Any] = {"places": math.prod(arriving[:2]), "channels": arriving[2], "expected": wanted.values}
        yield Reason("layers.no_flatten", params)
    elif arriving:
        params = {"parameters": wanted.parameters or 0, "received": _shape(arriving), "expected": _shape(wanted.after)}
        yield Reason("layers.absent", params)


def _extra(found: Side) -> Iterator[Reason]:
    """What a layer does that nobody asked for."""
    if found.layer.kind == "Dropout":
        yield Reason("layers.extra_dropout", {"values": found.values, "off": _off(found.layer.args, found.values)})
    elif found.before != found.after:
        params = {"before": _shape(found.before), "received": _shape(found.after), "parameters": found.parameters or 0}
        yield Reason("layers.extra_changes", params)
    else:
        yield Reason("layers.extra_keeps", {"received": _shape(found.after)})


def _off(args: dict[str, Any], values: int) -> int:
    """About how many of *values* a dropout switches off in one step."""
    return round(float(args.get("rate", 0.0)) * values)


def _other_kind(row: Row, wanted: Side, found: Side) -> Iterator[Reason]:
    kinds = {"received_kind": found.layer.kind, "expected_kind": wanted.layer.kind}
    if found.layer.kind == "AveragePooling2D" and row.kept:
        yield Reason("layers.average", {"window": _text(found.layer.args["pool_size"]), "shape": _shape(found.after)})
    elif found.layer.kind in GLOBAL_POOLS and wanted.layer.kind == "Flatten":
        yield Reason("layers.global", kinds | {"received": found.values, "expected": wanted.values})
    elif wanted.after != found.after:
        yield Reason("layers.other_shape", kinds | {"received": _shape(found.after), "expected": _shape(wanted.after)})
    else:
        yield Reason("layers.other_kind", kinds | {"shape": _shape(found.after)})


def _window(wanted: Side, found: Side) -> Iterator[Reason]:
    """Other sides of the image, where this layer and not the one before is to blame."""
    mine, theirs = found.layer.args, wanted.layer.args
    if found.after[:-1] == wanted.after[:-1] or len(found.after) != 3 or len(found.before) != 3:
        return
    sides = {"before": _text(found.before[:2]), "received": _text(found.after[:2]), "expected": _text(wanted.after[:2])}
    if mine.get("padding") == "valid" and theirs.get("padding") == "same":
        yield Reason("layers.valid", sides | {"kernel": _text(mine["kernel_size"])})
        return
    changed = [key for key in ("strides", "dilation_rate", "pool_size", "kernel_size") if mine.get(key) != theirs.get(key)]
    if changed or mine.get("padding") != theirs.get("padding"):
        said = ", ".join(f"{key}={_text(mine[key])}" for key in changed) or f"padding={mine.get('padding')}"
        yield Reason("layers.window", sides | {"argument": said})


def _sizes(wanted: Side, found: Side) -> Iterator[Reason]:
    """Other numbers of filters or units, another kernel, no biases."""
    mine, theirs = found.layer.args, wanted.layer.args
    counts = {"parameters": found.parameters, "expected_parameters": wanted.parameters}
    known = None not in counts.values()
    if mine.get("filters") != theirs.get("filters"):
        yield Reason("layers.filters", {"received": mine["filters"], "expected": theirs["filters"]})
    if mine.get("units") != theirs.get("units"):
        yield Reason("layers.units", {"received": mine["units"], "expected": theirs["units"]})
    if known and mine.get("kernel_size") != theirs.get("kernel_size"):
        areas = {"received": math.prod(mine["kernel_size"]), "expected": math.prod(theirs["kernel_size"])}
        yield Reason("layers.kernel", counts | areas | {"kernel": _text(mine["kernel_size"])})
    if known and theirs.get("use_bias") and not mine.get("use_bias"):
        yield Reason("layers.no_bias", counts | {"biases": found.after[-1]})
    if not found.layer.trainable and found.parameters:
        yield Reason("layers.frozen", {"parameters": found.parameters})


def _activation(row: Row, wanted: Side, found: Side) -> Iterator[Reason]:
    mine, theirs = found.layer.args.get("activation"), wanted.layer.args.get("activation")
    if mine == theirs:
        return
    named = mine if isinstance(mine, str) else str((mine or {}).get("custom", ""))
    params = {"received": named, "expected": str(theirs), "values": found.values}
    if row.last:
        yield Reason("layers.no_softmax", params)
    else:
        yield Reason(ABOUT.get(named, "layers.activation"), params)


def _restraint(wanted: Side, found: Side) -> Iterator[Reason]:
    """Another dropout rate or another max-norm."""
    mine, theirs = found.layer.args, wanted.layer.args
    if mine.get("rate") != theirs.get("rate"):
        off = {"received": _off(mine, found.values), "expected": _off(theirs, found.values)}
        yield Reason("layers.rate", off | {"values": found.values})
    if same_constraint(wanted.layer, found.layer):
        return
    limit, bound = theirs.get("kernel_constraint"), mine.get("kernel_constraint")
    if limit and not bound:
        biases = found.after[-1] if mine.get("use_bias") else 0
        yield Reason("layers.unbounded", {"limit": limit["max_norm"], "weights": (found.parameters or 0) - biases})
    elif bound and "max_norm" in bound and not limit:
        yield Reason("layers.bounded", {"received": bound["max_norm"]})
    elif bound and limit and "max_norm" in bound and bound["max_norm"] != limit["max_norm"]:
        yield Reason("layers.limit", {"received": bound["max_norm"], "expected": limit["max_norm"]})


def _own(row: Row, arriving: Shape | None) -> Iterator[Reason]:
    """What the difference between the two layers themselves, not between what goes into them, leads to."""
    wanted, found = row.expected, row.received
    if row.pair.received is None and wanted:
        yield from _missing(wanted, arriving)
    elif row.pair.expected is None and found:
        yield from _extra(found)
    elif wanted and found and not same(row.pair):
        if wanted.layer.kind != found.layer.kind:
            yield from _other_kind(row, wanted, found)
            return
        yield from _window(wanted, found)
        yield from _sizes(wanted, found)
        yield from _activation(row, wanted, found)
        yield from _restraint(wanted, found)


def _first(table: list[Row], kind: str, start: int = 0) -> int | None:
    """The place of the first row from *start* on where a layer of a class stands on both sides."""
    for place, row in enumerate(table[start:], start):
        if row.expected and row.received and row.expected.layer.kind == row.received.layer.kind == kind:
            return place
    return None


def _further(table: list[Row], comparison: Comparison) -> Iterator[Reason]:
    """What follows in the rest of the network."""
    place = _first(table, "Flatten")
    row = None if place is None else table[place]
    if place is not None and row and row.expected and row.received and row.expected.after != row.received.after:
        yield Reason("layers.flatten", {"received": row.received.values, "expected": row.expected.values})
        dense = _first(table, "Dense", place)
        after = None if dense is None else table[dense]
        if after and after.expected and after.received and after.expected.after == after.received.after:
            params = {"units": after.received.values, "received": after.received.parameters}
            yield Reason("layers.dense", params | {"expected": after.expected.parameters})
    totals = comparison.received.parameters(), comparison.expected.parameters()
    if None not in totals and totals[0] != totals[1]:
        yield Reason("layers.total", {"received": totals[0], "expected": totals[1]})
    elif all(row.kept and row.pair.expected and row.pair.received for row in table) and _same_kinds(table):
        yield Reason("layers.invisible", {"total": totals[1]})


def _same_kinds(table: list[Row]) -> bool:
    return all(row.pair.expected.kind == row.pair.received.kind for row in table if row.pair.expected and row.pair.received)


def of(comparison: Comparison) -> list[list[Reason]]:
    """For each pair of a comparison, what its difference leads to; nothing where the layers are the same."""
    table, found = rows(comparison), []
    arriving: Shape | None = comparison.received.input
    for row in table:
        found.append(list(_own(row, arriving)))
        arriving = row.received.after if row.received else arriving
    first = next((place for place, row in enumerate(table) if not (same(row.pair) and row.kept)), None)
    if first is not None:
        mine, theirs = comparison.received.input, comparison.expected.input
        if mine and theirs and mine != theirs:
            found[first].insert(0, Reason("layers.input", {"received": _shape(mine), "expected": _shape(theirs)}))
        others = [row.pair.row for row, own in zip(table[first + 1 :], found[first + 1 :], strict=True) if own]
        if others:
            found[first].append(Reason("layers.others", {"rows": ", ".join(map(str, dict.fromkeys(others)))}))
        found[first] += _further(table, comparison)
    return found


def _number(value: Any, lang: str) -> Any:
    if isinstance(value, str):
        return safe.printable(value)
    return messages.count(lang, value) if isinstance(value, int) else messages.local(lang, f"{value:g}")


def told(reason: Reason, lang: str) -> str:
    """The sentence for a reason, its numbers written as the language does; safe to print."""
    return messages.render(lang, reason.code, {key: _number(value, lang) for key, value in reason.params.items()}).wrong
