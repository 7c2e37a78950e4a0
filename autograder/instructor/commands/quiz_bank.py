"""What the commands of `convmark quiz` share: where the bank and the form are, and what to say if they cannot be used."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from autograder.instructor.commands import kinds, mistakes
from autograder.instructor.quiz.bank import lint
from autograder.instructor.quiz.bank.model import Bank
from autograder.instructor.quiz.forms import form

BANK = Path("quiz", "questions")

bank_option = click.option(
    "--bank",
    "bank_dir",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=BANK,
    show_default=True,
    metavar="FOLDER",
    help="The bank: a folder of Markdown files.",
)


def form_option(*, required: bool) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """What says which items are drawn; a bank as a whole is exported without one."""
    return click.option(
        "--form",
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        default=BANK.parent / form.FILE if required else None,
        show_default=required,
        help="The file that says which items are drawn.",
    )


def no_bank(folder: Path) -> mistakes.Mistake:
    """What is said of a folder that holds no bank."""
    return mistakes.wrong(
        f"{folder} holds no bank of questions.",
        expected="a folder with Markdown files that begin with a front matter and `quizbank: 1`",
        received=kinds.describe(folder),
        todo=f"Name the bank: quiz/questions in the clone ({BANK} is taken if none is named). docs/quiz.md has the format.",
    )


def read_bank(folder: Path) -> Bank:
    """The bank, if it has no errors.

    Raises:
        Mistake: there is none, or it has some.
    """
    if not kinds.may_be_bank(folder):
        raise no_bank(folder)
    bank, problems = lint.lint(folder)
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        first = errors[0]
        raise mistakes.wrong(
            f"The bank has to be mended first: {first.file}:{first.line}: {first.message}",
            expected="a bank without errors",
            received=f"{folder} with {len(errors)} of them",
            todo=f"`convmark quiz lint {folder}` lists them all.",
        )
    return bank


def read_form(path: Path) -> form.Form:
    """The form in a file.

    Raises:
        Mistake: it is none.
    """
    try:
        return form.read(path)
    except form.FormError as error:
        raise mistakes.wrong(
            f"{str(error).rstrip('.')}.",
            expected="a form like quiz/form.toml",
            received=kinds.describe(path),
            todo="Mend it, or name another one with --form. docs/quiz.md says what a form holds.",
        ) from None


def read_titles(folder: Path, bank: Bank, path: Path | None = None) -> Mapping[str, str]:
    """What the quiz is called, by language: as the form is, or the one that lies beside the bank.

    Raises:
        Mistake: it is no form.
    """
    beside = folder.parent / form.FILE
    chosen = path or (beside if beside.is_file() else None)
    return (read_form(chosen).title if chosen else {}) or bank.title or dict.fromkeys(bank.languages, bank.id)
