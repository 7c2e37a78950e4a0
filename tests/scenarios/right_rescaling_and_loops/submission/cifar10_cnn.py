import numpy as np
import tensorflow as tf

layers = tf.keras.layers
to_unit = layers.Rescaling(1 / 255)


def encode(labels):
    """One-hot by hand."""
    table = np.zeros((len(labels), 10), dtype=np.float32)
    for row, label in enumerate(labels.ravel()):
        table[row, label] = 1
    return table


def prepare_data(x_train, y_train, x_test, y_test, verbose=True):
    if verbose:
        print("train", x_train.shape, "test", x_test.shape)
    return (to_unit(x_train), encode(y_train)), (to_unit(x_test), encode(y_test))


conv = dict(kernel_size=(3, 3), padding="same", activation="relu")
model = tf.keras.Sequential([
    tf.keras.Input((32, 32, 3)),
    layers.Conv2D(32, **conv),
    layers.Dropout(0.2),
    layers.Conv2D(64, kernel_constraint=tf.keras.constraints.MaxNorm(3), **conv),
    layers.MaxPooling2D(2, 2),
    layers.Conv2D(128, **conv),
    layers.MaxPooling2D(2, 2),
    layers.Dropout(0.2),
    layers.Flatten(),
    layers.Dense(512, "relu", kernel_constraint=tf.keras.constraints.MaxNorm(3)),
    layers.Dropout(0.5),
    layers.Dense(10, "softmax"),
])
print("parameters:", model.count_params())


def build_model():
    return model


def compile_model(model, epochs=25):
    model.compile(
        tf.keras.optimizers.SGD(tf.keras.optimizers.schedules.InverseTimeDecay(0.01, 1, 0.01 / epochs), 0.9),
        tf.keras.losses.CategoricalCrossentropy(),
        metrics=[tf.keras.metrics.CategoricalAccuracy(name="acc")],
    )
    return model
