"""`convmark quiz`: the bank of questions."""

import dataclasses
import datetime
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click

from autograder import safe
from autograder.instructor.commands import options, quiz_give, quiz_grade
from autograder.instructor.commands.quiz_bank import BANK
from autograder.instructor.quiz.bank import lint as linter
from autograder.instructor.quiz.bank import lock as locking
from autograder.instructor.quiz.bank.model import Bank, Problem

bank_folder = click.argument(
    "folder", type=click.Path(path_type=Path, exists=True, file_okay=False), default=BANK, metavar="[BANK]"
)


@click.group()
def quiz() -> None:
    """The quiz on convolution and regularization: check its bank, give it, grade it.

    BANK is a folder of Markdown files; quiz/questions by default.
    """


for command in (quiz_give.build, quiz_give.sheet, quiz_grade.grade, quiz_grade.analyse):
    quiz.add_command(command)


@quiz.command()
@bank_folder
@click.option("--strict", is_flag=True, help="Fail at warnings too, and at what has changed since it was accepted.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="Form of the output.",
)
def lint(folder: Path, strict: bool, form: str) -> None:
    """Say what has to be mended in the bank: exit status 1 if there are errors."""
    bank, problems = linter.lint(folder)
    problems += _locked(bank, folder) if strict else []
    _show(problems, form, folder)
    if form == "text":
        click.echo(_summary(bank, problems))
    if any(problem.severity == "error" or strict for problem in problems):
        raise click.exceptions.Exit(options.FAILED)


def _locked(bank: Bank, folder: Path) -> list[Problem]:
    try:
        return list(locking.problems(bank, locking.read(folder)))
    except ValueError as error:
        return [Problem("bad-lock", locking.FILE, 1, f"{error}.")]


def _show(problems: Sequence[Problem], form: str, folder: Path) -> None:
    if form == "json":
        click.echo(json.dumps([dataclasses.asdict(problem) for problem in problems], ensure_ascii=False, indent=1))
        return
    for problem in problems:
        message = safe.printable(problem.message)
        if form == "github":
            where = f"file={(folder / problem.file).as_posix()},line={problem.line},title={problem.code}"
            click.echo(f"::{problem.severity} {where}::{message.replace('%', '%25')}")
        else:
            click.echo(f"{problem.file}:{problem.line}: {problem.severity} {problem.code}: {message}")


def _summary(bank: Bank, problems: Sequence[Problem]) -> str:
    count = Counter(problem.severity for problem in problems)
    kinds = Counter(item.type for item in bank.items)
    told = ", ".join(f"{number} {kind}" for kind, number in kinds.most_common())
    return f"{len(bank.items)} items ({told}); {count['error']} errors, {count['warning']} warnings"


@quiz.command()
@bank_folder
@click.option("--accept", is_flag=True, help="Accept the bank as it is now.")
def lock(folder: Path, accept: bool) -> None:
    """Say what has changed since it was accepted, or accept it: a key or a translation never changes unseen."""
    bank, problems = linter.lint(folder)
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        _show(errors, "text", folder)
        click.echo("Mend these first.")
        raise click.exceptions.Exit(options.FAILED)
    if accept:
        locking.write(folder, bank, datetime.datetime.now(datetime.UTC).date())
        click.echo(f"{len(bank.items)} items accepted in {folder / locking.FILE}.")
        return
    changed = _locked(bank, folder)
    _show(changed, "text", folder)
    click.echo(f"{len(changed)} changes since the bank was accepted.")
    if changed:
        raise click.exceptions.Exit(options.FAILED)
