"""The data sets: the lab's from a local file, and a synthetic stand-in of the same shape.

The lab's, such as ``cifar10``, is the ``.npz`` that an environment variable names, as CIFAR10_NPZ (arrays x_train,
y_train, x_test, y_test as `keras.datasets.cifar10.load_data` returns them), else Keras' own download, converted
once by a process of its own: what judges never imports TensorFlow.
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

from autograder import scheme
from autograder.errors import DataUnavailable
from autograder.lab import CLASSES, IMAGE

CACHE = Path("~/.cache/convmark").expanduser()
# What Keras leaves below ~/.keras/datasets once it has loaded a set; it knows no others of images with classes.
KERAS_FILES = {
    "cifar10": ("cifar-10-batches-py-target", "cifar-10-batches-py", "cifar-10-python.tar.gz"),
    "cifar100": ("cifar-100-python-target", "cifar-100-python", "cifar-100-python.tar.gz"),
    "fashion_mnist": ("fashion-mnist",),
    "mnist": ("mnist.npz",),
}
CONVERT = (
    "import sys, numpy, keras; (a, b), (c, d) = getattr(keras.datasets, sys.argv[1]).load_data(); "
    "numpy.savez(sys.argv[2], x_train=a, y_train=b, x_test=c, y_test=d)"
)
SYNTHETIC = "synthetic"  # the name of the stand-in
SYNTHETIC_TRAIN, SYNTHETIC_TEST = 4000, 1000
STRIPES, COARSE, FINE = 1.6, 0.4, 0.5  # deviations of the parts of an image
ANGLE, PERIOD = 0.17, 0.17  # jitter in radians and of the logarithm: classes overlap, about 12% cannot be told
HELD_OUT = 10  # the lab validates on the last tenth of the training rows, 5,000 of 50,000
SAMPLE = 5000
Images = NDArray[np.uint8]


@dataclass(frozen=True)
class Dataset:
    """Images (n, height, width, channels) uint8 and labels (n, 1) uint8; ``digest`` is that of the test part.

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
        """Images (n, height, width, channels) and labels (n, 1) of at most 5,000 training rows.

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
    """A striped patch anywhere in each image, (n, height, width, channels): the class is its direction and its width.

    The first half of the classes, 0 to 4 of ten, has wide stripes in as many directions, the others narrow ones;
    phase, place and colour are random, so that neither a single pixel nor the mean colour tells the class.
    """
    count, half, side = len(labels), -(-CLASSES // 2), min(IMAGE[:2])
    angle = (labels % half) * np.pi / half + rng.normal(0, ANGLE, count)
    period = np.where(labels < half, 7.0, 4.0) * np.exp(rng.normal(0, PERIOD, count))
    row, column = np.mgrid[0 : IMAGE[0], 0 : IMAGE[1]]
    along = np.cos(angle)[:, None, None] * row + np.sin(angle)[:, None, None] * column  # (n, height, width)
    wave = np.sin(2 * np.pi * along / period[:, None, None] + rng.uniform(0, 2 * np.pi, count)[:, None, None])
    centre = rng.uniform(side / 4, 3 * side / 4, (2, count, 1, 1))
    patch = np.exp(-((row - centre[0]) ** 2 + (column - centre[1]) ** 2) / (2 * 10.0**2))
    colour = 1 + rng.normal(0, 0.4, (count, IMAGE[2]))
    striped: NDArray[np.float64] = (wave * patch)[..., None] * colour[:, None, None, :]
    return striped


def _synthetic(rng: np.random.Generator, count: int) -> tuple[Images, Images]:
    """Striped patches in coarse and fine noise."""
    height, width, channels = IMAGE
    labels = rng.integers(0, CLASSES, count)
    coarse = rng.normal(0, COARSE, (count, -(-height // 4), -(-width // 4), channels)).repeat(4, axis=1).repeat(4, axis=2)
    images = STRIPES * _stripes(rng, labels) + coarse[:, :height, :width] + rng.normal(0, FINE, (count, *IMAGE))
    pixels = np.clip(128 + 50 * images, 0, 255).astype(np.uint8)
    return pixels, labels.astype(np.uint8)[:, None]


def synthetic(train: int = SYNTHETIC_TRAIN, test: int = SYNTHETIC_TEST) -> Dataset:
    """A deterministic stand-in that a small network learns in some epochs, though not at once."""
    rng = np.random.default_rng(20)
    return Dataset(SYNTHETIC, *_synthetic(rng, train), *_synthetic(rng, test))


def _classes(labels: NDArray[Any], count: int) -> bool:
    """Whether these are *count* class numbers."""
    return bool(labels.dtype.kind in "iu" and labels.size == count > 0 and labels.min() >= 0 and labels.max() < CLASSES)


def read_npz(path: Path, name: str) -> Dataset:
    """A data set from an ``.npz`` without pickled objects; grey images may come without the axis of their one channel.

    Raises:
        DataUnavailable: the file is missing, broken or of another shape.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            x_train, y_train, x_test, y_test = (np.asarray(arrays[part]) for part in ("x_train", "y_train", "x_test", "y_test"))
            sampled = "sampled" in arrays.files
    except (OSError, ValueError, LookupError, EOFError, TypeError, zipfile.BadZipFile, zlib.error) as error:
        raise DataUnavailable("data_set.unreadable", path=path.name, reason=str(error)[:200]) from error
    x_train, x_test = (images[..., None] if images.ndim == 3 else images for images in (x_train, x_test))
    for part, images, labels in (("train", x_train, y_train), ("test", x_test, y_test)):
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[1:] != IMAGE or not _classes(labels, len(images)):
            reason = f"x_{part} {images.dtype} {images.shape}, y_{part} {labels.dtype} {labels.shape}"
            raise DataUnavailable("data_set.unreadable", path=path.name, reason=reason)
    return Dataset(name, x_train, y_train.reshape(-1, 1), x_test, y_test.reshape(-1, 1), sampled)


