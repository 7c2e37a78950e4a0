"""`convmark export`: the verdicts of a batch for other systems."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from autograder import safe
from autograder.errors import GraderError
from autograder.instructor import selftest
from autograder.instructor.commands import mistakes, options, output
from autograder.instructor.exports import late_files, reports
from autograder.instructor.exports.asked import Exported, Request
from autograder.instructor.exports.targets import TARGETS, Target
from autograder.instructor.nbgrader.course import ASSIGNMENT

SHOWN = 20
NO_POLICY = "none"
GENERAL = {"target", "lang"}
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
OUT = {  # what one would call it
    "parquet": "grades.parquet",
    "junit": "junit.xml",
    "prairielearn": "results.json",
    "gradescope": "autograder.zip",
    "github-classroom": "starter",
}
FAILURES = ("results.cannot_write", "grader.bug")


class Listing(click.Command):
    """A command whose help lists the systems, and what each needs."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the systems."""
        with formatter.section("Systems"):
            formatter.write_dl([(target.name, _about(target)) for target in TARGETS.values()])


def _about(target: Target) -> str:
    taken = " ".join(_option(name) for name in sorted(target.options - {"results", "out"}))
    return f"{target.about}. {taken}" if taken else f"{target.about}."


def _option(name: str) -> str:
    return "RESULTS" if name == "results" else f"--{name.replace('_', '-')}"


@click.command(cls=Listing)
@click.argument("results", required=False, type=FOLDER)
@click.option("--to", "target", type=click.Choice(list(TARGETS)), required=True, help="The system, from the list below.")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="What to write; a folder for github-classroom.")
@click.option("--template", type=FILE, help="What Canvas or Moodle exported: students' rows are filled in, the rest stays.")
@click.option("--assignment", default=ASSIGNMENT, show_default=True, metavar="NAME", help="The name of the assignment there.")
@click.option("--course", type=FOLDER, help="nbgrader's course.")
@click.option("--student", default="", metavar="NAME", help="The one student to export.")
@click.option("--late", "late_file", type=FILE, help="CSV: student, submitted or days_late, extension. Needs --policy.")
@click.option("--policy", metavar="TOML", help="What lateness costs: a file, or due=2026-12-01T23:59+03:00,penalty=10; or none.")
@click.option("--sections", callback=options.all_sections, metavar="LIST", help="Sections to grade there; all by default.")
@click.option(
    "--isolation",
    type=click.Choice(selftest.LEVELS),
    default="container",
    show_default=True,
    help="The weakest to accept there.",
)
@click.option("--no-sandbox", is_flag=True, help="Let it grade there even where isolation does not work.")
@click.option("--repo", type=FOLDER, default=Path(), help="The repository of the lab; the current folder by default.")
@options.quiet
@options.as_json
@options.lang
@click.pass_context
def export(ctx: click.Context, /, **_: Any) -> None:
    """Give scores, and what belongs to them, to another system.

    RESULTS is the folder that `convmark grade` wrote. No verdict is changed, and students about whom anything is unsure are
    named and left out. Who needs attention has no score. Run it as often as you like.

    The exit status is 0 if everybody is there now, 1 if somebody is missing, 2 if nothing could be written.
    """
    given = ctx.params
    target = TARGETS[given["target"]]
    _check(ctx, target)
    lang = given["lang"]
    try:
        with options.progress_bar("Exporting") as progress:
            request = _request(given, progress)
            found = target.export(request)
            found.said += _in_reports(target, request, given["policy"])
    except GraderError as error:
        raise options.stop(error, lang, options.FAILED if error.code in FAILURES else options.REFUSED) from None
    _tell(found)
    if found.missing:
        raise click.exceptions.Exit(options.FAILED)


def _in_reports(target: Target, request: Request, policy: str | None) -> list[str]:
    """Make the students' reports say what lateness costs; what became of that.

    Raises:
        GraderError: they cannot be written.
    """
    if "late" not in target.options:
        return []
    request = replace(request, progress=lambda done, total: None)
    if policy is not None:
        changed = reports.follow(request)
        return [f"Reports made again, which say what lateness costs: {changed}."] if changed else []
    telling = reports.telling(request)
    hint = "give the same --policy, or --policy none to take them out"
    return [f"{telling} reports tell deductions for lateness that are not exported here: {hint}."] if telling else []


