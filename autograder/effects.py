"""What an argument of a layer leads to where it is not the expected one: sentences with numbers.

Each function here looks at two layers of one class and yields reasons for what differs in them. A difference that has no
sentence of its own would leave the student with "differs" alone; `tests/test_consequences.py` goes through all of them.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from autograder.comparison import AXES, Pair, constant, frozen, same_constraint
from autograder.network import Layer, Shape, weights_of, written_axes
from autograder.verdict import Reason

ABOUT = {"sigmoid": "layers.sigmoid", "tanh": "layers.tanh", "linear": "layers.linear"}
# Bits of the significand, the leading one included: neighbours of 1 are 2 ** (1 - bits) apart.
SIGNIFICAND = {"float16": 11, "bfloat16": 8, "float32": 24, "float64": 53}


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


def by(sizes: Any) -> str:
    """Sizes as in "3x3"."""
    return "x".join(map(str, sizes))


def written(shape: Shape) -> str:
    """A shape as Python writes it."""
    return f"({', '.join(map(str, shape))})"


def off(args: dict[str, Any], values: int) -> int:
    """About how many of *values* a dropout switches off in one step."""
    return round(float(args.get("rate", 0.0)) * values)


def window(wanted: Side, found: Side) -> Iterator[Reason]:
    """Other sides of the image, where this layer and not the one before is to blame; else another look at the same image."""
    mine, theirs = found.layer.args, wanted.layer.args
    if len(found.after) != 3 or len(found.before) != 3:
        return
    if found.after[:-1] == wanted.after[:-1]:
        yield from _look(wanted, found)
        return
    sides = {"before": by(found.before[:2]), "received": by(found.after[:2]), "expected": by(wanted.after[:2])}
    if "kernel_size" in mine and (mine["padding"], theirs["padding"]) == ("valid", "same"):
        yield Reason("layers.valid", sides | {"kernel": by(mine["kernel_size"])})
        return
    changed = [key for key in ("strides", "dilation_rate", "pool_size", "kernel_size") if mine.get(key) != theirs.get(key)]
    if changed or mine.get("padding") != theirs.get("padding"):
        said = ", ".join(f"{key}={by(mine[key])}" for key in changed) or f"padding={mine.get('padding')}"
        yield Reason("layers.window", sides | {"argument": said})


def _extent(args: dict[str, Any]) -> list[int]:
    """The sides of the area that a kernel looks at, gaps included."""
    return [rate * (side - 1) + 1 for side, rate in zip(args["kernel_size"], args["dilation_rate"], strict=True)]


def _look(wanted: Side, found: Side) -> Iterator[Reason]:
    """Windows that lie otherwise on the image and leave its sides as they are expected."""
    mine, theirs = found.layer.args, wanted.layer.args
    shape = {"shape": written(found.after)}
    if mine.get("dilation_rate") != theirs.get("dilation_rate"):
        areas = {"received": by(_extent(mine)), "expected": by(_extent(theirs)), "pixels": math.prod(mine["kernel_size"])}
        yield Reason("layers.dilation", shape | areas | {"kernel": by(mine["kernel_size"]), "rate": by(mine["dilation_rate"])})
    if mine.get("pool_size") != theirs.get("pool_size"):
        counts = {"received": math.prod(mine["pool_size"]), "expected": math.prod(theirs["pool_size"])}
        yield Reason("layers.overlap", shape | counts | {"window": by(mine["pool_size"]), "step": by(mine["strides"])})


def sizes(wanted: Side, found: Side) -> Iterator[Reason]:
    """Other numbers of filters or units, another kernel, groups, biases, weights that are not trained."""
    mine, theirs = found.layer.args, wanted.layer.args
    counts = {"parameters": found.parameters, "expected_parameters": wanted.parameters}
    known = None not in counts.values()
    if mine.get("filters") != theirs.get("filters"):
        yield Reason("layers.filters", {"received": mine["filters"], "expected": theirs["filters"]})
    if mine.get("units") != theirs.get("units"):
        yield Reason("layers.units", {"received": mine["units"], "expected": theirs["units"]})
    if known and mine.get("kernel_size") != theirs.get("kernel_size"):
        areas = {"received": math.prod(mine["kernel_size"]), "expected": math.prod(theirs["kernel_size"])}
        yield Reason("layers.kernel", counts | areas | {"kernel": by(mine["kernel_size"])})
    if known and mine.get("groups") != theirs.get("groups"):
        maps = {"received": found.before[-1] // mine["groups"], "expected": wanted.before[-1] // theirs["groups"]}
        yield Reason("layers.groups", counts | maps | {"groups": mine["groups"]})
    if known and mine.get("use_bias") != theirs.get("use_bias"):
        yield Reason("layers.biases" if mine["use_bias"] else "layers.no_bias", counts | {"biases": found.after[-1]})
    if frozen(found.layer):
        yield Reason("layers.frozen", {"parameters": found.parameters})


def activation(row: Row, wanted: Side, found: Side) -> Iterator[Reason]:
    """Another activation."""
    mine, theirs = found.layer.args.get("activation"), wanted.layer.args.get("activation")
    if mine == theirs:
        return
    named = mine if isinstance(mine, str) else str((mine or {}).get("custom", ""))
    params = {"received": named, "expected": str(theirs), "values": found.values}
    if row.last:
        yield Reason("layers.no_softmax", params)
    else:
        yield Reason(ABOUT.get(named, "layers.activation"), params)


def noise(wanted: Side, found: Side) -> Iterator[Reason]:
    """Another dropout rate, or one mask for several values."""
    mine, theirs = found.layer.args, wanted.layer.args
    if mine.get("rate") != theirs.get("rate"):
        counts = {"received": off(mine, found.values), "expected": off(theirs, found.values)}
        yield Reason("layers.rate", counts | {"values": found.values})
    if mine.get("shared"):
        yield Reason("layers.shared", {"values": found.values})


def _kernel(side: Side) -> Shape:
    """The shape of a layer's kernel."""
    return (weights_of(side.layer, side.before) or [()])[0]


