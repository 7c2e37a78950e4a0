"""ATTACK forge_thread_writer [forging]: threads that keep writing to every descriptor while the stages run."""

import numpy as np
import keras
from keras import layers

def prepare_data(x_train, y_train, x_test, y_test):
    return ((x_train, y_train), (x_test, y_test))

def build_model():
    return keras.Sequential([layers.Input((32, 32, 3)), layers.Flatten(), layers.Dense(10)])

def compile_model(model, epochs=25):
    model.compile(optimizer="adam", loss="mse")


import os
import threading


def _write():
    line = b'{"stage": "data", "status": "ok", "value": {}}\n{"begin": "model"}\n{"be'
    for _ in range(20_000):
        for descriptor in range(3, 12):
            try:
                os.write(descriptor, line)
            except OSError:
                pass


for _ in range(4):
    threading.Thread(target=_write, daemon=True).start()
