"""Items with their values: the same for the same student, without repetition, and with no trap that is the key."""

import dataclasses
from pathlib import Path

import pytest

from autograder.instructor.quiz.bank import instances, numbers
from autograder.instructor.quiz.bank.expressions import ExpressionError, computed, filled
from autograder.instructor.quiz.bank.model import Item
from autograder.instructor.quiz.bank.reading import read_bank


@pytest.fixture(scope="module")
def item(tmp_path_factory: pytest.TempPathFactory) -> Item:
    """An item with four parameters."""
    folder = tmp_path_factory.mktemp("bank")
    (folder / "valid.md").write_text((Path(__file__).parent / "valid.md").read_text("utf-8"), "utf-8")
    return read_bank(folder)[0].item("output-side")


def test_variants_are_without_repetition(item: Item) -> None:
    """All combinations are drawn before one comes again, and more are not invented."""
    size = len(instances.grid(item))
    found = instances.variants(dataclasses.replace(item, variants=size + 10), "sample")

    assert 46 < size
    assert size == len({variant.wordings["en"].stem for variant in found}) == len(found)


def test_variants_do_not_depend_on_the_run(item: Item) -> None:
    """The same bank makes the same variants, in the same order."""
    assert instances.variants(item, "sample") == instances.variants(item, "sample")
    assert instances.variants(item, "sample") != instances.variants(item, "other")


def test_students_have_values_of_their_own(item: Item) -> None:
    """A student gets the same again, others get others, and the next attempt has others."""
    given = [instances.of_student(item, "sample", "2026", f"student{number}") for number in range(20)]
    again = instances.of_student(item, "sample", "2026", "student0")

    assert given[0] == again
    assert 10 < len({found.wordings["ru"].stem for found in given})
    assert again != instances.of_student(item, "sample", "2026", "student0", attempt=1)


def test_languages_have_the_same_values(item: Item) -> None:
    """What is asked and its key are the same in both languages."""
    found = instances.of_student(item, "sample", "2026", "ann")

    assert found.wordings["ru"].options[0].text == found.wordings["en"].options[0].text
    assert not any("{{" in text for wording in found.wordings.values() for text in wording.texts())


def test_traps_that_became_the_key_are_left_out(item: Item) -> None:
    """Where a mistake gives the right number it is no mistake."""
    for values in instances.grid(item):
        key, *traps = instances.instance(item, values | {"forgot": values["out"]}).wordings["en"].options
        assert [] == traps
        key, trap = instances.instance(item, values).wordings["en"].options
        assert numbers.key(key.text) != numbers.key(trap.text)


@pytest.mark.parametrize(
    "expression",
    [
        "().__class__",
        "conv_out.__globals__",
        "[].append(1)" + ".x",
        "2 ** 100000",
        "10 ** 60 ** 60",
        "'x' * 10",
        "[0] * 1000000",
        "unknown",
        "open('/etc/passwd')",
        "1 / 0",
        "range(3)",
        "cycler",
    ],
)
def test_nothing_but_the_calculators_is_reached(expression: str) -> None:
    """Attributes, growth without bound and names that are not given are errors."""
    with pytest.raises(ExpressionError):
        computed(expression, {})


@pytest.mark.parametrize("text", ["{{ ''.__class__.__mro__ }}", "{% for x in [1] %}{{ y }}{% endfor %}", "{{ self.x.y }}", "{{"])
def test_templates_are_as_narrow(text: str) -> None:
    """The same holds where values are filled into texts."""
    with pytest.raises(ExpressionError):
        filled(text + "{{ z }}", {})


def test_values_are_written_without_noise() -> None:
    """Floats lose the noise of their last digits, whole numbers stay whole."""
    assert "0.3 896 1.8" == filled("{{ a }} {{ b }} {{ c }}", {"a": 0.1 + 0.2, "b": 896, "c": 9 / 5})
