import keras
import numpy as np
from keras import layers
from keras.constraints import MaxNorm

IMAGE_SHAPE: tuple[int, int, int] = (32, 32, 3)
NUM_CLASSES = 10
LEARNING_RATE, MOMENTUM = 0.01, 0.9
DROPOUT = {"light": 0.2, "heavy": 0.5}


def prepare_data(x_train, y_train, x_test, y_test):
    x_train = x_train.astype("float32") / 255
    x_test = x_test.astype("float32") / 255
    y_train = keras.utils.to_categorical(y_train, 10)
    y_test = keras.utils.to_categorical(y_test, 10)
    return (x_train, y_train), (x_test, y_test)


def conv(filters: int, **options) -> layers.Layer:
    return layers.Conv2D(filters, (3, 3), padding="same", activation="relu", **options)


def build_model() -> keras.Model:
    model = keras.Sequential([keras.Input(IMAGE_SHAPE)])
    for layer in (conv(32), layers.Dropout(DROPOUT["light"]), conv(64, kernel_constraint=MaxNorm(3)), layers.MaxPooling2D()):
        model.add(layer)
    for layer in (conv(128), layers.MaxPooling2D(), layers.Dropout(DROPOUT["light"]), layers.Flatten()):
        model.add(layer)
    model.add(layers.Dense(512, activation="relu", kernel_constraint=MaxNorm(3)))
    model.add(layers.Dropout(DROPOUT["heavy"]))
    model.add(layers.Dense(NUM_CLASSES, activation="softmax"))
    return model


def compile_model(model: keras.Model, epochs: int = 25) -> keras.Model:
    rate = keras.optimizers.schedules.InverseTimeDecay(LEARNING_RATE, 1, LEARNING_RATE / epochs)
    model.compile(
        optimizer=keras.optimizers.SGD(rate, momentum=MOMENTUM),
        loss="categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model
