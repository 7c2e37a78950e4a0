"""`convmark quiz`: the bank of questions."""

import dataclasses
import datetime
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click

from autograder import safe
from autograder.instructor.commands import kinds, mistakes, options, output, quiz_give, quiz_grade
from autograder.instructor.commands.quiz_bank import BANK, no_bank
from autograder.instructor.quiz.bank import lint as linter
from autograder.instructor.quiz.bank import lock as locking
from autograder.instructor.quiz.bank.model import Bank, Problem

folder_type = click.Path(path_type=Path, exists=True, file_okay=False)
bank_folder = click.argument("folder", type=folder_type, required=False, metavar="[BANK]")
bank_option = click.option("--bank", type=folder_type, metavar="FOLDER", help="The same as BANK, as other commands name it.")


def _chosen(folder: Path | None, named: Path | None) -> Path:
    """The bank, named as an argument or as an option.

    Raises:
        Mistake: two different ones are named, or there is none.
    """
    if folder and named and folder.resolve() != named.resolve():
        raise mistakes.wrong(
            "Two banks are named.", expected="BANK or --bank", received=f"{folder} and {named}", todo="Leave one of them out."
        )
    chosen = folder or named or BANK
    if not kinds.may_be_bank(chosen):
        raise no_bank(chosen)
    return chosen


@click.group()
def quiz() -> None:
    """Check the bank of questions on convolution and regularization, give it, grade it, learn from the answers.

    The bank is a folder of Markdown files, quiz/questions by default; the form says which questions a student gets.
    """


for command in (quiz_give.build, quiz_give.sheet, quiz_grade.grade, quiz_grade.analyse):
    quiz.add_command(command)


@quiz.command()
@bank_folder
@click.option("--strict", is_flag=True, help="Fail at warnings too, and at what has changed since it was accepted.")
@bank_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="For people, for an editor (a list of problems), or as annotations of GitHub.",
)
@options.quiet
@options.as_json
def lint(folder: Path | None, bank: Path | None, strict: bool, form: str) -> None:
    """Say what has to be mended in the bank, as file:line: severity code: sentence. Its messages are English."""
    folder, out = _chosen(folder, bank), output.current()
    read, problems = linter.lint(folder)
    problems += _locked(read, folder) if strict else []
    _show(problems, form, folder)
    count = Counter(problem.severity for problem in problems)
    found = {"items": len(read.items), "errors": count["error"], "warnings": count["warning"]}
    out.results |= found | {"problems": [dataclasses.asdict(problem) for problem in problems]}
    if form == "text":
        out.last(_summary(read, problems))
    if any(problem.severity == "error" or strict for problem in problems):
        raise click.exceptions.Exit(options.FAILED)


def _locked(bank: Bank, folder: Path) -> list[Problem]:
    try:
        return list(locking.problems(bank, locking.read(folder)))
    except ValueError as error:
        return [Problem("bad-lock", locking.FILE, 1, f"{error}.")]


def _show(problems: Sequence[Problem], form: str, folder: Path) -> None:
    out = output.current()
    if form == "json":
        listed = json.dumps([dataclasses.asdict(problem) for problem in problems], ensure_ascii=False, indent=1)
        click.echo(listed, err=out.json)
        return
    for problem in problems:
        message = safe.printable(problem.message)
        tell = out.warn if out.quiet and problem.severity == "error" else out.say
        if form == "github":
            where = f"file={(folder / problem.file).as_posix()},line={problem.line},title={problem.code}"
            tell(f"::{problem.severity} {where}::{message.replace('%', '%25')}")
        else:
            tell(f"{problem.file}:{problem.line}: {problem.severity} {problem.code}: {message}")


def _summary(bank: Bank, problems: Sequence[Problem]) -> str:
    count = Counter(problem.severity for problem in problems)
    kinds = Counter(item.type for item in bank.items)
    told = ", ".join(f"{number} {kind}" for kind, number in kinds.most_common())
    return f"{len(bank.items)} items ({told}); {count['error']} errors, {count['warning']} warnings"


@quiz.command()
@bank_folder
@click.option("--accept", is_flag=True, help="Accept the bank as it is now.")
@options.quiet
@options.as_json
@bank_option
def lock(folder: Path | None, bank: Path | None, accept: bool) -> None:
    """Say what has changed since the bank was accepted, or accept it.

    So a key or a translation never changes unseen. Its messages are English.
    """
    folder = _chosen(folder, bank)
    read, problems = linter.lint(folder)
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        _show(errors, "text", folder)
        output.current().last(f"Mend these first. `convmark quiz lint {folder}` shows what is left of them.", errors=len(errors))
        raise click.exceptions.Exit(options.FAILED)
    if accept:
        locking.write(folder, read, datetime.datetime.now(datetime.UTC).date())
        output.current().last(f"{len(read.items)} items accepted in {folder / locking.FILE}.", accepted=len(read.items))
        return
    changed = _locked(read, folder)
    _show(changed, "text", folder)
    output.current().last(
        f"{len(changed)} changes since the bank was accepted.", changes=[dataclasses.asdict(one) for one in changed]
    )
    if changed:
        output.current().hint("Look at each; `convmark quiz lock --accept` takes the bank as it is.")
        raise click.exceptions.Exit(options.FAILED)
