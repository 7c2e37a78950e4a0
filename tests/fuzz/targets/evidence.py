"""The reader of evidence, what is observed in it, and the whole judgement on it."""

import base64
import copy
import math
import re
import zlib
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from autograder import evaluate, forward, observed, rebuild, strictjson
from autograder import evidence as ev
from autograder.errors import EvidenceError
from autograder.network import Network
from autograder.observed import Observed
from tests.fuzz import judging, mutators
from tests.fuzz.target import Broken, Target
from tests.fuzz.targets import networks
from tests.support import reference

CHECKS = tuple(f"checks.test_{section}" for section in ("data", "model", "compile", "accuracy"))
MODULES = ("evidence", "strictjson", "observed", "session", "report", "evaluate", "figures", "suspicion", *CHECKS)
EVALUATION = reference.evaluation(6500)
UNFIT = {"schema": 2, "status": "error", "code": "accuracy.weights.shape", "params": {"row": 1}}
ERROR = {"type": "NameError", "message": "name 'x'", "lines": [{"file": "cell 2", "line": 3, "code": "x"}]}
FAILED: tuple[dict[str, Any], ...] = (
    {"status": "error", **ERROR},
    {"status": "error", "type": "TypeError", "message": "build_model() takes 1 positional argument", "lines": []},
    {"status": "missing"},
    {"status": "not_done"},
    {"status": "timeout", "seconds": 60},
    {"status": "crash", "exit": -9},
    {"status": "unusable", "code": "data.returns.none", "params": {"type": "NoneType"}},
    {"status": "ok", "value": {}},
)
DTYPES = [*sorted(ev.DTYPES), "|O", "|S4", "<U2", "<c8", ">f4", "<M8[s]", "<f16", "float32", ""]


def _small(record: dict[str, Any]) -> dict[str, Any]:
    """The evidence with a network so small that its predictions cost nothing."""
    record = copy.deepcopy(record)
    value = record["stages"]["model"]["value"]
    for entry in value["layers"]:
        for key in ("filters", "units"):
            if key in entry["config"]:
                entry["config"][key] = 2
        entry["config"] |= {"strides": [2, 2]} if entry["class"] == "Conv2D" else {}
    network = rebuild.rebuild(value)
    value["weights"] = [list(shape) for shapes in network.weight_shapes() for shape in shapes or []]
    value["predictions"] = packed(forward.predict(network, record["seed"]))
    return record


def packed(values: Any) -> dict[str, Any]:
    """The record of an array."""
    text = base64.b64encode(zlib.compress(values.tobytes(), 1)).decode("ascii")
    return {"type": "numpy.ndarray", "dtype": values.dtype.str, "shape": list(values.shape), "zlib": text}


def seeds() -> list[bytes]:
    """The evidence of the lab's solution, and what it looks like where something failed."""
    whole = reference.record()
    small = _small(whole)
    records = [whole, small, small | {"evaluation": EVALUATION}, small | {"evaluation": UNFIT, "garbage": 3}]
    for stage in ev.STAGE_NAMES:
        records += [small | {"stages": small["stages"] | {stage: failed}} for failed in FAILED]
    return [b"", b"[]", b"{}", *map(mutators.dumped, records)]


def _renewed(data: bytes) -> bytes:
    """Kept evidence with the number of today's form, so that more of it is read than that number."""
    return re.sub(rb'^{"schema":\d+', b'{"schema":%d' % ev.SCHEMA, data)


def _array(random: Random, record: dict[str, Any]) -> None:
    """Give an array other bytes, another dtype or another shape."""
    sizes = record.get("shape")
    shape = [n for n in sizes if isinstance(n, int) and 0 <= n < 2**15] if isinstance(sizes, list) else []
    action = random.randrange(5)
    if action == 0:
        record["dtype"] = random.choice(DTYPES)
    elif action == 1:
        record["shape"] = random.choice((shape[1:], [1, *shape], shape[::-1], [0, *shape], [2**40], [2**30] * 2, [0, 2**62, 4]))
    elif action == 2:
        record.update(packed(np.frombuffer(random.randbytes(min(math.prod(shape), 2**15) * 4), "<f4")), shape=shape)
    elif action == 3:
        value = random.choice((0, 1, 255, -1, np.nan, np.inf, 1e300, 5e-324))
        dtype = random.choice(sorted(ev.DTYPES))
        with np.errstate(all="ignore"):
            record.update(packed(np.full(min(math.prod(shape), 2**15), value).astype(dtype)), shape=shape)
    else:
        text = str(record.get("zlib", ""))
        record["zlib"] = random.choice(
            (text[:-4], text[4:], text + "AAAA", "", base64.b64encode(zlib.compress(bytes(2**22))).decode())
        )


