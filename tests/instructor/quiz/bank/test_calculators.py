"""The calculators beside what real layers of Keras have, give and do."""

import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from autograder.instructor.quiz.bank import calculators as calc
from tests.test_network import EXPECTED

IMAGE = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
MATRIX = [[1, 3, 2, 0], [4, 6, 5, 1], [7, 2, 9, 8], [0, 1, 3, 4]]


def built(layer: Any, *shape: int) -> Any:
    """A layer with its weights, for inputs of a shape."""
    layer.build((None, *shape))
    return layer


def applied(layer: Any, values: Sequence[Any]) -> Any:
    """What a layer makes of one channel."""
    array = np.asarray(values, np.float32)
    return np.asarray(layer(array.reshape(1, *array.shape, 1)))[0, ..., 0]


@pytest.mark.parametrize(("n", "k", "p", "s", "d"), [(32, 3, 0, 1, 1), (33, 5, 2, 2, 1), (28, 7, 1, 3, 1), (20, 3, 0, 1, 2)])
def test_side_of_a_map(n: int, k: int, p: int, s: int, d: int) -> None:
    """Padding, stride and dilation give the side that Keras gives."""
    padded = layers.ZeroPadding2D(p)(np.zeros((1, n, n, 1), np.float32))
    found = layers.Conv2D(1, k, strides=s, dilation_rate=d)(padded)

    assert calc.conv_out(n, k, p, s, d) == found.shape[1] == found.shape[2]


@pytest.mark.parametrize(("n", "s"), [(33, 2), (32, 2), (10, 3)])
def test_side_with_same_padding(n: int, s: int) -> None:
    """Keras' "same" rounds up."""
    assert calc.same_out(n, s) == layers.Conv2D(1, 3, strides=s, padding="same")(np.zeros((1, n, n, 1), np.float32)).shape[1]


@pytest.mark.parametrize("k", [1, 3, 5, 7])
def test_padding_that_keeps_the_size(k: int) -> None:
    """It is half of what an odd kernel loses."""
    assert 17 == calc.conv_out(17, k, calc.same_pad(k))


def test_parameters_of_layers() -> None:
    """With and without bias, as Keras counts them."""
    assert calc.conv_params(3, 32, 64) == built(layers.Conv2D(64, 3), 8, 8, 32).count_params()
    assert calc.conv_params(5, 3, 8, bias=False) == built(layers.Conv2D(8, 5, use_bias=False), 8, 8, 3).count_params()
    assert calc.dense_params(512, 10) == built(layers.Dense(10), 512).count_params()
    assert calc.dense_params(7, 3, bias=False) == built(layers.Dense(3, use_bias=False), 7).count_params()
    assert (
        calc.separable_params(3, 64, 128, bias=False)
        == built(layers.SeparableConv2D(128, 3, use_bias=False), 8, 8, 64).count_params()
    )
    assert calc.separable_params(3, 4, 5) == built(layers.SeparableConv2D(5, 3), 8, 8, 4).count_params()
    norm = built(layers.BatchNormalization(), 8, 8, 64)
    assert calc.batchnorm_params(64) == norm.count_params()
    assert calc.batchnorm_trainable(64) == sum(math.prod(weight.shape) for weight in norm.trainable_weights)


def test_the_labs_network() -> None:
    """Its parameters are those of the marking scheme's network."""
    assert calc.lab_params() == EXPECTED.parameters() == 4_293_194
    assert calc.flatten(8, 8, 128) == layers.Flatten()(np.zeros((1, 8, 8, 128), np.float32)).shape[1]


def test_convolution_is_what_keras_correlates() -> None:
    """`Conv2D` does not turn its kernel round; `numpy.convolve` does."""
    kernel = [[1, 0], [0, -1]]
    layer = built(layers.Conv2D(1, 2, use_bias=False), 3, 3, 1)
    layer.set_weights([np.asarray(kernel, np.float32)[:, :, None, None]])

    assert calc.xcorr2d(IMAGE, kernel) == applied(layer, IMAGE).tolist()
    assert -4 == calc.xcorr2d(IMAGE, kernel)[0][0] == -calc.xcorr2d(IMAGE, calc.flip2d(kernel))[0][0]
    assert calc.conv_full([1, 2, 3], [1, 0, -1]) == np.convolve([1, 2, 3], [1, 0, -1]).tolist()
    assert calc.conv_valid([1, 2, 3, 4], [1, 0, -1]) == np.convolve([1, 2, 3, 4], [1, 0, -1], "valid").tolist()
    assert calc.xcorr_valid([1, 2, 3, 4], [1, 0, -1]) == np.correlate([1, 2, 3, 4], [1, 0, -1], "valid").tolist()


def test_pooling_and_activations() -> None:
    """Windows of two, ReLU, softmax and cross-entropy as Keras has them."""
    assert calc.maxpool(MATRIX, 2) == applied(layers.MaxPooling2D(2), MATRIX).tolist()
    assert calc.avgpool(MATRIX, 2) == applied(layers.AveragePooling2D(2), MATRIX).tolist()
    values = np.asarray([-2, 0, 3, 1.5], np.float32)
    assert calc.relu(values.tolist()) == np.asarray(keras.ops.relu(values)).tolist()
    assert calc.softmax(values.tolist()) == pytest.approx(np.asarray(keras.ops.softmax(values)).tolist())
    loss = keras.losses.CategoricalCrossentropy()([[0.0, 1.0]], [[0.75, 0.25]])
    assert calc.cross_entropy(0.25) == pytest.approx(float(loss), rel=1e-5)
    smooth = keras.losses.CategoricalCrossentropy(label_smoothing=0.1)([[1.0] + [0.0] * 9], [[0.5] + [0.5 / 9] * 9])
    target = calc.smooth_label(0.1, 10)
    assert float(smooth) == pytest.approx(-target * math.log(0.5) - (1 - target) * math.log(0.5 / 9), rel=1e-5)


