"""The quiz as a notebook for nbgrader: what students get says nothing about the keys, and its cells grade as the bank does."""

import functools
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from nbgrader.preprocessors import CheckCellMetadata, ClearHiddenTests, ClearMarkScheme

from autograder.instructor.quiz.bank import gaps, marking, numbers
from autograder.instructor.quiz.bank.gaps import Gap
from autograder.instructor.quiz.bank.model import Wording
from autograder.instructor.quiz.bank.reading import read_bank
from autograder.instructor.quiz.exports import notebook, standalone
from autograder.instructor.quiz.exports.target import Request
from autograder.instructor.quiz.forms import form
from autograder.instructor.quiz.forms.form import Question
from tests.support import quizzes

ROOT = Path(__file__).resolve().parents[4]
BANK, _ = read_bank(ROOT / "quiz" / "questions")
ASKED = form.questions(form.everything(BANK), BANK, "")
RUN = """
import contextlib, io, json, pathlib, runpy, sys
found = {}
for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        names = runpy.run_path(str(path))
    found[path.name] = (names.get("quiz_points"), out.getvalue(), err.getvalue())
print(json.dumps(found))
"""


def released(questions: list[Question], lang: str) -> NotebookNode:
    """The notebook after nbgrader has taken out what is hidden."""
    book = nbformat.reads(notebook.book(questions, lang, "Quiz").decode(), as_version=4)
    for step in (CheckCellMetadata(), ClearHiddenTests(), ClearMarkScheme()):
        book, _ = step.preprocess(book, {})
    return book


def rekeyed(told: Wording, kind: str, order: tuple[int, ...]) -> tuple[Wording, tuple[int, ...]]:
    """The same question to look at, with another key and other things said about it; and the order that shows it so."""
    options, pairs, stem = told.options, told.pairs, told.stem
    if kind in ("numeric", "short"):
        options = tuple(replace(one, text=str(777 + place), feedback="otherwise") for place, one in enumerate(options))
    else:
        shifted = (*options[1:], *options[:1])
        options = tuple(
            replace(one, correct=two.correct, feedback="otherwise") for one, two in zip(options, shifted, strict=True)
        )
    if kind == "match":
        shifted_pairs = (*pairs[1:], *pairs[:1])
        pairs = tuple(replace(one, right=two.right) for one, two in zip(pairs, shifted_pairs, strict=True))
        order = tuple((place - 1) % len(pairs) for place in order)
    if kind == "cloze":
        stem = "".join(part if isinstance(part, str) else other(part) for part in gaps.split(stem))
    rubric = tuple(replace(row, text="otherwise") for row in told.rubric)
    changed = replace(told, stem=stem, options=options, pairs=pairs, rubric=rubric, model_answer="otherwise")
    return replace(changed, hint="otherwise", explanation="otherwise"), order


def other(gap: Gap) -> str:
    """A gap that looks the same and wants something else."""
    return {"number": "[[=777]]", "text": "[[otherwise]]", "choice": f"[[*{' / '.join(reversed(gap.offered))}]]"}[gap.kind]


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_nothing_of_a_key_is_released(lang: str) -> None:
    """For every item of the bank: with any other key, feedback, rubric and explanation students get the same notebook."""
    for question in ASKED:
        wording, order = rekeyed(notebook.wording(question, lang), question.item.type, question.order)
        changed = replace(question, order=order, item=replace(question.item, wordings={lang: wording}))

        assert notebook.book([question], lang, "Quiz") != notebook.book([changed], lang, "Quiz")
        assert released([question], lang) == released([changed], lang)


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_no_id_of_an_item_is_released(lang: str) -> None:
    """Ids may contain the answer: students see none of them, nor where an item comes from."""
    text = nbformat.writes(released(ASKED, lang))

    assert [] == [question.item.id for question in ASKED if f'"{question.item.id}' in text or f" {question.item.id}" in text]
    assert "quiz/questions" not in text


def answers(question: Question, lang: str) -> Iterator[object]:
    """Literals that students may write: right, partly right, known and unknown mistakes, nonsense, nothing."""
    yield from (quizzes.answer(question, kind, lang) for kind in ("right", "partly", "wrong"))
    told, names = notebook.wording(question, lang), list(notebook.letters(question))
    yield from (
        "",
        [],
        "  ",
        None,
        True,
        {},
        1j,
        float("inf"),
        10**400,
        b"a",
        ["a", 1],
        "abc",
        "12,5",
        "4,293,194",
        "0,786",
        "1e3",
        "−5 ",
        7,
        2.5,
    )
    yield from (option.text for option in told.options)
    yield from (key.value for option in told.options if (key := numbers.key(option.text)))
    yield from ([key.high, f"{key.low:.12g}".replace(".", ",")] for option in told.options if (key := numbers.key(option.text)))
    yield from names
    yield from (names[:count] for count in range(len(names) + 1))
    yield from ([name.upper() + ")"] * 2 for name in names)
    yield from (
        [one] * len(gaps.of(told.stem)) for one in ("", 0, 1, "0,5", "ReLU", "no number") if question.item.type == "cloze"
    )


