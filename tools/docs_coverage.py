"""How much of what there is the documentation names: ``python tools/docs_coverage.py`` prints the figures, and what is missing.

Named is what stands as code in a page, in backticks or in a block, or in a heading: whole, not as a part of another word.
"""

import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from autograder import messages
from autograder.instructor import reference
from autograder.scheme import load

REPO = Path(__file__).resolve().parent.parent
PAGES = ("docs/*.md", "README.md", "CONTRIBUTING.md", "solution/README.md", "assignment/README.md")
CODE = re.compile(r"^(?P<fence>`{3,})[^\n]*\n.*?^(?P=fence)|`[^`\n]+`|^#+ [^\n]+", re.MULTILINE | re.DOTALL)


def code(repo: Path = REPO) -> str:
    """All that stands as code or as a heading in the documentation."""
    pages = [path.read_text("utf-8") for pattern in PAGES for path in sorted(repo.glob(pattern))]
    return "\n".join(found[0] for page in pages for found in CODE.finditer(page))


def named(name: str, text: str) -> bool:
    """Whether a name stands in a text as a word of its own."""
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text) is not None


def commands() -> Iterator[str]:
    """Every command, and every option in its long form."""
    for command, ctx in reference.all_commands():
        yield ctx.command_path
        for option in command.params:
            if isinstance(option, click.Option):
                yield from (name for name in option.opts if name.startswith("--"))


def _keys(table: Mapping[str, Any]) -> Iterator[str]:
    for key, value in table.items():
        yield key
        rows = value if isinstance(value, list) else [value]
        for row in rows:
            if isinstance(row, dict):
                yield from _keys(row)


def lab_keys() -> Iterator[str]:
    """Every key of `lab.toml`; the ids of checks are counted by themselves."""
    lab = tomllib.loads((REPO / "solution" / "lab.toml").read_text("utf-8"))
    for key, value in lab.items():
        if key == "checks":
            yield from (name for line in value.values() for name in _keys(line))
        else:
            yield from _keys({key: value})


def codes() -> Iterator[str]:
    """Every code of a reason or an error that has a sentence."""
    yield from (code for code in messages.catalogue("en") if not code.startswith("ui"))


def modules() -> Iterator[str]:
    """Every module of the package, by its path."""
    for path in sorted((REPO / "autograder").rglob("*.py")):
        if path.name not in {"__init__.py", "conftest.py"}:
            yield path.relative_to(REPO).as_posix()


def everything() -> dict[str, list[str]]:
    """What the documentation has to name, by kind, each name once."""
    kinds = {
        "commands and options": commands(),
        "keys of lab.toml": lab_keys(),
        "checks": iter(load().checks),
        "codes of errors and reasons": codes(),
        "modules": modules(),
    }
    return {kind: list(dict.fromkeys(names)) for kind, names in kinds.items()}


def missing() -> dict[str, list[str]]:
    """What it does not name, by kind."""
    text = code()
    return {kind: [name for name in names if not named(name, text)] for kind, names in everything().items()}


def main() -> int:
    """Print the figures; 1 if anything is missing."""
    found = missing()
    for kind, names in everything().items():
        click.echo(f"{kind}: {len(names) - len(found[kind])} of {len(names)}")
        for name in found[kind]:
            click.echo(f"  {name}")
    return int(any(found.values()))


if __name__ == "__main__":
    sys.exit(main())
