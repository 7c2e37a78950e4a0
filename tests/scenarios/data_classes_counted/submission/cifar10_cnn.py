import numpy as np
from tensorflow import keras
from tensorflow.keras import layers
from tensorflow.keras.constraints import MaxNorm


def prepare_data(x_train, y_train, x_test, y_test):
    num_classes = len(np.unique(y_train))  # 10 in CIFAR-10
    y_train = keras.utils.to_categorical(y_train, num_classes)
    y_test = keras.utils.to_categorical(y_test, num_classes)
    return (x_train.astype("float32") / 255, y_train), (x_test.astype("float32") / 255, y_test)


def build_model():
    return keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.Dropout(0.2),
            layers.Conv2D(64, 3, padding="same", activation="relu", kernel_constraint=MaxNorm(3)),
            layers.MaxPooling2D(),
            layers.Conv2D(128, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Dropout(0.2),
            layers.Flatten(),
            layers.Dense(512, activation="relu", kernel_constraint=MaxNorm(3)),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )


def compile_model(model, epochs=25):
    rate = keras.optimizers.schedules.InverseTimeDecay(0.01, 1, 0.01 / epochs)
    model.compile(
        optimizer=keras.optimizers.SGD(rate, momentum=0.9),
        loss="categorical_crossentropy",
        metrics=["accuracy"],
    )
