"""Call the student's three functions and describe what each returned."""

import warnings
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from autograder import inputs
from autograder.lab import CLASSES, EPOCHS, IMAGE
from autograder.probe import describe, wire
from autograder.probe import rows as rows_

Namespace = dict[str, Any]
_compute_loss, _compute_metrics = keras.Model.compute_loss, keras.Model.compute_metrics


class Missing(Exception):
    """The submission does not define the function."""


class Unusable(Exception):
    """The function returned something that cannot be described; ``code`` says what."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


def function(namespace: Namespace, name: str) -> Callable[..., Any]:
    """The student's function of that name.

    Raises:
        Missing: there is none, or it is no function.
    """
    value = namespace.get(name)
    if not callable(value):
        raise Missing(name)
    found: Callable[..., Any] = value
    return found


def _pairs(value: Any) -> dict[str, Any]:
    """The four arrays of ``(x_train, y_train), (x_test, y_test)``."""
    if isinstance(value, dict | str):
        raise Unusable("data.returns.not_pairs", received=wire.type_name(value))
    try:
        outer = list(value)
        inner = [list(part) if isinstance(part, list | tuple) else None for part in outer]
    except TypeError:
        raise Unusable("data.returns.not_pairs", received=wire.type_name(value)) from None
    if len(outer) == 4 and not any(isinstance(part, list | tuple) and len(part) == 2 for part in outer):
        raise Unusable("data.returns.four")
    if len(outer) != 2 or any(part is None or len(part) != 2 for part in inner):
        raise Unusable("data.returns.not_pairs", received=f"{wire.type_name(value)} ({len(outer)})")
    (x_train, y_train), (x_test, y_test) = outer
    named = {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}
    return {name: wire.array(part) for name, part in named.items()}


def data(namespace: Namespace, request: dict[str, Any]) -> dict[str, Any]:
    """What ``prepare_data`` returns for each case."""
    prepare = function(namespace, "prepare_data")
    cases = []
    for case in inputs.data_cases(request["seed"]):
        arguments = [case.x_train.copy(), case.y_train.copy(), case.x_test.copy(), case.y_test.copy()]
        value = prepare(*arguments)
        if value is None:
            raise Unusable("data.returns.none")
        cases.append(_pairs(value))
    return {"cases": cases}


def rows(namespace: Namespace, request: dict[str, Any]) -> dict[str, Any]:
    """How many rows ``prepare_data`` keeps of many, if it has come back before."""
    return {"kept": rows_.kept(function(namespace, "prepare_data"), namespace) if request["prepared"] else {}}


def _checked(model: Any) -> None:
    if model is None:
        raise Unusable("model.returns.none")
    if isinstance(model, type) or not isinstance(model, describe.MODEL):
        raise Unusable("model.returns.not_a_model", received=wire.type_name(model))
    if type(model) not in (describe.SEQUENTIAL, describe.FUNCTIONAL):
        raise Unusable("model.returns.subclass", received=wire.type_name(model))


def _predictions(model: Any, seed: int) -> dict[str, Any]:
    """Set the seeded weights, predict, and say so if the network cannot take the probe's images."""
    try:
        for index, variable in enumerate(model.weights):
            if str(variable.dtype) == "float32" and np.prod(variable.shape) <= 2**25:
                variable.assign(inputs.weight(seed, index, variable.shape))
        return wire.array(describe.MODEL.__call__(model, inputs.model_inputs(seed), training=False))
    except Exception as error:
        return {"problem": wire.text(error)}


def model(namespace: Namespace, request: dict[str, Any]) -> dict[str, Any]:
    """The network that ``build_model`` returns, twice: layers, shapes, and predictions with seeded weights."""
    build = function(namespace, "build_model")
    network = build()
    _checked(network)
    had_input = bool(network.built)
    if not had_input:
        network.build((None, *IMAGE))
    layers = describe.layers(network)
    found = {
        "class": "Sequential" if type(network) is describe.SEQUENTIAL else "Functional",
        "layers": layers,
        "input": wire.plain(network.input_shape) if had_input else None,
        "output": wire.plain(network.output_shape),
        "trainable": describe.trainable(network),
        "weights": [[int(n) for n in variable.shape] for variable in network.weights[:500]],
    }
    again = build()
    same = type(again) is type(network) and bool(again.built) == had_input
    if same:
        if not had_input:
            again.build((None, *IMAGE))
        same = _shape_of(describe.layers(again)) == _shape_of(layers)
    found["repeatable"] = same
    found["predictions"] = _predictions(network, request["seed"])
    return found


def _shape_of(layers: list[dict[str, Any]]) -> list[Any]:
    """A description without the names, which Keras numbers anew."""
    return [
        {key: _shape_of(value) if key == "layers" else value for key, value in layer.items() if key not in {"name", "inbound"}}
        for layer in layers
    ]


