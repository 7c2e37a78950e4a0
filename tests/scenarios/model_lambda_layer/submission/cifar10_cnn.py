import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers
from tensorflow.keras.constraints import MaxNorm


def prepare_data(x_train, y_train, x_test, y_test):
    """Scale the images and encode the labels."""
    x_train, x_test = x_train.astype(np.float32), x_test.astype(np.float32)
    x_train /= 255.0
    x_test /= 255.0
    return (x_train, tf.keras.utils.to_categorical(y_train, 10)), (x_test, tf.keras.utils.to_categorical(y_test, 10))


def build_model():
    model = tf.keras.models.Sequential()
    model.add(layers.Input((32, 32, 3)))
    model.add(layers.Conv2D(32, (3, 3), padding="same", activation="relu"))
    model.add(layers.Lambda(lambda x: x * 2))
    model.add(layers.Dropout(0.2))
    model.add(layers.Conv2D(64, (3, 3), padding="same", activation="relu", kernel_constraint=MaxNorm(3)))
    model.add(layers.MaxPooling2D((2, 2)))
    model.add(layers.Conv2D(128, (3, 3), padding="same", activation="relu"))
    model.add(layers.MaxPooling2D((2, 2)))
    model.add(layers.Dropout(0.2))
    model.add(layers.Flatten())
    model.add(layers.Dense(512, activation="relu", kernel_constraint=MaxNorm(3)))
    model.add(layers.Dropout(0.5))
    model.add(layers.Dense(10, activation="softmax"))
    return model


def compile_model(model, epochs=25):
    decay = 0.01 / epochs
    rate = tf.keras.optimizers.schedules.InverseTimeDecay(0.01, 1, decay)
    model.compile(
        optimizer=tf.keras.optimizers.SGD(rate, momentum=0.9),
        loss="categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model
