"""What several commands share: their options, how they end, and their progress."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from autograder import dataset, messages, report, scheme
from autograder.errors import ConvmarkError
from autograder.instructor import selftest
from autograder.instructor.commands import kinds, mistakes, output
from autograder.instructor.commands.output import as_json, quiet
from autograder.instructor.commands.progress import progress_bar
from autograder.instructor.commands.statuses import ATTENTION, INTERRUPTED, REFUSED
from autograder.verdict import Reason

__all__ = ["ATTENTION", "INTERRUPTED", "REFUSED", "as_json", "progress_bar", "quiet"]
FAILED = ATTENTION


def usable_cpus() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def stop(error: ConvmarkError, lang: str, status: int) -> click.exceptions.Exit:
    """Print what is wrong and what to do; the exception that ends the command with *status*."""
    told = report.sentences(Reason(error.code, error.params), lang)
    what = told.wrong + ("" if told.wrong.endswith((".", "!", "?")) else ".")
    click.echo("\n".join(["Error: " + what, *filter(None, (told.detail, told.todo))]), err=True)
    output.current().error = {"code": error.code, "wrong": told.wrong, "detail": told.detail, "todo": told.todo}
    return click.exceptions.Exit(status)


def interrupted(again: str = "the same command again") -> click.exceptions.Exit:
    """Say how to go on after Ctrl-C; the exception that ends the command."""
    output.current().warn(f"Stopped. Run {again} to continue.")
    return click.exceptions.Exit(INTERRUPTED)


def named_sections(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[str, ...]:
    """The sections that are named, in their order; none if none are."""
    known = scheme.load().sections
    wanted = [name.strip() for name in (value or "").split(",") if name.strip()]
    unknown = [name for name in wanted if name not in known]
    if unknown:
        near = mistakes.question(mistakes.did_you_mean(unknown[0], known))
        raise mistakes.wrong(
            f"--sections names unknown sections: {', '.join(unknown)}.",
            expected=f"some of {','.join(known)}",
            received=value,
            todo=f"{near}Separate them with commas and no spaces, as --sections {','.join(list(known)[:2])}.",
        )
    return tuple(name for name in known if name in wanted)


def all_sections(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[str, ...]:
    """The sections that are named; all if none are."""
    return named_sections(ctx, param, value) or tuple(scheme.load().sections)


def complete_sections(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The sections that may come behind the last comma."""
    before, comma, last = incomplete.rpartition(",")
    names = [name for name in scheme.load().sections if name not in before.split(",")]
    return [CompletionItem(f"{before}{comma}{name}") for name in names if name.startswith(last)]


def _sets() -> tuple[str, str]:
    return dataset.lab_name(), dataset.SYNTHETIC


def _named_data(ctx: click.Context, param: click.Parameter, value: str) -> str:
    if value not in _sets() and not (value.endswith(".npz") and Path(value).is_file()):
        near = mistakes.question(mistakes.did_you_mean(value, _sets()))
        raise mistakes.wrong(
            f"--data cannot be {value}.",
            expected=f"{dataset.lab_name()}, synthetic, or an .npz file that exists",
            received=kinds.describe(Path(value)) if value.endswith(".npz") or Path(value).exists() else value,
            todo=f"{near}docs/instructors.md, Data, says where the data comes from and what the file holds.",
        )
    return value


def _complete_data(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    found = [CompletionItem(name) for name in _sets() if name.startswith(incomplete)]
    return found or [CompletionItem(incomplete, type="file")]


data = click.option(
    "--data",
    callback=_named_data,
    default=dataset.lab_name,
    show_default="the lab's",
    metavar="DATA",
    shell_complete=_complete_data,
    help="Images for the accuracy: the lab's data set, such as cifar10, synthetic, or FILE.npz.",
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
    help="Language of reports and of reasons; the command's own lines stay English.",
)


def out_folder(default: str, what: str = "Where to write.") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The folder that a command writes to, *default* if none is named."""
    return click.option(
        "--out",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path(default),
        show_default=True,
        metavar="FOLDER",
        help=what,
    )


def _repository(ctx: click.Context, param: click.Parameter, value: Path) -> Path:
    if not (value / "solution" / "lab.toml").is_file():
        raise mistakes.wrong(
            f"{value} is not the repository of the lab: there is no solution/lab.toml.",
            expected="the folder of the clone",
            received=kinds.describe(value.resolve()),
            todo="Name the repository with --repo. Without it, the folder that you are in is taken.",
        )
    return value


def bad_source(error: Exception, repo: Path) -> mistakes.Mistake:
    """What is said of a source of the lab that cannot be read."""
    return mistakes.unusable(
        error,
        expected="the lab's source as solution/README.md describes it",
        received=kinds.describe(repo / "solution"),
        todo="Mend what is named in solution/.",
    )


repo = click.option(
    "--repo",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    callback=_repository,
    default=Path(),
    show_default="this folder",
    metavar="FOLDER",
    help="The clone with the lab's source.",
)
