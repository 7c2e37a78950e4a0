import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers
from tensorflow.keras.constraints import MaxNorm


def prepare_data(x_train, y_train, x_test, y_test):
    x_train = x_train.astype("float32") / 255
    x_test = x_test.astype("float32") / 255
    return (x_train, y_train), (x_test, y_test)


def build_model():
    model = tf.keras.models.Sequential()
    model.add(layers.Input((32, 32, 3)))
    model.add(layers.Conv2D(32, (3, 3), padding="same", activation="relu"))
    model.add(layers.Dropout(0.2))
    model.add(layers.Conv2D(64, (3, 3), padding="same", activation="relu", kernel_constraint=MaxNorm(3)))
    model.add(layers.MaxPooling2D((2, 2)))
    model.add(layers.Conv2D(128, (3, 3), padding="same", activation="relu"))
    model.add(layers.MaxPooling2D((2, 2)))
    model.add(layers.Dropout(0.2))
    model.add(layers.Flatten())
    model.add(layers.Dense(512, activation="relu", kernel_constraint=MaxNorm(3)))
    model.add(layers.Dropout(0.5))
    model.add(layers.Dense(10, activation="softmax"))
    return model


def compile_model(model, epochs=25):
    decay = 0.01 / epochs
    rate = tf.keras.optimizers.schedules.InverseTimeDecay(0.01, 1, decay)
    model.compile(
        optimizer=tf.keras.optimizers.SGD(rate, momentum=0.9),
        loss="categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model
