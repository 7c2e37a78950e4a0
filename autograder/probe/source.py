"""Turn the submitted text into a namespace of functions.

A script is imported as it is. From a notebook only imports, definitions and constants are taken, in
order and repeatedly, since a later cell may define what an earlier one needs.
"""

import ast
import linecache
import re
import sys
import types
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from autograder.lab import NAME
from autograder.probe import wire

PASSES = 5
MAGIC = re.compile(r"^\s*[%!?]|^\s*[\w.]+\?{1,2}\s*$|^\s*\w+\s*=\s*[!%](?!=)")
CONSTANT_CALLS = {"int", "float", "str", "bool", "tuple", "list", "dict", "set", "len", "range", "round",
                  "max", "min", "abs", "sum", "sorted", "zip", "enumerate"}  # fmt: skip
NEVER = {"load_data", "load_model", "fit", "evaluate", "predict", "get_file", "getenv", "system"}


@dataclass(frozen=True)
class LeftOut:
    """A line of a notebook that was not taken over: what it would define, and why not, if it was tried."""

    names: frozenset[str]
    line: str
    problem: str = ""


@dataclass
class Loaded:
    """What reading the submission came to: its names, what was left out, and what went wrong."""

    namespace: dict[str, Any]
    files: set[str]
    left_out: list[LeftOut] = field(default_factory=list)
    error: BaseException | None = None

    def why_undefined(self, error: NameError) -> list[str]:
        """The lines that would define the name that is missing, each with its own error, if it has one."""
        name = error.name if isinstance(error.name, str) else ""
        found = dict.fromkeys((item.line, item.problem) for item in self.left_out if name in item.names)
        return [f"{line} ({problem})" if problem else line for line, problem in list(found)[:3]]


def _register(name: str, code: str) -> None:
    """Let tracebacks show the student's own lines."""
    linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)


def _is_ipython(node: ast.stmt) -> bool:
    """A line that `nbconvert` made of a magic: ``get_ipython().run_line_magic(...)``."""
    call = node.value if isinstance(node, ast.Expr) else None
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
        return False
    inner = call.func.value
    return isinstance(inner, ast.Call) and getattr(inner.func, "id", "") == "get_ipython"


def _module() -> types.ModuleType:
    module = types.ModuleType(NAME)
    sys.modules[NAME] = module
    return module


def load_script(name: str, code: str) -> Loaded:
    """Import a script. If a line fails, what stands above it is kept."""
    module = _module()
    loaded = Loaded(module.__dict__, {name})
    _register(name, code)
    module.__dict__["__file__"] = name
    try:
        tree = ast.parse(code, name)
        tree.body = [node for node in tree.body if not _is_ipython(node)]
        exec(compile(tree, name, "exec"), module.__dict__)
    except BaseException as error:
        loaded.error = error
    return loaded


def without_magics(cell: str) -> str:
    """The cell without shell lines, magics and help requests; nothing of a ``%%`` cell of another language."""
    lines = cell.split("\n")
    first = next((line.strip() for line in lines if line.strip()), "")
    if first.startswith("%%"):
        magic = first[2:].split(" ")[0]
        if magic not in {"time", "timeit", "capture", "prun"}:
            return ""
    return "\n".join("" if MAGIC.match(line) else line for line in lines)


def _is_constant(node: ast.expr, imported: set[str]) -> bool:
    """Whether evaluating *node* only builds a value: no method of a variable, no training, no data."""
    for part in ast.walk(node):
        if isinstance(part, ast.Await | ast.Yield | ast.YieldFrom | ast.NamedExpr):
            return False
        if not isinstance(part, ast.Call):
            continue
        names = []
        target: ast.expr = part.func
        while isinstance(target, ast.Attribute):
            names.append(target.attr)
            target = target.value
        if not isinstance(target, ast.Name) or NEVER.intersection([*names, target.id]):
            return False
        if target.id not in imported and not (not names and target.id in CONSTANT_CALLS):
            return False
    return True


