"""The accuracy of submitted weights: images go into the sandbox, probabilities come out, labels stay here."""

import hashlib
import io
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from autograder import answers, cache, figures, files, measuring, replaying, strictjson, tried
from autograder import evidence as ev
from autograder.dataset import Dataset
from autograder.errors import ConvmarkError, EvidenceError, GraderError, SubmissionError
from autograder.figures import Figures
from autograder.lab import CLASSES
from autograder.launcher import Launcher
from autograder.network import Network
from autograder.observed import Observed, PreparedCase
from autograder.scheme import Scheme

SCHEMA = 2
MAX_BYTES = 2**20
FILE = "evaluation.json"
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


def _scaling_of(observed: Observed) -> tuple[float, float]:
    """How the submission scales images; as the lab does where its function did not work."""
    try:
        return scaling(observed.data)
    except ConvmarkError:
        return USUAL


def _request(network: Network, scale: tuple[float, float]) -> dict[str, Any]:
    """What the answers depend on beside weights and images.

    Raises:
        SubmissionError: the network is none of known layers with an output for each class.
    """
    if not network.buildable(CLASSES):
        raise SubmissionError("accuracy.weights.network", classes=CLASSES)
    return {
        "layers": [{"kind": layer.kind, "args": layer.args} for layer in network.layers],
        "shapes": network.weight_shapes(),
        "scale": scale[0],
        "offset": scale[1],
    }


def _images(data: Dataset) -> bytes:
    """The images to look at as ``.npy`` bytes: (n, height, width, channels) uint8, the test images first."""
    content = io.BytesIO()
    np.save(content, np.concatenate([data.x_test, data.sample[0]]))
    return content.getvalue()


def _key(request: Mapping[str, Any], weights: Path, data: Dataset) -> str:
    """What the figures depend on: network, scaling, weights, images with their labels, and who computes."""
    with weights.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    about = {"schema": SCHEMA, "network": dict(request), "weights": digest, "data": data.evaluated_digest}
    return cache.key_of(kind="evaluation", **about, versions=cache.versions())


def _known(kept: cache.Cache | None, key: str) -> Figures | None:
    """The figures that were measured before, if the entry is one of ours."""
    found = kept.get(key) if kept else None
    try:
        return figures.read(found) if found is not None else None
    except EvidenceError:
        return None


def measure(
    network: Network,
    scale: tuple[float, float],
    weights: Path,
    launcher: Launcher,
    data: Dataset,
    limits: Mapping[str, float],
    shared: Path | None = None,
) -> Figures:
    """What *network* with *weights* makes of test images and training images; it sees scale * pixel + offset.

    Figures measured before are taken from the folder *shared*.

    Raises:
        SubmissionError: weights and network do not fit, or do not work.
        GraderError: a process of ours failed, or its answer is malformed.
    """
    request = _request(network, scale)
    kept = cache.Cache(shared / "evaluations") if shared else None
    key = _key(request, weights, data)
    found = _known(kept, key)
    if found is None:
        with cache.file(shared, f"images-{data.evaluated_digest}.npy", lambda: _images(data)) as images:
            record = replaying.ask(
                launcher,
                [weights, images],
                lambda where: request | {"weights": where(weights), "images": where(images)},
                family="accuracy.weights",
                seconds=limits["evaluate"],
                log_bytes=int(limits["log_bytes"]),
            )
        found = measuring.measure(answers.read(record, len(data.x_test) + len(data.sample[0])), data)
        if kept:
            kept.put(key, found.to_dict())
    return found


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

    *limits* replace those of the marking scheme; the folder *shared* keeps the images, and figures by what they were
    measured from, for other calls.

    What is wrong with the weights, or with the network they belong to, is recorded, not raised.

    Raises:
        GraderError: the evidence is unreadable or a process of ours failed.
    """

    def measured(observed: Observed) -> dict[str, Any]:
        scale = _scaling_of(observed)
        return measure(observed.network, scale, weights, launcher, data, {**scheme.limits, **limits}, shared).to_dict()

    return recorded(evidence_dir, data, scheme, {"weights": weights.name}, measured)


def recorded(
    evidence_dir: Path, data: Dataset, scheme: Scheme, about: Mapping[str, Any], measured: Callable[[Observed], dict[str, Any]]
) -> dict[str, Any]:
    """Write what is *measured* on stored evidence into ``evaluation.json`` beside it; what is wrong with it is recorded too.

    Raises:
        GraderError: the evidence is unreadable or a process of ours failed.
    """
    observed = Observed(ev.load(evidence_dir / "evidence.json"), scheme)
    result: dict[str, Any] = {"schema": SCHEMA, "data": data.name, "digest": data.digest, **about}
    try:
        result |= {"status": "ok", **measured(observed)}
    except GraderError:
        raise
    except ConvmarkError as error:
        result |= {"status": "error", "code": error.code, "params": error.params}
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
    result = strictjson.read(path, max_bytes=MAX_BYTES, schema=SCHEMA)
    if result.get("status") == "ok":
        tried.read(result) if result.get("kind") == tried.KIND else figures.read(result)
        _need(isinstance(result.get("data"), str))
    else:
        _need(_explained(result))
    return result


def _need(condition: bool) -> None:
    if not condition:
        raise EvidenceError("evidence.malformed", what=FILE)


def _explained(result: dict[str, Any]) -> bool:
    known = result.get("status") in ("error", "unavailable")
    return known and isinstance(result.get("code"), str) and isinstance(result.get("params"), dict)
