"""ATTACK forge_wire_whole [forging]: writes whole evidence by hand: arrays, layers, predictions and learning rates that it computes from the seed in the probe's frame."""

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


import os
import types


def _whole():
    from autograder.probe import stages

    right = types.ModuleType("right")

    def prepare_data(x_train, y_train, x_test, y_test):
        eye = np.eye(10)
        return (x_train.astype("float32") / 255, eye[y_train.ravel()]), (x_test.astype("float32") / 255, eye[y_test.ravel()])

    def build_model():
        norm = keras.constraints.MaxNorm(3)
        relu = {"activation": "relu"}
        return keras.Sequential([
            layers.Input((32, 32, 3)), layers.Conv2D(32, 3, padding="same", **relu), layers.Dropout(0.2),
            layers.Conv2D(64, 3, padding="same", kernel_constraint=norm, **relu), layers.MaxPooling2D(2),
            layers.Conv2D(128, 3, padding="same", **relu), layers.MaxPooling2D(2), layers.Dropout(0.2), layers.Flatten(),
            layers.Dense(512, kernel_constraint=norm, **relu), layers.Dropout(0.5), layers.Dense(10, activation="softmax")])

    def compile_model(model, epochs=25):
        rate = keras.optimizers.schedules.InverseTimeDecay(0.01, 1, 0.01 / epochs)
        model.compile(keras.optimizers.SGD(rate, 0.9), "categorical_crossentropy", metrics=["accuracy"])

    frame = _probe()
    wire, request = frame.f_locals["wire"], frame.f_locals["request"]
    names = {"prepare_data": prepare_data, "build_model": build_model, "compile_model": compile_model}
    wire.send({"stage": "import", "status": "ok", "defined": sorted(names), "left_out": []})
    for stage in request["stages"]:
        wire.send({"begin": stage})
        wire.send({"stage": stage, "status": "ok", "value": getattr(stages, stage)(names, request)})
    wire.send({"begin": "end"})
    os._exit(0)


_whole()