def _stand_in() -> Any:
    """A small network with the lab's input and output, so that compiling does not depend on building.

    Global settings that a submission changed for its network are put back: they cost points there.
    """
    keras.config.set_dtype_policy("float32")
    keras.config.set_image_data_format("channels_last")
    return keras.Sequential(
        [
            keras.Input(IMAGE),
            keras.layers.Flatten(),
            keras.layers.Dense(CLASSES, activation="softmax"),
        ]
    )


def _rate(optimizer: Any) -> dict[str, Any]:
    """The learning rate at `inputs.STEPS`, by asking the schedule itself."""
    source = optimizer._learning_rate
    if isinstance(source, keras.optimizers.schedules.LearningRateSchedule):
        values = [float(source(np.int64(step))) for step in inputs.STEPS]
        kind = describe.SCHEDULES.get(type(source), "custom")
    elif callable(source):  # a function without arguments, which may look at the steps that were done
        values, kind = [], "custom"
        before = int(optimizer.iterations)
        for step in inputs.STEPS:
            optimizer.iterations.assign(step)
            values.append(float(source()))
        optimizer.iterations.assign(before)
    else:
        values = [float(source)] * len(inputs.STEPS)
        kind = "constant"
    return {"kind": kind, "values": [wire.plain(value) for value in values]}


def _trajectory(optimizer: Any, network: Any) -> list[Any]:
    """Where three updates with a constant gradient take two weights that start at 0.

    They are weights of the network where the optimizer was built for those already, and takes no others.
    """
    variables = network.trainable_variables if optimizer.built else [keras.Variable(np.zeros(len(inputs.GRADIENT), np.float32))]
    gradients = [np.zeros(variable.shape, np.float32) for variable in variables]
    gradients[0].flat[: len(inputs.GRADIENT)] = inputs.GRADIENT
    variables[0].assign(np.zeros(variables[0].shape, np.float32))
    positions = []
    for _ in range(inputs.UPDATES):
        optimizer.apply([keras.ops.convert_to_tensor(gradient) for gradient in gradients], variables)
        moved = keras.ops.convert_to_numpy(variables[0]).flat[: len(inputs.GRADIENT)]
        positions.append([wire.plain(float(w)) for w in moved])
    return positions


def _measured(network: Any, seed: int) -> dict[str, Any]:
    """What loss and metrics make of given predictions, whatever they are called."""
    given = [None, *map(keras.ops.convert_to_tensor, inputs.predictions(seed))]
    found: dict[str, Any] = {}
    try:
        found["loss"] = wire.plain(float(_compute_loss(network, *given)))
    except Exception as error:
        found["loss_problem"] = wire.text(error, 200)
    try:
        found["metrics"] = wire.plain([float(value) for value in _compute_metrics(network, *given).values()])
    except Exception as error:
        found["metrics_problem"] = wire.text(error, 200)
    return found


def _own(namespace: Namespace) -> Any:
    """The submission's own network; the stand-in, if it has none that can be compiled."""
    try:
        network = function(namespace, "build_model")()
        _checked(network)
        if not network.built:
            network.build((None, *IMAGE))
    except Exception:
        return _stand_in()
    return network


def _called(namespace: Namespace, epochs: int) -> Any:
    """The network that ``compile_model`` was given, or the one that it returned.

    Where it wants what only the submission's own network has, such as a layer's or an output's name, it gets that one.
    """
    compile_model = function(namespace, "compile_model")
    network = _stand_in()
    problem: Exception | None = None
    try:
        returned = compile_model(network, epochs=epochs)
    except (NameError, NotImplementedError):
        raise
    except Exception as error:
        problem = error
    if problem is not None or isinstance(network.loss, dict):
        network = _own(namespace)
        try:
            returned = compile_model(network, epochs=epochs)
        except Exception as error:
            raise (error if problem is None else problem) from None
    return returned if isinstance(returned, describe.MODEL) else network


def _compiled(namespace: Namespace, epochs: int, seed: int) -> dict[str, Any]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        network = _called(namespace, epochs)
    optimizer = getattr(network, "optimizer", None)
    if not network.compiled or optimizer is None:
        raise Unusable("compile.compiles.not_compiled")
    name = describe.OPTIMIZERS.get(type(optimizer))
    found: dict[str, Any] = {
        "epochs": epochs,
        "warnings": [wire.text(item.message, 200) for item in caught[:5]],
        "loss": describe.loss(network.loss),
        "metrics": describe.metrics(network._compile_config.config.get("metrics")),
        "measured": _measured(network, seed),
    }
    if name is None:
        return found | {"optimizer": {"class": "custom", "type": wire.type_name(optimizer)}}
    found["optimizer"] = {"class": name, "config": describe.optimizer(optimizer)}
    found["learning_rate"] = _rate(optimizer)
    if name in ("SGD", "Adam"):
        found["trajectory"] = _trajectory(optimizer, network)
        found["learning_rate"]["again"] = _rate(optimizer)["values"]
    return found


def compile(namespace: Namespace, request: dict[str, Any]) -> dict[str, Any]:
    """How ``compile_model`` compiles a stand-in network, for each number of epochs."""
    return {"runs": [_compiled(namespace, epochs, request["seed"]) for epochs in EPOCHS]}
