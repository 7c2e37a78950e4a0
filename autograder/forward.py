"""A short forward pass in numpy: does a network compute what its description says?

Agrees with Keras to better than 1e-4 on the lab's network. Convolution is the cross-correlation that
frameworks compute; inputs are (batch, height, width, channels) float32.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder import inputs
from autograder.lab import IMAGE
from autograder.network import NOISES, POOLS, Layer, Network

MAX_MULTIPLICATIONS = 3 * 10**8  # the lab's network needs 4.3e7 an image
MAX_PARAMETERS = 2**25  # the probe sets no larger weights
MAX_NUMBERS = 2**25  # outputs, padded inputs and windows of one image; the lab's network needs 2e6
MAX_OUTPUT = 2**17  # for one image: what evidence holds of two is 1 MiB
Values = NDArray[np.float32]
ACTIVATIONS = {"linear", "relu", "softmax", "sigmoid", "tanh"}
SUPPORTED = NOISES | POOLS | {"Conv2D", "Dense", "Flatten", "Activation", "ZeroPadding2D"}


def _activate(values: Values, name: str) -> Values:
    if name == "relu":
        positive: Values = np.maximum(values, 0)
        return positive
    if name == "softmax":
        powers = np.exp(values - values.max(axis=-1, keepdims=True))
        shares: Values = powers / powers.sum(axis=-1, keepdims=True)
        return shares
    if name == "sigmoid":
        return (1 / (1 + np.exp(-values))).astype(np.float32)
    return np.tanh(values) if name == "tanh" else values


def _margins(size: int, kernel: int, stride: int, dilation: int) -> tuple[int, int]:
    """Padding 'same': as little as makes ceil(size / stride) windows, the odd pixel at the end."""
    total = max(0, (math.ceil(size / stride) - 1) * stride + dilation * (kernel - 1) + 1 - size)
    return total // 2, total - total // 2


def _windows(values: Values, size: list[int], strides: list[int], dilation: list[int], padding: str, fill: float) -> Values:
    """Every window of the images: (batch, rows, columns, channels, kernel rows, kernel columns)."""
    if padding == "same":
        margins = [_margins(*item) for item in zip(values.shape[1:3], size, strides, dilation, strict=True)]
        values = np.pad(values, [(0, 0), *margins, (0, 0)], constant_values=fill)
    spans = [d * (k - 1) + 1 for k, d in zip(size, dilation, strict=True)]
    view = np.lib.stride_tricks.sliding_window_view(values, spans, axis=(1, 2))
    return view[:, :: strides[0], :: strides[1], :, :: dilation[0], :: dilation[1]]


def _convolve(values: Values, layer: Layer, kernel: Values, bias: Values | float) -> Values:
    args = layer.args
    windows = _windows(values, args["kernel_size"], args["strides"], args["dilation_rate"], args["padding"], 0)
    groups = args["groups"]
    parts = zip(np.split(windows, groups, axis=3), np.split(kernel, groups, axis=3), strict=True)
    out = [np.tensordot(window, part, axes=([4, 5, 3], [0, 1, 2])) for window, part in parts]
    return np.concatenate(out, axis=-1) + bias  # (batch, rows, columns, filters)


def _pool(values: Values, layer: Layer) -> Values:
    args = layer.args
    fill = -np.inf if layer.kind == "MaxPooling2D" else np.nan
    windows = _windows(values, args["pool_size"], args["strides"], [1, 1], args["padding"], fill)
    pooled: Values = windows.max(axis=(4, 5)) if layer.kind == "MaxPooling2D" else np.nanmean(windows, axis=(4, 5))
    return pooled.astype(np.float32)


def _apply(layer: Layer, values: Values, weights: list[Values]) -> Values:
    bias: Values | float = weights[1] if len(weights) > 1 else 0.0
    if layer.kind == "Conv2D":
        values = _convolve(values, layer, weights[0], bias)
    elif layer.kind == "Dense":
        values = values @ weights[0] + bias
    elif layer.kind in POOLS:
        values = _pool(values, layer)
    elif layer.kind == "Flatten":
        values = values.reshape(len(values), -1)
    elif layer.kind == "ZeroPadding2D":
        values = np.pad(values, [(0, 0), *map(tuple, layer.args["padding"]), (0, 0)])
    return _activate(values, layer.args.get("activation", "linear"))


def multiplications(network: Network) -> int:
    """Multiplications for one image; large if they cannot be told."""
    total = 0
    for shape, weights in zip(network.shapes(), network.weight_shapes(), strict=True):
        if shape is None or weights is None:
            return 2**62
        if weights:
            positions = math.prod(shape[:2]) if len(shape) == 3 else 1
            total += positions * math.prod(weights[0])
    return total


def numbers(network: Network) -> int:
    """Numbers in the outputs, padded inputs and windows of all layers for one image; large if they cannot be told."""
    total = 0
    for layer, shape, out in zip(network.layers, network.before(), network.shapes(), strict=True):
        if shape is None or out is None:
            return 2**62
        total += math.prod(out)
        size = layer.args.get("kernel_size") or layer.args.get("pool_size")
        if size is not None:
            dilation = layer.args.get("dilation_rate", [1, 1])
            sides = [n + d * (k - 1) for n, k, d in zip(shape[:2], size, dilation, strict=True)]  # padded at most so far
            total += (math.prod(sides) + math.prod(out[:2]) * math.prod(size)) * shape[2]
    return total


def _known(layer: Layer) -> bool:
    activation: Any = layer.args.get("activation", "linear")
    last = layer.args.get("data_format", "channels_last") == "channels_last"
    if "dtype" in layer.args:
        return False
    return layer.kind in SUPPORTED and isinstance(activation, str) and activation in ACTIVATIONS and last


def can_predict(network: Network) -> bool:
    """Whether `predict` knows every layer, and work and memory are bounded."""
    return (
        network.input in (None, IMAGE)
        and all(_known(layer) for layer in network.layers)
        and multiplications(network) <= MAX_MULTIPLICATIONS
        and numbers(network) <= MAX_NUMBERS
        and all(math.prod(shape or ()) <= MAX_OUTPUT for shape in network.shapes()[-1:])
        and (network.parameters() or 0) <= MAX_PARAMETERS
    )


def predict(network: Network, seed: int) -> Values:
    """Predictions of *network* with the seeded weights on the seeded images, (2, n) float32.

    Needs `can_predict`.
    """
    values = inputs.model_inputs(seed)  # (2, height, width, channels)
    index = 0
    for layer, shapes in zip(network.layers, network.weight_shapes(), strict=True):
        weights = [inputs.weight(seed, index + offset, shape) for offset, shape in enumerate(shapes or [])]
        index += len(weights)
        values = _apply(layer, values, weights)
    return values
