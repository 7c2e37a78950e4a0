# Лабораторная работа: свёрточная сеть для CIFAR-10
import keras
import numpy as np
from keras import layers
from keras.constraints import MaxNorm


def prepare_data(x_train, y_train, x_test, y_test):
    # приводим яркости к отрезку [0, 1]
    x_train = np.float32(x_train) / 255
    x_test = np.float32(x_test) / 255
    # метки -> one-hot
    return (x_train, np.eye(10)[y_train.ravel()]), (x_test, np.eye(10)[y_test.ravel()])


def build_model():
    inputs = keras.Input((32, 32, 3))
    x = keras.ops.relu(layers.Conv2D(32, 3, padding="same")(inputs))
    x = layers.Dropout(0.2)(x)
    x = keras.ops.relu(layers.Conv2D(64, 3, padding="same", kernel_constraint=MaxNorm(3))(x))
    x = layers.MaxPooling2D()(x)
    x = keras.ops.relu(layers.Conv2D(128, 3, padding="same")(x))
    x = layers.Dropout(0.2)(layers.MaxPooling2D()(x))
    x = layers.Dense(512, activation="relu", kernel_constraint=MaxNorm(3))(layers.Flatten()(x))
    x = layers.Dense(10)(layers.Dropout(0.5)(x))
    return keras.Model(inputs, keras.ops.softmax(x))


def compile_model(model, epochs=25):
    # скорость обучения убывает с каждым шагом
    rate = keras.optimizers.schedules.InverseTimeDecay(0.01, decay_steps=1, decay_rate=0.01 / epochs)
    model.compile(optimizer=keras.optimizers.SGD(rate, 0.9), loss="categorical_crossentropy", metrics=["accuracy"])
