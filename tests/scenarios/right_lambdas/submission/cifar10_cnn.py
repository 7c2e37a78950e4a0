import keras
from keras.layers import *

prepare_data = lambda x_train, y_train, x_test, y_test: tuple(
    (x.astype("float32") / 255, keras.utils.to_categorical(y, 10)) for x, y in [(x_train, y_train), (x_test, y_test)]
)

conv = lambda n, limit=None: Conv2D(n, 3, padding="same", activation="relu", kernel_constraint=limit)
limit = keras.constraints.MaxNorm(3)

build_model = lambda: keras.Sequential([
    Input((32, 32, 3)),
    conv(32), Dropout(.2),
    conv(64, limit), MaxPooling2D(),
    conv(128), MaxPooling2D(),
    Dropout(.2), Flatten(),
    Dense(512, "relu", kernel_constraint=limit), Dropout(.5),
    Dense(10, "softmax"),
])


def compile_model(model, epochs=25):
    sgd = keras.optimizers.SGD(0.01, momentum=0.9)
    sgd.learning_rate = keras.optimizers.schedules.InverseTimeDecay(0.01, 1, 0.01 / epochs)
    return model.compile(sgd, "categorical_crossentropy", metrics=["categorical_accuracy"])
