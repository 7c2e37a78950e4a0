"""docs/commands.md: generated, current, and true about exit statuses."""

import re

import click

from autograder.instructor import reference
from autograder.instructor.commands import guide, statuses
from tests.conftest import REPO
from tests.support.commands import ALL

PAGE = (REPO / reference.PATH).read_text("utf-8")


def test_the_pages_are_current() -> None:
    """The pages in the repository are what commands, catalogues and modules say now: if not, `make release` writes them."""
    for path, text in reference.pages(REPO).items():
        assert text == (REPO / path).read_text("utf-8"), path


def test_every_command_and_option_is_on_it() -> None:
    """Each command has a heading, and each option stands in a table."""
    missing = [path for path in ALL if path != "convmark" and not re.search(rf"^###? {path}$", PAGE, re.MULTILINE)]
    options = {
        name for command, _ in ALL.values() for one in command.params if isinstance(one, click.Option) for name in one.opts
    }

    assert [] == missing
    assert [] == sorted(name for name in options - {"--version"} if f"`{name}`" not in PAGE)


def test_the_table_of_statuses_is_that_of_the_code() -> None:
    """The table has the constants and no other row, and no command claims another status."""
    table = {int(number): text for number, text in re.findall(r"^\| (\d+) \| (.*) \|$", PAGE, re.MULTILINE)}

    assert statuses.MEANING == table
    assert {statuses.DONE, statuses.ATTENTION, statuses.REFUSED, statuses.INTERRUPTED} == set(table)
    assert {number for path in ALL for number in guide.of(path).status} <= set(table)


def test_links_within_the_page() -> None:
    """The overview leads to headings that exist."""
    headings = {
        re.sub(r"[^a-z0-9 -]", "", line.lower()).strip().replace(" ", "-") for line in re.findall(r"^#+ (.*)$", PAGE, re.M)
    }

    assert [] == sorted(set(re.findall(r"\]\(#([^)]*)\)", PAGE)) - headings)
