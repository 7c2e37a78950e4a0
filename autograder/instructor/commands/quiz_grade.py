"""`convmark quiz grade` and `convmark quiz analyse`: answers of a class into marks, and what they say about the questions."""

from collections.abc import Sequence
from pathlib import Path

import click

from autograder import safe
from autograder.files import write as write_file
from autograder.instructor.commands import options
from autograder.instructor.commands.quiz_bank import bank_option, form_option, read_bank, read_form, read_titles
from autograder.instructor.quiz.analysis import report as analysis
from autograder.instructor.quiz.analysis.page import analysis_page
from autograder.instructor.quiz.bank.expressions import ExpressionError
from autograder.instructor.quiz.bank.gaps import GapError
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


@click.command()
@click.argument("results", type=click.Path(path_type=Path, exists=True), metavar="RESULTS")
@bank_option
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Folder of the page and the tables; RESULTS by default."
)
@options.lang
def analyse(results: Path, bank_dir: Path, out: Path | None, lang: str) -> None:
    """Say which questions were good ones.

    RESULTS is the folder that `convmark quiz grade` made, or its responses.csv. Writes analysis.html, items.csv and
    analysis.json: difficulty, discrimination, distractors, reliability. Flags come from 30 answers on.
    """
    bank = read_bank(bank_dir)
    table = results / grading.RESPONSES if results.is_dir() else results
    folder = out or table.parent
    try:
        report = analysis.analyse(analysis.read(table), bank)
        title = read_titles(bank_dir, bank).get(lang, bank.id)
        page = "".join(analysis_page(report, bank, title=title, lang=lang))
    except (OSError, analysis.ResponsesError, ExpressionError, GapError, ValueError) as error:
        raise click.ClickException(f"{error}.") from None
    for name, content in (
        ("analysis.html", page),
        ("items.csv", analysis.to_csv(report)),
        ("analysis.json", analysis.to_json(report)),
    ):
        write_file(folder / name, content.encode("utf-8", "replace"))
    click.echo(f"{report.students} students, {report.answers} answers: {folder / 'analysis.html'}")
    for flag in report.flags:
        click.echo(f"  {analysis.sentence(flag, lang)}")
    for item in report.items:
        for flag in item.flags:
            click.echo(f"  {item.item}: {analysis.sentence(flag, lang)}")
