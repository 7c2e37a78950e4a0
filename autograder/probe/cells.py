"""The text of a submission as Python, and which statements of it only import, define or build a value.

Nothing here is executed.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)
MAGIC = re.compile(r"^\s*(%{1,2}[^\W\d]|[!?])|^\s*[\w.]+\?{1,2}\s*$|^\s*\w+\s*=\s*(!|%[^\W\d])")
WHOLE_CELL = {"time", "timeit", "capture", "prun"}  # %% magics below which Python stands
CONSTANT_CALLS = {"int", "float", "str", "bool", "tuple", "list", "dict", "set", "len", "range", "round",
                  "max", "min", "abs", "sum", "sorted", "zip", "enumerate"}  # fmt: skip
FILLING = {"add", "append", "extend", "insert", "setdefault", "update"}
# What reads data, trains or waits: only a function of the tasks may ask for it.
NEVER = {"load_data", "load_model", "fit", "evaluate", "predict", "train_on_batch", "get_file", "urlopen", "urlretrieve",
         "getenv", "system", "input", "sleep"}  # fmt: skip
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except UNREADABLE:
        return False
    return True


def without_magics(text: str) -> str:
    """The text with ``pass`` for each shell line, magic or help request, so that a block of nothing else stays one."""
    lines, goes_on = [], False
    for line in text.split("\n"):
        if goes_on or MAGIC.match(line):
            indent = line[: len(line) - len(line.lstrip())]
            lines.append("" if goes_on else f"{indent}pass")
            goes_on = line.rstrip().endswith("\\")
        else:
            lines.append(line)
    return "\n".join(lines)


def python(kind: str, text: str) -> str:
    """A cell or a script as Python; nothing of a ``%%`` cell of another language.

    What is Python already stays as it is: ``% (a, b)`` may continue an expression. A script has shell lines if it is a
    notebook that was downloaded as one.
    """
    if kind == "notebook":
        first = next((line.strip() for line in text.split("\n") if line.strip()), "")
        if first.startswith("%%") and first[2:].split(" ")[0] not in WHOLE_CELL:
            return ""
        return text if _parses(text) else without_magics(text)
    if _parses(text):
        return text
    bare = without_magics(text)
    return bare if _parses(bare) else text


def is_ipython(node: ast.stmt) -> bool:
    """A line that `nbconvert` made of a magic: ``get_ipython().run_line_magic(...)``."""
    call = node.value if isinstance(node, ast.Expr) else None
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
        return False
    inner = call.func.value
    return isinstance(inner, ast.Call) and getattr(inner.func, "id", "") == "get_ipython"


def names(node: ast.AST) -> frozenset[str]:
    """The names that a statement would define."""
    found: set[str] = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            found.add(part.id)
        elif isinstance(part, ast.alias):
            found.add((part.asname or part.name).split(".")[0])
        elif isinstance(part, Definition):
            found.add(part.name)
    return frozenset(found)


def _mentioned(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            yield part.id
        elif isinstance(part, ast.Attribute):
            yield part.attr


def heavy(body: Iterable[ast.stmt]) -> frozenset[str]:
    """The names in `NEVER`, and those of functions and classes that come to use one of them."""
    uses = {node.name: set(_mentioned(node)) for node in body if isinstance(node, Definition)}
    found = set(NEVER)
    while more := {name for name, used in uses.items() if name not in found and used & found}:
        found |= more
    return frozenset(found)


def may_run(node: ast.stmt, never: frozenset[str]) -> bool:
    """Whether a statement neither reads data nor trains; *never* is what `heavy` has found."""
    return never.isdisjoint(_mentioned(node))


def _root(node: ast.expr) -> tuple[str, list[str]]:
    """The variable at the beginning of a chain of attributes and subscripts, and the attributes; "" if there is none."""
    attributes = []
    while isinstance(node, ast.Attribute | ast.Subscript):
        attributes += [node.attr] if isinstance(node, ast.Attribute) else []
        node = node.value
    return (node.id if isinstance(node, ast.Name) else ""), attributes


@dataclass
class Reading:
    """Which statements are taken over at once, as one comes to them from the top: imports, definitions and constants."""

    imported: set[str] = field(default_factory=set)
    stars: bool = False

    def takes(self, node: ast.stmt) -> bool:
        """Whether *node* is one of those."""
        if isinstance(node, ast.Import | ast.ImportFrom):
            self.imported.update((alias.asname or alias.name.split(".")[0]) for alias in node.names)
            self.stars |= any(alias.name == "*" for alias in node.names)
            return True
        if isinstance(node, Definition | ast.Pass):
            return True
        if isinstance(node, ast.Try):
            handled = [part for handler in node.handlers for part in handler.body]
            return self._takes_all([*node.body, *node.orelse, *node.finalbody, *handled])
        if isinstance(node, ast.If):
            return self._constant(node.test) and self._takes_all([*node.body, *node.orelse])
        return self._assigns(node) or self._fills(node)

    def _takes_all(self, body: Iterable[ast.stmt]) -> bool:
        """Whether each is one of those; all are looked at, for what they import."""
        taken = [self.takes(node) for node in body]
        return all(taken)

    def _assigns(self, node: ast.stmt) -> bool:
        """A constant gets its name, or a name another value: ``size += (3,)``, ``params["rate"] = 0.01``."""
        if isinstance(node, ast.AugAssign):
            return isinstance(node.target, ast.Name) and self._constant(node.value)
        if isinstance(node, ast.AnnAssign):
            return node.value is not None and isinstance(node.target, ast.Name) and self._constant(node.value)
        if not isinstance(node, ast.Assign):
            return False
        parts = [part for target in node.targets for part in ast.walk(target)]
        if any(isinstance(part, ast.Attribute | ast.Call) for part in parts):
            return False
        if self._part_of_import(node.value):
            self.imported.update(part.id for part in parts if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store))
        return self._constant(node.value)

    def _fills(self, node: ast.stmt) -> bool:
        """A list, set or dictionary gets constants: ``sizes.append(64)``."""
        call = node.value if isinstance(node, ast.Expr) else None
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in FILLING):
            return False
        owner = call.func.value
        inner = [*call.args, *(keyword.value for keyword in call.keywords)]
        return isinstance(owner, ast.Name) and owner.id not in self.imported and all(map(self._constant, inner))

    def _constant(self, node: ast.expr) -> bool:
        """Whether evaluating *node* only builds a value: no method of a variable, no training, no data."""
        for part in ast.walk(node):
            if isinstance(part, ast.Await | ast.Yield | ast.YieldFrom | ast.NamedExpr):
                return False
            if not isinstance(part, ast.Call):
                continue
            root, attributes = _root(part.func)
            if NEVER.intersection([*attributes, root]):
                return False
            literal = isinstance(part.func, ast.Attribute) and isinstance(part.func.value, ast.Constant)
            if not (literal or root in self.imported or (root in CONSTANT_CALLS and not attributes)):
                return False
        return True

    def _part_of_import(self, node: ast.expr) -> bool:
        """Whether *node* is a module or a part of one, as in ``layers = keras.layers``."""
        return isinstance(node, ast.Attribute | ast.Name) and _root(node)[0] in self.imported
