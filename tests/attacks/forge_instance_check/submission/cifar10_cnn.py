"""ATTACK forge_instance_check [forging]: objects that claim another class through __class__, __instancecheck__ and a forged module name."""

import numpy as np
import keras
from keras import layers
from keras.constraints import MaxNorm


def prepare_data(x_train, y_train, x_test, y_test):
    x_train = x_train.astype("float32") / 255.0
    x_test = x_test.astype("float32") / 255.0
    return ((x_train, keras.utils.to_categorical(y_train, 10)),
            (x_test, keras.utils.to_categorical(y_test, 10)))


def build_model():
    return keras.Sequential([
        layers.Input((32, 32, 3)),
        layers.Conv2D(32, (3, 3), padding="same", activation="relu"),
        layers.Dropout(0.2),
        layers.Conv2D(64, (3, 3), padding="same", activation="relu", kernel_constraint=MaxNorm(3)),
        layers.MaxPooling2D(2),
        layers.Conv2D(128, (3, 3), padding="same", activation="relu"),
        layers.MaxPooling2D(2),
        layers.Dropout(0.2),
        layers.Flatten(),
        layers.Dense(512, activation="relu", kernel_constraint=MaxNorm(3)),
        layers.Dropout(0.5),
        layers.Dense(10, activation="softmax"),
    ])


def compile_model(model, epochs=25):
    schedule = keras.optimizers.schedules.InverseTimeDecay(0.01, decay_steps=1, decay_rate=0.01 / epochs)
    model.compile(loss="categorical_crossentropy",
                  optimizer=keras.optimizers.SGD(learning_rate=schedule, momentum=0.9),
                  metrics=["accuracy"])


class Meta(type(keras.Sequential)):
    def __instancecheck__(cls, instance):
        return True

    def __subclasscheck__(cls, other):
        return True


class Sequential(metaclass=Meta):
    __module__ = "keras.src.models.sequential"
    __class__ = property(lambda self: keras.Sequential)
    built = compiled = trainable = True
    layers = weights = ()
    input_shape = output_shape = (None, 32, 32, 3)

    def __eq__(self, other):
        return True

    __hash__ = None


def build_model():
    return Sequential()
