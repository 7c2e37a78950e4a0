"""Which lines an input reaches, cheaply: a line is looked for until it is reached for the first time."""

import importlib
import sys
from collections.abc import Sequence
from types import CodeType, FrameType
from typing import Any


class Lines:
    """Lines of some modules that no input has reached before; `found` grows while `tracing`."""

    def __init__(self, modules: Sequence[str]) -> None:
        files = [(importlib.import_module(name).__file__, name) for name in modules]
        self._modules = {path: name for path, name in files if path is not None}
        self._left: dict[int, tuple[CodeType, set[int]]] = {}
        self.found: set[str] = set()

    def __enter__(self) -> "Lines":
        sys.settrace(self._call)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)

    def _missing(self, code: CodeType) -> set[int]:
        """The lines of *code* still to be reached; the code is kept, so that its id stays its own."""
        if id(code) not in self._left:
            self._left[id(code)] = (code, {line for _, _, line in code.co_lines() if line is not None})
        return self._left[id(code)][1]

    def _call(self, frame: FrameType, event: str, argument: Any) -> Any:
        if frame.f_code.co_filename not in self._modules:
            return None
        self._reach(frame, frame.f_code.co_firstlineno)  # which is no line that runs
        return self._line if self._missing(frame.f_code) else None

    def _reach(self, frame: FrameType, line: int) -> None:
        left = self._missing(frame.f_code)
        if line in left:
            left.discard(line)
            self.found.add(f"{self._modules[frame.f_code.co_filename]}:{line}")

    def _line(self, frame: FrameType, event: str, argument: Any) -> Any:
        self._reach(frame, frame.f_lineno)
        if not self._missing(frame.f_code):
            frame.f_trace_lines = False
        return self._line
