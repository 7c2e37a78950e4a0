"""A network as plain values: layers with validated arguments, shapes and parameters by arithmetic.

Shapes are those of one image, without the batch: (height, width, channels) or (features,).
Formulas: Keras documentation of `Conv2D`, `MaxPooling2D` and `Dense`; Dumoulin and Visin (2016),
"A guide to convolution arithmetic for deep learning", relationships 6 and 14.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from autograder.lab import IMAGE

Shape = tuple[int, ...]

POOLS = {"MaxPooling2D", "AveragePooling2D"}
GLOBAL_POOLS = {"GlobalAveragePooling2D", "GlobalMaxPooling2D"}
NOISES = {"Dropout", "SpatialDropout2D", "AlphaDropout", "GaussianDropout", "GaussianNoise"}
UNCHANGED = NOISES | {"Activation", "BatchNormalization", "LayerNormalization", "Rescaling"}
FAMILIES = {
    **dict.fromkeys(POOLS, "pooling"),
    **dict.fromkeys(NOISES, "noise"),
    **dict.fromkeys(("Conv2D", "SeparableConv2D", "DepthwiseConv2D", "Conv2DTranspose"), "convolution"),
    **dict.fromkeys(GLOBAL_POOLS | {"Flatten"}, "flatten"),
}
BUILDABLE = NOISES | POOLS | GLOBAL_POOLS | {"Conv2D", "Dense", "Flatten", "Activation", "ZeroPadding2D"}
COMMUTING = POOLS - {"AveragePooling2D"} | {"Dropout", "Flatten"}


@dataclass(frozen=True)
class Layer:
    """A layer: the name of its Keras class and the arguments that matter."""

    kind: str
    args: dict[str, Any] = field(default_factory=dict)
    trainable: bool = True

    @property
    def family(self) -> str:
        """Layers of one family can stand in for one another by mistake."""
        return FAMILIES.get(self.kind, self.kind)

    def has(self, **args: Any) -> "Layer":
        """The same layer with some arguments changed."""
        return replace(self, args=self.args | args)


@dataclass(frozen=True)
class Network:
    """A chain of layers; ``input`` is None if the network was built without stating it."""

    layers: tuple[Layer, ...]
    input: Shape | None

    def shapes(self) -> list[Shape | None]:
        """The output shape of each layer, None from the first layer on for which it cannot be told."""
        shape: Shape | None = self.input or IMAGE
        found = []
        for layer in self.layers:
            shape = output_shape(layer, shape) if shape is not None else None
            found.append(shape)
        return found

    def before(self) -> list[Shape | None]:
        """The input shape of each layer."""
        return [self.input or IMAGE, *self.shapes()][: len(self.layers)]

    def parameters(self) -> int | None:
        """The number of weights and biases, None if a layer's are unknown."""
        counts = [None if shapes is None else sum(math.prod(s) for s in shapes) for shapes in self.weight_shapes()]
        known = [count for count in counts if count is not None]
        return sum(known) if len(known) == len(counts) else None

    def buildable(self, outputs: int) -> bool:
        """Whether the grader can build it anew: known layers, activations and weight shapes, and *outputs* units at the end."""
        known = all(layer.kind in BUILDABLE and isinstance(layer.args.get("activation", "linear"), str) for layer in self.layers)
        return known and None not in self.weight_shapes() and self.shapes()[-1:] == [(outputs,)]

    def multiplications(self) -> int:
        """Multiplications of weights and inputs for one image, of the layers whose shapes are known."""
        total = 0
        for shapes, out in zip(self.weight_shapes(), self.shapes(), strict=True):
            if shapes and out:
                total += math.prod(shapes[0]) * math.prod(out[:-1])
        return total

    def weight_shapes(self) -> list[list[Shape] | None]:
        """The shapes of each layer's weights, in Keras' order."""
        return [weights_of(layer, shape) for layer, shape in zip(self.layers, self.before(), strict=True)]


