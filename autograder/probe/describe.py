"""Write down Keras objects as plain data.

Classes are told by identity with those that Keras had before any student code ran: a class that only
carries a Keras name is described as ``custom``. What an object says of itself is read with the method that
its genuine class had then, so that neither a subclass nor an instance nor a class patched since can answer.
"""

from collections.abc import Iterable
from typing import Any

import keras
import tensorflow as tf
from keras.src.activations import activations as activation_functions
from keras.src.models import Functional
from keras.src.ops.nn import Relu, Softmax

from autograder.probe.wire import plain, text, type_name

MAX_LAYERS = 200
MAX_NESTING = 3


def _classes(*modules: Any) -> dict[type, str]:
    found: dict[type, str] = {}
    for module in modules:
        for name in sorted(dir(module)):
            value = getattr(module, name)
            if isinstance(value, type):
                found.setdefault(value, value.__name__)
    return found


def _functions(*modules: Any, own_names: bool = True) -> dict[int, str]:
    """Functions by identity, under the name that they give themselves or that the module gives them."""
    found: dict[int, str] = {}
    for module in modules:
        for name in sorted(dir(module)):
            value = getattr(module, name)
            if callable(value) and not isinstance(value, type):
                found.setdefault(id(value), getattr(value, "__name__", name) if own_names else name)
    return found


LAYERS = _classes(keras.layers)
OBJECTS = _classes(keras.constraints, keras.regularizers, keras.initializers)
OPTIMIZERS = _classes(keras.optimizers)
SCHEDULES = _classes(keras.optimizers.schedules)
LOSSES = _classes(keras.losses)
METRICS = _classes(keras.metrics)
ACTIVATIONS = _functions(tf.nn, own_names=False) | _functions(keras.activations)
for _name in ("relu", "softmax", "sigmoid", "tanh", "elu", "selu", "gelu", "softplus"):
    ACTIVATIONS[id(getattr(keras.ops, _name))] = _name
LOSS_FUNCTIONS = _functions(keras.losses)
METRIC_FUNCTIONS = _functions(keras.metrics)
# keras.ops.relu(x) and keras.activations.relu(x) in a functional model
OPERATIONS = {Relu: "relu", Softmax: "softmax", getattr(activation_functions, "ReLU", Relu): "relu"}
ADAM_SETTINGS = ("beta_1", "beta_2", "epsilon", "amsgrad")
OPTIMIZER_SETTINGS = (
    "momentum",
    "nesterov",
    "weight_decay",
    "clipnorm",
    "global_clipnorm",
    "clipvalue",
    "use_ema",
    "loss_scale_factor",
    "gradient_accumulation_steps",
)
SEQUENTIAL = keras.Sequential
FUNCTIONAL = Functional
MODEL = keras.Model
SUFFIXES = ("_constraint", "_regularizer", "_initializer")
READ = ("get_config", "trainable", "trainable_variables", "weights")
GENUINE = {
    (cls, name): getattr(cls, name)
    for cls in (*LAYERS, *OBJECTS, *LOSSES, *METRICS, SEQUENTIAL, FUNCTIONAL)
    for name in READ
    if hasattr(cls, name)
}


def _config_of(value: Any) -> Any:
    """What an object of a genuine class says that it is made of."""
    return GENUINE[type(value), "get_config"](value)


def _read(value: Any, name: str) -> Any:
    return GENUINE[type(value), name].fget(value)


def trainable(layer: Any) -> bool:
    """Whether a layer or model of a genuine class is to be trained."""
    return bool(_read(layer, "trainable"))


def activation(value: Any) -> Any:
    """The name of an activation, or ``{"custom": type}``."""
    if value is None:
        return "linear"
    if id(value) in ACTIVATIONS:
        return ACTIVATIONS[id(value)]
    if LAYERS.get(type(value)) in {"ReLU", "Softmax"}:
        return LAYERS[type(value)].lower()
    if LAYERS.get(type(value)) == "Activation":
        return activation(value.activation)
    return {"custom": text(getattr(value, "__name__", type_name(value)), 100)}


def _part(value: Any) -> Any:
    """A constraint, regularizer or initializer: its genuine class and configuration."""
    if value is None:
        return None
    name = OBJECTS.get(type(value))
    if name is None:
        return {"custom": type_name(value)}
    return {"class": name, "config": plain(_config_of(value))}


