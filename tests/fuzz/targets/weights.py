"""The reader of submitted weights: ``.keras`` archives and HDF5 files, honest ones damaged and hostile ones made up.

The library may crash natively on such a file, which costs the sandboxed process and nothing else; such crashes are
counted, and are no findings.
"""

import functools
import io
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import h5py
import numpy as np

from autograder.replay import weights
from tests.fuzz import mutators
from tests.fuzz.target import Broken, Target
from tests.fuzz.targets.archives import of_headers

WANTED = [(1, "Conv2D", [(3, 3, 3, 2), (2,)]), (2, "Dense", [(4, 3), (3,)])]
SHAPES: tuple[tuple[int, ...], ...] = ((3, 3, 3, 2), (2,), (4, 3), (3,), (), (0,), (2**20, 2**20), (1,), (2**31,))
DTYPES: tuple[Any, ...] = (
    *("<f4", "<f8", ">f4", "<f2", "<f16", "<i8", "|u1", "|b1", "<c8", "S8", "S1000000", "V2000000000", [("a", "<f4")]),
    *(h5py.string_dtype(), h5py.vlen_dtype(np.float32), h5py.ref_dtype, h5py.enum_dtype({"A": 1})),
)
NAMES = (
    *("0", "1", "2", "vars", "layers", "conv2d", "conv2d_1", "dense", "dense_7", "Dense", "optimizer", "model_weights"),
    *("x", ".", "é", "9" * 5000),
)


# What h5py raises for what it does not write.
ERRORS = (ValueError, OSError, TypeError, RuntimeError, KeyError, AttributeError)


def _honest(file: Any) -> None:
    """What Keras 3 writes for the wanted layers."""
    for name, (_, _, shapes) in zip(("conv2d", "dense"), WANTED, strict=True):
        for number, shape in enumerate(shapes):
            file[f"layers/{name}/vars/{number}"] = np.ones(shape, np.float32)
    file.create_group("layers/flatten/vars")
    file["optimizer/vars/0"] = 1


def _legacy(file: Any) -> None:
    """What the older format looks like."""
    root = file.create_group("model_weights")
    root.attrs["layer_names"] = [b"conv2d", b"flatten", b"dense"]
    for name, shapes in (("conv2d", WANTED[0][2]), ("flatten", []), ("dense", WANTED[1][2])):
        group = root.create_group(name)
        names = [f"{name}/kernel:0", f"{name}/bias:0"][: len(shapes)]
        group.attrs["weight_names"] = [key.encode() for key in names]
        for key, shape in zip(names, shapes, strict=True):
            group[key] = np.ones(shape, np.float32)


def _file(fill: Callable[[Any], None], **options: Any) -> bytes:
    out = io.BytesIO()
    with h5py.File(out, "w", **options) as file:
        fill(file)
    return out.getvalue()


def _archive(data: bytes, method: int = zipfile.ZIP_DEFLATED, name: str = weights.MEMBER) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr("config.json", "{}")
        archive.writestr(name, data)
    return out.getvalue()


@functools.cache
def _files() -> list[bytes]:
    return [_file(fill, libver=version) for fill in (_honest, _legacy) for version in ("earliest", "latest")]


def seeds() -> list[bytes]:
    """Honest files of each form."""
    files = _files()
    return [
        b"",
        b"\x89HDF\r\n\x1a\n",
        *files,
        *map(_archive, files),
        _archive(files[0], zipfile.ZIP_LZMA),
        _archive(files[0], name="x"),
    ]


