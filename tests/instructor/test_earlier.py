"""A second submission, and a regrading, say what changed; half a result and an edited file say nothing."""

import json
from pathlib import Path

import pytest

from autograder import messages, scheme
from autograder.instructor import earlier, results, seal
from autograder.instructor.pages import student_page
from autograder.verdict import Outcome, Reason, Verdict, attention, build

SCHEME = scheme.load()


def verdict(*wrong: str) -> Verdict:
    """A verdict in which all checks passed but these."""
    failed = dict.fromkeys(wrong, Outcome("failed", 0.0, Reason("unknown")))
    return build(SCHEME, SCHEME.sections, {name: Outcome("passed", 1.0) for name in SCHEME.checks} | failed)


def stored(folder: Path, made: Verdict) -> Verdict:
    """Whole results with this verdict."""
    results.write_json(folder / results.VERDICT, made.to_dict())
    seal.write(folder, {"student": "a"})
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a student."""
    (tmp_path / "a").mkdir()
    return tmp_path / "a"


def told(folder: Path, made: Verdict, lang: str = "en") -> str:
    """The report on a verdict in that folder."""
    return student_page(made, "a", lang, earlier.before(folder, made))


def test_a_second_submission(folder: Path) -> None:
    """The answers outlive the results that are removed, and the report on the next ones compares."""
    stored(folder, verdict("data.scale"))
    earlier.forget(folder)
    page = told(folder, verdict("model.padding"))

    assert [earlier.FILE] == [path.name for path in folder.iterdir()]
    assert (
        "+4 compared with the result before. Passed now: pixels are divided by 255. "
        "New mistake: convolutions keep the image size." in page
    )


@pytest.mark.parametrize("lang", messages.LANGUAGES)
def test_the_same_bytes_again(folder: Path, lang: str) -> None:
    """Made again from the same verdict, also after it was remembered itself, the report has the same bytes."""
    stored(folder, verdict("data.scale"))
    earlier.forget(folder)
    now = stored(folder, verdict())
    first = told(folder, now, lang)
    earlier.forget(folder)

    assert first == told(folder, now, lang)
    assert messages.phrase(lang, "progress_result") in first


def test_a_regrading(folder: Path) -> None:
    """A verdict that replaces another is compared with it; one that says the same is not remembered."""
    stored(folder, verdict("data.scale"))
    earlier.remember(folder, verdict("data.scale"))
    assert not (folder / earlier.FILE).exists()
    earlier.remember(folder, verdict())

    assert "+8 compared" in told(folder, verdict())


def test_two_results_are_kept(folder: Path) -> None:
    """Of many results the last two that differ from one another are kept."""
    for wrong in ("data.scale", "data.dtype", "data.dtype", "compile.loss"):
        stored(folder, verdict(wrong))
        earlier.forget(folder)
    kept = json.loads((folder / earlier.FILE).read_text())["answers"]

    assert ["data.dtype", "compile.loss"] == [name for item in kept for name, (status, _) in item.items() if status == "failed"]


def test_what_is_no_result(folder: Path) -> None:
    """Results without a whole seal, and those that a person has to look at, are not compared with."""
    results.write_json(folder / results.VERDICT, verdict("data.scale").to_dict())
    earlier.forget(folder)
    stored(folder, attention(SCHEME, SCHEME.sections, Reason("grader.bug", {"reason": "x"})))
    earlier.forget(folder)

    assert earlier.before(folder, verdict()) is None


@pytest.mark.parametrize(
    "content", ["", "[]", '{"answers": 1}', '{"answers": [1, {"x": 2}]}', '{"answers": [{"data.scale": ["passed", 1e9]}]}']
)
def test_an_edited_file(folder: Path, content: str) -> None:
    """Whatever else stands in the file, the report says nothing of an earlier result, and the points are the same."""
    (folder / earlier.FILE).write_text(content)

    assert told(folder, verdict()) == student_page(verdict(), "a", "en")


def test_nothing_is_told_of_no_grade(folder: Path) -> None:
    """A work that a person has to look at is compared with nothing."""
    stored(folder, verdict("data.scale"))
    earlier.forget(folder)
    waiting = attention(SCHEME, SCHEME.sections, Reason("grader.bug", {"reason": "x"}))

    assert "compared with" not in told(folder, waiting)
