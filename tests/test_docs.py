"""The documentation: what it names exists, and what it prints is printed."""

import re
from collections.abc import Iterable
from pathlib import Path

import click
import pytest

from autograder import __version__
from autograder.instructor.cli import COMMANDS, main
from autograder.scheme import load
from tests.conftest import REPO

PAGES = sorted([*REPO.glob("*.md"), *(REPO / "docs").glob("*.md"), *(REPO / "solution").glob("*.md")])


def text(*pages: str) -> str:
    """The text of some pages."""
    return "\n".join((REPO / page).read_text("utf-8") for page in pages)


def links() -> Iterable[tuple[Path, str]]:
    """Every link of every page that is no address on the net."""
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)[^):]*\)", page.read_text("utf-8")):
            yield page, target


def test_links_lead_somewhere() -> None:
    """Every relative link leads to a file of the repository."""
    broken = [f"{page.name}: {target}" for page, target in links() if not (page.parent / target).exists()]

    assert [] == broken
    assert any(True for _ in links())


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_is_documented(name: str) -> None:
    """Every command of `convmark` is named in the README or the instructors' page."""
    assert f"convmark {name}" in text("README.md", "docs/instructors.md", "docs/students.md", "CHANGELOG.md")


@pytest.mark.parametrize("name", ["grade", "regrade"])
def test_every_option_is_documented(name: str) -> None:
    """The instructors' page names every option of `convmark grade` and `convmark regrade`."""
    command = main.get_command(click.Context(main), name) if isinstance(main, click.Group) else None
    assert command is not None
    options = [option for parameter in command.params for option in parameter.opts if option.startswith("--")]
    missing = [option for option in options if option not in text("docs/instructors.md")]

    assert [] == missing


def test_documented_options_of_pytest_exist() -> None:
    """Options that the students' page shows are those of the plugin."""
    plugin = (REPO / "autograder" / "plugin.py").read_text("utf-8")
    shown = set(re.findall(r"(--[a-z]+)=", text("docs/students.md")))

    assert shown
    assert all(f'addoption("{option}"' in plugin for option in shown)


def test_version_stands_in_the_changelog() -> None:
    """The newest entry of the changelog is this version."""
    assert __version__ == re.findall(r"^## (\S+)", text("CHANGELOG.md"), re.MULTILINE)[0]


def test_make_targets_exist() -> None:
    """Every `make` target that a page names is in the Makefile."""
    named = {target for page in PAGES for target in re.findall(r"\bmake ([a-z]+)\b(?=[ `\n])", page.read_text("utf-8"))}
    made = set(re.findall(r"^([a-z]+):", text("Makefile"), re.MULTILINE))

    assert {"demo", "test", "setup"} <= named & made


def test_readme_states_the_number_of_points() -> None:
    """The points of the first run that the README shows are those of the marking scheme."""
    data = sum(line.points for line in load().of(["data"]))

    assert f"0/{data:g}" in text("README.md")
    assert f"points: {data:g})" in text("README.md")
