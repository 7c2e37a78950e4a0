"""`convmark release`: write what students get."""

from pathlib import Path

import click

from autograder import scheme
from autograder.instructor import labfile
from autograder.instructor import release as generator
from autograder.instructor.commands import options, output
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
@options.quiet
@options.as_json
def release(check: bool, bundle_path: Path | None, solution_path: Path | None, repo: Path) -> None:
    """Generate what students get, the marking scheme of the checks and their documentation from solution/.

    What is printed is English; what is generated is in both languages.
    """
    try:
        if check:
            _check(repo)
        else:
            _write(repo)
        if bundle_path is not None:
            made = generator.bundle(repo, bundle_path)
            output.current().last(f"wrote {made}", bundle=str(made))
        if solution_path is not None:
            solved = generator.write_solution(repo, solution_path)
            output.current().last(f"wrote {solved}", solution=str(solved))
    except SourceError as error:
        raise options.bad_source(error, repo) from None


def _check(repo: Path) -> None:
    found, out = generator.drift(repo), output.current()
    if found:
        out.say(found.rstrip("\n"))
        out.warn("The generated files are not current. Run `convmark release`.")
        out.results |= {"current": False, "difference": found}
        raise click.exceptions.Exit(options.FAILED)
    out.last("The generated files are current.", current=True, difference="")


def _write(repo: Path) -> None:
    changed, out = generator.write(repo), output.current()
    for name in changed:
        out.say(f"wrote {name}")
    stale = [f"{generator.CALIBRATIONS}/{name}" for name in generator.stale(repo / "solution")]
    for name in stale:
        out.warn(
            f"Left out: {name} was made for another network, recipe or budget. "
            "Without weights nothing is trained until you run `convmark calibrate` again."
        )
    points = _points(repo)
    worth = ", ".join(f"{section} {number:g}" for section, number in points.items())
    out.say(f"The checks are worth {sum(points.values()):g} points: {worth}.")
    ending = f"{len(changed)} files written." if changed else "The generated files are current."
    out.last(ending, written=changed, left_out=stale, points=points)


def _points(repo: Path) -> dict[str, float]:
    """What each section is worth: nothing demands a sum, so a slip in one check is to be seen."""
    marking = scheme.parse(labfile.read(repo / "solution"))
    return {section: sum(line.points for line in marking.of([section])) for section in marking.sections}
