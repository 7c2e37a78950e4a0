"""What a file of the bank is made of: headings with the blocks below them, texts, and YAML."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml
from markdown_it.tree import SyntaxTreeNode

from autograder.instructor.quiz.bank.model import Problem


@dataclass
class File:
    """A file that is being read: its lines, and what is wrong in it."""

    name: str
    lines: list[str]
    problems: list[Problem] = field(default_factory=list)

    def problem(self, code: str, line: int, message: str) -> None:
        """Note what is wrong in a line."""
        self.problems.append(Problem(code, self.name, line, message))

    def text(self, nodes: Sequence[SyntaxTreeNode]) -> str:
        """Blocks as they stand there, with a blank line between."""
        return "\n\n".join("\n".join(self.lines[slice(*_span(node))]).strip("\n") for node in nodes)


@dataclass(frozen=True)
class Section:
    """A heading and the blocks below it, up to the next one of its level or above."""

    title: str
    line: int
    nodes: tuple[SyntaxTreeNode, ...]


def _span(node: SyntaxTreeNode) -> tuple[int, int]:
    assert node.map is not None
    return node.map


def line_of(node: SyntaxTreeNode) -> int:
    """The line that a block begins in, from 1 on."""
    return _span(node)[0] + 1


def split(nodes: Iterable[SyntaxTreeNode], level: str) -> tuple[list[SyntaxTreeNode], list[Section]]:
    """What stands before the first heading of a level, and the sections of that level."""
    before: list[SyntaxTreeNode] = []
    found: list[tuple[str, int, list[SyntaxTreeNode]]] = []
    for node in nodes:
        if node.type == "heading" and node.tag == level:
            found.append((node.children[0].content.strip(), line_of(node), []))
        elif found:
            found[-1][2].append(node)
        else:
            before.append(node)
    return before, [Section(title, line, tuple(inside)) for title, line, inside in found]


def from_yaml(file: File, text: str, line: int, what: str) -> dict[str, Any]:
    """A table of keys and values that begins in *line*; an empty one, and a problem, if it is none."""
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        file.problem("bad-yaml", line + (mark.line if mark else 0), f"{what} is not YAML: {getattr(error, 'problem', error)}")
        return {}
    if not isinstance(value, dict):
        file.problem("bad-yaml", line, f"{what} is a table of keys and values.")
        return {}
    return value
