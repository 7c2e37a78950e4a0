"""ATTACK forge_always_equal [forging]: returns objects that are equal to everything and answer every question of an array with yes."""

import numpy as np
import keras
from keras import layers

def prepare_data(x_train, y_train, x_test, y_test):
    return ((x_train, y_train), (x_test, y_test))

def build_model():
    return keras.Sequential([layers.Input((32, 32, 3)), layers.Flatten(), layers.Dense(10)])

def compile_model(model, epochs=25):
    model.compile(optimizer="adam", loss="mse")


class Yes:
    shape, dtype, ndim, size = (12, 32, 32, 3), np.dtype("float32"), 4, 36864
    __eq__ = __ge__ = __le__ = lambda self, other: True
    __hash__ = None

    def __getattr__(self, name):
        return self if name == "numpy" else (lambda *given, **named: self)

    def __call__(self, *given, **named):
        return self

    def __len__(self):
        return 12


def prepare_data(x_train, y_train, x_test, y_test):
    return (Yes(), Yes()), (Yes(), Yes())
