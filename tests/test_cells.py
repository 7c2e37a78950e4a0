"""The text of a submission as Python: shell lines go, blocks stay blocks, and what only builds a value is known."""

import ast

import pytest

from autograder.probe import cells


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("x = 1", "x = 1"),
        ("!pip install keras\nx = 1", "pass\nx = 1"),
        ("%matplotlib inline\n%%time", "pass\npass"),
        ("try:\n    %tensorflow_version 2.x\nexcept Exception:\n    pass", "try:\n    pass\nexcept Exception:\n    pass"),
        ("if colab:\n    !pip install keras", "if colab:\n    pass"),
        ("!pip install -q \\\n    keras \\\n    numpy\nx = 1", "pass\n\n\nx = 1"),
        ("files = !ls\nx = %time f()", "pass\npass"),
        ("model?\nkeras.layers??", "pass\npass"),
        ('print("%s, %s"\n      % (a, b))', 'print("%s, %s"\n      % (a, b))'),
        ('!ls\nprint("%s, %s"\n      % (a, b))', 'pass\nprint("%s, %s"\n      % (a, b))'),
        ("%%bash\nls", ""),
        ("\n%%capture out\nx = 1", "\npass\nx = 1"),
        ("def broken(:", "def broken(:"),
    ],
)
def test_a_cell_as_python(cell: str, expected: str) -> None:
    """Each shell line, magic or request for help becomes a line that does nothing, and no other line does."""
    assert expected == cells.python("notebook", cell)


@pytest.mark.parametrize(
    ("script", "expected"),
    [("!pip install keras\nx = 1", "pass\nx = 1"), ("!ls\ndef broken(:", "!ls\ndef broken(:"), ("%%bash\nx", "pass\nx")],
)
def test_a_script_that_was_a_notebook(script: str, expected: str) -> None:
    """A script with shell lines is read without them, if it is Python then."""
    assert expected == cells.python("script", script)


@pytest.mark.parametrize(
    "code",
    [
        "import keras",
        "try:\n    import keras\nexcept ImportError:\n    keras = None",
        "def f(): fit()",
        "size = (32, 32)\nsize += (3,)",
        "params = {}\nparams['rate'] = 0.01",
        "sizes = []\nsizes.append(64)",
        "names = 'a b'.split()",
        "from keras import layers\nif True:\n    L = layers\nelse:\n    L = None\nd = L.Dense(1)",
        "a: int = 3",
    ],
)
def test_what_only_builds_a_value(code: str) -> None:
    """Imports, definitions, constants, and containers that are filled with them are taken over."""
    reading = cells.Reading()
    body = ast.parse(code).body

    assert [True] * len(body) == [reading.takes(node) for node in body]


@pytest.mark.parametrize(
    "code",
    [
        "import keras\nkeras.datasets.cifar10.load_data()",
        "import keras\nx = keras.datasets.cifar10.load_data()",
        "x = y.max()",
        "x = own()",
        "import keras\nif x.any():\n    y = keras",
        "print(1)",
        "import numpy\nnumpy.append(x, 1)",
        "model.add(layer())",
        "for i in x:\n    pass",
        "x = (y := 3)",
        "a.b = 3",
    ],
)
def test_what_does_more(code: str) -> None:
    """What computes, prints, reads or changes something else is not."""
    reading = cells.Reading()
    *_, last = [reading.takes(node) for node in ast.parse(code).body]

    assert not last


def test_who_comes_to_train_is_heavy() -> None:
    """A function that calls one that trains reads data or trains, too; one that does neither may run."""
    body = ast.parse("def a(m): m.fit()\ndef b(m): a(m)\ndef c(): return 3\nclass D:\n    def x(self): b(1)").body
    never = cells.heavy(body)

    assert {"a", "b", "D", "fit", "load_data"} <= never
    assert "c" not in never
    assert [False, True] == [cells.may_run(ast.parse(text).body[0], never) for text in ("x = D()", "x = c()")]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("a, (b, c) = x", {"a", "b", "c"}),
        ("import d.e as f, g.h", {"f", "g"}),
        ("for i in x:\n    j = 1", {"i", "j"}),
        ("def k():\n    m = 1", {"k", "m"}),
        ("a.b = 3", set()),
    ],
)
def test_names(code: str, expected: set[str]) -> None:
    """What a statement would define."""
    assert expected == cells.names(ast.parse(code).body[0])