def _changed(random: Random, value: Any, other: Any) -> Any:
    """One change, in an array, in the network, or anywhere but inside the bytes of arrays."""
    stages = value.get("stages") if isinstance(value, dict) else None
    found = [path for path in mutators.places(value) if isinstance(mutators.at(value, path), dict)]
    arrays = [path for path in found if "zlib" in mutators.at(value, path)]
    if arrays and random.random() < 0.25:
        value = copy.deepcopy(value)
        _array(random, mutators.at(value, random.choice(arrays)))
        return value
    if isinstance(stages, dict) and random.random() < 0.2:
        stage = random.choice(ev.STAGE_NAMES)
        return value | {"stages": stages | {stage: copy.deepcopy(random.choice(FAILED))}}
    models = [path for path in found if isinstance(mutators.at(value, path).get("layers"), list)]
    if models and random.random() < 0.2:
        value = copy.deepcopy(value)
        path = random.choice(models)
        mutators.at(value, path).update(networks.rewired(random, mutators.at(value, path), None))
        return value
    return mutators.of_json(random, value, other)


def mutate(random: Random, data: bytes, other: bytes) -> bytes:
    """One to four changes of the structure; now and then one of the text."""
    value, donor = mutators.parsed(data), mutators.parsed(other)
    if value is None or random.random() < 0.1:
        return mutators.of_bytes(random, data, other, (b"NaN", b"1e999", b"9" * 30, b"[" * 50, b'"\\ud800"', b"\xff", b"\0"))
    for _ in range(random.choice((1, 1, 2, 4))):
        value = _changed(random, value, donor)
    return mutators.dumped(value)


def _affordable(network: Network) -> bool:
    """Expensive networks are predicted now and then only."""
    return networks.affordable(network, repr(network).encode("ascii", "replace"))


class _Forward:
    """In the place of `forward`: what it has predicted once it remembers, as most inputs have the network of their parent."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], Any] = {}

    def can_predict(self, network: Network) -> bool:
        """Whether to predict."""
        return _affordable(network)

    def predict(self, network: Network, seed: int) -> Any:
        """The prediction."""
        key = (repr(network), seed)
        if key not in self._known:
            if len(self._known) > 50:
                self._known.clear()
            self._known[key] = forward.predict(network, seed)
        return self._known[key]


def _observed(data: bytes, folder: Path) -> Observed:
    path = folder / "evidence.json"
    path.write_bytes(data)
    evidence = ev.load(path)
    evaluation = evidence.raw.get("evaluation")
    (folder / evaluate.FILE).unlink(missing_ok=True)
    if evaluation is not None:
        (folder / evaluate.FILE).write_bytes(mutators.dumped(evaluation))
    return Observed(evidence, judging.scheme(), evaluate.load(folder))


def run(data: bytes, folder: Path) -> list[str]:
    """Read, observe, judge and report."""
    vars(observed)["forward"] = FORWARD
    try:
        strictjson.loads(data.decode("utf-8", "replace"), max_chars=ev.MAX_BYTES)
        found = _observed(data, folder)
    except EvidenceError as error:
        return [f"EvidenceError {error.code} {error.params.get('what', '')}"[:100]]
    verdict = judging.judged(found)
    judging.demand_sound(verdict, found)
    _demand_deserved(verdict.sections[0].points, found)
    return judging.words(verdict)


def _demand_deserved(points: float, found: Observed) -> None:
    """Raise if all points of the data are given for other values than the given ones divided by 255."""
    if points < 20:
        return
    for case in found.data:
        for part in ("x_train", "x_test"):
            values = case.returned[part].values
            if values is None or np.abs(values - getattr(case.given, part) / 255).max() > 2e-5:
                raise Broken(f"all points for a wrong {part}")


FORWARD = _Forward()
TARGET = Target("evidence", [f"autograder.{name}" for name in MODULES], seeds, mutate, run, renewed=_renewed)
