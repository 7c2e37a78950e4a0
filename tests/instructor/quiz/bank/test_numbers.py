"""Numbers as students write them, in both languages, and as keys state them."""

import pytest

from autograder.instructor.quiz.bank import numbers


@pytest.mark.parametrize(
    ("text", "lang", "value"),
    [
        ("896", "ru", 896),
        (" 4 293 194 ", "ru", 4293194),
        ("4\u00a0293\u00a0194", "ru", 4293194),
        ("4\u202f293\u202f194", "en", 4293194),
        ("4_293_194", "en", 4293194),
        ("4,293,194", "en", 4293194),
        ("1,563", "en", 1563),
        ("1,5", "en", 1.5),
        ("0,786", "en", 0.786),
        ("-0,601", "en", -0.601),
        ("1,563", "ru", 1.563),
        ("0,5", "ru", 0.5),
        (".5", "en", 0.5),
        ("5.", "en", 5),
        ("−4", "ru", -4),
        ("–4", "en", -4),
        ("6.01e-4", "en", 6.01e-4),
        ("6,01E-4", "ru", 6.01e-4),
        ("+3", "en", 3),
    ],
)
def test_numbers_are_read(text: str, lang: str, value: float) -> None:
    """Spaces of every kind, both decimal marks, groups of digits, every minus and exponents are understood."""
    assert value == numbers.answer(text, lang)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "89б",
        "1/2",
        "1,2,3",
        "4,293,194",
        "--4",
        "nan",
        "inf",
        "0x10",
        "1e",
        "9" * 101,
        "½",
        "٣ ٤",
        "97,7%",
        "5 px",
        "6·10^-4",
    ],
)
def test_what_is_no_number_is_none(text: str) -> None:
    """It costs nothing, so it must not be taken for a wrong number."""
    assert numbers.answer(text, "ru") is None


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("896", 896, 896),
        ("29.4 ± 0.1", 29.3, 29.5),
        ("29.4±0.1", 29.3, 29.5),
        ("29.4 +- 0.1", 29.3, 29.5),
        ("200 ± 1 %", 198, 202),
        ("-4 ± 0", -4, -4),
        ("−200 ± 1%", -202, -198),
        ("5 .. 7", 5, 7),
    ],
)
def test_keys_have_their_tolerance(text: str, low: float, high: float) -> None:
    """A tolerance is a number, a share, or both ends."""
    key = numbers.key(text)

    assert key is not None
    assert (low, high) == pytest.approx((key.low, key.high))
    assert key.accepts(low)
    assert key.accepts(high)
    assert not key.accepts(high + 1)
    assert not key.accepts(low - 1)


@pytest.mark.parametrize("text", ["", "about 5", "5 ±", "7 .. 5", "5 ± x", "1,5"])
def test_other_keys_are_none(text: str) -> None:
    """What the format does not know is not guessed at."""
    assert numbers.key(text) is None
