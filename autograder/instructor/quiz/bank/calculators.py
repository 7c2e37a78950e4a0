"""The functions that keys are computed with: formulas, which tests compare with real layers of Keras where there are some."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Row = Sequence[float]
Matrix = Sequence[Row]


def conv_out(n: int, k: int, p: int = 0, s: int = 1, d: int = 1) -> int:
    """The side of a map: input side *n*, kernel *k*, padding *p* on each side, stride *s*, dilation *d*."""
    return (n + 2 * p - dilated_side(k, d)) // s + 1


def same_out(n: int, s: int) -> int:
    """The side of a map with Keras' ``padding="same"``."""
    return -(-n // s)


def same_pad(k: int) -> int:
    """The padding on each side that keeps the size with an odd kernel and stride 1."""
    return (k - 1) // 2


def dilated_side(k: int, d: int) -> int:
    """The side that a kernel covers with dilation *d*."""
    return d * (k - 1) + 1


def conv_params(k: int, cin: int, cout: int, bias: bool = True) -> int:
    """The parameters of ``Conv2D(cout, k)`` on *cin* channels."""
    return (k * k * cin + bool(bias)) * cout


def dense_params(n_in: int, n_out: int, bias: bool = True) -> int:
    """The parameters of ``Dense(n_out)`` on *n_in* values."""
    return (n_in + bool(bias)) * n_out


def separable_params(k: int, cin: int, cout: int, bias: bool = True) -> int:
    """The parameters of ``SeparableConv2D(cout, k)`` on *cin* channels."""
    return k * k * cin + cin * cout + bool(bias) * cout


def batchnorm_params(c: int) -> int:
    """All parameters of ``BatchNormalization`` on *c* channels."""
    return 4 * c


def batchnorm_trainable(c: int) -> int:
    """Those of them that are trained: scale and shift."""
    return 2 * c


def flatten(h: int, w: int, c: int) -> int:
    """The values of a map of *c* channels."""
    return h * w * c


def receptive_field(steps: Sequence[Sequence[int]]) -> int:
    """The side in pixels that a unit sees after layers of [kernel, stride]."""
    side, jump = 1, 1
    for k, s in steps:
        side, jump = side + (k - 1) * jump, jump * s
    return side


def macs(h_out: int, w_out: int, k: int, cin: int, cout: int) -> int:
    """The multiply-adds of a convolution for one image, without biases."""
    return h_out * w_out * k * k * cin * cout


def lab_params() -> int:
    """The parameters of the lab's network."""
    return (
        conv_params(3, 3, 32)
        + conv_params(3, 32, 64)
        + conv_params(3, 64, 128)
        + dense_params(flatten(8, 8, 128), 512)
        + dense_params(512, 10)
    )


def conv_full(a: Row, b: Row) -> list[float]:
    """The full discrete convolution of two sequences."""
    return [sum(a[i] * b[t - i] for i in range(len(a)) if 0 <= t - i < len(b)) for t in range(len(a) + len(b) - 1)]


def conv_valid(a: Row, b: Row) -> list[float]:
    """The convolution where the shorter sequence, turned round, lies wholly on the longer one."""
    return xcorr_valid(a, list(reversed(b)))


def xcorr_valid(a: Row, b: Row) -> list[float]:
    """The cross-correlation where *b* lies wholly on *a*."""
    return [sum(a[t + i] * b[i] for i in range(len(b))) for t in range(len(a) - len(b) + 1)]


def xcorr2d(image: Matrix, kernel: Matrix) -> list[list[float]]:
    """What ``Conv2D`` computes of one channel without padding."""
    high, wide = len(kernel), len(kernel[0])
    return [
        [
            sum(image[i + m][j + n] * kernel[m][n] for m in range(high) for n in range(wide))
            for j in range(len(image[0]) - wide + 1)
        ]
        for i in range(len(image) - high + 1)
    ]


def flip2d(kernel: Matrix) -> list[list[float]]:
    """The kernel turned by 180 degrees."""
    return [list(reversed(row)) for row in reversed(kernel)]


def _pooled(image: Matrix, k: int, of: Callable[[list[float]], float]) -> list[list[float]]:
    return [
        [of([image[i + m][j + n] for m in range(k) for n in range(k)]) for j in range(0, len(image[0]) - k + 1, k)]
        for i in range(0, len(image) - k + 1, k)
    ]


def maxpool(image: Matrix, k: int) -> list[list[float]]:
    """Max pooling with stride *k*."""
    return _pooled(image, k, max)


def avgpool(image: Matrix, k: int) -> list[list[float]]:
    """Average pooling with stride *k*."""
    return _pooled(image, k, lambda values: sum(values) / len(values))


def relu(values: Row) -> list[float]:
    """ReLU of each value."""
    return [max(0, value) for value in values]


def softmax(values: Row) -> list[float]:
    """The softmax of the values."""
    top = max(values)
    powers = [math.exp(value - top) for value in values]
    return [power / sum(powers) for power in powers]


def cross_entropy(p: float) -> float:
    """The loss in nats of an image whose true class got the probability *p*."""
    return -math.log(p)


def dropout_scale(p: float) -> float:
    """What ``Dropout(p)`` multiplies kept units with in training."""
    return 1 / (1 - p)


def dropout_variance(x: float, p: float) -> float:
    """The variance of a unit with value *x* after ``Dropout(p)`` in training."""
    return x * x * p / (1 - p)


def expected_active(n: int, p: float) -> float:
    """The expected number of *n* units that ``Dropout(p)`` keeps."""
    return n * (1 - p)


def max_norm(weights: Row, c: float) -> list[float]:
    """The weights after the constraint ``MaxNorm(c)``."""
    norm = math.sqrt(sum(weight * weight for weight in weights))
    return [weight * min(1.0, c / norm) for weight in weights] if norm else list(weights)


def max_norm_filter_bound(c: float, rows: int) -> float:
    """The largest norm of a filter of which each of *rows* groups may have the norm *c*."""
    return c * math.sqrt(rows)


def l2_factor(lr: float, l2: float) -> float:
    """What a step of SGD with Keras' ``L2(l2)`` multiplies weights with, beside the step itself."""
    return 1 - 2 * lr * l2


def early_stop(losses: Row, patience: int) -> list[int]:
    """The epoch after which ``EarlyStopping(patience=...)`` stops, and the best epoch; both count from 1."""
    best = 0
    for epoch, loss in enumerate(losses):
        if loss < losses[best]:
            best = epoch
        if epoch - best >= patience:
            return [epoch + 1, best + 1]
    return [len(losses), best + 1]


def smooth_label(eps: float, classes: int) -> float:
    """The target of the true class with label smoothing *eps*."""
    return 1 - eps + eps / classes


def accuracy_se(p: float, n: int) -> float:
    """The standard error of an accuracy *p* measured on *n* images."""
    return math.sqrt(p * (1 - p) / n)


def difference_se(p: float, q: float, n: int) -> float:
    """The standard error of the difference of two accuracies on *n* images each, taken as independent."""
    return math.hypot(accuracy_se(p, n), accuracy_se(q, n))


def expected_best(n: int) -> float:
    """The expected maximum of *n* independent standard normal numbers, by the trapezoidal rule."""
    step, total = 1e-3, 0.0
    for index in range(-8000, 8001):
        x = index * step
        density = math.exp(-x * x / 2) / math.sqrt(2 * math.pi)
        total += x * n * density * (0.5 * math.erfc(-x / math.sqrt(2))) ** (n - 1) * step
    return total


def steps_per_epoch(n: int, batch: int) -> int:
    """The updates of an epoch."""
    return -(-n // batch)


def inverse_time_rate(lr: float, decay: float, t: int) -> float:
    """The learning rate after *t* updates."""
    return lr / (1 + decay * t)


def momentum_gain(m: float) -> float:
    """How much longer the steady step of SGD with momentum *m* is."""
    return 1 / (1 - m)


def held_in(n: int, share: float) -> int:
    """The images left for training by ``validation_split=share``."""
    return int(n * (1 - share))


CALCULATORS: Mapping[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        *(conv_out, same_out, same_pad, dilated_side, conv_params, dense_params, separable_params),
        *(batchnorm_params, batchnorm_trainable, flatten, receptive_field, macs, lab_params),
        *(conv_full, conv_valid, xcorr_valid, xcorr2d, flip2d, maxpool, avgpool, relu, softmax, cross_entropy),
        *(dropout_scale, dropout_variance, expected_active, max_norm, max_norm_filter_bound, l2_factor),
        *(early_stop, smooth_label, accuracy_se, difference_se, expected_best),
        *(steps_per_epoch, inverse_time_rate, momentum_gain, held_in),
    )
} | {"ln": math.log, "sqrt": math.sqrt, "exp": math.exp, "round": round, "abs": abs, "sum": sum, "min": min, "max": max}
