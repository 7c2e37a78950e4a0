"""ATTACK res_evidence_overflow [resource]: three stages that each leave more than a third of what evidence may take, as lists of zeros."""

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


def _large(stage):
    _probe().f_locals["wire"].send({"stage": stage, "status": "ok", "value": {"cases": [0] * 1_000_000}})
    os._exit(1)


def prepare_data(x_train, y_train, x_test, y_test):
    _large("data")


def build_model():
    _large("model")


def compile_model(model, epochs=25):
    _large("compile")
