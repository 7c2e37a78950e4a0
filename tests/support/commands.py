"""What the tests of the command line share: how to call it, and all its commands."""

from typing import Any

import click
from click.testing import CliRunner, Result

from autograder.instructor import cli
from autograder.instructor.reference import all_commands

ALL = {ctx.command_path: (command, ctx) for command, ctx in all_commands()}
LEAVES = sorted(path for path, (command, _) in ALL.items() if not isinstance(command, click.Group))


def convmark(*arguments: Any, **extra: Any) -> Result:
    """Run a command line."""
    return CliRunner().invoke(cli.main, [str(argument) for argument in arguments], **extra)
