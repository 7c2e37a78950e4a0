"""The checks on a student's page: one line for what waits, one place for what stopped the work."""

import re
from dataclasses import replace
from typing import Any

import pytest
from markupsafe import escape

from autograder import messages
from autograder.errors import SubmissionError
from autograder.instructor import checks_part
from autograder.instructor.pages import student_page
from autograder.instructor.rendering import Words
from autograder.scheme import load
from autograder.verdict import Outcome, Reason, Verdict, attention, build, refused, waiting
from tests.support.pages import verdict as every_line

SCHEME = load()
PASSED = {name: Outcome("passed", 1.0) for name in SCHEME.checks}
STOP = {"type": "NameError", "message": "x", "where": "a.py:1", "line": "x"}


def failing(*, first: dict[str, Outcome]) -> Verdict:
    """A verdict in which the first check of some sections failed, and the others of these sections wait for it."""
    outcomes = dict(PASSED)
    for name, outcome in first.items():
        section = name.split(".")[0]
        outcomes |= {check: Outcome("not_checked", because=name) for check in SCHEME.checks if check.startswith(f"{section}.")}
        outcomes[name] = outcome
    return build(SCHEME, SCHEME.sections, outcomes)


def stopped(*names: str, code: str = "import.stopped") -> Verdict:
    """A verdict in which the file stopped before the functions of these checks."""
    return failing(first={name: Outcome("failed", 0.0, Reason(code, {**STOP, "function": name})) for name in names})


def lines(verdict: Verdict, section: int, lang: str = "en") -> list[dict[str, Any]]:
    """The lines of a section."""
    found: list[dict[str, Any]] = checks_part.sections(SCHEME, Words(lang), verdict)[section]["checks"]
    return found


@pytest.mark.parametrize("lang", messages.LANGUAGES)
def test_what_waits_for_a_check_is_folded_below_it(lang: str) -> None:
    """The checks behind a failed one are no lines of their own: their number, their points and their titles are folded."""
    verdict = failing(first={"data.returns": Outcome("failed", 0.0, Reason("data.returns.none"))})
    (line,) = lines(verdict, 0, lang)
    page, told = student_page(verdict, "name", lang), Words(lang).say("waiting", checks=4, points=20)

    assert told == line["waiting"]["told"]
    assert [check.title[lang] for check in SCHEME.of(["data"])][1:] == [title for title, _ in line["waiting"]["checks"]]
    assert 1 == page.count('<details class="waiting">') == page.count(f"<summary>{told}")
    assert Words(lang).say("not_checked_check", title=SCHEME.checks["data.returns"].title[lang]) not in page


def test_what_waits_for_another_section_is_one_line() -> None:
    """Checks that wait for one that stands elsewhere are one line with its title; a single one stays as it is."""
    title = Words("en").say("not_checked_check", title=SCHEME.checks["model.returns"].title["en"])
    behind = {name: Outcome("not_checked", because="model.returns") for name in ("accuracy.weights", "accuracy.test")}
    (group,) = lines(build(SCHEME, SCHEME.sections, PASSED | behind), 3)
    _, single = lines(build(SCHEME, SCHEME.sections, PASSED | {"accuracy.test": behind["accuracy.test"]}), 3)

    assert (title, "0 of 20", True) == (str(group["title"]), group["points"], bool(group["waiting"]))
    assert (SCHEME.checks["accuracy.test"].title["en"], title) == (str(single["title"]), str(single["because"]))


