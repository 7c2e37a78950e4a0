"""Set a received network beside the expected one, layer by layer.

The alignment is the cheapest one (Needleman and Wunsch, 1970): a missing or an extra layer costs 1, a
layer of the same family 0.5, and a difference in an argument less than either. Of several that cost the same it is the
one that pairs the earliest rows, since a network is written from its first layer on.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from autograder.errors import NotReached
from autograder.network import Layer, Network, canonical, show, weights_of

GAP = 1.0
FAMILY = 0.5
ARGUMENT = 0.05
AXES = {"Conv2D": [[0], [0, 1, 2]], "Dense": [[0]]}  # of a kernel, that a max-norm may run over
CONSTANT = {"Zeros", "Ones", "Constant", "zeros", "ones"}  # initializers that make all weights equal
PREFERRED = ("missing", "extra", "both")  # at equal cost, seen from the last layer


@dataclass(frozen=True)
class Pair:
    """An expected and a received layer at their rows (from 1); one of the two may be missing."""

    row: int
    expected: Layer | None
    received: Layer | None
    received_row: int | None = None

    @property
    def matched(self) -> bool:
        """Whether both are there and of one family."""
        return self.expected is not None and self.received is not None


def _cost(expected: Layer, received: Layer) -> float:
    if expected.kind == received.kind:
        differing: int = sum(expected.args[key] != received.args.get(key) for key in expected.args)
        return min(ARGUMENT * differing, FAMILY / 2)
    return FAMILY if expected.family == received.family else math.inf


def align(expected: Network, received: Network) -> tuple[Pair, ...]:
    """The cheapest pairing of the layers, in order."""
    rows, columns = expected.layers, received.layers
    best: list[list[tuple[float, str]]] = [[(0.0, "")] * (len(columns) + 1) for _ in range(len(rows) + 1)]
    for i in range(len(rows) + 1):
        for j in range(len(columns) + 1):
            options = []
            if i and j:
                options.append((best[i - 1][j - 1][0] + _cost(rows[i - 1], columns[j - 1]), "both"))
            if i:
                options.append((best[i - 1][j][0] + GAP, "missing"))
            if j:
                options.append((best[i][j - 1][0] + GAP, "extra"))
            if options:
                best[i][j] = min(options, key=lambda option: (round(option[0], 6), PREFERRED.index(option[1])))
    return tuple(reversed(list(_trace(best, rows, columns))))


def _trace(best: list[list[tuple[float, str]]], rows: tuple[Layer, ...], columns: tuple[Layer, ...]) -> Iterator[Pair]:
    i, j = len(rows), len(columns)
    while i or j:
        step = best[i][j][1]
        if step == "both":
            yield Pair(i, rows[i - 1], columns[j - 1], j)
            i, j = i - 1, j - 1
        elif step == "missing":
            yield Pair(i, rows[i - 1], None)
            i -= 1
        else:
            yield Pair(i + 1, None, columns[j - 1], j)
            j -= 1


class Comparison:
    """A received network in canonical form, paired with the expected one."""

    def __init__(self, expected: Network, received: Network) -> None:
        self.expected = expected
        self.received = canonical(received)
        self.pairs = align(expected, self.received)

    def of(self, *families: str) -> list[Pair]:
        """The pairs whose expected layer is of these families.

        Raises:
            NotReached: one of these layers is missing in the received network.
        """
        pairs = [pair for pair in self.pairs if pair.expected is not None and pair.expected.family in families]
        if not all(pair.matched for pair in pairs):
            raise NotReached("model.layers")
        return pairs

    @property
    def first(self) -> int:
        """The row of the first layer that differs; 1 if none does."""
        return next((pair.row for pair in self.pairs if not same(pair)), 1)

    def table(self) -> list[dict[str, Any]]:
        """A row for each pair: layers, output shapes and parameters, and whether they are the same.

        Where only shape or parameters differ, what stands above has led to that: the row ``follows``.
        """
        wanted = _rows(self.expected)
        found = _rows(self.received)
        rows = []
        for pair in self.pairs:
            left = wanted[pair.row - 1] if pair.expected else ("", None)
            right = found[pair.received_row - 1] if pair.received_row else ("", None)
            rows.append(
                {
                    "row": pair.row,
                    "expected": show(pair.expected) if pair.expected else None,
                    "received": show(pair.received)[:200] if pair.received else None,
                    "expected_shape": left[0],
                    "received_shape": right[0],
                    "expected_params": left[1],
                    "received_params": right[1],
                    "same": same(pair) and left == right,
                    "follows": same(pair) and left != right,
                }
            )
        return rows


def _rows(network: Network) -> list[tuple[str, int | None]]:
    """Output shape and parameters of each layer."""
    rows = []
    for shape, weights in zip(network.shapes(), network.weight_shapes(), strict=True):
        text = "?" if shape is None else f"({', '.join(map(str, shape))})"
        rows.append((text, None if weights is None else sum(math.prod(item) for item in weights)))
    return rows


def same_constraint(expected: Layer, received: Layer) -> bool:
    """Whether the kernel constraints are the same: max-norm on axis 0, or for a convolution per filter."""
    wanted, found = expected.args.get("kernel_constraint"), received.args.get("kernel_constraint")
    if not wanted or not found:
        return not wanted and not found
    return wanted["max_norm"] == found.get("max_norm") and found.get("axis") in AXES[expected.kind]


def frozen(layer: Layer) -> bool:
    """Whether a layer has weights that are not trained."""
    return not layer.trainable and weights_of(layer, None) != []


def constant(layer: Layer) -> bool:
    """Whether all weights of a layer begin with the same value."""
    return layer.args.get("kernel_initializer") in CONSTANT


def same(pair: Pair) -> bool:
    """Whether the two layers of a pair are the same in every argument that the scheme states."""
    expected, received = pair.expected, pair.received
    if expected is None or received is None or expected.kind != received.kind or frozen(received):
        return False
    keys = expected.args.keys() - {"kernel_constraint"}
    plain = all(expected.args[key] == received.args.get(key) for key in keys)
    extras = any(received.args.get(key) for key in ("regularizer", "bias_constraint", "dtype", "shared"))
    return plain and not extras and not constant(received) and same_constraint(expected, received)
