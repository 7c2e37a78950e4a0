"""Texts in both languages, as Moodle's filter takes them apart."""

import pytest

from autograder.instructor.quiz.bank.model import Item, Wording
from autograder.instructor.quiz.exports import multilang
from tests.support.moodle_reader import seen


def item(ru: str, en: str) -> Item:
    """An item with these stems."""
    wordings = {"ru": Wording("ru", 1, ru), "en": Wording("en", 1, en)}
    return Item("a", "a.md", 1, "essay", "a/b", "easy", "apply", 1.0, 1, wordings=wordings)


def stem(wording: Wording) -> str:
    """The stem."""
    return wording.stem


def test_a_paragraph_stays_one() -> None:
    """The spans stand inside it, so that the HTML is valid."""
    found = multilang.block(item("да", "yes"), "both", stem)

    assert '<p><span lang="ru" class="multilang">да</span><span lang="en" class="multilang">yes</span></p>' == found


@pytest.mark.parametrize(("ru", "en"), [("а\n\n- б", "a"), ("а\n\nб", "a\n\nb"), ("```\n</span>\n```", "`</span>`"), ("", "a")])
def test_each_reader_sees_one_language(ru: str, en: str) -> None:
    """Several blocks, code and texts that look like a span come out whole."""
    both = item(ru, en)
    found = multilang.block(both, "both", stem)

    assert [multilang.block(both, "ru", stem), multilang.block(both, "en", stem)] == [seen(found, "ru"), seen(found, "en")]


def test_what_is_the_same_stands_there_once() -> None:
    """A number, a formula or a name needs no spans."""
    assert "<p>\\(x &lt; 1\\)</p>" == multilang.block(item("$x < 1$", "$x < 1$"), "both", stem)
    assert "" == multilang.block(item("", ""), "both", stem)


def test_label_is_plain() -> None:
    """A menu has no markup: both texts, and signs of HTML escaped once."""
    assert "а &lt; б / a &lt; b" == multilang.label(item("**а** < `б`", "a < b"), "both", stem)
    assert "ReLU" == multilang.label(item("ReLU", "ReLU"), "both", stem)


def test_a_language_that_is_not_there() -> None:
    """An item without a text in the language cannot be written in it."""
    only = Item("a", "a.md", 1, "essay", "a/b", "easy", "apply", 1.0, 1, wordings={"ru": Wording("ru", 1, "да")})

    assert ("ru",) == multilang.languages(only, "both")
    with pytest.raises(KeyError):
        multilang.languages(only, "en")
