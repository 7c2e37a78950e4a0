"""Changes of inputs: of bytes, and of JSON values in their structure."""

import copy
import json
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any

NUMBERS = (0, 1, 2, 3, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**63, 2**64 - 1)
VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2, 3, 10, 255, 4096, 4097, 2**24, 2**31, 2**40, 2**63, -(2**63), 10**19, 10**25,
    0.0, -0.0, 0.5, 1.5, -0.1, 1e-320, 1e308, -1e308, 1e-7, float("nan"), float("inf"), float("-inf"),
    "", " ", "NaN", "Infinity", "-1", "1e999", "0x10", "None", "ok", "error", "missing", "float32", "\x00", "\ud800",
    "\udfff\ud800",
    "\x1b[31m", "\u202e", "\u0301" * 40, "{code}", "{code.__class__}", "{0}", "{", "%s", "::error::", "<script>", "\n" * 5,
    "a" * 600, "я" * 600, "9" * 5000, "../../x", "/", [], {}, [[]], [None], [0], [1, 1], [2, 2], [-1, -1], [True, True], [1] * 20,
    [[1, 1], [1, 1]], [2**62] * 3, [0] * 17, {"class": "MaxNorm", "config": {"max_value": 3, "axis": 0}}, {"custom": "x"},
    {"class": "L2", "config": {}}, {"class": []}, {"config": {}}, {"a": {"b": {"c": [1, {"d": None}]}}}, {"": ""}, [{}] * 30,
)  # fmt: skip
Path = tuple[Any, ...]


def of_bytes(random: Random, data: bytes, other: bytes, tokens: Sequence[bytes] = ()) -> bytes:
    """*data* changed in one place, as a transmission, a crash or a stranger with an editor would."""
    out = bytearray(data or b"\0")
    place = random.randrange(len(out))
    length = min(1 << random.randrange(10), len(out) - place)
    action = random.randrange(8)
    if action == 0:
        out[place] ^= 1 << random.randrange(8)
    elif action == 1:
        out[place] = random.randrange(256)
    elif action == 2:
        del out[place : place + length]
    elif action == 3:
        out[place:place] = out[place : place + length] * random.choice((1, 1, 2, 50))
    elif action == 4:
        out[place : place + length] = _slice(random, other)
    elif action == 5:
        size = random.choice((1, 2, 4, 8))
        number = random.choice(NUMBERS) % 2 ** (8 * size)
        out[place : place + size] = number.to_bytes(size, random.choice(("little", "big")))
    elif action == 6 and tokens:
        out[place:place] = random.choice(tokens)
    else:
        del out[place + random.choice((0, 1, length)) :]
    return bytes(out)


def _slice(random: Random, data: bytes) -> bytes:
    start = random.randrange(len(data) + 1)
    return data[start : start + (1 << random.randrange(12))]


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """The path of every value inside *value*."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield (*path, key)
        yield from places(child, (*path, key))


def at(value: Any, path: Path) -> Any:
    """What is at *path*."""
    for key in path:
        value = value[key]
    return value


def _hostile(random: Random, old: Any, other: Any) -> Any:
    """A value for the place of *old*: often near it, else one of those that break readers, or one from elsewhere."""
    action = random.randrange(6)
    if isinstance(old, bool) and action < 3:
        return not old
    if isinstance(old, int | float) and action < 3:
        return random.choice((old + 1, old - 1, -old, old * 2, float(old), old * 1000, str(old), [old]))
    if isinstance(old, str) and action < 2:
        return random.choice((old[1:], old[:-1], old * 2, old.upper(), [old], {"custom": old}, {old: old}))
    if action == 5:
        found = list(places(other))
        return copy.deepcopy(at(other, random.choice(found))) if found else other
    return copy.deepcopy(random.choice(VALUES))


def of_json(random: Random, value: Any, other: Any, wanted: Callable[[Path], bool] = lambda path: True) -> Any:
    """A copy of *value* with one place changed, taken out, repeated, nested or renamed."""
    value = copy.deepcopy(value)
    found = [path for path in places(value) if wanted(path)]
    if not found:
        return _hostile(random, value, other)
    *way, key = random.choice(found)
    holder = at(value, tuple(way))
    action = random.randrange(12)
    if action == 0:
        del holder[key]
    elif action == 1 and isinstance(holder, list):
        holder[key:key] = [copy.deepcopy(holder[key])] * random.choice((1, 1, 3, 250))
    elif action == 1:
        holder[random.choice(("class", "custom", "status", "value", "params", "", f"{key}2"))] = holder.pop(key)
    elif action == 2:
        for _ in range(random.choice((1, 1, 2, 45))):
            holder[key] = random.choice(([holder[key]], {"config": holder[key]}))
    else:
        holder[key] = _hostile(random, holder[key], other)
    return value


def dumped(value: Any) -> bytes:
    """JSON of *value*, with NaN and lone surrogates as they come."""
    return json.dumps(value, separators=(",", ":")).encode("ascii")


def parsed(data: bytes) -> Any:
    """The JSON value of *data*; None if it is none that is worth changing."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None
