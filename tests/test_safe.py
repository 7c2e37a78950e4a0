"""Strings from submissions as a terminal, a table or a page may show them."""

import unicodedata

import pytest

from autograder.safe import MAX_MARKS, REPLACEMENT, printable, printable_lines, shortened

EVERY_CHARACTER = "".join(map(chr, range(0x110000)))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("Ivanov", "Ivanov"),
        ("Иванов Пётр", "Иванов Пётр"),
        ("<script>", "<script>"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07rest", "rest"),
        ("\x1b]8;;http://a.example\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9b31mred", "red"),
        ("\x1b\x1b[0m[31m", f"{REPLACEMENT}[31m"),
        ("a\r\nb\tc\u2028d", "a b c d"),
        ("a\x00b\x7fc\x85d", f"a{REPLACEMENT}b{REPLACEMENT}c d"),
        ("\u202egnp.exe", f"{REPLACEMENT}gnp.exe"),
        ("\u2066a\u2069\u200fb\ufeff", f"{REPLACEMENT}a{REPLACEMENT * 2}b{REPLACEMENT}"),
        ("\ud800\udcff", REPLACEMENT * 2),
        ("\uffff\U0001fffe", REPLACEMENT * 2),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("", ""),
    ],
)
def test_one_line(given: str, expected: str) -> None:
    """Terminal sequences go, line breaks become spaces, what else is unsafe becomes a replacement."""
    assert printable(given) == expected


def test_every_character() -> None:
    """No character gets through that controls, turns direction, breaks a line or cannot be encoded."""
    shown = printable(EVERY_CHARACTER)
    left = {unicodedata.category(char) for char in set(shown) - {"\u200c", "\u200d"}}
    assert set() == left & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert shown == shown.encode("utf-8").decode("utf-8")


def test_twice_is_once() -> None:
    """What is printable stays as it is."""
    once = printable(EVERY_CHARACTER)
    assert once == printable(once)


def test_marks_do_not_pile_up() -> None:
    """A letter keeps the combining marks that a language needs, not a tower of them."""
    assert "e" + "\u0301" * MAX_MARKS + "n" == printable("e" + "\u0301" * 1000 + "n")


def test_lines_are_kept() -> None:
    """A log keeps its lines and tabs, loses its backspaces and colours."""
    given = "Epoch 1\r\n\x1b[1m3/3\x1b[0m\x08\x08 done\ttoday\rnext\x00"
    assert f"Epoch 1\n3/3 done\ttoday\nnext{REPLACEMENT}" == printable_lines(given)


@pytest.mark.parametrize("unit", ["\x1b[", "\x1b]", "\x1b]0;a", "\r", "e\u0301", "\x1b[1", "\x08"])
def test_long_strings(unit: str) -> None:
    """A hundred thousand hostile characters come out no longer than they went in."""
    given = unit * (100_000 // len(unit))
    assert len(printable(given)) <= len(given)
    assert len(printable_lines(given)) <= len(given)


@pytest.mark.parametrize(("limit", "expected"), [(5, "abcde"), (4, "abc…"), (1, "…")])
def test_shortened(limit: int, expected: str) -> None:
    """What is too long loses its end."""
    assert expected == shortened("abcde", limit)
