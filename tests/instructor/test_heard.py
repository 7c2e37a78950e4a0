"""Reports and the self-check page for who cannot see them: read out in order, everything has a name."""

from dataclasses import replace
from pathlib import Path

import pytest

from autograder import inputs, messages
from autograder.instructor.pages import student_page
from autograder.instructor.quiz.bank.reading import read_bank
from autograder.instructor.quiz.exports import selfcheck
from autograder.instructor.quiz.exports.target import Request
from autograder.instructor.rendering import Words, words
from autograder.scheme import load
from autograder.verdict import Outcome, Reason, build
from tests.conftest import REPO
from tests.instructor.test_class_page import _page, _row
from tests.support.browser import Browser
from tests.support.heard import Part, faults, read
from tests.support.pages import verdict

RATES = {"steps": list(inputs.STEPS), "runs": [{"epochs": epochs, "received": [0.01] * 8} for epochs in (25, 10)]}


def heard(page: str, folder: Path) -> Part:
    """A page, read out."""
    path = folder / "page.html"
    path.write_text(page, "utf-8")
    with Browser.found(folder).tab() as tab:
        return read(tab, path.as_uri())


def report(lang: str) -> str:
    """A report in which everything stands that one can have: every check failed."""
    outcomes = {check: Outcome("failed", 0.0, Reason("accuracy.none", {"of": check})) for check in load().checks}
    facts = {**verdict().facts, "learning_rate": RATES}
    return student_page(build(load(), load().sections, outcomes, layers=verdict().layers, facts=facts), "Anna", lang)


@pytest.mark.parametrize("lang", messages.LANGUAGES)
def test_report(lang: str, tmp_path: Path) -> None:
    """Points come first, then the checks, what differs, the accuracy, the handout; every picture is told in words."""
    page, say = heard(report(lang), tmp_path), Words(lang).say

    assert [] == [fault for fault in faults(page) if fault != "table without a name" and not fault.endswith(" in: ")]
    titles = [part.name for part in page.all("heading") if part.states["level"] == 2]
    assert [say(key) for key in ("by_section", "checks", "layers", "rates", "accuracy", "history", "handout", "graded")] == titles
    images = [part.name for part in page.all("image")]
    curves = [words(lang)[f"history_{name}_text"].partition(":")[0] for name in ("loss", "accuracy")]
    assert [say("drawing_text"), *(say("rate_text", epochs=epochs) for epochs in (25, 10))] == images[:3]
    assert curves == [name.partition(":")[0] for name in images[3:]]


@pytest.mark.parametrize("lang", messages.LANGUAGES)
def test_tables_of_a_report(lang: str, tmp_path: Path) -> None:
    """Only tables of the handout have no name of their own: they stand in a region that has."""
    page = heard(report(lang), tmp_path)
    (handout,) = [part for part in page.all("region") if part.name == Words(lang).say("handout")]
    inside = list(handout.all("table"))
    others = [table for table in page.all("table") if table not in inside]

    assert (1, 6) == (len(inside), len(others))
    assert all(table.name for table in others)
    assert [] == faults(Part("page", "", inside=others))
    assert all(any(table in part.inside for part in handout.all("region") if part.name) for table in inside)


@pytest.mark.parametrize("lang", messages.LANGUAGES)
def test_class_page(lang: str, tmp_path: Path) -> None:
    """The class's page tells by itself how many works a search leaves; arrows of the headers are not read out."""
    page = heard(_page([_row("Anna"), _row("Boris", score=60.0, failed=["data.scale"])], lang), tmp_path)

    assert [] == faults(page)
    assert 1 == sum(part.states.get("live") == "polite" for part in page.all("status"))
    assert not any(arrow in part.name for part in page.all("button") for arrow in "↕▲▼")


def test_self_check_page(tmp_path: Path) -> None:
    """Every answer has a name to choose or to fill in by, and what changes is told by itself."""
    bank = read_bank(REPO / "tests" / "instructor" / "quiz" / "bank")[0]
    target = tmp_path / "page.html"
    target.write_text(selfcheck.build(Request(bank, "both", "Quiz"))[selfcheck.FILE].decode(), "utf-8")
    with Browser.found(tmp_path).tab() as tab:
        tab.open(target.as_uri())
        tab.wait("document.querySelector('article') !== null")
        page = read(tab, target.as_uri())

    assert len(list(page.all("article"))) > 3 and [] == faults(page)
    assert ["polite", "polite"] == [part.states.get("live") for part in page.all("status")]


def test_nothing_is_said_of_parts_that_are_all_right(tmp_path: Path) -> None:
    """A comparison without a difference is one folded line."""
    layers = tuple({**row, "same": True} for row in verdict().layers)
    page = heard(student_page(replace(verdict(), layers=layers, facts={}), "Anna", "en"), tmp_path)
    (folded,) = page.all("DisclosureTriangle")

    assert Words("en").say("layers_show") == folded.name
    assert not any(part.name == Words("en").say("drawing_text") for part in page.all("image"))
