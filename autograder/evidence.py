"""The strict reader of evidence: what the checks may look at.

Evidence was written down in a process that ran a stranger's code. Every size is bounded before it is
allocated, every type is checked; what does not fit is an `EvidenceError`.
"""

import base64
import binascii
import math
import os
import re
import stat
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder import keras2, strictjson
from autograder.errors import EvidenceError, SubmissionError

SCHEMA = 1
MAX_BYTES = 4 * 2**20
MAX_ARRAY_BYTES = 2**20
DTYPES = {"|b1", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f2", "<f4", "<f8"}
STATUSES = {"ok", "not_done", "missing", "unusable", "error", "timeout", "crash"}
FUNCTIONS = {"data": "prepare_data", "model": "build_model", "compile": "compile_model"}
SIGNATURES = {
    "data": "prepare_data(x_train, y_train, x_test, y_test)",
    "model": "build_model()",
    "compile": "compile_model(model, epochs=25)",
}
TASKS = {"data": 1, "model": 2, "compile": 3}
COUNTED = re.compile(r"(?P<type>[\w.]{1,200}) \((?P<count>\d{1,9})\)")
CODE, MAX_NODES = re.compile(r"[0-9a-f]{20}"), 20_000
STAGE_NAMES = ("import", "data", "model", "compile", "rows")


@dataclass(frozen=True)
class Array:
    """An array that a student's function returned; ``values`` is None if it was too large or no numbers."""

    type: str
    dtype: str
    shape: tuple[int, ...]
    values: NDArray[Any] | None


@dataclass(frozen=True)
class Stage:
    """What became of one function: its status, and the value or the error that goes with it."""

    name: str
    status: str
    value: Any = None
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Evidence:
    """Everything that is known of a submission."""

    seed: int
    grader: str
    source: dict[str, Any]
    sandbox: dict[str, Any]
    versions: dict[str, str]
    stages: dict[str, Stage]
    log: str
    look: list[str]
    garbage: int
    raw: dict[str, Any]
    code: dict[str, list[Any]] = field(default_factory=dict)

    def stage(self, name: str) -> Stage:
        """The stage of that name.

        Raises:
            EvidenceError: it was not run.
        """
        if name not in self.stages:
            raise EvidenceError("evidence.no_stage", stage=name)
        return self.stages[name]


def _need(condition: bool, what: str) -> None:
    if not condition:
        raise EvidenceError("evidence.malformed", what=what)


def table(value: Any, what: str) -> dict[str, Any]:
    """*value*, which must be a JSON object."""
    _need(isinstance(value, dict), what)
    return dict(value)


def array(value: Any, what: str) -> Array:
    """Decode an array record; the bytes must be exactly those that dtype and shape ask for."""
    record = table(value, what)
    kind = str(record.get("type", ""))[:400]
    if "problem" in record:
        return Array(kind, "", (), None)
    dtype, shape = record.get("dtype"), record.get("shape")
    _need(isinstance(dtype, str) and len(dtype) <= 500, what)
    if not isinstance(shape, list) or len(shape) > 16:
        raise EvidenceError("evidence.malformed", what=what)
    sizes = tuple(n for n in shape if type(n) is int and 0 <= n < 2**63)
    _need(len(sizes) == len(shape), what)
    packed = record.get("zlib")
    if packed is None or dtype not in DTYPES or max(sizes, default=0) >= 2**40:
        return Array(kind, str(dtype), sizes, None)
    expected = math.prod(sizes) * np.dtype(dtype).itemsize
    _need(expected <= MAX_ARRAY_BYTES and isinstance(packed, str), what)
    try:
        return Array(kind, str(dtype), sizes, _unpack(packed, expected, what).view(dtype).reshape(sizes))
    except ValueError:  # no bytes, but a shape beyond what numpy can address
        return Array(kind, str(dtype), sizes, None)


def _unpack(packed: str, expected: int, what: str) -> NDArray[np.uint8]:
    try:
        stream = zlib.decompressobj()
        raw = stream.decompress(base64.b64decode(packed, validate=True), expected + 1)
    except (zlib.error, binascii.Error, ValueError):
        raise EvidenceError("evidence.malformed", what=what) from None
    _need(len(raw) == expected, what)
    return np.frombuffer(raw, np.uint8)


def _stage(name: str, value: Any) -> Stage:
    record = table(value, name)
    status, value = record.pop("status", None), record.pop("value", None)
    _need(isinstance(status, str) and status in STATUSES, f"{name}.status")
    _need(status != "ok" or name == "import" or isinstance(value, dict), f"{name}.value")
    return Stage(name, str(status), value, record)


def parse(text: str) -> Evidence:
    """Read evidence from its JSON text.

    Raises:
        EvidenceError: it is malformed, too large, or of another schema.
    """
    raw = table(strictjson.loads(text, max_chars=MAX_BYTES), "evidence")
    if type(raw.get("schema")) is not int or raw["schema"] != SCHEMA:
        raise EvidenceError("evidence.schema", received=str(raw.get("schema"))[:20], expected=SCHEMA)
    seed = raw.get("seed")
    _need(type(seed) is int and 0 <= seed < 2**63, "seed")
    garbage = raw.get("garbage", 0)
    _need(type(garbage) is int, "garbage")
    stages = table(raw.get("stages"), "stages")
    versions = table(raw.get("versions"), "versions")
    return Evidence(
        seed=int(seed or 0),
        grader=str(raw.get("grader", ""))[:40],
        source=table(raw.get("source"), "source"),
        sandbox=table(raw.get("sandbox"), "sandbox"),
        versions={str(key)[:40]: str(item)[:40] for key, item in versions.items()},
        stages={name: _stage(name, stages[name]) for name in STAGE_NAMES if name in stages},
        log=str(raw.get("log", "")),
        look=_look(raw.get("look")),
        garbage=int(garbage),
        raw=raw,
        code=codes(raw.get("code")),
    )


def _look(value: Any) -> list[str]:
    """What the submission reaches for, each with its cell and line."""
    rows = [row for row in value[:20] if isinstance(row, dict)] if isinstance(value, list) else []
    return [f"{str(row.get('what', ''))[:60]} ({row.get('cell', 0)}:{row.get('line', 0)})"[:100] for row in rows]


def codes(value: Any) -> dict[str, list[Any]]:
    """By section a digest of what the function does, and the nodes of its syntax tree; what is of another form is left out."""
    found = value if isinstance(value, dict) else {}
    return {section: found[section] for section in FUNCTIONS if _is_code(found.get(section))}


def _is_code(value: Any) -> bool:
    if not isinstance(value, list) or len(value) != 2 or not isinstance(value[0], str) or type(value[1]) is not int:
        return False
    return CODE.fullmatch(value[0]) is not None and 0 < value[1] <= MAX_NODES


def _opener(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))


