"""Take arrays out of a stranger's weights file, bounded by the shapes that the network asks for."""

import re
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

MEMBER = "model.weights.h5"
MAX_MEMBER_BYTES = 512 * 2**20
MAX_GROUPS = 2000
WEIGHTED = re.compile(r"^(conv2d|dense)(?:_(\d+))?$")
Arrays = list[NDArray[np.float32]]


class Unfit(Exception):
    """The weights cannot be used; ``code`` and ``params`` say why."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


def unpack(path: Path, folder: Path) -> Path:
    """The HDF5 file itself: *path*, or the weights member of a ``.keras`` archive copied to *folder*.

    Raises:
        Unfit: the archive is broken, has no weights, or they are too large.
    """
    if path.suffix.lower() != ".keras":
        return path
    target = folder / "weights.h5"
    try:
        with zipfile.ZipFile(path) as archive:
            info = archive.getinfo(MEMBER)
            if info.file_size > MAX_MEMBER_BYTES:
                raise Unfit("accuracy.weights.too_large", limit=MAX_MEMBER_BYTES // 2**20)
            with archive.open(info) as source, target.open("wb") as copy:
                left = info.file_size
                while left > 0 and (chunk := source.read(min(left, 2**20))):
                    copy.write(chunk)
                    left -= len(chunk)
    except Unfit:
        raise
    except Exception as error:  # whatever a stranger's archive makes the library raise
        raise Unfit("accuracy.weights.unreadable", reason=type(error).__name__) from None
    return target


def _dataset(group: Any, name: str) -> Any:
    """A dataset of numbers stored in the file itself; links, external and virtual storage are refused."""
    if not isinstance(group.get(name, getlink=True), h5py.HardLink):
        raise Unfit("accuracy.weights.unreadable", reason="link")
    found = group[name]
    if not isinstance(found, h5py.Dataset) or found.external or found.is_virtual:
        raise Unfit("accuracy.weights.unreadable", reason="external data")
    if found.dtype.kind not in "biuf":  # another element may be of any size, before anything is stored
        raise Unfit("accuracy.weights.unreadable", reason="no numbers")
    return found


def _groups(group: Any, found: list[Any], seen: list[str], depth: int = 0) -> list[Any]:
    """Groups that hold the variables of one layer, optimizer state excepted; *seen* counts all groups, as they may be links."""
    seen.append(group.name or "")
    if depth > 8 or len(seen) > MAX_GROUPS:
        raise Unfit("accuracy.weights.unreadable", reason="too many groups")
    for name in sorted(group):
        if name in {"optimizer", "optimizer_weights"} or not isinstance(group.get(name, getlink=True), h5py.HardLink):
            continue
        child = group[name]
        if not isinstance(child, h5py.Group):
            continue
        if name == "vars" and len(child):
            found.append(child)
        else:
            _groups(child, found, seen, depth + 1)
    return found


def _order(group: Any) -> tuple[str, int]:
    match = WEIGHTED.match(group.name.split("/")[-2])
    if match is None:
        raise Unfit("accuracy.weights.other_layers", layer=group.name[-100:])
    return match.group(1), int(match.group(2) or 0)


def _by_class(file: Any) -> dict[str, list[list[Any]]]:
    """Datasets of the layers of each class in their order (Keras 3: ``layers/conv2d_1/vars/0``)."""
    layers: dict[str, list[list[Any]]] = {}
    for group in sorted((g for g in _groups(file, [], []) if len(g)), key=_order):
        names = sorted(group, key=lambda name: int(name) if name.isdecimal() else -1)
        layers.setdefault(_order(group)[0], []).append([_dataset(group, name) for name in names])
    return layers


def _legacy(file: Any) -> list[list[Any]]:
    """Datasets of each layer in order (``model.save("x.h5")``: attributes ``layer_names``, ``weight_names``)."""
    root = file.get("model_weights", file)
    layers = []
    for name in list(root.attrs["layer_names"])[:MAX_GROUPS]:
        group = root[name if isinstance(name, str) else name.decode()]
        weights = [key if isinstance(key, str) else key.decode() for key in list(group.attrs.get("weight_names", []))[:20]]
        if weights:
            layers.append([_dataset(group, weight) for weight in weights])
    return layers


def _read(datasets: list[Any], shapes: list[tuple[int, ...]], row: int) -> Arrays:
    found = [tuple(dataset.shape) for dataset in datasets]
    if found != shapes:
        raise Unfit("accuracy.weights.shape", row=row, expected=str(shapes), received=str(found)[:200])
    arrays = [np.asarray(dataset[()], dtype=np.float32) for dataset in datasets]
    if not all(np.isfinite(array).all() for array in arrays):
        raise Unfit("accuracy.weights.not_finite", row=row)
    return arrays


def load(path: Path, wanted: list[tuple[int, str, list[tuple[int, ...]]]]) -> Arrays:
    """Arrays for the layers *wanted*, each (row, Keras class, weight shapes), in order.

    Raises:
        Unfit: the file is broken or holds the weights of another network.
    """
    try:
        with h5py.File(path, "r") as file:
            legacy = "layer_names" in file.attrs or "model_weights" in file
            by_class = {} if legacy else _by_class(file)
            in_order = _legacy(file) if legacy else []
            if sum(map(len, by_class.values())) + len(in_order) != len(wanted):
                count = sum(map(len, by_class.values())) + len(in_order)
                raise Unfit("accuracy.weights.count", expected=len(wanted), received=count)
            arrays: Arrays = []
            for row, kind, shapes in wanted:
                queue = in_order if legacy else by_class.get(kind.lower(), [])
                if not queue:
                    raise Unfit("accuracy.weights.other_layers", layer=kind)
                arrays += _read(queue.pop(0), shapes, row)
            return arrays
    except (Unfit, MemoryError):
        raise
    except Exception as error:  # whatever a stranger's file makes the library raise
        raise Unfit("accuracy.weights.unreadable", reason=type(error).__name__) from None
