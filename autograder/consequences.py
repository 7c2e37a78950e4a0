"""What a difference between two networks leads to, as sentences that are computed from their shapes and parameters.

A sentence is a reason: a code of the message catalogue with numbers. Each layer that differs by itself has its own;
the first of them also has what follows from it further down: what `Flatten` passes on, the size of the dense layer,
the number of all parameters.
"""

import math
from collections.abc import Iterator
from typing import Any

from autograder import messages, safe
from autograder.comparison import Comparison, frozen, same
from autograder.effects import Row, Side, activation, by, noise, off, restraint, sizes, training, window, written
from autograder.network import GLOBAL_POOLS, NOISES, Layer, Network, Shape, show
from autograder.verdict import Reason


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


def _missing(wanted: Side, arriving: Shape | None) -> Iterator[Reason]:
    """What it means that an expected layer is not there, *arriving* being what the next layer gets instead."""
    kind, args = wanted.layer.kind, wanted.layer.args
    if kind in NOISES:
        yield Reason("layers.no_dropout", {"values": wanted.values, "off": off(args, wanted.values)})
    elif wanted.layer.family == "pooling" and arriving and len(arriving) == 3:
        yield Reason("layers.no_pooling", {"received": by(arriving[:2]), "expected": by(wanted.after[:2])})
    elif kind == "Flatten" and arriving and len(arriving) == 3:
        params: dict[str, Any] = {"places": math.prod(arriving[:2]), "channels": arriving[2], "expected": wanted.values}
        yield Reason("layers.no_flatten", params)
    elif arriving:
        params = {"parameters": wanted.parameters or 0, "received": written(arriving), "expected": written(wanted.after)}
        yield Reason("layers.absent", params)


def _extra(found: Side) -> Iterator[Reason]:
    """What a layer does that nobody asked for."""
    if found.layer.kind == "Dropout":
        yield Reason("layers.extra_dropout", {"values": found.values, "off": off(found.layer.args, found.values)})
    elif found.before != found.after:
        params = {"before": written(found.before), "received": written(found.after), "parameters": found.parameters or 0}
        yield Reason("layers.extra_changes", params)
    else:
        yield Reason("layers.extra_keeps", {"received": written(found.after)})


def _other_kind(row: Row, wanted: Side, found: Side) -> Iterator[Reason]:
    kinds = {"received_kind": found.layer.kind, "expected_kind": wanted.layer.kind}
    if found.layer.kind == "AveragePooling2D" and row.kept:
        yield Reason("layers.average", {"window": by(found.layer.args["pool_size"]), "shape": written(found.after)})
    elif found.layer.kind in GLOBAL_POOLS and wanted.layer.kind == "Flatten":
        yield Reason("layers.global", kinds | {"received": found.values, "expected": wanted.values})
    elif wanted.after != found.after:
        yield Reason("layers.other_shape", kinds | {"received": written(found.after), "expected": written(wanted.after)})
    else:
        yield Reason("layers.other_kind", kinds | {"shape": written(found.after)})


def _unknown(layer: Layer, arriving: Shape) -> Iterator[Reason]:
    """A layer of which it cannot be told what it makes of what arrives."""
    if layer.args.get("data_format") == "channels_first" and len(arriving) == 3:
        params: dict[str, Any] = {"before": written(arriving), "maps": arriving[0], "sides": by(arriving[1:])}
        yield Reason("layers.data_format", params)
    else:
        params = {"received_kind": layer.kind, "before": written(arriving)}
        yield Reason("layers.unknown", params)


def _arguments(row: Row, wanted: Side, found: Side) -> Iterator[Reason]:
    """What follows from arguments of two layers of one class."""
    yield from window(wanted, found)
    yield from sizes(wanted, found)
    yield from activation(row, wanted, found)
    yield from noise(wanted, found)
    yield from restraint(wanted, found)
    yield from training(found)


def _own(row: Row, arriving: Shape | None) -> Iterator[Reason]:
    """What the difference between the two layers themselves, not between what goes into them, leads to."""
    wanted, found = row.expected, row.received
    if row.pair.received and not found:
        yield from _unknown(row.pair.received, arriving) if arriving else ()
    elif wanted and not found:
        yield from _missing(wanted, arriving)
    elif row.pair.expected is None and found:
        yield from _extra(found)
    elif wanted and found and wanted.layer.kind != found.layer.kind:
        yield from _other_kind(row, wanted, found)
    elif wanted and found and not same(row.pair):
        shown = {"received": show(found.layer), "expected": show(wanted.layer), "shape": written(found.after)}
        yield from list(_arguments(row, wanted, found)) or [Reason("layers.argument", shown)]


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
    elif all(row.kept and not _shown(row) for row in table):
        yield Reason("layers.invisible", {"total": totals[1]})


def _shown(row: Row) -> bool:
    """Whether `model.summary()` of a network of the same shapes and counts tells of this difference."""
    wanted, found = row.pair.expected, row.pair.received
    return not wanted or not found or wanted.kind != found.kind or frozen(found) or bool(found.args.get("dtype"))


def of(comparison: Comparison) -> list[list[Reason]]:
    """For each pair of a comparison, what its difference leads to; nothing where the layers are the same."""
    table, found = rows(comparison), []
    arriving: Shape | None = comparison.received.input
    for row in table:
        found.append(list(_own(row, arriving)))
        if row.pair.received:
            arriving = row.received.after if row.received else None
    first = next((place for place, row in enumerate(table) if not (same(row.pair) and row.kept)), None)
    if first is not None:
        mine, theirs = comparison.received.input, comparison.expected.input
        if mine and theirs and mine != theirs:
            found[first].insert(0, Reason("layers.input", {"received": written(mine), "expected": written(theirs)}))
        others = dict.fromkeys(row.pair.row for row, own in zip(table[first + 1 :], found[first + 1 :], strict=True) if own)
        if others:
            code = "layers.another" if len(others) == 1 else "layers.others"
            found[first].append(Reason(code, {"rows": ", ".join(map(str, others))}))
        found[first] += _further(table, comparison)
    return found


def _number(value: Any, lang: str) -> Any:
    if isinstance(value, str):
        return safe.printable(value)
    return messages.count(lang, value) if isinstance(value, int) else messages.local(lang, f"{value:g}")


def told(reason: Reason, lang: str) -> str:
    """The sentence for a reason, its numbers written as the language does; safe to print."""
    return messages.render(lang, reason.code, {key: _number(value, lang) for key, value in reason.params.items()}).wrong
