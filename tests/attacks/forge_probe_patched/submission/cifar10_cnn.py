"""ATTACK forge_probe_patched [forging]: patches the probe's modules: one that divides arrays, one that calls every layer Conv2D, seeded weights that are all zero."""

import numpy as np
import keras
from keras import layers

def prepare_data(x_train, y_train, x_test, y_test):
    return ((x_train, y_train), (x_test, y_test))

def build_model():
    return keras.Sequential([layers.Input((32, 32, 3)), layers.Flatten(), layers.Dense(10)])

def compile_model(model, epochs=25):
    model.compile(optimizer="adam", loss="mse")


import sys

from autograder import inputs
from autograder.probe import describe, stages, wire

_array = wire.array
wire.array = lambda value: _array(np.asarray(value).astype("float32") / 255)
for _known in list(describe.LAYERS):
    describe.LAYERS[_known] = "Conv2D"
inputs.weight = lambda seed, index, shape: np.zeros(shape, np.float32)
inputs.model_inputs = lambda seed: np.zeros((2, 32, 32, 3), np.float32)
inputs.STEPS = (0,) * 8
