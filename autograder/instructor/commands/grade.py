"""`convmark grade`: submissions in, gradebook and reports out."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from autograder import messages, report, safe, scheme
from autograder.errors import ConvmarkError, DataUnavailable, GraderError, SandboxError
from autograder.instructor import batch, loop, parcel, results, sandbox, selftest
from autograder.instructor.parcel import Isolation
from autograder.instructor.results import Row
from autograder.verdict import Reason

REFUSED, FAILED = 2, 1
USAGE = (
    "results.not_ours",
    "results.locked",
    "collect.cannot_read",
    "cluster.no_dask",
    "cluster.unreachable",
    "cluster.other_code",
)
SHOWN = 60


def usable_cpus() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def stop(error: ConvmarkError, lang: str, status: int) -> click.exceptions.Exit:
    """Print what is wrong and what to do; the exception that ends the command with *status*."""
    told = report.sentences(Reason(error.code, error.params), lang)
    click.echo("\n".join(["Error: " + told.wrong, *filter(None, (told.detail, told.todo))]), err=True)
    return click.exceptions.Exit(status)


def named_sections(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[str, ...]:
    """The sections that are named, in their order; none if none are."""
    known = scheme.load().sections
    wanted = [name.strip() for name in (value or "").split(",") if name.strip()]
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise click.BadParameter(f"unknown: {', '.join(unknown)}. The sections are {','.join(known)}.")
    return tuple(name for name in known if name in wanted)


def _sections(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[str, ...]:
    return named_sections(ctx, param, value) or tuple(scheme.load().sections)


def _data(ctx: click.Context, param: click.Parameter, value: str) -> str:
    if value not in ("cifar10", "synthetic") and not (value.endswith(".npz") and Path(value).is_file()):
        raise click.BadParameter(f"{value!r} is neither cifar10 nor synthetic nor an .npz file.")
    return value


@click.command()
@click.argument("submissions", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--out", required=True, type=click.Path(file_okay=False, path_type=Path), metavar="RESULTS", help="The folder of results."
)
@click.option(
    "--jobs", type=click.IntRange(1, 256), default=usable_cpus, show_default="processors", help="Submissions at the same time."
)
@click.option("--sections", callback=_sections, metavar="LIST", help="Sections to grade, with commas between; all by default.")
@click.option("--data", callback=_data, default="cifar10", show_default=True, help="cifar10, synthetic, or an .npz file.")
@click.option("--fresh", is_flag=True, help="Grade everything again, with new probe inputs.")
@click.option(
    "--isolation",
    type=click.Choice(selftest.LEVELS),
    show_default="full; container inside a container",
    help="The weakest level to accept; `convmark doctor` says what works here.",
)
@click.option("--no-sandbox", is_flag=True, help="Grade where isolation does not work. Submissions can then do what you can do.")
@click.option("--scheduler", metavar="ADDRESS", help="Grade on the Dask cluster of this scheduler, as tcp://host:8786.")
@click.option(
    "--lang",
    type=click.Choice(messages.LANGUAGES),
    default=messages.default_language,
    show_default="of the system",
    help="Language of the reports.",
)
def grade(
    submissions: Path,
    out: Path,
    jobs: int,
    sections: tuple[str, ...],
    data: str,
    fresh: bool,
    isolation: str | None,
    no_sandbox: bool,
    scheduler: str | None,
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
        asked = batch.Options(submissions, out, nowhere, jobs, sections, data, fresh, lang, warn=lambda error: _warn(error, lang))
        with _placed(asked, parcel.Isolation(no_sandbox, isolation), scheduler) as options, progress_bar("Grading") as progress:
            rows = batch.run(options, progress)
    except (SandboxError, DataUnavailable) as error:
        raise stop(error, lang, REFUSED) from None
    except GraderError as error:
        raise stop(error, lang, REFUSED if error.code in USAGE else FAILED) from None
    except KeyboardInterrupt:
        again = "the same command without --fresh" if fresh else "the same command again"
        click.echo(f"Stopped. Run {again} to continue.", err=True)
        raise click.exceptions.Exit(130) from None
    _show(rows, sections, out, lang)


def _warn(error: DataUnavailable, lang: str) -> None:
    """Say that trained weights cannot be evaluated, and what to do about it."""
    why = report.sentences(Reason(error.code, error.params), lang).wrong
    click.echo(f"Warning: {why}. Submissions with trained weights will need attention.", err=True)
    click.echo("Name the data with CIFAR10_NPZ or --data FILE.npz, or leave accuracy out with --sections.", err=True)


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
    with _on_cluster(asked, isolation, scheduler) if scheduler else nullcontext(asked) as options:
        if not scheduler:
            options = replace(options, launcher=isolation.launcher())
        if options.launcher.level == "container":
            click.echo("Isolation: container. `convmark doctor` says what it lacks and what to do about it.", err=True)
        if options.launcher.level == "process":
            click.echo("Warning: no sandbox. Submissions run with your rights: they can read and change your files.", err=True)
        yield options


def _on_cluster(asked: batch.Options, isolation: Isolation, scheduler: str) -> AbstractContextManager[batch.Options]:
    try:
        from autograder.instructor import cluster
    except ImportError:
        raise GraderError("cluster.no_dask") from None
    click.echo(f"Grading on the cluster of {safe.printable(scheduler)}; this waits until it has a worker.", err=True)
    return cluster.on(asked, scheduler, isolation)


@contextmanager
def progress_bar(what: str) -> Iterator[loop.Progress]:
    """A progress bar on a terminal, nothing elsewhere."""
    console = Console(stderr=True)
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


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
