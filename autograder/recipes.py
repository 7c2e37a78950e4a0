"""Plans for a training: the lab's recipe, a better one, and what a submission asks for.

A plan holds nothing that a stranger wrote but known names and bounded numbers. Numbers are rounded, so that
submissions that mean the same have the same plan, and their training the same result.
"""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

from autograder import inputs
from autograder.errors import ConvmarkError, SubmissionError
from autograder.lab import CLASSES, IMAGE
from autograder.network import Layer, Network, canonical, of_scheme
from autograder.observed import Observed, Run
from autograder.replay.plan import INITIALIZERS, LOSSES, OPTIMIZERS, Plan
from autograder.scheme import Scheme

MAX_PARAMETERS = 50_000_000  # ten times the lab's: a larger network is not trained here
MAX_VALUES = 2_000_000  # of all layers for one image, also ten times the lab's: with gradients 0.8 GiB for a batch of 32
MAX_MULTIPLICATIONS = 430_000_000  # for one image, also ten times the lab's: what a trial may take follows from it
SETTINGS = ("momentum", "weight_decay", "clipnorm", "global_clipnorm", "clipvalue")
MAX_SETTING = 1e4
DIGITS = 6
CLASS_LOSSES = {name: key for key, name in LOSSES.items()}
ARGUMENTS = (
    *("filters", "kernel_size", "strides", "padding", "dilation_rate", "groups", "activation", "use_bias"),
    *("units", "pool_size", "data_format", "rate", "kernel_constraint", "kernel_initializer"),
)


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def _constructed(layer: Layer) -> dict[str, Any]:
    """A layer as the trainer takes it; what it is not told keeps Keras' default."""
    args = {key: value for key, value in layer.args.items() if key in ARGUMENTS and value is not None}
    if args.get("kernel_initializer") == "GlorotUniform" or args.get("kernel_initializer") not in INITIALIZERS:
        args.pop("kernel_initializer", None)
    bound = args.pop("kernel_constraint", None) or {}
    if "max_norm" in bound:
        args["kernel_constraint"] = {"max_norm": float(bound["max_norm"]), "axis": bound.get("axis", [0])}
    if args.get("data_format") == "channels_last":
        del args["data_format"]
    return {"kind": layer.kind, "args": dict(sorted(args.items())), "trainable": layer.trainable}


def _demand_small(found: Network, row: int) -> None:
    """Raise unless a network can be trained here; *row* is that of the first layer that differs from the table."""
    values = sum(math.prod(shape) for shape in found.shapes() if shape is not None)
    for code, received, limit in (
        ("accuracy.trial.parameters", found.parameters() or 0, MAX_PARAMETERS),
        ("accuracy.trial.values", values, MAX_VALUES),
        ("accuracy.trial.multiplications", found.multiplications(), MAX_MULTIPLICATIONS),
    ):
        if received > limit:
            numbers = {"received": f"{received:,}".replace(",", " "), "limit": f"{limit:,}".replace(",", " ")}
            raise SubmissionError(code, row=row, **numbers)


def network(found: Network, row: int = 1) -> list[dict[str, Any]]:
    """The layers of a network in their canonical form, as the trainer takes them; *row* is the first that differs from the table.

    Raises:
        SubmissionError: it has other layers than the trainer knows, no output for each class, or is too large.
    """
    layers = canonical(found)
    if found.input not in (None, IMAGE) or not layers.buildable(CLASSES) or not found.parameters():
        raise SubmissionError("accuracy.trial.network", classes=CLASSES)
    _demand_small(found, row)
    return [_constructed(layer) for layer in layers.layers]


def of(observed: Observed) -> list[dict[str, Any]]:
    """The layers of a submission's network, as the trainer takes them.

    Raises:
        SubmissionError: there is no network, or none that can be trained here.
    """
    return network(observed.network, observed.comparison.first)


def _reference(scheme: Scheme) -> list[dict[str, Any]]:
    return network(of_scheme(scheme.raw["model"]["layers"], scheme.raw["data"]["image_shape"]))


def _pixels(scheme: Scheme) -> tuple[float, float]:
    """Mean and standard deviation of the pixels of all training images."""
    facts = scheme.raw["data"]
    return float(facts["mean"]), float(facts["deviation"])


def lab(scheme: Scheme, *, epochs: int, seed: int, layers: list[dict[str, Any]] | None = None) -> Plan:
    """The lab's own recipe for *epochs* epochs, on the lab's network or on *layers*."""
    facts = scheme.raw["compile"]
    initial = float(facts["learning_rate"])
    falling = {"kind": "inverse_time", "initial": initial, "decay": _rounded(initial / epochs)}
    return Plan(
        layers=layers or _reference(scheme),
        optimizer=facts.get("optimizer", "SGD"),
        settings={key: facts[key] for key in ("momentum", "nesterov") if key in facts},
        rate=falling if "decay" in facts else {"kind": "constant", "initial": initial},
        loss=facts["loss"],
        batch_size=int(scheme.raw["training"]["batch_size"]),
        seed=seed,
    )


