"""`convmark grade`: submissions in, gradebook and reports out."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder import dataset, report, safe
from autograder.errors import DataUnavailable, GraderError, SandboxError
from autograder.instructor import batch, parcel, results, sandbox
from autograder.instructor.commands import options
from autograder.instructor.parcel import Isolation
from autograder.instructor.results import Row
from autograder.verdict import Reason

USAGE = (
    "results.not_ours",
    "results.locked",
    "collect.cannot_read",
    "cluster.no_dask",
    "cluster.unreachable",
    "cluster.other_code",
)
SHOWN = 60


@click.command()
@click.argument("submissions", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--out", required=True, type=click.Path(file_okay=False, path_type=Path), metavar="RESULTS", help="The folder of results."
)
@click.option(
    "--jobs",
    type=click.IntRange(1, 256),
    default=options.usable_cpus,
    show_default="processors",
    help="Submissions at the same time.",
)
@click.option(
    "--sections", callback=options.all_sections, metavar="LIST", help="Sections to grade, with commas between; all by default."
)
@click.option("--assignment", default="", metavar="NAME", help="With nbgrader's folders: the assignment to grade.")
@options.data
@click.option("--fresh", is_flag=True, help="Grade everything again, with new probe inputs.")
@options.isolation
@options.no_sandbox
@click.option("--scheduler", metavar="ADDRESS", help="Grade on the Dask cluster of this scheduler, as tcp://host:8786.")
@click.option("--no-similar", is_flag=True, help="Do not look for works with the same code.")
@options.lang
def grade(
    submissions: Path,
    out: Path,
    jobs: int,
    sections: tuple[str, ...],
    assignment: str,
    data: str,
    fresh: bool,
    isolation: str | None,
    no_sandbox: bool,
    scheduler: str | None,
    no_similar: bool,
    lang: str,
) -> None:
    """Grade the submissions of a class.

    SUBMISSIONS is a folder with a folder or a zip for each student, nbgrader's submitted folder, or a
    download from Moodle or Canvas. Running the command again continues where it stopped. The exit status is 0
    when the grader worked, whatever the marks; 1 when it failed; 2 when it refused.
    """
    _check_folders(submissions, out)
    if isolation and no_sandbox:
        raise click.UsageError("--no-sandbox waives what --isolation asks for. Give one of them.")
    try:
        nowhere = parcel.Elsewhere("")
        asked = batch.Options(submissions, out, nowhere, jobs, sections, data, fresh, lang, assignment=assignment)
        asked = replace(asked, warn=lambda error: _warn(error, lang), similar=not no_similar)
        with (
            _placed(asked, parcel.Isolation(no_sandbox, isolation), scheduler) as ready,
            options.progress_bar("Grading") as progress,
        ):
            rows = batch.run(ready, progress)
    except (SandboxError, DataUnavailable) as error:
        raise options.stop(error, lang, options.REFUSED) from None
    except GraderError as error:
        raise options.stop(error, lang, options.REFUSED if error.code in USAGE else options.FAILED) from None
    except KeyboardInterrupt:
        again = "the same command without --fresh" if fresh else "the same command again"
        click.echo(f"Stopped. Run {again} to continue.", err=True)
        raise click.exceptions.Exit(options.INTERRUPTED) from None
    _show(rows, sections, out, lang)


def _warn(error: DataUnavailable, lang: str) -> None:
    """Say that trained weights cannot be evaluated, and what to do about it."""
    why = report.sentences(Reason(error.code, error.params), lang).wrong
    click.echo(f"Warning: {why}. Submissions with trained weights will need attention.", err=True)
    variable = dataset.variable(dataset.lab_name())
    click.echo(f"Name the data with {variable} or --data FILE.npz, or leave accuracy out with --sections.", err=True)


def _check_folders(submissions: Path, out: Path) -> None:
    inner, outer = out.resolve(), submissions.resolve()
    if inner == outer or inner in outer.parents:
        raise click.UsageError("RESULTS must not hold the submissions. Name another folder with --out.")
    for path in (submissions, out):
        if sandbox.exposed(path):
            raise click.UsageError(f"{path} lies in a folder that every sandbox sees, since Python is there. Move it.")


@contextmanager
def _placed(asked: batch.Options, isolation: Isolation, scheduler: str | None) -> Iterator[batch.Options]:
    """The options with a launcher of this machine, or for the cluster; a warning if it protects less than it could.

    Raises:
        GraderError: the cluster cannot be used.
        SandboxError: isolation does not work and was not waived.
    """
    with _on_cluster(asked, isolation, scheduler) if scheduler else nullcontext(asked) as placed:
        if not scheduler:
            placed = replace(placed, launcher=isolation.launcher())
        if placed.launcher.level == "container":
            click.echo("Isolation: container. `convmark doctor` says what it lacks and what to do about it.", err=True)
        if placed.launcher.level == "process":
            click.echo("Warning: no sandbox. Submissions run with your rights: they can read and change your files.", err=True)
        yield placed


def _on_cluster(asked: batch.Options, isolation: Isolation, scheduler: str) -> AbstractContextManager[batch.Options]:
    try:
        from autograder.instructor import cluster
    except ImportError:
        raise GraderError("cluster.no_dask") from None
    click.echo(f"Grading on the cluster of {safe.printable(scheduler)}; this waits until it has a worker.", err=True)
    return cluster.on(asked, scheduler, isolation)


def _points(row: Row, sections: Sequence[str]) -> list[str]:
    values = [row.score, *(row.sections.get(name) for name in sections)]
    return ["" if value is None else report.number(value) for value in values]


def _show(rows: Sequence[Row], sections: Sequence[str], out: Path, lang: str) -> None:
    """The final table; of a large class only those that need attention."""
    needy = [row for row in rows if row.status != "graded"]
    shown = list(rows) if len(rows) <= SHOWN else needy
    if shown:
        table = Table("student", "status", "score", *sections, "reason")
        for row in shown:
            cells = [row.student, row.status, *_points(row, sections), row.why(lang)]
            table.add_row(*(Text(safe.printable(text)) for text in cells))
        Console().print(table)
    click.echo(f"{len(rows) - len(needy)} graded, {len(needy)} need attention. {out / results.GRADES}, {out / results.SUMMARY}")
