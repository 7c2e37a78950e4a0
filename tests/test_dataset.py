"""The data sets: the synthetic one, an `.npz`, and none at all."""

import dataclasses
import io
import pickle
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder import dataset
from autograder.errors import DataUnavailable

DIGEST = "8e67c65eb6bce97cd4489357f0ca4c5636afab578e00b5062c9060716abe1a8e"


@pytest.fixture(autouse=True)
def _nothing_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without CIFAR-10."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.delenv("CIFAR10_NPZ", raising=False)
    monkeypatch.setattr(dataset, "CACHE", tmp_path / "cache")


def arrays(count: int = 4, **parts: Any) -> dict[str, Any]:
    """A small data set of the right form, with some parts changed."""
    images = np.random.default_rng(0).integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
    labels = np.arange(count, dtype=np.uint8)[:, None] % 10
    return {"x_train": images, "y_train": labels, "x_test": images[::-1], "y_test": labels[::-1]} | parts


def saved(path: Path, **parts: Any) -> Path:
    """Such a data set in a file."""
    np.savez(path, **arrays(**parts))
    return path


def test_synthetic_is_deterministic() -> None:
    """The synthetic set is the same on every machine, or calibrated thresholds would mean nothing."""
    found = dataset.find("synthetic")

    assert DIGEST == found.digest
    assert ((4000, 32, 32, 3), (4000, 1)) == (found.x_train.shape, found.y_train.shape)
    assert ((1000, 32, 32, 3), (1000, 1)) == (found.x_test.shape, found.y_test.shape)
    assert {np.dtype(np.uint8)} == {part.dtype for part in (found.x_train, found.y_train, found.x_test, found.y_test)}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [(1, [0]), (9, list(range(9))), (10, list(range(9))), (5555, list(range(5000))), (50_000, list(range(0, 45_000, 9)))],
)
def test_sample(rows: int, expected: list[int]) -> None:
    """The sample is spread evenly over the rows that the lab trains on, and is all of them where they are few."""
    numbers = np.arange(rows)
    images = np.broadcast_to(numbers.astype(np.uint8)[:, None, None, None], (rows, 32, 32, 3))
    found = dataset.Dataset("x", images, numbers[:, None], images[:1], numbers[:1, None])  # type: ignore[arg-type]

    assert expected == found.sample[1].ravel().tolist()
    assert [number % 256 for number in expected] == found.sample[0][:, 0, 0, 0].tolist()


def test_packed(tmp_path: Path) -> None:
    """What is sent away is evaluated as the whole: the same test set, the same sample, the same digests."""
    whole = dataset.synthetic(6000, 30)
    (tmp_path / "packed.npz").write_bytes(whole.packed())
    found = dataset.read_npz(tmp_path / "packed.npz", "synthetic")

    assert 5000 == len(found.x_train)
    assert (whole.digest, whole.evaluated_digest) == (found.digest, found.evaluated_digest)
    assert whole.sample[0].tobytes() == found.sample[0].tobytes()
    assert whole.sample[1].tobytes() == found.sample[1].tobytes()


def test_digest_of_what_is_evaluated() -> None:
    """It changes with a label or an image of either part, the digest of the test part only with that."""
    first = dataset.synthetic(30, 20)
    other = dataclasses.replace(first, y_train=(first.y_train + 1) % 10)
    tested = dataclasses.replace(first, y_test=(first.y_test + 1) % 10)

    assert first.digest == other.digest != tested.digest
    assert 3 == len({first.evaluated_digest, other.evaluated_digest, tested.evaluated_digest})


def test_synthetic_classes() -> None:
    """All ten classes occur about equally often in both parts, and no test image is a training image."""
    found = dataset.synthetic(1000, 500)

    for labels in (found.y_train, found.y_test):
        counts = np.bincount(labels.ravel(), minlength=10)
        assert 10 == len(counts)
        assert counts.min() > len(labels) / 20
    assert not {image.tobytes() for image in found.x_train} & {image.tobytes() for image in found.x_test}


def test_synthetic_is_no_matter_of_colour() -> None:
    """The mean colour of an image does not tell its class."""
    found = dataset.synthetic(1000, 500)
    means = [found.x_train[found.y_train.ravel() == k].mean(axis=(1, 2)) for k in range(10)]
    nearest = np.stack([((found.x_test.mean(axis=(1, 2)) - mean.mean(axis=0)) ** 2).sum(axis=1) for mean in means]).argmin(axis=0)

    assert (nearest == found.y_test.ravel()).mean() < 0.25


