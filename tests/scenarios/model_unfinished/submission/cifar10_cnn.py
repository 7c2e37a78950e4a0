import keras
from keras.constraints import MaxNorm


def to_unit(x):
    """uint8 0..255 -> float32 0..1"""
    x = x.astype("float32")
    return x / 255


def encode(y):
    return keras.utils.to_categorical(y, num_classes=10)


def conv(filters, **kwargs):
    return keras.layers.Conv2D(filters, (3, 3), padding="same", activation="relu", **kwargs)


def prepare_data(x_train, y_train, x_test, y_test):
    train = (to_unit(x_train), encode(y_train))
    test = (to_unit(x_test), encode(y_test))
    return train, test


def build_model():
    return keras.Sequential([
        keras.Input(shape=(32, 32, 3)),
        conv(32),
        keras.layers.Dropout(0.2),
        conv(64, kernel_constraint=MaxNorm(3)),
        keras.layers.MaxPooling2D(2),
    ])


def compile_model(model, epochs=25):
    initial = 0.01
    optimizer = keras.optimizers.SGD(
        learning_rate=keras.optimizers.schedules.InverseTimeDecay(
            initial, decay_steps=1, decay_rate=initial / epochs
        ),
        momentum=0.9,
    )
    model.compile(
        optimizer=optimizer,
        loss="categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model
