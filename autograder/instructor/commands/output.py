"""What a command says: to a person, with `--quiet` only the last line, with `--json` one object for a program.

Errors are always told, on standard error. With `--json` standard output holds one JSON object and nothing else::

    {"schema": 1, "command": "grade", "status": 0, "error": null, "results": {…}}

``results`` has what the last lines say; its keys are in docs/commands.md.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import click

KEY = "autograder.output"
SCHEMA = 1
TABLE_WIDTH = 120  # columns of a table in a file or a pipe


@dataclass
class Output:
    """How a command speaks; ``live`` prints a line above the progress bar that is on the terminal now."""

    quiet: bool = False
    json: bool = False
    live: Callable[[str], None] | None = None
    error: dict[str, str] | None = None
    results: dict[str, Any] = field(default_factory=dict)

    def say(self, text: str = "") -> None:
        """A line of the ordinary story: not shown with `--quiet`."""
        if not self.quiet:
            self._write(text, err=self.json)

    def hint(self, text: str) -> None:
        """A line for a person beside the story, on standard error: not shown with `--quiet`."""
        if not self.quiet:
            self._write(text, err=True)

    def warn(self, text: str) -> None:
        """What went wrong with one of many, on standard error: always shown."""
        self._write(text, err=True)

    def last(self, text: str, **results: Any) -> None:
        """The last line, and what it says as data."""
        self.results |= results
        if not (self.quiet and self.json):
            self._write(text, err=self.json)

    def table(self, made: Any) -> None:
        """A table of rich, as wide as the terminal."""
        from rich.console import Console

        if not self.quiet:
            stream = sys.stderr if self.json else sys.stdout
            Console(file=stream, width=None if stream.isatty() else TABLE_WIDTH).print(made)

    def _write(self, text: str, err: bool) -> None:
        on_terminal = (sys.stderr if err else sys.stdout).isatty()
        if self.live is not None and on_terminal:
            self.live(text)
        else:
            click.echo(text, err=err)

    def finish(self, command: str, status: int) -> None:
        """With `--json`, the object."""
        if self.json:
            click.echo(document(command, status, self.error, self.results))


def document(command: str, status: int, error: dict[str, str] | None, results: dict[str, Any]) -> str:
    """The object of `--json`, on several lines."""
    value = {"schema": SCHEMA, "command": command, "status": status, "error": error, "results": results}
    return json.dumps(value, ensure_ascii=False, indent=1, default=str)


def current() -> Output:
    """The output of the command that is running; an ordinary one if none is."""
    ctx = click.get_current_context(silent=True)
    if ctx is None:
        return Output()
    found: Output = ctx.meta.setdefault(KEY, Output())
    return found


def _set(name: str) -> Callable[[click.Context, click.Parameter, bool], None]:
    def keep(ctx: click.Context, param: click.Parameter, value: bool) -> None:
        setattr(ctx.meta.setdefault(KEY, Output()), name, value)

    return keep


quiet = click.option(
    "--quiet", is_flag=True, is_eager=True, expose_value=False, callback=_set("quiet"), help="Only errors and the last line."
)
as_json = click.option(
    "--json",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_set("json"),
    help="One JSON object on standard output; everything for people on standard error.",
)
