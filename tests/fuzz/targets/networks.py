"""The network rebuilt from its description, its shapes, its comparison with the expected one, its predictions."""

import copy
import zlib
from pathlib import Path
from random import Random
from typing import Any

from autograder import forward, rebuild, strictjson
from autograder.comparison import Comparison
from autograder.errors import ConvmarkError
from autograder.network import Network, canonical, of_scheme, show
from tests.fuzz import mutators
from tests.fuzz.judging import scheme
from tests.fuzz.target import Broken, Target
from tests.support import reference as solution

CHEAP = 10**6  # multiplications and numbers of a prediction that every input may cost
RARELY = 40
MODULES = ("network", "rebuild", "forward", "comparison")
WEIGHTED = {"activation": "relu", "use_bias": True, "kernel_initializer": {"class": "GlorotUniform"}, "kernel_constraint": None}
LAST = {"data_format": "channels_last"}
WINDOW = {"padding": "same", "strides": [2, 2], **LAST}
CONV = {"filters": 4, "kernel_size": [3, 3], "dilation_rate": [1, 1], "groups": 1, **WINDOW, **WEIGHTED}
LAYERS: tuple[tuple[str, dict[str, Any], int], ...] = (
    ("InputLayer", {"batch_shape": [None, 32, 32, 3]}, 0),
    ("Conv2D", CONV, 2),
    ("Conv2D", CONV | {"padding": "valid", "strides": [1, 1], "groups": 2, "dilation_rate": [2, 1], "activation": "linear"}, 2),
    ("SeparableConv2D", CONV, 3),
    ("DepthwiseConv2D", CONV, 2),
    ("Dense", {"units": 6, **WEIGHTED}, 2),
    ("Dense", {"units": 10, **WEIGHTED, "activation": "softmax", "kernel_regularizer": {"class": "L2"}}, 2),
    ("MaxPooling2D", {"pool_size": [2, 2], **WINDOW}, 0),
    ("AveragePooling2D", {"pool_size": [3, 2], **WINDOW, "padding": "valid"}, 0),
    ("GlobalAveragePooling2D", LAST, 0),
    ("GlobalMaxPooling2D", LAST, 0),
    ("ZeroPadding2D", {"padding": [[1, 1], [1, 1]], **LAST}, 0),
    ("Flatten", LAST, 0),
    ("Reshape", {"target_shape": [-1]}, 0),
    ("Activation", {"activation": "relu"}, 0),
    ("Activation", {"activation": {"custom": "mish"}}, 0),
    ("ReLU", {"negative_slope": 0, "threshold": 0, "max_value": None}, 0),
    ("Softmax", {"axis": -1}, 0),
    ("BatchNormalization", {"momentum": 0.99}, 4),
    ("Rescaling", {"scale": 0.5}, 0),
    ("Dropout", {"rate": 0.2, "seed": None, "noise_shape": None}, 0),
    ("GaussianNoise", {"stddev": 0.2}, 0),
    ("Lambda", {}, 0),
)


def layer(row: int) -> dict[str, Any]:
    """The description of a layer of `LAYERS`."""
    kind, config, weights = LAYERS[row]
    entry = {"class": kind, "config": copy.deepcopy(config), "trainable": True, "dtype": "float32"}
    return {"name": kind.lower(), "inbound": [], **entry, "weights": [[3]] * weights, "trained": weights}


def linked(layers: list[Any]) -> None:
    """Make a chain of these layers, each with a name of its own."""
    previous: list[str] = []
    for number, entry in enumerate(layers):
        if isinstance(entry, dict):
            entry.update(name=f"layer_{number}", inbound=previous)
            previous = [f"layer_{number}"]


def described(rows: list[int]) -> dict[str, Any]:
    """A model of these layers."""
    layers = [layer(row) for row in rows]
    linked(layers)
    return {"class": "Sequential", "layers": layers, "input": [None, 32, 32, 3], "trainable": True, "weights": []}


