"""The most common mistakes of a class, and what kinds they were of."""

from typing import Any

import pytest

from autograder import messages
from autograder.instructor import causes, class_mistakes, rendering
from autograder.scheme import load
from tests.instructor.test_class_page import _page, _Read, _row, _told

LANGUAGES = messages.LANGUAGES
ONE, OWN = _told("data.scale.minus_one", part="x_train"), _told("data.scale.own_range", part="x_train")


def shown(rows: list[dict[str, Any]], lang: str = "en") -> dict[str, Any]:
    """What the page of these works says."""
    return class_mistakes.shown(load(), rendering.Words(lang), rows)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_kinds(lang: str) -> None:
    """Below a check stand the sentences on what was wrong, each with the number of works, the most common first."""
    rows = [_row(name, causes={"data.scale": [told]}) for name, told in zip("ABC", (OWN, ONE, OWN), strict=True)]
    sentences = [messages.render(lang, told["code"], told["params"]).wrong.removesuffix(".") for told in (OWN, ONE)]
    (mistake,) = shown(rows, lang)["listed"]

    assert [f"{sentences[0]} (2)", f"{sentences[1]} (1)"] == mistake["kinds"]
    assert f"{sentences[0]} (2)" in _Read(_page(rows, lang)).text("mistakes")


def test_values_that_differ_are_left_out() -> None:
    """What is not the same in all works of a kind is an ellipsis; what is the same stands in its sentence."""
    where = [_told("model.padding.padding", row=row, received="valid", size="30x30") for row in (1, 3)]
    (mistake,) = shown([_row(str(told), causes={"model.padding": [told]}) for told in where])["listed"]
    told = "The convolution in row … of the table does not keep the size of the image: padding 'valid' makes it 30x30 (2)"

    assert [told] == mistake["kinds"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_file_that_does_not_run(lang: str) -> None:
    """It is named by what it is, with the errors that stopped it, and found in the table by that name."""
    stops = [_told("import.syntax", type="TabError"), _told("import.stopped", type="NameError"), _told("import.timeout")]
    rows = [_row(told["code"], causes={causes.STOPPED: [told]}) for told in stops]
    say, (mistake,) = rendering.Words(lang).say, shown(rows, lang)["listed"]
    kinds = [say("stops_error", type="NameError"), say("stops_syntax"), say("stops_timeout")]

    assert (say("cause_stopped"), "", "3") == (mistake["title"], mistake["id"], mistake["count"])
    assert [f"{kind} (1)" for kind in kinds] == mistake["kinds"]
    assert f'<option value="{say("cause_stopped")}">' in _page(rows, lang)


def test_many_kinds_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a check is failed in more ways than fit, the others are counted."""
    monkeypatch.setattr(class_mistakes, "KINDS", 1)
    (mistake,) = shown([_row(told["code"], causes={"data.scale": [told]}) for told in (ONE, OWN)])["listed"]

    assert rendering.Words("en").say("mistake_kinds", number="1") == mistake["kinds"][-1]
    assert 2 == len(mistake["kinds"])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_students_are_not_spoken_to(lang: str) -> None:
    """What tells a student of "your network" is told an instructor of the network."""
    row = _row(causes={"accuracy.weights": [_told("accuracy.trial.network", classes=10)]})
    (mistake,) = shown([row], lang)["listed"]

    assert [f"{messages.render(lang, 'told.trial_network', {'classes': 10}).wrong.removesuffix('.')} (1)"] == mistake["kinds"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_others_are_counted(lang: str) -> None:
    """The page says how many mistakes there are besides the ten that it shows; of ten or fewer it says nothing."""
    checks = list(load().checks)[: class_mistakes.COMMON + 3]
    told = rendering.Words(lang).say("mistakes_others", number="3")

    assert told in _Read(_page([_row(failed=checks, accuracy=(0.1, 0.1))], lang)).text("mistakes")
    assert 0 == shown([_row(failed=checks[: class_mistakes.COMMON])])["others"]
