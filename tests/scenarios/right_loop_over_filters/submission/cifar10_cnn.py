"""Сеть собирается циклом по числу фильтров."""
import keras
from keras import layers, constraints

CONVS = [(32, None), (64, 3), (128, None)]


class Settings:
    lr = 0.01
    momentum = 0.9
    classes = 10


def prepare_data(x_train, y_train, x_test, y_test):
    result = []
    for x, y in ((x_train, y_train), (x_test, y_test)):
        x = x.astype("float32")
        x /= 255.0
        result.append([x, keras.utils.to_categorical(y.squeeze(), Settings.classes)])
    return result  # список из двух списков


def build_model():
    net = keras.Sequential([layers.InputLayer((32, 32, 3))])
    for i, (filters, norm) in enumerate(CONVS):
        limit = constraints.MaxNorm(norm) if norm else None
        net.add(layers.Conv2D(filters, 3, padding="same", activation="relu", kernel_constraint=limit))
        net.add(layers.Dropout(0.2) if i == 0 else layers.MaxPooling2D(2))
    net.add(layers.Dropout(0.2))
    net.add(layers.Flatten())
    net.add(layers.Dense(512, activation="relu", kernel_constraint=constraints.MaxNorm(3)))
    net.add(layers.Dropout(0.5))
    net.add(layers.Dense(Settings.classes, activation="softmax"))
    return net


def compile_model(model, epochs=30):
    rate = keras.optimizers.schedules.InverseTimeDecay(Settings.lr, 1, Settings.lr / epochs)
    model.compile(
        optimizer=keras.optimizers.SGD(rate, momentum=Settings.momentum),
        loss=["categorical_crossentropy"],
        metrics=[["accuracy"]],
    )
