"""The bank that comes with the lab: complete, without a problem, and with keys that are computed."""

import re
from collections import Counter
from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from autograder.instructor.cli import main
from autograder.instructor.quiz.bank import gaps, instances, lock, marking, numbers
from autograder.instructor.quiz.bank.lint import lint
from autograder.instructor.quiz.bank.marking import normal
from autograder.instructor.quiz.bank.model import Item, Wording
from autograder.instructor.quiz.forms import form
from autograder.instructor.quiz.forms.form import Draw, Form
from tests.conftest import REPO
from tests.support import blocks

FOLDER = REPO / "quiz" / "questions"
BANK, PROBLEMS = lint(FOLDER)
TOPICS = {
    "conv/definition": 12,
    "conv/properties": 14,
    "conv/stages": 12,
    "conv/arithmetic": 24,
    "regularization/concept": 9,
    "regularization/dropout": 11,
    "regularization/norms": 12,
    "regularization/other": 8,
    "evaluation": 11,
    "keras/practice": 8,
}
IDS = [item.id for item in BANK.items]
CODE = re.compile(r"(`+).*?\1|\[\[=.*?\]\]", re.DOTALL)  # a point is the decimal mark there, whatever the language
FORMULA = re.compile(r"\$.*?\$", re.DOTALL)
GROUPED = re.compile(r"(?<![0-9.,])[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])")


@pytest.fixture(params=IDS)
def item(request: pytest.FixtureRequest) -> Item:
    """Each item."""
    return BANK.item(request.param)


def test_nothing_is_to_be_mended() -> None:
    """The linter has no error and no warning, and everything was accepted as it is."""
    assert [] == PROBLEMS
    assert [] == list(lock.problems(BANK, lock.read(FOLDER)))


def test_topics_are_covered() -> None:
    """Every topic has its number of items, and most of the items ask for more than recall."""
    assert TOPICS == Counter(item.topic for item in BANK.items)
    recall = sum(item.bloom == "remember" for item in BANK.items)
    assert recall <= 0.2 * len(BANK.items)


def test_the_labs_control_questions_are_covered() -> None:
    """Each of the six questions of the original lab has items of its own, and the lab itself has some."""
    sources = Counter(source.strip() for item in BANK.items for source in item.source.split(","))

    assert {f"lab-q{number}" for number in range(1, 7)} | {"lab"} <= set(sources)


def test_both_languages_are_there(item: Item) -> None:
    """Russian and English have a question, an explanation, and letters of their own."""
    assert {"ru", "en"} == set(item.wordings)
    for lang, wording in item.wordings.items():
        assert wording.stem
        assert wording.explanation
        prose = re.sub(r"`[^`]*`|\$[^$]*\$", "", wording.stem + wording.explanation)
        assert bool(re.search("[а-яё]", prose)) == (lang == "ru")


def test_numbers_are_computed(item: Item) -> None:
    """No numeric key or trap is typed in: each comes from a calculator."""
    for wording in item.wordings.values():
        if item.type == "numeric":
            assert all("{{" in option.text for option in wording.options)
        if item.type == "cloze":
            typed = re.findall(r"\[\[=\s*[0-9.]", wording.stem)
            assert not typed or item.bloom == "remember"


def test_wrong_answers_are_explained(item: Item) -> None:
    """Every distractor is a named mistake, and says why it is one."""
    for wording in item.wordings.values():
        for option in wording.options:
            if not option.correct and item.type != "short":
                assert option.feedback
                assert option.id


def test_instances_can_be_made(item: Item) -> None:
    """Every item has its variants, with nothing left to fill in, and gaps that can be read."""
    found = instances.variants(item, BANK.id)

    assert len(found) == (item.variants if item.params else 1)
    for variant in found:
        for wording in variant.wordings.values():
            assert not any("{{" in text or "}}" in text for text in wording.texts())
            if item.type == "cloze":
                assert gaps.of(wording.stem)


@pytest.mark.parametrize(
    ("lang", "names"),
    [
        ("ru", ("Свертка", "детекторная", "пулинг")),
        ("ru", ("свёрточная стадия", "Детектор", "субдискретизация")),
        ("ru", ("свёрточная", "нелинейность", "подвыборка")),
        ("ru", ("свёртка", "активация", "Макс-пулинг")),
        ("en", ("convolution", "detector stage", "pooling stage")),
        ("en", ("Convolutional", "activation", "max pooling")),
        ("en", ("convolution", "non-linearity", "subsampling")),
    ],
)
def test_the_stages_have_several_names(lang: str, names: tuple[str, ...]) -> None:
    """Textbooks call the stages differently, by nouns and by adjectives: each of these names is right."""
    assert "right" == marking.mark(BANK.item("stage-cloze"), lang, names).state


