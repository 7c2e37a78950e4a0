"""The strict reader of evidence."""

import base64
import json
import os
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder import evidence as ev
from autograder.errors import ConvmarkError, EvidenceError, SubmissionError
from autograder.evidence import Stage
from autograder.probe import wire
from tests.support.attempts import attempt

MINIMAL: dict[str, Any] = {"schema": ev.SCHEMA, "seed": 7, "source": {}, "sandbox": {}, "versions": {}, "stages": {}}
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def packed(content: bytes) -> str:
    """Bytes as evidence holds them."""
    return base64.b64encode(zlib.compress(content)).decode("ascii")


def changed(**parts: Any) -> str:
    """The smallest evidence with some parts changed, as text."""
    return json.dumps(MINIMAL | parts)


def test_smallest() -> None:
    """Evidence of no stage is read; what it does not state is empty."""
    found = ev.parse(changed())

    assert 7 == found.seed
    assert {} == found.stages
    assert ("", "", 0) == (found.grader, found.log, found.garbage)


@pytest.mark.parametrize(
    "parts",
    [
        {"schema": ev.SCHEMA + 1},
        {"schema": True},
        {"schema": float(ev.SCHEMA)},
        {"schema": None},
        {"seed": True},
        {"seed": -1},
        {"seed": 2**63},
        {"seed": 1.5},
        {"seed": "7"},
        {"garbage": "1"},
        {"garbage": None},
        {"garbage": True},
        {"stages": []},
        {"stages": None},
        {"source": "x"},
        {"sandbox": 1},
        {"versions": [1]},
        {"stages": {"data": []}},
        {"stages": {"data": {}}},
        {"stages": {"data": {"status": "fine"}}},
        {"stages": {"data": {"status": []}}},
        {"stages": {"data": {"status": {}}}},
        {"stages": {"data": {"status": "ok"}}},
        {"stages": {"model": {"status": "ok", "value": None}}},
        {"stages": {"model": {"status": "ok", "value": [1]}}},
        {"stages": {"compile": {"status": "ok", "value": "x"}}},
    ],
)
def test_malformed(parts: dict[str, Any]) -> None:
    """Parts of the wrong type, range or form are refused."""
    with pytest.raises(EvidenceError):
        ev.parse(changed(**parts))


@pytest.mark.parametrize("missing", ["schema", "seed", "source", "sandbox", "versions", "stages"])
def test_missing_parts(missing: str) -> None:
    """Evidence without one of its parts is refused."""
    with pytest.raises(EvidenceError):
        ev.parse(json.dumps({key: value for key, value in MINIMAL.items() if key != missing}))


def test_unknown_stages_are_left_out() -> None:
    """Only the stages that there are become stages."""
    found = ev.parse(changed(stages={"extra": 1, "import": {"status": "ok", "left_out": [1]}}))

    assert {"import": Stage("import", "ok", None, {"left_out": [1]})} == found.stages


def test_stage_that_was_not_run() -> None:
    """Asking for a stage that evidence lacks is the grader's fault, not the student's."""
    with pytest.raises(EvidenceError, match=r"evidence\.no_stage"):
        ev.parse(changed()).stage("data")


@given(JSON)
@settings(max_examples=200, deadline=None)
def test_any_json_is_read_or_refused(value: Any) -> None:
    """Whatever stands in the place of evidence or of its stages, nothing but an error of ours is raised."""
    stages = dict.fromkeys(ev.STAGE_NAMES, value)
    for text in (json.dumps(value), changed(stages=value), changed(stages=stages), changed(source=value, versions=value)):
        found = attempt(ev.parse, text)

        if isinstance(found, ConvmarkError):
            assert found.code.startswith("evidence.")
        else:
            assert set(found.stages) <= set(ev.STAGE_NAMES)


@pytest.mark.parametrize("dtype", sorted(ev.DTYPES))
def test_arrays_come_back(dtype: str) -> None:
    """What the probe writes down is read as the same array, of every type of number."""
    value = (np.arange(6).reshape(2, 3) % 2).astype(dtype)

    found = ev.array(json.loads(json.dumps(wire.array(value))), "x")

    assert found.values is not None
    assert (dtype, (2, 3)) == (found.dtype, found.shape)
    assert value.tolist() == found.values.tolist()


@pytest.mark.parametrize("value", [3.5, [[1, 2], [3, 4]], [], np.zeros((0, 10), np.float32), True])
def test_arrays_of_any_kind(value: Any) -> None:
    """A scalar, a list and an empty array come back with their shape."""
    found = ev.array(wire.array(value), "x")

    assert np.shape(value) == found.shape
    assert found.values is not None
    assert np.asarray(value).tolist() == found.values.tolist()


@pytest.mark.parametrize("value", ["text", ["a", "b"], [[1], [1, 2]], None, object(), np.zeros(3, complex)])
def test_no_numbers(value: Any) -> None:
    """What is no array of numbers has no values, and is not refused."""
    assert ev.array(wire.array(value), "x").values is None


