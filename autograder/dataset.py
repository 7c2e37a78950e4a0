"""The data sets: CIFAR-10 from a local file, and a synthetic stand-in of the same shape.

``cifar10`` is the ``.npz`` that the environment variable CIFAR10_NPZ names (arrays x_train, y_train, x_test,
y_test as `keras.datasets.cifar10.load_data` returns them), else Keras' own download, converted once by a
process of its own: what judges never imports TensorFlow.
"""

import contextlib
import hashlib
import io
import os
import subprocess
import sys
import zipfile
import zlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.errors import DataUnavailable

CACHE = Path("~/.cache/convmark/cifar10.npz").expanduser()
KERAS_FILES = ("cifar-10-batches-py-target", "cifar-10-batches-py", "cifar-10-python.tar.gz")
CONVERT = (
    "import sys, numpy, keras; (a, b), (c, d) = keras.datasets.cifar10.load_data(); "
    "numpy.savez(sys.argv[1], x_train=a, y_train=b, x_test=c, y_test=d)"
)
SYNTHETIC_TRAIN, SYNTHETIC_TEST = 4000, 1000
STRIPES, COARSE, FINE = 1.6, 0.4, 0.5  # deviations of the parts of an image
ANGLE, PERIOD = 0.17, 0.17  # jitter in radians and of the logarithm: classes overlap, about 12% cannot be told
HELD_OUT = 10  # the lab validates on the last tenth of the training rows, 5,000 of 50,000
SAMPLE = 5000
Images = NDArray[np.uint8]


@dataclass(frozen=True)
class Dataset:
    """Images (n, 32, 32, 3) uint8 and labels (n, 1) uint8; ``digest`` is that of the test part.

    ``sampled`` says that the training part is no more than the sample of another data set.
    """

    name: str
    x_train: Images
    y_train: Images
    x_test: Images
    y_test: Images
    sampled: bool = False

    @cached_property
    def digest(self) -> str:
        """SHA-256 of test images and labels."""
        return hashlib.sha256(self.x_test.tobytes() + self.y_test.astype(np.uint8).tobytes()).hexdigest()

    @cached_property
    def sample(self) -> tuple[Images, Images]:
        """Images (n, 32, 32, 3) and labels (n, 1) of at most 5,000 training rows.

        They are spread evenly over all but the last tenth, which the lab holds out for validation: a network has seen
        the others as it was trained.
        """
        if self.sampled:
            return self.x_train, self.y_train
        rows = len(self.x_train) - len(self.x_train) // HELD_OUT
        count = min(rows, SAMPLE)
        chosen = np.arange(count) * rows // count
        return self.x_train[chosen], self.y_train[chosen]

    @cached_property
    def evaluated_digest(self) -> str:
        """SHA-256 of all that an evaluation depends on: the test part and the sample of the training part."""
        images, labels = self.sample
        return hashlib.sha256(self.digest.encode() + images.tobytes() + labels.astype(np.uint8).tobytes()).hexdigest()

    def packed(self) -> bytes:
        """An ``.npz`` of what evaluation needs and no more; `read_npz` makes the same evaluation of it."""
        (x_train, y_train), content = self.sample, io.BytesIO()
        parts = {"x_train": x_train, "y_train": y_train, "x_test": self.x_test, "y_test": self.y_test}
        np.savez(content, **parts, sampled=np.True_)  # type: ignore[arg-type, unused-ignore]
        return content.getvalue()


