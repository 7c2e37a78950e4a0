"""What the three functions of a submission do, without how they are written: a digest of each.

Runs in a box as a process of its own, which parses strangers' texts and executes none of them. A request is a line of
JSON, ``{"kind", "cells"}``, and so is the answer: for each function that could be read, by section, 20 hexadecimal digits
and the number of nodes of its syntax tree.

A function counts with what it uses of the file. Left out are comments, formatting, docstrings, annotations, the names of
local variables, arguments and helpers, and under which name something was imported.
"""

import ast
import hashlib
import json
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from autograder.probe import cells as source

VERSION = b"1"  # a digest by other rules is another digest
TASKS = {"data": "prepare_data", "model": "build_model", "compile": "compile_model"}
MAX_NODES = 20_000
DIGITS = 20
LEFT_OUT = {"annotation", "returns", "simple", "type_comment", "type_ignores", "kind", "ctx", "type_params"}


class TooLargeError(Exception):
    """A function has more nodes than are looked at."""


def _parsed(kind: str, cells: Iterable[str]) -> Iterator[ast.stmt]:
    """The statements at the top level; nothing of a cell or script that is no Python."""
    for text in cells if kind == "notebook" else ["\n".join(cells)]:
        try:
            body = ast.parse(source.python(kind, text)).body
        except source.UNREADABLE:
            continue
        yield from _flat(body)


