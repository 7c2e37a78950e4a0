"""The documentation: what it names exists, and what it prints is printed."""

import itertools
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
PROGRAMS = ("convmark", "make", "pytest", "nbgrader")


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


@pytest.mark.parametrize("page", ["docs/design.md", "docs/security.md", "docs/evidence.md", "docs/verdict.md"])
def test_named_files_exist(page: str) -> None:
    """A module or a folder that a page on the architecture names is in the tree."""
    roots = [REPO, REPO / "autograder", REPO / "autograder" / "instructor"]
    named = set(re.findall(r"`([\w/.-]+\.py|[\w/]+/)`", text(page)))

    assert named
    assert [] == sorted(name for name in named if not any((root / name).exists() for root in roots))


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


def shell_lines(page: Path) -> Iterable[str]:
    """The command lines of a page: in blocks without a language, in ``console`` blocks behind ``$``, and indented ones.

    A line that goes on in an indented one, or after a backslash, is one line.
    """
    text = page.read_text("utf-8")
    blocks = [block for kind, block in re.findall(r"^```(\w*)\n(.*?)^```$", text, re.M | re.S) if kind in ("", "console", "sh")]
    prose = re.sub(r"^(`{3,}).*?^\1$", "", text, flags=re.M | re.S)
    blocks += ["\n".join(line[4:] for line in part.split("\n")) for part in re.findall(r"(?:^ {4}.*\n)+", prose, re.M)]
    for block in blocks:
        for line in re.sub(r"\\?\n {4,}", " ", block).split("\n"):
            for part in line.removeprefix("$ ").split("&&"):
                words = re.sub(r"\s#.*|\s{3,}.*", "", re.sub(r"^\s*(?:[A-Z_0-9]+=\S+ )+", "", part)).strip()
                if words.split(" ")[0] in PROGRAMS:
                    yield words


COMMAND_LINES = sorted({(page.name, line) for page in PAGES for line in shell_lines(page)})


def unknown_of_convmark(words: list[str]) -> list[str]:
    """Commands and options in a command line of `convmark` that it does not have, and choices that an option does not take."""
    command: click.Command = main
    context = click.Context(main)
    while isinstance(command, click.Group):
        if not words or words[0].startswith("-"):
            break
        found = command.get_command(context, words[0])
        if found is None:
            return [words[0]]
        command, words = found, words[1:]
    options = {name: parameter for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    unknown = [word for word in words if word.startswith("-") and word.split("=")[0] not in options]
    for word, value in itertools.pairwise(words):
        kind = options[word].type if word in options else None
        if isinstance(kind, click.Choice) and not set(value.split("|")) <= set(kind.choices):
            unknown.append(f"{word} {value}")
    return unknown


def unknown_of_pytest(words: list[str]) -> list[str]:
    """Options in a command line of the students' check that the plugin does not have."""
    plugin = (REPO / "autograder" / "plugin.py").read_text("utf-8")
    return [word for word in words if word.startswith("--") and f'addoption("{word.split("=")[0]}"' not in plugin]


def unknown_of_make(words: list[str]) -> list[str]:
    """Targets that the Makefile does not have; PYTHON=… is its one variable."""
    made = re.findall(r"^([a-z]+):", text("Makefile"), re.MULTILINE)
    return [word for word in words if word not in made and not word.startswith("PYTHON=")]


def unknown_of_nbgrader(words: list[str]) -> list[str]:
    """Commands that nbgrader does not have, and options that are neither its own nor traits of it."""
    apps = pytest.importorskip("nbgrader.apps.nbgraderapp").NbGraderApp.subcommands
    if words[0] not in apps:
        return [words[0]]
    app = apps[words[0]][0]
    known = {f"--{name}" for name in (*app.aliases, *app.flags)}
    return [word for word in words if word.startswith("--") and word.split("=")[0] not in known and "." not in word]


@pytest.mark.parametrize(("page", "line"), COMMAND_LINES)
def test_command_lines_exist(page: str, line: str) -> None:
    """Every command line of a page is one of a command that exists, with options that it has."""
    program, *words = line.replace("[", " ").replace("]", " ").split()
    check = {
        "convmark": unknown_of_convmark,
        "pytest": unknown_of_pytest,
        "make": unknown_of_make,
        "nbgrader": unknown_of_nbgrader,
    }[program]

    assert [] == check(words), f"{page}: {line}"


def test_command_lines_are_found() -> None:
    """Blocks of each form are read, those of usage with their continued lines too."""
    lines = {line for _, line in COMMAND_LINES}

    assert {"make demo", "convmark doctor", "pytest autograder"} <= lines
    assert any("--scheduler ADDRESS" in line and line.startswith("convmark grade SUBMISSIONS") for line in lines)
    assert len(lines) > 30


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("grade X --out Y --jobs 2", []),
        ("grade X --outt Y", ["--outt"]),
        ("great X", ["great"]),
        ("quiz lint --strict", []),
        ("quiz link", ["link"]),
        ("grade X --lang de", ["--lang de"]),
        ("grade X --lang ru|en", []),
        ("--version", []),
    ],
)
def test_what_does_not_exist_is_found(line: str, expected: list[str]) -> None:
    """A misspelt command, option or choice is one that does not exist."""
    assert expected == unknown_of_convmark(line.split())
