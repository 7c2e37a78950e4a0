"""The digest of a function: what it does counts, how it is written does not."""

from collections import defaultdict

import pytest

from autograder import submission
from autograder.errors import SubmissionError
from autograder.instructor.box import canonical
from tests.support import scenarios

PLAIN = """
import numpy as np
from keras import layers

SIZE = 255

def scaled(x):
    return x.astype("float32") / SIZE

def prepare_data(x_train, y_train, x_test, y_test):
    both = []
    for x in (x_train, x_test):
        both.append(np.array(scaled(x), dtype="float32", copy=True))
    return both
"""
SAME = {
    "names": ("both", "all_of_them"),
    "arguments": ("x_train, y_train, x_test", "a, b, x_test"),
    "alias": ("import numpy as np", "import numpy"),
    "helper": ("scaled", "divide_them"),
    "constant": ("SIZE", "BIGGEST"),
    "order": ('dtype="float32", copy=True', 'copy=True, dtype="float32"'),
    "comment": ("both = []", "both = []  # a list"),
    "docstring": ("    both = []", '    """Prepare.\n\n    Data."""\n    both = []'),
    "annotation": ("both = []", "both: list = []"),
    "format": ("both.append(", "both.append(\n            "),
    "string": ("both = []", "both = []\n    'a note'\n    pass"),
    "elsewhere": ("def prepare_data", "def other():\n    return 1\n\ndef prepare_data"),
    "late import": ("    both = []", "    import numpy as np\n    both = []"),
}
OTHER = {
    "number": ("255", "256"),
    "kind of number": ("255", "255.0"),
    "method": ("append", "extend"),
    "helper": ('"float32") / SIZE', '"float64") / SIZE'),
    "module": ("import numpy as np", "import tensorflow as np"),
    "variable": ("return both", "return x"),
    "statement": ("    return both", "    print(both)\n    return both"),
}

# The mistake is the name of an argument, or a setting that the file makes outside the function.
OUTSIDE = {"compile_renamed_argument", "model_bfloat16"}


def _changed(before: str, after: str) -> str:
    text = PLAIN
    assert before in text
    text = text.replace(before, after)
    return text.replace("np.array", "numpy.array") if after == "import numpy" else text.replace("(x_train, x_test)", _pair(after))


def _pair(after: str) -> str:
    return "(a, x_test)" if after.startswith("a, b") else "(x_train, x_test)"


def _digest(text: str) -> str:
    return str(canonical.units("script", [text])["data"][0])


@pytest.mark.parametrize("change", SAME.values(), ids=SAME)
def test_how_it_is_written_does_not_count(change: tuple[str, str]) -> None:
    """Names of variables, comments, docstrings, annotations, formatting and aliases change no digest."""
    text = _changed(*change)

    assert PLAIN != text
    assert _digest(PLAIN) == _digest(text)


@pytest.mark.parametrize("change", OTHER.values(), ids=OTHER)
def test_what_it_does_counts(change: tuple[str, str]) -> None:
    """Another number, call or helper is another digest."""
    assert _digest(PLAIN) != _digest(_changed(*change))


def test_attributes_of_classes_keep_their_names() -> None:
    """What a class binds is seen from outside, so it is no local name."""
    text = "class Own:\n    rate = 1\n    def call(self, x):\n        return x\n\ndef build_model():\n    return Own()\n"
    found = {_of(text), _of(text.replace("rate", "size")), _of(text.replace("call", "build"))}

    assert 3 == len(found)
    assert _of(text) == _of(text.replace("Own", "Mine").replace("x", "value"))


def _of(text: str) -> str:
    return str(canonical.units("script", [text])["model"][0])


def test_a_stub_has_no_digest() -> None:
    """Who has not written a function shares nothing with others who have not."""
    text = 'def build_model():\n    """Text."""\n    raise NotImplementedError("no")\n\ndef compile_model(model):\n    pass\n'

    assert {} == canonical.units("script", [text])


def test_cells_of_a_notebook() -> None:
    """Magics are left out, a cell that is no Python costs itself alone, and the last definition counts."""
    cells = ["%matplotlib inline\nimport numpy as np", "def build_model(:", "def prepare_data():\n    return 0", PLAIN]

    assert canonical.units("script", [PLAIN]) == canonical.units("notebook", cells)


@pytest.mark.parametrize(
    "text",
    [
        "def build_model(:",
        "def build_model():\n    return " + "[" * 5000,
        "def build_model():\n    return " + "-" * 50_000 + "1",
        "def build_model():\n    return [" + "1," * 30_000 + "]",
        "def build_model():\n    return " + "9" * 5000,
        "def build_model():\n    return '\0'",
        "x = build_model = build_model",
    ],
)
def test_what_cannot_be_read_has_no_digest(text: str) -> None:
    """What is no Python, too deep or too large has no digest, and no exception."""
    assert {} == canonical.units("script", [text])


def test_scenarios_tell_mistakes_apart() -> None:
    """Where the mistake lies in the function itself, its digest is that of no right and of no other wrong scenario."""
    right: set[tuple[str, str]] = set()
    wrong: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name in scenarios.names():
        value = scenarios.expected(name)
        if value["kind"] not in ("right", "wrong") or value.get("template"):
            continue
        try:
            found = submission.find(scenarios.FOLDER / name / "submission", {})
        except SubmissionError:
            continue
        codes = {(section, digest) for section, (digest, _) in canonical.units(found.kind, found.cells).items()}
        if value["kind"] == "right":
            right |= codes
        for code in codes:
            if value["kind"] == "wrong" and code[0] == value.get("section"):
                wrong[code].append(name)

    assert len(wrong) > 100
    assert OUTSIDE == {name for code, names in wrong.items() if code in right or len(names) > 1 for name in names}
