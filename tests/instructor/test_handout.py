"""Tests of the prose that comes from the marking scheme."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

from autograder.instructor import handout, labfile, source

SOLUTION = Path(__file__).resolve().parents[2] / "solution"
LAB = labfile.read(SOLUTION)


def test_layer_table_has_the_parameters_of_the_source() -> None:
    """Shapes and parameters, computed from the arguments, are those of the original report."""
    rows = [[part.strip() for part in row.strip("| ").split("|")] for row in handout.layer_table(LAB, "en").splitlines()[2:-1]]

    expected = ["896", "0", "18,496", "0", "73,856", "0", "0", "0", "4,194,816", "0", "5,130"]
    assert expected == [row[-1] for row in rows]
    assert ["`(None, 8, 8, 128)`", "`(None, 8192)`"] == [row[3] for row in rows[6:8]]
    assert handout.layer_table(LAB, "en").endswith("| 4,293,194 |")


def test_a_measured_accuracy_is_told_in_both_languages() -> None:
    """One number in lab.toml, a sentence in each text; without it neither speaks of a measurement."""
    better = {key: value for key, value in LAB["training"]["better"].items() if key != "accuracy"}
    for lang, sentence in (
        ("en", "Our solution, trained on all 50,000 images, reached 12.34%"),
        ("ru", "Наше решение, обученное на всех 50 000 изображений, дало 12,34 %"),
    ):
        (text,) = [cell.text for cell in source.read(SOLUTION) if (cell.name, cell.lang) == ("beat", lang)]
        told = [
            handout.render_text(text, LAB | {"training": LAB["training"] | {"better": better | more}}, lang)
            for more in ({"accuracy": 0.1234}, {})
        ]

        assert sentence in " ".join(told[0].split())
        assert sentence.partition(" ")[0] not in told[1] and "%" not in told[1] and "\n\n\n" not in told[1]


@pytest.mark.parametrize(("lang", "written"), [("en", "4,293,194"), ("ru", "4\u00a0293\u00a0194"), (None, "4\u00a0293\u00a0194")])
def test_large_numbers_are_grouped_as_the_language_does(lang: str | None, written: str) -> None:
    """English takes commas, Russian spaces that do not break, and so does a table of both."""
    assert written == handout.grouped(handout.parameters(LAB), lang)


def test_points_of_the_sections() -> None:
    """The sections have 20, 40, 20 and 20 points."""
    sections = {name: handout.points_in(LAB, name) for name in LAB["sections"]}

    assert {"data": 20, "model": 40, "compile": 20, "accuracy": 20} == sections
    assert 100 == handout.total_points(LAB)


@pytest.mark.parametrize(
    ("points", "words"),
    [(1, "1 балл"), (2, "2 балла"), (5, "5 баллов"), (11, "11 баллов"), (14, "14 баллов"), (21, "21 балл")],
)
def test_russian_points_agree_with_their_number(points: int, words: str) -> None:
    """The Russian noun takes the form that its number asks for."""
    assert words == handout.points_in_words(points, "ru")


def test_bands_become_points() -> None:
    """The accuracy table gives each band its share of the section's points."""
    rows = handout.accuracy_table(LAB, "en").splitlines()[2:]

    expected = ["70% | 20", "65% | 16", "60% | 12", "50% | 8", "40% | 4"]
    assert [f"| from {row} |" for row in expected] == rows


def test_unknown_layer_is_an_error() -> None:
    """A layer without a rule for its shape is not guessed."""
    with pytest.raises(ValueError, match="Received: class='Lambda'"):
        handout.layer_sizes({"class": "Lambda"}, (32, 32, 3))


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_handout_speaks_one_language(lang: str) -> None:
    """The Russian handout has no English section, and the English one no Russian but the link."""
    text = handout.handout(source.read(SOLUTION), LAB, lang)
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    russian = [bool(re.search("[а-яё]", heading)) for heading in headings]

    assert [lang == "ru"] * len(headings) == russian


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_handout_names_the_commands_and_every_check(lang: str) -> None:
    """The handout says how to begin and what brings points."""
    text = handout.handout(source.read(SOLUTION), LAB, lang)

    for expected in [
        "pip install -r requirements.txt",
        "pytest autograder",
        "Task 1 is not done yet",
        "Colab",
    ]:
        assert expected in text
    for check in LAB["checks"].values():
        assert (check["points"] > 0) == (f"| {check['title'][lang]} | {check['points']} |" in text)


def test_no_text_becomes_a_list_by_accident() -> None:
    """Inside a paragraph no line begins with a number and a point, which Markdown would number."""
    for cell in source.read(SOLUTION):
        lines = handout.render_text(cell.text, LAB, cell.lang).splitlines() if cell.is_text else []
        for above, line in pairwise(lines):
            assert not re.match(r"\d+\. ", line) or not above or re.match(r"\d+\. ", above)


@pytest.mark.parametrize("broken", ["{{ no_such_value }}", "{{ unclosed", "{% nothing %}"])
def test_placeholder_that_cannot_be_filled_in_is_told(broken: str) -> None:
    """The author of a lab reads which text it is, what was expected and received, and where to look."""
    with pytest.raises(source.SourceError, match=r"'# Task'.* Expected: .* Received: .* Look at"):
        handout.render_text(f"# Task\n\n{broken}", LAB, "en")
