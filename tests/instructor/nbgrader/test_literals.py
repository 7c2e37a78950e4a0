"""Answers in cells, read and never executed."""

import pytest

from autograder.instructor.nbgrader.literals import MAX_CHARS, Unreadable, assigned


@pytest.mark.parametrize(
    ("source", "values"),
    [
        ('answer_1 = "a"', ["a"]),
        ("# a comment\nanswer_1 = -1.5  # another", [-1.5]),
        ('answer_1 = ""\nanswer_1 = ["a", ("b", 2)]', ["", ["a", ("b", 2)]]),
        ("import os\nos.remove('x')\nanswer_1 = 896\nprint(answer_1)", [896]),
        ("answer_10 = 3\nother = 'answer_1 x'", []),
        ("print('nothing of the kind')", []),
        ("no Python, and no answer", []),
        (r'answer_1 = "\d"', [r"\d"]),
    ],
)
def test_literals_are_read(source: str, values: list[object]) -> None:
    """Constants and lists of them are read, whatever else the cell has; a longer name is another one."""
    assert values == assigned(source, "answer_1")


@pytest.mark.parametrize(
    "source",
    [
        "answer_1 = 1 + 1",
        "answer_1 = open('x').read()",
        "answer_1 = f'{1}'",
        "answer_1 = x",
        "answer_1 = 'a'\nanswer_1 += 'b'",
        "answer_1 = answer_2 = 'a'",
        "answer_1, answer_2 = 'a', 'b'",
        "answer_1: str = 'a'",
        "if True:\n    answer_1 = 'a'",
        "for answer_1 in 'ab': pass",
        "import os as answer_1",
        "def answer_1(): pass",
        "answer_1 = 'a'\nglobals()['answer_1'] = 'b'",
        "answer_1 = 'a'\ndel answer_1",
        "answer_1 = 'a",
        "%timeit answer_1",
        "answer_1 = " + "[" * 100 + "]" * 100,
        "answer_1 = " + "[" * 3000 + "]" * 3000,
        "answer_1 = " + "-" * 5000 + "1",
        "answer_1 = " + "1" * 5000,
        "answer_1 = [" + "1," * 300 + "]",
        "answer_1 = '" + "a" * MAX_CHARS + "'",
        "answer_1 = {[]: 1}",
        "answer_1 = '\0'",
        "answer_1 = '\ud800'",
    ],
)
def test_anything_else_is_unreadable(source: str) -> None:
    """Computations, names, other ways to give the name a value, and what is too long or too deep: none is evaluated."""
    with pytest.raises(Unreadable):
        assigned(source, "answer_1")
