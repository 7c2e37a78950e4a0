"""Submitted weights: what fits is evaluated exactly, what does not gets a sentence."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from autograder import dataset, evaluate, files, judge, replaying, submission, supervise
from autograder.errors import EvidenceError
from autograder.process import Process
from autograder.scheme import load
from tests.support import reference
from tests.support.warm import WarmLauncher

SCHEME = load()
DATA = dataset.synthetic(10, 60)
SOURCE = """
import keras
from keras import layers
def prepare_data(x_train, y_train, x_test, y_test):
    return (x_train / 255, y_train), (x_test / 255, y_test)
def build_model():
    return keras.Sequential([layers.Input((32, 32, 3)), layers.Conv2D(4, 3, activation="relu"), layers.MaxPooling2D(4),
                             layers.Dropout(0.5), layers.Conv2D(6, 3), layers.ReLU(), layers.Flatten(),
                             layers.Dense(10, activation="softmax")])
def compile_model(model, epochs=25):
    model.compile(optimizer="sgd", loss="categorical_crossentropy")
"""
Gather = Callable[..., Path]


def network(filters: int = 6) -> Any:
    """The network of `SOURCE`, or one with another second convolution."""
    namespace: dict[str, Any] = {}
    exec(SOURCE.replace("Conv2D(6, 3)", f"Conv2D({filters}, 3)"), namespace)
    model = namespace["build_model"]()
    namespace["compile_model"](model)
    return model


@pytest.fixture(scope="module")
def evidence(warm: WarmLauncher, tmp_path_factory: pytest.TempPathFactory) -> Gather:
    """A function that makes an evidence folder for `SOURCE`, with some text of it replaced."""

    def gather(before: str = "", after: str = "") -> Path:
        folder = tmp_path_factory.mktemp("evidence")
        (folder / "cifar10_cnn.py").write_text(SOURCE.replace(before, after) if before else SOURCE)
        found = submission.find(folder, {})
        files.write_json(folder / "evidence.json", supervise.gather(found, warm, seed=5, limits=SCHEME.limits))
        return folder

    return gather


@pytest.fixture(scope="module")
def usual(evidence: Gather) -> Path:
    """The evidence of `SOURCE` itself."""
    return evidence()


def run(folder: Path, weights: Path, warm: WarmLauncher) -> dict[str, Any]:
    """The evaluation of a weights file."""
    return evaluate.evaluate(folder, weights, warm, DATA, SCHEME)


def expected_accuracy(model: Any, images: Any) -> float:
    """The accuracy that Keras itself measures."""
    return float((model.predict(images, verbose=0).argmax(axis=1) == DATA.y_test.ravel()).mean())


@pytest.mark.parametrize("name", ["cifar10_cnn.keras", "cifar10_cnn.weights.h5", "cifar10_cnn.h5"])
def test_every_format_gives_keras_own_accuracy(name: str, usual: Path, tmp_path: Path, warm: WarmLauncher) -> None:
    """Weights saved in any of Keras' formats give the accuracy that Keras measures on the same images."""
    model = network()
    model.save_weights(tmp_path / name) if ".weights." in name else model.save(tmp_path / name)
    found = run(usual, tmp_path / name, warm)

    assert "ok" == found["status"]
    assert expected_accuracy(model, DATA.x_test / 255) == found["accuracy"]
    assert 60 == found["images"] == sum(total for _, total in found["by_class"])


def test_both_parts_are_what_keras_measures(usual: Path, tmp_path: Path, warm: WarmLauncher) -> None:
    """Accuracy and loss on the test images and on the sample are those of Keras' own `evaluate`."""
    model = network()
    model.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.save(tmp_path / "cifar10_cnn.keras")
    data = dataset.synthetic(200, 60)
    found = evaluate.evaluate(usual, tmp_path / "cifar10_cnn.keras", warm, data, SCHEME)
    test = model.evaluate(data.x_test / 255, data.y_test, verbose=0)
    train = model.evaluate(data.sample[0] / 255, data.sample[1], verbose=0)

    assert pytest.approx(test, rel=1e-3) == [found["loss"], found["accuracy"]]
    assert pytest.approx(train, rel=1e-3) == [found["train"]["loss"], found["train"]["accuracy"]]
    assert 180 == found["train"]["images"]


def test_same_on_a_worker_far_away(usual: Path, evidence: Gather, tmp_path: Path, warm: WarmLauncher) -> None:
    """What was sent to a worker of a cluster gives the evaluation that the whole data set gives here."""
    network().save(tmp_path / "cifar10_cnn.keras")
    data = dataset.synthetic(6000, 60)
    (tmp_path / "sent.npz").write_bytes(data.packed())
    sent = dataset.read_npz(tmp_path / "sent.npz", "synthetic")
    here, there = (
        evaluate.evaluate(folder, tmp_path / "cifar10_cnn.keras", warm, images, SCHEME)
        for folder, images in ((usual, data), (evidence(), sent))
    )

    assert 5000 == here["train"]["images"]
    assert here == there


