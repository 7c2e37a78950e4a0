"""`convmark regrade`: new verdicts from stored evidence, and who they change."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from autograder import messages, report, safe
from autograder.errors import ConvmarkError, GraderError
from autograder.instructor import regrading, release, results
from autograder.instructor.commands import kinds, mistakes, options, output
from autograder.instructor.commands.grade import USAGE
from autograder.instructor.regrading import Change
from autograder.instructor.source import SourceError
from autograder.launcher import ROOT

REFUSALS = (*USAGE, "regrade.no_results", "regrade.no_evidence")


@click.command()
@click.argument("folder", metavar="RESULTS", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--jobs",
    type=click.IntRange(1, 256),
    default=options.usable_cpus,
    show_default="processors",
    help="Verdicts at the same time.",
)
@click.option(
    "--sections",
    callback=options.named_sections,
    metavar="LIST",
    shell_complete=options.complete_sections,
    help="Sections to judge, with commas between; as graded by default.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@click.option(
    "--lang",
    type=click.Choice(messages.LANGUAGES),
    show_default="as they are",
    help="Language of the reports, and of what is printed.",
)
@options.quiet
@options.as_json
def regrade(folder: Path, jobs: int, sections: tuple[str, ...], dry_run: bool, lang: str | None) -> None:
    """Judge stored evidence again, after a change of the checks or of the marking scheme.

    No submission runs, and none is needed. Students whose points change are listed with the checks that changed.
    Interrupted, it is run again.
    """
    shown = lang or messages.default_language()
    if (folder / "responses.csv").is_file() and not kinds.is_results(folder):
        raise mistakes.wrong(
            f"{folder} holds marks of the quiz, not of the lab.",
            expected="a folder that `convmark grade --out` wrote",
            received=kinds.describe(folder),
            todo="The quiz is marked again by the same `convmark quiz grade` as before.",
        )
    try:
        with options.progress_bar("Regrading", jobs) as progress:
            changes = regrading.run(folder, jobs, sections=sections, lang=lang or "", dry=dry_run, progress=progress)
    except GraderError as error:
        raise options.stop(error, shown, options.REFUSED if error.code in REFUSALS else options.FAILED) from None
    except KeyboardInterrupt:
        raise options.interrupted() from None
    _show([change for change in changes if change.moved], shown)
    if not any(change.changed for change in changes):
        _remind(shown)
    _sum_up(changes, folder, dry_run, shown)
    if any(change.after.status != "graded" for change in changes):
        raise click.exceptions.Exit(options.FAILED)


def _remind(lang: str) -> None:
    """Say that `convmark release` is still to be run, where lab.toml was changed in the clone that this runs from."""
    try:
        is_behind = ROOT == Path.cwd() and bool(release.drift(ROOT))
    except (ConvmarkError, SourceError, OSError):
        return
    if is_behind:
        output.current().hint(messages.phrase(lang, "regrade_release"))


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
    output.current().table(table)


def _signed(value: float) -> str:
    return ("+" if value > 0 else "") + report.number(value)


def _sum_up(changes: Sequence[Change], folder: Path, dry: bool, lang: str) -> None:
    """Whose points changed, who could not be judged again for want of evidence, and who is left for a person."""
    out, rows = output.current(), [change.after for change in changes if change.after.status != "graded"]
    out.say(_counted(changes, lang))
    same = sum(change.changed and not change.moved for change in changes)
    if same:
        out.say(messages.phrase(lang, "regrade_same", number=same))
    kept = [safe.printable(change.after.student) for change in changes if change.kept]
    if kept:
        out.say(messages.phrase(lang, "regrade_kept", number=len(kept), names=", ".join(kept)))
    for row in rows:
        out.say(safe.printable(messages.phrase(lang, "regrade_attention", student=row.student, reason=row.why(lang))))
    written = f"{folder / results.GRADES}, {folder / results.SUMMARY}"
    ending = messages.phrase(lang, "regrade_dry") if dry else written
    out.last(
        f"{_counted(changes, lang)}. {ending}" if out.quiet else ending,
        students=len(changes),
        changed=[_data(change) for change in changes if change.changed],
        kept=kept,
        needs_attention=[{"student": row.student, "reason": row.why(lang)} for row in rows],
        written=not dry,
        gradebook=str(folder / results.GRADES),
        page=str(folder / results.SUMMARY),
    )


def _data(change: Change) -> dict[str, Any]:
    before, after = change.before, change.after
    scores = {"before": before.score if before else None, "after": after.score, "difference": change.difference}
    return {"student": after.student, **scores, "checks": list(change.checks)}


def _counted(changes: Sequence[Change], lang: str) -> str:
    moved, total = [change.difference for change in changes if change.difference], len(changes)
    if not moved:
        return messages.phrase(lang, "regrade_unchanged", total=total)
    up, mean = sum(value > 0 for value in moved), round(sum(moved) / len(moved), 2) + 0.0  # no minus before a zero
    return messages.phrase(
        lang, "regrade_changed", moved=len(moved), total=total, up=up, down=len(moved) - up, mean=_signed(mean)
    )
