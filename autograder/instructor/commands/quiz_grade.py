"""`convmark quiz grade`: answers of a class into marks."""

from collections.abc import Sequence
from pathlib import Path

import click

from autograder import safe
from autograder.instructor.commands import options
from autograder.instructor.commands.quiz_bank import bank_option, form_option, read_bank, read_form
from autograder.instructor.quiz.grading import grade as grading
from autograder.instructor.quiz.grading import platforms
from autograder.instructor.quiz.grading.decisions import FOLDER as TODO
from autograder.instructor.quiz.grading.responses import Response, Trouble

SHOWN = 20


@click.command()
@click.argument("sources", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True), metavar="ANSWERS...")
@bank_option
@form_option(required=True)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=Path("quiz-results"), show_default=True)
@click.option("--show-key", is_flag=True, help="Put right answers and explanations on the students' pages.")
@options.lang
def grade(sources: Sequence[Path], bank_dir: Path, form: Path, out: Path, show_key: bool, lang: str) -> None:
    """Mark the answers of a class.

    ANSWERS is a folder of answer sheets, or a CSV file: Moodle's report of responses with question texts, or Canvas' student
    analysis. What needs a person waits in OUT/todo: fill in the tables there, and run the same command again. The exit
    status is 0 if everybody has a score, 1 if something waits or could not be read.
    """
    bank, read = read_bank(bank_dir), read_form(form)
    found: list[Response] = []
    troubles: list[Trouble] = []
    for source in sources:
        try:
            more, wrong = grading.from_sheets(source, read, bank) if source.is_dir() else platforms.read(source, bank)
        except platforms.PlatformError as error:
            raise click.ClickException(f"{error}.") from None
        found += more
        troubles += wrong
    graded = grading.run(found, troubles, grading.Setting(read, bank, lang, show_key), out)
    _say(graded, out)
    if graded.waiting or graded.troubles or not graded.scores:
        raise click.exceptions.Exit(options.FAILED)


def _say(graded: grading.Graded, out: Path) -> None:
    done = sum(not score.waiting for score in graded.scores)
    click.echo(f"{len(graded.scores)} students, {done} with a score in {out / grading.GRADES}.")
    if graded.waiting:
        click.echo(f"{graded.waiting} answers wait for a person: fill in the tables in {out / TODO} and run this again.")
    for trouble in graded.troubles[:SHOWN]:
        click.echo(f"{safe.printable(trouble.where)}: {safe.printable(trouble.why)}.", err=True)
    if len(graded.troubles) > SHOWN:
        click.echo(f"and {len(graded.troubles) - SHOWN} more in {out / grading.PROBLEMS}", err=True)
