"""What lateness costs, in the students' reports: there after an export with a policy, and gone when it should be."""

import functools
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from autograder import messages
from autograder.instructor import results, seal
from autograder.instructor.exports import lateness, reports
from autograder.instructor.exports.late import deducted, sentence
from autograder.instructor.lock import locked
from autograder.verdict import Verdict
from tests.support import classes

POLICY = "penalty=10,maximum=15"


@pytest.fixture
def folder(tmp_path: Path, right: Verdict) -> Path:
    """Results of three students, sealed as a run seals them, and one that waits; two of them were late."""
    verdicts: dict[str, Verdict | None] = {"ann": right, "bob": classes.wrong(right), "eve": right, "zoe": classes.waiting()}
    found = classes.store(tmp_path / "results", verdicts)
    for student in ("ann", "bob", "eve"):
        results.write_text(found / student / results.REPORT, "as it was")
        seal.write(found / student, {"student": student, "name": f"{student} <b>", "lang": "ru" if student == "bob" else "en"})
    (tmp_path / "late.csv").write_text("student,days_late\nann,2\nbob,1\nzoe,1\n")
    return found


def export(folder: Path, *options: str) -> str:
    """Export a table, and what is said of it."""
    return classes.export(folder, "--to", "tidy", "--out", folder.parent / "table.csv", *options).output


def late(folder: Path, policy: str = POLICY) -> str:
    """Export it with the two who were late."""
    return export(folder, "--late", str(folder.parent / "late.csv"), "--policy", policy)


def told(folder: Path) -> dict[str, str]:
    """What each report says of lateness, by student."""
    found = {}
    for page in sorted(folder.glob("*/report.html")):
        _, mark, after = page.read_text("utf-8").partition('<p class="late">')
        if mark:
            found[page.parent.name] = after.partition("</p>")[0]
    return found


def test_reports_of_the_late_say_so(folder: Path) -> None:
    """Those who were late read what it costs, each in the language of the report; the others' reports stay as they are."""
    said = late(folder)
    ann = deducted("largest", 2, Decimal(15), "score", Decimal(80), Decimal(80))
    bob = deducted("deducted", 1, Decimal(10), "score", Decimal(64), Decimal(80))

    assert {"ann": sentence(ann, "en"), "bob": sentence(bob, "ru")} == told(folder)
    assert "Reports made again, which say what lateness costs: 2." in said
    assert "as it was" == (folder / "eve" / "report.html").read_text()
    assert "ann &lt;b&gt;" in (folder / "ann" / "report.html").read_text()
    assert all((found := seal.read(folder / student)) is not None and found.report for student in ("ann", "bob", "eve"))


def test_again_changes_nothing(folder: Path) -> None:
    """The same policy makes no report again, another one does."""
    late(folder)
    assert "made again" not in late(folder)
    assert "Reports made again, which say what lateness costs: 1." in late(folder, "penalty=10,maximum=20")


def test_without_a_policy_reports_stay(folder: Path) -> None:
    """An export without a policy says that reports tell more than it exports; none takes that out of them."""
    late(folder)
    before = told(folder)

    assert "2 reports tell deductions" in export(folder)
    assert before == told(folder)
    assert "Reports made again, which say what lateness costs: 2." in export(folder, "--policy", "none")
    assert {} == told(folder)
    assert "deductions" not in export(folder)


def test_none_and_a_list_contradict_each_other(folder: Path) -> None:
    """Who was late does not matter where it costs nothing: that is no export."""
    assert "--policy none" in late(folder, "none")
    assert not (folder.parent / "table.csv").exists()


def test_class_page_goes_with_the_reports(folder: Path) -> None:
    """It lists who was late with the same words and what they lose, and nobody after none; the gradebook stays as it was."""
    about = {"sections": list(classes.SECTIONS), "lang": "en", "title": "<i>Lab", "level": "full"}
    results.write_json(folder / results.RUN, about)
    results.write_text(folder / results.SUMMARY, "as it was")
    results.write_text(folder / results.GRADES, "as it was")
    late(folder)
    page = (folder / results.SUMMARY).read_text("utf-8")

    assert sentence(deducted("largest", 2, Decimal(15), "score", Decimal(80), Decimal(80)), "en") in page
    assert sentence(deducted("deducted", 1, Decimal(10), "score", Decimal(64), Decimal(80)), "en") in page
    assert 1 == page.count(">\u221212</td>")
    assert "Handed in late: 2" in page
    assert "<i>Lab" not in page
    assert "as it was" == (folder / results.GRADES).read_text()
    export(folder, "--policy", "none")
    assert "Handed in late" not in (folder / results.SUMMARY).read_text("utf-8")


def test_class_page_vouches_for_nothing_that_was_edited(folder: Path) -> None:
    """A work whose verdict is not as it was sealed waits for a person on the page that is made again."""
    results.write_json(folder / results.RUN, {"sections": list(classes.SECTIONS), "lang": "en"})
    results.write_text(folder / results.SUMMARY, "as it was")
    path = folder / "ann" / results.VERDICT
    path.write_text(path.read_text() + " ")
    late(folder)
    page = (folder / results.SUMMARY).read_text("utf-8")

    assert "Handed in late: 1" in page
    assert 2 == page.count('class="status attention"')


def test_edited_results_are_left_alone(folder: Path) -> None:
    """No report is made of a verdict that nobody vouches for."""
    path = folder / "ann" / results.VERDICT
    path.write_text(path.read_text() + " ")

    assert "Reports made again, which say what lateness costs: 1." in late(folder)
    assert {"bob"} == set(told(folder))


def test_a_run_that_writes_is_not_disturbed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another run writes the results, reports stay, and that is said."""
    monkeypatch.setattr(reports, "locked", functools.partial(locked, patience=0.0))
    with locked(folder):
        said = late(folder)

    assert "Another run" in said
    assert {} == told(folder)


@pytest.mark.parametrize(
    "change",
    [
        {"code": "on_time"},
        {"days": -1},
        {"days": "2"},
        {"days": True},
        {"percent": "NaN"},
        {"percent": "101"},
        {"percent": None},
        {"of": "grade"},
    ],
    ids=str,
)
def test_altered_file_tells_nothing(change: dict[str, Any], right: Verdict) -> None:
    """What was not written here is no sentence of a report."""
    whole = {"code": "deducted", "days": 1, "percent": "10", "of": "score"}

    assert lateness.told(whole, right, "en")
    assert "" == lateness.told(whole | change, right, "en")
    assert "" == lateness.told({}, right, "en")


@pytest.mark.parametrize("lang", messages.LANGUAGES)
@pytest.mark.parametrize("code", sorted(lateness.CODES))
def test_every_code_has_a_sentence(code: str, lang: str, right: Verdict) -> None:
    """Extension and grace time are told too; who waits for a person reads nothing of it."""
    about = {"code": code, "days": 1 if code in ("deducted", "largest") else 0, "percent": "10", "of": "maximum"}

    assert lateness.told(about, right, lang)
    assert "" == lateness.told(about, classes.waiting(), lang)