@pytest.mark.parametrize(
    "record",
    [
        None,
        [],
        {},
        {"dtype": "<f4"},
        {"dtype": 4, "shape": [1]},
        {"dtype": "<f4", "shape": "12"},
        {"dtype": "<f4", "shape": [-1]},
        {"dtype": "<f4", "shape": [True], "zlib": packed(bytes(4))},
        {"dtype": "<f4", "shape": [1.0], "zlib": packed(bytes(4))},
        {"dtype": "<f4", "shape": [2**63]},
        {"dtype": "<f4", "shape": [1] * 17},
        {"dtype": "<f4", "shape": [2], "zlib": packed(bytes(4))},
        {"dtype": "<f4", "shape": [1], "zlib": packed(bytes(8))},
        {"dtype": "<f4", "shape": [1], "zlib": base64.b64encode(bytes(4)).decode()},
        {"dtype": "<f4", "shape": [1], "zlib": "not base64"},
        {"dtype": "<f4", "shape": [1], "zlib": "\u00e9"},
        {"dtype": "<f4", "shape": [1], "zlib": 5},
        {"dtype": "<f4", "shape": [1], "zlib": packed(bytes(4))[:-8]},
        {"dtype": "<f8", "shape": [2**17 + 1], "zlib": packed(bytes(8))},
    ],
)
def test_malformed_arrays(record: Any) -> None:
    """Bytes that are not exactly those that dtype and shape ask for are refused."""
    with pytest.raises(EvidenceError, match=r"evidence\.malformed"):
        ev.array(record, "x")


@pytest.mark.parametrize("shape", [[0, 2**39, 2**39], [0, 2**60], [2**40]])
def test_vast_shapes_have_no_values(shape: list[int]) -> None:
    """A shape that numpy cannot address is told, not refused: numpy makes such arrays of no elements."""
    found = ev.array({"dtype": "<f4", "shape": shape, "zlib": packed(b"")}, "x")

    assert (tuple(shape), None) == (found.shape, found.values)


@pytest.mark.parametrize("look", [None, "text", [None, 3], [{"what": "ctypes", "cell": 1, "line": 2}] * 50, [{"what": {}}]])
def test_look_is_bounded(look: Any) -> None:
    """What was seen in the text is a few short strings, whatever stands in the evidence."""
    found = ev._look(look)

    assert len(found) <= 20
    assert all(len(text) <= 100 for text in found)


@pytest.mark.parametrize("dtype", ["|O", "|V8", "<U4", "<c8", "<M8[s]", "f4", "float32", ">f4", "<f4, <f4", ""])
def test_other_types_have_no_values(dtype: str) -> None:
    """No type but the numbers of the list is decoded."""
    assert ev.array({"dtype": dtype, "shape": [1], "zlib": packed(bytes(8))}, "x").values is None


def test_bomb() -> None:
    """A small stream that unpacks to very much is refused after the bytes that were asked for."""
    bomb = packed(bytes(2**22))

    with pytest.raises(EvidenceError):
        ev.array({"dtype": "|u1", "shape": [2**20], "zlib": bomb}, "x")


@given(JSON)
@settings(max_examples=200, deadline=None)
def test_any_json_as_an_array(value: Any) -> None:
    """Whatever stands in the place of an array, nothing but an error of ours is raised."""
    for record in (value, {"dtype": "<f4", "shape": value, "zlib": ""}, {"dtype": value, "shape": [1], "zlib": value}):
        found = attempt(ev.array, record, "x")

        if isinstance(found, ConvmarkError):
            assert "evidence.malformed" == found.code
        else:
            assert found.values is None or found.values.shape == found.shape


ERROR: dict[str, Any] = {"type": "ValueError", "lines": [{"file": "cell 1", "line": 2, "code": "x"}]}


@pytest.mark.parametrize(
    ("stage", "code"),
    [
        (Stage("data", "not_done"), "stage.not_done"),
        (Stage("data", "missing"), "stage.missing"),
        (Stage("data", "error", None, {"lines": [{"file": "cifar10_cnn.py", "line": 3, "code": "x"}]}), "stage.error"),
        (Stage("data", "error", None, {"type": "ValueError", "lines": []}), "stage.error_elsewhere"),
        (Stage("data", "error", None, {"type": "TypeError", "message": "prepare_data() takes 0"}), "stage.signature"),
        (Stage("data", "error", None, {"type": "TypeError", "message": "Dense() takes 0"}), "stage.error_elsewhere"),
        (Stage("data", "timeout"), "stage.timeout"),
        (Stage("data", "crash"), "stage.crash"),
        (Stage("import", "error"), "import.error"),
        (Stage("import", "timeout"), "import.timeout"),
        (Stage("import", "crash"), "import.crash"),
        (Stage("data", "unusable", None, {"code": "data.returns.none"}), "data.returns.none"),
        (Stage("model", "error", None, ERROR | {"message": "Argument(s) not recognized: {'lr': 1}"}), "stage.lr"),
        (Stage("model", "error", None, ERROR | {"message": "No module named 'keras.utils.np_utils'"}), "stage.moved"),
    ],
)
def test_demand(stage: Stage, code: str) -> None:
    """A stage that did not go well is the student's sentence."""
    with pytest.raises(SubmissionError) as caught:
        ev.demand(stage)

    assert code == caught.value.code


