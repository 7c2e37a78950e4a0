"""The accuracy of submitted weights: images go into the sandbox, class numbers come out, labels stay here."""

import base64
import hashlib
import importlib.metadata
import io
import queue
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder import cache, files, strictjson
from autograder import evidence as ev
from autograder.dataset import Dataset
from autograder.errors import ConvmarkError, EvidenceError, GraderError, SandboxError, SubmissionError
from autograder.launcher import Launcher
from autograder.network import GLOBAL_POOLS, NOISES, POOLS, Network
from autograder.observed import Observed, PreparedCase
from autograder.process import Process
from autograder.scheme import Scheme

SCHEMA = 1
MAX_BYTES = 2**20
FILE = "evaluation.json"
REBUILDABLE = NOISES | POOLS | GLOBAL_POOLS | {"Conv2D", "Dense", "Flatten", "Activation", "ZeroPadding2D"}
RESIDUAL = 1e-4
USUAL = (1 / 255, 0.0)  # scale and offset of the lab


def scaling(cases: list[PreparedCase]) -> tuple[float, float]:
    """Scale a and offset b with which ``prepare_data`` makes a * pixel + b of the test images.

    Falls back to 1/255 and 0 where no single line fits, as when the scaling depends on the data.
    """
    fits = []
    for case in cases:
        values = case.returned["x_test"].values
        if values is None or values.shape != case.given.x_test.shape:
            return USUAL
        x, y = case.given.x_test.ravel().astype(np.float64), values.ravel().astype(np.float64)
        scale, offset = np.polyfit(x, y, 1)
        spread = max(float(np.ptp(y)), 1e-9)
        if not np.isfinite([scale, offset]).all() or np.abs(scale * x + offset - y).max() > RESIDUAL * spread:
            return USUAL
        fits.append((float(scale), float(offset), spread))
    same = all(abs(a - fits[0][0]) * 255 + abs(b - fits[0][1]) <= 1e-3 * max(1.0, abs(fits[0][0]) * 255) for a, b, _ in fits)
    scale, offset, _ = fits[0]
    plain = abs(scale * 255 - 1) < RESIDUAL and abs(offset) < RESIDUAL
    return (scale, offset) if same and not plain else USUAL


def _request(observed: Observed, weights: str, images: str, memory_mib: int) -> dict[str, Any]:
    network: Network = observed.network
    shapes = network.weight_shapes()
    buildable = all(layer.kind in REBUILDABLE for layer in network.layers) and None not in shapes
    own = any(not isinstance(layer.args.get("activation", "linear"), str) for layer in network.layers)
    if not buildable or own or network.shapes()[-1:] != [(10,)]:
        raise SubmissionError("accuracy.weights.network")
    try:
        scale, offset = scaling(observed.data)
    except ConvmarkError:
        scale, offset = USUAL
    return {
        "layers": [{"kind": layer.kind, "args": layer.args} for layer in network.layers],
        "shapes": shapes,
        "weights": weights,
        "images": images,
        "scale": scale,
        "offset": offset,
        "memory_mib": memory_mib,
    }


@contextmanager
def _images(data: Dataset, shared: Path | None) -> Iterator[Path]:
    """The test images as a file; in the folder *shared* it is written once and stays."""
    if shared is None:
        with tempfile.TemporaryDirectory() as folder, _images(data, Path(folder)) as path:
            yield path
        return
    path = shared / f"images-{data.digest}.npy"  # (n, 32, 32, 3) uint8
    if not path.exists():
        content = io.BytesIO()
        np.save(content, data.x_test)
        files.write(path, content.getvalue())
    yield path


def _ask(process: Process, seconds: float) -> tuple[dict[str, Any] | None, int]:
    """The one record of a process, None if it told nothing, and its exit status."""
    try:
        record = process.records.get(timeout=seconds)
    except queue.Empty:
        process.kill()
        raise SubmissionError("accuracy.weights.timeout", seconds=int(seconds)) from None
    status = process.wait(5)
    process.kill()
    return record, status


def _key(request: Mapping[str, Any], weights: Path, data: Dataset) -> str:
    """What predictions depend on: network, weights, images and how they are scaled, and who computes."""
    with weights.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    network = {name: request[name] for name in ("layers", "shapes", "scale", "offset")}
    versions = {name: importlib.metadata.version(name) for name in ("keras", "numpy", "tensorflow")}
    return cache.key_of(kind="predictions", network=network, weights=digest, images=data.digest, versions=versions)


def _cached(
    observed: Observed, weights: Path, data: Dataset, launcher: Launcher, limits: Mapping[str, float], shared: Path | None
) -> NDArray[np.uint8]:
    """Predictions for the test images, from the folder *shared* if the same were made before."""
    known = cache.Cache(shared / "predictions") if shared else None
    key = _key(_request(observed, "", "", 0), weights, data)
    found = known.get(key) if known else None
    if found is None:
        with _images(data, shared) as images:
            found = {"predicted": _predict(observed, weights, images, launcher, limits)}
        if known:
            known.put(key, found)
    return _numbers(found.get("predicted"), len(data.x_test))


