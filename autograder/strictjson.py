"""Read JSON that a stranger wrote: every bound is checked before anything is allocated."""

import json
import re
from pathlib import Path
from typing import Any

from autograder.errors import EvidenceError

MAX_DEPTH = 40
STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
BRACKET = re.compile(r"[][{}]")
MAX_DIGITS = 20
MAX_TABLES = 2**18  # lists and objects: an empty one takes twenty times the memory of its text


def _depth(text: str) -> tuple[int, int]:
    """The deepest nesting of brackets outside strings, and the number of opening ones."""
    deepest = depth = count = 0
    for bracket in BRACKET.findall(STRING.sub("", text)):
        if bracket in "[{":
            depth += 1
            count += 1
            deepest = max(deepest, depth)
        else:
            depth -= 1
    return deepest, count


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise EvidenceError("evidence.number", received=f"{digits[:MAX_DIGITS]}…")
    return int(digits)


def _real(text: str) -> float:
    value = float(text) if len(text) <= 40 else float("inf")
    if value - value != 0:
        raise EvidenceError("evidence.number", received=text[:40])
    return value


def _constant(text: str) -> float:
    raise EvidenceError("evidence.number", received=text)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise EvidenceError("evidence.duplicate_key")
    return table


def _nothing(number: str) -> None:
    """What stands for a number that nobody reads."""


def loads(text: str, *, max_chars: int, max_depth: int = MAX_DEPTH, numbers: bool = True) -> Any:
    """Parse *text* strictly.

    Refuses more than *max_chars* characters, nesting beyond *max_depth*, NaN and infinities,
    integers of more than 20 digits, duplicate keys and more than 2**18 lists and objects. Without *numbers* all numbers
    are None, whatever they are: a notebook's outputs may hold any.

    Raises:
        EvidenceError: the text is refused or is not JSON.
    """
    if len(text) > max_chars:
        raise EvidenceError("evidence.too_large", received=len(text), limit=max_chars)
    depth, count = _depth(text)
    if depth > max_depth:
        raise EvidenceError("evidence.too_deep", limit=max_depth)
    if count > MAX_TABLES:
        raise EvidenceError("evidence.too_many", limit=MAX_TABLES)
    try:
        return json.loads(
            text,
            parse_int=_integer if numbers else _nothing,
            parse_float=_real if numbers else _nothing,
            parse_constant=_constant if numbers else _nothing,
            object_pairs_hook=_unique,
        )
    except (ValueError, RecursionError) as error:
        raise EvidenceError("evidence.not_json", received=str(error)[:200]) from None


def read(path: Path, *, max_bytes: int, schema: int) -> dict[str, Any]:
    """The JSON object of that schema in a file of at most *max_bytes*.

    Raises:
        EvidenceError: the file is none that we wrote.
    """
    try:
        if path.stat().st_size > max_bytes:
            raise EvidenceError("evidence.too_large", received=path.stat().st_size, limit=max_bytes)
        text = path.read_text("ascii")
    except (OSError, ValueError) as error:
        raise EvidenceError("evidence.not_json", received=str(error)[:100]) from None
    result = loads(text, max_chars=max_bytes)
    if not isinstance(result, dict):
        raise EvidenceError("evidence.malformed", what=path.name)
    if result.get("schema") != schema:
        raise EvidenceError("evidence.schema", received=str(result.get("schema"))[:50], expected=schema)
    return result
