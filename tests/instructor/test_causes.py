"""What went wrong in a work, each cause once."""

from typing import Any

import pytest

from autograder import verdict as vd
from autograder.errors import SubmissionError
from autograder.instructor import causes
from autograder.scheme import load
from autograder.verdict import Outcome, Reason, Verdict

FUNCTIONS = {"data.returns": "prepare_data", "model.returns": "build_model", "compile.compiles": "compile_model"}
TASKS = {"data.returns": 1, "model.returns": 2, "compile.compiles": 3}
SYNTAX = {"type": "SyntaxError", "message": "expected ':'", "where": "cifar10_cnn.py:19", "line": "def f()"}


def _failed(reason: Reason, credit: float = 0.0) -> Outcome:
    return Outcome("failed", credit, reason)


def _verdict(**failed: Outcome) -> Verdict:
    """A verdict in which all but these checks, written with ``__`` for the point, are passed."""
    outcomes = {check: Outcome("passed", 1.0) for check in load().checks}
    return vd.build(load(), load().sections, outcomes | {name.replace("__", "."): said for name, said in failed.items()})


def _of_each(code: str, **params: Any) -> Verdict:
    """A verdict in which that is the reason of each of the three functions."""
    told = {
        check.replace(".", "__"): _failed(Reason(code, {"function": name, "number": TASKS[check], **params}))
        for check, name in FUNCTIONS.items()
    }
    return _verdict(**told)


def test_a_file_that_does_not_run_is_one_cause() -> None:
    """A syntax error is told with each function, and counted once; where the file stops is kept for the list of these works."""
    verdict = _of_each("import.syntax", **SYNTAX)
    found, stopped = causes.of(verdict, True), causes.stopped(verdict)

    assert {causes.STOPPED: [{"code": "import.syntax", "params": {"type": "SyntaxError"}}]} == found
    assert stopped is not None and ("import.syntax", "cifar10_cnn.py:19") == (stopped["code"], stopped["params"]["where"])
    assert causes.stopped(_of_each("stage.not_done")) is None


@pytest.mark.parametrize(("code", "key"), [("stage.not_done", causes.NOT_BEGUN), ("stage.missing", causes.NOT_DEFINED)])
def test_tasks_that_are_not_begun_are_one_mistake(code: str, key: str) -> None:
    """Three tasks of which nothing is there are one mistake of three kinds."""
    found = causes.of(_of_each(code), True)

    assert [key] == list(found)
    assert 3 == len({causes.by_kind(told) for told in found[key]})


def test_nothing_to_grade_is_no_mistake() -> None:
    """A work that could not be read at all stands elsewhere on the page."""
    error = SubmissionError("submission.none", folder="x", name="cifar10_cnn")
    refused = vd.refused(load(), load().sections, error)

    assert ({}, None) == (causes.of(refused, False), causes.stopped(refused))


def test_the_same_reason_is_counted_once() -> None:
    """What a later check only repeats belongs to the check that told it first; the other reasons of a section stay."""
    again = _failed(Reason("stage.name_error", {"function": "f", "message": "m"}))
    found = causes.of(_verdict(data__returns=again, data__rows=again, data__dtype=_failed(Reason("data.dtype.wrong"))), True)

    assert ["data.returns", "data.dtype"] == list(found)


def test_a_network_that_cannot_be_built_is_one_mistake() -> None:
    """That it cannot be tested either is not counted beside it; weights that do not fit a network are."""
    unbuilt, unfit = _failed(Reason("model.returns.none")), _failed(Reason("accuracy.weights.count"))

    assert ["model.returns"] == list(causes.of(_verdict(model__returns=unbuilt, accuracy__weights=unfit), True))
    assert ["accuracy.weights"] == list(causes.of(_verdict(accuracy__weights=unfit), True))


def test_points_in_part_are_no_mistake() -> None:
    """Accuracy that earned a share of its points is none, nor is accuracy that there were no weights for; none at all is."""
    low = Reason("accuracy.test.low", {"received": "66.40%"})

    assert {} == causes.of(_verdict(accuracy__test=_failed(low, 0.4)), True)
    assert {} == causes.of(_verdict(accuracy__test=_failed(low)), False)
    assert ["accuracy.test"] == list(causes.of(_verdict(accuracy__test=_failed(low)), True))


def test_values_are_those_that_are_shown() -> None:
    """Of a reason only what its sentence mentions is kept, and no more of it than fits a line."""
    reason = Reason("model.honest.custom", {"name": "x" * 9999 + "\x1b", "expected": "y"})
    (told,) = causes.of(_verdict(model__honest=_failed(reason)), True)["model.honest"]

    assert ["name"] == list(told["params"])
    assert causes.MAX_TEXT >= len(told["params"]["name"])
