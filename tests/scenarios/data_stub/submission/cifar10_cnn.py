"""CIFAR-10 lab, Anna K."""
import keras
from keras import layers

num_classes = 10


def prepare_data(x_train, y_train, x_test, y_test):
    """Images (n, 32, 32, 3) to float32 in [0, 1], labels (n, 1) to one-hot (n, 10)."""
    # Your code here. / Ваш код.
    raise NotImplementedError("Task not written yet / Задание ещё не выполнено")


def build_model():
    model = keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            layers.Conv2D(32, (3, 3), padding="same", activation="relu"),
            layers.Dropout(0.2),
            layers.Conv2D(64, (3, 3), padding="same", activation="relu", kernel_constraint=keras.constraints.MaxNorm(3)),
            layers.MaxPooling2D((2, 2)),
            layers.Conv2D(128, (3, 3), padding="same", activation="relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Dropout(0.2),
            layers.Flatten(),
            layers.Dense(512, activation="relu", kernel_constraint=keras.constraints.MaxNorm(3)),
            layers.Dropout(0.5),
            layers.Dense(num_classes, activation="softmax"),
        ]
    )
    return model


def compile_model(model, epochs=25):
    lr = 0.01
    schedule = keras.optimizers.schedules.InverseTimeDecay(lr, decay_steps=1, decay_rate=lr / epochs)
    sgd = keras.optimizers.SGD(learning_rate=schedule, momentum=0.9)
    model.compile(loss="categorical_crossentropy", optimizer=sgd, metrics=["accuracy"])
    return model
