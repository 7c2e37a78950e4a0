"""Points for answers: each type, partial credit, named mistakes, and answers that are none."""

from dataclasses import replace
from pathlib import Path

import pytest

from autograder.instructor.quiz.bank import instances, marking
from autograder.instructor.quiz.bank.model import Bank, Item
from tests.support import quiz


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Bank:
    """One item of each type."""
    return quiz.sample(Path(tmp_path_factory.mktemp("bank")))


def item(bank: Bank, name: str) -> Item:
    """An item with its values."""
    return instances.variants(bank.item(name), bank.id)[0]


def test_right_answers_have_all_points() -> None:
    """The key of every variant of the bank gets all its points in both languages; an essay waits for a person."""
    for found in quiz.given():
        for lang in found.wordings:
            mark = marking.mark(found, lang, quiz.right_answer(found, lang))
            expected = ("waiting", None) if found.type == "essay" else ("right", found.points)
            assert expected == (mark.state, mark.points), found.name


def test_every_trap_names_its_mistake() -> None:
    """Each wrong option, number and word of the bank gets no points and says what the bank says about it."""
    count = 0
    for found in quiz.given():
        for lang, wording in found.wordings.items():
            for option in wording.options:
                if option.correct or found.type == "multi":
                    continue
                value = option.id if found.type in {"single", "truefalse"} else option.text.split("±")[0].strip()
                mark = marking.mark(found, lang, (value,))
                assert ("wrong", 0.0) == (mark.state, mark.points), (found.name, option)
                assert (option.id,) == mark.mistakes, (found.name, option)
                assert not option.feedback or (option.feedback,) == mark.feedback
                count += 1
    assert 500 < count


@pytest.mark.parametrize(
    ("ticked", "state", "points"),
    [
        (("ok-one", "ok-two"), "right", 1.0),
        (("ok-one",), "partial", 0.5),
        (("ok-one", "bad"), "wrong", 0.0),
        (("ok-one", "ok-two", "bad"), "partial", 0.5),
        (("bad",), "wrong", 0.0),
        (("unknown",), "unreadable", None),
    ],
)
def test_several_options(bank: Bank, ticked: tuple[str, ...], state: str, points: float | None) -> None:
    """Wrong ticks take away what right ones gave, and never more than there is."""
    found = item(bank, "some-of-them")
    right = [option.id for option in found.wordings["en"].options if option.correct]
    wrong = [option.id for option in found.wordings["en"].options if not option.correct]
    names = {"ok-one": right[0], "ok-two": right[1], "bad": wrong[0], "unknown": "unknown"}
    assert 2 == len(right)
    mark = marking.mark(found, "en", tuple(names[name] for name in ticked))

    assert (state, None if points is None else points * found.points) == (mark.state, mark.points)


def test_all_or_nothing(bank: Bank) -> None:
    """An item that is scored as a whole gives nothing for a part."""
    found = replace(item(bank, "some-of-them"), scoring="all")
    right = [option.id for option in found.wordings["en"].options if option.correct]

    assert 0.0 == marking.mark(found, "en", tuple(right[:1])).points
    assert found.points == marking.mark(found, "en", tuple(right)).points


def test_two_ticks_where_one_is_asked_for(bank: Bank) -> None:
    """Two ticks are no answer, and no wrong one either: a person looks."""
    found = item(bank, "one-of-three")
    names = tuple(option.id for option in found.wordings["en"].options[:2])

    assert ("unreadable", None) == (marking.mark(found, "en", names).state, marking.mark(found, "en", names).points)


def test_a_word_is_no_wrong_number(bank: Bank) -> None:
    """A word where a number is asked for is told apart from a wrong number."""
    found = item(bank, "output-side")

    assert "unreadable" == marking.mark(found, "en", ("many",)).state
    assert "wrong" == marking.mark(found, "en", ("123456",)).state


@pytest.mark.parametrize(
    ("lang", "written"), [("ru", "4 194 816"), ("ru", "4\u202f194\u202f816"), ("en", "4,194,816"), ("en", "4194816")]
)
def test_numbers_as_the_language_writes_them(lang: str, written: str) -> None:
    """Spaces and, in English, commas between groups of digits are no part of a number."""
    found = next(one for one in quiz.given() if one.type == "numeric" and quiz.right_answer(one, lang) == ("4194816.0",))

    assert "right" == marking.mark(found, lang, (written,)).state


@pytest.mark.parametrize("answer", [(), ("",), ("  ", "")])
def test_no_answer_is_no_mistake(bank: Bank, answer: tuple[str, ...]) -> None:
    """Where nothing was answered there are no points, and no mistake is named."""
    for found in bank.items:
        mark = marking.mark(item(bank, found.id), "ru", answer)
        assert ("blank", 0.0, ()) == (mark.state, mark.points, mark.mistakes)


def test_matching_counts_pairs(bank: Bank) -> None:
    """Each right pair has its share."""
    found = item(bank, "stages")
    right = quiz.right_answer(found, "en")
    mark = marking.mark(found, "en", (right[0], *[""] * (len(right) - 1)))

    assert "partial" == mark.state
    assert found.points / len(right) == pytest.approx(mark.points, abs=1e-4)


def test_gaps_count_one_by_one(bank: Bank) -> None:
    """Each gap has its share, a missing one is empty, and a word in the gap of a number is unreadable."""
    found = item(bank, "gaps")
    right = quiz.right_answer(found, "en")
    numeric = next(place for place, part in enumerate(right) if part.replace(".", "").isdigit())
    spoilt = (*right[:numeric], "many", *right[numeric + 1 :])

    assert found.points / len(right) == pytest.approx(marking.mark(found, "en", right[:1]).points, abs=1e-4)
    assert "unreadable" == marking.mark(found, "en", spoilt).state


@pytest.mark.parametrize(
    "change", [str.upper, lambda text: f" {text} ", lambda text: f"`{text}`.", lambda text: text.replace("е", "ё", 1)]
)
def test_short_answers_are_compared_by_what_matters(bank: Bank, change: object) -> None:
    """Case, spaces, quotes and the dots of ё make no difference."""
    found = item(bank, "in-a-word")
    right = quiz.right_answer(found, "ru")[0]

    assert callable(change)
    assert "right" == marking.mark(found, "ru", (change(right),)).state
    assert "wrong" == marking.mark(found, "ru", (f"{right}{right}",)).state
