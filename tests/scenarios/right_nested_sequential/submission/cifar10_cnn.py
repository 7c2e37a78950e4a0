import keras
from keras import layers
from keras.constraints import MaxNorm


def prepare_data(x_train, y_train, x_test, y_test):
    def one_hot(y):
        return (y == range(10)).astype("float32")  # (n, 1) == (10,) -> (n, 10)

    return (x_train.astype("float32") / 255, one_hot(y_train)), (x_test.astype("float32") / 255, one_hot(y_test))


def build_model():
    features = keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.Dropout(0.2),
            layers.Conv2D(64, 3, padding="same", activation="relu", kernel_constraint=MaxNorm(3)),
            layers.MaxPooling2D(),
            layers.Conv2D(128, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
        ],
        name="features",
    )
    head = keras.Sequential(
        [
            layers.Dropout(0.2),
            layers.Flatten(),
            layers.Dense(512, activation="relu", kernel_constraint=MaxNorm(3)),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ],
        name="head",
    )
    return keras.Sequential([keras.Input((32, 32, 3)), features, head])


def compile_model(model, epochs=25):
    decay = 0.01 / epochs
    rate = keras.optimizers.schedules.InverseTimeDecay(0.01, decay_steps=1, decay_rate=decay)
    model.compile(keras.optimizers.SGD(rate, 0.9), "categorical_crossentropy", metrics=["accuracy"])
