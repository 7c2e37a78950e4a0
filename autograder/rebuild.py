"""Rebuild a network from the probe's description: only known classes, only bounded arguments.

The description was written in a process that ran a stranger's code. Nothing is taken over that does not
have the type and the range that Keras would have written.
"""

from collections.abc import Callable
from typing import Any

from autograder.errors import SubmissionError
from autograder.network import GLOBAL_POOLS, NOISES, POOLS, Layer, Network, Shape

MAX_LAYERS = 200
MAX_SIDE = 4096
MAX_UNITS = 2**24
NAME_CHARS = 100
OWN_CODE = {"Lambda", "TorchModuleWrapper", "TFSMLayer", "JaxLayer", "FlaxLayer"}
PENALTIES = {"L1", "L2", "L1L2"}
Config = dict[str, Any]


def _refuse(what: str, received: object = "") -> SubmissionError:
    return SubmissionError("model.honest.unreadable", what=what, received=str(received)[:100])


def _whole(value: Any, what: str, low: int = 1, high: int = MAX_SIDE) -> int:
    if type(value) is not int or not low <= value <= high:
        raise _refuse(what, value)
    return value


def _real(value: Any, what: str, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise _refuse(what, value)
    return float(value)


def _pair(value: Any, what: str) -> list[int]:
    if not isinstance(value, list) or len(value) != 2:
        raise _refuse(what, value)
    return [_whole(item, what) for item in value]


def _one_of(value: Any, allowed: set[str], what: str) -> str:
    if not isinstance(value, str) or value not in allowed:
        raise _refuse(what, value)
    return value


def _activation(value: Any) -> Any:
    if isinstance(value, str):
        return value[:NAME_CHARS]
    if isinstance(value, dict):
        return {"custom": str(value.get("custom", ""))[:NAME_CHARS]}
    raise _refuse("activation", value)


def _axes(value: Any, rank: int) -> list[int]:
    """The axes of a kernel of *rank* axes that a norm runs over, counted from the front; Keras takes None for all."""
    if value is None:
        return list(range(rank))
    found = [_whole(item, "axis", -4, 3) for item in (value[:4] if isinstance(value, list) else [value])]
    return sorted({axis % rank if -rank <= axis < rank else axis for axis in found})


def _constraint(value: Any, rank: int) -> Any:
    """None, ``{"max_norm", "axis"}``, ``{"class", "bound"}`` for a max-norm without a bound, ``{"class"}`` for any other."""
    if value is None:
        return None
    if not isinstance(value, dict):
        raise _refuse("kernel_constraint", value)
    config = value.get("config")
    if value.get("class") == "MaxNorm" and isinstance(config, dict):
        bound = config.get("max_value")
        if bound is None:
            return {"class": "MaxNorm", "bound": str(bound)}
        return {"max_norm": _real(bound, "max_value", 0, 1e6), "axis": _axes(config.get("axis"), rank)}
    return {"class": str(value.get("class") or value.get("custom", ""))[:NAME_CHARS]}


def _penalty(value: Any) -> str | None:
    """The class of a regularizer; None if there is none, or one of Keras' own that adds nothing."""
    config = value.get("config") if isinstance(value, dict) else None
    if isinstance(config, dict) and value.get("class") in PENALTIES and not any(config.values()):
        return None
    return _named(value)


def _named(value: Any) -> str | None:
    """The class of a regularizer or initializer, None if there is none."""
    if value is None:
        return None
    name = (value.get("class") or value.get("custom")) if isinstance(value, dict) else None
    if not isinstance(name, str) or not name:
        raise _refuse("regularizer or initializer", value)
    return name[:NAME_CHARS]


def _weighted(config: Config, rank: int) -> dict[str, Any]:
    penalties = [_penalty(config.get(key)) for key in ("kernel_regularizer", "bias_regularizer", "activity_regularizer")]
    return {
        "activation": _activation(config.get("activation")),
        "use_bias": config.get("use_bias") is True,
        "kernel_constraint": _constraint(config.get("kernel_constraint"), rank),
        "bias_constraint": _constraint(config.get("bias_constraint"), 1),
        "regularizer": next(filter(None, penalties), None),
        "kernel_initializer": _named(config.get("kernel_initializer")),
    }


def _layout(config: Config) -> dict[str, Any]:
    return {"data_format": _one_of(config.get("data_format"), {"channels_last", "channels_first"}, "data_format")}


def _groups(config: Config) -> int:
    groups = _whole(config.get("groups"), "groups")
    if _whole(config.get("filters"), "filters", high=MAX_UNITS) % groups:
        raise _refuse("groups", groups)
    return groups


def _conv(config: Config) -> dict[str, Any]:
    return {
        "filters": _whole(config.get("filters"), "filters", high=MAX_UNITS),
        "kernel_size": _pair(config.get("kernel_size"), "kernel_size"),
        "strides": _pair(config.get("strides"), "strides"),
        "dilation_rate": _pair(config.get("dilation_rate"), "dilation_rate"),
        "groups": _groups(config),
        "padding": _one_of(config.get("padding"), {"valid", "same"}, "padding"),
        **_layout(config),
        **_weighted(config, rank=4),
    }


def _dense(config: Config) -> dict[str, Any]:
    return {"units": _whole(config.get("units"), "units", high=MAX_UNITS), **_weighted(config, rank=2)}


def _pool(config: Config) -> dict[str, Any]:
    return {
        "pool_size": _pair(config.get("pool_size"), "pool_size"),
        "strides": _pair(config.get("strides"), "strides"),
        "padding": _one_of(config.get("padding"), {"valid", "same"}, "padding"),
        **_layout(config),
    }


def _noise(config: Config) -> dict[str, Any]:
    rate = config.get("rate", config.get("stddev"))
    return {"rate": round(_real(rate, "rate", 0, 1e6), 7), "shared": config.get("noise_shape") is not None}


def _zero_padding(config: Config) -> dict[str, Any]:
    value = config.get("padding")
    if not isinstance(value, list) or len(value) != 2 or not all(isinstance(row, list) and len(row) == 2 for row in value):
        raise _refuse("padding", value)
    return {"padding": [[_whole(item, "padding", 0) for item in row] for row in value], **_layout(config)}


ARGUMENTS: dict[str, Callable[[Config], dict[str, Any]]] = {
    "Conv2D": _conv,
    "Dense": _dense,
    "ZeroPadding2D": _zero_padding,
    "Flatten": _layout,
    "Activation": lambda config: {"activation": _activation(config.get("activation"))},
    **dict.fromkeys(POOLS, _pool),
    **dict.fromkeys(NOISES, _noise),
    **dict.fromkeys(GLOBAL_POOLS, _layout),
}


def _special(kind: str, config: Config) -> Layer | None:
    """Layers that are an activation or a flattening under another name."""
    if kind == "ReLU" and config.get("negative_slope") == 0 == config.get("threshold") and config.get("max_value") is None:
        return Layer("Activation", {"activation": "relu"})
    if kind == "Softmax" and config.get("axis") in (-1, [-1]):
        return Layer("Activation", {"activation": "softmax"})
    if kind == "Reshape" and isinstance(config.get("target_shape"), list) and len(config["target_shape"]) == 1:
        return Layer("Flatten")
    return None


def _layer(entry: Config, frozen: bool) -> Layer:
    kind = entry.get("class")
    if kind == "custom" or not isinstance(kind, str) or not kind.isidentifier():
        raise SubmissionError("model.honest.custom", name=str(entry.get("type", kind))[:200])
    if kind in OWN_CODE:
        raise SubmissionError("model.honest.own_code", kind=kind)
    config = entry.get("config")
    if not isinstance(config, dict):
        raise _refuse("config")
    special = _special(kind, config)
    if special is not None:
        return special
    read = ARGUMENTS.get(kind)
    weights = entry.get("weights")
    trained = entry.get("trained")
    all_trained = (
        entry.get("trainable") is True and isinstance(weights, list) and (trained == len(weights) or kind not in ARGUMENTS)
    )
    args = read(config) if read else {}
    dtype = entry.get("dtype")
    if dtype != "float32":
        args["dtype"] = str(dtype)[:40]
    return Layer(kind[:NAME_CHARS], args, trainable=not frozen and all_trained)


def _chain(entries: Any, frozen: bool, depth: int = 0) -> list[Layer]:
    """The layers of a model in order, nested models opened; refuses what is no chain."""
    if not isinstance(entries, list) or len(entries) > MAX_LAYERS or depth > 3:
        raise _refuse("layers")
    layers: list[Layer] = []
    previous: list[str] = []
    for entry in entries:
        if not isinstance(entry, dict):
            raise _refuse("layer")
        if entry.get("inbound") != previous:
            raise SubmissionError("model.layers.branches", name=str(entry.get("name", ""))[:NAME_CHARS])
        previous = [str(entry.get("name"))]
        if entry.get("class") == "Model":
            layers += _chain(entry.get("layers"), frozen or entry.get("trainable") is not True, depth + 1)
        elif entry.get("class") != "InputLayer":
            layers.append(_layer(entry, frozen))
    return layers


def _input(value: Any) -> Shape | None:
    """The shape of one input image from Keras' ``input_shape``; its first number is the batch."""
    if value is None:
        return None
    if not isinstance(value, list) or not 1 < len(value) <= 6:
        raise SubmissionError("model.layers.inputs")
    if any(isinstance(item, list) for item in value):
        raise SubmissionError("model.layers.inputs")
    return tuple(_whole(item, "input") if item is not None else 0 for item in value[1:])


def rebuild(value: Config) -> Network:
    """The network that the probe described, layer by layer as the student wrote it.

    Raises:
        SubmissionError: custom layers, several branches, or a description that Keras would not have written.
    """
    shape = _input(value.get("input"))
    layers = _chain(value.get("layers"), frozen=value.get("trainable") is not True)
    if len(layers) > MAX_LAYERS:
        raise _refuse("layers", len(layers))
    return Network(tuple(layers), shape)


def reported_weights(value: Config) -> list[Shape]:
    """The weight shapes that the probe saw, in the model's order."""
    shapes = value.get("weights")
    if not isinstance(shapes, list) or not all(isinstance(shape, list) for shape in shapes):
        raise _refuse("weights")
    return [tuple(_whole(n, "weights", 0, 2**40) for n in shape) for shape in shapes]
