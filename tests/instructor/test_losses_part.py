"""The losses of the grader's short training: one diagram of one loss function, and which accuracy belongs to which line."""

from dataclasses import replace
from typing import Any

import pytest
from markupsafe import escape

from autograder import messages
from autograder.instructor import losses_part
from autograder.instructor.pages import student_page
from autograder.instructor.rendering import Words
from tests.instructor.test_curves import points
from tests.support import reference
from tests.support.pages import verdict

BOTH: dict[str, Any] = {"lab": [2.3, 2.0, 1.5], "own": [2.3, None, 2.2]}


def trial(names: dict[str, str] | None = None, **losses: Any) -> dict[str, Any]:
    """Facts of a short training with these losses, in which 360 of 1,000 images were right and then 300."""
    found = reference.trial(360, 300 if "own" in losses else None)
    runs = {name: {"right": found[name]["right"], "losses": values} for name, values in losses.items()}
    return {"accuracy": found | runs} | ({"losses": names} if names else {})


def plots(lang: str, known: dict[str, Any]) -> list[tuple[str, str]]:
    """The titles and drawings for these facts."""
    found = losses_part.facts(Words(lang), known)
    assert found is not None
    return [(title, str(plot)) for title, plot in found["plots"]]


@pytest.mark.parametrize("names", [None, dict.fromkeys(BOTH, "categorical_crossentropy")])
@pytest.mark.parametrize("lang", messages.LANGUAGES)
def test_one_loss_has_one_diagram(lang: str, names: dict[str, str] | None) -> None:
    """The losses of both compilations stand in one plot, with the first and the last number in its name."""
    known, say = trial(names, **BOTH), Words(lang).say
    ((title, svg),) = plots(lang, known)
    page = student_page(replace(verdict(), facts=known), "name", lang)

    assert ("", 3, 2) == (title, len(points(svg, "lab")), len(points(svg, "own")))
    assert say("losses_text", first=Words(lang).local("2.3"), last=Words(lang).local("1.5")) in svg
    assert svg in page and say("losses_both") in page and say("losses_other") not in page


@pytest.mark.parametrize("lang", messages.LANGUAGES)
def test_another_loss_has_a_diagram_of_its_own(lang: str) -> None:
    """Where the functions differ each is drawn under its name with its own axis, and the page says why."""
    names, say = {"lab": "categorical_crossentropy", "own": "binary_crossentropy"}, Words(lang).say
    known = trial(names, lab=[2.3, 1.5], own=[0.7, 0.3])
    (lab, drawn), (own, other) = plots(lang, known)
    page = student_page(replace(verdict(), facts=known), "name", lang)

    assert (say("losses_lab", loss=names["lab"]), say("losses_own", loss=names["own"])) == (lab, own)
    assert points(drawn, "lab")[0] == pytest.approx(points(other, "own")[0])
    assert "<polyline" in drawn and 'class="own"' not in drawn and 'class="lab"' not in other
    assert escape(say("losses_other")) in page and say("losses_both") not in page


@pytest.mark.parametrize("kind", ["lab", "own"])
def test_a_line_that_is_not_there_is_not_spoken_of(kind: str) -> None:
    """Where one compilation alone gave numbers the page says which, and explains no dashes."""
    curves: dict[str, Any] = {"lab": [None], "own": [None], kind: [2.0, 1.0]}
    known = trial(**curves)
    found = losses_part.facts(Words("en"), known)

    assert found is not None
    assert Words("en").say(f"losses_only_{kind}") == found["caption"]
    assert f'class="{kind}"' in plots("en", known)[0][1]


@pytest.mark.parametrize("values", [[], [None], "losses", [-1.0], ["<b>"], None])
def test_no_losses(values: Any) -> None:
    """Where there are no losses there is no plot."""
    assert losses_part.facts(Words("en"), trial(lab=values, own=values)) is None
    assert losses_part.facts(Words("en"), {}) is None


@pytest.mark.parametrize(("lang", "shares"), [("en", ["36.00%", "30.00%"]), ("ru", ["36,00\u00a0%", "30,00\u00a0%"])])
def test_each_accuracy_names_its_compilation(lang: str, shares: list[str]) -> None:
    """Both accuracies of a short training are told by their compilation; where there was one training none is added."""
    say = Words(lang).say

    expected = list(zip([say("accuracy_lab"), say("accuracy_own")], shares, strict=True))
    assert expected == losses_part.accuracies(Words(lang), trial(**BOTH))
    assert [] == losses_part.accuracies(Words(lang), trial(lab=[2.0, 1.0]))