def _check(ctx: click.Context, target: Target) -> None:
    """Refuse options that do not apply to a system, and ask for those that it needs."""
    names = {"late_file": "late"}
    given = {
        names.get(name, name) for name in ctx.params if ctx.get_parameter_source(name) not in (None, ParameterSource.DEFAULT)
    }
    stray = sorted(given - GENERAL - target.options)
    if stray:
        raise _stray(target, stray)
    missing = sorted(name for name in target.needs if ctx.params[name] is None)
    if missing:
        raise mistakes.wrong(
            f"{target.name} needs {', '.join(map(_option, missing))}.",
            expected=f"--to {target.name} with {', '.join(map(_option, sorted(target.needs)))}",
            received=f"nothing for {' and '.join(map(_option, missing))}",
            todo=f"For example: {_example(target)}",
        )
    if "late" in given and "policy" not in given:
        raise mistakes.wrong(
            "--late says who was late, --policy what that costs.",
            expected="both, or the policy alone",
            received="--late alone",
            todo="Say what lateness costs, as --policy penalty=10; docs/exports.md, Late work, has all that a policy can say.",
        )
    if "late" in given and ctx.params["policy"] == NO_POLICY:
        raise mistakes.wrong(
            "--policy none takes nothing off, whoever was late.",
            expected="--policy none alone, or a policy with --late",
            received="--policy none with --late",
            todo="Leave --late out, or name a policy.",
        )
    if given >= {"isolation", "no_sandbox"}:
        raise mistakes.wrong(
            "--no-sandbox waives what --isolation asks for.",
            expected="one of them or none",
            received="both",
            todo="Leave one of them out.",
        )


def _example(target: Target) -> str:
    """A line with everything that a system needs."""
    values = {"out": OUT.get(target.name, "grades.csv"), "course": "COURSE"}
    needs = [f"{_option(name)} {values[name]}" for name in sorted(target.needs - {"results"})]
    return " ".join(["convmark export", *sorted(target.needs & {"results"}), f"--to {target.name}", *needs])


def _stray(target: Target, stray: Sequence[str]) -> mistakes.Mistake:
    """What is said of options that mean nothing for a system."""
    others = [other.name for other in TARGETS.values() if stray[0] in other.options]
    names = ", ".join(map(_option, stray))
    return mistakes.wrong(
        f"{names} {'does' if len(stray) == 1 else 'do'} not apply to {target.name}.",
        expected=f"--to {target.name} with {', '.join(map(_option, sorted(target.options)))}",
        received=f"{names} as well",
        todo=f"Leave {'it' if len(stray) == 1 else 'them'} out; {_option(stray[0])} is for --to {', '.join(others)}.",
    )


def _request(given: Mapping[str, Any], progress: Any) -> Request:
    """What the target is asked for.

    Raises:
        GraderError: the policy or the file of late submissions cannot be used.
    """
    policy = given["policy"] if given["policy"] != NO_POLICY else None
    book = late_files.read(late_files.read_policy(policy), given["late_file"]) if policy else None
    return Request(
        target=given["target"],
        lang=given["lang"],
        results=given["results"] or Path(),
        out=given["out"] or Path(),
        template=given["template"],
        assignment=given["assignment"],
        course=given["course"] or Path(),
        student=given["student"],
        late=book,
        sections=given["sections"],
        isolation=given["isolation"],
        no_sandbox=given["no_sandbox"],
        repo=given["repo"],
        progress=progress,
    )


def _tell(found: Exported) -> None:
    """What was written, and who is to be named."""
    out = output.current()
    for line in found.said[:-1]:
        out.say(line)
    out.last(found.said[-1] if found.said else "", said=found.said, noted=found.noted, missing=found.missing)
    for what, students in found.noted.items():
        out.hint(_named(what, students))
    for what, students in found.missing.items():
        out.warn(_named(what, students))


def _named(what: str, students: list[str]) -> str:
    """Students of whom something is to be said, in a line."""
    more = f" and {len(students) - SHOWN} more" if len(students) > SHOWN else ""
    names = ", ".join(safe.printable(name) for name in students[:SHOWN])
    return f"{len(students)} {what}: {names}{more}"
