"""`convmark quiz grade` and `convmark quiz analyse`: answers of a class into marks, and what they say about the questions."""

from collections.abc import Sequence
from pathlib import Path

import click

from autograder import safe
from autograder.files import write as write_file
from autograder.instructor.commands import kinds, mistakes, options, output
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
@options.out_folder("quiz-results")
@click.option("--show-key", is_flag=True, help="Put right answers and explanations on the students' pages.")
@options.lang
@options.quiet
@options.as_json
def grade(sources: Sequence[Path], bank_dir: Path, form: Path, out: Path, show_key: bool, lang: str) -> None:
    """Mark the answers of a class.

    What needs a person waits in tables below the folder of results, in todo: fill them in and give the same command again.
    """
    bank, read = read_bank(bank_dir), read_form(form)
    found: list[Response] = []
    troubles: list[Trouble] = []
    for source in sources:
        try:
            more, wrong = grading.from_sheets(source, read, bank) if source.is_dir() else platforms.read(source, bank)
        except platforms.PlatformError as error:
            raise mistakes.wrong(
                f"{str(error).rstrip('.')}.",
                expected="Moodle's report of responses or Canvas' student analysis, as CSV",
                received=kinds.describe(source),
                todo="Download it again as docs/quiz.md, Grading, says; answer sheets are read from their folder.",
            ) from None
        found += more
        troubles += wrong
    if not found and not troubles:
        raise mistakes.wrong(
            "There are no answers.",
            expected="a folder of answer sheets (.md), or a CSV file of Moodle or Canvas",
            received="; ".join(map(kinds.describe, sources)),
            todo="Name the folder that holds what came back from the students.",
        )
    graded = grading.run(found, troubles, grading.Setting(read, bank, lang, show_key), out)
    _say(graded, out)
    if graded.waiting or graded.troubles or not graded.scores:
        raise click.exceptions.Exit(options.FAILED)


def _say(graded: grading.Graded, out: Path) -> None:
    say, done = output.current(), sum(not score.waiting for score in graded.scores)
    for trouble in graded.troubles[:SHOWN]:
        say.warn(f"{safe.printable(trouble.where)}: {safe.printable(trouble.why)}.")
    if len(graded.troubles) > SHOWN:
        say.warn(f"and {len(graded.troubles) - SHOWN} more in {out / grading.PROBLEMS}")
    if graded.waiting:
        say.say(f"{graded.waiting} answers wait for a person: fill in the tables in {out / TODO} and run this again.")
    waits = f", {graded.waiting} answers wait in {out / TODO}" if say.quiet and graded.waiting else ""
    say.last(
        f"{len(graded.scores)} students, {done} with a score in {out / grading.GRADES}{waits}.",
        students=len(graded.scores),
        scored=done,
        waiting=graded.waiting,
        problems=[{"where": trouble.where, "why": trouble.why} for trouble in graded.troubles],
        gradebook=str(out / grading.GRADES),
        todo=str(out / TODO),
    )


@click.command()
@click.argument("results", type=click.Path(path_type=Path, exists=True), metavar="RESULTS")
@bank_option
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    show_default="RESULTS",
    help="Where to write the page and the tables.",
)
@options.lang
@options.quiet
@options.as_json
def analyse(results: Path, bank_dir: Path, out: Path | None, lang: str) -> None:
    """Say which questions were good ones.

    Difficulty, discrimination, distractors and reliability, by what a class answered. Questions are flagged from 30
    answers on.
    """
    table = results / grading.RESPONSES if results.is_dir() else results
    if not table.is_file():
        raise mistakes.wrong(
            f"{results} holds no answers to the quiz: {grading.RESPONSES} is missing.",
            expected="the folder that `convmark quiz grade --out` wrote, or its responses.csv",
            received=kinds.describe(results),
            todo="Run `convmark quiz grade ANSWERS` first, and name its folder.",
        )
    bank = read_bank(bank_dir)
    folder = out or table.parent
    try:
        report = analysis.analyse(analysis.read(table), bank)
        title = read_titles(bank_dir, bank).get(lang, bank.id)
        page = "".join(analysis_page(report, bank, title=title, lang=lang))
    except (OSError, analysis.ResponsesError, ExpressionError, GapError, ValueError) as error:
        raise mistakes.wrong(
            f"{str(error).rstrip('.')}.",
            expected="responses.csv as `convmark quiz grade` writes it, and the bank that the answers are to",
            received=kinds.describe(results),
            todo="Run `convmark quiz grade` again with the same --bank, and name its folder.",
        ) from None
    for name, content in (
        ("analysis.html", page),
        ("items.csv", analysis.to_csv(report)),
        ("analysis.json", analysis.to_json(report)),
    ):
        write_file(folder / name, content.encode("utf-8", "replace"))
    _tell_flags(report, folder, lang)


def _tell_flags(report: analysis.Report, folder: Path, lang: str) -> None:
    """Flags of the quiz, then of each item, then where the page is."""
    out, told = output.current(), [("", flag) for flag in report.flags]
    told += [(item.item, flag) for item in report.items for flag in item.flags]
    for item, flag in told:
        out.say(f"  {item}: {analysis.sentence(flag, lang)}" if item else f"  {analysis.sentence(flag, lang)}")
    out.last(
        f"{report.students} students, {report.answers} answers, {len(told)} flags: {folder / 'analysis.html'}",
        students=report.students,
        answers=report.answers,
        flags=[{"item": item or None, "code": flag.code, "text": analysis.sentence(flag, lang)} for item, flag in told],
        page=str(folder / "analysis.html"),
    )