def test_npz(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file in the form of Keras is read by its path, from the environment, and from the cache."""
    path = saved(tmp_path / "here.npz")
    expected = arrays()["x_test"].tobytes()

    assert expected == dataset.find(str(path)).x_test.tobytes()
    monkeypatch.setenv("CIFAR10_NPZ", str(path))
    assert expected == dataset.find().x_test.tobytes()
    monkeypatch.delenv("CIFAR10_NPZ")
    dataset.CACHE.mkdir()
    saved(dataset.CACHE / "cifar10.npz")
    assert ("cifar10", expected) == (dataset.find().name, dataset.find().x_test.tobytes())


@pytest.mark.parametrize("labels", [np.arange(4), np.arange(4, dtype=np.int64)[:, None]])
def test_labels_of_other_forms(tmp_path: Path, labels: Any) -> None:
    """Flat and wider labels are read as the same class numbers, with the same digest."""
    found = dataset.read_npz(saved(tmp_path / "x.npz", y_test=labels), "x")

    assert [[0], [1], [2], [3]] == found.y_test.tolist()
    assert dataset.read_npz(saved(tmp_path / "y.npz", y_test=np.arange(4, dtype=np.uint8)), "y").digest == found.digest


BAD_PARTS: dict[str, dict[str, Any]] = {
    "objects": {"y_test": np.array([1, "a", None, 2], dtype=object)},
    "float images": {"x_test": np.zeros((4, 32, 32, 3))},
    "flat images": {"x_test": np.zeros((4, 3072), np.uint8)},
    "channels first": {"x_test": np.zeros((4, 3, 32, 32), np.uint8)},
    "no images": {"x_test": np.zeros((0, 32, 32, 3), np.uint8), "y_test": np.zeros((0, 1), np.uint8)},
    "a single number": {"x_test": np.uint8(1)},
    "one label": {"y_test": np.uint8(1)},
    "too few labels": {"y_test": np.zeros((3, 1), np.uint8)},
    "one-hot labels": {"y_test": np.eye(10, dtype=np.uint8)[:4]},
    "labels that are no classes": {"y_test": np.array([0, 1, 2, 10])},
    "negative labels": {"y_test": np.array([0, 1, 2, -1])},
    "real labels": {"y_test": np.zeros(4)},
    "training images of another form": {"x_train": np.zeros((4, 3072), np.uint8)},
    "too few training labels": {"y_train": np.zeros(3, np.uint8)},
}


@pytest.mark.parametrize("name", BAD_PARTS)
def test_files_of_another_form(tmp_path: Path, name: str) -> None:
    """Objects, other shapes and other types are refused."""
    with pytest.raises(DataUnavailable, match=r"data_set\.unreadable"):
        dataset.read_npz(saved(tmp_path / "x.npz", **BAD_PARTS[name]), "x")


class Trap:
    """Unpickling it would be noticed."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (pytest.fail, ("unpickled",))


def npy(value: Any) -> bytes:
    """An `.npy` file."""
    stream = io.BytesIO()
    np.save(stream, value)
    return stream.getvalue()


def archive(content: bytes) -> bytes:
    """A zip file whose members all have this content."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as members:
        for name in ("x_train", "y_train", "x_test", "y_test"):
            members.writestr(f"{name}.npy", content)
    return stream.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"text",
        b"PK\x03\x04 no archive",
        archive(b""),
        archive(b"\x93NUMPY\x01\x00"),
        archive(pickle.dumps(Trap())),
        archive(npy(np.zeros(3)))[:-30],
        pickle.dumps(Trap()),
        npy(np.zeros(3)),
        npy(np.array([Trap()], dtype=object)),
        archive(npy(np.array([Trap()], dtype=object))),
    ],
)
def test_broken_files(tmp_path: Path, content: bytes) -> None:
    """What is no `.npz`, and what would have to be unpickled, is refused and not unpickled."""
    path = tmp_path / "x.npz"
    path.write_bytes(content)

    with pytest.raises(DataUnavailable, match=r"data_set\.unreadable"):
        dataset.read_npz(path, "x")


def test_missing_arrays(tmp_path: Path) -> None:
    """A file without one of the four arrays, a folder and no file at all are refused."""
    np.savez(tmp_path / "x.npz", x_test=np.zeros((4, 32, 32, 3), np.uint8))
    for name in ("x.npz", "", "nothing.npz"):
        with pytest.raises(DataUnavailable, match=r"data_set\.unreadable"):
            dataset.read_npz(tmp_path / name, "x")


def test_no_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without CIFAR-10 on the machine nothing is downloaded and no process is started."""

    def start(*_: object, **__: object) -> None:
        pytest.fail("a process was started")

    monkeypatch.setattr(subprocess, "run", start)
    with pytest.raises(DataUnavailable, match=r"data_set\.not_downloaded"):
        dataset.find()
    monkeypatch.setenv("CIFAR10_NPZ", str(tmp_path / "missing.npz"))
    with pytest.raises(DataUnavailable, match=r"data_set\.unreadable"):
        dataset.find()


@pytest.mark.parametrize("error", [OSError("no"), subprocess.TimeoutExpired("x", 1), subprocess.CalledProcessError(1, "x")])
def test_conversion_that_fails(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """A download that fails is no data, and leaves no file behind."""

    def start(command: list[str], **_: object) -> None:
        Path(command[-1]).write_bytes(b"part")
        raise error

    monkeypatch.setattr(subprocess, "run", start)
    with pytest.raises(DataUnavailable, match=r"data_set\.missing"):
        dataset.find(download=True)

    assert [] == list(dataset.CACHE.iterdir())


def test_conversion(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What Keras has already is converted once and then read from the cache."""
    calls = []

    def start(command: list[str], **_: object) -> None:
        calls.append(command)
        saved(Path(command[-1]))

    monkeypatch.setattr(subprocess, "run", start)
    (tmp_path / "keras" / "datasets" / dataset.KERAS_FILES["cifar10"][0]).mkdir(parents=True)

    assert dataset.find().digest == dataset.find().digest
    assert 1 == len(calls)


def test_cache_folder_that_cannot_be_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where the cache cannot be written, the data set is missing, and the grader goes on."""
    (tmp_path / "file").write_text("x")
    monkeypatch.setattr(dataset, "CACHE", tmp_path / "file")

    with pytest.raises(DataUnavailable, match=r"data_set\.missing"):
        dataset.find(download=True)
