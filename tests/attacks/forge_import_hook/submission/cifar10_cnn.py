"""ATTACK forge_import_hook [forging]: an import hook and replaced modules: whatever the probe imports next is the submission's own."""

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
import types


class Finder:
    def find_spec(self, name, path=None, target=None):
        if name.startswith("autograder"):
            module = types.ModuleType(name)
            module.__getattr__ = lambda attribute: (lambda *given, **named: {"passed": True})
            sys.modules[name] = module
        return None


sys.meta_path.insert(0, Finder())
for _name in [name for name in sys.modules if name.startswith("autograder")]:
    _fake = types.ModuleType(_name)
    _fake.Missing = _fake.Unusable = type("Never", (Exception,), {})
    _fake.text = lambda value, limit=500: "passed"
    _fake.student_lines = lambda error, files, limit=5: []
    sys.modules[_name] = _fake
import autograder  # noqa: F401