def load(path: Path) -> Evidence:
    """Read an evidence file: a regular file with one link, opened without following links.

    Raises:
        EvidenceError: it is none, or `parse` refuses it.
    """
    try:
        with open(path, "rb", opener=_opener) as stream:
            status = os.fstat(stream.fileno())
            if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1 or status.st_size > MAX_BYTES:
                raise EvidenceError("evidence.unreadable", reason="not a plain file of at most 4 MiB")
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise EvidenceError("evidence.unreadable", reason=error.strerror or "") from None
    try:
        return parse(content.decode("utf-8"))
    except UnicodeDecodeError:
        raise EvidenceError("evidence.not_json", received="not UTF-8") from None


def demand(stage: Stage) -> dict[str, Any]:
    """The value of a stage that went well.

    Raises:
        SubmissionError: with the sentence for what went wrong otherwise.
    """
    if stage.status == "ok":
        return table(stage.value, stage.name)
    details = stage.details
    who = {"function": FUNCTIONS.get(stage.name, ""), "number": TASKS.get(stage.name, 0)}
    if stage.status == "unusable":
        code = str(details.get("code", ""))[:100]
        _need(code.startswith(f"{stage.name}."), f"{stage.name}.code")
        raise _unusable(code, strings(details.get("params")))
    family = "import" if stage.name == "import" else "stage"
    if stage.status == "error" and stage.name != "import" and not details.get("lines"):
        called = f"{FUNCTIONS[stage.name]}()" in str(details.get("message", ""))
        code = "stage.signature" if called and details.get("type") == "TypeError" else "stage.error_elsewhere"
        raise SubmissionError(code, **who, signature=SIGNATURES[stage.name], **error_params(details))
    if stage.status == "error":
        error = error_params(details)
        if moved := keras2.moved(error["message"]):
            raise SubmissionError("stage.moved", **who, **error, **moved)
        code = "stage.lr" if keras2.is_lr(error["message"]) else f"{family}.error"
        raise SubmissionError(code, **who, **error)
    if stage.status == "timeout":
        raise SubmissionError(f"{family}.timeout", **who, seconds=_number(details.get("seconds")))
    if stage.status == "crash":
        raise SubmissionError(f"{family}.crash", **who, exit=_number(details.get("exit")))
    raise SubmissionError(f"stage.{stage.status}", **who)


def _unusable(code: str, params: dict[str, str]) -> SubmissionError:
    """What is said of a value that cannot be described: its type without Python's own module, and for some what to make of it."""
    params = {key: value.removeprefix("builtins.") for key, value in params.items()}
    received = params.get("received", "")
    if code == "model.returns.not_a_model" and received in {"list", "tuple"}:
        return SubmissionError("model.returns.layers", received=received)
    counted = COUNTED.fullmatch(received)
    if code == "data.returns.not_pairs" and counted:
        return SubmissionError("data.returns.others", received=counted["type"], count=int(counted["count"]))
    return SubmissionError(code, **params)


def error_params(details: dict[str, Any]) -> dict[str, Any]:
    """Type, message and innermost own line of an exception, as bounded strings."""
    lines = details.get("lines")
    last = lines[-1] if isinstance(lines, list) and lines and isinstance(lines[-1], dict) else {}
    where = f"{last.get('file', '')}:{last.get('line', '')}" if last else ""
    return {
        "type": str(details.get("type", ""))[:100],
        "message": str(details.get("message", ""))[:500],
        "where": where[:200],
        "line": str(last.get("code", ""))[:200],
    }


def is_syntax(stage: Stage) -> bool:
    """Whether a file could not be parsed, so that none of it ran."""
    return stage.status == "error" and stage.details.get("type") in {"SyntaxError", "IndentationError", "TabError"}


def strings(params: Any) -> dict[str, str]:
    """Values for a sentence, as a few bounded strings by name; nothing if *params* is no table."""
    items = list(params.items())[:10] if isinstance(params, dict) else []
    return {str(key)[:40]: str(value)[:300] for key, value in items if str(key).isidentifier()}


def texts(value: Any) -> list[str]:
    """A few bounded strings; nothing if *value* is no list."""
    return [str(item)[:300] for item in value[:3]] if isinstance(value, list) else []


def _number(value: Any) -> int:
    return int(value) if isinstance(value, int | float) and abs(value) < 2**31 else 0
