"""`convmark nbgrader`: the lab and the quiz as assignments of nbgrader."""

from pathlib import Path

import click

from autograder.errors import GraderError
from autograder.instructor.commands import options, output


@click.group()
def nbgrader() -> None:
    """Give the lab and the quiz out and grade them with nbgrader.

    Needs `pip install "convmark[nbgrader]"`.
    """


@nbgrader.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), metavar="COURSE")
@click.option("--stock", is_flag=True, help="Leave the grading to nbgrader: it executes the notebooks, unprotected.")
@click.option("--force", is_flag=True, help="Write over files that differ.")
@options.repo
@options.lang
@options.quiet
@options.as_json
def init(folder: Path, stock: bool, force: bool, repo: Path, lang: str) -> None:
    """Make a course directory of nbgrader in COURSE, or add the lab and the quiz to the one that is there."""
    # Reading notebooks takes long to import, and help should be quick.
    from autograder.instructor.nbgrader import course
    from autograder.instructor.source import SourceError

    try:
        made = course.init(repo, folder, lang=lang, stock=stock, force=force)
    except SourceError as error:
        raise options.bad_source(error, repo) from None
    except GraderError as error:
        raise options.stop(error, lang, options.REFUSED) from None
    out, told = output.current(), f"{len(made.written)} files written to {folder}."
    out.say(told)
    if made.to_load:
        tell = out.warn if out.quiet else out.say
        tell(f"Add this line to the end of {folder / course.CONFIG}, where it was not written over:\n\n    {course.LOAD}\n")
    commands = "".join(f"    nbgrader generate_assignment {name}\n" for name in (course.ASSIGNMENT, course.QUIZ))
    following = f"Next, in {folder}:\n\n{commands}"
    out.last(told if out.quiet else following, written=list(made.written), to_load=made.to_load)
