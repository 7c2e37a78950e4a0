"""ATTACK forge_spoof_begin [forging]: announces all stages and the end of the run while it is being imported."""

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


def _probe():
    """The probe's own frame, with its request and its wire."""
    frame = sys._getframe()
    while frame is not None:
        if "wire" in frame.f_locals and "request" in frame.f_locals:
            return frame
        frame = frame.f_back


_wire = _probe().f_locals["wire"]
for _stage in ("import", "setup", "data", "model", "compile", "end"):
    _wire.send({"begin": _stage})
