"""Learning curves on a student's page: the right lines, a table with the same numbers, words for who does not see them."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from autograder import history, messages, report
from autograder.instructor import training_part
from autograder.instructor.pages import student_page
from autograder.instructor.rendering import Words
from autograder.judge import judge
from autograder.scheme import load
from tests.support import reference
from tests.support.pages import HISTORY, verdict


def facts(epochs: int, **changes: Any) -> dict[str, Any]:
    """The facts of a verdict with a record of so many epochs."""
    column = [1.0 - index / (2 * epochs) for index in range(epochs)]
    return {"history": HISTORY | dict.fromkeys(history.MEASURES, column) | changes}


@pytest.mark.parametrize("lang", messages.LANGUAGES)
def test_both_curves_are_drawn(lang: str) -> None:
    """Each plot has a line for training and one for validation, which differ by more than colour, and a description."""
    drawn = training_part.facts(Words(lang), facts(25))

    assert drawn is not None
    for _, plot in drawn["plots"]:
        root = ElementTree.fromstring(str(plot))
        lines = {line.get("class"): str(line.get("points")).split() for line in root.iter("polyline")}
        assert {"fit": 25, "validation": 25} == {kind: len(points) for kind, points in lines.items()}
        assert "0.52" in str(root.get("aria-label")).replace(",", ".") or "52" in str(root.get("aria-label"))


def test_a_single_epoch_is_a_level_line() -> None:
    """One point would not be seen."""
    drawn = training_part.facts(Words("en"), facts(1))

    assert drawn is not None
    assert all(str(plot).count(",") >= 2 and "NaN" not in str(plot) for _, plot in drawn["plots"])
    assert ["1", "1", "1", "100.00%", "100.00%"] == [cell.replace("\u00a0", "") for cell in drawn["rows"][0]]


def test_table_of_a_long_training_is_short() -> None:
    """Of a thousand epochs every twentieth stands in the table, the first and the last among them."""
    drawn = training_part.facts(Words("en"), facts(1000))

    assert drawn is not None
    assert ("1", "21", "1,000", 51) == (drawn["rows"][0][0], drawn["rows"][1][0], drawn["rows"][-1][0], len(drawn["rows"]))


def test_losses_of_nothing_are_drawn() -> None:
    """A loss that is zero throughout has an axis all the same."""
    assert training_part.facts(Words("en"), facts(3, loss=[0.0] * 3, val_loss=[0.0] * 3)) is not None


@pytest.mark.parametrize("about", [None, {}, {"status": "error"}, {"status": "ok", "loss": [1.0]}, "text"])
def test_no_record_no_section(about: Any) -> None:
    """Without a record, or with one of another version, the page has no curves."""
    assert training_part.facts(Words("en"), {"history": about}) is None


@pytest.mark.parametrize("lang", messages.LANGUAGES)
def test_page_and_terminal_say_the_same(lang: str) -> None:
    """Both tell how long the training took by the student's own record; the page has the curves."""
    found = verdict("plain")
    page, text = student_page(found, "Ann", lang), report.to_text(found, lang, width=400)
    told = training_part.facts(Words(lang), found.facts)

    assert told is not None
    assert told["told"].replace("\u00a0", " ") in page.replace("\u00a0", " ")
    assert told["told"].replace("\u00a0", " ") in text.replace("\u00a0", " ")
    assert 'class="validation"' in page


@pytest.mark.parametrize(("content", "curves"), [("0,1.5,0.4,1.4,0.5\n", True), ("0,1.5,0.4,1.4,nan\n", False)])
def test_judged_evidence_with_a_record(content: str, curves: bool, tmp_path: Path) -> None:
    """A record changes no points: one that cannot be read is a note, another is drawn."""
    reference.store(tmp_path, reference.record(), reference.evaluation())
    without = judge(tmp_path, load().sections)
    (tmp_path / history.SUBMITTED).write_text("epoch,loss,accuracy,val_loss,val_accuracy\n" + content)
    history.record(tmp_path / history.SUBMITTED, tmp_path)
    found = judge(tmp_path, load().sections)

    assert (without.score, without.sections) == (found.score, found.sections)
    assert curves == (history.of_facts(found.facts) is not None)
    assert ([] if curves else ["history.number"]) == [note.code for note in found.notes]
    assert history.of_facts(judge(tmp_path, ["data"]).facts) is None
