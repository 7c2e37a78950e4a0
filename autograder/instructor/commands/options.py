"""What several commands share: their options, how they end, and their progress."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from autograder import dataset, messages, report, scheme
from autograder.errors import ConvmarkError
from autograder.instructor import loop, selftest
from autograder.verdict import Reason

REFUSED, FAILED, INTERRUPTED = 2, 1, 130


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


def all_sections(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[str, ...]:
    """The sections that are named; all if none are."""
    return named_sections(ctx, param, value) or tuple(scheme.load().sections)


def _named_data(ctx: click.Context, param: click.Parameter, value: str) -> str:
    if value not in (dataset.lab_name(), "synthetic") and not (value.endswith(".npz") and Path(value).is_file()):
        raise click.BadParameter(f"{value!r} is neither {dataset.lab_name()} nor synthetic nor an .npz file.")
    return value


data = click.option(
    "--data",
    callback=_named_data,
    default=dataset.lab_name,
    show_default="the lab's",
    help="The lab's data set by its name, such as cifar10, synthetic, or an .npz file.",
)
isolation = click.option(
    "--isolation",
    type=click.Choice(selftest.LEVELS),
    show_default="full; container inside a container",
    help="The weakest level to accept; `convmark doctor` says what works here.",
)
no_sandbox = click.option(
    "--no-sandbox", is_flag=True, help="Go on where isolation does not work. Submissions can then do what you can do."
)
lang = click.option(
    "--lang",
    type=click.Choice(messages.LANGUAGES),
    default=messages.default_language,
    show_default="of the system",
    help="Language of the reports.",
)


def _repository(ctx: click.Context, param: click.Parameter, value: Path) -> Path:
    if not (value / "solution" / "lab.toml").is_file():
        raise click.UsageError(f"No solution/lab.toml in {value.resolve()}. Name the repository with --repo.")
    return value


repo = click.option(
    "--repo",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    callback=_repository,
    default=Path(),
    help="The repository; the current folder by default.",
)


@contextmanager
def progress_bar(what: str) -> Iterator[loop.Progress]:
    """A progress bar on a terminal, nothing elsewhere."""
    console = Console(stderr=True)
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
