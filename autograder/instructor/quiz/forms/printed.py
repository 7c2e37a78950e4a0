"""Sheets for paper: a form as a page that prints well, with places to write, and the key to it; both as PDF by Chromium."""

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup

from autograder.instructor import rendering
from autograder.instructor.quiz.bank import gaps, numbers, text
from autograder.instructor.quiz.bank.gaps import Gap
from autograder.instructor.quiz.bank.model import CHOICES
from autograder.instructor.quiz.forms.form import Form, Question
from autograder.instructor.quiz.forms.sheets import LETTERS, ticking
from autograder.instructor.rendering import Words

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
SECONDS = 120


class PrintError(Exception):
    """No PDF can be made."""


def sheet(form: Form, questions: Sequence[Question], student: str, lang: str) -> str:
    """The page that a student writes on; without a name there is a line for it."""
    return _page(form, questions, student, lang, key=False)


def key(form: Form, questions: Sequence[Question], student: str, lang: str) -> str:
    """The same questions with their answers, explanations and rubrics, for whoever marks them."""
    return _page(form, questions, student, lang, key=True)


def _page(form: Form, questions: Sequence[Question], student: str, lang: str, *, key: bool) -> str:
    say = Words(lang)
    return rendering.page(
        "quiz_sheet.html",
        say,
        title=form.title.get(lang) or form.name,
        student=student,
        key=key,
        points=sum(question.item.points for question in questions),
        questions=[_question(number, question, lang, key) for number, question in enumerate(questions, 1)],
    )


def _question(number: int, question: Question, lang: str, key: bool) -> dict[str, object]:
    item, wording = question.item, question.item.wordings[lang]
    lefts = [pair for pair in wording.pairs if pair.left]
    rights = [(LETTERS[place], wording.pairs[index].right) for place, index in enumerate(question.order) if item.type == "match"]
    by_right = {right: letter for letter, right in rights}
    return {
        "number": number,
        "type": item.type,
        "points": item.points,
        "code": question.code,
        "id": item.name,
        "stem": Markup(text.cloze(wording.stem, _blank) if item.type == "cloze" else text.html(wording.stem)),
        "options": [
            (LETTERS[place], Markup(text.inline(wording.options[index].text)), key and wording.options[index].correct)
            for place, index in enumerate(question.order)
            if item.type in CHOICES
        ],
        "ticking": ticking(item),
        "heads": wording.heads,
        "lefts": [(place, Markup(text.inline(pair.left)), by_right[pair.right]) for place, pair in enumerate(lefts, 1)],
        "rights": [(letter, Markup(text.inline(right))) for letter, right in rights],
        "lines": range(12 if item.type == "essay" else 0),
        "words": item.words if item.words != (0, 0) else None,
        "answers": _answers(question, lang) if key else [],
        "explanation": Markup(text.html(wording.explanation)) if key and wording.explanation else "",
        "rubric": [(row.points, Markup(text.inline(row.text))) for row in wording.rubric] if key else [],
    }


def _blank(index: int, gap: Gap) -> str:
    """A place to write in the text; what may be chosen stands behind it, in an order that says nothing."""
    offered = f" ({'; '.join(map(str, map(Markup.escape, sorted(gap.offered))))})" if gap.offered else ""
    return f'<span class="blank"><span class="hidden">({index + 1})</span></span>{offered}'


def _answers(question: Question, lang: str) -> list[Markup]:
    """The right answers where they are no ticks or letters."""
    item, wording = question.item, question.item.wordings[lang]
    if item.type == "cloze":
        told = [numbers.shown(gap.accepted[0], lang) if gap.key else " | ".join(gap.accepted) for gap in gaps.of(wording.stem)]
        return [Markup("({}) {}").format(number, one) for number, one in enumerate(told, 1)]
    if item.type == "essay":
        return [Markup(text.html(wording.model_answer))]
    if item.type == "numeric":
        return [Markup.escape(numbers.shown(option.text, lang)) for option in wording.options if option.correct]
    if item.type == "short":
        return [Markup(text.inline(option.text)) for option in wording.options if option.correct]
    return []


def pdf(page: Path, out: Path) -> None:
    """Print a page of ours to PDF.

    Raises:
        PrintError: there is no browser, or it failed.
    """
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise PrintError(f"none of {', '.join(BROWSERS)} is installed; open the page and print it, or leave out --pdf")
    with tempfile.TemporaryDirectory(prefix="convmark-print-") as profile:
        command = [
            *(browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
            *("--disable-component-update", "--disable-sync", f"--user-data-dir={profile}", "--no-pdf-header-footer"),
            *(f"--print-to-pdf={out.resolve()}", page.resolve().as_uri()),
        ]
        try:
            done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise PrintError(f"{browser}: {error}") from error
    if done.returncode or not out.is_file():
        raise PrintError(f"{browser} ended with status {done.returncode}")
