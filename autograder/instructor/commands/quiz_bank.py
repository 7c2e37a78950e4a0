"""What the commands of `convmark quiz` share: where the bank and the form are, and what to say if they cannot be used."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

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
    help="The folder with the bank's Markdown files.",
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


def read_bank(folder: Path) -> Bank:
    """The bank, if it has no errors.

    Raises:
        click.ClickException: it has some.
    """
    bank, problems = lint.lint(folder)
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        first = errors[0]
        more = f" ({len(errors)} errors in all)" if len(errors) > 1 else ""
        raise click.ClickException(
            f"{first.file}:{first.line}: {first.message}{more}\n`convmark quiz lint {folder}` lists what has to be mended first."
        )
    return bank


def read_form(path: Path) -> form.Form:
    """The form in a file.

    Raises:
        click.ClickException: it is none.
    """
    try:
        return form.read(path)
    except form.FormError as error:
        raise click.ClickException(f"{error}.") from None


def read_titles(folder: Path, bank: Bank, path: Path | None = None) -> Mapping[str, str]:
    """What the quiz is called, by language: as the form is, or the one that lies beside the bank.

    Raises:
        click.ClickException: it is no form.
    """
    beside = folder.parent / form.FILE
    chosen = path or (beside if beside.is_file() else None)
    return (read_form(chosen).title if chosen else {}) or bank.title or dict.fromkeys(bank.languages, bank.id)
