"""Codes that tell nothing, numbers without exponents, and spellings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.instructor.quiz.bank import gaps, numbers
from autograder.instructor.quiz.exports import qti
from tests.support.packages import BANK, filled


@given(st.lists(st.text(max_size=5), max_size=30), st.text(max_size=5))
def test_codes_are_distinct_and_repeatable(names: list[str], salt: str) -> None:
    """Six digits each, no two the same, the same again."""
    found = qti.codes(names, salt)

    assert found == qti.codes(names, salt)
    assert len(names) == len(set(found))
    assert all(len(str(code)) == 6 for code in found)


def test_a_code_does_not_depend_on_the_place() -> None:
    """An option that moves keeps its code, and so do answers that were given."""
    assert qti.codes(["a", "b"], "x") == qti.codes(["b", "a"], "x")[::-1]
    assert qti.codes(["a", "b"], "x") != qti.codes(["a", "b"], "y")


@pytest.mark.parametrize(
    ("value", "text"),
    [(896.0, "896"), (1e-7, "0.0000001"), (97.7 - 0.05, "97.65"), (-4.0, "-4"), (116508 * 1.01, "117673.08"), (1e6, "1000000")],
)
def test_numbers_have_no_exponent(value: float, text: str) -> None:
    """Keys are written as a person writes them, without roundings of the machine."""
    assert text == qti.number(value)


def test_spellings() -> None:
    """Answers are composed, have both letters, and none stands there twice."""
    assert ("свёртка", "свертка", "ReLU") == qti.spellings(["све\u0308ртка", "Свёртка", "`ReLU`", "relu"])


def test_an_exact_number_may_be_typed_in_both_ways() -> None:
    """Both decimal marks, both minus signs; the number of a gap, and not its key."""
    assert ("-0.5", "-0,5", "\u22120.5", "\u22120,5") == qti.written(gaps.parse("= -0.5 ± 0"))
    assert ("3",) == qti.written(gaps.parse("=3"))
    for spelled in qti.written(gaps.parse("=-0.5")):
        assert -0.5 == numbers.answer(spelled, "ru") == numbers.answer(spelled, "en")


def test_titles_say_nothing_of_the_answer() -> None:
    """A title has neither the id of its item nor a part of it, and no two are the same."""
    titles = [qti.title(BANK.id, item) for item in filled()]

    assert len(titles) == len(set(titles))
    assert "ar-params-conv1" in {item.id for item in BANK.items}
    assert not [title for title in titles if "ar-" in title]


def test_idents_are_ascii() -> None:
    """Letters beyond ASCII become their numbers, and a digit is not the first character."""
    assert "cnn.a-1.ru" == qti.ident("cnn", "a-1", "ru")
    assert "i_451" == qti.ident("ё")
    assert "i1" == qti.ident("1")
