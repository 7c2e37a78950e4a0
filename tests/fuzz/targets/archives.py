"""What collects submissions and copies their files: a student's zip, a class's zip, folders with odd names.

An input is a zip file, or a JSON list of ``[path, kind, content]`` for a folder of submissions.
"""

import io
import os
import shutil
import tarfile
import tempfile
import unicodedata
import zipfile
from pathlib import Path
from random import Random
from typing import Any

from autograder import submission
from autograder.errors import GraderError, SubmissionError
from autograder.instructor import collect, staging
from tests.fuzz import mutators
from tests.fuzz.target import Broken, Target

MODULES = ("instructor.archive", "instructor.collect", "instructor.staging", "instructor.layouts", "submission")
CODE = b"def build_model():\n    return 1\n"
PARTS = (
    "cifar10_cnn.py", "cifar10_cnn.ipynb", "CIFAR10-CNN.PY", "cifar10 cnn.py", "other.py", "conftest.py", "cifar10_cnn.keras",
    "cifar10_cnn.h5",
    "cifar10_cnn.weights.h5", ".py", ".ipynb", "x.zip", "submission.zip", ".zip", ".ZIP", "anna",
    "Anna Ivanova_12_assignsubmission_file_",
    "Anna Ivanova_12_assignsubmission_file_cifar10_cnn.py", "A_1_assignsubmission_onlinetext_",
    "A_1_assignsubmission_onlinetext_onlinetext.html",
    "_1_assignsubmission_file_", "ivanovaanna_LATE_123_456_cifar10_cnn-1.ipynb", "ivanovaanna_123_456_cifar10_cnn.py",
    "a_1_2_x.zip", "a_1_2_.",
    "a_١_٢_-9.py", "a_1_2_a-1-2-3.", "submitted", "source", "autograded", "__MACOSX", ".DS_Store", "thumbs.db", "autograder",
    "venv", ".", "..", "",
    "C:", "c:x", "/", "\\", "a\\b", "..\\x.py", "\0", "a\0.py", "\n", "\x1b[2J", "\u202e.py", "\ufeff", "\ud800.py", "é.py",
    "e\u0301.py", "\u0301" * 200,
    "CON", "nul.py", "a" * 250 + ".py", "я" * 130 + ".py", "тест.py", " ", "-", "-1.py", "%s", "{0}", "~", "$HOME",
    "a" * 70_000, "1-" * 2000 + ".py",
)  # fmt: skip
KINDS = ("file", "file", "file", "folder", "zip", "link", "pipe", "secret", "tar")
Row = list[Any]