def _window(size: int, kernel: int, stride: int, dilation: int, padding: str) -> int:
    """Output side of a sliding window (Dumoulin and Visin, relationships 6 and 14)."""
    if padding == "same":
        return math.ceil(size / stride)
    return (size - dilation * (kernel - 1) - 1) // stride + 1


def output_shape(layer: Layer, shape: Shape) -> Shape | None:
    """The shape that *layer* makes of *shape*; None if it cannot take it or is of an unknown class."""
    args = layer.args
    if layer.kind in UNCHANGED:
        return shape
    if layer.kind == "Dense":
        return (*shape[:-1], args["units"])
    if layer.kind == "Flatten":
        return (math.prod(shape),)
    if len(shape) != 3 or args.get("data_format", "channels_last") != "channels_last":
        return None
    if layer.kind == "Conv2D":
        sides = [
            _window(*item, args["padding"])
            for item in zip(shape[:2], args["kernel_size"], args["strides"], args["dilation_rate"], strict=True)
        ]
        return (*sides, args["filters"]) if min(sides) > 0 else None
    if layer.kind in POOLS:
        sides = [
            _window(n, k, s, 1, args["padding"]) for n, k, s in zip(shape[:2], args["pool_size"], args["strides"], strict=True)
        ]
        return (*sides, shape[2]) if min(sides) > 0 else None
    if layer.kind == "ZeroPadding2D":
        (top, bottom), (left, right) = args["padding"]
        return (shape[0] + top + bottom, shape[1] + left + right, shape[2])
    if layer.kind in GLOBAL_POOLS:
        return (shape[2],)
    return None


