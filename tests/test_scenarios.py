"""The catalogue: what students hand in, and the verdict that each of them has to get.

A folder of `scenarios/` holds a submission and its `verdict.json`: what it is about, its kind, the section in which
a wrong one loses points, and the outcome. After a change that is meant, ``UPDATE_SCENARIOS=1 pytest
tests/test_scenarios.py`` writes the outcomes anew, for review.
"""

import json
import os
import re
import string
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import Any

import pytest

from autograder import messages
from autograder.evidence import parse
from autograder.observed import Observed
from autograder.scheme import load
from autograder.verdict import Verdict
from tests.support import scenarios
from tests.support.scenarios import FOLDER, SECTIONS, Evidence
from tests.support.warm import WarmLauncher

NAMES = scenarios.names()
PARAMETERS = 4_293_194
# Sentences for what no honest submission brings about, or none to this lab; each has a test of its own.
ELSEWHERE = re.compile(
    r"model\.honest\.(unreadable|weights|no_prediction)$|stage\.unusable$|import\.error$|compile\.\w+\.disagrees$"
    r"|compile\.(optimizer\.setting|decay\.unwanted|momentum\.no_nesterov)$"
)


@pytest.fixture(scope="module")
def observed(request: pytest.FixtureRequest, warm: WarmLauncher) -> Iterator[Mapping[str, Future[Evidence]]]:
    """The evidence of all scenarios that this run asks for, gathered two at a time."""
    wanted = {item.callspec.params.get("name") for item in request.session.items if hasattr(item, "callspec")}
    catalogue_wide = any("catalogue" in item.name for item in request.session.items)
    with ThreadPoolExecutor(2) as pool:
        yield {name: pool.submit(scenarios.observe_named, name, warm) for name in NAMES if catalogue_wide or name in wanted}


@pytest.fixture(scope="module")
def verdict(observed: Mapping[str, Future[Evidence]]) -> Callable[[str], Verdict]:
    """The verdict on a scenario, made once."""
    return cache(lambda name: scenarios.judged(observed[name].result()))


def update(name: str, found: dict[str, Any]) -> None:
    """Write what was found into a scenario's `verdict.json`, if it is something else than stands there."""
    before = scenarios.expected(name)
    notes = {key: value for key, value in before.items() if key in scenarios.NOT_OUTCOME}
    if before == notes | found:
        return
    text = json.dumps(notes | found, ensure_ascii=False, indent=2)
    (FOLDER / name / "verdict.json").write_text(text + "\n", "utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_scenario(name: str, observed: Mapping[str, Future[Evidence]], verdict: Callable[[str], Verdict]) -> None:
    """The submission gets the verdict that its folder states; a wrong one loses points in its section only."""
    value = scenarios.expected(name)
    refused = observed[name].result().get("refused")
    found = {"status": "refused", "code": refused} if refused else scenarios.brief(verdict(name))
    if os.environ.get("UPDATE_SCENARIOS"):
        update(name, found)
        value = scenarios.expected(name)

    assert scenarios.without_notes(value) == found
    if value["kind"] == "wrong":
        full = {section: sum(line.points for line in load().of([section])) for section in SECTIONS}
        assert [value["section"]] == [section for section in SECTIONS if found["points"][section] < full[section]]


def test_catalogue_is_large() -> None:
    """At least 80 wrong and 30 right submissions, and notebooks among both."""
    kinds = [scenarios.expected(name)["kind"] for name in NAMES]
    notebooks = [scenarios.expected(path.parent.parent.name)["kind"] for path in FOLDER.glob("*/submission/*.ipynb")]

    assert kinds.count("wrong") >= 80
    assert kinds.count("right") >= 30
    assert {"wrong", "right"} <= set(notebooks)


def test_catalogue_fails_every_check() -> None:
    """Every check of the marking scheme is failed by at least one scenario."""
    failed = {check for name in NAMES for check in scenarios.expected(name).get("failed", {})}

    assert {line.id for line in load().of(SECTIONS)} == failed


def _parameters(evidence: Evidence) -> int | None:
    stage = evidence.get("stages", {}).get("model", {})
    if stage.get("status") != "ok":
        return None
    try:
        return Observed(parse(json.dumps(evidence)), load()).network.parameters()
    except Exception:
        return None


def test_catalogue_has_mistakes_that_no_count_shows(observed: Mapping[str, Future[Evidence]]) -> None:
    """At least 12 wrong networks have exactly as many parameters as the right one."""
    wrong = [name for name in NAMES if scenarios.expected(name).get("section") == "model"]
    same = [name for name in wrong if _parameters(observed[name].result()) == PARAMETERS]

    assert len(same) >= 12


def _placeholders(lang: str, code: str) -> set[str]:
    """The values that a code's sentences mention."""
    sentences = messages.catalogue(lang)[code].values()
    return {field for text in sentences for _, field, _, _ in string.Formatter().parse(text) if field}


@pytest.mark.parametrize("lang", messages.LANGUAGES)
def test_catalogue_is_told_in_whole_sentences(lang: str, verdict: Callable[[str], Verdict]) -> None:
    """Every failure has what is wrong, what was expected and what to do, with every value filled in."""
    scheme = load()
    for name in [name for name in NAMES if scenarios.expected(name)["status"] == "graded"]:
        for check in verdict(name).checks:
            if check.status != "failed" or check.reason is None:
                continue
            told = messages.render(lang, check.reason.code, check.reason.params, scheme.checks[check.id].hint[lang])

            assert all([told.wrong, told.detail, told.todo]), (name, check.reason.code)
            assert _placeholders(lang, check.reason.code) <= {*check.reason.params, "code"}, (name, told)


def test_catalogue_reaches_every_sentence() -> None:
    """Every sentence about data, network and compilation is told in some scenario, or has a test elsewhere."""
    told = {code for name in NAMES for code in scenarios.expected(name).get("failed", {}).values()}
    codes = {code for code in messages.catalogue("en") if code.split(".")[0] in {*SECTIONS, "stage", "import"}}

    assert set() == {code for code in codes - told if not ELSEWHERE.search(code)}
