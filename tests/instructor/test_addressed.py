"""Reasons in the words for an instructor."""

import re

import pytest

from autograder import messages
from autograder.instructor import addressed

LINE = {"function": "f", "type": "NameError", "message": "x", "where": "cell 2:3", "line": "x()"}


@pytest.mark.parametrize("code", sorted(addressed.FOR_INSTRUCTORS))
def test_an_instructor_has_no_submission(code: str) -> None:
    """Where a student is spoken to, the sentence for an instructor is another one, in both languages, and is not."""
    for lang in messages.LANGUAGES:
        told = addressed.sentences({"code": code, "params": LINE}, lang)

        assert messages.render(lang, addressed.FOR_INSTRUCTORS[code], LINE).wrong == told.wrong
        assert not re.search(r"\b(your|вы|ваш\w*)\b", told.joined(), re.IGNORECASE)


def test_the_line_is_told() -> None:
    """An instructor is told where the file stops, a cell in words; without a known line the sentence for students stands."""
    stopped = {"code": "import.stopped", "params": LINE}

    assert "Stops at code cell 2, line 3: `x()` — NameError: x" == addressed.sentences(stopped, "en").wrong
    unknown = stopped | {"params": LINE | {"where": ""}}
    assert messages.render("en", "import.stopped", LINE).wrong == addressed.sentences(unknown, "en").wrong


def test_other_reasons_are_as_they_are() -> None:
    """A reason that speaks to nobody is told in its own words, with what to do."""
    told = messages.render("ru", "regrade.damaged", {})

    assert (told.wrong, told.todo) == (lambda found: (found.wrong, found.todo))(
        addressed.sentences({"code": "regrade.damaged", "params": {}}, "ru")
    )
