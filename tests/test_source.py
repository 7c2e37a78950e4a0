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
    """Whoever empties Python's cache of lines loses the line in the message, and nothing else."""
    loaded = source.load_notebook(["import linecache\n\nnothing = linecache.clearcache()\nwanted = int('x')", TASK])
    with pytest.raises(NameError) as caught:
        loaded.namespace["task"]()

    assert [" (ValueError: invalid literal for int() with base 10: 'x')"] == loaded.why_undefined(caught.value)
