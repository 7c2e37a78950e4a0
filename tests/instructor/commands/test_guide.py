"""Help: what every command teaches, and that its examples are command lines that are accepted."""

import shlex
from pathlib import Path

import click
import pytest

from autograder.instructor import cli
from autograder.instructor.commands import guide, statuses
from tests.conftest import REPO
from tests.support.commands import ALL, LEAVES, convmark

EXAMPLES = [(path, line) for path in sorted(ALL) for line, _ in guide.of(path).examples]


@pytest.mark.parametrize("path", sorted(ALL))
def test_every_command_is_taught(path: str) -> None:
    """Help has examples, what comes next and exit statuses; of a command also what it reads and writes."""
    text = convmark(*path.split()[1:], "--help").stdout
    titles = ["Examples:", "Next:", "Exit status:", *(["Reads:", "Writes:"] if path in LEAVES else [])]

    assert [] == [title for title in titles if title not in text.splitlines()]
    assert set(guide.of(path).status) <= set(statuses.MEANING)
    assert {statuses.DONE, statuses.REFUSED} <= set(guide.of(path).status)


def test_the_guide_tells_of_no_other_command() -> None:
    """Every table of guide.toml belongs to a command, and names options that it has."""
    names = {path.removeprefix("convmark ") for path in ALL}
    unknown = [
        (path, name)
        for path, (command, _) in ALL.items()
        for name in guide.of(path).first
        if not any(name in one.opts for one in command.params)
    ]

    assert names == set(guide.names())
    assert [] == unknown


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("path", sorted(ALL))
def test_help_fits(path: str, columns: int) -> None:
    """No line is longer than the terminal, and none needs more than 100 columns."""
    text = convmark(*path.split()[1:], "--help", env={"COLUMNS": str(columns)}).stdout

    assert [] == [line for line in text.splitlines() if len(line) > min(columns, cli.WIDEST)]
    assert text.startswith(f"Usage: {path} ")


@pytest.mark.parametrize("path", sorted(path for path in ALL if path not in LEAVES))
def test_a_group_alone_shows_its_help(path: str) -> None:
    """Who types only the name of a group is taught, and has made no mistake."""
    alone, asked = convmark(*path.split()[1:]), convmark(*path.split()[1:], "-h")

    assert (0, asked.stdout) == (alone.exit_code, alone.stdout)


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The places that the examples name, in the current folder."""
    for name in ("quiz", "solution"):
        (tmp_path / name).symlink_to(REPO / name)
    for name in ("submissions/ann", "results", "sheets", "quiz-results", "COURSE", "my-bank"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("class.csv", "responses.csv"):
        (tmp_path / name).write_text("", "utf-8")
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("course")
@pytest.mark.parametrize(("path", "line"), EXAMPLES, ids=[line for _, line in EXAMPLES])
def test_examples_are_accepted(path: str, line: str) -> None:
    """Each example parses, with every option and every path in it, and belongs to the command that shows it."""
    line = line.removeprefix('eval "$(').removesuffix(')"')
    words = shlex.split(line.partition(" > ")[0])
    ctx = click.Context(cli.main, info_name=words.pop(0))
    command: click.Command = cli.main
    while isinstance(command, click.Group):
        name, found, words = command.resolve_command(ctx, words)
        assert found is not None
        command, parent = found, ctx
        ctx = found.make_context(name, list(words), parent=parent) if not isinstance(found, click.Group) else ctx
        if isinstance(found, click.Group):
            ctx = click.Context(found, info_name=name, parent=parent)

    assert f"{ctx.command_path} ".startswith(f"{path} ")
