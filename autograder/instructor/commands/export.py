"""`convmark export`: the verdicts of a batch into the gradebook of another system."""

from pathlib import Path

import click

from autograder import safe
from autograder.errors import GraderError
from autograder.instructor.commands import options
from autograder.instructor.nbgrader.course import ASSIGNMENT

SHOWN = 20


@click.command()
@click.argument("results", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--to", "target", type=click.Choice(["nbgrader"]), required=True, help="The system.")
@click.option("--course", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True, help="nbgrader's course.")
@click.option("--assignment", default=ASSIGNMENT, show_default=True, metavar="NAME", help="The name of the assignment there.")
@options.lang
def export(results: Path, target: str, course: Path, assignment: str, lang: str) -> None:
    """Write scores and comments of RESULTS into a gradebook.

    Run it as often as you like: what is there already stays, and so do points and comments that a person entered. The
    exit status is 0 if every student's grades are there now, 1 if not, 2 if nothing could be written.
    """
    try:
        from autograder.instructor.nbgrader import gradebook
    except ImportError:
        raise options.stop(GraderError("nbgrader.not_installed"), lang, options.REFUSED) from None
    try:
        with options.progress_bar("Exporting") as progress:
            found = gradebook.export(results, gradebook.read_config(course), assignment, lang, progress)
    except GraderError as error:
        raise options.stop(error, lang, options.REFUSED) from None
    click.echo(f"{found.changed} students written, {found.unchanged} were there already.")
    _name("not students of this course, nothing written", found.unknown)
    _name("without a verdict that can be read, grade them again", found.damaged)
    if found.unknown or found.damaged:
        raise click.exceptions.Exit(options.FAILED)


def _name(what: str, students: list[str]) -> None:
    """Name students of whom something is to be said."""
    if students:
        more = f" and {len(students) - SHOWN} more" if len(students) > SHOWN else ""
        names = ", ".join(safe.printable(name) for name in students[:SHOWN])
        click.echo(f"{len(students)} {what}: {names}{more}", err=True)