def lab_name() -> str:
    """The name of the lab's own data set."""
    return scheme.load().data_name


def variable(name: str) -> str:
    """The environment variable that names a file with the data set *name*."""
    return f"{name.upper()}_NPZ"


def title() -> str:
    """The lab's own data set as people write it."""
    return str(scheme.load().raw["data"]["title"])


def _missing(name: str, reason: str = "") -> DataUnavailable:
    code = "data_set.missing" if reason else "data_set.not_downloaded"
    return DataUnavailable(code, title=title(), variable=variable(name), **({"reason": reason} if reason else {}))


def _keras_has_it(name: str) -> bool:
    home = Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser()
    return any((home / "datasets" / file).exists() for file in KERAS_FILES[name])


def _convert(name: str, target: Path) -> None:
    """Let Keras read, and if need be download, a data set, and keep it as an ``.npz``."""
    partial = target.with_name(f"{target.stem}.{os.getpid()}.npz")
    command = [sys.executable, "-P", "-c", CONVERT, name, str(partial)]
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(command, check=True, capture_output=True, timeout=3600)
        partial.replace(target)
    except (OSError, subprocess.SubprocessError) as error:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise _missing(name, type(error).__name__) from error


def find(name: str | None = None, *, download: bool = False) -> Dataset:
    """The lab's data set, by its name or without one, ``synthetic``, or that in an ``.npz`` file.

    Raises:
        DataUnavailable: it is not on this machine, and may not or cannot be downloaded.
    """
    lab = lab_name()
    if name == SYNTHETIC:
        return synthetic()
    if name not in (None, lab):
        return read_npz(Path(str(name)), lab)
    named = os.environ.get(variable(lab))
    if named:
        return read_npz(Path(named).expanduser(), lab)
    cached = CACHE / f"{lab}.npz"
    if not cached.exists():
        if lab not in KERAS_FILES or not (download or _keras_has_it(lab)):
            raise _missing(lab, "" if lab in KERAS_FILES else "Keras does not offer it")
        _convert(lab, cached)
    return read_npz(cached, lab)
