"""`convmark doctor`: can submissions be graded here, and how well are they isolated."""

import click

from autograder import messages, safe
from autograder.instructor import doctor as examination


@click.command()
@click.option(
    "--lang",
    type=click.Choice(messages.LANGUAGES),
    default=messages.default_language,
    show_default="of the system",
    help="Language of the sentences.",
)
def doctor(lang: str) -> None:
    """Say what works on this machine: isolation, versions, data set.

    The exit status is 0 when submissions can be graded in sandboxes.
    """
    findings = examination.examine(lang)
    for finding in findings:
        sign = "ok" if finding.good else "--" if finding.optional else "NO"
        click.echo(safe.printable(f"[{sign}] {finding.name}" + (f": {finding.text}" if finding.text else "")))
        if not finding.good and finding.remedy:
            click.echo(safe.printable(f"     {finding.remedy}"))
    level = examination.level()
    possible = all(finding.good or finding.optional for finding in findings)
    click.echo(f"Isolation: {level}. Grading is {'possible' if possible else 'refused'}.")
    if not possible:
        raise click.exceptions.Exit(2)
