"""What the cells of a notebook assign to a name, read and never executed: only literals, and not too large ones."""

import ast
import re
import warnings
from collections.abc import Iterator

MAX_CHARS = 10_000
MAX_NODES = 200
MAX_DEPTH = 5  # an answer is a list of texts at most


class Unreadable(Exception):
    """The name gets something else than a literal, or it cannot be told what."""


def _parsed(source: str) -> ast.Module:
    if len(source) > MAX_CHARS:
        raise Unreadable
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Unreadable from error


def _named(tree: ast.AST, name: str) -> Iterator[ast.AST]:
    """The nodes that may change what the name stands for: all that have it, but for those that only look it up."""
    for node in ast.walk(tree):
        fields = [value for _, value in ast.iter_fields(node)]
        names = [value for field in fields for value in (field if isinstance(field, list) else [field])]
        looked_up = isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
        if not looked_up and any(isinstance(value, str) and value == name for value in names):
            yield node


def assigned(source: str, name: str) -> list[object]:
    """The literals that a cell assigns to a name, in their order; none if it does not mention the name.

    Raises:
        Unreadable: the cell is no Python, or gives the name something else.
    """
    if not re.search(rf"\b{re.escape(name)}\b", source):
        return []
    tree = _parsed(source)
    found = [node for node in tree.body if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)]
    found = [node for node in found if len(node.targets) == 1 and getattr(node.targets[0], "id", "") == name]
    if len(list(_named(tree, name))) != len(found):
        raise Unreadable
    return [_literal(node.value) for node in found]


def _depth(node: ast.AST) -> int:
    return 1 + max(map(_depth, ast.iter_child_nodes(node)), default=0)


def _literal(node: ast.expr) -> object:
    if sum(1 for _ in ast.walk(node)) > MAX_NODES or _depth(node) > MAX_DEPTH:
        raise Unreadable
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError) as error:
        raise Unreadable from error
