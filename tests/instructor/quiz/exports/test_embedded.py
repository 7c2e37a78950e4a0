"""The text of a cloze with its sub-questions."""

import pytest

from autograder.instructor.quiz.bank.model import Item, Wording
from autograder.instructor.quiz.exports.embedded import embedded
from autograder.instructor.quiz.exports.target import Lang
from tests.support.moodle_reader import fields, seen


def item(points: float, **stems: str) -> Item:
    """A cloze with these texts."""
    wordings = {lang: Wording(lang, 1, stem) for lang, stem in stems.items()}
    return Item("a", "a.md", 1, "cloze", "a/b", "easy", "apply", points, 1, wordings=wordings)


@pytest.mark.parametrize(("points", "weight"), [(2, 1), (4, 2), (3, 1), (1, 1), (0.5, 1)])
def test_points_are_shared_where_they_are_whole(points: float, weight: int) -> None:
    """Moodle knows whole points of a gap only."""
    assert f"<p>{{{weight}:SHORTANSWER:=a}} {{{weight}:NUMERICAL:=1:0}}</p>" == embedded(item(points, en="[[a]] [[=1]]"), "en")


@pytest.mark.parametrize("word", ["}", "~b", "a#b", "\\", "50%", "1 = 1", "a & b", "&amp;", '"', "{1:NM:=2}", "a*", "</p>"])
def test_no_sign_ends_an_answer(word: str) -> None:
    """Whatever a word has in it, it is a single answer, and comes out as it was."""
    (found,) = fields(embedded(item(1, en=f"[[{word}|x]]"), "en"))

    assert [(True, word.replace("*", r"\*")), (True, "x")] == found[2]


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_both_languages_share_the_fields(lang: Lang) -> None:
    """Each language has numbered blanks in its own order of words; the fields stand once, and take both languages."""
    cloze = item(2, ru="Да [[мёд]] и [[*а / б]].", en="Yes [[honey]], [[*a / b]].\n\nEnd.")
    found = embedded(cloze, "both")
    text = {"ru": "<p>Да (1)\u00a0_____ и (2)\u00a0_____.</p>", "en": "<p>Yes (1)\u00a0_____, (2)\u00a0_____.</p>\n<p>End.</p>"}

    assert seen(found.partition("<p>(1) {")[0], lang) == text[lang]
    (_, _, words), (_, kind, offered) = fields(found)
    assert ["мёд", "мед", "honey"] == [word for _, word in words]
    assert ("MULTICHOICE_S", [True, False]) == (kind, [right for right, _ in offered])
    assert {"ru": ["а", "б"], "en": ["a", "b"]}[lang] == [seen(word, lang) for _, word in offered]
