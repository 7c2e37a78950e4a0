"""A look at the text of a submission before any of it runs: what reaches for more than the tasks need.

What is found is told before the submission's code can change what the probe tells. It is for a person to
see and costs no points: honest code may do some of it, and hostile code can hide.
"""

import ast
import re
from collections.abc import Iterable, Iterator

from autograder.probe.cells import UNREADABLE

MAX_FINDINGS = 20
MODULES = {"_thread", "atexit", "builtins", "cffi", "code", "ctypes", "faulthandler", "fcntl", "gc", "importlib",
           "inspect", "mmap", "multiprocessing", "ptrace", "resource", "signal", "socket", "subprocess", "threading"}  # fmt: skip
NAMES = {"__builtins__", "__import__", "compile", "delattr", "eval", "exec", "globals", "setattr"}
ATTRIBUTES = {"__builtins__", "__class__", "__closure__", "__code__", "__dict__", "__globals__", "__setattr__", "__subclasses__",
              "_current_frames", "_exit", "_getframe", "dup2", "f_back", "f_locals", "fork", "kill", "memfd_create", "meta_path",
              "modules", "setprofile", "settrace", "tb_frame"}  # fmt: skip
METHODS = {"__class__", "__getattr__", "__getattribute__", "__instancecheck__", "__setattr__", "get_config", "to_json"}
SHARED = {"keras", "tf", "tensorflow", "np", "numpy", "json", "os", "sys", "layers", "models", "optimizers", "losses", "metrics"}
PATHS = re.compile(r"^/(proc|sys|dev/shm|grader)\b")


def _targets(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.Assign):
        rows = [target.elts if isinstance(target, ast.Tuple | ast.List) else [target] for target in node.targets]
        return [part for row in rows for part in row]
    return [node.target] if isinstance(node, ast.AugAssign | ast.AnnAssign) else []


def _chain(node: ast.expr) -> list[str]:
    """The names of a chain of attributes, beginning with that of a variable if it does; a chain may be very long."""
    names = []
    while isinstance(node, ast.Attribute | ast.Subscript):
        names += [node.attr] if isinstance(node, ast.Attribute) else []
        node = node.value
    return [node.id if isinstance(node, ast.Name) else "", *reversed(names)]


def _imported(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    names = [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        names = [node.module or ""] if node.module != "autograder" else [f"autograder.{name}" for name in names]
    for name in names:
        first, _, rest = name.partition(".")
        if first in MODULES or (first == "autograder" and rest not in ("", "check")):
            yield name


def _of_node(node: ast.AST, shared: set[str]) -> Iterator[str]:
    """What one node of the syntax tree reaches for."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield from _imported(node)
    elif isinstance(node, ast.Name) and node.id in NAMES:
        yield node.id
    elif isinstance(node, ast.Attribute) and node.attr in ATTRIBUTES:
        yield node.attr
    elif isinstance(node, ast.FunctionDef) and node.name in METHODS:
        yield f"def {node.name}"
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and PATHS.match(node.value):
        yield node.value[:40]
    for target in _targets(node):
        if isinstance(target, ast.Attribute) and (names := _chain(target))[0] in shared:
            yield f"{'.'.join(names)[:60]} = …"


def _shared(tree: ast.AST) -> set[str]:
    """Names of modules, and of what is imported from them: whoever changes those changes them for everybody."""
    names = set(SHARED)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name.split(".")[0] for alias in node.names}
    return names


def look(texts: Iterable[str]) -> list[dict[str, str | int]]:
    """What these texts reach for, each with its text's number and its line; nothing of a text that is no Python."""
    found: dict[str, dict[str, str | int]] = {}
    for number, text in enumerate(texts, 1):
        try:
            tree = ast.parse(text)
        except UNREADABLE:
            continue
        shared = _shared(tree)
        for node in ast.walk(tree):
            for what in _of_node(node, shared):
                found.setdefault(what, {"what": what, "cell": number, "line": getattr(node, "lineno", 0)})
    return list(found.values())[:MAX_FINDINGS]
