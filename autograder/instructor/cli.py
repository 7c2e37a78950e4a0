"""The command `convmark`. A command's module is imported when it is called, so that help is quick."""

from importlib import import_module
from typing import Any

import click

from autograder import __version__

# Name, and the line that stands for it in the overview; the module is commands/<name>.py.
COMMANDS = {
    "calibrate": "Find the threshold of the grader's short training, from many runs of the lab's network.",
    "demo": "Make a small class of submissions and grade it.",
    "doctor": "Say what works on this machine: isolation, versions, data set.",
    "export": "Give the scores of a class to another system, or make an autograder for one.",
    "grade": "Grade the submissions of a class.",
    "nbgrader": "Give the lab out and grade it with nbgrader.",
    "quiz": "Check, give and grade the quiz on convolution and regularization.",
    "regrade": "Judge stored evidence again, after a change of the checks or of the marking scheme.",
    "release": "Generate what students get from the lab's source.",
    "train": "Train the lab's network, or a submission's, in full.",
}


class LazyGroup(click.Group):
    """A group whose commands are imported one by one, on demand."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"autograder.instructor.commands.{cmd_name}"), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="convmark")
def main(**_: Any) -> None:
    """Grade the lab: evidence in, verdict out."""


if __name__ == "__main__":
    main()
