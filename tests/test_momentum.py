"""The check of momentum in labs with Nesterov's variant and without: the sentence says what this lab wants."""

from types import SimpleNamespace
from typing import Any

import pytest

from autograder.checks import test_compile as checks
from autograder.errors import CheckFailed


def told(*, lab: bool, submitted: bool, momentum: float = 0.9) -> str | None:
    """The code of the failure, None if the check is passed."""
    run: Any = SimpleNamespace(optimizer={"config": {"momentum": momentum, "nesterov": submitted}})
    try:
        checks.test_momentum([run], {"compile": {"momentum": 0.9, "nesterov": lab}})
    except CheckFailed as error:
        return error.code
    return None


@pytest.mark.parametrize(
    ("lab", "submitted", "expected"),
    [
        (False, False, None),
        (True, True, None),
        (False, True, "compile.momentum.nesterov"),
        (True, False, "compile.momentum.no_nesterov"),
        (False, 0, None),
        (False, 1, "compile.momentum.nesterov"),
    ],
)
def test_nesterov(lab: bool, submitted: bool, expected: str | None) -> None:
    """It has to be on exactly if the lab has it; 0 and 1 are off and on for Keras."""
    assert expected == told(lab=lab, submitted=submitted)


def test_the_lab_s_momentum_is_named() -> None:
    """Another momentum is told together with the right one."""
    run: Any = SimpleNamespace(optimizer={"config": {"momentum": 0.5, "nesterov": False}})
    with pytest.raises(CheckFailed) as caught:
        checks.test_momentum([run], {"compile": {"momentum": 0.8, "nesterov": False}})

    assert ("compile.momentum.wrong", {"expected": "0.8", "received": "0.5"}) == (caught.value.code, caught.value.params)
