"""From outcomes to points: a zero must mean something."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder import verdict as vd
from autograder.scheme import load
from autograder.verdict import Outcome, Reason, Verdict

SCHEME = load()
PASSED = {name: Outcome("passed", 1.0) for name in SCHEME.checks}
OUTCOMES = st.builds(
    Outcome,
    st.sampled_from(["passed", "failed", "not_checked", "broken"]),
    st.floats(),
    st.none()
    | st.builds(
        Reason, st.text(max_size=5), st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=2)
    ),
    st.none() | st.sampled_from(sorted(SCHEME.checks)),
)


def build(outcomes: dict[str, Outcome], sections: list[str] | None = None, **parts: Any) -> Verdict:
    """The verdict of these outcomes on all sections, or some."""
    return vd.build(SCHEME, sections or SCHEME.sections, outcomes, **parts)


def test_all_passed() -> None:
    """A submission that passes every check has all points."""
    found = build(PASSED)

    assert ("graded", 100.0, 100.0) == (found.status, found.score, found.max_score)
    assert [(20.0, 20.0), (40.0, 40.0), (20.0, 20.0), (20.0, 20.0)] == [(part.points, part.max_points) for part in found.sections]
    assert found.reason is None


@pytest.mark.parametrize("name", SCHEME.checks)
@pytest.mark.parametrize("outcome", [None, Outcome("broken", 0.0, Reason("grader.bug"))])
def test_every_check_must_answer(name: str, outcome: Outcome | None) -> None:
    """Without the answer of a single check, or with a broken one, no grade is given, and the check is named."""
    outcomes = PASSED | {name: outcome} if outcome else {key: value for key, value in PASSED.items() if key != name}
    found = build(outcomes)

    assert "needs_attention" == found.status
    assert Reason("grader.checks_missing", {"checks": name}) == found.reason
    assert "broken" == {check.id: check.status for check in found.checks}[name]


def test_nothing_answered() -> None:
    """No answers at all are no zero."""
    found = build({})

    assert ("needs_attention", 0.0, 100.0) == (found.status, found.score, found.max_score)
    assert {"broken"} == {check.status for check in found.checks}


def test_answers_to_other_checks_do_not_count() -> None:
    """A check that is not in the marking scheme brings nothing."""
    found = build(PASSED | {"data.bonus": Outcome("passed", 1.0)})

    assert 100.0 == found.score
    assert list(SCHEME.checks) == [check.id for check in found.checks]


@pytest.mark.parametrize(("section", "points"), [("data", 20), ("model", 40), ("compile", 20), ("accuracy", 20)])
def test_sections(section: str, points: float) -> None:
    """Only the wanted sections are judged, and only their checks are asked for."""
    found = build({name: outcome for name, outcome in PASSED.items() if name.startswith(f"{section}.")}, [section])

    assert ("graded", points, points) == (found.status, found.score, found.max_score)
    assert [section] == [part.name for part in found.sections]


def test_sections_keep_their_order() -> None:
    """Sections come in the order of the scheme, however they are asked for, and once."""
    assert ["data", "compile"] == [part.name for part in build(PASSED, ["compile", "data", "compile"]).sections]


@pytest.mark.parametrize(
    ("credit", "points"),
    [
        (0.0, 0.0),
        (0.2, 4.0),
        (0.8, 16.0),
        (1.0, 20.0),
        (1 / 3, 6.67),
        (2.0, 20.0),
        (-1.0, 0.0),
        (float("nan"), 0.0),
        (float("inf"), 20.0),
    ],
)
def test_credit(credit: float, points: float) -> None:
    """A failed check may give a share of its points, never more than all or less than none."""
    found = build(PASSED | {"accuracy.test": Outcome("failed", credit, Reason("accuracy.test.low"))})

    assert ("graded", 80.0 + points) == (found.status, found.score)


def test_failures_are_graded() -> None:
    """Failed checks and those not reached lose their points, and the verdict is a grade."""
    outcomes = PASSED | {"data.rows": Outcome("failed", 0.0, Reason("data.rows.order", {"part": "x_train"}))}
    outcomes |= {name: Outcome("not_checked", because="data.rows") for name in ("data.dtype", "data.scale", "data.one_hot")}
    found = build(outcomes)

    assert ("graded", 80.0) == (found.status, found.score)
    assert ["data.rows"] * 3 == [check.because for check in found.checks if check.status == "not_checked"]


@given(st.dictionaries(st.sampled_from(sorted(SCHEME.checks)), OUTCOMES))
def test_any_outcomes(outcomes: dict[str, Outcome]) -> None:
    """Points lie between 0 and the maximum, add up, and the verdict comes back from its JSON."""
    found = build(outcomes)

    assert 0 <= found.score <= found.max_score == 100
    assert found.score == pytest.approx(sum(part.points for part in found.sections))
    assert found.score == pytest.approx(sum(check.points for check in found.checks), abs=0.2)
    assert ("graded" == found.status) == all(name in outcomes and outcomes[name].status != "broken" for name in SCHEME.checks)
    assert found == vd.from_dict(json.loads(json.dumps(found.to_dict())))


def test_round_trip() -> None:
    """A verdict with everything in it comes back from its JSON as it was."""
    found = build(
        PASSED | {"data.scale": Outcome("failed", 0.0, Reason("data.scale.twice", {"part": "x_train", "maximum": 255}))},
        layers=[{"row": 1, "expected": "Flatten()", "received": None, "same": False}],
        notes=[Reason("note.not_repeatable")],
        flags=[Reason("flag.wire", {"count": 3})],
        facts={"seed": 7, "versions": {"keras": "3"}, "log": "\ud800"},
    )

    assert found == vd.from_dict(found.to_dict())
    assert found == vd.from_dict(json.loads(json.dumps(found.to_dict())))


def test_attention() -> None:
    """A verdict that only says why a person has to look has a reason, every check, and no points."""
    reason = Reason("evidence.malformed", {"what": "seed"})
    found = vd.attention(SCHEME, ["model", "data"], reason, {"seed": 1})

    assert ("needs_attention", 0.0, 60.0, reason) == (found.status, found.score, found.max_score, found.reason)
    assert ["data", "model"] == [part.name for part in found.sections]
    assert {("broken", 0.0)} == {(check.status, check.points) for check in found.checks}
    assert found == vd.from_dict(json.loads(json.dumps(found.to_dict())))


def test_verdicts_do_not_change() -> None:
    """A verdict and its parts are frozen."""
    found = build(PASSED)

    for part in (found, found.checks[0], found.sections[0], Reason("x"), Outcome("passed")):
        with pytest.raises(AttributeError):
            part.status = "passed"  # type: ignore[union-attr, misc]
    assert 99.0 == replace(found, score=99.0).score


def test_what_stopped_the_file_is_told_by_the_first_check() -> None:
    """The same stop, told for another function, is a repetition; another reason, or the same of a function's own, is none."""
    stop = Reason("import.stopped", {"function": "prepare_data", "where": "a.py:1"})
    again = Reason("import.stopped", {"function": "build_model", "where": "a.py:1"})
    failed = {"data.returns": stop, "model.returns": again, "compile.compiles": Reason("stage.not_done", {})}
    verdict = build({name: Outcome("failed", 0.0, reason) for name, reason in failed.items()})

    assert {"model.returns"} == verdict.told_before
    assert [(stop, ("data.returns", "model.returns"))] == [(found.reason, found.checks) for found in verdict.stops]
    assert frozenset() == build({name: Outcome("failed", 0.0, failed["compile.compiles"]) for name in failed}).told_before


def test_a_repeated_reason_names_the_check_before() -> None:
    """The same code with the same values repeats a reason; with other values, or in a check that passed, it does not."""
    reasons = {
        "data.returns": Reason("x", {"a": 1}),
        "model.returns": Reason("x", {"a": 2}),
        "accuracy.weights": Reason("x", {"a": 2}),
    }
    outcomes = {name: Outcome("failed", 0.0, reason) for name, reason in reasons.items()}
    passed = {"accuracy.test": Outcome("passed", 1.0, Reason("x", {"a": 1}))}

    assert {"accuracy.weights": "model.returns"} == build(PASSED | outcomes | passed).repeated
