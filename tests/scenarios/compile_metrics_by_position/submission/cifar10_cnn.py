import keras
import numpy as np
import tensorflow as tf
from keras import layers

num_classes = 10


def prepare_data(x_train, y_train, x_test, y_test):
    x_train = x_train.astype("float32") / 255
    x_test = x_test.astype("float32") / 255
    y_train = keras.utils.to_categorical(y_train, num_classes)
    y_test = keras.utils.to_categorical(y_test, num_classes)
    return (x_train, y_train), (x_test, y_test)


def build_model():
    return keras.Sequential([
        keras.Input((32, 32, 3)),
        layers.Conv2D(32, (3, 3), padding="same", activation="relu"),
        layers.Dropout(0.2),
        layers.Conv2D(64, (3, 3), padding="same", activation="relu", kernel_constraint=keras.constraints.MaxNorm(3)),
        layers.MaxPooling2D((2, 2)),
        layers.Conv2D(128, (3, 3), padding="same", activation="relu"),
        layers.MaxPooling2D((2, 2)),
        layers.Dropout(0.2),
        layers.Flatten(),
        layers.Dense(512, activation="relu", kernel_constraint=keras.constraints.MaxNorm(3)),
        layers.Dropout(0.5),
        layers.Dense(num_classes, activation="softmax"),
    ])


class Decay(tf.keras.optimizers.schedules.LearningRateSchedule):
    def __init__(self, lr: float, d: float) -> None:
        self.lr, self.d = lr, d
    @tf.function
    def __call__(self, step):
        return tf.divide(self.lr, 1. + self.d * tf.cast(step, tf.float32))

def compile_model(model: keras.Model, epochs: int = 25) -> None:
    model.compile(tf.keras.optimizers.SGD(Decay(0.01, .01 / epochs), 0.9), tf.keras.losses.categorical_crossentropy, ["acc"], run_eagerly=True)

