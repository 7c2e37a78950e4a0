"""How processes of ours are started: what runs, where, and the launchers that know it.

Portable: pipes and a kill, nothing of one operating system alone.
"""

import contextlib
import io
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Protocol

from autograder import memory
from autograder.errors import SandboxError

ROOT = Path(__file__).resolve().parent.parent
BOOT = (
    "import sys, runpy; sys.path.insert(0, sys.argv.pop(1)); "
    "from autograder import tether; tether.tie(int(sys.argv.pop(1))); "
    "runpy.run_module(sys.argv.pop(1), run_name='__main__', alter_sys=True)"
)


class Child(Protocol):
    """A running process of ours: its ends of three pipes, and its life."""

    stdin: IO[bytes]
    stdout: IO[bytes]
    stderr: IO[bytes]

    @property
    def held(self) -> int:
        """The bytes that it and all that it started hold together; 0 where the system does not tell."""
        ...

    def wait(self, seconds: float | None = None) -> int:
        """The exit status, negative for a signal, or 128 + n if a sandbox reports one.

        Raises:
            TimeoutError: it has not ended after *seconds*.
        """
        ...

    def end(self) -> None:
        """Kill it, with all that it started."""
        ...


class Startable(Protocol):
    """Something that a launcher can start; ``memory_bytes`` bounds by watching what it holds, 0 for no bound."""

    @property
    def memory_bytes(self) -> int:
        """The bytes that the process and all that it starts may hold together."""
        ...

    def where(self, path: Path) -> str:
        """Where the module finds the file *path* that was given to it."""
        ...

    def start(self, stdout: int = subprocess.PIPE) -> Child:
        """Start it; with *stdout* a descriptor, the child writes there and its own end is empty.

        Raises:
            SandboxError: it cannot be started.
        """
        ...


class _Subprocess:
    """A child that is a process group of this machine."""

    def __init__(self, popen: "subprocess.Popen[bytes]", stop_seconds: float) -> None:
        assert popen.stdin
        assert popen.stderr
        self.stdin, self.stderr = popen.stdin, popen.stderr
        self.stdout = popen.stdout or io.BytesIO()
        self._popen = popen
        self._stop_seconds = stop_seconds

    @property
    def held(self) -> int:
        return memory.held(self._popen.pid)

    def wait(self, seconds: float | None = None) -> int:
        try:
            return self._popen.wait(seconds)
        except subprocess.TimeoutExpired as error:
            raise TimeoutError from error

    def end(self) -> None:
        """Ask a guard to end what it guards, if there is one; then kill."""
        if self._stop_seconds and self._popen.poll() is None:
            self._popen.terminate()
            with contextlib.suppress(TimeoutError):
                self.wait(self._stop_seconds)
                return
        if hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._popen.pid, signal.SIGKILL)
        self._popen.kill()


@dataclass(frozen=True)
class Command:
    """How to start a Python module: arguments, environment, working directory.

    ``seen`` says where it finds the files that were given to it, if not at their own paths; ``stop_seconds``
    how long, after SIGTERM, it may take to end what it has started. ``memory_bytes`` bounds what the process
    and all that it starts hold together, by watching them; 0 where something stricter does.
    """

    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: str | None = None
    seen: Mapping[Path, str] = field(default_factory=dict)
    stop_seconds: float = 0.0
    memory_bytes: int = 0

    def where(self, path: Path) -> str:
        """Where the module finds the file *path* that was given to it."""
        return self.seen.get(path, str(path))

    def start(self, stdout: int = subprocess.PIPE) -> Child:
        """Start it in a session of its own.

        Raises:
            SandboxError: the system refuses.
        """
        try:
            popen = subprocess.Popen(
                list(self.argv),
                stdin=subprocess.PIPE,
                stdout=stdout,
                stderr=subprocess.PIPE,
                env=dict(self.env),
                cwd=self.cwd,
                start_new_session=True,
            )
        except OSError as error:
            raise SandboxError("grader.cannot_start", reason=str(error)) from error
        return _Subprocess(popen, self.stop_seconds)


class Launcher(Protocol):
    """Starts a module of ours as a process; ``level`` and ``layers`` say how it is isolated."""

    level: str
    layers: Sequence[str]

    def command(self, module: str, readonly: Sequence[Path] = ()) -> Startable:
        """What runs *module*, with the files *readonly* visible where `Startable.where` says."""
        ...


class PlainLauncher:
    """A plain subprocess, for a student's own code on the student's own machine."""

    level = "process"
    layers: Sequence[str] = ("subprocess", "time limits")

    def command(self, module: str, readonly: Sequence[Path] = ()) -> Command:
        """The interpreter that runs this, without the current folder on its path; it ends with the process that this is."""
        return Command([sys.executable, "-P", "-c", BOOT, str(ROOT), str(os.getpid()), module], dict(os.environ))
