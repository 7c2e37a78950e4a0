"""`convmark grade`: submissions in, gradebook and reports out."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

import click
from rich.table import Column, Table
from rich.text import Text

from autograder import dataset, report, safe
from autograder.errors import DataUnavailable, GraderError, SandboxError
from autograder.instructor import batch, collect, parcel, results, sandbox
from autograder.instructor.class_page import OF_THE_RUN
from autograder.instructor.commands import kinds, mistakes, options, output
from autograder.instructor.parcel import Isolation
from autograder.instructor.results import Row
from autograder.verdict import Reason

USAGE = (
    "results.not_ours",
    "results.locked",
    "results.other_class",
    "collect.cannot_read",
    "collect.nobody",
    "collect.no_assignment",
    "cluster.no_dask",
    "cluster.unreachable",
    "cluster.other_code",
)
SHOWN = 60
NAMED = 10


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
    "--sections",
    callback=options.all_sections,
    metavar="LIST",
    shell_complete=options.complete_sections,
    help="Sections to grade, with commas between; all by default.",
)
@click.option("--assignment", default="", metavar="NAME", help="With nbgrader's folders: the assignment to grade.")
@options.data
@click.option("--fresh", is_flag=True, help="Grade everything again, with new probe inputs.")
@options.isolation
@options.no_sandbox
@click.option("--scheduler", metavar="ADDRESS", help="Grade on the Dask cluster of this scheduler, as tcp://host:8786.")
@click.option("--no-similar", is_flag=True, help="Do not look for works with the same code.")
@options.lang
@options.quiet
@options.as_json
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
    """Grade the submissions of a class, each in a sandbox of its own.

    Running the command again continues where it stopped, and grades anew only what has changed.
    """
    late: list[str] = []
    _check_folders(submissions, out)
    if isolation and no_sandbox:
        raise mistakes.wrong(
            "--no-sandbox waives what --isolation asks for.",
            expected="one of them or none",
            received="both",
            todo="Leave one of them out.",
        )
    try:
        results.check(out)  # before anything is written there
        nowhere = parcel.Elsewhere("")
        asked = batch.Options(submissions, out, nowhere, jobs, sections, data, fresh, lang, assignment=assignment)
        asked = replace(asked, warn=lambda error: _warn(error, lang), similar=not no_similar)
        asked = replace(asked, listed=lambda entries: late.extend(collect.marked_late(entries)))
        with (
            _placed(asked, parcel.Isolation(no_sandbox, isolation), scheduler) as ready,
            options.progress_bar("Grading", jobs) as progress,
        ):
            rows = batch.run(ready, progress)
    except (SandboxError, DataUnavailable) as error:
        raise options.stop(error, lang, options.REFUSED) from None
    except GraderError as error:
        raise options.stop(error, lang, options.REFUSED if error.code in USAGE else options.FAILED) from None
    except KeyboardInterrupt:
        raise options.interrupted("the same command without --fresh" if fresh else "the same command again") from None
    _show(rows, sections, out, lang, late)
    if any(row.status != "graded" for row in rows):
        raise click.exceptions.Exit(options.FAILED)


def _warn(error: DataUnavailable, lang: str) -> None:
    """Say that no accuracy can be measured, and what to do about it."""
    why, say = report.sentences(Reason(error.code, error.params), lang).wrong, output.current().hint
    say(f"Warning: {why}. Accuracy cannot be measured, so submissions will need attention.")
    variable = dataset.variable(dataset.lab_name())
    say(f"Name the data with {variable} or --data FILE.npz, or leave accuracy out with --sections.")


def _check_folders(submissions: Path, out: Path) -> None:
    inner, outer = out.resolve(), submissions.resolve()
    if inner == outer or inner in outer.parents:
        raise mistakes.wrong(
            "The folder of results must not hold the submissions.",
            expected="another folder behind --out",
            received=f"--out {out}",
            todo="Name a folder beside the submissions, as --out results.",
        )
    if kinds.is_results(submissions):
        raise mistakes.wrong(
            f"{submissions} holds results, not submissions.",
            expected="what students handed in",
            received=kinds.describe(submissions),
            todo=f"Name the folder of submissions; to judge these results again: convmark regrade {submissions}",
        )
    if kinds.holds_no_class(submissions):
        raise mistakes.wrong(
            f"{submissions} holds no submissions.",
            expected="a folder in which each student has a folder or a zip",
            received=kinds.describe(submissions),
            todo="Name the folder of submissions.",
        )
    for path in (submissions, out):
        if sandbox.exposed(path):
            raise mistakes.wrong(
                f"{path} lies in a folder that every sandbox sees, since Python is there.",
                expected="a folder outside of Python's",
                received=str(path.resolve()),
                todo="Move it, or name another one.",
            )


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
            output.current().hint("Isolation: container. `convmark doctor` says what it lacks and what to do about it.")
        if placed.launcher.level == "process":
            output.current().hint("Warning: no sandbox. Submissions run with your rights: they can read and change your files.")
        yield placed


def _on_cluster(asked: batch.Options, isolation: Isolation, scheduler: str) -> AbstractContextManager[batch.Options]:
    try:
        from autograder.instructor import cluster
    except ImportError:
        raise GraderError("cluster.no_dask") from None
    output.current().hint(f"Grading on the cluster of {safe.printable(scheduler)}; this waits until it has a worker.")
    return cluster.on(asked, scheduler, isolation)


def _points(row: Row, sections: Sequence[str]) -> list[str]:
    values = [row.score, *(row.sections.get(name) for name in sections)]
    return ["" if value is None else report.number(value) for value in values]


def _tell_late(late: Sequence[str]) -> None:
    """Who is late by the names of a download: not how late, so nothing is deducted."""
    if late:
        names = ", ".join(map(safe.printable, late[:NAMED])) + (" …" if len(late) > NAMED else "")
        output.current().say(f"Marked as late by Canvas: {len(late)} ({names}). What that may cost: docs/exports.md, Late work.")


def _show(rows: Sequence[Row], sections: Sequence[str], out: Path, lang: str, late: Sequence[str] = ()) -> None:
    """The final table, of a large class only those that need attention; and who was late."""
    needy = [row for row in rows if row.status != "graded"]
    shown = list(rows) if len(rows) <= SHOWN else needy
    if shown:
        table = Table(Column("student", overflow="fold"), "status", "score", *sections, "reason")
        for row in shown:
            cells = [row.student, row.status, *_points(row, sections), row.why(lang)]
            table.add_row(*(Text(safe.printable(text)) for text in cells))
        output.current().table(table)
    _tell_late(late)
    flagged = sum(any(flag["code"] not in OF_THE_RUN for flag in row.flags) for row in rows)
    counts = f"{len(rows) - len(needy)} graded, {len(needy)} need attention" + (f", {flagged} flagged" if flagged else "")
    output.current().last(
        f"{counts}. {out / results.GRADES}, {out / results.SUMMARY}",
        graded=len(rows) - len(needy),
        needs_attention=[{"student": row.student, "reason": row.why(lang)} for row in needy],
        marked_late=list(late),
        gradebook=str(out / results.GRADES),
        page=str(out / results.SUMMARY),
    )
