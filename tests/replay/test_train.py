"""The trainer takes Keras' own steps, and augments and centres as it says."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from autograder import dataset, recipes
from autograder.replay.plan import Plan
from autograder.replay.train import Trainer, augmented, construct, measured
from autograder.scheme import load

SCHEME = load()
LAB = recipes.lab(SCHEME, epochs=25, seed=3)
SMALL = Plan(
    layers=[
        {"kind": "Conv2D", "args": {"filters": 4, "kernel_size": [3, 3], "padding": "same", "activation": "relu"}},
        {"kind": "MaxPooling2D", "args": {"pool_size": [4, 4], "strides": [4, 4], "padding": "valid"}},
        {"kind": "Flatten", "args": {}},
        {"kind": "Dense", "args": {"units": 10, "activation": "softmax", "kernel_constraint": {"max_norm": 0.5, "axis": [0]}}},
    ],
    settings={"momentum": 0.9, "nesterov": False},
    rate={"kind": "inverse_time", "initial": 0.05, "decay": 0.1},
    batch_size=8,
    seed=4,
)
DATA = dataset.synthetic(30, 20)


def trained(plan: Plan, steps: int) -> Trainer:
    """A trainer after some steps."""
    trainer = Trainer(plan, DATA.x_train, DATA.y_train)
    for _ in range(steps):
        trainer.advance()
    return trainer


def test_the_lab_network_has_its_parameters() -> None:
    """The network of the lab's plan has 4,293,194 parameters, its dropout rates and its two bounds."""
    model = construct(LAB)

    assert model.count_params() == 4_293_194
    assert [layer.rate for layer in model.layers if hasattr(layer, "rate")] == [0.2, 0.2, 0.5]
    bounds = [layer.kernel_constraint for layer in model.layers if getattr(layer, "kernel_constraint", None)]
    assert [(bound.max_value, list(np.atleast_1d(bound.axis))) for bound in bounds] == [(3.0, [0]), (3.0, [0])]


def test_the_seed_decides_on_initial_weights() -> None:
    """The same seed gives the same weights, another one others; no two layers share theirs."""
    first, again, other = (construct(replace(SMALL, seed=seed)).get_weights() for seed in (4, 4, 5))

    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], other[0])


def test_steps_are_those_of_fit() -> None:
    """Two epochs leave the weights, and report the loss, that Keras' `fit` does on the same images in the same order."""
    mine = trained(SMALL, 8)
    model = construct(SMALL)
    rate = keras.optimizers.schedules.InverseTimeDecay(0.05, decay_steps=1, decay_rate=0.1)
    model.compile(keras.optimizers.SGD(rate, momentum=0.9), "categorical_crossentropy", metrics=["accuracy"])
    for epoch in range(2):
        rows = np.random.default_rng([4, 2, epoch]).permutation(30)
        labels = keras.utils.to_categorical(DATA.y_train[rows], 10)
        history = model.fit(DATA.x_train[rows].astype("float32") / 255, labels, batch_size=8, shuffle=False, verbose=0).history

    for found, expected in zip(mine.model.get_weights(), model.get_weights(), strict=True):
        assert found == pytest.approx(expected, abs=1e-6)
    assert mine.means() == pytest.approx((history["loss"][0], history["accuracy"][0]), abs=1e-5)


def test_a_state_is_all_that_matters() -> None:
    """A trainer that takes up a state in the middle of an epoch ends where the first one does, bit by bit."""
    plan = replace(
        SMALL, flip=True, shift=2, layers=[*SMALL.layers[:2], {"kind": "Dropout", "args": {"rate": 0.5}}, *SMALL.layers[2:]]
    )
    first = trained(plan, 3)
    second = Trainer(plan, DATA.x_train, DATA.y_train)
    second.restore(first.state())
    for trainer in (first, second):
        for _ in range(4):
            trainer.advance()
    ends = [trainer.state() for trainer in (first, second)]

    assert all(np.array_equal(value, ends[1][name]) for name, value in ends[0].items())


def test_a_state_of_another_network_is_refused() -> None:
    """A state with another number of arrays is an error."""
    with pytest.raises(ValueError, match="another network"):
        trained(SMALL, 0).restore({"step": np.asarray(1), "sums": np.zeros(3)})


def test_bounds_hold_after_each_step() -> None:
    """No column of the constrained kernel is longer than its bound."""
    plan = replace(SMALL, rate={"kind": "constant", "initial": 1.0})
    kernel = trained(plan, 3).model.layers[-1].get_weights()[0]

    assert np.linalg.norm(kernel, axis=0).max() == pytest.approx(0.5, abs=1e-3)


def test_augmented_images_are_shifted_and_mirrored_ones() -> None:
    """Each image is one of the reflected original's windows, some mirrored, and all shifts come up."""
    image = DATA.x_train[:1]
    windows = {}
    padded = np.pad(image[0], ((1, 1), (1, 1), (0, 0)), mode="reflect")
    for top in range(3):
        for left in range(3):
            window = padded[top : top + 32, left : left + 32]
            windows[window.tobytes()] = (top, left, False)
            windows[np.ascontiguousarray(window[:, ::-1]).tobytes()] = (top, left, True)
    many = augmented(image.repeat(300, axis=0), replace(SMALL, flip=True, shift=1), np.random.default_rng(1))

    assert len({windows[found.tobytes()] for found in many}) == 18


def test_nothing_is_augmented_unasked() -> None:
    """Without flips and shifts images stay as they are."""
    assert augmented(DATA.x_train, SMALL, np.random.default_rng(1)) is DATA.x_train


def test_a_centred_layer_answers_as_if_images_had_mean_0_and_deviation_1() -> None:
    """Away from the border the first layer says of an image what the usual one says of the standardized image."""
    plan = replace(SMALL, centred=(0.4, 0.2))
    image = np.random.default_rng(2).random((1, 32, 32, 3), np.float32)
    usual, centred = construct(SMALL).layers[0], construct(plan).layers[0]
    expected = np.asarray(usual((image - 0.4) / 0.2))

    assert np.asarray(centred(image))[:, 1:-1, 1:-1] == pytest.approx(expected[:, 1:-1, 1:-1], abs=1e-4)


def test_measures_are_keras_own() -> None:
    """Cross-entropy and accuracy of given probabilities are those of Keras."""
    shares = np.random.default_rng(3).dirichlet(np.ones(10), 20).astype(np.float32)
    labels = keras.utils.to_categorical(DATA.y_test, 10)
    loss, accuracy = measured(shares, DATA.y_test)

    assert loss == pytest.approx(float(np.mean(keras.losses.categorical_crossentropy(labels, shares))), abs=1e-5)
    assert accuracy == pytest.approx(float(np.mean(keras.metrics.categorical_accuracy(labels, shares))))
