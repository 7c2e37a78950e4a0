"""The command `convmark`. A command's module is imported when it is called, so that help is quick."""

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import click

from autograder import __version__
from autograder.instructor.commands import shape

# Name, and the line that stands for it in the overview; the module is commands/<name>.py.
COMMANDS = {
    "calibrate": "Find the threshold of the grader's short training, from many runs of the lab's network.",
    "completion": "Print what lets a shell complete commands, options and paths.",
    "demo": "Make a small class of submissions and grade it.",
    "doctor": "Say what works on this machine: isolation, versions, data set.",
    "export": "Give the scores of a class to another system, or make an autograder for one.",
    "grade": "Grade the submissions of a class.",
    "nbgrader": "Give the lab and the quiz out and grade them with nbgrader.",
    "quiz": "Check, give and grade the quiz on convolution and regularization.",
    "regrade": "Judge stored evidence again, after a change of the checks or of the marking scheme.",
    "release": "Generate what students get from the lab's source.",
    "train": "Train the lab's network, or a submission's, in full.",
}
HEADINGS = {
    "A class": ("doctor", "grade", "regrade", "export", "demo"),
    "Quiz and nbgrader": ("quiz", "nbgrader"),
    "The lab itself": ("release", "calibrate", "train"),
    "This program": ("completion",),
}
GROUPS = ("nbgrader", "quiz")
NAME = "convmark"
WIDEST = 100  # columns of help


class LazyGroup(shape.Group):
    """A group whose commands are imported one by one, on demand."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now."""
        if cmd_name not in COMMANDS:
            return None
        if cmd_name not in self.commands:
            module = import_module(f"autograder.instructor.commands.{cmd_name}")
            self.commands[cmd_name] = shape.adopted(getattr(module, cmd_name))
        return self.commands[cmd_name]

    def summaries(self, ctx: click.Context) -> list[tuple[str, str]]:
        """Each command with its line, without importing it."""
        return sorted(COMMANDS.items())

    def headings(self, ctx: click.Context) -> Mapping[str, Sequence[str]]:
        """The commands by what they are for."""
        return HEADINGS

    def below(self, ctx: click.Context) -> list[str]:
        """The commands of the groups; these are imported."""
        groups = [group for name in GROUPS if isinstance(group := self.get_command(ctx, name), click.Group)]
        return [f"{group.name} {name}" for group in groups for name in group.list_commands(ctx)]

    def main(self, args: Sequence[str] | None = None, prog_name: str | None = None, *rest: Any, **extra: Any) -> Any:
        """Run a command line; however it was started, it is called convmark."""
        _readable()
        return super().main(args, prog_name or NAME, *rest, **extra)


def _readable() -> None:
    """Where the terminal or the pipe cannot show a character, a question mark is better than an end."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")


@click.command(NAME, cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": WIDEST})
@click.version_option(__version__, prog_name=NAME)
def main(**_: Any) -> None:
    """Grade the lab: evidence in, verdict out.

    A submission runs once, in a sandbox, and leaves evidence; points and reports are made from that.
    """


if __name__ == "__main__":
    main()