@pytest.mark.parametrize("lang", messages.LANGUAGES)
@pytest.mark.parametrize(
    "verdict",
    [
        stopped("data.returns", "model.returns", "compile.compiles", "accuracy.weights"),
        refused(SCHEME, SCHEME.sections, SubmissionError("submission.none", folder="ivan")),
    ],
    ids=["stopped", "refused"],
)
def test_what_stopped_the_work_is_told_once(verdict: Verdict, lang: str) -> None:
    """Every section has one line, folded, that links to the one place where the reason stands; no task is to be read."""
    page = student_page(verdict, "name", lang)
    code = "import.error" if verdict.reason is None else verdict.reason.code
    told = messages.render(lang, code, {**STOP, "folder": "ivan", "name": "?"})

    assert [1] * 4 == [len(section["checks"]) for section in checks_part.sections(SCHEME, Words(lang), verdict)]
    assert (1, 4, 4) == (page.count(told.wrong), page.count('<a href="#stop-0">'), page.count('<details class="waiting">'))
    assert 1 == page.count('id="stop-0"') and 'class="handout"' not in page


@pytest.mark.parametrize("lang", messages.LANGUAGES)
def test_a_reason_stands_in_a_page_once(lang: str) -> None:
    """A check that failed for exactly the reason of an earlier one links to that one, and has nothing more to read."""
    reason = Reason("model.returns.not_a_model", {"received": "list"})
    outcomes = dict.fromkeys(("model.returns", "accuracy.weights"), Outcome("failed", 0.0, reason))
    page = student_page(build(SCHEME, SCHEME.sections, PASSED | outcomes), "name", lang)
    (place,) = re.findall(r'<a href="#(check-\d+)">', page)

    assert 1 == page.count(str(escape(messages.render(lang, reason.code, reason.params).wrong)))
    assert ["task2"] == re.findall(r'<h3 id="read-(\w+)"', page)
    assert SCHEME.checks["model.returns"].title[lang] in page.partition(f'id="{place}"')[2].partition("</p>")[0]


def test_what_ran_before_the_stop_is_told_as_ever() -> None:
    """A section whose function was there before the file stopped has a line for each check."""
    verdict = stopped("model.returns", "compile.compiles")

    assert [5, 1, 1, 2] == [len(lines(verdict, section)) for section in range(4)]


def test_a_part_of_the_points_is_no_failure() -> None:
    """A check that earned some of its points has a sign, a word and a class of its own."""
    verdict = build(SCHEME, SCHEME.sections, PASSED | {"accuracy.test": Outcome("failed", 0.4, Reason("accuracy.trial.low"))})
    line = lines(verdict, 3)[1]

    assert ("partly", "◐", "in part", "8 of 20") == tuple(line[key] for key in ("status", "symbol", "word", "points"))
    assert '<li class="failed">' not in student_page(verdict, "name", "en")


@pytest.mark.parametrize("lang", messages.LANGUAGES)
def test_mistakes_of_the_network_lead_to_its_layers(lang: str) -> None:
    """A failed check of the network links to the table that shows the mistake, where there is one; no other check does."""
    link = f'<a href="#layers">{Words(lang).say("layers")}</a>'
    verdict = every_line()

    assert 1 == student_page(verdict, "name", lang).count(link)
    assert link not in student_page(replace(verdict, layers=()), "name", lang)


@pytest.mark.parametrize("lang", messages.LANGUAGES)
def test_what_a_person_decides_is_said_once(lang: str) -> None:
    """Where all is open the notice alone says so; where one section is, the table of points does, and the others are listed."""
    reason = Reason("submission.two_edited", {"names": "a.py, b.py"})
    whole = student_page(attention(SCHEME, SCHEME.sections, reason), "name", lang)
    part = student_page(waiting(build(SCHEME, SCHEME.sections, PASSED), ["accuracy"], reason), "name", lang)
    undecided = Words(lang).say("undecided")

    assert (0, 1) == (whole.count(undecided), part.count(undecided))
    assert messages.render(lang, reason.code, reason.params).todo in whole
    assert ["section-0", "section-1", "section-2"] == re.findall(r'<h3 id="(section-\d)"', part)
    assert Words(lang).say("word_broken") not in whole + part


def test_nothing_is_promised_without_a_seed() -> None:
    """That the same seed gives the same is said only where there was one."""
    seeded, again = every_line(), "with this seed"

    assert again in student_page(seeded, "name", "en")
    assert again not in student_page(replace(seeded, facts={}), "name", "en")
