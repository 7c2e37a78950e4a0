"""What the help of each command teaches, from guide.toml: what it reads and writes, examples, what comes next, statuses."""

import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("guide.toml")


@dataclass(frozen=True)
class Guide:
    """What is told of one command. Pairs are a name and what it is; an example is a line and what it does."""

    reads: tuple[tuple[str, str], ...] = ()
    writes: tuple[tuple[str, str], ...] = ()
    examples: tuple[tuple[str, str], ...] = ()
    next: tuple[str, ...] = ()
    first: tuple[str, ...] = ()
    status: dict[int, str] = field(default_factory=dict)
    json: dict[str, str] = field(default_factory=dict)

    def role(self, name: str) -> str:
        """What an argument or an option takes, if it is among what is read or written."""
        takes = (*self.reads, *((what, f"a place for {text}") for what, text in self.writes))
        return next((text for what, text in takes if what.split(" ")[0].strip("[].") == name), "")

    def example(self) -> str:
        """The first line that works; empty if there is none."""
        return self.examples[0][0] if self.examples else ""


@cache
def _all() -> dict[str, Guide]:
    with FILE.open("rb") as stream:
        found = tomllib.load(stream)
    return {name: _guide(entry) for name, entry in found.items()}


def _pairs(entry: dict[str, object], key: str) -> tuple[tuple[str, str], ...]:
    value = entry.get(key, [])
    assert isinstance(value, list)
    return tuple((str(name), str(text)) for name, text in value)


def _table(entry: dict[str, object], key: str) -> dict[str, str]:
    value = entry.get(key, {})
    assert isinstance(value, dict)
    return {str(name): str(text) for name, text in value.items()}


def _list(entry: dict[str, object], key: str) -> tuple[str, ...]:
    value = entry.get(key, [])
    assert isinstance(value, list)
    return tuple(map(str, value))


def _guide(entry: dict[str, object]) -> Guide:
    status = {int(number): text for number, text in _table(entry, "status").items()}
    pairs = {key: _pairs(entry, key) for key in ("reads", "writes", "examples")}
    return Guide(**pairs, next=_list(entry, "next"), first=_list(entry, "first"), status=status, json=_table(entry, "json"))


def names() -> list[str]:
    """The commands that something is told of, as `quiz lint`; `convmark` is the whole."""
    return list(_all())


def of(path: str) -> Guide:
    """What is told of a command, by its full name, as `convmark quiz lint`; nothing of one that is not listed."""
    return _all().get(path.removeprefix("convmark ").strip(), Guide())