def _is_part_of_import(node: ast.expr, imported: set[str]) -> bool:
    """Whether *node* is a module or a part of one, as in ``layers = keras.layers``."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name) and node.id in imported


def _wanted(node: ast.stmt, imported: set[str]) -> bool:
    if isinstance(node, ast.Import | ast.ImportFrom):
        imported.update((alias.asname or alias.name.split(".")[0]) for alias in node.names)
        return True
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return True
    if isinstance(node, ast.Assign):
        names = [part for target in node.targets for part in ast.walk(target)]
        simple = not any(isinstance(part, ast.Attribute | ast.Subscript) for part in names)
        if simple and _is_part_of_import(node.value, imported):
            imported.update(part.id for part in names if isinstance(part, ast.Name))
        return simple and _is_constant(node.value, imported)
    if isinstance(node, ast.AnnAssign):
        return node.value is not None and isinstance(node.target, ast.Name) and _is_constant(node.value, imported)
    if isinstance(node, ast.Try):
        handlers = [part for handler in node.handlers for part in handler.body]
        body = node.body + node.orelse + node.finalbody
        return all(_wanted(part, imported) for part in body) and all(
            isinstance(part, ast.Pass) or _wanted(part, imported) for part in handlers
        )
    return False


def _problem(error: BaseException) -> str:
    """Type and message; of a syntax error without its place, where a cell has a number that students do not see."""
    said = error.msg if isinstance(error, SyntaxError) else error
    return f"{type(error).__name__}: {wire.text(said, 200)}"


def _left_out(node: ast.stmt, cell: str, problem: str = "") -> LeftOut:
    """A statement that is not taken over, by the line that it begins with."""
    names: set[str] = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            names.add(part.id)
        elif isinstance(part, ast.alias):
            names.add((part.asname or part.name).split(".")[0])
        elif isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(part.name)
    line = "".join(cell.split("\n")[node.lineno - 1 : node.lineno])  # none, if the submission emptied the cache of lines
    return LeftOut(frozenset(names), wire.text(line, 100).strip(), problem)


def _statements(cells: Iterable[str], loaded: Loaded) -> list[tuple[ast.stmt, str]]:
    """The statements to run, each with the name of its cell."""
    chosen: list[tuple[ast.stmt, str]] = []
    imported: set[str] = set()
    for number, cell in enumerate(cells, 1):
        name = f"cell {number}"
        code = without_magics(cell)
        _register(name, cell)
        loaded.files.add(name)
        try:
            body = ast.parse(code, name).body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            line = (getattr(error, "text", None) or next(filter(str.strip, code.split("\n")), "")).strip()
            loaded.left_out.append(LeftOut(frozenset(re.findall(r"[^\W\d]\w*", code)), wire.text(line, 100), _problem(error)))
            if re.search(r"^\s*def (prepare_data|build_model|compile_model)\b", code, re.MULTILINE):
                loaded.error = error
            continue
        for node in body:
            if _wanted(node, imported):
                chosen.append((node, name))
            else:
                loaded.left_out.append(_left_out(node, cell))
    return chosen


def load_notebook(cells: Iterable[str]) -> Loaded:
    """Take imports, definitions and constants from code cells, until a pass brings nothing new."""
    loaded = Loaded(_module().__dict__, set())
    pending = _statements(cells, loaded)
    for _ in range(PASSES):
        failed: list[tuple[ast.stmt, str]] = []
        problems: list[LeftOut] = []
        for node, name in pending:
            try:
                exec(compile(ast.Module([node], []), name, "exec"), loaded.namespace)
            except BaseException as error:
                failed.append((node, name))
                problems.append(_left_out(node, "".join(linecache.getlines(name)), _problem(error)))
        if not failed or len(failed) == len(pending):
            pending = failed
            break
        pending = failed
    loaded.left_out += problems if pending else []
    return loaded


def student_lines(error: BaseException, files: set[str], limit: int = 5) -> list[dict[str, Any]]:
    """The traceback's lines in the student's own files, innermost last."""
    if isinstance(error, SyntaxError) and error.filename in files:
        return [{"file": error.filename, "line": error.lineno or 0, "code": wire.text(error.text or "", 200).strip()}]
    lines = []
    trace = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if name in files:
            code = linecache.getline(name, trace.tb_lineno)
            lines.append({"file": name, "line": trace.tb_lineno, "code": wire.text(code, 200).strip()})
        trace = trace.tb_next
    return lines[-limit:]
