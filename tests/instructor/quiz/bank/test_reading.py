"""What is read of a file: texts as they stand there, with their lines."""

from pathlib import Path

import pytest

from autograder.instructor.quiz.bank.model import Bank
from autograder.instructor.quiz.bank.reading import read_bank

VALID = Path(__file__).parent / "valid.md"


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    """The sample, its first question in two paragraphs with a table between."""
    text = VALID.read_text("utf-8")
    more = (
        "How many parameters does `Conv2D(32, 3)` have?\n\n| image | channels |\n|---|---|\n| colour | 3 |\n\nCount the biases.\n"
    )
    (tmp_path / "bank.md").write_text(
        text.replace("How many parameters does `Conv2D(32, 3)` have on three channels?\n", more), "utf-8"
    )
    found, problems = read_bank(tmp_path)
    assert [] == problems
    return found


def test_a_stem_keeps_its_paragraphs(bank: Bank) -> None:
    """What stands before the options is the question, blank lines and tables included."""
    stem = bank.item("one-of-three").wordings["en"].stem

    assert stem.startswith("How many parameters does `Conv2D(32, 3)` have?\n\n| image |")
    assert stem.endswith("| colour | 3 |\n\nCount the biases.")


def test_options_have_ids_feedback_and_lines(bank: Bank) -> None:
    """The comment is the id and no part of the text; the quote below is the feedback."""
    first, second, third = bank.item("one-of-three").wordings["ru"].options

    assert ("no-bias", False, "864", "Забыты смещения.") == (first.id, first.correct, first.text, first.feedback)
    assert ("ok", True, "896", "") == (second.id, second.correct, second.text, second.feedback)
    assert "- [ ] 320" == VALID.read_text("utf-8").split("\n")[third.line - 1][:9]


def test_hints_and_explanations_are_told_apart(bank: Bank) -> None:
    """A tip is the hint, a note the explanation, also below the rubric of an essay."""
    side, words = bank.item("output-side").wordings["en"], bank.item("in-words").wordings["en"]

    assert ("Count the positions of the kernel.", "There is one position more than there are steps.") == (
        side.hint,
        side.explanation,
    )
    assert ("The kernel is the same everywhere.", "A weighted sum at all positions.") == (words.explanation, words.model_answer)


def test_tables_are_pairs_and_rubrics(bank: Bank) -> None:
    """An empty left cell is a distractor; a rubric has points."""
    pairs = bank.item("stages").wordings["ru"].pairs
    rubric = bank.item("in-words").wordings["ru"].rubric

    assert [("свёртка", "взвешенные суммы"), ("пулинг", "сводка окрестности"), ("", "потери")] == [
        (pair.left, pair.right) for pair in pairs
    ]
    assert ("Stage", "Action") == bank.item("stages").wordings["en"].heads
    assert [("sum", 1.0), ("shift", 1.0)] == [(row.id, row.points) for row in rubric]


def test_defaults_of_a_file_are_those_of_its_items(bank: Bank) -> None:
    """Metadata that an item does not have comes from the front matter."""
    assert {"conv/arithmetic"} == {item.topic for item in bank.items}
    assert [1, 2, 2, 3, 2, 1, 1, 2] == [item.points for item in bank.items]


def test_a_topic_is_called_as_its_file(tmp_path: Path) -> None:
    """The title of a file is the title of the topic of its items, in each language; of two files the first says it."""
    text = VALID.read_text("utf-8")
    second = text.replace('ru: "Образец", en: "Sample"', 'ru: "Другой", en: "Another"')
    (tmp_path / "1.md").write_text(text, "utf-8")
    (tmp_path / "2.md").write_text(second, "utf-8")
    (tmp_path / "3.md").write_text(second.replace("topic: conv/arithmetic", "topic: conv/other"), "utf-8")

    found = read_bank(tmp_path)[0].topics

    assert {"conv/arithmetic": {"ru": "Образец", "en": "Sample"}, "conv/other": {"ru": "Другой", "en": "Another"}} == found


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b"---\n", b"---\n---\n", b"# x\n", b"---\nquizbank: 1\n---\n\n## a\n\n### ru\n\n- [x]\n"]
)
def test_any_file_is_read_or_refused(content: bytes, tmp_path: Path) -> None:
    """What is no bank is a problem and no exception."""
    (tmp_path / "bank.md").write_bytes(content)

    assert read_bank(tmp_path)[1]
