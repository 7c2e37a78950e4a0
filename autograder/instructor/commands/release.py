"""`convmark release`: write what students get."""

from pathlib import Path

import click

from autograder.instructor import release as generator
from autograder.instructor.commands import options
from autograder.instructor.source import SourceError


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; print the difference and fail if there is one.")
@click.option(
    "--bundle",
    "bundle_path",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Also write the students' zip to PATH, a file or a folder; there it is named after the lab.",
)
@click.option(
    "--solution",
    "solution_path",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Also write the solved script to DIR: the submission that has to earn all points.",
)
@options.repo
def release(check: bool, bundle_path: Path | None, solution_path: Path | None, repo: Path) -> None:
    """Generate assignment/ and the checks' marking scheme from solution/."""
    try:
        if check:
            _check(repo)
        else:
            _write(repo)
        if bundle_path is not None:
            click.echo(f"wrote {generator.bundle(repo, bundle_path)}")
        if solution_path is not None:
            click.echo(f"wrote {generator.write_solution(repo, solution_path)}")
    except SourceError as error:
        raise click.ClickException(str(error)) from None


def _check(repo: Path) -> None:
    found = generator.drift(repo)
    if found:
        click.echo(found, nl=False)
        raise click.ClickException("The generated files are not current. Run `convmark release`.")
    click.echo("The generated files are current.")


def _write(repo: Path) -> None:
    changed = generator.write(repo)
    for name in changed:
        click.echo(f"wrote {name}")
    if not changed:
        click.echo("The generated files are current.")
    for name in generator.stale(repo / "solution"):
        click.echo(
            f"Left out: {generator.CALIBRATIONS}/{name} was made for another network, recipe or budget. "
            "Without weights nothing is trained until you run `convmark calibrate` again.",
            err=True,
        )
