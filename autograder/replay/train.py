"""Train a network of validated layers, step by step and the same way every time.

All that is random follows from the plan's seed and the number of the step: initial weights and dropout from seeds
of their own, the order of images and their augmentation from a generator for each epoch and step. So the state after
any step is a list of arrays, and a training that goes on from it takes the same path (`Trainer.state`).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.lab import CLASSES, IMAGE
from autograder.replay.plan import LOSSES, Plan, rate_at

CONSTRUCTED = {
    "Conv2D": ("filters", "kernel_size", "strides", "padding", "dilation_rate", "groups", "activation", "use_bias"),
    "Dense": ("units", "activation", "use_bias"),
    "MaxPooling2D": ("pool_size", "strides", "padding"),
    "AveragePooling2D": ("pool_size", "strides", "padding"),
    "ZeroPadding2D": ("padding",),
    "Activation": ("activation",),
    "Flatten": ("data_format",),
    "GlobalAveragePooling2D": (),
    "GlobalMaxPooling2D": (),
}
# The argument that a noise layer's rate is, by class.
NOISE = {
    "Dropout": "rate",
    "SpatialDropout2D": "rate",
    "AlphaDropout": "rate",
    "GaussianDropout": "rate",
    "GaussianNoise": "stddev",
}
EPSILON = 1e-7
BATCH = 250  # images that are predicted at once
Images = NDArray[np.uint8]
Arrays = list[NDArray[Any]]


def _layer(row: int, layer: Mapping[str, Any], seed: int) -> Any:
    import keras

    kind, args = layer["kind"], layer["args"]
    cls = getattr(keras.layers, kind)
    if kind in NOISE:
        return cls(args["rate"], seed=seed) if kind != "GaussianNoise" else cls(stddev=args["rate"], seed=seed)
    found = {key: args[key] for key in CONSTRUCTED[kind] if key in args}
    if kind in {"Conv2D", "Dense"}:
        name = args.get("kernel_initializer") or "GlorotUniform"
        make = getattr(keras.initializers, name)
        found["kernel_initializer"] = make() if name in {"Zeros", "Ones"} else make(seed=seed)
        bound = args.get("kernel_constraint") or {}
        if "max_norm" in bound:
            found["kernel_constraint"] = keras.constraints.MaxNorm(bound["max_norm"], axis=bound.get("axis", [0]))
    return cls(**found, trainable=layer.get("trainable", True))


def construct(plan: Plan) -> Any:
    """The network of *plan* with its initial weights, not compiled."""
    import keras

    seeds = np.random.default_rng([plan.seed, 1]).integers(1, 2**31, len(plan.layers))
    layers = [_layer(row, layer, int(seed)) for row, (layer, seed) in enumerate(zip(plan.layers, seeds, strict=True), 1)]
    model = keras.Sequential([keras.Input(IMAGE), *layers])
    if plan.centred is not None:
        _centre(model.layers[0], *plan.centred)
    return model


def _centre(first: Any, mean: float, deviation: float) -> None:
    """Give the first layer weights with which it answers inputs as it would have answered (input - mean) / deviation.

    But for the border, where padding is black and not grey. A layer without a kernel and a bias stays as it is.
    """
    if len(first.weights) == 2:
        kernel, bias = first.get_weights()
        kernel = kernel / deviation
        first.set_weights([kernel, bias - mean * kernel.sum(axis=tuple(range(kernel.ndim - 1)))])


def _loss(plan: Plan) -> Any:
    import keras

    cls = getattr(keras.losses, LOSSES[plan.loss])
    return cls(label_smoothing=plan.label_smoothing) if plan.label_smoothing else cls()


def augmented(images: Images, plan: Plan, rng: np.random.Generator) -> Images:
    """Images (b, height, width, channels), each flipped with probability 1/2 and shifted by up to ``plan.shift`` pixels each way.

    What a shift uncovers is filled by reflection.
    """
    if not plan.flip and not plan.shift:
        return images
    count, side, edge = len(images), images.shape[1], plan.shift
    padded = np.pad(images, ((0, 0), (edge, edge), (edge, edge), (0, 0)), mode="reflect")
    top, left = rng.integers(0, 2 * edge + 1, (2, count))
    rows = top[:, None] + np.arange(side)  # (b, 32)
    columns = left[:, None] + np.arange(side)
    flipped = (rng.random(count) < 0.5) & plan.flip
    columns = np.where(flipped[:, None], columns[:, ::-1], columns)
    moved: Images = padded[np.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :]]
    return moved


def deterministic(threads: int) -> None:
    """Make TensorFlow repeat itself: fixed kernels, and *threads* of them, since sums depend on how they are shared out.

    Only before it has computed anything.
    """
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.experimental.enable_op_determinism()


class Trainer:
    """A network in training on images (n, height, width, channels) uint8 with class numbers (n,).

    Call `deterministic` before the first one is made.
    """

    def __init__(self, plan: Plan, images: Images, labels: NDArray[np.integer[Any]]) -> None:
        import keras

        keras.utils.set_random_seed(plan.seed)
        self.plan, self.images, self.labels = plan, images, np.asarray(labels).ravel()
        self.model = construct(plan)
        optimizer = getattr(keras.optimizers, plan.optimizer)(learning_rate=rate_at(plan.rate, 0), **plan.settings)
        self.model.compile(optimizer=optimizer, loss=_loss(plan), metrics=["accuracy"])
        optimizer.build(self.model.trainable_variables)
        self.steps_per_epoch = -(-len(images) // plan.batch_size)
        self.step = 0
        self.sums = [0.0, 0.0, 0]  # of loss and accuracy over the images of this epoch, and their number
        self._order: tuple[int, NDArray[np.int64]] = (-1, np.empty(0, np.int64))

    def _rows(self, epoch: int, step: int) -> NDArray[np.int64]:
        if self._order[0] != epoch:
            self._order = (epoch, np.random.default_rng([self.plan.seed, 2, epoch]).permutation(len(self.images)))
        start = step * self.plan.batch_size
        return self._order[1][start : start + self.plan.batch_size]

    def seen(self, images: Images) -> NDArray[np.float32]:
        """Images as the network gets them."""
        return images.astype(np.float32) * np.float32(self.plan.scale) + np.float32(self.plan.offset)

    def advance(self) -> tuple[float, float]:
        """Take one step; its loss and accuracy. The last batch of an epoch may be smaller, as in Keras' `fit`."""
        epoch, within = divmod(self.step, self.steps_per_epoch)
        if within == 0:
            self.sums = [0.0, 0.0, 0]
        rows = self._rows(epoch, within)
        rng = np.random.default_rng([self.plan.seed, 3, self.step])
        batch = self.seen(augmented(self.images[rows], self.plan, rng))
        self.model.optimizer.learning_rate = rate_at(self.plan.rate, self.step)
        self.model.reset_metrics()
        loss, accuracy = self.model.train_on_batch(batch, np.eye(CLASSES, dtype=np.float32)[self.labels[rows]])
        self.step += 1
        self.sums = [self.sums[0] + float(loss) * len(rows), self.sums[1] + float(accuracy) * len(rows), self.sums[2] + len(rows)]
        return float(loss), float(accuracy)

    @property
    def epoch_ended(self) -> bool:
        """Whether the step just taken was an epoch's last."""
        return self.step % self.steps_per_epoch == 0

    def means(self) -> tuple[float, float]:
        """Mean loss and accuracy over the images of this epoch so far, as Keras' progress bar shows them."""
        count = max(1, self.sums[2])
        return self.sums[0] / count, self.sums[1] / count

    def state(self) -> dict[str, NDArray[Any]]:
        """All that the next step depends on, as arrays."""
        variables = [*self.model.variables, *self.model.optimizer.variables]
        found: dict[str, NDArray[Any]] = {f"v{number:03d}": np.asarray(variable) for number, variable in enumerate(variables)}
        return found | {"step": np.asarray(self.step, np.int64), "sums": np.asarray(self.sums, np.float64)}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go on from a state.

        Raises:
            ValueError: it belongs to another network.
        """
        variables = [*self.model.variables, *self.model.optimizer.variables]
        if len(state) != len(variables) + 2:
            raise ValueError("another network")
        for number, variable in enumerate(variables):
            variable.assign(state[f"v{number:03d}"])
        self.step = int(state["step"])
        total, right, count = state["sums"]
        self.sums = [float(total), float(right), int(count)]

    def predict(self, images: Images, flip: bool = False) -> NDArray[np.float32]:
        """Probabilities (n, classes) of images; with *flip* the mean of those for an image and for its mirror image."""
        found = []
        for start in range(0, len(images), BATCH):
            batch = self.seen(images[start : start + BATCH])
            shares = np.asarray(self.model.predict_on_batch(batch))
            found.append((shares + np.asarray(self.model.predict_on_batch(batch[:, :, ::-1]))) / 2 if flip else shares)
        return np.concatenate(found)


def measured(shares: NDArray[np.float32], labels: NDArray[np.integer[Any]]) -> tuple[float, float]:
    """Mean cross-entropy and accuracy of probabilities (n, classes) for class numbers (n,)."""
    labels = np.asarray(labels).ravel()
    right = np.clip(shares[np.arange(len(labels)), labels], EPSILON, 1)
    return float(-np.log(right.astype(np.float64)).mean()), float((shares.argmax(axis=1) == labels).mean())
