"""`convmark doctor`: can submissions be graded here, and how well are they isolated."""

import dataclasses

import click

from autograder import safe
from autograder.instructor import doctor as examination
from autograder.instructor.commands import options, output


@click.command()
@options.lang
@options.quiet
@options.as_json
def doctor(lang: str) -> None:
    """Say what works on this machine: isolation, versions, data set.

    Sandboxes are started and attacked from inside; nothing is installed or changed. Each line is `ok`, `--` (missing,
    and grading works without it) or `NO`, with what to do about it.
    """
    out, findings = output.current(), examination.examine(lang)
    for finding in findings:
        sign = "ok" if finding.good else "--" if finding.optional else "NO"
        tell = out.say if finding.good or finding.optional else out.warn if out.quiet else out.say
        tell(safe.printable(f"[{sign}] {finding.name}" + (f": {finding.text}" if finding.text else "")))
        if not finding.good and finding.remedy:
            tell(safe.printable(f"     {finding.remedy}"))
    level = examination.level()
    possible = all(finding.good or finding.optional for finding in findings)
    out.last(
        f"Isolation: {level}. Grading is {'possible' if possible else 'refused'}.",
        isolation=level,
        possible=possible,
        findings=[dataclasses.asdict(finding) for finding in findings],
    )
    if not possible:
        raise click.exceptions.Exit(options.REFUSED)
