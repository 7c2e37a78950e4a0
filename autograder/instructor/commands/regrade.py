"""`convmark regrade`: new verdicts from stored evidence, and who they change."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder import messages, report, safe
from autograder.errors import GraderError
from autograder.instructor import regrading, results
from autograder.instructor.commands.grade import USAGE
from autograder.instructor.commands.options import FAILED, INTERRUPTED, REFUSED, named_sections, progress_bar, stop, usable_cpus
from autograder.instructor.regrading import Change

REFUSALS = (*USAGE, "regrade.no_results", "regrade.no_evidence")


@click.command()
@click.argument("folder", metavar="RESULTS", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--jobs", type=click.IntRange(1, 256), default=usable_cpus, show_default="processors", help="Verdicts at the same time."
)
@click.option(
    "--sections", callback=named_sections, metavar="LIST", help="Sections to judge, with commas between; as graded by default."
)
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@click.option(
    "--lang", type=click.Choice(messages.LANGUAGES), show_default="as they are", help="Language of the reports and of this table."
)
def regrade(folder: Path, jobs: int, sections: tuple[str, ...], dry_run: bool, lang: str | None) -> None:
    """Judge stored evidence again, after a change of the checks or of the marking scheme.

    RESULTS is a folder that `convmark grade` wrote. No submission runs. Students whose points change are
    listed. Interrupted, it is run again. The exit status is 0 when it worked, whatever changed; 1 when it failed;
    2 when it refused; 130 when it was interrupted.
    """
    shown = lang or messages.default_language()
    try:
        with progress_bar("Regrading") as progress:
            changes = regrading.run(folder, jobs, sections=sections, lang=lang or "", dry=dry_run, progress=progress)
    except GraderError as error:
        raise stop(error, shown, REFUSED if error.code in REFUSALS else FAILED) from None
    except KeyboardInterrupt:
        click.echo("Stopped. Run the same command again to continue.", err=True)
        raise click.exceptions.Exit(INTERRUPTED) from None
    _show([change for change in changes if change.changed], shown)
    _sum_up(changes, folder, dry_run, shown)


def _points(value: float | None) -> str:
    return "" if value is None else report.number(value)


def _show(changes: Sequence[Change], lang: str) -> None:
    if not changes:
        return
    table = Table(*messages.phrase(lang, "regrade_columns").split(", "))
    for change in changes:
        before = change.before.score if change.before else None
        difference = _signed(change.difference) if change.difference else ""
        cells = [change.after.student, _points(before), _points(change.after.score), difference]
        cells += [", ".join(change.checks), change.after.why(lang)]
        table.add_row(*(Text(safe.printable(cell)) for cell in cells))
    Console(width=None if sys.stdout.isatty() else 120).print(table)


def _signed(value: float) -> str:
    return ("+" if value > 0 else "") + report.number(value)


def _sum_up(changes: Sequence[Change], folder: Path, dry: bool, lang: str) -> None:
    """How many changed, whose verdict stays for want of evidence, and who is left for a person."""
    click.echo(_counted(changes, lang))
    kept = [safe.printable(change.after.student) for change in changes if change.kept]
    if kept:
        click.echo(messages.phrase(lang, "regrade_kept", number=len(kept), names=", ".join(kept)))
    for row in (change.after for change in changes if change.after.status != "graded"):
        told = messages.phrase(lang, "regrade_attention", student=row.student, reason=row.why(lang))
        click.echo(safe.printable(told))
    written = f"{folder / results.GRADES}, {folder / results.SUMMARY}"
    click.echo(messages.phrase(lang, "regrade_dry") if dry else written)


def _counted(changes: Sequence[Change], lang: str) -> str:
    moved = [change.difference for change in changes if change.difference]
    numbers = {"changed": sum(change.changed for change in changes), "total": len(changes)}
    if not moved:
        return messages.phrase(lang, "regrade_unchanged", **numbers)
    up, mean = sum(value > 0 for value in moved), round(sum(moved) / len(moved), 2) + 0.0  # no minus before a zero
    return messages.phrase(lang, "regrade_changed", **numbers, up=up, down=len(moved) - up, mean=_signed(mean))
