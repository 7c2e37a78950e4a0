"""ATTACK rep_layer_names [report]: terminal sequences, markup, formulas and direction marks in the names of layers, classes and functions."""

import numpy as np
import keras
from keras import layers

def prepare_data(x_train, y_train, x_test, y_test):
    return ((x_train, y_train), (x_test, y_test))

def build_model():
    return keras.Sequential([layers.Input((32, 32, 3)), layers.Flatten(), layers.Dense(10)])

def compile_model(model, epochs=25):
    model.compile(optimizer="adam", loss="mse")


_name = "\x1b[2J\x1b]0;owned\x07<img src=x onerror=alert(1)>\u202e=HYPERLINK(1)"


class Own(keras.layers.Layer):
    def call(self, x):
        return x


Own.__name__ = Own.__qualname__ = _name


def own(x):
    return x


own.__name__ = _name


def build_model():
    return keras.Sequential([layers.Input((32, 32, 3)), layers.Conv2D(3, 3, activation=own, name=_name), layers.Flatten(), Own(name=_name + "2")])


def compile_model(model, epochs=25):
    model.compile(optimizer="sgd", loss=own, metrics=[own])