@pytest.mark.parametrize(
    ("stage", "code", "received", "told"),
    [
        ("model", "model.returns.not_a_model", "builtins.list", ("model.returns.layers", {"received": "list"})),
        ("model", "model.returns.not_a_model", "builtins.int", ("model.returns.not_a_model", {"received": "int"})),
        ("data", "data.returns.not_pairs", "builtins.tuple (2)", ("data.returns.others", {"received": "tuple", "count": 2})),
        ("data", "data.returns.not_pairs", "builtins.dict", ("data.returns.not_pairs", {"received": "dict"})),
    ],
)
def test_types_in_words(stage: str, code: str, received: str, told: tuple[str, dict[str, Any]]) -> None:
    """A type is told without the module of Python's own; a list of layers and what is not made of pairs have sentences."""
    with pytest.raises(SubmissionError) as caught:
        ev.demand(Stage(stage, "unusable", None, {"code": code, "params": {"received": received}}))

    assert told == (caught.value.code, caught.value.params)


@pytest.mark.parametrize("code", [None, "", "ui", "model.returns.none", ["data."], 7])
def test_code_of_another_stage(code: Any) -> None:
    """A stage cannot choose any sentence of the catalogue, only one of its own."""
    with pytest.raises(EvidenceError):
        ev.demand(Stage("data", "unusable", None, {"code": code}))


@given(
    st.sampled_from(sorted(ev.STATUSES)),
    st.dictionaries(st.sampled_from(["code", "params", "type", "message", "lines", "seconds", "exit"]), JSON),
)
@settings(max_examples=300, deadline=None)
def test_any_details(status: str, details: dict[str, Any]) -> None:
    """Whatever the details are, the values that reach a sentence are few and bounded."""
    found = attempt(ev.demand, Stage("model", status, {}, details))

    if isinstance(found, ConvmarkError):
        assert all(isinstance(item, int) or len(item) <= 500 for item in found.params.values())
        assert len(found.params) <= 20
    else:
        assert {} == found


def test_names_of_values_collide_with_nothing() -> None:
    """Values named like arguments of Python functions are values as any other."""
    details = {"code": "data.returns.none", "params": {"self": 1, "code": [2], "credit": 3, "not a name": 4}}

    with pytest.raises(SubmissionError) as caught:
        ev.demand(Stage("data", "unusable", None, details))

    assert {"self": "1", "code": "[2]", "credit": "3"} == caught.value.params


def test_last_own_line() -> None:
    """The innermost line of the student's own is shown."""
    lines = [{"file": "a.py", "line": 1, "code": "f()"}, {"file": "b.py", "line": 2, "code": "x" * 1000}]

    found = ev.error_params({"type": "ValueError", "message": "no", "lines": lines})

    assert {"type": "ValueError", "message": "no", "where": "b.py:2", "line": "x" * 200} == found


def test_load(tmp_path: Path) -> None:
    """A plain file of evidence is read."""
    path = tmp_path / "evidence.json"
    path.write_text(changed(), "utf-8")

    assert 7 == ev.load(path).seed


def test_load_refuses_what_is_no_plain_file(tmp_path: Path) -> None:
    """Links, folders, pipes and what is not there are refused, and a pipe does not block."""
    path = tmp_path / "evidence.json"
    path.write_text(changed(), "utf-8")
    (tmp_path / "symbolic").symlink_to(path)
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")

    for name in ("symbolic", "folder", "pipe", "nothing", "evidence.json/below", "x" * 300):
        with pytest.raises(EvidenceError, match=r"evidence\.unreadable"):
            ev.load(tmp_path / name)
    os.link(path, tmp_path / "hard")
    with pytest.raises(EvidenceError, match=r"evidence\.unreadable"):
        ev.load(path)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"", b"{", b"\x00" * 10, b"[" * 3_000_000])
def test_load_refuses_other_content(tmp_path: Path, content: bytes) -> None:
    """Content that is not strict JSON in UTF-8 is refused."""
    path = tmp_path / "evidence.json"
    path.write_bytes(content)

    with pytest.raises(EvidenceError):
        ev.load(path)


def test_load_refuses_a_large_file(tmp_path: Path) -> None:
    """A file beyond the limit is not read."""
    path = tmp_path / "evidence.json"
    with path.open("wb") as stream:
        stream.truncate(ev.MAX_BYTES + 1)

    with pytest.raises(EvidenceError, match=r"evidence\.unreadable"):
        ev.load(path)
