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
    # функциональный интерфейс Keras
    inputs = keras.Input(shape=(32, 32, 3))
    x = inputs
    x = layers.Conv2D(32, (3, 3), padding="same", activation="relu")(x)
    x = layers.Dropout(0.2)(x)
    x = layers.Conv2D(64, (3, 3), padding="same", activation="relu", kernel_constraint=MaxNorm(3))(x)
    x = layers.MaxPooling2D((2, 2))(x)
    x = layers.Conv2D(128, (3, 3), padding="same", groups=2, activation="relu")(x)
    x = layers.MaxPooling2D((2, 2))(x)
    x = layers.Dropout(0.2)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(512, activation="relu", kernel_constraint=MaxNorm(3))(x)
    x = layers.Dropout(0.5)(x)
    x = layers.Dense(10, activation="softmax")(x)
    model = keras.Model(inputs, x)
    return model


def compile_model(model, epochs=25):
    # скорость обучения убывает с каждым шагом
    rate = keras.optimizers.schedules.InverseTimeDecay(0.01, decay_steps=1, decay_rate=0.01 / epochs)
    model.compile(optimizer=keras.optimizers.SGD(rate, 0.9), loss="categorical_crossentropy", metrics=["accuracy"])