def _norms(kernel: Shape, axes: list[int]) -> tuple[int, int]:
    """How many norms a max-norm over these axes of a kernel takes, and of how many weights each."""
    over = math.prod(kernel[axis] for axis in {axis % len(kernel) for axis in axes})
    return math.prod(kernel) // over, over


def _axes(wanted: Side, found: Side) -> Iterator[Reason]:
    """Max-norm along other axes."""
    kernel, axes = _kernel(found), found.layer.args["kernel_constraint"]["axis"]
    right = AXES[wanted.layer.kind]
    if axes in right:
        return
    (norms, received), (expected_norms, expected) = _norms(kernel, axes), _norms(kernel, right[0])
    shown = {"axis": written_axes(axes), "expected_axis": written_axes(right[0])}
    yield Reason(
        "layers.axes", shown | {"norms": norms, "received": received, "expected_norms": expected_norms, "expected": expected}
    )


def restraint(wanted: Side, found: Side) -> Iterator[Reason]:
    """Another max-norm, or another constraint."""
    if same_constraint(wanted.layer, found.layer):
        return
    weights = {"weights": math.prod(_kernel(found))}
    limit, bound = (side.layer.args.get("kernel_constraint") for side in (wanted, found))
    if limit and (not bound or "bound" in bound):
        yield Reason("layers.unbounded", weights | {"limit": limit["max_norm"]})
    elif bound and "max_norm" not in bound:
        name = {"received": str(bound.get("class", ""))}
        yield (
            Reason("layers.constraint", weights | name | {"limit": limit["max_norm"]})
            if limit
            else Reason("layers.constraint_extra", weights | name)
        )
    elif bound and not limit:
        yield Reason("layers.bounded", {"received": bound["max_norm"]})
    elif bound and limit:
        if bound["max_norm"] != limit["max_norm"]:
            yield Reason("layers.limit", {"received": bound["max_norm"], "expected": limit["max_norm"]})
        yield from _axes(wanted, found)


def training(found: Side) -> Iterator[Reason]:
    """What nobody asked for: a penalty, bounded biases, equal weights at the start, numbers of another precision."""
    args = found.layer.args
    if args.get("regularizer"):
        yield Reason("layers.penalty", {"penalty": args["regularizer"], "parameters": found.parameters or 0})
    if args.get("bias_constraint"):
        yield Reason("layers.bias_bounded", {"biases": found.after[-1]})
    if constant(found.layer):
        names = {"received": args["kernel_initializer"], "outputs": found.after[-1]}
        yield Reason("layers.constant", names | {"weights": math.prod(_kernel(found))})
    if args.get("dtype"):
        yield _precision(str(args["dtype"]), found.values)


def _precision(policy: str, values: int) -> Reason:
    bits = SIGNIFICAND.get(policy.removeprefix("mixed_"))
    if bits is None:
        return Reason("layers.dtype", {"received": policy, "values": values})
    step, expected = (float(f"{2.0 ** (1 - found):.2g}") for found in (bits, SIGNIFICAND["float32"]))
    return Reason("layers.precision", {"received": policy, "step": step, "expected": expected})