def reference() -> dict[str, Any]:
    """The lab's network as the probe describes it."""
    value: dict[str, Any] = solution.record()["stages"]["model"]["value"]
    return {key: item for key, item in value.items() if key != "predictions"}


def seeds() -> list[bytes]:
    """The lab's network, one of each layer, and some that belong together."""
    rows = [[1, row, 12, 6] for row in range(len(LAYERS))]
    rows += [[11, 2, 14, 7, 20, 12, 5, 14, 6, 17], [1, 8, 9, 6], [12, 20, 5, 16, 5], []]
    nested = described([1, 12])
    nested["layers"].append({"class": "Model", "name": "m", "inbound": ["layer_1"], **described([5, 6]), "trainable": True})
    return [mutators.dumped(value) for value in (reference(), nested, *map(described, rows))]


def rewired(random: Random, value: dict[str, Any], other: Any) -> dict[str, Any]:
    """*value* with a layer more, less or elsewhere."""
    value = copy.deepcopy(value)
    layers = value["layers"]
    place = random.randrange(len(layers) + 1)
    action = random.randrange(5)
    borrowed = other.get("layers") if isinstance(other, dict) else None
    if action == 0 and layers:
        del layers[place - 1]
    elif action == 1 and layers:
        layers.insert(place, layers.pop(random.randrange(len(layers))))
    elif action == 2 and isinstance(borrowed, list):
        layers[place:] = copy.deepcopy(borrowed[place:])
    elif action == 3 and layers:
        layers[place:place] = [copy.deepcopy(layers[place - 1]) for _ in range(random.choice((1, 2, 60)))]
    else:
        layers.insert(place, layer(random.randrange(len(LAYERS))))
    linked(layers)
    return value


def changed(random: Random, value: Any, other: Any) -> Any:
    """A description changed in its layers or in one value."""
    layers = value.get("layers") if isinstance(value, dict) else None
    if isinstance(layers, list) and random.random() < 0.4:
        return rewired(random, value, other)
    return mutators.of_json(random, value, other)


def mutate(random: Random, data: bytes, other: bytes) -> bytes:
    """One to four changes."""
    value, donor = mutators.parsed(data), mutators.parsed(other)
    if value is None:
        return mutators.of_bytes(random, data, other)
    for _ in range(random.choice((1, 1, 2, 4))):
        value = changed(random, value, donor)
    return mutators.dumped(value)


def affordable(network: Network, salt: bytes) -> bool:
    """Whether to predict: always where it is cheap, now and then where it is only bounded."""
    if not forward.can_predict(network):
        return False
    cheap = forward.multiplications(network) <= CHEAP and forward.numbers(network) <= CHEAP
    return cheap or zlib.crc32(salt) % RARELY == 0


def _examine(value: dict[str, Any], data: bytes) -> list[str]:
    network = rebuild.rebuild(value)
    shapes = network.shapes()
    network.parameters()
    canonical(network)
    for layer_ in network.layers:
        show(layer_)
    facts = scheme().raw
    table = Comparison(of_scheme(facts["model"]["layers"], facts["data"]["image_shape"]), network).table()
    words = ["same" if all(row["same"] for row in table) else "other"]
    if affordable(network, data):
        found = forward.predict(network, 1)
        words.append("predicted")
        if found.shape[1:] != (shapes[-1] if shapes else (32, 32, 3)):
            raise Broken(f"predictions {found.shape}, computed shape {shapes[-1:]}")
    rebuild.reported_weights(value)
    return words


def run(data: bytes, folder: Path) -> list[str]:
    """Rebuild, compare, predict; or the error of ours that says why not."""
    try:
        value = strictjson.loads(data.decode("utf-8", "replace"), max_chars=2**22)
        return _examine(value, data) if isinstance(value, dict) else ["no table"]
    except ConvmarkError as error:
        return [f"{type(error).__name__} {error.code} {error.params.get('what', '')}"[:100]]


TARGET = Target("networks", [f"autograder.{name}" for name in MODULES], seeds, mutate, run)