@pytest.mark.parametrize("changes", [{"logs": ""}, {"predicted": "AAAA"}, {"logs": None}])
def test_malformed_answer(
    changes: dict[str, Any], usual: Path, tmp_path: Path, warm: WarmLauncher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A replay that answers in another form is our fault or an attack, not a mistake that costs points."""
    replayed = replaying.ask
    monkeypatch.setattr(replaying, "ask", lambda *given, **named: replayed(*given, **named) | changes)
    network().save(tmp_path / "cifar10_cnn.keras")

    with pytest.raises(EvidenceError, match=r"evidence\.malformed"):
        run(usual, tmp_path / "cifar10_cnn.keras", warm)


def test_an_affine_scaling_is_undone(evidence: Gather, tmp_path: Path, warm: WarmLauncher) -> None:
    """Images are scaled as the submission scales them, so a wrong scaling costs nothing here."""
    folder = evidence("x_test / 255", "x_test / 127.5 - 1")
    model = network()
    model.save(tmp_path / "cifar10_cnn.keras")

    assert expected_accuracy(model, DATA.x_test / 127.5 - 1) == run(folder, tmp_path / "cifar10_cnn.keras", warm)["accuracy"]


def test_a_scaling_by_the_data_is_not(evidence: Gather) -> None:
    """A scaling that depends on the data falls back to 1/255."""
    from autograder import evidence as ev
    from autograder.observed import Observed

    folder = evidence("x_test / 255", "x_test / x_test.max()")
    cases = Observed(ev.load(folder / "evidence.json"), SCHEME).data

    assert (1 / 255, 0.0) == evaluate.scaling(cases)


def _garbage(path: Path) -> None:
    path.write_bytes(b"no archive")


def _empty_archive(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", "{}")


def _other_shape(path: Path) -> None:
    network(filters=7).save(path)


def _other_network(path: Path) -> None:
    keras.Sequential([keras.Input((32, 32, 3)), keras.layers.Flatten(), keras.layers.Dense(10)]).save(path)


def _not_finite(path: Path) -> None:
    model = network()
    model.layers[0].set_weights([np.full_like(w, np.nan) for w in model.layers[0].get_weights()])
    model.save(path)


def _overflow(path: Path) -> None:
    model = network()
    for layer in model.layers:
        layer.set_weights([np.full_like(w, 1e38) for w in layer.get_weights()])
    model.save(path)


def _archive_of(path: Path, write: Callable[[Any], None]) -> None:
    inner = path.with_suffix(".h5")
    with h5py.File(inner, "w") as file:
        write(file)
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(inner, "model.weights.h5")


def _external_link(path: Path) -> None:
    def write(file: Any) -> None:
        for name in ("conv2d", "conv2d_1", "dense"):
            group = file.create_group(f"layers/{name}/vars")
            group["0"] = h5py.ExternalLink("/etc/hostname", "/x")
            group["1"] = h5py.SoftLink("/etc")

    _archive_of(path, write)


def _endless_dataset(path: Path) -> None:
    def write(file: Any) -> None:
        for name in ("conv2d", "conv2d_1", "dense"):
            group = file.create_group(f"layers/{name}/vars")
            group.create_dataset("0", shape=(2**20, 2**20), dtype="f4", chunks=(1024, 1024))
            group.create_dataset("1", shape=(4,), dtype="f4")

    _archive_of(path, write)


def _vast_elements(path: Path) -> None:
    def write(file: Any) -> None:
        for name in ("conv2d", "conv2d_1", "dense"):
            group = file.create_group(f"layers/{name}/vars")
            group.create_dataset("0", shape=(3, 3, 3, 4), dtype="V2000000000", chunks=(1, 1, 1, 1))
            group.create_dataset("1", shape=(4,), dtype="f4")

    _archive_of(path, write)


def _external_storage(path: Path) -> None:
    def write(file: Any) -> None:
        for name in ("conv2d", "conv2d_1", "dense"):
            group = file.create_group(f"layers/{name}/vars")
            group.create_dataset("0", shape=(3, 3, 3, 4), dtype="f4", external=[("/etc/passwd", 0, h5py.h5f.UNLIMITED)])
            group.create_dataset("1", shape=(4,), dtype="f4")

    _archive_of(path, write)


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (_garbage, "accuracy.weights.unreadable"),
        (_empty_archive, "accuracy.weights.unreadable"),
        (_other_shape, "accuracy.weights.shape"),
        (_other_network, "accuracy.weights.count"),
        (_not_finite, "accuracy.weights.not_finite"),
        (_overflow, "accuracy.weights.outputs"),
        (_external_link, "accuracy.weights.unreadable"),
        (_external_storage, "accuracy.weights.unreadable"),
        (_endless_dataset, "accuracy.weights.shape"),
        (_vast_elements, "accuracy.weights.unreadable"),
    ],
)
def test_unfit_weights_get_a_sentence(
    make: Callable[[Path], None], code: str, usual: Path, tmp_path: Path, warm: WarmLauncher
) -> None:
    """Broken, foreign or hostile weights are told apart, and cost the accuracy section alone."""
    path = tmp_path / "cifar10_cnn.keras"
    make(path)
    found = run(usual, path, warm)
    verdict = judge.judge(usual, ["accuracy"])

    assert ("error", code) == (found["status"], found["code"])
    assert code == next(check.reason.code for check in verdict.checks if check.id == "accuracy.weights" and check.reason)
    assert ("graded", 0) == (verdict.status, verdict.score)


@pytest.mark.parametrize(
    ("accuracy", "points"), [(0.7663, 20), (0.70, 20), (0.6999, 16), (0.61, 12), (0.5, 8), (0.4, 4), (0.399, 0), (0.1, 0)]
)
def test_bands(accuracy: float, points: float, usual: Path) -> None:
    """The bands of the marking scheme turn an accuracy into points."""
    files.write_json(usual / "evaluation.json", reference.evaluation(round(accuracy * 10_000)))

    assert points == judge.judge(usual, ["accuracy"]).score


def test_the_replay_sees_no_labels(usual: Path, tmp_path: Path, warm: WarmLauncher, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that is handed to the process with the student's weights holds a label."""
    seen: list[Any] = []
    start = Process

    def record(command: Any, request: Any, log_bytes: int) -> Any:
        seen.append(request | {"arrays": np.load(request["images"]).shape})
        return start(command, request, log_bytes)

    monkeypatch.setattr(replaying, "Process", record)
    network().save(tmp_path / "cifar10_cnn.keras")
    run(usual, tmp_path / "cifar10_cnn.keras", warm)

    assert {"layers", "shapes", "weights", "images", "scale", "offset", "arrays"} == set(seen[0])
    assert (60 + 9, 32, 32, 3) == seen[0]["arrays"]
    assert "y_test" not in json.dumps(seen[0], default=str)


class TestCache:
    @pytest.fixture
    def started(self, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
        """The requests of the processes that evaluation starts."""
        seen: list[Any] = []
        start = Process

        def record(command: Any, request: Any, log_bytes: int) -> Any:
            seen.append(request)
            return start(command, request, log_bytes)

        monkeypatch.setattr(replaying, "Process", record)
        return seen

    def test_same_work_is_evaluated_once(
        self, usual: Path, evidence: Gather, tmp_path: Path, warm: WarmLauncher, started: list[Any]
    ) -> None:
        """Two students with the same network and weights get the same accuracy from one run."""
        network().save(tmp_path / "cifar10_cnn.keras")
        data, weights = dataset.synthetic(20, 60), tmp_path / "cifar10_cnn.keras"
        folders = [usual, evidence()]
        found = [evaluate.evaluate(one, weights, warm, data, SCHEME, shared=tmp_path / "shared") for one in folders]

        assert found[0]["status"] == "ok"
        assert found[0]["by_class"] == found[1]["by_class"]
        assert len(started) == 1

    def test_one_answers_for_nobody_else(
        self, usual: Path, evidence: Gather, tmp_path: Path, warm: WarmLauncher, started: list[Any]
    ) -> None:
        """Other weights, other images or another scaling are evaluated by themselves."""
        for name in ("first", "second"):
            network().save(tmp_path / f"{name}.keras")
        shared = tmp_path / "shared"
        other = evidence("x_test / 255", "x_test / 200")
        for folder, name, images in [(usual, "first", 60), (usual, "second", 60), (usual, "first", 50), (other, "first", 60)]:
            evaluate.evaluate(folder, tmp_path / f"{name}.keras", warm, dataset.synthetic(20, images), SCHEME, shared=shared)

        assert len(started) == 4

    def test_damaged_entry(self, usual: Path, tmp_path: Path, warm: WarmLauncher, started: list[Any]) -> None:
        """An entry that is not whole is made again."""
        network().save(tmp_path / "cifar10_cnn.keras")
        data, shared = dataset.synthetic(20, 60), tmp_path / "shared"
        first = evaluate.evaluate(usual, tmp_path / "cifar10_cnn.keras", warm, data, SCHEME, shared=shared)
        for path in (shared / "evaluations").iterdir():
            path.write_text("{")
        second = evaluate.evaluate(usual, tmp_path / "cifar10_cnn.keras", warm, data, SCHEME, shared=shared)

        assert first["by_class"] == second["by_class"]
        assert len(started) == 2