def _stripes(rng: np.random.Generator, labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """A striped patch anywhere in each image, (n, 32, 32, 3): the class is its direction and its width.

    Classes 0 to 4 have wide stripes in five directions, 5 to 9 narrow ones; phase, place and colour are
    random, so that neither a single pixel nor the mean colour tells the class.
    """
    count = len(labels)
    angle = (labels % 5) * np.pi / 5 + rng.normal(0, ANGLE, count)
    period = np.where(labels < 5, 7.0, 4.0) * np.exp(rng.normal(0, PERIOD, count))
    row, column = np.mgrid[0:32, 0:32]
    along = np.cos(angle)[:, None, None] * row + np.sin(angle)[:, None, None] * column  # (n, 32, 32)
    wave = np.sin(2 * np.pi * along / period[:, None, None] + rng.uniform(0, 2 * np.pi, count)[:, None, None])
    centre = rng.uniform(8, 24, (2, count, 1, 1))
    patch = np.exp(-((row - centre[0]) ** 2 + (column - centre[1]) ** 2) / (2 * 10.0**2))
    colour = 1 + rng.normal(0, 0.4, (count, 3))
    striped: NDArray[np.float64] = (wave * patch)[..., None] * colour[:, None, None, :]
    return striped


def _synthetic(rng: np.random.Generator, count: int) -> tuple[Images, Images]:
    """Striped patches in coarse and fine noise."""
    labels = rng.integers(0, 10, count)
    coarse = rng.normal(0, COARSE, (count, 8, 8, 3)).repeat(4, axis=1).repeat(4, axis=2)
    images = STRIPES * _stripes(rng, labels) + coarse + rng.normal(0, FINE, (count, 32, 32, 3))
    pixels = np.clip(128 + 50 * images, 0, 255).astype(np.uint8)
    return pixels, labels.astype(np.uint8)[:, None]


def synthetic(train: int = SYNTHETIC_TRAIN, test: int = SYNTHETIC_TEST) -> Dataset:
    """A deterministic stand-in that a small network learns in some epochs, though not at once."""
    rng = np.random.default_rng(20)
    return Dataset("synthetic", *_synthetic(rng, train), *_synthetic(rng, test))


def _classes(labels: NDArray[Any], count: int) -> bool:
    """Whether these are *count* class numbers."""
    return bool(labels.dtype.kind in "iu" and labels.size == count > 0 and labels.min() >= 0 and labels.max() <= 9)


def read_npz(path: Path, name: str) -> Dataset:
    """A data set from an ``.npz`` without pickled objects.

    Raises:
        DataUnavailable: the file is missing, broken or of another shape.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            x_train, y_train, x_test, y_test = (np.asarray(arrays[part]) for part in ("x_train", "y_train", "x_test", "y_test"))
            sampled = "sampled" in arrays.files
    except (OSError, ValueError, LookupError, EOFError, TypeError, zipfile.BadZipFile, zlib.error) as error:
        raise DataUnavailable("data_set.unreadable", path=path.name, reason=str(error)[:200]) from error
    for part, images, labels in (("train", x_train, y_train), ("test", x_test, y_test)):
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[1:] != (32, 32, 3) or not _classes(labels, len(images)):
            reason = f"x_{part} {images.dtype} {images.shape}, y_{part} {labels.dtype} {labels.shape}"
            raise DataUnavailable("data_set.unreadable", path=path.name, reason=reason)
    return Dataset(name, x_train, y_train.reshape(-1, 1), x_test, y_test.reshape(-1, 1), sampled)


def _keras_has_it() -> bool:
    home = Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser()
    return any((home / "datasets" / name).exists() for name in KERAS_FILES)


def _convert(target: Path) -> None:
    """Let Keras read, and if need be download, CIFAR-10, and keep it as an ``.npz``."""
    partial = target.with_name(f"{target.stem}.{os.getpid()}.npz")
    command = [sys.executable, "-P", "-c", CONVERT, str(partial)]
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(command, check=True, capture_output=True, timeout=3600)
        partial.replace(target)
    except (OSError, subprocess.SubprocessError) as error:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise DataUnavailable("data_set.no_cifar10", reason=type(error).__name__) from error


def find(name: str = "cifar10", *, download: bool = False) -> Dataset:
    """The data set ``cifar10``, ``synthetic`` or that in an ``.npz`` file.

    Raises:
        DataUnavailable: it is not on this machine, and may not or cannot be downloaded.
    """
    if name == "synthetic":
        return synthetic()
    if name != "cifar10":
        return read_npz(Path(name), "cifar10")
    named = os.environ.get("CIFAR10_NPZ")
    if named:
        return read_npz(Path(named).expanduser(), "cifar10")
    if not CACHE.exists():
        if not download and not _keras_has_it():
            raise DataUnavailable("data_set.no_cifar10", reason="not downloaded yet")
        _convert(CACHE)
    return read_npz(CACHE, "cifar10")
