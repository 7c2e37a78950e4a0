"""A short training in the sandbox: some steps, then a class for each test image, whose labels are not here."""

import base64
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.replay.plan import Plan
from autograder.replay.train import Trainer, deterministic


class Average:
    """The mean of weights over steps: after few steps it says more, and depends less on the seed, than the last ones.

    Polyak and Juditsky (1992), "Acceleration of stochastic approximation by averaging".
    """

    def __init__(self) -> None:
        self._sums: list[NDArray[np.float32]] = []
        self._count = 0

    def add(self, variables: Sequence[Any]) -> None:
        """Count the weights as they are now."""
        found = map(np.asarray, variables)
        if self._count == 0:
            self._sums = [new.copy() for new in found]
        else:
            for total, new in zip(self._sums, found, strict=True):
                total += new
        self._count += 1

    def assign(self, variables: Sequence[Any]) -> None:
        """Give the variables their mean, if any was counted."""
        for variable, total in zip(variables, self._sums, strict=False):
            variable.assign(total / np.float32(self._count))


def trial(request: dict[str, Any]) -> dict[str, Any]:
    """Train ``request["plan"]`` for ``steps`` steps on ``x``, ``y`` of the ``.npz`` file ``data`` and predict ``x_test``.

    What predicts has the mean weights of the second half of the steps. A training that diverges ends early, and what
    its network says counts. The record has the loss of each step.
    """
    deterministic(request["threads"])
    with np.load(request["data"], allow_pickle=False) as arrays:
        x, y, x_test = arrays["x"], arrays["y"], arrays["x_test"]
    trainer = Trainer(Plan(**request["plan"]), x, y)
    losses: list[float] = []
    average = Average()
    while trainer.step < request["steps"] and all(map(math.isfinite, losses[-1:])):
        losses.append(trainer.advance()[0])
        if trainer.step > request["steps"] // 2:
            average.add(trainer.model.trainable_variables)
    average.assign(trainer.model.trainable_variables)
    predicted = trainer.predict(x_test).argmax(axis=1).astype(np.uint8)
    told = [round(loss, 4) if math.isfinite(loss) else None for loss in losses]
    return {"status": "ok", "predicted": base64.b64encode(predicted.tobytes()).decode("ascii"), "losses": told}
