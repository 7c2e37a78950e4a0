# %% [markdown] name="welcome" lang="en"
# # {{ title }}
#
# You write three functions: the data, the network, its compilation. Everything around them works already:
# it loads CIFAR-10, trains your network, draws its learning curves, tests it once and saves it. The lab
# is worth {{ points(total) }}.
#
# What to expect: this recipe reached 76.63% on the test set in the lab report it comes from, and 74.70%
# with Keras 3.15 on a JPEG copy of the images, where an epoch took about 200 s on two cores. Both runs
# trained on all 50,000 images; here {{ lab.training.validation }} of them are set aside for validation.

# %% [markdown] name="welcome" lang="ru"
# # {{ title }}
#
# Вам предстоит написать три функции: подготовку данных, сеть и её компиляцию. Всё остальное уже работает:
# загрузка CIFAR-10, обучение вашей сети, кривые обучения, проверка на тестовой выборке и сохранение. За
# работу можно получить {{ points(total) }}.
#
# Чего ожидать: в отчёте, по которому составлена эта работа, рецепт дал 76,63 % на тестовой выборке, а с
# Keras 3.15 на копии изображений в формате JPEG — 74,70 %, причём эпоха занимала около 200 с на двух
# ядрах. В обоих случаях сеть училась на всех 50 000 изображений; здесь {{ lab.training.validation }} из них
# отложены для валидации.

# %% [markdown] name="how_to_work" lang="en"
# ## How to work
#
# 1. Run the cells from top to bottom.
# 2. In the cells of tasks 1, 2 and 3 replace the line `raise NotImplementedError(...)` with your code.
# 3. **Save the file** and run the check below the task: it reads the saved file.
# 4. Training may be interrupted at any time; run its cell again and it goes on from the last finished epoch.
#
# The optional tasks have switches in the first code cell. For a quick trial set `EPOCHS` and `TRAIN_LIMIT` to small numbers. Tests see your functions only, so
# leave their names and arguments as they are.

# %% [markdown] name="how_to_work" lang="ru"
# ## Как работать
#
# 1. Выполняйте ячейки сверху вниз.
# 2. В ячейках заданий 1, 2 и 3 замените строку `raise NotImplementedError(...)` своим кодом.
# 3. **Сохраните файл** и запустите проверку под заданием: она читает файл с диска.
# 4. Обучение можно прервать когда угодно: запустите ячейку снова, и оно продолжится с последней законченной эпохи.
#
# Необязательные задания включаются в первой ячейке с кодом. Для пробного запуска задайте небольшие `EPOCHS` и `TRAIN_LIMIT`. Проверка вызывает только ваши функции,
# поэтому не меняйте их имена и аргументы.

# %% name="setup"
import csv
import os
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras import layers

num_classes = 10
class_names = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]

EPOCHS = int(os.environ.get("EPOCHS", "25"))
BATCH_SIZE = 32
TRAIN_LIMIT = int(os.environ.get("TRAIN_LIMIT", "50000"))  # images to train and validate on
VALIDATION = 5_000  # images of these that are held out for validation
AUGMENT = False  # the optional task on augmentation
MAX_NORM = None  # the optional task on max-norm: another bound
MAX_NORM_AXES = [0]  # and the axes of a convolution's kernel that its norm runs over
BEAT_THE_BASELINE = False  # the optional task of that name; it decides alone, without the switches above
PREDICTIONS = 10  # test images to show at the end
SEED = 1

# Each way of training has a folder of its own, so that none is taken for another.
KIND = "better" if BEAT_THE_BASELINE else "augmented" if AUGMENT else "plain"
BOUND = f"-norm{MAX_NORM}over{len(MAX_NORM_AXES)}" if MAX_NORM and not BEAT_THE_BASELINE else ""
RUN = Path("runs", f"{KIND}{BOUND}-{TRAIN_LIMIT}")


# %% name="pictures"
def figure(width, height):
    """A figure to draw on, or None without matplotlib: it is needed for the pictures only."""
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        print("No picture: pip install matplotlib")
        return None
    return plt.figure(figsize=(width, height), layout="constrained")


def keep(fig, name):
    """A notebook shows the figure by itself; a script finds it in the folder of the run."""
    RUN.mkdir(parents=True, exist_ok=True)
    fig.savefig(RUN / name)