def weights_of(layer: Layer, shape: Shape | None) -> list[Shape] | None:
    """The weight shapes of *layer* on an input of *shape*; None if unknown."""
    args = layer.args
    if layer.kind in NOISES | POOLS | GLOBAL_POOLS | {"Flatten", "Activation", "ZeroPadding2D", "Rescaling"}:
        return []
    if shape is None or args.get("data_format", "channels_last") != "channels_last":
        return None
    bias = [(args[key],) for key in ("filters", "units") if key in args and args.get("use_bias", True)]
    if layer.kind == "Dense":
        return [(shape[-1], args["units"]), *bias]
    if layer.kind == "Conv2D" and len(shape) == 3 and shape[2] % args["groups"] == 0:
        return [(*args["kernel_size"], shape[2] // args["groups"], args["filters"]), *bias]
    return None


def _activation(layers: list[Layer], name: str) -> bool:
    """Give a separate activation to the layer it belongs to, if that is the same mathematics.

    relu commutes with max pooling, with dropout (a non-negative factor) and with flattening.
    """
    for index in range(len(layers) - 1, -1, -1):
        layer = layers[index]
        if layer.kind in {"Conv2D", "Dense"}:
            current = layer.args["activation"]
            if current == "linear" or (current == name == "relu"):
                layers[index] = layer.has(activation=name)
                return True
            return False
        if name != "relu" or layer.kind not in COMMUTING:
            return False
    return False


def _pads_same(pad: Layer, conv: Layer) -> bool:
    """Whether zero padding and a valid convolution are together a convolution with padding 'same'."""
    args = conv.args
    if args["padding"] != "valid" or args["strides"] != [1, 1] or args["dilation_rate"] != [1, 1]:
        return False
    return bool(pad.args["padding"] == [[(k - 1) // 2, k // 2] for k in args["kernel_size"]])


def canonical(network: Network) -> Network:
    """The same mathematics in one form: the layers that a marking scheme speaks of.

    Folds separate activations and zero padding into their layers, drops layers that do nothing, and puts
    dropout before flattening, unless there is one already.
    """
    done: list[Layer] = []
    for layer in network.layers:
        if layer.kind == "Activation" and _drops(done, layer.args["activation"]):
            continue
        if layer.kind == "Conv2D" and done and done[-1].kind == "ZeroPadding2D" and _pads_same(done[-1], layer):
            done[-1] = layer.has(padding="same")
        elif layer.kind == "Dropout" and done and done[-1].kind == "Flatten" and "Dropout" not in {d.kind for d in done[-2:]}:
            done.insert(-1, layer)
        else:
            done.append(layer)
    return _even_pools(Network(tuple(done), network.input))


def _drops(done: list[Layer], name: Any) -> bool:
    return name == "linear" or (isinstance(name, str) and _activation(done, name))


def _divides(layer: Layer, shape: Shape | None) -> bool:
    """Whether *layer* is a pool without overlap whose windows divide the image."""
    if layer.kind not in POOLS or shape is None or len(shape) != 3 or layer.args["pool_size"] != layer.args["strides"]:
        return False
    return all(n % k == 0 for n, k in zip(shape[:2], layer.args["pool_size"], strict=True))


def _even_pools(network: Network) -> Network:
    """Where the pool divides the image, padding 'same' and 'valid' are the same."""
    layers = []
    for layer, shape in zip(network.layers, network.before(), strict=True):
        layers.append(layer.has(padding="valid") if _divides(layer, shape) else layer)
    return Network(tuple(layers), network.input)


def of_scheme(rows: Sequence[dict[str, Any]], image_shape: Sequence[int]) -> Network:
    """The expected network from the marking scheme's rows."""
    return canonical(Network(tuple(_expected(row) for row in rows), tuple(image_shape)))


def _expected(row: dict[str, Any]) -> Layer:
    args = {key: value for key, value in row.items() if key not in {"class", "max_norm"}}
    kind = row["class"]
    if kind == "Conv2D":
        args = {"strides": [1, 1], "dilation_rate": [1, 1], "groups": 1} | args
    if kind in {"Conv2D", "Dense"}:
        args = {"use_bias": True, "activation": "linear"} | args
        args["kernel_constraint"] = {"max_norm": row["max_norm"]} if "max_norm" in row else None
    if kind in POOLS:
        args = {"strides": args["pool_size"], "padding": "valid"} | args
    return Layer(kind, args)


def show(layer: Layer) -> str:
    """A layer in one short line, the same in every language: ``Conv2D(64, 3x3, same, relu, max_norm=3)``."""
    args = layer.args
    parts: list[str] = []
    if layer.kind == "Conv2D":
        parts = [str(args["filters"]), "x".join(map(str, args["kernel_size"])), args["padding"]]
        parts += [f"{key}={'x'.join(map(str, args[key]))}" for key in ("strides", "dilation_rate") if args[key] != [1, 1]]
        parts += [f"groups={args['groups']}"] if args["groups"] != 1 else []
    elif layer.kind == "Dense":
        parts = [str(args["units"])]
    elif layer.kind in POOLS:
        parts = ["x".join(map(str, args["pool_size"]))]
        parts += [f"strides={'x'.join(map(str, args['strides']))}"] if args["strides"] != args["pool_size"] else []
        parts += [args["padding"]] if args["padding"] != "valid" else []
    elif layer.kind in NOISES and "rate" in args:
        parts = [f"{args['rate']:g}"]
    if "activation" in args:
        parts.append(_name(args["activation"]))
    constraint = args.get("kernel_constraint")
    if constraint:
        parts.append(_bound(constraint))
        parts += [f"axis={written_axes(constraint['axis'])}"] if constraint.get("axis", [0]) != [0] else []
    parts += [] if args.get("use_bias", True) else ["no bias"]
    parts += [] if layer.trainable else ["frozen"]
    return f"{layer.kind}({', '.join(parts)})"


def written_axes(axes: Sequence[int]) -> str:
    """Axes as Python writes them: ``0`` or ``(0, 1)``."""
    return str(axes[0]) if len(axes) == 1 else str(tuple(axes))


def _bound(constraint: dict[str, Any]) -> str:
    """A constraint in a word."""
    if "max_norm" in constraint:
        return f"max_norm={constraint['max_norm']:g}"
    return f"max_norm={constraint['bound']}" if "bound" in constraint else str(constraint.get("class", "constraint"))


def _name(activation: Any) -> str:
    return activation if isinstance(activation, str) else f"own function {activation.get('custom', '')}"
