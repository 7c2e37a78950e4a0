"""Where an optimizer takes weights, by its published formulas and the settings that it reports.

Weights begin at 0 and see the constant gradient `inputs.GRADIENT` for `inputs.UPDATES` steps. Each function takes the
optimizer's settings and the learning rate of each step, and returns the weights after each step. A setting that is no
number is NaN, which agrees with nothing.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from autograder import inputs

Settings = Mapping[str, Any]
Path = list[list[float]]


def _number(value: Any) -> float:
    return float(value or 0) if value is None or isinstance(value, int | float) else math.nan


def _share(value: Any) -> float:
    """A number from 0 to 1, else NaN."""
    number = _number(value)
    return number if 0 <= number <= 1 else math.nan


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else math.nan


def sgd(settings: Settings, rates: Sequence[float]) -> Path:
    """v = momentum * v - lr * gradient; w = w + v, with Nesterov's look-ahead w + momentum * v - lr * gradient.

    Keras documentation of `SGD`.
    """
    momentum, decay = _number(settings.get("momentum")), _number(settings.get("weight_decay"))
    position, speed, path = [0.0] * len(inputs.GRADIENT), [0.0] * len(inputs.GRADIENT), []
    for rate in rates[: inputs.UPDATES]:
        position = [w - w * decay * rate for w in position]
        pulls = [rate * g for g in inputs.GRADIENT]
        speed = [momentum * v - pull for v, pull in zip(speed, pulls, strict=True)]
        if settings.get("nesterov"):  # as Keras asks: 0 is off
            position = [w + momentum * v - p for w, v, p in zip(position, speed, pulls, strict=True)]
        else:
            position = [w + v for w, v in zip(position, speed, strict=True)]
        path.append(position)
    return path


def adam(settings: Settings, rates: Sequence[float]) -> Path:
    """Kingma and Ba (2015), "Adam", the order of computation of section 2; weight decay as in Keras' `Adam`.

    Under a constant gradient both means grow, so AMSGrad's largest second moment is the last one.
    """
    first, second = (_share(settings.get(key)) for key in ("beta_1", "beta_2"))
    epsilon = _number(settings.get("epsilon"))
    decay = _number(settings.get("weight_decay"))
    position, path = [0.0] * len(inputs.GRADIENT), []
    for step, rate in enumerate(rates[: inputs.UPDATES], 1):
        position = [w - w * decay * rate for w in position]
        shares = 1 - first**step, 1 - second**step
        size = _ratio(rate * math.sqrt(shares[1]), shares[0])
        moves = [_ratio(size * g * shares[0], abs(g) * math.sqrt(shares[1]) + epsilon) for g in inputs.GRADIENT]
        position = [w - move for w, move in zip(position, moves, strict=True)]
        path.append(position)
    return path


SIMULATED: Mapping[str, Callable[[Settings, Sequence[float]], Path]] = {"Adam": adam, "SGD": sgd}
"""The optimizers that a lab may ask for: those whose steps are known here."""

# What a setting is where neither the lab nor the student says anything (Keras documentation of `Adam`).
DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "Adam": {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7, "amsgrad": False},
    "SGD": {},
}