def show_images(images, titles, name):
    """Draw images (k, 32, 32, 3) in rows of five, each under its title."""
    fig = figure(8, 2 * -(-len(images) // 5))
    if fig is None:
        return
    for number, (image, title) in enumerate(zip(images, titles), 1):
        axes = fig.add_subplot(-(-len(images) // 5), 5, number)
        axes.imshow(image)
        axes.set_title(title, fontsize=8)
        axes.axis("off")
    keep(fig, name)


# %% [markdown] name="data" lang="en"
# ## The data
#
# CIFAR-10: 50,000 training and 10,000 test images of 32x32 pixels in three channels, with integers from 0
# to 255. The label is the number of one of ten classes. Keras downloads the set once; on a machine
# without internet put it into an `.npz` file with the arrays `x_train`, `y_train`, `x_test`, `y_test` and
# name that file in `CIFAR10_NPZ`.

# %% [markdown] name="data" lang="ru"
# ## Данные
#
# CIFAR-10: 50 000 обучающих и 10 000 тестовых изображений размером 32×32 с тремя каналами, яркости —
# целые числа от 0 до 255. Метка — номер одного из десяти классов. Keras скачивает набор один раз; если
# интернета нет, положите массивы `x_train`, `y_train`, `x_test`, `y_test` в файл `.npz` и укажите его в
# переменной окружения `CIFAR10_NPZ`.


# %% name="load_data"
def load_data():
    """CIFAR-10 from Keras, or from the file that CIFAR10_NPZ names."""
    path = os.environ.get("CIFAR10_NPZ")
    try:
        if not path:
            return keras.datasets.cifar10.load_data()
        with np.load(path) as file:
            return (file["x_train"], file["y_train"]), (file["x_test"], file["y_test"])
    except Exception as error:  # no network, no room on the disk, no such file
        raise SystemExit(
            f"No images · Нет изображений: {error}\n"
            "Go online, or name a file with CIFAR10_NPZ. · Подключитесь к интернету или укажите файл в CIFAR10_NPZ."
        ) from None


# %% name="load" tags=["run"]
keras.utils.set_random_seed(SEED)
(raw_x, raw_y), raw_test = load_data()
raw_x, raw_y = raw_x[:TRAIN_LIMIT], raw_y[:TRAIN_LIMIT]  # (n, 32, 32, 3), (n, 1)
print("training", raw_x.shape, raw_x.dtype, "labels", raw_y.shape, "test", raw_test[0].shape)
show_images(raw_x[:10], [class_names[label] for label in raw_y[:10, 0]], "training_images.png")

# %% [markdown] name="task1" lang="en"
# ## {{ task("data") }}
#
# Networks learn better from small numbers: convert the images to `float32` and divide them by
# {{ lab.data.scale }}, so that they run from 0 to 1. The softmax gives {{ lab.data.num_classes }} probabilities,
# so a label becomes a vector with a one in the place of its class (*one-hot*). Do the same to both parts, and
# return the two pairs: all images that were given, in the same order.

# %% [markdown] name="task1" lang="ru"
# ## {{ task("data") }}
#
# Сети удобнее учиться на небольших числах: переведите изображения в `float32` и поделите яркости на
# {{ lab.data.scale }}, чтобы они лежали от 0 до 1. Softmax выдаёт {{ lab.data.num_classes }} вероятностей,
# поэтому метку превратите в вектор, где единица стоит на месте её класса, а остальные элементы — нули
# (*one-hot*). Обработайте обе части одинаково и верните две пары: все исходные изображения в том же порядке.


# %% name="task1" nbgrader={"solution": true}
def prepare_data(x_train, y_train, x_test, y_test):
    """Images (n, 32, 32, 3) to float32 in [0, 1], labels (n, 1) to one-hot (n, 10)."""
    ### BEGIN SOLUTION
    x_train = x_train.astype("float32") / 255  # (n, 32, 32, 3)
    x_test = x_test.astype("float32") / 255
    y_train = keras.utils.to_categorical(y_train, num_classes)  # (n, 10)
    y_test = keras.utils.to_categorical(y_test, num_classes)
    return (x_train, y_train), (x_test, y_test)
    ### END SOLUTION


# %% name="check_data" tags=["run"] nbgrader={"grade": true}
from autograder import check

check("data")

# %% [markdown] name="task2" lang="en"
# ## {{ task("model") }}
#
# Build this network for images of shape {{ shape(lab.data.image_shape) }} with Keras layers and return it, not
# compiled. `max_norm` stands for the kernel constraint `MaxNorm`; what the table does not name keeps its default.
# Only the initializers are free, as long as the weights begin at random.

# %% [markdown] name="task2" lang="ru"
# ## {{ task("model") }}
#
# Соберите эту сеть для изображений формы {{ shape(lab.data.image_shape) }} из слоёв Keras и верните её, не компилируя.
# `max_norm` означает ограничение `MaxNorm`, наложенное на ядро (`kernel_constraint`); всё, чего нет в таблице,
# остаётся по умолчанию. Свободен только выбор инициализаторов, лишь бы начальные веса были случайными.

# %% [markdown] name="layers"
# {{ layer_table }}

# %% [markdown] name="layers_why" lang="en"
# Convolutions see a small neighbourhood and use the same weights everywhere; pooling halves the image, so
# that the next convolution sees a wider part of it. A convolution alone takes images of any size. This
# network does not: `Flatten` and `Dense` fix the size, and nearly all the parameters sit in the first
# dense layer.

# %% [markdown] name="layers_why" lang="ru"
# Свёртка смотрит на небольшую окрестность и везде использует одни и те же веса; пулинг вдвое уменьшает
# изображение, и следующая свёртка охватывает его более широкую часть. Сама по себе свёртка принимает
# изображения любого размера, а эта сеть — нет: размер фиксируют `Flatten` и `Dense`. Почти все параметры
# приходятся на первый полносвязный слой.


# %% name="task2" nbgrader={"solution": true}
def build_model():
    """The network of the table: images (n, 32, 32, 3) to probabilities (n, 10)."""
    ### BEGIN SOLUTION
    max_norm = keras.constraints.MaxNorm(3)
    return keras.Sequential(
        [
            keras.Input((32, 32, 3)),  # (n, 32, 32, 3)
            layers.Conv2D(32, (3, 3), padding="same", activation="relu"),  # (n, 32, 32, 32)
            layers.Dropout(0.2),
            layers.Conv2D(64, (3, 3), padding="same", activation="relu", kernel_constraint=max_norm),
            layers.MaxPooling2D((2, 2)),  # (n, 32, 32, 64) -> (n, 16, 16, 64)
            layers.Conv2D(128, (3, 3), padding="same", activation="relu"),  # (n, 16, 16, 128)
            layers.MaxPooling2D((2, 2)),  # (n, 8, 8, 128)
            layers.Dropout(0.2),
            layers.Flatten(),  # (n, 8192)
            layers.Dense(512, activation="relu", kernel_constraint=max_norm),  # (n, 512)
            layers.Dropout(0.5),
            layers.Dense(num_classes, activation="softmax"),  # (n, 10)
        ]
    )
    ### END SOLUTION


# %% name="check_model" tags=["run"] nbgrader={"grade": true}
from autograder import check

check("model")

# %% [markdown] name="task3" lang="en"
# ## {{ task("compile") }}
#
# Compile the model that the function is given: loss {{ lab.compile.loss.replace("_", " ") }}, metric
# {{ lab.compile.metric }}, SGD with momentum {{ lab.compile.momentum }} and without Nesterov. The
# learning rate begins at {{ lab.compile.learning_rate }} and falls with every step $t$, that is with
# every batch:
#
# $$\eta_t = \frac{\eta_0}{1 + d\,t}, \qquad d = \frac{\eta_0}{\mathrm{epochs}}$$
#
# Old Keras wrote `SGD(lr=..., decay=...)`. Keras 3 has no `lr`, and of `decay` it says only that it is
# ignored: the rate would stay constant. `weight_decay` is another thing altogether. Look in
# `keras.optimizers.schedules`.

# %% [markdown] name="task3" lang="ru"
# ## {{ task("compile") }}
#
# Скомпилируйте модель, которую получает функция: функция потерь — категориальная кросс-энтропия
# (`{{ lab.compile.loss }}`), метрика — `{{ lab.compile.metric }}`, оптимизатор — SGD с импульсом
# (`momentum`) {{ number(lab.compile.momentum) }}, без ускорения Нестерова. Скорость обучения начинается с
# {{ number(lab.compile.learning_rate) }} и убывает с каждым шагом $t$, то есть с каждым пакетом (batch):
#
# $$\eta_t = \frac{\eta_0}{1 + d\,t}, \qquad d = \frac{\eta_0}{\mathrm{epochs}}$$
#
# В старом Keras писали `SGD(lr=..., decay=...)`. В Keras 3 аргумента `lr` нет, а о `decay` лишь
# предупреждают, что он не учитывается: скорость осталась бы постоянной. `weight_decay` — совсем другое.
# Загляните в `keras.optimizers.schedules`.


# %% name="task3" nbgrader={"solution": true}
def compile_model(model, epochs=25):
    """Compile the model in place: cross-entropy, SGD with momentum and a falling rate, accuracy."""
    ### BEGIN SOLUTION
    lr = 0.01
    rate = keras.optimizers.schedules.InverseTimeDecay(lr, decay_steps=1, decay_rate=lr / epochs)
    model.compile(
        optimizer=keras.optimizers.SGD(rate, momentum=0.9),
        loss="categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model
    ### END SOLUTION


# %% name="check_compile" tags=["run"] nbgrader={"grade": true}
from autograder import check

check("compile")

# %% [markdown] name="validation" lang="en"
# ## Validation
#
# Who chooses the best epoch by the test set has fitted the choice to the test set, and the figure
# reported is no longer a test. So {{ lab.training.validation }} images are taken from the *training* data
# to watch the training, and the test set waits until the end.

# %% [markdown] name="validation" lang="ru"
# ## Валидация
#
# Если выбирать лучшую эпоху по тестовой выборке, выбор подгоняется под неё, и полученное число уже не
# проверка. Поэтому за обучением следим по {{ lab.training.validation }} изображениям, взятым из
# *обучающих* данных, а тестовая выборка ждёт до самого конца.

# %% name="prepare" tags=["run"]
(x_train, y_train), (x_test, y_test) = prepare_data(raw_x, raw_y, *raw_test)
held_out = min(VALIDATION, len(x_train) // 10)
x_val, y_val = x_train[-held_out:], y_train[-held_out:]
x_fit, y_fit = x_train[:-held_out], y_train[:-held_out]
print("to fit", x_fit.shape, "to validate", x_val.shape, "to test", x_test.shape)

# %% [markdown] name="augmentation" lang="en"
# ## Optional task: augmentation
#
# A cat in a mirror is still a cat. With `AUGMENT = True` in the first code cell every image is flipped
# and shifted at random, differently in each epoch. This happens in the stream of data and not in the
# model: the network stays the one of the table, and at test time it sees images as they are. Train both
# ways and compare: the learning curves, the gap between training and validation, the epoch in which the
# validation loss begins to rise. Which network would profit from more epochs?

# %% [markdown] name="augmentation" lang="ru"
# ## Необязательное задание: аугментация
#
# Кошка в зеркале — всё ещё кошка. Если в первой ячейке с кодом задать `AUGMENT = True`, каждое
# изображение будет случайно отражаться и сдвигаться, в каждой эпохе по-новому. Это делается в потоке
# данных, а не в модели: сеть остаётся такой, как в таблице, и при проверке видит изображения без
# изменений. Обучите сеть обоими способами и сравните кривые обучения, разрыв между обучением и валидацией
# и эпоху, с которой растут потери на валидации. Какой из сетей пошли бы на пользу дополнительные эпохи?


# %% name="batches"
def batches(x, y, size=BATCH_SIZE, change=None):
    """Batches of images and labels, in a new order in each epoch; `change` makes other images of a batch of them."""
    x, y = tf.constant(x), tf.constant(y)  # (n, 32, 32, 3), (n, 10)
    # Row numbers are shuffled and not images: that needs no second copy of the data.
    rows = tf.data.Dataset.range(len(x)).shuffle(len(x), seed=SEED).batch(size)
    data = rows.map(lambda row: (tf.gather(x, row), tf.gather(y, row)))  # (32, 32, 32, 3), (32, 10)
    if change is not None:
        data = data.map(lambda images, labels: (change(images), labels))
    return data.prefetch(tf.data.AUTOTUNE)


def augmentation():
    """What AUGMENT does to a batch of images (32, 32, 32, 3): it flips and shifts each at random."""
    change = keras.Sequential([layers.RandomFlip("horizontal"), layers.RandomTranslation(0.1, 0.1)])
    return lambda images: change(images, training=True)


# %% name="variant"
def variant(model, bounds, rates=()):
    """The same layers anew and untrained, with other constraints by class and other dropout rates in their order.

    Neither changes the shape of a weight: what this network learns, that of build_model can take over.
    """
    rates = iter(rates)

    def renewed(layer):
        arguments = layer.get_config()
        name = type(layer).__name__
        if isinstance(layer, layers.Dropout):
            arguments["rate"] = next(rates, layer.rate)
        if arguments.get("kernel_constraint") and name in bounds:
            arguments["kernel_constraint"] = bounds[name]
        return type(layer).from_config(arguments)

    return keras.models.clone_model(model, clone_function=renewed)


# %% [markdown] name="beat" lang="en"
# ## Optional task: beat the baseline
#
# The recipe of task 3 is an old one. Train the same network with its {{ parameters }} parameters on the same images,
# in at most {{ lab.training.epochs }} epochs, but better. This task brings honour and no points of its own; yet the
# network that comes out of it is tested like any other, and what it gains counts.{% if better_accuracy %}
# Our solution, trained on all 50,000 images, reached {{ better_accuracy }} on the test set.{% endif %}
#
# Write `beat_the_baseline`, which returns the compiled network, its batches and the number of epochs, and set
# `BEAT_THE_BASELINE = True` in the first code cell: the training then uses them. `build_model` and
# `compile_model` stay as they are, for they are graded. `variant` makes a network of the same layers with other
# bounds and dropout rates, and its weights fit `build_model`. Choose by the validation images, and try your ideas
# in a few epochs first.
#
# What may help, alone or together:
#
# - *Augmentation.* `batches` takes a function that changes a batch of images: mirror them, shift them by a few
#   pixels. Dropout then has less to do.
# - *A learning rate that rises first and then falls to zero*, and may be far higher at its peak than
#   {{ lab.compile.learning_rate }}. Derive a class from `keras.optimizers.schedules.LearningRateSchedule`, or see
#   what `CosineDecay` can do. A schedule counts the optimizer's steps, which are saved, so an interrupted training
#   goes on with the right rate.
# - *A larger batch*, and Nesterov's momentum.
# - *Label smoothing:* `keras.losses.CategoricalCrossentropy(label_smoothing=...)`. Losses cannot be compared with
#   those of the baseline then; accuracies can.
# - *A max-norm that binds*, over all inputs of a unit: for a convolution `MaxNorm(..., axis=[0, 1, 2])`.
# - *Initial weights.* `prepare_data` divides by {{ lab.data.scale }} and does nothing else, so the images have a mean of
#   0.473 and a deviation of 0.25. The first layer can take both out: divide its kernel by the deviation, and
#   subtract the sum of `kernel * mean / deviation` over the inputs of each filter from the bias.

# %% [markdown] name="beat" lang="ru"
# ## Необязательное задание: лучше исходного рецепта
#
# Рецепт из задания 3 далеко не нов. Обучите ту же сеть, все {{ parameters }} параметра, на тех же изображениях
# и не более чем за {{ lab.training.epochs }} эпох, но лучше. Отдельных баллов за это нет, это дело чести; впрочем,
# полученная сеть проверяется наравне со всеми, и выигрыш в точности засчитывается.{% if better_accuracy %}
# Наше решение, обученное на всех 50 000 изображений, дало {{ better_accuracy }} на тестовой выборке.{% endif %}
#
# Напишите функцию `beat_the_baseline`: она возвращает скомпилированную сеть, поток пакетов и число эпох. Задайте
# в первой ячейке с кодом `BEAT_THE_BASELINE = True`, и обучение пойдёт по вашему рецепту. Функции `build_model` и
# `compile_model` не меняйте: они оцениваются. `variant` строит сеть из тех же слоёв с другими ограничениями и
# долями dropout, и её веса подходят к `build_model`. Выбирайте по валидационным изображениям, а новую идею
# сначала проверяйте за несколько эпох.
#
# Что может помочь, порознь или вместе:
#
# - *Аугментация.* В `batches` можно передать функцию, которая изменяет пакет изображений: отражает их,
#   сдвигает на несколько пикселей. Для dropout тогда остаётся меньше работы.
# - *Скорость обучения, которая сначала растёт, а потом падает до нуля*; на пике она может быть намного выше
#   {{ number(lab.compile.learning_rate) }}. Унаследуйте класс от `keras.optimizers.schedules.LearningRateSchedule` или
#   посмотрите, что умеет `CosineDecay`. Расписание отсчитывает шаги оптимизатора, а они сохраняются, поэтому
#   прерванное обучение продолжится с верной скоростью.
# - *Более крупный пакет* и ускорение Нестерова.
# - *Сглаживание меток:* `keras.losses.CategoricalCrossentropy(label_smoothing=...)`. Потери тогда нельзя
#   сравнивать с потерями исходного рецепта, а точность — можно.
# - *Max-norm, который срабатывает*, по всем входам нейрона: для свёртки `MaxNorm(..., axis=[0, 1, 2])`.
# - *Начальные веса.* `prepare_data` только делит на {{ lab.data.scale }}, поэтому среднее яркостей равно 0,473, а
#   стандартное отклонение — 0,25. И то и другое может учесть первый слой: поделите его ядро на отклонение, а из
#   смещения вычтите сумму `kernel * mean / deviation` по всем входам фильтра.


# %% name="extra1" tags=["optional"]
def beat_the_baseline(x, y):
    """For images (n, 32, 32, 3) and labels (n, 10): a compiled network, its batches and the number of epochs."""
    ### BEGIN SOLUTION
    epochs = min(15, EPOCHS)
    size, peak, shift = 64, 0.06, 4
    steps = epochs * -(-len(x) // size)
    rise = max(1, round(0.2 * steps))
    mean, deviation = 0.473, 0.25

    class Triangle(keras.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step):
            step = tf.cast(step, "float32")
            return peak * tf.maximum(0.0, tf.minimum((step + 1) / rise, (steps - step) / (steps - rise)))

    def flipped_and_shifted(images):  # (64, 32, 32, 3)
        images = tf.image.random_flip_left_right(images)
        images = tf.pad(images, [[0, 0], [shift, shift], [shift, shift], [0, 0]], "REFLECT")  # (64, 40, 40, 3)
        corners = tf.random.uniform((2, tf.shape(images)[0], 1), 0, 2 * shift + 1, "int32")
        rows, columns = corners[0] + tf.range(32), corners[1] + tf.range(32)  # (64, 32), (64, 32)
        images = tf.gather(images, rows, axis=1, batch_dims=1)  # (64, 32, 40, 3)
        return tf.gather(images, columns, axis=2, batch_dims=1)  # (64, 32, 32, 3)

    bounds = {"Conv2D": keras.constraints.MaxNorm(1.5, axis=[0, 1, 2]), "Dense": keras.constraints.MaxNorm(1.5)}
    model = variant(build_model(), bounds, rates=[0.0, 0.1, 0.3])
    first = next(layer for layer in model.layers if layer.weights)
    kernel, bias = first.get_weights()  # (3, 3, 3, 32), (32,)
    kernel = kernel / deviation
    first.set_weights([kernel, bias - mean * kernel.sum(axis=(0, 1, 2))])
    model.compile(
        optimizer=keras.optimizers.SGD(Triangle(), momentum=0.9, nesterov=True),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=0.1),
        metrics=["accuracy"],
    )
    return model, batches(x, y, size, flipped_and_shifted), epochs
    ### END SOLUTION


# %% [markdown] name="training" lang="en"
# ## Training
#
# After each epoch the state of the training goes to the folder `runs`: the weights with the optimizer's
# momentum and step (`BackupAndRestore`), the best weights by validation accuracy (`ModelCheckpoint`) and
# a line of the history (`CSVLogger`), with the norms that max-norm looks at. If the kernel dies, nothing but
# the current epoch is lost. To begin anew, say after a change of the network, delete the folder.
#
# In {{ lab.training.epochs }} epochs of {{ "{:,}".format(steps) }} steps the learning rate falls to one fifteenth.

# %% [markdown] name="training" lang="ru"
# ## Обучение
#
# После каждой эпохи состояние обучения записывается в папку `runs`: веса, накопленный оптимизатором импульс
# и номер шага (`BackupAndRestore`), лучшие по точности на валидации веса (`ModelCheckpoint`) и строка истории
# (`CSVLogger`) вместе с нормами, за которыми следит max-norm. Если ядро Jupyter аварийно завершится, пропадёт
# только текущая эпоха. Чтобы начать заново, например после изменения сети, удалите эту папку.
#
# За {{ lab.training.epochs }} эпох по {{ steps }} шагов скорость обучения падает в пятнадцать раз.


# %% name="norms"
def constrained_norms(model):
    """For each layer with a max-norm: its name, its largest norm and the largest allowed."""
    for layer in model.layers:
        constraint = getattr(layer, "kernel_constraint", None)
        if isinstance(constraint, keras.constraints.MaxNorm):
            kernel = layer.get_weights()[0]  # (3, 3, 32, 64), then (8192, 512)
            norm = np.sqrt((kernel**2).sum(axis=tuple(np.atleast_1d(constraint.axis)))).max()
            yield f"{type(layer).__name__} {'x'.join(map(str, kernel.shape))}", float(norm), constraint.max_value


class Norms(keras.callbacks.Callback):
    """Adds the largest norms to what is told of an epoch, so that the history keeps them."""

    def on_epoch_end(self, epoch, logs=None):
        logs.update({f"norm of {name}": norm for name, norm, _ in constrained_norms(self.model)})


# %% name="train"
def read_history():
    """Loss, accuracy and norms by epoch. An epoch that was cut off and repeated counts once."""
    rows, measures = {}, ["loss", "accuracy", "val_loss", "val_accuracy"]
    path = RUN / "history.csv"
    if path.exists():
        with path.open(newline="") as file:
            table = csv.DictReader(file)
            rows = {int(row["epoch"]): row for row in table}
            measures = table.fieldnames or measures  # a run that stopped in its first epoch left an empty file
    return {measure: [float(rows[epoch][measure]) for epoch in sorted(rows)] for measure in measures}


def train(model, data, validation, epochs):
    """Train up to so many epochs, from where the last run in this folder stopped."""
    RUN.mkdir(parents=True, exist_ok=True)
    past = read_history()
    if past["loss"]:
        print(f"epochs done: {len(past['loss'])}; delete the folder {RUN.as_posix()} to begin anew")
    saved = [
        Norms(),  # before those that save
        keras.callbacks.CSVLogger(RUN / "history.csv", append=True),
        keras.callbacks.ModelCheckpoint(
            str(RUN / "best.weights.h5"),
            monitor="val_accuracy",
            save_best_only=True,
            save_weights_only=True,
            initial_value_threshold=max(past["val_accuracy"], default=None),
        ),
        keras.callbacks.BackupAndRestore(str(RUN / "backup"), delete_checkpoint=False),
    ]
    # The batches come shuffled already.
    model.fit(data, validation_data=validation, epochs=epochs, callbacks=saved, shuffle=False)
    return read_history()


# %% name="fit" tags=["run"]
if BEAT_THE_BASELINE:
    model, data, epochs = beat_the_baseline(x_fit, y_fit)
else:
    model, epochs = build_model(), EPOCHS
    if MAX_NORM:
        bounds = {"Conv2D": keras.constraints.MaxNorm(MAX_NORM, MAX_NORM_AXES), "Dense": keras.constraints.MaxNorm(MAX_NORM)}
        model = variant(model, bounds)
    compile_model(model, epochs=EPOCHS)
    data = batches(x_fit, y_fit, change=augmentation() if AUGMENT else None)
model.summary()
history = train(model, data, (x_val, y_val), epochs)

# %% [markdown] name="curves" lang="en"
# ## Learning curves
#
# While both curves fall, the network learns; when the training loss goes on falling and the validation
# loss rises, it learns the training images by heart. Dropout is off during validation, which is why the
# first epochs may look better there. What is kept is the epoch with the best validation accuracy.

# %% [markdown] name="curves" lang="ru"
# ## Кривые обучения
#
# Пока падают обе кривые, сеть учится; если потери на обучении падают, а на валидации растут, она
# заучивает обучающие изображения. При валидации dropout отключён, поэтому в первых эпохах точность и потери
# на валидации могут быть лучше, чем на обучающих данных. Сохраняются веса эпохи с лучшей точностью на
# валидации.


# %% name="show_history"
def show_history(history):
    """Draw loss and accuracy by epoch, for training and for validation."""
    fig = figure(9, 3.5)
    if fig is None:
        return
    epochs = range(1, len(history["loss"]) + 1)
    for number, measure in enumerate(("loss", "accuracy"), 1):
        axes = fig.add_subplot(1, 2, number, xlabel="epoch", ylabel=measure)
        axes.plot(epochs, history[measure], ".-", label="training")
        axes.plot(epochs, history[f"val_{measure}"], ".-", label="validation")
        axes.legend()
    keep(fig, "learning_curves.png")


# %% name="curves_shown" tags=["run"]
show_history(history)
best = int(np.argmax(history["val_accuracy"]))
print(f"best epoch {best + 1}: validation accuracy {history['val_accuracy'][best]:.2%}")

# %% [markdown] name="test" lang="en"
# ## The test, once
#
# The best weights meet the test set now, for the first time. The confusion matrix tells more than one
# number: a row is the true class, a column is what the network said.

# %% [markdown] name="test" lang="ru"
# ## Проверка на тестовой выборке
#
# Только теперь лучшие веса впервые встречаются с тестовой выборкой. Матрица ошибок говорит больше, чем
# одно число: строка — истинный класс, столбец — ответ сети.


# %% name="confusion"
def confusion_matrix(true, predicted):
    """How often each class was taken for each: (10, 10), a row for the true class."""
    pairs = np.bincount(num_classes * true + predicted, minlength=num_classes**2)  # (100,)
    return pairs.reshape(num_classes, num_classes)


def show_confusion(matrix):
    """Draw the matrix with its numbers."""
    fig = figure(6, 6)
    if fig is None:
        return
    axes = fig.add_subplot(xlabel="predicted", ylabel="true")
    axes.imshow(matrix, cmap="Blues", vmax=2 * matrix.max())  # pale enough to read the numbers
    axes.set_xticks(range(num_classes), class_names, rotation=90)
    axes.set_yticks(range(num_classes), class_names)
    for (row, column), count in np.ndenumerate(matrix):
        axes.text(column, row, count, ha="center", va="center", fontsize=7)
    keep(fig, "confusion_matrix.png")


# %% name="evaluate" tags=["run"]
model.load_weights(str(RUN / "best.weights.h5"))
loss, accuracy = model.evaluate(x_test, y_test)
probabilities = model.predict(x_test)  # (n, 10)
true, predicted = np.argmax(y_test, axis=1), np.argmax(probabilities, axis=1)  # (n,), (n,)
matrix = confusion_matrix(true, predicted)
print(f"test loss {loss:.4f}, test accuracy {accuracy:.2%}")
for name, row, right in zip(class_names, matrix, matrix.diagonal()):
    print(f"{name:<10} {right:4d} of {row.sum():4d} recognised")
show_confusion(matrix)

# %% [markdown] name="save" lang="en"
# ## Saving and the last check
#
# `cifar10_cnn.keras` is what you submit beside this file. A fresh model takes over the weights, so that
# the file does not carry the optimizer's momentum, another number for each weight.
# `cifar10_cnn_history.csv`, the record of your training, may go with it: then your report shows your
# learning curves. No points depend on it.

# %% [markdown] name="save" lang="ru"
# ## Сохранение и последняя проверка
#
# `cifar10_cnn.keras` сдаётся вместе с этим файлом. Веса переносим в новую модель: так в файл не попадёт
# импульс оптимизатора — ещё по числу на каждый вес. Вместе с `cifar10_cnn.keras` можно сдать запись обучения,
# `cifar10_cnn_history.csv`: тогда в отчёте будут ваши кривые обучения. На баллы она не влияет.

# %% name="save" tags=["run"]
final = build_model()
final.set_weights(model.get_weights())
final.save("cifar10_cnn.keras")
Path("cifar10_cnn_history.csv").write_bytes((RUN / "history.csv").read_bytes())

# %% name="check_accuracy" tags=["run"] nbgrader={"grade": true}
from autograder import check

check("accuracy")

# %% [markdown] name="predictions" lang="en"
# ## What the network says
#
# Test images with the answer and its probability; where the answer is wrong, the true class stands in
# brackets.

# %% [markdown] name="predictions" lang="ru"
# ## Что отвечает сеть
#
# Тестовые изображения, ответы сети и их вероятности; если ответ неверен, в скобках указан истинный класс.

# %% name="predictions" tags=["run"]
titles = [
    f"{class_names[said]} {row[said]:.0%}" + ("" if said == label else f" ({class_names[label]})")
    for said, label, row in zip(predicted[:PREDICTIONS], true, probabilities)
]
print("\n".join(titles))
show_images(x_test[:PREDICTIONS], titles, "predictions.png")

# %% [markdown] name="max_norm" lang="en"
# ## What does max-norm do?
#
# Dropout is not the only regularization here: two layers have a constraint that shortens weight vectors
# longer than 3 after each step. Does it ever act? Measure. Mind the axis: by default the norm runs over
# the first axis of the kernel. For a dense layer that is all inputs of a neuron, but for a convolution it
# is only a column of three weights. In the run with 74.70% the largest norms at the end were 1.21 and
# 1.81: the constraint never had anything to do. The picture shows the largest norms after each epoch.

# %% [markdown] name="max_norm" lang="ru"
# ## Что делает max-norm?
#
# Dropout здесь не единственная регуляризация: в двух слоях ограничение после каждого шага укорачивает
# векторы весов длиннее трёх. Срабатывает ли оно? Измерьте. Обратите внимание на ось: по умолчанию норма
# считается по первой оси ядра. Для полносвязного слоя это все входы нейрона, а для свёртки — лишь столбец
# из трёх весов. При обучении, давшем 74,70 %, наибольшие нормы в конце были 1,21 и 1,81: ограничению
# нечего было делать. На рисунке — наибольшие нормы после каждой эпохи.


# %% name="show_norms"
def show_norms(history, model):
    """Draw the largest norm of each constrained layer by epoch, its bound dashed."""
    fig = figure(6, 3.5)
    if fig is None:
        return
    axes = fig.add_subplot(xlabel="epoch", ylabel="largest norm")
    for number, (name, _, allowed) in enumerate(constrained_norms(model)):
        norms = history.get(f"norm of {name}", [])
        (line,) = axes.plot(range(1, len(norms) + 1), norms, ".-", label=name)
        # The dashes of one bound leave room for those of another.
        axes.axhline(allowed, color=line.get_color(), linestyle=(4 * number, (4, 4)))
    axes.set_ylim(bottom=0)
    axes.legend()
    keep(fig, "norms.png")


# %% name="norms_shown" tags=["run"]
for name, norm, allowed in constrained_norms(model):
    print(f"{name}: largest norm {norm:.2f}, allowed {allowed}")
show_norms(history, model)

# %% [markdown] name="bind" lang="en"
# ## Optional task: does it bind?
#
# A constraint binds where it has something to shorten: the line of the layer then runs along its dashed bound.
# Does it here? Choose a bound that does bind, and the right axes: the kernel of a convolution has the shape
# (height, width, inputs, filters), and the norm that matters runs over everything that one filter sees. Set
# `MAX_NORM` and `MAX_NORM_AXES` in the first code cell and leave `build_model` as it is: the bound is put on a copy
# of the network. Train again and compare the norms, the gap between training and validation, the best
# validation accuracy. What changes? Which layer feels the bound first, and why? And what becomes of the network
# when the bound is far too tight?

# %% [markdown] name="bind" lang="ru"
# ## Необязательное задание: срабатывает ли ограничение?
#
# Ограничение срабатывает, когда ему есть что укорачивать: тогда кривая слоя идёт вдоль своего пунктирного
# предела. Так ли это здесь? Подберите предел, который действительно сдерживает веса, и правильные оси: ядро
# свёртки имеет форму (высота, ширина, входы, фильтры), и смысл имеет норма по всему, что видит один фильтр.
# Задайте `MAX_NORM` и `MAX_NORM_AXES` в первой ячейке с кодом, а `build_model` не трогайте: ограничение
# накладывается на копию сети. Обучите сеть снова и сравните нормы, разрыв между обучением и валидацией и
# лучшую точность на валидации. Что изменилось? Какой слой первым упирается в предел и почему? И что станет
# с сетью, если предел взять слишком малым?