def _dataset(random: Random, group: Any, name: str) -> None:
    shape, dtype = random.choice(SHAPES), random.choice(DTYPES if random.random() < 0.6 else ("<f4",))
    options: dict[str, Any] = {}
    action = random.randrange(6)
    if action == 0 and shape:
        options = {"chunks": tuple(max(1, min(n, 2**10)) for n in shape), "compression": random.choice((None, "gzip", "lzf"))}
    elif action == 1:
        options = {"external": [("/etc/hostname", 0, h5py.h5f.UNLIMITED)]}
    elif action == 2:
        options = {"fillvalue": random.choice((np.nan, np.inf, 1e300, 0))}
    elif action == 3 and shape:
        layout = h5py.VirtualLayout(shape, "<f4")
        layout[:] = h5py.VirtualSource("/tmp/none.h5", "x", shape)
        group.create_virtual_dataset(name, layout)
        return
    group.create_dataset(name, shape, dtype, **options)


def _member(random: Random, group: Any, depth: int) -> None:
    """Something in a group: a dataset, a link of some kind, a type, an attribute or another group."""
    name = random.choice(NAMES)
    action = random.randrange(10)
    if action < 4:
        _dataset(random, group, name)
    elif action == 4:
        links = (h5py.SoftLink("/layers"), h5py.SoftLink(f"./{name}"), h5py.ExternalLink("/tmp/none.h5", "/"))
        group[name] = random.choice((*links, group, group.file["/"], np.dtype("<f4")))
    elif action == 5:
        values = (
            [b"conv2d", b"dense"],
            "conv2d",
            3,
            [b"/"],
            [b"\xff"],
            ["é"],
            [b"a/b"],
            np.zeros(2**12),
            h5py.Empty("f"),
            [b"kernel:0"] * 30,
        )
        group.attrs[random.choice(("layer_names", "weight_names"))] = random.choice(values)
    elif depth < 9:
        _fill(random, group.create_group(name), depth + 1)


def _fill(random: Random, group: Any, depth: int = 0) -> None:
    for _ in range(random.choice((1, 2, 4))):
        try:
            _member(random, group, depth)
        except ERRORS:
            continue


def _made(random: Random) -> bytes:
    """A file of our making: an honest one with something hostile in it, or a hostile one."""

    def fill(file: Any) -> None:
        if random.random() < 0.7:
            random.choice((_honest, _legacy))(file)
        groups: list[Any] = [file]
        file.visititems(lambda _, item: groups.append(item) if isinstance(item, h5py.Group) else None)
        group = random.choice(groups)
        if len(group) and random.random() < 0.5:
            name = random.choice(sorted(group))
            del group[name]
            if random.random() < 0.8:
                _replace(random, group, name)
                return
        _fill(random, group)

    return _file(fill, libver=random.choice(("earliest", "latest")))


def _replace(random: Random, group: Any, name: str) -> None:
    try:
        _dataset(random, group, name)
    except ERRORS:
        _fill(random, group)


def mutate(random: Random, data: bytes, other: bytes) -> bytes:
    """A file made up, or one to eight changes of bytes; archives also in their headers."""
    if random.random() < 0.3:
        made = _made(random)
        return _archive(made) if random.random() < 0.1 else made
    if data[:2] != b"PK" and random.random() < 0.1:
        return _archive(data, random.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)))
    for _ in range(random.choice((1, 1, 2, 8))):
        zipped = data[:2] == b"PK" and random.random() < 0.6
        data = of_headers(random, data) if zipped else mutators.of_bytes(random, data, other)
    return data


def run(data: bytes, folder: Path) -> list[str]:
    """Unpack and load: the arrays that were asked for, or the reason why not."""
    path = folder / ("weights.keras" if data[:2] == b"PK" else "weights.h5")
    path.write_bytes(data)
    try:
        with tempfile.TemporaryDirectory(dir=folder) as room:
            arrays = weights.load(weights.unpack(path, Path(room)), WANTED)
    except weights.Unfit as error:
        return [f"Unfit {error.code} {error.params.get('reason', '')}"]
    shapes = [shape for _, _, shapes in WANTED for shape in shapes]
    if [array.shape for array in arrays] != shapes or not all(np.isfinite(array).all() for array in arrays):
        raise Broken("other arrays than those asked for")
    return ["loaded"]


TARGET = Target("weights", ["autograder.replay.weights"], seeds, mutate, run, tolerant=True)
