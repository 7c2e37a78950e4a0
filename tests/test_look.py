"""The look at a submission's text before any of it runs."""

import json
from pathlib import Path

import pytest

from autograder import supervise
from autograder.probe import look
from autograder.submission import Submission
from tests.support.reference import SOURCE
from tests.support.warm import WarmLauncher

REPO = Path(__file__).parent.parent


def found(*texts: str) -> list[str]:
    """What is found in these texts."""
    return [str(row["what"]) for row in look.look(texts)]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("import gc", "gc"),
        ("import a, ctypes.util", "ctypes.util"),
        ("from autograder.probe import wire", "autograder.probe"),
        ("from autograder import inputs", "autograder.inputs"),
        ("f = sys._getframe()", "_getframe"),
        ("exec('x')", "exec"),
        ("class A:\n    def get_config(self): pass", "def get_config"),
        ("open('/proc/self/mem')", "/proc/self/mem"),
        ("import numpy as n\nn.array = print", "n.array = …"),
        ("from keras.layers import Dropout as D\nD.call, x = 1, 2", "D.call = …"),
        ("keras.layers.Dense.call.x += 1", "keras.layers.Dense.call.x = …"),
    ],
)
def test_reaching_is_seen(text: str, what: str) -> None:
    """What an attack needs is seen."""
    assert [what] == found(text)


@pytest.mark.parametrize(
    "text",
    [
        SOURCE,
        "from autograder import check",
        "import autograder\nautograder.check('data')",
        "model.loss = 'x'\nself.built = True",
        "def broken(:",
        "x = '\\0'",
        "-" * 100_000 + "1",
        "x" + ".x" * 500 + " = 1",
        "\ud800",
    ],
)
def test_nothing_is_seen(text: str) -> None:
    """Honest code, and what is no Python, brings nothing."""
    assert [] == found(text)


def test_given_files_are_honest() -> None:
    """Nothing is seen in the lab's own script and its solution."""
    assert [] == found(*[(REPO / name / "cifar10_cnn.py").read_text("utf-8") for name in ("assignment", "solution")])


def test_findings_are_few_and_short() -> None:
    """A text of a thousand findings is told in twenty, each once."""
    text = "\n".join(f"keras.a{number % 50}.{'b' * 500} = gc" for number in range(1000))

    assert look.MAX_FINDINGS == len(look.look([text, text]))
    assert max(map(len, found(text))) < 100


def test_look_cannot_be_taken_back(warm: WarmLauncher) -> None:
    """The look stands in the evidence although the submission sends another one."""
    code = """
import sys
frame = sys._getframe()
while "wire" not in frame.f_locals:
    frame = frame.f_back
frame.f_locals["wire"].send({"look": []})
"""
    script = Submission("cifar10_cnn.py", "script", (code,), "0" * 64)
    limits = {"import": 10, "data": 5, "memory_mib": 3072, "log_bytes": 1000}
    record = supervise.gather(script, warm, seed=1, limits=limits, stages=["data"])

    assert "_getframe" in json.dumps(record["look"])
    assert 1 == record["garbage"]
