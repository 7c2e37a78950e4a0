"""Find and read a submission without executing it.

Nothing here parses Python: a hostile file could exhaust the parser's stack. The syntax is looked at
by the probe, inside the sandbox.
"""

import codecs
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from autograder import history, strictjson
from autograder.errors import EvidenceError, SubmissionError
from autograder.lab import NAME

MAX_FILE_BYTES = 32 * 2**20  # a notebook with its pictures
MAX_CODE_CHARS = 2**20
MAX_CELLS = 2000
MAX_FILES = 2000
TASKS = ("prepare_data", "build_model", "compile_model")
WEIGHTS_SUFFIXES = (".keras", ".weights.h5", ".h5")
APPENDED = {".json", ".txt"}  # by browsers that save a notebook or a script as what it looks like
OTHER_FILES = {"conftest.py", "setup.py", "__init__.py", "sitecustomize.py", "usercustomize.py"}

Kind = Literal["script", "notebook"]


@dataclass(frozen=True)
class Submission:
    """A submission as read: code cells in order, not yet parsed or run.

    A script has one cell. ``sha256`` is that of the file's bytes, ``ignored`` names the other files
    that could have been the submission and why they are not.
    """

    name: str
    kind: Kind
    cells: tuple[str, ...]
    sha256: str
    weights: Path | None = None
    history: Path | None = None
    ignored: tuple[str, ...] = ()
    untouched: bool = False


def decode(content: bytes) -> str:
    """Text of a file in the encodings that students' editors write: UTF-8, UTF-16, a declared one, cp1251."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace")
    if b"\0" in content[:2]:  # UTF-16 without a mark: half of an ASCII letter is zero
        return content.decode("utf-16-be" if content[:1] == b"\0" else "utf-16-le", "replace")
    declared = re.match(rb"(?:[^\n]*\n)?[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", content)
    candidates = ["utf-8-sig", declared.group(1).decode("ascii", "replace") if declared else "", "cp1251"]
    for encoding in filter(None, candidates):
        try:
            return content.decode(encoding)
        except (UnicodeError, LookupError, ValueError):
            continue
    return content.decode("utf-8", "replace")


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _source(cell: Any) -> str:
    source = cell.get("source", cell.get("input", "")) if isinstance(cell, dict) else ""
    parts = source if isinstance(source, list) else [source]
    return _lines("".join(part for part in parts if isinstance(part, str)))


def _notebook_cells(name: str, content: bytes) -> list[str]:
    try:
        notebook = strictjson.loads(decode(content), max_chars=MAX_FILE_BYTES, numbers=False)
    except EvidenceError:
        raise SubmissionError("submission.not_a_notebook", name=name) from None
    if not isinstance(notebook, dict):
        raise SubmissionError("submission.not_a_notebook", name=name)
    cells = notebook.get("cells")
    sheets = notebook.get("worksheets")
    if cells is None and isinstance(sheets, list) and sheets and isinstance(sheets[0], dict):
        cells = sheets[0].get("cells")
    if not isinstance(cells, list):
        raise SubmissionError("submission.not_a_notebook", name=name)
    return [_source(cell) for cell in cells if isinstance(cell, dict) and cell.get("cell_type") == "code"]


def cells_of(name: str, content: bytes) -> list[str]:
    """The code cells of a notebook, or the text of a script as a single cell.

    Raises:
        SubmissionError: the notebook is not one, or the code is too large.
    """
    if len(content) > MAX_FILE_BYTES:
        raise SubmissionError("submission.too_large", name=name, limit=MAX_FILE_BYTES // 2**20)
    cells = _notebook_cells(name, content) if name.lower().endswith(".ipynb") else [_lines(decode(content))]
    if len(cells) > MAX_CELLS or sum(map(len, cells)) > MAX_CODE_CHARS:
        raise SubmissionError("submission.too_large", name=name, limit=MAX_CODE_CHARS // 2**20)
    return cells


def code_digest(cells: Sequence[str]) -> str:
    """SHA-256 of the code without blank lines and trailing space: saving a file does not change it."""
    lines = (line.rstrip() for cell in cells for line in cell.split("\n"))
    text = "\n".join(line for line in lines if line)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def task_digest(cells: Sequence[str]) -> str:
    """SHA-256 of the text of the three task functions alone, the last definition of each."""
    text = "\n".join(cells)
    blocks = []
    for task in TASKS:
        found = re.findall(rf"^def {task}\b.*\n(?:[ \t]+.*\n|[ \t]*\n)*", text + "\n", re.MULTILINE)
        blocks.append(found[-1] if found else "")
    return code_digest(blocks)


def _candidates(folder: Path) -> tuple[list[Path], list[Path]]:
    """Files of *folder* that may be the submission: those with the lab's name, if any has it, and the others."""
    files = []
    for count, path in enumerate(sorted(folder.iterdir())):
        if count >= MAX_FILES:
            raise SubmissionError("submission.too_many_files", limit=MAX_FILES)
        if path.suffix.lower() not in {".py", ".ipynb"} or path.name in OTHER_FILES:
            continue
        if not path.is_symlink() and path.is_file() and not path.name.startswith("."):
            files.append(path)
    named = [path for path in files if NAME in re.sub(r"[\s-]", "_", path.name.lower())]
    return (named, [path for path in files if path not in named]) if named else (files, [])


