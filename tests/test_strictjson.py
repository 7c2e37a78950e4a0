"""JSON that a stranger wrote: what is read, and what is refused before it is built."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder import strictjson
from autograder.errors import EvidenceError
from tests.support.attempts import attempt

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def read(text: str) -> Any:
    """*text* under a generous limit of size."""
    return strictjson.loads(text, max_chars=100_000)


@given(VALUES)
def test_honest_values_come_back(value: Any) -> None:
    """What Python writes as JSON is read as the same value."""
    assert value == read(json.dumps(value))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("NaN", "evidence.number"),
        ("[Infinity]", "evidence.number"),
        ("-Infinity", "evidence.number"),
        ("1e999", "evidence.number"),
        ("-1e999", "evidence.number"),
        ("1." + "0" * 100, "evidence.number"),
        ("9" * 21, "evidence.number"),
        ("9" * 5000, "evidence.number"),
        ('{"a": 1, "a": 2}', "evidence.duplicate_key"),
        ('{"b": {"a": 1, "\\u0061": 1}}', "evidence.duplicate_key"),
        ("[" * 41 + "]" * 41, "evidence.too_deep"),
        ('{"a":' * 41 + "1" + "}" * 41, "evidence.too_deep"),
        ("[" * 50_000, "evidence.too_deep"),
        ("", "evidence.not_json"),
        ("{", "evidence.not_json"),
        ("]" * 100, "evidence.not_json"),
        ("[1,]", "evidence.not_json"),
        ("{'a': 1}", "evidence.not_json"),
        ("1 2", "evidence.not_json"),
        ('"\x00"', "evidence.not_json"),
        ("\ufeff{}", "evidence.not_json"),
        (" " * 100_001, "evidence.too_large"),
    ],
)
def test_refusals(text: str, code: str) -> None:
    """Each kind of text that is refused has its code."""
    with pytest.raises(EvidenceError) as caught:
        read(text)

    assert code == caught.value.code


def test_limits_are_inclusive() -> None:
    """The deepest nesting, the longest integer and the longest text that are allowed are read."""
    nested = "[" * strictjson.MAX_DEPTH + "]" * strictjson.MAX_DEPTH

    assert nested == json.dumps(read(nested))
    assert int("9" * strictjson.MAX_DIGITS) == read("9" * strictjson.MAX_DIGITS)
    assert [] == strictjson.loads("[]  ", max_chars=4)


def test_many_lists_are_refused() -> None:
    """A text whose empty lists would take twenty times its size in memory is not parsed."""
    with pytest.raises(EvidenceError) as caught:
        strictjson.loads("[" + "[]," * strictjson.MAX_TABLES + "[]]", max_chars=10**7)

    assert "evidence.too_many" == caught.value.code


@pytest.mark.parametrize("text", ['"[[[["', '"\\"[{[{"', '"\\\\"', '["\\\\", "{"]'])
def test_brackets_in_strings_are_no_nesting(text: str) -> None:
    """Depth counts brackets outside strings only, escaped quotation marks included."""
    assert json.loads(text) == strictjson.loads(text, max_chars=100, max_depth=1)


@given(st.text(alphabet='[]{}",:\\0129eE.-+truefalsnNaIiy \n', max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text makes the reader raise anything but an error of ours, and what it reads is JSON."""
    found = attempt(read, text)

    if isinstance(found, EvidenceError):
        assert found.code.startswith("evidence.")
    else:
        assert found == json.loads(text)