@pytest.mark.parametrize("scoring", ["partial", "all"])
@pytest.mark.parametrize("lang", ["ru", "en"])
def test_cells_grade_as_the_bank_does(lang: str, scoring: str) -> None:
    """For every item and many answers: what stands in the cells gives the points and the feedback of `marking`."""
    states = set()
    for question in (one for one in ASKED if one.item.type != "essay"):
        item = replace(question.item, scoring=scoring)
        read, asked = notebook.reader(question, lang)
        judge, key = notebook.judge(question, lang)
        grade = functools.partial(
            standalone.grade, maximum=item.points, partial=scoring == "partial", words=notebook.phrases(lang)
        )
        for answer in answers(question, lang):
            found = read(answer, *asked)
            points, told = grade(found, functools.partial(called, judge, key))
            mark = None if found is None else marking.mark(item, lang, in_bank(question, lang, found))
            states.add(mark.state if mark else "misformed")

            assert (0.0 if mark is None else mark.points) == points, (item.id, answer)
            assert mark is None or sum(map(bool, mark.feedback)) == len(told.split("\n")) - 1

    assert {"right", "wrong", "blank", "misformed", *(["partial"] if scoring == "partial" else [])} == states


def called(judge: Callable[..., tuple[float, list[str]]], key: tuple[Any, ...], found: list[str]) -> tuple[float, list[str]]:
    """What a judge says of an answer that was read."""
    return judge(found, *key)


def in_bank(question: Question, lang: str, found: list[str]) -> tuple[str, ...]:
    """An answer that was read, as `marking` takes it."""
    told = notebook.wording(question, lang)
    places = dict(zip(notebook.letters(question), question.order, strict=True))
    if question.item.type == "match":
        return tuple(told.pairs[places[letter]].right if letter else "" for letter in found)
    return tuple(told.options[places[letter]].id for letter in found) if places else tuple(found)


def test_cells_need_nothing_but_python(tmp_path: Path) -> None:
    """The cells of each question run by themselves, also after a student has used names of Python, and print to stdout."""
    book = nbformat.reads(notebook.book(ASKED, "en", "Quiz").decode(), as_version=4)
    wanted = {}
    for number, question in enumerate(ASKED, 1):
        if question.item.type == "essay":
            continue
        test = quizzes.find(book, "test", number).source
        for kind in ("right", "wrong"):
            wanted[f"{number}-{kind}.py"] = question.item.points * quizzes.share(question, kind)
            mine = f"print = max = str = list = 3\nanswer_{number} = {quizzes.answer(question, kind)!r}"
            (tmp_path / f"{number}-{kind}.py").write_text(f"{mine}\n{test}", "utf-8")
        (tmp_path / f"{number}-undefined.py").write_text(test, "utf-8")
        wanted[f"{number}-undefined.py"] = 0.0
    command = [sys.executable, "-I", "-W", "error", "-c", RUN, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    found = json.loads(done.stdout)

    assert wanted == {name: points for name, (points, _, _) in found.items()}
    assert {""} == {errors for _, _, errors in found.values()}
    assert all("Your answer can be read." in told for name, (_, told, _) in found.items() if "undefined" not in name)
    assert all("No answer yet." in told for name, (_, told, _) in found.items() if "undefined" in name)


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_build_is_the_whole_bank_the_same_every_time(lang: str) -> None:
    """The target has every item once, essays last, in the bytes of the time before."""
    request = Request(BANK, lang, "The bank")  # type: ignore[arg-type]
    built = notebook.TARGET.build(request)
    ((name, content),) = built.items()
    book = nbformat.reads(content.decode(), as_version=4)
    points = [cell.metadata["nbgrader"]["points"] for cell in book.cells if "points" in cell.metadata.get("nbgrader", {})]

    assert built == notebook.TARGET.build(request)
    assert f"cnn-cifar10-{lang}.ipynb" == name
    assert [item.points for item in sorted(BANK.items, key=lambda item: item.type == "essay")] == points
    assert "# The bank" == book.cells[0].source.split("\n")[0]


def test_a_stamp_tells_versions_and_words_apart() -> None:
    """Another version, language, wording, order or value has another stamp; another key or feedback has not."""
    question = next(one for one in ASKED if one.item.type == "single")
    wording = notebook.wording(question, "en")
    stamps = {
        notebook.stamp(question, 1, "en"),
        notebook.stamp(question, 1, "ru"),
        notebook.stamp(replace(question, order=question.order[::-1]), 1, "en"),
        notebook.stamp(replace(question, item=replace(question.item, version=99)), 1, "en"),
        notebook.stamp(replace(question, item=replace(question.item, wordings={"en": replace(wording, stem="Else?")})), 1, "en"),
    }
    changed, _ = rekeyed(wording, "single", question.order)

    assert 5 == len(stamps)
    assert notebook.stamp(question, 1, "en") == notebook.stamp(
        replace(question, item=replace(question.item, wordings={"en": changed})), 1, "en"
    )


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_the_form_of_the_repository_makes_a_notebook(lang: str) -> None:
    """Twenty questions, the same for all, the last an essay."""
    chosen = replace(form.read(ROOT / "quiz" / form.FILE), individual=False)
    questions = form.questions(chosen, BANK, "")
    book = released(questions, lang)

    assert questions == form.questions(chosen, BANK, "somebody")
    assert [f"answer_{number}_" for number in range(1, 20)] == [
        re.sub(r"[0-9a-f]{8}$", "", cell.id) for cell in book.cells if cell.id.startswith("answer_")
    ]
    assert "essay_20_" == book.cells[-2].id[:9]


def test_pipes_do_not_break_the_table() -> None:
    """A cell of a table to match may have the character that ends a cell."""
    question = next(one for one in ASKED if one.item.type == "match")
    told = notebook.wording(question, "en")
    pairs = (replace(told.pairs[0], left="a|b"), *told.pairs[1:])
    changed = replace(question, item=replace(question.item, wordings={"en": replace(told, pairs=pairs)}))
    book = nbformat.reads(notebook.book([changed], "en", "Quiz").decode(), as_version=4)

    assert r"| 1 | a\|b | a |" in quizzes.find(book, "question", 1).source