@pytest.mark.parametrize("steps", [[[3, 1]], [[3, 1], [3, 1], [2, 2], [3, 1], [2, 2]], [[5, 2], [3, 1]]])
def test_receptive_field(steps: list[list[int]]) -> None:
    """The gradient of a unit in the middle reaches so many pixels and no more."""
    import tensorflow as tf

    net = keras.Sequential(
        [layers.Conv2D(1, k, strides=s, padding="valid", use_bias=False, kernel_initializer="ones") for k, s in steps]
    )
    image = tf.Variable(np.ones((1, 41, 41, 1), np.float32))
    with tf.GradientTape() as tape:
        found = net(image)
        middle = found[0, found.shape[1] // 2, found.shape[2] // 2, 0]
    reached = np.flatnonzero(np.asarray(tape.gradient(middle, image))[0, :, :, 0].sum(0))

    assert calc.receptive_field(steps) == reached[-1] - reached[0] + 1


def test_dropout() -> None:
    """Kept units are scaled so that the mean stays, and the variance is what the formula says."""
    keras.utils.set_random_seed(1)
    given = np.ones((1, 200_000), np.float32)
    found = np.asarray(layers.Dropout(0.2)(given, training=True))

    assert calc.dropout_scale(0.2) == pytest.approx(found.max())
    assert calc.dropout_variance(1, 0.2) == pytest.approx(found.var(), rel=0.02)
    assert calc.expected_active(200_000, 0.2) == pytest.approx(np.count_nonzero(found), rel=0.01)


def test_max_norm_and_decay() -> None:
    """A constraint projects, an L2 penalty shrinks, and the learning rate falls as Keras does it."""
    constrained = np.asarray(keras.constraints.MaxNorm(3)(np.asarray([[3.0], [4.0]], np.float32))).ravel()
    assert calc.max_norm([3, 4], 3) == pytest.approx(constrained.tolist(), rel=1e-5)
    assert calc.max_norm([1, 2], 3) == [1, 2]
    kernel = np.asarray(keras.constraints.MaxNorm(3)(np.full((3, 3, 32, 64), 100, np.float32)))
    assert calc.max_norm_filter_bound(3, 3 * 32) == pytest.approx(float(np.linalg.norm(kernel[..., 0])), rel=1e-5)
    weight = keras.Variable([1.0])
    optimizer = keras.optimizers.SGD(0.01)
    optimizer.build([weight])
    optimizer.apply([np.asarray([2 * 0.0005], np.float32)], [weight])  # the gradient of 0.0005 w^2 at w = 1
    assert calc.l2_factor(0.01, 0.0005) == pytest.approx(float(weight.numpy()[0]), abs=1e-7)
    schedule = keras.optimizers.schedules.InverseTimeDecay(0.01, 1, 0.01 / 25)
    assert calc.inverse_time_rate(0.01, 0.01 / 25, 39075) == pytest.approx(float(schedule(39075)), rel=1e-4)


def test_momentum_reaches_its_gain() -> None:
    """Under a steady gradient the steps grow to a multiple of the plain one."""
    weight = keras.Variable([0.0])
    optimizer = keras.optimizers.SGD(0.01, momentum=0.9)
    optimizer.build([weight])
    places = []
    for _ in range(200):
        optimizer.apply([np.asarray([1.0], np.float32)], [weight])
        places.append(float(weight.numpy()[0]))

    assert calc.momentum_gain(0.9) == pytest.approx((places[-2] - places[-1]) / 0.01, rel=1e-2)


def test_early_stopping() -> None:
    """The callback stops where the formula says, and names the same best epoch."""
    losses = [0.90, 0.80, 0.75, 0.77, 0.76, 0.74]
    callback = keras.callbacks.EarlyStopping(patience=2)
    callback.set_model(keras.Sequential([layers.Dense(1)]))
    callback.on_train_begin()
    for epoch, loss in enumerate(losses):
        callback.on_epoch_end(epoch, {"val_loss": loss})
        if getattr(callback.model, "stop_training", False):
            break

    assert calc.early_stop(losses, 2) == [epoch + 1, callback.best_epoch + 1] == [5, 3]
    assert [6, 6] == calc.early_stop(losses, 3)


def test_errors_of_measured_accuracies() -> None:
    """Standard errors and the expected best of many looks agree with simulated ones."""
    random = np.random.default_rng(1)
    assert calc.accuracy_se(0.8, 10_000) == pytest.approx(random.binomial(10_000, 0.8, 20_000).std() / 10_000, rel=0.02)
    assert calc.difference_se(0.8, 0.803, 10_000) == pytest.approx(0.0056, abs=0.0001)
    assert calc.expected_best(25) == pytest.approx(random.standard_normal((40_000, 25)).max(1).mean(), rel=0.01)
    assert calc.expected_best(1) == pytest.approx(0, abs=1e-6)


def test_counts_of_training() -> None:
    """Steps of an epoch, multiply-adds and images left for training."""
    assert 1563 == calc.steps_per_epoch(50_000, 32)
    assert 45_000 == calc.held_in(50_000, 0.1)
    assert 884_736 == calc.macs(32, 32, 3, 3, 32)
