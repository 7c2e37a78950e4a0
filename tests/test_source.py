"""What a notebook's cells are read as: which line would have defined a name that is missing."""

import pytest

from autograder.probe import source

TASK = "def task():\n    return wanted"
TRAINING = "history = model.fit(x)\nbest = max(history)"  # no business of the task's


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("wanted = x.max() + 1", ["wanted = x.max() + 1"]),
        ("wanted, other = load_data()", ["wanted, other = load_data()"]),
        ("for wanted in history:\n    print(wanted)", ["for wanted in history:"]),
        (
            "import no_such_module as wanted",
            ["import no_such_module as wanted (ModuleNotFoundError: No module named 'no_such_module')"],
        ),
        ("wanted = len(x)", ["wanted = len(x) (NameError: name 'x' is not defined)"]),
        ("wanted = = 3", ["wanted = = 3 (SyntaxError: invalid syntax)"]),
        ("wanted = a()\nwanted = b()\nwanted = c()\nwanted = d()", ["wanted = a()", "wanted = b()", "wanted = c()"]),
        ("unwanted = x.max()", []),
    ],
)
def test_what_would_define_a_missing_name(cell: str, told: list[str]) -> None:
    """The line itself is told, with its own error, and no other line that was left out."""
    loaded = source.load_notebook([TRAINING, cell, TASK])
    with pytest.raises(NameError) as caught:
        loaded.namespace["task"]()

    assert told == loaded.why_undefined(caught.value)


def test_an_error_of_ones_own_making_names_nothing() -> None:
    """A NameError that a student raises says no name."""
    loaded = source.load_notebook(["a = x.max()"])

    assert [] == loaded.why_undefined(NameError("name 'a' is not defined"))


def test_a_submission_that_forgets_its_own_lines_is_read() -> None:
    """Whoever empties Python's cache of lines still reads which line it was."""
    loaded = source.load_notebook(["import linecache\n\nnothing = linecache.clearcache()\nwanted = int('x')", TASK])
    with pytest.raises(NameError) as caught:
        loaded.namespace["task"]()

    assert ["wanted = int('x') (ValueError: invalid literal for int() with base 10: 'x')"] == loaded.why_undefined(caught.value)


def called(loaded: source.Loaded) -> object:
    """What the task returns, with what it needs supplied as a stage does it."""
    while True:
        try:
            return loaded.namespace["task"]()
        except NameError as error:
            if not loaded.supply(error):
                raise


@pytest.mark.parametrize(
    "cells",
    [
        ["class Config:\n    wanted = 3\nconfig = Config()\nwanted = config.wanted"],
        ["from collections import namedtuple\nP = namedtuple('P', 'x')\np = P(3)", "wanted = p.x"],
        ["def make(): return 3", "wanted = make()"],
        ["wanted = helper(1)", "def helper(x): return x + 2"],
        ["a = b.bit_length()", "b = 1", "wanted = a + 2"],
        ["if 1 > 0:\n    print('yes')\n    wanted = 3"],
        ["for wanted in [1, 2, 3]:\n    print(wanted)"],
        ["from operator import *\nwanted = add(1, 2)"],
        ["wanted = 1\nwanted += 2"],
        ["import json\nwanted = 2", "print('between')", "wanted = json.loads('3')"],
    ],
)
def test_what_a_function_needs_is_supplied(cells: list[str]) -> None:
    """What is neither import nor definition nor constant is executed where a function asks for its name."""
    assert 3 == called(source.load_notebook([*cells, TASK]))


@pytest.mark.parametrize(
    "cells",
    [
        ["wanted = model.fit(3)"],
        ["def train():\n    open_all()\n    return fit()", "wanted = train()"],
        ["from keras.datasets import cifar10\nwanted = cifar10.load_data()"],
        ["wanted = input()"],
    ],
)
def test_nobody_trains_or_reads_data_on_demand(cells: list[str]) -> None:
    """A name that only training or data would define stays undefined."""
    with pytest.raises(NameError, match="wanted"):
        called(source.load_notebook([*cells, TASK]))


def test_a_name_that_never_comes_ends() -> None:
    """Statements that need each other, and an error that is raised again and again, come to an end."""
    loaded = source.load_notebook(["wanted = other + len(more)", "other = wanted.x()", "other = nothing()"])
    raising = source.load_notebook(["print(1)\n", "def task():\n    raise NameError('no', name='wanted')", "wanted = str(print)"])

    assert not loaded.supply(NameError("x", name="wanted"))
    with pytest.raises(NameError, match="no"):
        called(raising)


@pytest.mark.parametrize("failing", ["import no_such_module", "open('no such file')", "assert 0", "x = undefined"])
def test_a_script_goes_on_below_a_line_that_fails(failing: str) -> None:
    """What another machine has not stops a script, but what is defined below counts; the line is remembered."""
    loaded = source.load_script("a.py", f"before = 1\n{failing}\nprint('never')\nwanted = before + 2\n{TASK}")

    assert 3 == called(loaded)
    assert loaded.error is not None


def test_a_script_that_ends_itself_has_ended() -> None:
    """What stands below `sys.exit()` is never reached."""
    loaded = source.load_script("a.py", f"import sys\nsys.exit(1)\n{TASK}")

    assert "task" not in loaded.namespace
    assert isinstance(loaded.error, SystemExit)


def test_the_error_in_a_definition_is_the_reason() -> None:
    """A function that is not there since its default value is not has that reason."""
    loaded = source.load_notebook(["def task(shape=x_train.shape): pass", "def other(): pass"])

    assert "name 'x_train' is not defined" == str(loaded.why_missing("task"))
    assert loaded.why_missing("other") is None


def test_annotations_of_the_future() -> None:
    """What a first cell asks of the compiler holds in those below."""
    loaded = source.load_notebook(["from __future__ import annotations", "def task(x: Unknown = 3): return x"])

    assert 3 == called(loaded)