def _otherwise(layers: list[dict[str, Any]], facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The same layers with the dropout rates of *facts*, as far as they go, and its bounds where there is a max-norm.

    These bounds run over all the inputs of a unit: axis 0 of a dense kernel, the first three of a convolution.
    """
    rates, bounds = iter(facts.get("dropout", ())), facts.get("max_norm", {})
    found = []
    for layer in layers:
        args = dict(layer["args"])
        if layer["kind"] == "Dropout":
            args["rate"] = float(next(rates, args["rate"]))
        if "kernel_constraint" in args and layer["kind"] in bounds:
            axis = [0] if layer["kind"] == "Dense" else [0, 1, 2]
            args["kernel_constraint"] = {"max_norm": float(bounds[layer["kind"]]), "axis": axis}
        found.append(dict(layer) | {"args": args})
    return found


def better(scheme: Scheme, *, epochs: int, images: int, seed: int, layers: list[dict[str, Any]] | None = None) -> Plan:
    """The better recipe of the marking scheme for *epochs* epochs of *images* images, on the same network."""
    facts = scheme.raw["training"]["better"]
    steps = epochs * -(-images // int(facts["batch_size"]))
    mean, deviation = _pixels(scheme)
    return Plan(
        layers=_otherwise(layers or _reference(scheme), facts),
        settings={"momentum": facts["momentum"], "nesterov": facts["nesterov"]},
        rate={"kind": "triangle", "peak": facts["peak"], "rise": max(1, round(facts["rise"] * steps)), "steps": steps},
        loss="categorical_crossentropy",
        label_smoothing=facts["label_smoothing"],
        batch_size=int(facts["batch_size"]),
        seed=seed,
        flip=facts["flip"],
        shift=facts["shift"],
        centred=(mean / 255, deviation / 255),
    )


def _rate(rates: Sequence[float]) -> dict[str, Any] | None:
    """The learning rate as it was sampled; None if that is no rate at all."""
    if not all(math.isfinite(rate) and 0 <= rate <= MAX_SETTING for rate in rates):
        return None
    first, steps = rates[0], inputs.STEPS
    if all(math.isclose(rate, first, rel_tol=1e-6) for rate in rates):
        return {"kind": "constant", "initial": _rounded(first)}
    decay = (first / rates[-1] - 1) / steps[-1] if rates[-1] > 0 else math.inf
    if all(math.isclose(rate * (1 + decay * step), first, rel_tol=1e-3) for rate, step in zip(rates, steps, strict=True)):
        # Three digits: the rates are those of float32, and the same decay in another form differs in the last ones.
        return {"kind": "inverse_time", "initial": _rounded(first), "decay": float(f"{decay:.3g}")}
    return {"kind": "samples", "steps": list(steps), "values": [_rounded(rate) for rate in rates]}


def _settings(optimizer: Mapping[str, Any]) -> dict[str, Any] | None:
    """The optimizer's settings; None if one is out of bounds."""
    config = optimizer["config"]
    found: dict[str, Any] = {}
    for key in SETTINGS:
        value = config.get(key)
        if value is None or (key == "momentum" and optimizer["class"] not in {"SGD", "RMSprop"}):
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MAX_SETTING:
            return None
        found[key] = _rounded(value)
    if found.get("momentum", 0) > 1 or sum(key.endswith(("clipnorm", "clipvalue")) for key in found) > 1:
        return None
    return found | ({"nesterov": bool(config.get("nesterov"))} if optimizer["class"] == "SGD" else {})


def _loss(value: Any) -> tuple[str, float] | None:
    """A known loss on probabilities and its label smoothing."""
    if isinstance(value, str):
        return (value, 0.0) if value in LOSSES else None
    if not isinstance(value, dict) or not isinstance(value.get("config"), dict):
        return None
    name, config = CLASS_LOSSES.get(str(value.get("class"))), value["config"]
    smoothing = config.get("label_smoothing") or 0.0
    if name is None or config.get("from_logits") or not isinstance(smoothing, int | float) or not 0 <= smoothing < 1:
        return None
    return (name, float(smoothing)) if name == "categorical_crossentropy" or not smoothing else None


def _compiled(run: Run) -> dict[str, Any] | None:
    """What a plan takes from how a submission compiles; None if the trainer cannot do the same."""
    if run.optimizer.get("class") not in OPTIMIZERS or not isinstance(run.optimizer.get("config"), dict):
        return None
    rate, settings, loss = _rate(run.rates), _settings(run.optimizer), _loss(run.loss)
    if rate is None or settings is None or loss is None:
        return None
    return {"optimizer": run.optimizer["class"], "settings": settings, "rate": rate, "loss": loss[0], "label_smoothing": loss[1]}


def trial(scheme: Scheme, *, seed: int, layers: list[dict[str, Any]] | None = None) -> Plan:
    """The lab's recipe for the first steps of its epochs, on images with mean 0 and deviation 1.

    So scaled, learning begins within a hundred steps from any initial weights; divided by 255 it may wait for several
    hundred. How images are scaled is the business of another section.
    """
    plan = lab(scheme, epochs=int(scheme.raw["training"]["epochs"]), seed=seed, layers=layers)
    mean, deviation = _pixels(scheme)
    return dataclasses.replace(plan, scale=1 / deviation, offset=-mean / deviation)


def compiled(observed: Observed) -> dict[str, Any] | None:
    """What a plan takes from how a submission compiles; None if it does not, or in a way that cannot be repeated here."""
    try:
        return _compiled(observed.runs[0])
    except ConvmarkError:
        return None


def submitted(observed: Observed, *, epochs: int, seed: int) -> tuple[Plan, bool]:
    """The plan of a submission: its network, compiled as it says; and whether that is so.

    Where its compilation failed, or cannot be repeated here, the lab's takes its place: that mistake costs points
    in a section of its own.

    Raises:
        SubmissionError: there is no network, or none that can be trained here.
    """
    plan = lab(observed.scheme, epochs=epochs, seed=seed, layers=of(observed))
    own = compiled(observed)
    return (plan, False) if own is None else (dataclasses.replace(plan, **own), True)
