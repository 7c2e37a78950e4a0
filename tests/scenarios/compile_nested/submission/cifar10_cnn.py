# %% [markdown]
# # CIFAR-10 (Hugo)

# %%
import keras
import numpy as np
from keras import layers
from keras.constraints import MaxNorm

Pair = tuple[np.ndarray, np.ndarray]


# %%
def prepare_data(x_train: np.ndarray, y_train: np.ndarray, x_test: np.ndarray, y_test: np.ndarray) -> tuple[Pair, Pair]:
    """Scale the images and encode the labels."""
    images = [x.astype("float32") / 255 for x in (x_train, x_test)]
    labels = [keras.utils.to_categorical(y, 10) for y in (y_train, y_test)]
    return (images[0], labels[0]), (images[1], labels[1])


# %%
def build_model() -> keras.Model:
    """Three convolutions and two dense layers."""
    same = {"padding": "same", "activation": "relu"}
    return keras.Sequential(
        [
            layers.InputLayer(shape=(32, 32, 3)),
            layers.Conv2D(32, 3, **same),
            layers.Dropout(0.2),
            layers.Conv2D(64, 3, **same, kernel_constraint=MaxNorm(3)),
            layers.MaxPooling2D(2),
            layers.Conv2D(128, 3, **same),
            layers.MaxPooling2D(2),
            layers.Dropout(0.2),
            layers.Flatten(),
            layers.Dense(512, activation="relu", kernel_constraint=MaxNorm(3)),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )


# %%
class Training:
    """Everything for training."""

    def compile_model(model: keras.Model, epochs: int = 25) -> keras.Model:
        lr = 0.01
        rate = keras.optimizers.schedules.InverseTimeDecay(lr, decay_steps=1, decay_rate=lr / epochs)
        model.compile(
            optimizer=keras.optimizers.SGD(rate, momentum=0.9),
            loss=keras.losses.categorical_crossentropy,
            metrics=["accuracy"],
        )
        return model


# %%
if __name__ == "__main__":
    (x, y), test = keras.datasets.cifar10.load_data()
    (x, y), test = prepare_data(x, y, *test)
    model = Training.compile_model(build_model())
    model.fit(x, y, epochs=25, batch_size=32, validation_split=0.1)
    model.save("cifar10_cnn.keras")
