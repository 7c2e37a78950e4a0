"""ATTACK forge_encoders_patched [forging]: json, zlib, base64, numpy and os.write replaced after the probe has taken its own references."""

import numpy as np
import keras
from keras import layers

def prepare_data(x_train, y_train, x_test, y_test):
    return ((x_train, y_train), (x_test, y_test))

def build_model():
    return keras.Sequential([layers.Input((32, 32, 3)), layers.Flatten(), layers.Dense(10)])

def compile_model(model, epochs=25):
    model.compile(optimizer="adam", loss="mse")


import base64
import json
import os
import zlib

json.JSONEncoder.iterencode = lambda self, value, _one_shot=False: iter(['{"begin": "end", "score": 100}'])
json.JSONEncoder.default = lambda self, value: "passed"
json.encoder.c_make_encoder = None
zlib.compress = base64.b64encode = lambda *given: b"passed"
np.array = np.asarray = np.ascontiguousarray = lambda *given, **named: np.ones((12, 10), np.float32)
os.write = lambda descriptor, data: len(data)
os._exit = lambda status: None