def zipped(names: list[str], content: bytes = CODE, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip file of members of these names."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name in names:
            info = zipfile.ZipInfo(name.encode("utf-8", "replace").decode("utf-8")[:20_000])
            info.compress_type = method
            archive.writestr(info, content)
    return out.getvalue()


def tarred(name: str, content: bytes = CODE) -> bytes:
    """A tar file of one member."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        info = tarfile.TarInfo(name[:80].replace("\0", ""))
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def seeds() -> list[bytes]:
    """Archives and folders as learning platforms and students make them."""
    nested = zipped(["x.zip"], zipped(["cifar10_cnn.py"]))
    classes = [PARTS[16] + "/cifar10_cnn.py", PARTS[17], PARTS[18] + "/onlinetext.html", PARTS[21], PARTS[22], PARTS[23]]
    moodle = zipped([f"class/{name}" for name in classes])
    plain = [
        zipped(["cifar10_cnn.py", "a/b.py", "cifar10_cnn.keras"]),
        zipped(classes),
        moodle,
        nested,
        zipped([]),
        b"",
        tarred("a.py"),
    ]
    packed = [
        zipped(["a.py"], bytes(2**21)),
        zipped(["a.py"], CODE, zipfile.ZIP_STORED),
        zipped(["a.py"], CODE, zipfile.ZIP_LZMA),
    ]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive, archive.open("cifar10_cnn.py", "w", force_zip64=True) as member:
        member.write(CODE)
    rows = [[name, kind, "x"] for name in classes for kind in ("file", "folder", "zip")]
    grader = [["submitted/anna/lab/cifar10_cnn.py", "file", "x"], ["source/x.py", "file", ""], ["autograded", "folder", ""]]
    trees = [
        rows,
        grader,
        [["anna/a.py", "link", ""], ["b", "pipe", ""], ["c/cifar10_cnn.py", "secret", ""], ["d.zip", "tar", "x"]],
        [],
    ]
    return [*plain, *packed, out.getvalue(), *map(mutators.dumped, trees)]


def _name(random: Random) -> str:
    return random.choice(("/", "/", "/", "\\", "")).join(random.choice(PARTS) for _ in range(random.choice((1, 1, 2, 2, 3, 12))))


def _made(random: Random) -> bytes:
    """A zip file of a few members with odd names; some are zip files."""
    names = [_name(random) for _ in range(random.choice((1, 1, 2, 5)))]
    content = random.choice((CODE, CODE, b"", bytes(2**20 + 1), zipped([_name(random)]), random.randbytes(40)))
    return zipped(names, content, random.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)))


def of_headers(random: Random, data: bytes) -> bytes:
    """Another number in a field of one of the headers."""
    found = [place for place in range(len(data) - 4) if data[place : place + 2] == b"PK" and data[place + 2] < 9]
    if not found:
        return data
    size = random.choice((2, 2, 4, 4, 8))
    place = random.choice(found) + random.randrange(2, 46)
    number: int = random.choice((*mutators.NUMBERS, 8, 12, 14, 20, 99, 0x800, len(data), len(data) - 22)) % 2 ** (8 * size)
    return data[:place] + number.to_bytes(size, "little") + data[place + size :]


def _rows(random: Random, value: Any, other: Any) -> Any:
    if isinstance(value, list) and random.random() < 0.7:
        row = [_name(random), random.choice(KINDS), random.choice(("x", "", "y" * 3000))]
        place = random.randrange(len(value) + 1)
        return [*value[:place], row, *value[place + random.randrange(2) :]][:40]
    return mutators.of_json(random, value, other)


def mutate(random: Random, data: bytes, other: bytes) -> bytes:
    """One to three changes, in the names, in the headers, or anywhere."""
    for _ in range(random.choice((1, 1, 2, 3))):
        value = mutators.parsed(data)
        if isinstance(value, list) and random.random() < 0.98:
            data = mutators.dumped(_rows(random, value, mutators.parsed(other)))
        elif random.random() < 0.3:
            data = _made(random)
        elif random.random() < 0.6:
            data = of_headers(random, data)
        else:
            data = mutators.of_bytes(random, data, other, (b"PK\5\6", b"PK\6\6", b"PK\6\7", b"PK\1\2", b"PK\3\4"))
    return data


def _make(path: Path, kind: str, content: str) -> None:
    """One thing of a folder of submissions."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content.encode("utf-8", "replace")
    if kind == "folder":
        path.mkdir()
    elif kind == "link":
        path.symlink_to("..")
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        makers = {"zip": lambda: zipped(["cifar10_cnn.py", content]), "tar": lambda: tarred("a.py", data)}
        with path.open("xb") as stream:
            stream.write(makers.get(kind, lambda: data)())
        path.chmod(0o000 if kind == "secret" else 0o644)


def _lay_out(rows: list[Any], folder: Path) -> None:
    """Make what the rows say, below the folder; what the file system does not take is left out."""
    folder.mkdir()
    for row in rows[:60]:
        if not (isinstance(row, list) and len(row) == 3 and all(isinstance(part, str) for part in row)):
            continue
        parts = [part for part in row[0].split("/") if part not in ("", ".", "..")]
        try:
            _make(folder.joinpath(*parts[:10]), row[1], row[2])
        except (OSError, ValueError):
            continue


def _staged(entry: collect.Entry, into: Path) -> list[str]:
    """Stage one entry, and look where its files came to lie."""
    if entry.problem is not None:
        return [f"problem {entry.problem.code}"]
    into.mkdir()
    try:
        staging.stage(entry, into)
        found = submission.find(into, {})
        word = f"staged {found.kind}"
    except SubmissionError as error:
        word = f"refused {error.code}"
    if any(path.is_symlink() or not path.is_file() for path in into.iterdir()):
        raise Broken("something else than files was staged")
    shutil.rmtree(into)
    return [word]


def _controls(name: str) -> bool:
    return any(unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for char in name)


def _collected(submissions: Path, room: Path) -> list[str]:
    try:
        found = collect.entries(submissions)
    except GraderError as error:
        return [f"GraderError {error.code}"]
    if len({entry.student for entry in found}) != len(found) or any(map(_controls, (entry.student for entry in found))):
        raise Broken("students have the same name, or one that is not printable")
    return sorted({word for entry in found[:50] for word in _staged(entry, room / "into")})


def run(data: bytes, folder: Path) -> list[str]:
    """Collect and stage: the zip as a class, and as the one of a student; or the folder."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        room = Path(name)
        rows = mutators.parsed(data)
        if isinstance(rows, list):
            _lay_out(rows, room / "class")
        else:
            (room / "class").mkdir()
            (room / "class" / "anna.zip").write_bytes(data)
        before = sorted(path.name for path in room.iterdir())
        words = _collected(room / "class", room)
        if not isinstance(rows, list):
            words += [f"class {word}" for word in _collected(room / "class" / "anna.zip", room)]
        if before != sorted(path.name for path in room.iterdir()):
            raise Broken("something was written outside")
        return words


TARGET = Target("archives", [f"autograder.{name}" for name in MODULES], seeds, mutate, run)
