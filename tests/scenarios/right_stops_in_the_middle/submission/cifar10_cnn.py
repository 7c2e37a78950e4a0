import numpy as np
from tensorflow import keras
from tensorflow.keras import layers

num_classes = 10
epochs = 25


def prepare_data(x_train, y_train, x_test, y_test):
    x_train = x_train.astype("float32") / 255.0
    x_test = x_test.astype("float32") / 255.0
    y_train = keras.utils.to_categorical(y_train, num_classes)
    y_test = keras.utils.to_categorical(y_test, num_classes)
    return (x_train, y_train), (x_test, y_test)


import cifar10_helpers

cifar10_helpers.show_samples(num=25)


def build_model():
    model = keras.Sequential([
        layers.Input(shape=(32, 32, 3)),
        layers.Conv2D(32, 3, padding="same", activation="relu"),
        layers.Dropout(0.2),
        layers.Conv2D(64, 3, padding="same", activation="relu",
                      kernel_constraint=keras.constraints.MaxNorm(3)),
        layers.MaxPooling2D(),
        layers.Conv2D(128, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(),
        layers.Dropout(0.2),
        layers.Flatten(),
        layers.Dense(512, activation="relu", kernel_constraint=keras.constraints.MaxNorm(3)),
        layers.Dropout(0.5),
        layers.Dense(num_classes, activation="softmax"),
    ], name="cifar")
    return model


def compile_model(model, epochs=25):
    lr = 0.01
    # decay из старого Keras = lr / epochs
    rate = keras.optimizers.schedules.InverseTimeDecay(
        initial_learning_rate=lr, decay_steps=1, decay_rate=lr / epochs)
    model.compile(
        optimizer=keras.optimizers.SGD(learning_rate=rate, momentum=0.9),
        loss="categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model
