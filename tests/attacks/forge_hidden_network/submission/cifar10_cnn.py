"""ATTACK forge_hidden_network [forging]: returns a wrong network, and makes the probe describe and call a right one that it hides."""

import numpy as np
import keras
from keras import layers

def prepare_data(x_train, y_train, x_test, y_test):
    return ((x_train, y_train), (x_test, y_test))

def build_model():
    return keras.Sequential([layers.Input((32, 32, 3)), layers.Flatten(), layers.Dense(10)])

def compile_model(model, epochs=25):
    model.compile(optimizer="adam", loss="mse")


from autograder.probe import describe

_norm = keras.constraints.MaxNorm(3)
_hidden = keras.Sequential([
    layers.Input((32, 32, 3)), layers.Conv2D(32, 3, padding="same", activation="relu"), layers.Dropout(0.2),
    layers.Conv2D(64, 3, padding="same", activation="relu", kernel_constraint=_norm), layers.MaxPooling2D(2),
    layers.Conv2D(128, 3, padding="same", activation="relu"), layers.MaxPooling2D(2), layers.Dropout(0.2), layers.Flatten(),
    layers.Dense(512, activation="relu", kernel_constraint=_norm), layers.Dropout(0.5), layers.Dense(10, activation="softmax")])
_call, _describe = keras.Model.__call__, describe.layers
describe.layers = lambda model, depth=0: _describe(_hidden, depth)
keras.Model.__call__ = lambda self, *given, **named: _call(_hidden, *given, **named)
_weights = keras.Sequential.weights
keras.Sequential.weights = property(lambda self: _weights.fget(_hidden))
