from keras.layers.convolutional import Conv2D, MaxPooling2D
from keras.models import Sequential
from keras.layers import Activation, Dense, Dropout, Flatten
from keras.constraints import MaxNorm
from keras import optimizers, utils

nb_classes = 10

def prepare_data(x_train, y_train, x_test, y_test):
    # Нормализуем данные
    x_train = x_train.astype('float32')
    x_test = x_test.astype('float32')
    x_train = x_train / 255
    x_test = x_test / 255
    # Преобразуем метки в категории
    y_train = utils.to_categorical(y_train, nb_classes)
    y_test = utils.to_categorical(y_test, nb_classes)
    return (x_train, y_train), (x_test, y_test)

def build_model():
    # Создаем последовательную модель
    model = Sequential()
    model.add(Conv2D(32, (3, 3), padding='same', input_shape=(32, 32, 3), activation='relu'))
    model.add(Dropout(0.2))
    model.add(Conv2D(64, (3, 3), padding='same', activation='relu', kernel_constraint=MaxNorm(3)))
    model.add(MaxPooling2D(pool_size=(2, 2)))
    model.add(Conv2D(128, (3, 3), padding='same', activation='relu'))
    model.add(MaxPooling2D(pool_size=(2, 2)))
    model.add(Dropout(0.2))
    model.add(Flatten())
    model.add(Dense(512, activation='relu', kernel_constraint=MaxNorm(3)))
    model.add(Dropout(0.5))
    model.add(Dense(nb_classes, activation='softmax'))
    return model

def compile_model(model, epochs=25):
    # Оптимизатор SGD с убывающей скоростью обучения
    lr = 0.01
    rate = optimizers.schedules.InverseTimeDecay(lr, 1, lr / epochs)
    sgd = optimizers.SGD(learning_rate=rate, momentum=0.9, nesterov=False)
    model.compile(loss='categorical_crossentropy', optimizer=sgd, metrics=['accuracy'])
    return model
