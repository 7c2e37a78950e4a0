"""A sample class for `convmark demo`: right, wrong and hostile submissions made from the lab's solution."""

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

from autograder import history
from autograder.lab import NAME

SCRIPT, NOTEBOOK, WEIGHTS = f"{NAME}.py", f"{NAME}.ipynb", f"{NAME}.keras"
HISTORY = history.SUBMITTED
Files = dict[str, bytes]
Forms = Mapping[str, bytes]

FORGER = """
import json
import os

print("==== 27 passed in 0.42s ====")
with open("results.json", "w") as file:
    json.dump({"score": 100, "status": "passed"}, file)
os._exit(0)
"""

SPY = """
import glob
import os
import socket

loot = [name for pattern in ("/home/*", "/root/*", "../*", "/etc/passwd") for name in glob.glob(pattern)]
print("files:", loot, "environment:", sorted(os.environ))
try:
    socket.create_connection(("127.0.0.1", 22), timeout=1)
    print("the network is open")
except OSError as error:
    print("no network:", error)
try:
    with open(os.path.expanduser("~/stolen.txt"), "w") as file:
        file.write("x")
except OSError as error:
    print("cannot write:", error)
"""

FUNCTIONAL = '''
def build_model():
    """The same network with the functional interface and separate activations."""
    inputs = keras.Input((32, 32, 3))
    x = layers.Conv2D(32, 3, padding="same")(inputs)
    x = layers.ReLU()(x)
    x = layers.Dropout(0.2)(x)
    x = layers.Conv2D(64, 3, padding="same", activation=tf.nn.relu, kernel_constraint=keras.constraints.max_norm(3))(x)
    x = layers.MaxPooling2D()(x)
    x = layers.Conv2D(128, 3, padding="same", activation=keras.activations.relu)(x)
    x = layers.MaxPooling2D()(x)
    x = layers.Dropout(0.2)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(512, kernel_constraint=keras.constraints.max_norm(3))(x)
    x = layers.Activation("relu")(x)
    x = layers.Dropout(0.5)(x)
    return keras.Model(inputs, layers.Dense(num_classes, activation="softmax")(x))
'''


def _changed(forms: Forms, before: str, after: str) -> bytes:
    """The solution with one piece of text replaced.

    Raises:
        ValueError: the solution no longer has that piece.
    """
    text = forms[SCRIPT].decode()
    if before not in text:
        raise ValueError(f"the solution has no {before!r}")
    return text.replace(before, after).encode()


def _added(forms: Forms, code: str) -> bytes:
    return forms[SCRIPT] + code.encode()


def _archive(files: Files) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            archive.writestr(f"lab 1/{name}", content)
    return stream.getvalue()


def _with_training_noise(notebook: bytes) -> bytes:
    """The notebook as students leave it: shell lines, magics and a cell that fails."""
    content = json.loads(notebook)
    for number, source in enumerate(["!pip install -q tensorflow", "%matplotlib inline", "model.fit(x_tain, y_train)"]):
        cell: dict[str, Any] = {
            "cell_type": "code",
            "id": f"noise{number}",
            "metadata": {},
            "execution_count": None,
            "outputs": [],
            "source": source,
        }
        content["cells"].insert(2 * number, cell)
    return json.dumps(content).encode()


def sample_class(solved: Forms, template: Forms, weights: bytes, record: bytes) -> dict[str, Files | bytes]:
    """Submissions by student: files of a folder, or the bytes of a zip.

    *solved* and *template* hold script and notebook by file name; *weights* are a trained ``.keras`` file,
    *record* is the history of that training.
    """
    changed: Callable[[str, str], Files] = lambda before, after: {SCRIPT: _changed(solved, before, after)}  # noqa: E731
    return {
        "anna": {NOTEBOOK: _with_training_noise(solved[NOTEBOOK]), WEIGHTS: weights, HISTORY: record},
        "boris": _archive({NOTEBOOK: solved[NOTEBOOK], WEIGHTS: weights, HISTORY: record}),
        "clara": {SCRIPT: _added(solved, FUNCTIONAL), WEIGHTS: weights},
        "dmitri": changed('x_train.astype("float32") / 255', 'x_train.astype("float32") / x_train.max()'),
        "elena": changed('layers.Conv2D(128, (3, 3), padding="same"', "layers.Conv2D(128, (3, 3)"),
        "fyodor": changed("MaxPooling2D", "AveragePooling2D"),
        "galina": changed(
            "keras.optimizers.SGD(rate, momentum=0.9)", "keras.optimizers.SGD(lr, momentum=0.9, decay=lr / epochs)"
        ),
        "hanna": dict(template),
        "ivan": changed("def build_model():", "def build_model()"),
        "julia": {SCRIPT: solved[SCRIPT], NOTEBOOK: _with_training_noise(template[NOTEBOOK].replace(b"Task 1", b"Task one"))},
        "kirill": {},
        "lena": b"PK\x03\x04 this is no zip",
        "mallory": {SCRIPT: _added(solved, FORGER)},
        "nikita": {SCRIPT: _added(solved, SPY)},
        "oleg": changed("    max_norm = keras.constraints.MaxNorm(3)", "    while True:\n        pass"),
    }
