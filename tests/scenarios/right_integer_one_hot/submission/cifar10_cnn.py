import keras
import numpy as np
from keras import layers
from keras.constraints import MaxNorm


def prepare_data(x_train, y_train, x_test, y_test):
    # приводим яркости к отрезку [0, 1]
    x_train = np.float32(x_train) / 255
    x_test = np.float32(x_test) / 255
    # метки -> one-hot
    return (x_train, np.eye(10, dtype=int)[y_train.ravel()]), (x_test, np.eye(10, dtype=int)[y_test.ravel()])


def build_model():
    return keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            layers.Conv2D(32, (3, 3), padding="same", activation="relu"),
            layers.Dropout(0.2),
            layers.Conv2D(64, (3, 3), padding="same", activation="relu", kernel_constraint=MaxNorm(3)),
            layers.MaxPooling2D((2, 2)),
            layers.Conv2D(128, (3, 3), padding="same", activation="relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Dropout(0.2),
            layers.Flatten(),
            layers.Dense(512, activation="relu", kernel_constraint=MaxNorm(3)),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )


def compile_model(model, epochs=25):
    lr = 0.01
    schedule = keras.optimizers.schedules.InverseTimeDecay(lr, decay_steps=1, decay_rate=lr / epochs)
    sgd = keras.optimizers.SGD(learning_rate=schedule, momentum=0.9)
    model.compile(loss="categorical_crossentropy", optimizer=sgd, metrics=["accuracy"])
