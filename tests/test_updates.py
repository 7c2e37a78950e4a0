"""The steps of an optimizer by its formula are those that Keras takes."""

from typing import Any

import keras
import numpy as np
import pytest

from autograder import inputs, updates
from autograder.probe import describe, stages
from autograder.replay.plan import OPTIMIZERS

SETTINGS: dict[str, list[dict[str, Any]]] = {
    "SGD": [{}, {"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}, {"weight_decay": 0.1, "momentum": 0.5}],
    "Adam": [{}, {"beta_1": 0.8, "epsilon": 1e-3}, {"beta_2": 0.5}, {"amsgrad": True}, {"weight_decay": 0.1}],
}


@pytest.mark.parametrize(("name", "settings"), [(name, found) for name, several in SETTINGS.items() for found in several])
@pytest.mark.parametrize("falling", [False, True])
@pytest.mark.parametrize("built", [False, True])
def test_steps(name: str, settings: dict[str, Any], falling: bool, built: bool) -> None:
    """Constant and falling learning rates, with every setting that is simulated, also where the network's weights are meant."""
    rate = keras.optimizers.schedules.InverseTimeDecay(0.01, 1, 0.5) if falling else 0.01
    optimizer = getattr(keras.optimizers, name)(rate, **settings)
    network = stages._stand_in()
    if built:
        optimizer.build(network.trainable_variables)
    expected = stages._trajectory(optimizer, network)
    rates = [0.01 / (1 + 0.5 * step) if falling else 0.01 for step in inputs.STEPS]
    found = updates.SIMULATED[name](describe.optimizer(optimizer), rates)

    assert np.allclose(expected, found, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("name", sorted(updates.SIMULATED))
def test_settings_that_are_no_numbers_agree_with_nothing(name: str) -> None:
    """A setting that a submission forged makes the steps NaN and ends in no error."""
    settings = dict.fromkeys(("momentum", "beta_1", "beta_2", "epsilon"), "many")

    assert np.isnan(updates.SIMULATED[name](settings, [0.01] * 3)).all()


@pytest.mark.parametrize("betas", [(1e308, 0.9), (0.9, 1e308), (1.0, 0.9), (-1.0, 0.9), (0.9, -3), (1, 1), (float("inf"), 0.9)])
def test_settings_out_of_bounds_agree_with_nothing(betas: tuple[float, float]) -> None:
    """Adam's shares beyond 0 and 1 overflow nothing and divide by nothing."""
    settings = dict(zip(("beta_1", "beta_2"), betas, strict=True)) | {"epsilon": 0.0}

    assert np.isnan(updates.adam(settings, [0.01] * 3)).all()


def test_defaults_are_those_of_keras() -> None:
    """What a lab does not say about its optimizer is Keras' default."""
    assert set(updates.SIMULATED) == set(updates.DEFAULTS)
    assert set(updates.SIMULATED) <= OPTIMIZERS
    for name, defaults in updates.DEFAULTS.items():
        optimizer = getattr(keras.optimizers, name)()
        assert defaults == {key: getattr(optimizer, key) for key in defaults}
