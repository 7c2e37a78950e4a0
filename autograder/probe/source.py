"""Turn the submitted text into a namespace of functions.

A script is imported as it is, up to a line that fails. From a notebook, and from a script below such a line, imports,
definitions and constants are taken, in order and repeatedly, since a later cell may define what an earlier one needs.
Another statement is executed when a function needs a name of it, unless it reads data or trains.
"""

import __future__

import ast
import linecache
import re
import sys
import types
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from autograder.lab import NAME
from autograder.probe import cells as text
from autograder.probe import wire
from autograder.probe.cells import Definition, Reading

PASSES = 5
TASK = re.compile(r"^\s*def (prepare_data|build_model|compile_model)\b", re.MULTILINE)


@dataclass(eq=False)
class Statement:
    """A statement at the top level: what it would define, its first line, and why it was not taken over, if it was tried."""

    names: frozenset[str]
    line: str
    node: ast.stmt | None = None
    file: str = ""
    problem: str = ""
    error: BaseException | None = None
    may_run: bool = False


@dataclass
class Loaded:
    """What reading the submission came to: its names, what was left out, and what went wrong."""

    namespace: dict[str, Any]
    files: set[str]
    left_out: list[Statement] = field(default_factory=list)
    error: BaseException | None = None
    flags: int = 0

    def execute(self, statement: Statement) -> bool:
        """Execute a statement, with those before it that it needs; whether it did."""
        assert statement.node is not None
        while True:
            try:
                code = compile(ast.Module([statement.node], []), statement.file, "exec", self.flags, dont_inherit=True)
                exec(code, self.namespace)
            except BaseException as error:
                if self.supply(error):
                    continue
                statement.error, statement.problem = error, _problem(error)
                return False
            return True

    def supply(self, error: BaseException) -> bool:
        """Execute what was left out and defines the name that is missing; whether there is such a name, and now a value.

        Each statement gets one chance, so whoever asks again and again comes to an end.
        """
        name = error.name if isinstance(error, NameError) else None
        wanted = [one for one in self.left_out if one.may_run and name in one.names]
        for statement in wanted:
            statement.may_run = False
        done = [statement for statement in wanted if self.execute(statement)]
        self.left_out = [one for one in self.left_out if one not in done]
        return bool(done) and name in self.namespace

    def why_undefined(self, error: NameError) -> list[str]:
        """The lines that would define the name that is missing, each with its own error, if it has one."""
        name = error.name if isinstance(error.name, str) else ""
        found = dict.fromkeys((item.line, item.problem) for item in self.left_out if name in item.names)
        return [f"{line} ({problem})" if problem else line for line, problem in list(found)[:3]]

    def why_missing(self, name: str) -> BaseException | None:
        """What happened in the definition of a function, such as a default value that nobody has defined."""
        errors = [one.error for one in self.left_out if isinstance(one.node, Definition) and one.node.name == name]
        return next((error for error in errors if error is not None), None)


def _register(name: str, code: str) -> None:
    """Let tracebacks show the student's own lines."""
    linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)


def _module() -> types.ModuleType:
    module = types.ModuleType(NAME)
    sys.modules[NAME] = module
    return module


def _problem(error: BaseException) -> str:
    """Type and message; of a syntax error without its place, where a cell has a number that students do not see."""
    said = error.msg if isinstance(error, SyntaxError) else error
    return f"{type(error).__name__}: {wire.text(said, 200)}"


def _statement(node: ast.stmt, file: str, code: str) -> Statement:
    line = "".join(code.split("\n")[node.lineno - 1 : node.lineno])
    return Statement(text.names(node), wire.text(line, 100).strip(), node, file)


def _unreadable(cell: str, code: str, error: BaseException) -> Statement:
    """A cell that is no Python."""
    line = (getattr(error, "text", None) or next(filter(str.strip, code.split("\n")), "")).strip()
    return Statement(frozenset(re.findall(r"[^\W\d]\w*", cell)), wire.text(line, 100), problem=_problem(error))


def _flags(body: Iterable[ast.stmt]) -> int:
    """What ``from __future__ import`` asks of the compiler."""
    found = 0
    for node in body:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            for alias in node.names:
                found |= getattr(getattr(__future__, alias.name, None), "compiler_flag", 0)
    return found


def load_script(name: str, code: str) -> Loaded:
    """Import a script. If a line fails, as an import does of what this machine has not, the rest is read as a notebook is."""
    module = _module()
    loaded = Loaded(module.__dict__, {name})
    _register(name, code)
    module.__dict__["__file__"] = name
    try:
        tree = ast.parse(text.python("script", code), name)
        compile(tree, name, "exec", dont_inherit=True)
    except BaseException as error:
        loaded.error = error
        return loaded
    statements = [_statement(node, name, code) for node in tree.body if not text.is_ipython(node)]
    loaded.flags = _flags(tree.body)
    for place, statement in enumerate(statements, 1):
        if loaded.execute(statement):
            continue
        loaded.error = statement.error
        loaded.left_out.append(statement)
        if isinstance(statement.error, Exception):
            _take(statements, place, loaded)
        break
    return loaded


def load_notebook(cells: Iterable[str]) -> Loaded:
    """Take imports, definitions and constants from code cells."""
    loaded = Loaded(_module().__dict__, set())
    statements = []
    for number, cell in enumerate(cells, 1):
        name = f"cell {number}"
        code = text.python("notebook", cell)
        _register(name, cell)
        loaded.files.add(name)
        try:
            body = ast.parse(code, name).body
        except text.UNREADABLE as error:
            loaded.left_out.append(_unreadable(cell, code, error))
            if TASK.search(code):
                loaded.error = error
            continue
        loaded.flags |= _flags(body)
        statements += [_statement(node, name, cell) for node in body]
    _take(statements, 0, loaded)
    return loaded


def _take(statements: list[Statement], start: int, loaded: Loaded) -> None:
    """Execute from *start* on what is taken over, until a pass brings nothing new; the rest waits until it is asked for."""
    reading = Reading()
    taken = [reading.takes(one.node) for one in statements if one.node is not None]
    never = text.heavy(one.node for one in statements if one.node is not None)
    rows = list(zip(statements, taken, strict=True))[start:]
    pending = [one for one, wanted in rows if wanted]
    for one, wanted in rows:
        if not wanted and one.node is not None:
            one.may_run = text.may_run(one.node, never)
            loaded.left_out.append(one)
    for _ in range(PASSES):
        failed = [one for one in pending if not loaded.execute(one)]
        if not failed or len(failed) == len(pending):
            pending = failed
            break
        pending = failed
    loaded.left_out += pending


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
