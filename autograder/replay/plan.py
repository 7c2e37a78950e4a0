"""How to train a network: plain values that the trainer and those who ask it agree on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

INITIALIZERS = {
    *(f"{who}{kind}" for who in ("Glorot", "He", "Lecun") for kind in ("Uniform", "Normal")),
    *("RandomNormal", "RandomUniform", "TruncatedNormal", "Zeros", "Ones"),
}
OPTIMIZERS = {"SGD", "Adam", "AdamW", "Adamax", "Nadam", "RMSprop", "Adagrad", "Adadelta", "Lion"}
LOSSES = {
    "categorical_crossentropy": "CategoricalCrossentropy",
    "binary_crossentropy": "BinaryCrossentropy",
    "categorical_focal_crossentropy": "CategoricalFocalCrossentropy",
    "categorical_hinge": "CategoricalHinge",
    "hinge": "Hinge",
    "huber": "Huber",
    "kl_divergence": "KLDivergence",
    "mean_absolute_error": "MeanAbsoluteError",
    "mean_squared_error": "MeanSquaredError",
    "poisson": "Poisson",
    "squared_hinge": "SquaredHinge",
}


@dataclass(frozen=True)
class Plan:
    """How to train: everything that the result depends on but the images.

    ``layers`` are ``{"kind", "args", "trainable"}``; ``rate`` is that of `rate_at`; ``flip`` and ``shift`` (pixels)
    say how images are changed at random; the network sees ``scale * pixel + offset``. With ``centred``, (mean,
    deviation) of what it sees, the first layer begins as if it saw mean 0 and deviation 1.
    """

    layers: list[dict[str, Any]]
    optimizer: str = "SGD"
    settings: Mapping[str, Any] = field(default_factory=dict)
    rate: Mapping[str, Any] = field(default_factory=lambda: {"kind": "constant", "initial": 0.01})
    loss: str = "categorical_crossentropy"
    label_smoothing: float = 0.0
    batch_size: int = 32
    seed: int = 1
    flip: bool = False
    shift: int = 0
    scale: float = 1 / 255
    offset: float = 0.0
    centred: Sequence[float] | None = None


def rate_at(rate: Mapping[str, Any], step: int) -> float:
    """The learning rate of optimizer step *step*, which counts from 0.

    ``constant``: ``initial``. ``inverse_time``: ``initial / (1 + decay * step)`` (Keras documentation of
    `InverseTimeDecay`). ``triangle``: from 0 up to ``peak`` in ``rise`` steps and down to 0 at ``steps`` (Smith and
    Topin, 2017, "Super-convergence"). ``samples``: straight lines between ``values`` at ``steps``.

    Raises:
        ValueError: another kind.
    """
    match rate["kind"]:
        case "constant":
            return float(rate["initial"])
        case "inverse_time":
            return float(rate["initial"]) / (1 + float(rate["decay"]) * step)
        case "triangle":
            up, down = (step + 1) / rate["rise"], (rate["steps"] - step) / max(1, rate["steps"] - rate["rise"])
            return float(rate["peak"] * max(0.0, min(1.0, up, down)))
        case "samples":
            return float(np.interp(step, rate["steps"], rate["values"]))
    raise ValueError(rate["kind"])