def _config(layer: Any) -> dict[str, Any]:
    raw = _config_of(layer)
    config = {}
    for key, value in raw.items():
        if key == "activation":
            config[key] = activation(layer.activation)
        elif key.endswith(SUFFIXES):
            config[key] = _part(getattr(layer, key))
        elif key not in {"name", "dtype", "trainable", "layers", "build_config"}:
            config[key] = plain(value)
    return config


def _shapes(variables: Iterable[Any]) -> list[list[int]]:
    return [[int(n) for n in variable.shape] for variable in list(variables)[:20]]


def _layer(layer: Any, parents: list[str], depth: int) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": text(layer.name, 100), "inbound": parents}
    if type(layer) in (SEQUENTIAL, FUNCTIONAL) and depth < MAX_NESTING:
        return entry | {"class": "Model", "layers": layers(layer, depth + 1), "trainable": trainable(layer)}
    if type(layer) in OPERATIONS:
        return entry | _operation(layer)
    name = LAYERS.get(type(layer))
    if name is None:
        return entry | {"class": "custom", "type": type_name(layer)}
    policy = getattr(layer, "dtype_policy", None)
    return entry | {
        "class": name,
        "config": _config(layer),
        "trainable": trainable(layer),
        "dtype": text(getattr(policy, "name", "float32"), 40),
        "weights": _shapes(_read(layer, "weights")),
        "trained": len(_read(layer, "trainable_variables")),
    }


def _operation(operation: Any) -> dict[str, Any]:
    """An operation that is an activation, described as the layer that does the same."""
    name = OPERATIONS[type(operation)]
    settings = [getattr(operation, key, None) for key in ("negative_slope", "max_value", "threshold")]
    plainly = getattr(operation, "axis", -1) == -1 and not any(settings)
    config = {"activation": name if plainly else {"custom": f"{name} with settings of its own"}}
    return {"class": "Activation", "config": config, "trainable": True, "dtype": "float32", "weights": [], "trained": 0}


def optimizer(value: Any) -> dict[str, Any]:
    """An optimizer's settings; read one by one, since its configuration asks a student's schedule for its own."""
    own = ADAM_SETTINGS if OPTIMIZERS.get(type(value)) == "Adam" else ()
    return {key: plain(getattr(value, key, None)) for key in (*OPTIMIZER_SETTINGS, *own)}


def _parents(operation: Any, known: set[str]) -> list[str]:
    """Names of the operations that feed *operation* within this model."""
    names = [
        text(parent.operation.name, 100)
        for node in operation._inbound_nodes
        for parent in node.parent_nodes
        if parent.operation.name in known
    ]
    return names[:MAX_LAYERS]


def layers(model: Any, depth: int = 0) -> list[dict[str, Any]]:
    """A Sequential's or functional model's layers in order, each with the names of what feeds it."""
    if type(model) is SEQUENTIAL:
        entries, previous = [], None
        for layer in SEQUENTIAL.layers.fget(model)[:MAX_LAYERS]:
            entries.append(_layer(layer, [previous] if previous else [], depth))
            previous = entries[-1]["name"]
        return entries
    operations = list(model.operations)[:MAX_LAYERS]
    known = {operation.name for operation in operations}
    return [_layer(operation, _parents(operation, known), depth) for operation in operations]


def loss(value: Any) -> Any:
    """A loss as its name, ``{"class", "config"}`` or ``{"custom": type}``."""
    if isinstance(value, list | tuple | dict) and len(value) == 1:
        return loss(next(iter(value.values() if isinstance(value, dict) else value)))
    return _named(value, LOSSES, LOSS_FUNCTIONS)


def metric(value: Any) -> Any:
    """A metric in the same form as a loss."""
    return _named(value, METRICS, METRIC_FUNCTIONS)


def _named(value: Any, classes: dict[type, str], functions: dict[int, str]) -> Any:
    if value is None or type(value) is str:
        return value if value is None else value[:100]
    if id(value) in functions:
        return functions[id(value)]
    name = classes.get(type(value))
    if name is not None:
        return {"class": name, "config": plain(_config_of(value))}
    return {"custom": text(getattr(value, "__name__", type_name(value)), 100)}


def metrics(value: Any) -> list[Any]:
    """The ``metrics`` argument of ``compile`` as a flat list of names and objects."""
    if value is None:
        return []
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list | tuple):
        value = [value]
    flat: list[Any] = []
    for item in list(value)[:20]:
        flat += metrics(item) if isinstance(item, list | tuple) else [metric(item)]
    return flat
