"""The analysis of a class: what is counted, what is flagged, and what is left unsaid."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autograder import messages
from autograder.instructor.quiz.analysis import report as analysis
from autograder.instructor.quiz.analysis import responses
from autograder.instructor.quiz.analysis.item_report import Flag, ItemReport
from autograder.instructor.quiz.analysis.report import Report
from autograder.instructor.quiz.analysis.responses import Response
from autograder.instructor.quiz.bank.model import Bank, Item, Option, Wording
from autograder.instructor.quiz.bank.reading import read_bank
from autograder.instructor.quiz.forms.form import Draw, Form
from tests.conftest import REPO
from tests.support import quiz_class

REAL = read_bank(REPO / "quiz" / "questions")[0]
EDGES = {
    "nobody": [],
    "one answer": [("a", "x", 1.0)],
    "one student": [("a", name, 1.0) for name in "xyz"],
    "one item": [(str(student), "x", student % 2) for student in range(40)],
    "all right": [(str(student), name, 1.0) for student in range(40) for name in "xyz"],
    "all wrong": [(str(student), name, 0.0) for student in range(40) for name in "xyz"],
    "all waiting": [(str(student), name, None) for student in range(40) for name in "xyz"],
    "opposites": [(str(student), name, (student + place) % 2) for student in range(40) for place, name in enumerate("xy")],
    "no item in common": [(str(student), str(student), 1.0) for student in range(40)],
}


def item(name: str, options: Sequence[str] = ("a", "b", "c", "d"), **changes: Any) -> Item:
    """An item whose first option is right."""
    wording = Wording("en", 1, "Which?", tuple(Option(one, place == 0, one, "", 1) for place, one in enumerate(options)))
    given = Item(name, "bank.md", 1, "single", "conv/arithmetic", "medium", "apply", 1.0, 1, wordings={"en": wording})
    return replace(given, **changes)


BANK = Bank("small", {}, ("en",), "", tuple(item(name) for name in "xyz"))


def response(student: str, name: str, points: float | None, answer: str = "", **changes: Any) -> Response:
    """An answer to an item of the small bank."""
    state = "waiting" if points is None else "right" if points == 1 else "wrong"
    about = ("single", "conv/arithmetic", "apply", "medium", "en")
    given = Response(student, 1, name, 1, *about, {}, (answer or ("a" if points else "b"),), state, points, 1.0, ())
    return replace(given, **changes)


def of(rows: Iterable[tuple[str, str, float | None]], bank: Bank = BANK) -> Report:
    """The report of students, items and points."""
    return analysis.analyse([response(*row) for row in rows], bank)


def codes(report: ItemReport | Report) -> list[str]:
    """What is flagged."""
    return [flag.code for flag in report.flags]


def ladder(students: int = 60, items: str = "xyz") -> list[Response]:
    """Students who solve one item more the abler they are."""
    return [
        response(f"s{student:02}", name, float(student * (len(items) + 1) // students > place))
        for student in range(students)
        for place, name in enumerate(items)
    ]


@pytest.mark.parametrize("rows", EDGES.values(), ids=EDGES)
@pytest.mark.filterwarnings("error")
def test_nothing_divides_by_zero(rows: list[tuple[str, str, float | None]]) -> None:
    """Every class, however odd, has a report that can be written down, with no NaN in it and no warning."""
    report = of(rows)

    assert len(rows) == report.answers == sum(found.given for found in report.items)
    assert report.bank == json.loads(analysis.to_json(report))["bank"]
    assert 1 + len(report.items) == len(analysis.to_csv(report).splitlines())


def test_missing_is_not_zero_and_blank_is() -> None:
    """A student who was not given an item is not in its p; one who left it blank is."""
    rows = [response("a", "x", 1.0), response("b", "x", 0.0, state="blank"), response("c", "y", 1.0), response("c", "z", None)]
    report = analysis.analyse(rows, BANK)
    x, y, z = report.items

    assert [(2, 0.5, 1), (1, 1.0, 0), (0, None, 0)] == [(one.n, one.p, one.blank) for one in (x, y, z)]
    assert (0.0, 1.0, 1.0) == report.scores
    assert (1, 1) == (z.waiting, report.waiting)


def test_partial_credit_counts_by_its_share() -> None:
    """p is the mean share of the points, whatever an item is worth."""
    rows = [response(name, "x", points, maximum=4.0, state="partial") for name, points in (("a", 1.0), ("b", 3.0), ("c", 4.0))]

    assert pytest.approx(8 / 12) == analysis.analyse(rows, BANK).items[0].p


def test_versions_are_different_items() -> None:
    """Answers to another version are those to another question, and the bank knows only its own."""
    report = analysis.analyse([response("a", "x", 1.0), response("b", "x", 0.0, version=2)], BANK)

    assert [("x v1", True, 1.0), ("x v2", False, 0.0)] == [(one.label, one.in_bank, one.p) for one in report.items]


def test_a_miskeyed_item_is_told() -> None:
    """An item that the weak solve is possibly miskeyed, and the option of the strong is named."""
    rows = [row for row in ladder() if row.item != "z"]
    rows += [response(f"s{student:02}", "z", float(student < 30), "a" if student < 30 else "c") for student in range(60)]
    found = analysis.analyse(rows, BANK).items[2]

    assert ["miskeyed", "strong", "drift", "never"] == codes(found)
    assert {"options": ["c"]} == found.flags[1].params
    assert {"options": ["b", "d"]} == found.flags[3].params
    assert "Possibly miskeyed" in analysis.sentence(found.flags[0], "en")
    assert "Варианты «b», «d» никто не выбирает." == analysis.sentence(found.flags[3], "ru")


def test_the_same_from_few_is_not_told() -> None:
    """With 29 answers nothing is flagged, with 30 it is."""
    rows = [response(f"s{student:02}", name, float((student < 15) == (name == "x"))) for student in range(30) for name in "xyz"]
    few = [row for row in rows if row.student != "s00"]

    assert "miskeyed" in codes(analysis.analyse(rows, BANK).items[0])
    assert [[], [], []] == [codes(one) for one in analysis.analyse(few, BANK).items]


def test_options_are_counted() -> None:
    """Each option has its share, the mean rest of those who chose it, and its share by quarter."""
    rows = [row for row in ladder() if row.item != "z"]
    rows += [response(f"s{student:02}", "z", float(student >= 45), "abc"[2 - student // 23]) for student in range(60)]
    found = {choice.id: choice for choice in analysis.analyse(rows, BANK).items[2].choices}

    assert ["a", "b", "c", "d", ""] == list(found)
    assert [14, 23, 23, 0, 0] == [choice.count for choice in found.values()]
    assert pytest.approx([14 / 60, 23 / 60, 23 / 60, 0, 0]) == [choice.share for choice in found.values()]
    assert pytest.approx((14 / 15, 1 / 15)) == (found["a"].quarters[3], found["b"].quarters[3])
    assert (1.0, None) == (found["a"].rest, found["d"].rest)


def test_an_option_that_few_choose_is_told() -> None:
    """An option below five percent distracts nobody; one that is chosen more often is not named."""
    rows = ladder()
    rows = [replace(row, answer=("c",)) if row.item == "x" and row.student in {"s00", "s01"} else row for row in rows]
    flags = {
        flag.code: flag.params["options"] for flag in analysis.analyse(rows, BANK).items[0].flags if "options" in flag.params
    }

    assert {"never": ["d"], "rare": ["c"]} == flags


@pytest.mark.parametrize(("right", "expected"), [(12, ["hard", "drift"]), (39, []), (55, ["easy", "drift"]), (25, ["drift"])])
def test_difficulty_is_compared_with_its_target(right: int, expected: list[str]) -> None:
    """A medium item aims at 0.65: far from it by more than chance is told, and so are the extremes."""
    report = of([(str(student), "x", float(student < right)) for student in range(60)])

    assert expected == [code for code in codes(report.items[0]) if code in {"hard", "easy", "drift"}]


@pytest.mark.parametrize(("hard", "flagged"), [(3, True), (11, False)])
def test_values_of_a_parameter_are_compared(hard: int, flagged: bool) -> None:
    """p by the value of a parameter is told where it differs by more than 0.2, and by more than chance."""
    bank = Bank("small", {}, ("en",), "", (item("x", params={"n": (32, 8)}, let={"out": "n"}),))
    rows = [
        response(f"{n}-{student}", "x", float(student < right), values={"n": n, "out": n})
        for n, right in ((32, hard), (8, 16))
        for student in range(20)
    ]
    found = analysis.analyse(rows, bank).items[0]
    (parameter,) = found.parameters

    assert [("8", 20, 0.8), ("32", 20, hard / 20)] == [(one.value, one.n, one.p) for one in parameter.values]
    assert pytest.approx(0.8 - hard / 20) == parameter.spread
    assert (flagged, flagged) == (parameter.flagged, "spread" in codes(found))


def test_wrong_numbers_that_nobody_expected() -> None:
    """The five most frequent wrong numbers without a trap are named, the same number written in two ways once."""
    options = tuple(Option(name, right, text, "", 1) for name, right, text in (("", True, "8"), ("no-bias", False, "7")))
    bank = Bank("small", {}, ("en",), "", (item("x", type="numeric", wordings={"en": Wording("en", 1, "?", options)}),))
    told = ["7", "1.50", "1,5", "<b>", "2", "2", "2", "3", "4", "5", "6"]
    rows = [response(str(place), "x", 0.0, text, type="numeric") for place, text in enumerate(told)]
    rows[0] = replace(rows[0], mistakes=("no-bias",))
    found = analysis.analyse(rows, bank).items[0]

    assert [("2", 3), ("1.5", 2), ("3", 1), ("4", 1), ("5", 1)] == [(one.answer, one.count) for one in found.unexpected]
    assert [("right", 0), ("trap", 1), ("other", 10), ("blank", 0)] == [(one.kind, one.count) for one in found.choices]


def test_a_complete_class_has_an_alpha() -> None:
    """Three items of a ladder: the reliability of all of them, and of the two that stay."""
    found = analysis.analyse(ladder(), BANK)

    assert (True, 60, 3) == (found.reliability.whole, found.reliability.students, found.reliability.items)
    assert pytest.approx(3 / 2 * (1 - (3 + 4 + 3) / 16 / (5 / 4))) == found.reliability.alpha == found.reliability.kr20
    assert [pytest.approx(2 * (1 - 7 / 16 / (11 / 16))), pytest.approx(2 * (1 - 6 / 16 / (1 / 2)))] == [
        one.alpha_without for one in found.items[:2]
    ]


def test_individual_forms_have_an_alpha_of_what_is_common() -> None:
    """Where students had different items, reliability is over those that all had."""
    rows = [row for row in ladder(items="xyzw") if row.item in "xy" or (row.item == "z") == (int(row.student[1:]) % 2 == 0)]
    found = analysis.analyse(rows, BANK)
    common = analysis.analyse([row for row in rows if row.item in "xy"], BANK)

    assert (False, 2, 2) == (found.reliability.whole, found.reliability.items, found.reliability.different)
    assert common.reliability.alpha == found.reliability.alpha
    assert [True, True, False, False] == [(one.r is not None and one.n == 60) for one in found.items]


def test_answers_that_wait_leave_out_the_item_or_the_student() -> None:
    """An essay that nobody has read is left out of reliability and not judged; a single unreadable answer costs its student."""
    rows = ladder()
    strange = {("s00", "x")} | {(f"s{student:02}", "z") for student in range(50)}
    rows = [replace(row, points=None, state="waiting") if (row.student, row.item) in strange else row for row in rows]
    found = analysis.analyse(rows, BANK)

    assert (59, 2, 0, 1) == (
        found.reliability.students,
        found.reliability.items,
        found.reliability.different,
        found.reliability.undecided,
    )
    assert [False, False, True] == [one.undecided for one in found.items]
    assert [] == codes(found.items[2])


def test_the_test_is_flagged_as_a_whole() -> None:
    """A test that cannot be relied on, and one that is won by chance, are told."""
    bank = Bank("small", {}, ("en",), "", tuple(item(name, "ab", type="truefalse") for name in "xyz"))
    rows = [replace(row, type="truefalse") for row in ladder()]
    found = analysis.analyse(rows, bank)
    apart = of([(str(student), name, float(student >> place & 1)) for student in range(64) for place, name in enumerate("xyz")])

    assert (0.5, ["lucky"]) == (found.at_random, codes(found))
    assert (0.25, ["unreliable"]) == (apart.at_random, codes(apart))
    assert "Ticking at random is expected to bring 50% of the points." == analysis.sentence(found.flags[-1], "en")


def test_every_flag_has_a_sentence_in_both_languages() -> None:
    """Each code, for one option and for several, has its sentence, without a hole."""
    params = {"r": -0.123, "d": 0.1, "p": 0.5, "target": 0.65, "spread": 0.3, "alpha": 0.5, "share": 0.4, "name": "n"}
    plain = ("miskeyed", "weak", "low_d", "hard", "easy", "drift", "spread", "unreliable", "lucky")
    flags = [Flag(code, params) for code in plain]
    flags += [Flag(code, {"options": names}) for code in ("strong", "never", "rare") for names in (["a"], ["a", "b"])]
    for lang in messages.LANGUAGES:
        told = [analysis.sentence(flag, lang) for flag in flags]
        assert len(flags) == len(set(told))
        assert not any("{" in sentence or "?" in sentence for sentence in told)
    assert "−0,12" in analysis.sentence(flags[0], "ru")


def test_tidy_table() -> None:
    """The table of items has a row for each, numbers with a point, and no cell that a spreadsheet takes for a formula."""
    rows = [replace(row, topic="=1+1") for row in ladder()]
    found = list(csv.DictReader(io.StringIO(analysis.to_csv(analysis.analyse(rows, BANK)))))

    assert ["x", "y", "z"] == [row["item"] for row in found]
    assert ("0.750000", "60", "'=1+1", "0.650000") == (found[0]["p"], found[0]["n"], found[0]["topic"], found[0]["target"])
    assert float(found[0]["p_low"]) < 0.75 < float(found[0]["p_high"])


def test_a_class_on_the_real_bank(tmp_path: Path) -> None:
    """Of a class that answers real items by its ability, only the item that answers the wrong way round is miskeyed."""
    names = ["ar-out", "conv-no-flip", "do-spatial", "ev-split", "prop-ratio", "stage-why-nonlin", "es-monitor", "do-params"]
    form = Form("f", "autumn", (Draw(items=tuple(names)),), {}, individual=False)
    path = tmp_path / "responses.csv"
    path.write_text(quiz_class.responses(form, REAL, 80, "a class", miskeyed=["do-spatial"]), "utf-8")
    found = analysis.analyse(responses.read(path), REAL)

    assert ["do-spatial"] == [one.item for one in found.items if "miskeyed" in codes(one)]
    assert sorted(names) == sorted(one.item for one in found.items if one.in_bank)
    assert {cell.topic for cell in found.coverage} == {one.topic for one in REAL.items}
    assert pytest.approx(len(names)) == sum(cell.per_student for cell in found.coverage)
    assert len(REAL.items) == sum(cell.in_bank for cell in found.coverage)