def _flat(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements with those in conditions and attempts around them."""
    for node in body:
        if isinstance(node, ast.If | ast.Try):
            yield from _flat(node.body)
        else:
            yield node


@dataclass
class _File:
    """What the names of a file stand for: its own definitions, and what is imported."""

    defined: dict[str, ast.stmt] = field(default_factory=dict)
    imported: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, statements: Iterable[ast.stmt]) -> "_File":
        """The last meaning of each name."""
        found = cls()
        for node in statements:
            if isinstance(node, ast.Import | ast.ImportFrom):
                found.imported |= _imports(node)
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                found.defined[node.name] = node
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                names = (part for target in targets for part in ast.walk(target) if isinstance(part, ast.Name))
                found.defined |= {name.id: node for name in names}
        return found


def _imports(node: ast.Import | ast.ImportFrom) -> dict[str, str]:
    """The names that an import binds, and what they stand for."""
    if isinstance(node, ast.ImportFrom):
        return {alias.asname or alias.name: f"{node.module or ''}.{alias.name}" for alias in node.names}
    tops = {alias.name.partition(".")[0] for alias in node.names if not alias.asname}
    return {top: top for top in tops} | {alias.asname: alias.name for alias in node.names if alias.asname}


def _locals(function: ast.AST) -> tuple[set[str], dict[str, str]]:
    """The names that a function binds, nested functions included; and what it imports itself.

    What a class binds are attributes, which others see.
    """
    bound: set[str] = set()
    imported: dict[str, str] = {}
    attributes = {part for node in ast.walk(function) if isinstance(node, ast.ClassDef) for part in _bound_by(node)}
    shared: set[str] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Import | ast.ImportFrom):
            imported |= _imports(node)
        elif isinstance(node, ast.Global | ast.Nonlocal):
            shared |= set(node.names) if isinstance(node, ast.Global) else set()
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
            bound |= {node.id} - ({node.id} if node in attributes else set())
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node is not function:
            bound |= {node.name} - ({node.name} if node in attributes else set())
        elif isinstance(node, ast.ExceptHandler) and node.name:
            bound.add(node.name)
    return bound - shared, imported


def _bound_by(node: ast.ClassDef) -> Iterator[ast.AST]:
    """The statements and targets that make attributes of a class."""
    for part in node.body:
        yield part
        if isinstance(part, ast.Assign | ast.AnnAssign):
            yield from ast.walk(part)


def _said(body: list[Any]) -> list[Any]:
    """The statements of a body that do something, or all if none does."""
    idle = (ast.Pass, ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal)
    kept = [
        node
        for node in body
        if not isinstance(node, idle) and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
    ]
    return kept if kept or not body else [ast.Pass()]


class _Writer:
    """Writes a function, and what it uses, as a sequence of words that its digest is made of."""

    def __init__(self, file: _File) -> None:
        self._file = file
        self._digest = hashlib.sha256(VERSION)
        self._numbers: dict[str, int] = {}
        self._waiting: list[str] = []
        self._bound: set[str] = set()
        self._own: dict[str, int] = {}
        self._imported: Mapping[str, str] = {}
        self.nodes = 0

    def written(self, task: str) -> str:
        """The digest of the function *task*.

        Raises:
            TooLargeError: it has too many nodes.
            RecursionError: it is nested too deeply.
        """
        self._shared(task)
        while self._waiting:
            node = self._file.defined[self._waiting.pop(0)]
            self._own = {}
            self._bound, self._imported = _locals(node) if not isinstance(node, ast.Assign | ast.AnnAssign) else (set(), {})
            self._put("definition")
            self._node(node)
        return self._digest.hexdigest()[:DIGITS]

    def _put(self, *words: str) -> None:
        self._digest.update(json.dumps(words).encode())

    def _shared(self, name: str) -> None:
        """A name of the file's own: its number, and that it still has to be written."""
        if name not in self._numbers:
            self._numbers[name] = len(self._numbers)
            self._waiting.append(name)
        self._put("shared", str(self._numbers[name]))

    def _name(self, name: str) -> None:
        if name in self._bound:
            self._put("local", str(self._own.setdefault(name, len(self._own))))
        elif name in self._imported or name in self._file.imported:
            self._put("imported", self._imported.get(name) or self._file.imported[name])
        elif name in self._file.defined:
            self._shared(name)
        else:
            self._put("outer", name)

    def _node(self, node: ast.AST) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise TooLargeError
        if isinstance(node, ast.Name):
            return self._name(node.id)
        if isinstance(node, ast.Constant):
            return self._constant(node.value)
        kind = "Assign" if isinstance(node, ast.AnnAssign) else type(node).__name__
        self._put("(", kind)
        for key in sorted(node._fields):
            value = getattr(node, key, None)
            if key not in LEFT_OUT and value is not None and value != []:
                self._put("targets" if kind == "Assign" and key == "target" else key)
                self._value(key, value)
        return self._put(")")

    def _constant(self, value: Any) -> None:
        self._put("constant", type(value).__name__, hex(value) if type(value) is int else repr(value))

    def _value(self, key: str, value: Any) -> None:
        if isinstance(value, ast.AST):
            self._node(value)
        elif isinstance(value, list):
            for item in self._ordered(key, value):
                self._value(key, item)
        elif key in {"name", "arg"} and (value in self._bound or value in self._numbers):
            self._name(value)
        else:
            self._put(str(value))

    @staticmethod
    def _ordered(key: str, values: list[Any]) -> list[Any]:
        """Statements without those that do nothing; named arguments by their names, where the order says nothing."""
        if key in {"body", "orelse", "finalbody"}:
            return _said(values)
        if key == "keywords" and all(value.arg for value in values):
            return sorted(values, key=lambda value: str(value.arg))
        return values


def _is_stub(node: ast.stmt) -> bool:
    """Whether a function only says that it is not written yet."""
    body = _said(list(getattr(node, "body", [])))
    return len(body) == 1 and isinstance(body[0], ast.Raise | ast.Pass)


def units(kind: str, cells: Iterable[str]) -> dict[str, list[Any]]:
    """For each section whose function is there: its digest, and the number of nodes."""
    file, found = _File.of(_parsed(kind, cells)), {}
    for section, task in TASKS.items():
        node = file.defined.get(task)
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or _is_stub(node):
            continue
        writer = _Writer(file)
        try:
            found[section] = [writer.written(task), writer.nodes]
        except (TooLargeError, *source.UNREADABLE):
            continue
    return found


def main() -> None:
    """Serve requests until there are no more; whoever asks reads no complaints."""
    warnings.simplefilter("ignore")
    for line in sys.stdin.buffer:
        request = json.loads(line)
        sys.stdout.write(json.dumps({"code": units(request["kind"], request["cells"])}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
