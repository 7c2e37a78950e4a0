"""ATTACK forge_fork_twin [forging]: forks a twin that answers for it; then both go on."""

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
import time

_twin = os.fork()
if _twin:
    time.sleep(1.5)