def _predict(observed: Observed, weights: Path, images: Path, launcher: Launcher, limits: Mapping[str, float]) -> Any:
    """The classes that the network sees in the images, as they were told."""
    command = launcher.command("autograder.replay", [weights, images])
    request = _request(observed, command.where(weights), command.where(images), int(limits["memory_mib"]))
    process = Process(command, request, int(limits["log_bytes"]))
    record, status = _ask(process, limits["evaluate"])
    if record is None:
        if "MemoryError" in process.log.text() or status < 0:
            raise SubmissionError("accuracy.weights.crash", exit=status)
        raise SandboxError("grader.replay_failed", log=process.log.text()[-500:])
    if record.get("status") != "ok":
        code = str(record.get("code"))[:100]
        if not code.startswith("accuracy.weights."):
            raise EvidenceError("evidence.malformed", what="code")
        raise SubmissionError(code, **ev.strings(record.get("params")))
    return record.get("predicted")


def _numbers(text: Any, count: int) -> NDArray[np.uint8]:
    raw = base64.b64decode(text, validate=True) if isinstance(text, str) and len(text) < 2 * count + 8 else b""
    if len(raw) != count:
        raise EvidenceError("evidence.malformed", what="predicted")
    return np.frombuffer(raw, np.uint8)


def _score(predicted: NDArray[np.uint8], data: Dataset) -> dict[str, Any]:
    labels = data.y_test.ravel()
    right = predicted == labels
    by_class = [[int(right[labels == k].sum()), int((labels == k).sum())] for k in range(10)]
    return {"status": "ok", "accuracy": float(right.mean()), "images": len(labels), "by_class": by_class}


def evaluate(
    evidence_dir: Path,
    weights: Path,
    launcher: Launcher,
    data: Dataset,
    scheme: Scheme,
    limits: Mapping[str, float] = MappingProxyType({}),
    shared: Path | None = None,
) -> dict[str, Any]:
    """Evaluate *weights* in the network of the stored evidence and write ``evaluation.json`` beside it.

    *limits* replace those of the marking scheme; the folder *shared* keeps the test images, and predictions by
    what they were made from, for other calls.

    What is wrong with the weights, or with the network they belong to, is recorded, not raised.

    Raises:
        GraderError: the evidence is unreadable or a process of ours failed.
    """
    started = time.monotonic()
    observed = Observed(ev.load(evidence_dir / "evidence.json"), scheme)
    result: dict[str, Any] = {"schema": SCHEMA, "data": data.name, "digest": data.digest, "weights": weights.name}
    try:
        result |= _score(_cached(observed, weights, data, launcher, {**scheme.limits, **limits}, shared), data)
    except GraderError:
        raise
    except ConvmarkError as error:
        result |= {"status": "error", "code": error.code, "params": error.params}
    result["seconds"] = round(time.monotonic() - started, 1)
    files.write_json(evidence_dir / FILE, result)
    return result


def unavailable(evidence_dir: Path, error: ConvmarkError) -> None:
    """Record that weights were submitted but cannot be evaluated on this machine."""
    files.write_json(
        evidence_dir / FILE,
        {"schema": SCHEMA, "status": "unavailable", "code": error.code, "params": error.params},
    )


def load(evidence_dir: Path) -> dict[str, Any] | None:
    """The stored evaluation, None if no weights were evaluated.

    Raises:
        EvidenceError: the file is none of ours.
    """
    path = evidence_dir / FILE
    if not path.exists():
        return None
    try:
        if path.stat().st_size > MAX_BYTES:
            raise EvidenceError("evidence.too_large", received=path.stat().st_size, limit=MAX_BYTES)
        text = path.read_text("ascii")
    except (OSError, ValueError) as error:
        raise EvidenceError("evidence.not_json", received=str(error)[:100]) from None
    result = ev.table(strictjson.loads(text, max_chars=MAX_BYTES), FILE)
    if result.get("schema") != SCHEMA:
        raise EvidenceError("evidence.schema", received=str(result.get("schema"))[:50], expected=SCHEMA)
    if not (_scored(result) if result.get("status") == "ok" else _explained(result)):
        raise EvidenceError("evidence.malformed", what=FILE)
    return result


def _scored(result: dict[str, Any]) -> bool:
    accuracy, count = result.get("accuracy"), result.get("images")
    in_range = type(accuracy) is float and 0 <= accuracy <= 1 and type(count) is int and count > 0
    return in_range and isinstance(result.get("data"), str)


def _explained(result: dict[str, Any]) -> bool:
    known = result.get("status") in ("error", "unavailable")
    return known and isinstance(result.get("code"), str) and isinstance(result.get("params"), dict)
