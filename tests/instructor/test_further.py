"""Where a student reads on: every check has a passage of the handout and a topic of the bank, and both exist."""

import copy
import re
from pathlib import Path
from typing import Any

import pytest

from autograder import messages, report, scheme
from autograder import verdict as vd
from autograder.instructor import further, labfile, passages, source
from autograder.instructor.quiz.bank.reading import read_bank
from autograder.verdict import Outcome, Reason

REPO = Path(__file__).resolve().parents[2]
LAB = labfile.read(REPO / "solution")
SCHEME = scheme.load()


@pytest.mark.parametrize("lang", messages.LANGUAGES)
@pytest.mark.parametrize("check", SCHEME.checks)
def test_every_check_has_both(check: str, lang: str) -> None:
    """A passage that is a heading of the handout, and topics that are titles of the bank."""
    passage = SCHEME.passage(check, lang)
    titles = {titles[lang] for titles in read_bank(REPO / further.QUESTIONS)[0].topics.values()}
    topics = SCHEME.topics(check, lang)

    assert passage is not None
    handout = (REPO / "assignment" / passage.file).read_text("utf-8")
    assert passage.title in re.findall(r"^#+ (.+)$", handout, re.MULTILINE)
    below = handout.partition(f"## {passage.title}\n\n")[2].partition("\n\n## ")[0]
    assert passages.html_of(below, passage.title) == passage.html != ""
    assert topics and set(topics) <= titles


def test_a_check_reads_of_its_own_task() -> None:
    """The passage for a check of the first three sections is that of its task, in the handout and in the notebook."""
    notebook = (REPO / "assignment" / "cifar10_cnn.ipynb").read_text("utf-8")
    for line in SCHEME.of(["data", "model", "compile"]):
        for lang, word in (("en", "Task"), ("ru", "Задание")):
            passage = SCHEME.passage(line.id, lang)
            assert passage is not None
            assert passage.title.startswith(f"{word} {SCHEME.task(line.section)}. ")
            assert passage.title in notebook


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("Task 2. Network (40 points)", "task-2-network-40-points"),
        ("Задание 3. Компиляция (20 баллов)", "задание-3-компиляция-20-баллов"),
        ("What does max-norm do?", "what-does-max-norm-do"),
    ],
)
def test_anchor(heading: str, expected: str) -> None:
    """The anchor that GitHub gives a heading."""
    assert expected == further.anchor(heading)


def _lab(**changes: Any) -> dict[str, Any]:
    lab = copy.deepcopy(LAB)
    lab["checks"]["data.scale"] |= changes
    return lab


def test_a_cell_that_is_not_there() -> None:
    """A check that names no text cell with a heading is told, with the name."""
    with pytest.raises(source.SourceError, match="'layers_why'"):
        further.passages(source.read(REPO / "solution"), _lab(read="layers_why"))
    with pytest.raises(source.SourceError, match="'nowhere'"):
        further.passages(source.read(REPO / "solution"), _lab(read="nowhere"))


def test_a_long_passage_is_cut_between_paragraphs() -> None:
    """What goes into reports is bounded: the first paragraphs that fit, and a sign that there is more."""
    text = "# T\n\n## A\n\n" + "\n\n".join([letter * 1500 for letter in "abc"]) + "\n\n### B\n\nd\n\n## C\n\ne"

    assert "a" * 1500 + "\n\n" + "b" * 1500 + "\n\n…" == further._below(text, "A")
    assert ("e", "", "d") == (further._below(text, "C"), further._below(text, "D"), further._below(text, "B"))


def test_a_topic_that_is_not_there(tmp_path: Path) -> None:
    """A topic that the bank does not have is told; where there is no bank there are no topics."""
    with pytest.raises(source.SourceError, match="conv/nothing"):
        further.topics(REPO / further.QUESTIONS, _lab(quiz=["conv/nothing"]))

    assert {} == further.topics(tmp_path / "none", LAB)


@pytest.mark.parametrize("lang", messages.LANGUAGES)
def test_terminal_names_both(lang: str) -> None:
    """Below a mistake stand the heading with its address, and the topics."""
    outcomes = {name: Outcome("passed", 1.0) for name in SCHEME.checks} | {
        "model.padding": Outcome("failed", 0.0, Reason("unknown"))
    }
    text = report.to_text(vd.build(SCHEME, SCHEME.sections, outcomes), lang, width=400)
    passage = SCHEME.passage("model.padding", lang)

    assert passage is not None
    assert f"{passage.title}» ({passage.file}#" in text or f"{passage.title}” ({passage.file}#" in text
    assert "; ".join(SCHEME.topics("model.padding", lang)) in text
