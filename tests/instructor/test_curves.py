"""The plots of learning rates: at the right places, bounded, with the numbers beside them."""

import itertools
import math
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest

from autograder import inputs, lab, messages
from autograder.instructor import curves
from autograder.instructor.pages import student_page
from autograder.instructor.rendering import Words
from autograder.scheme import load, steps_per_epoch
from tests.support.pages import verdict

SCHEME = load()
PER_EPOCH = -(-45_000 // 32)  # 5,000 of 50,000 images are held out
CONSTANT = {"steps": list(inputs.STEPS), "runs": [{"epochs": epochs, "received": [0.01] * 8} for epochs in lab.EPOCHS]}


def rates(known: dict[str, Any], lang: str = "en") -> list[dict[str, Any]]:
    """The plots for these facts."""
    return curves.rates(Words(lang), SCHEME, {"learning_rate": known})


def points(svg: str, kind: str) -> list[tuple[float, float]]:
    """The points of a line in a drawing."""
    (line,) = (line for line in ElementTree.fromstring(svg).iter("polyline") if line.get("class") == kind)
    return [(float(x), float(y)) for x, y in (point.split(",") for point in str(line.get("points")).split())]


def test_expected_curve() -> None:
    """The expected rate ends where lr / (1 + lr / epochs * step) ends, and falls all the way."""
    for run, epochs in zip(rates(CONSTANT), lab.EPOCHS, strict=True):
        found = points(str(run["plot"]), "expected")
        bottom, top = curves.HEIGHT - curves.BOTTOM, curves.TOP
        last = 0.01 / (1 + 0.01 / epochs * epochs * PER_EPOCH)

        assert all(first[1] <= second[1] for first, second in itertools.pairwise(found))
        assert (curves.LEFT, curves.WIDTH - curves.RIGHT) == (found[0][0], found[-1][0])
        assert pytest.approx(bottom - (bottom - top) * last / 0.0105, abs=0.1) == found[-1][1]


@pytest.mark.parametrize(("lang", "number"), [("en", "1,407"), ("ru", "1407")])
def test_steps_of_the_axis_follow_from_the_lab(lang: str, number: str) -> None:
    """An epoch of the axis has as many steps as the lab's training takes, in this lab and in another."""
    other = {**SCHEME.raw, "training": {**SCHEME.raw["training"], "batch_size": 100, "validation": 10_000}}

    assert PER_EPOCH == steps_per_epoch(SCHEME.raw)
    assert number in str(rates(CONSTANT, lang)[0]["plot"])
    drawn = curves.rates(Words(lang), replace(SCHEME, raw=other), {"learning_rate": CONSTANT})[0]["plot"]
    assert Words(lang).say("rate_axis", steps="400") in str(drawn)


def test_constant_rate_is_level() -> None:
    """A rate that never falls is a level line, and its rows say so beside the expected values."""
    run = rates(CONSTANT)[0]

    assert 1 == len({y for _, y in points(str(run["plot"]), "received")})
    assert ["1,000", f"{0.01 / 1.4:.4g}", "0.01"] == next(row for row in run["rows"] if row[0] == "1,000")
    assert [f"{step:,}" for step in inputs.STEPS if step <= 25 * PER_EPOCH] == [row[0] for row in run["rows"]]
    assert "10,000" == rates(CONSTANT)[1]["rows"][-1][0]


def test_right_rates_lie_on_the_expected_curve() -> None:
    """Between right measurements the guide is the expected curve itself."""
    known = {
        "steps": CONSTANT["steps"],
        "runs": [{"epochs": 25, "received": [0.01 / (1 + 0.0004 * step) for step in inputs.STEPS]}],
    }
    guide = points(str(rates(known)[0]["plot"]), "received")
    bottom, top, width = curves.HEIGHT - curves.BOTTOM, curves.TOP, curves.WIDTH - curves.LEFT - curves.RIGHT
    for x, y in guide:
        step = (x - curves.LEFT) / width * 25 * PER_EPOCH
        near = [bottom - (bottom - top) * 0.01 / (1 + 0.0004 * max(0, step + off)) / 0.0105 for off in (-10, 10)]
        assert near[0] - 0.2 <= y <= near[1] + 0.2


@pytest.mark.parametrize("rate", [None, 1e300, -5.0, 0.0, math.inf, "fast", True])
def test_strange_rates(rate: Any) -> None:
    """Rates that are none, or huge, or below zero stay within the plot."""
    known = {"steps": CONSTANT["steps"], "runs": [{"epochs": 25, "received": [0.01, *[rate] * 7]}]}
    svg = ElementTree.fromstring(str(rates(known)[0]["plot"]))

    for circle in svg.iter("circle"):
        assert 0 <= float(circle.get("cx", "nan")) <= curves.WIDTH and 0 <= float(circle.get("cy", "nan")) <= curves.HEIGHT


@pytest.mark.parametrize("lang", messages.LANGUAGES)
def test_page_has_plots_only_where_rates_are_known(lang: str) -> None:
    """The plots stand in the page of whom the check of the rate found wrong, and in no other."""
    wrong = replace(verdict(), facts={"learning_rate": CONSTANT})
    title = Words(lang).say("rates_caption", batch=32)

    assert title in student_page(wrong, "name", lang)
    assert 2 == student_page(wrong, "name", lang).count('<svg class="plot"')
    known = {key: value for key, value in wrong.facts.items() if key != "learning_rate"}
    assert title not in student_page(replace(wrong, facts=known), "name", lang)


@pytest.mark.parametrize("highest", [0.0105, 1.0, 2.415, 25, 10, 1e-9, 1e9, 110])
def test_ticks(highest: float) -> None:
    """From two to six round numbers, the first 0, none beyond the end."""
    found = curves.ticks(highest)

    assert 2 <= len(found) <= 6
    assert 0 == found[0] and found[-1] <= highest * (1 + 1e-9)
