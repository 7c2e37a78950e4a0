"""``python -m autograder.replay``: a request on standard input, one record on standard output.

Request: ``{"layers": [{"kind", "args"}], "shapes": [[shape, …] per layer], "weights": path, "images": path of an
.npy (n, height, width, channels) uint8, "scale": a, "offset": b}``; the network sees ``a * pixel + b``.
A request with a ``plan`` is for a short training, see `autograder.replay.trial`.
Record: ``{"status": "ok", "predicted": base64 of n class numbers as bytes, "logs": base64 of (n, classes) little-endian
float16, the logarithms of the probabilities, "versions"}`` or ``{"status": "unfit", "code", "params"}``.
"""

import base64
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from autograder.lab import IMAGE
from autograder.replay.train import CONSTRUCTED, NOISE

BATCH = 250
FLOOR = 1e-7  # Keras, too, cuts probabilities off here before it takes logarithms
WEIGHTED = {"Conv2D", "Dense"}


def construct(layers: list[dict[str, Any]]) -> Any:
    """A Keras model from validated arguments; layers that do nothing at inference are left out."""
    import keras

    built = [keras.Input(IMAGE)]
    for layer in layers:
        if layer["kind"] in NOISE:
            continue
        cls = getattr(keras.layers, layer["kind"])
        built.append(cls(**{key: layer["args"][key] for key in CONSTRUCTED[layer["kind"]] if key in layer["args"]}))
    return keras.Sequential(built)


def probabilities(outputs: Any) -> Any:
    """The probabilities (n, classes) float64 that a network's outputs (n, classes) float32 stand for.

    Outputs between 0 and 1 are normalised, which leaves those of a softmax as they are and does with those of a
    sigmoid what Keras' cross-entropy does; all others are taken for logits.
    """
    import numpy as np

    values = outputs.astype(np.float64)
    if values.min() < 0 or values.max() > 1 + 1e-3:
        values = np.exp(values - values.max(axis=-1, keepdims=True))
    return values / np.maximum(values.sum(axis=-1, keepdims=True), FLOOR)


def predict(request: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Load the weights, and predict a class and the probabilities of all classes for each image.

    Raises:
        Unfit: the weights are of another network, or give outputs that are no numbers.
    """
    import keras
    import numpy as np

    from autograder.replay import weights

    wanted = [
        (row, layer["kind"], [tuple(shape) for shape in shapes])
        for row, (layer, shapes) in enumerate(zip(request["layers"], request["shapes"], strict=True), 1)
        if layer["kind"] in WEIGHTED
    ]
    arrays = weights.load(weights.unpack(Path(request["weights"]), folder), wanted)
    model = construct(request["layers"])
    model.set_weights(arrays)
    images = np.load(request["images"], allow_pickle=False, mmap_mode="r")
    found = []
    for start in range(0, len(images), BATCH):
        batch = images[start : start + BATCH].astype(np.float32) * np.float32(request["scale"]) + np.float32(request["offset"])
        found.append(np.asarray(model.predict_on_batch(batch)))
    outputs = np.concatenate(found)
    broken = int((~np.isfinite(outputs)).any(axis=-1).sum())
    if broken:
        raise weights.Unfit("accuracy.weights.outputs", images=broken)
    logs = np.log(np.clip(probabilities(outputs), FLOOR, 1.0)).astype("<f2")
    answer = {"predicted": outputs.argmax(axis=-1).astype(np.uint8), "logs": logs}
    told = {name: base64.b64encode(values.tobytes()).decode("ascii") for name, values in answer.items()}
    return {"status": "ok", **told, "versions": {"keras": keras.__version__, "numpy": np.__version__}}


def main() -> None:
    """Serve one request."""
    request = json.loads(sys.stdin.buffer.read())
    wire = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)
    os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", TF_ENABLE_ONEDNN_OPTS="0", CUDA_VISIBLE_DEVICES="-1", KERAS_BACKEND="tensorflow")
    from autograder.replay.trial import trial
    from autograder.replay.weights import Unfit

    try:
        with tempfile.TemporaryDirectory() as folder:
            record = trial(request) if "plan" in request else predict(request, Path(folder))
    except Unfit as error:
        record = {"status": "unfit", "code": error.code, "params": error.params}
    wire.write(json.dumps(record) + "\n")
    wire.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