@pytest.mark.parametrize(
    "answer", ["(3, 3, 32, 64)", "3,3,32,64", "[3,3,32,64]", "3, 3, 32, 64", "(3,3,32,64)", "[3, 3, 32, 64]"]
)
@pytest.mark.parametrize("lang", ["ru", "en"])
def test_brackets_and_spaces_of_a_shape_may_be_left_out(lang: str, answer: str) -> None:
    """The item that asks for a shape says so, and takes the numbers with commas in any of these forms."""
    assert "right" == marking.mark(BANK.item("ar-kernel-shape"), lang, (answer,)).state


def test_enemies_are_named_once() -> None:
    """Each pair of enemies is a pair of the bank, and stands with the first of the two."""
    pairs = [(item.id, other) for item in BANK.items for other in item.enemies]

    assert pairs
    assert len(pairs) == len(set(pairs))
    assert all(IDS.index(first) < IDS.index(second) for first, second in pairs)


def test_forms_can_be_drawn() -> None:
    """Enemies leave enough: three items of every topic can be drawn for each of many students, and no two are enemies."""
    drawn = Form("of-every-topic", "seed", tuple(Draw(topics=(topic,), count=3) for topic in TOPICS), {})

    for student in range(50):
        found = form.choose(drawn, BANK, str(student))
        names = {item.id for item in found}
        assert len(names) == 3 * len(TOPICS)
        assert not any(names & set(item.enemies) for item in found)


def test_exams_cover_all_topics() -> None:
    """What may be asked for points has items of every topic and every type."""
    exam = [item for item in BANK.items if item.release == "exam"]

    assert min(Counter(item.topic for item in exam)[topic] for topic in TOPICS) >= 5
    assert {item.type for item in BANK.items} == {item.type for item in exam}


def test_ids_do_not_tell_the_answer(item: Item) -> None:
    """No number in an id is a key, and no id has an accepted word in it; the 1 of 1d is no number."""
    words = {accepted.replace("_", "-") for variant in instances.variants(item, BANK.id) for accepted in _accepted(variant)}

    assert not words & {*item.id.split("-"), *re.findall(r"[0-9]{2,}", item.id)}
    assert not any(word in item.id for word in words if not re.fullmatch(r"-?[0-9.]+", word))


def _accepted(item: Item) -> Iterator[str]:
    """What is right of a filled item with a written answer or one option, a number without what it may be off by."""
    for wording in item.wordings.values():
        for option in wording.options:
            key = numbers.key(option.text) if item.type == "numeric" else None
            if option.correct and item.type in {"numeric", "short", "single"}:
                yield normal(option.text) if key is None else f"{key.value:.10g}"
        for gap in gaps.of(wording.stem) if item.type == "cloze" else ():
            yield from (normal(text) if gap.key is None else f"{gap.key.value:.10g}" for text in gap.accepted)


def test_numbers_have_the_decimal_mark_of_the_language(item: Item) -> None:
    """Whatever is filled in, Russian texts have no decimal point outside code, and English ones no decimal comma."""
    for variant in instances.variants(item, BANK.id):
        for text in _read(variant, variant.wordings["ru"]):
            assert not re.search(r"[0-9]\.[0-9]", text)
        for text in _read(variant, variant.wordings["en"]):
            assert "{,}" not in text
            assert not re.search(r"[0-9],[0-9]", GROUPED.sub("", FORMULA.sub("", text)))


def _read(item: Item, wording: Wording) -> Iterator[str]:
    """The texts that a student reads, without code; keys and accepted answers, which are compared, are none."""
    compared = {option.text for option in wording.options} if item.type in {"numeric", "short"} else set()
    yield from (CODE.sub("", text) for text in wording.texts() if text not in compared)


def test_the_page_shows_what_lint_says() -> None:
    """The line that docs/quiz.md shows is the one that is printed."""
    said = CliRunner().invoke(main, ["quiz", "lint", str(REPO / "quiz" / "questions")]).output

    assert blocks.block("docs/quiz.md", "121 items") == said
