"""Where a student begins: what stopped the work, and the sections in the order of what they cost."""

import re

import pytest

from autograder import messages
from autograder.instructor import begin_part, checks_part
from autograder.instructor.pages import student_page
from autograder.instructor.rendering import Words
from autograder.scheme import load
from autograder.verdict import Outcome, Reason, Verdict, build
from tests.instructor.test_checks_part import PASSED, stopped

SCHEME = load()


def begun(changes: dict[str, Outcome], lang: str = "en") -> str:
    """The line below the score."""
    return begin_line(build(SCHEME, SCHEME.sections, PASSED | changes), lang)


def begin_line(verdict: Verdict, lang: str = "en") -> str:
    """The line below the score of a verdict."""
    say = Words(lang)
    return str(begin_part.line(say, verdict, checks_part.sections(SCHEME, say, verdict)) or "")


def failed(credit: float = 0.0) -> Outcome:
    """A check that failed, or earned a part of its points."""
    return Outcome("failed", credit, Reason("x"))


@pytest.mark.parametrize("lang", messages.LANGUAGES)
def test_what_costs_most_comes_first_and_training_last(lang: str) -> None:
    """Sections stand in the order of the points that they lost, with these; accuracy is last, since it takes a training."""
    behind = {"data.dtype": Outcome("not_checked", because="data.rows"), "accuracy.test": failed(0.4)}
    changes = {name: failed() for name in ("model.max_norm", "model.filters", "model.padding", "data.scale", "compile.loss")}
    line, say = begun(changes | behind, lang), Words(lang).say
    numbers = {"begin_failed": 5, "begin_partly": 1, "begin_waiting": 1}
    counts = ", ".join(say(name, number=number) for name, number in numbers.items())

    assert say("begin_checks", counts=counts) in line
    assert ["section-1", "section-0", "section-2", "section-3"] == re.findall(r'href="#([\w-]+)"', line)
    assert ["14", "12", "4", "12"] == re.findall(r"\N{MINUS SIGN}(\d+)", line)


def test_links_lead_to_headings() -> None:
    """The line and the names beside the bars lead to the same headings, and each of them is there once."""
    page = student_page(build(SCHEME, SCHEME.sections, PASSED | {"model.units": failed()}), "name", "en")

    assert 2 == page.count('<a href="#section-1">') == 1 + page.count('<h3 id="section-1"')
    assert [1] * 4 == [page.count(f'id="section-{number}"') for number in range(4)]


def test_nothing_to_begin_with() -> None:
    """Where all is right, or the file as a whole stopped and nothing else failed, there is no such line."""
    assert "" == begun({})
    assert "" == begin_line(stopped("model.returns", "compile.compiles", "accuracy.weights"))


def test_what_waits_for_the_stop_is_not_counted() -> None:
    """Beside a stop the line counts what failed of its own."""
    verdict = stopped("compile.compiles")
    changed = build(
        SCHEME,
        SCHEME.sections,
        {c.id: Outcome(c.status, 1.0, c.reason, c.because) for c in verdict.checks} | {"data.scale": failed()},
    )

    assert Words("en").say("begin_checks", counts="failed: 1") in begin_line(changed)


@pytest.mark.parametrize("lang", messages.LANGUAGES)
def test_a_stop_says_how_many_points_wait(lang: str) -> None:
    """All of them, or their number; the sentences name no function, since several are missing for one reason."""
    say = Words(lang)
    (some,) = begin_part.stops(say, stopped("model.returns", "compile.compiles"))
    (all_,) = begin_part.stops(say, stopped("data.returns", "model.returns", "compile.compiles", "accuracy.weights"))
    (syntax,) = begin_part.stops(say, stopped("data.returns", code="import.syntax"))

    assert (say.say("stop_points", points=60), say.say("stop_all")) == (some["waits"], all_["waits"])
    assert say.say("stop_syntax") == syntax["why"][0][1]
    assert not any("returns" in sentence for stop in (some, syntax) for _, sentence in stop["why"])