def _read(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(MAX_FILE_BYTES + 1)


def _weights(folder: Path) -> Path | None:
    for suffix in WEIGHTS_SUFFIXES:
        named = [
            path
            for path in sorted(folder.glob(f"*{suffix}"))
            if NAME in path.name.lower() and path.is_file() and not path.is_symlink()
        ]
        if named:
            return named[0]
    return None


def _history(folder: Path) -> Path | None:
    """The student's record of the training, if there is one."""
    named = [path for path in sorted(folder.glob("*.[cC][sS][vV]")) if history.is_named(path.name)]
    return next((path for path in named if path.is_file() and not path.is_symlink()), None)


def _choose(read: dict[Path, tuple[bytes, list[str]]], templates: Mapping[str, str]) -> list[Path]:
    """The files that count: edited ones, and of several with the same three functions the notebook."""
    known = set(templates.values())
    edited = [path for path, (_, cells) in read.items() if code_digest(cells) not in known]
    pool = edited or list(read)
    pool.sort(key=lambda path: (path.suffix.lower() != ".ipynb", path.name))
    if not edited:
        return pool[:1]
    if len({task_digest(read[path][1]) for path in pool}) == 1:
        return pool[:1]
    return pool


def _contents(paths: Sequence[Path]) -> tuple[dict[Path, tuple[bytes, list[str]]], list[SubmissionError]]:
    """Bytes and code cells of the files that can be read, and what is wrong with the others."""
    read: dict[Path, tuple[bytes, list[str]]] = {}
    broken: list[SubmissionError] = []
    for path in paths:
        content = _read(path)
        try:
            read[path] = (content, cells_of(path.name, content))
        except SubmissionError as error:
            broken.append(error)
    return read, broken


def _defines_task(cells: Sequence[str]) -> bool:
    """Whether one of the functions is written here: a renamed copy of the template, not some other program."""
    return re.search(rf"^def ({'|'.join(TASKS)})\b", "\n".join(cells), re.MULTILINE) is not None


def _nothing(folder: Path, shown: str) -> SubmissionError:
    """Why there is no submission in *folder*: nothing at all, or a name with an ending that a browser put behind it."""
    for path in sorted(folder.iterdir()):
        name, ending = path.stem, path.suffix
        if ending.lower() in APPENDED and name.lower().endswith((".py", ".ipynb")) and path.is_file() and not path.is_symlink():
            return SubmissionError("submission.ending", name=path.name, ending=ending, right=name)
    if shown:
        return SubmissionError("submission.none", folder=shown, name=NAME)
    return SubmissionError("submission.none_here", folder=folder.name or ".", name=NAME)


def find(folder: Path, templates: Mapping[str, str], shown: str = "") -> Submission:
    """Read the submission in *folder*; a single folder inside it is entered.

    A file by another name counts where those by the lab's name are untouched and it defines one of the functions.
    *templates* maps the template's file names to the digests of their untouched code. *shown* is what to call the folder
    where *folder* is a copy that nobody knows.

    Raises:
        SubmissionError: there is none, there are two edited ones, or it cannot be read.
    """
    folder = _enter(folder)
    named, others = _candidates(folder)
    read, broken = _contents(named)
    if not broken and all(code_digest(cells) in set(templates.values()) for _, cells in read.values()):
        read |= {path: found for path, found in _contents(others)[0].items() if _defines_task(found[1])}
    if not read:
        raise broken[0] if broken else _nothing(folder, shown)
    chosen = _choose(read, templates)
    if len(chosen) > 1:
        names = ", ".join(sorted(path.name for path in chosen))
        raise SubmissionError("submission.two_edited", names=names)
    path = chosen[0]
    content, cells = read[path]
    return Submission(
        name=path.name,
        kind="notebook" if path.suffix.lower() == ".ipynb" else "script",
        cells=tuple(cells),
        sha256=hashlib.sha256(content).hexdigest(),
        weights=_weights(folder),
        history=_history(folder),
        ignored=tuple(sorted(other.name for other in read if other != path)),
        untouched=code_digest(cells) in set(templates.values()),
    )


def _enter(folder: Path) -> Path:
    """Follow folders that hold nothing but one folder, as archives often do."""
    if not folder.is_dir():
        raise SubmissionError("submission.no_folder", folder=folder.name, name=NAME)
    for _ in range(5):
        visible = [path for path in folder.iterdir() if not path.name.startswith((".", "__"))]
        if len(visible) != 1 or visible[0].is_symlink() or not visible[0].is_dir():
            return folder
        folder = visible[0]
    return folder
