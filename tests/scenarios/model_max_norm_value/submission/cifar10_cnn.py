import keras
import numpy as np
from keras.layers import Conv2D, Dense, Dropout, Flatten, Input, MaxPooling2D
from keras.optimizers.schedules import InverseTimeDecay

CLASSES = 10
IMAGE = (32, 32, 3)
LEARNING_RATE = 0.01
MOMENTUM = 0.9


def scale(images):
    return images.astype(np.float32) / 255.0


def one_hot(labels):
    return np.eye(CLASSES, dtype="float32")[labels.reshape(-1)]


def prepare_data(x_train, y_train, x_test, y_test):
    return (scale(x_train), one_hot(y_train)), (scale(x_test), one_hot(y_test))


def build_model():
    norm = keras.constraints.MaxNorm(4)
    inputs = Input(IMAGE)
    x = Conv2D(32, 3, padding="same", activation="relu")(inputs)
    x = Dropout(0.2)(x)
    x = Conv2D(64, 3, padding="same", activation="relu", kernel_constraint=norm)(x)
    x = MaxPooling2D(2)(x)
    x = Conv2D(128, 3, padding="same", activation="relu")(x)
    x = MaxPooling2D(2)(x)
    x = Dropout(0.2)(x)
    x = Flatten()(x)
    x = Dense(512, activation="relu", kernel_constraint=norm)(x)
    x = Dropout(0.5)(x)
    outputs = Dense(CLASSES, activation="softmax")(x)
    return keras.Model(inputs, outputs)


def compile_model(model, epochs=25):
    rate = InverseTimeDecay(LEARNING_RATE, decay_steps=1, decay_rate=LEARNING_RATE / epochs)
    optimizer = keras.optimizers.SGD(rate, momentum=MOMENTUM)
    model.compile(optimizer, loss=keras.losses.CategoricalCrossentropy(), metrics=["accuracy"])
    return model
