"""A child process of ours whose records, log and life are bounded, and the launchers that say how to start it.

Portable: pipes, threads and a kill, nothing of one operating system alone.
"""

import json
import os
import queue
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Protocol

from autograder import memory, strictjson
from autograder.errors import EvidenceError, SandboxError

MAX_WIRE_BYTES = 4 * 2**20
WATCH_SECONDS = 0.2
ROOT = Path(__file__).resolve().parent.parent
BOOT = (
    "import sys, runpy; sys.path.insert(0, sys.argv.pop(1)); "
    "from autograder import tether; tether.tie(int(sys.argv.pop(1))); "
    "runpy.run_module(sys.argv.pop(1), run_name='__main__', alter_sys=True)"
)
NOISE = re.compile(r"^(WARNING: All log messages before absl|[IWEF]\d{4} |To enable the following instructions)")


@dataclass(frozen=True)
class Command:
    """How to start a Python module: arguments, environment, working directory, open descriptors.

    ``seen`` says where it finds the files that were given to it, if not at their own paths; ``stop_seconds``
    how long, after SIGTERM, it may take to end what it has started. ``memory_bytes`` bounds what the process
    and all that it starts hold together, by watching them; 0 where something stricter does.
    """

    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: str | None = None
    pass_fds: tuple[int, ...] = ()
    seen: Mapping[Path, str] = field(default_factory=dict)
    stop_seconds: float = 0.0
    memory_bytes: int = 0

    def where(self, path: Path) -> str:
        """Where the module finds the file *path* that was given to it."""
        return self.seen.get(path, str(path))


class Launcher(Protocol):
    """Starts a module of ours as a process; ``level`` and ``layers`` say how it is isolated."""

    level: str
    layers: Sequence[str]

    def command(self, module: str, readonly: Sequence[Path] = ()) -> Command:
        """The command that runs *module*, with the files *readonly* visible where `Command.where` says."""
        ...


class PlainLauncher:
    """A plain subprocess, for a student's own code on the student's own machine."""

    level = "process"
    layers: Sequence[str] = ("subprocess", "time limits")

    def command(self, module: str, readonly: Sequence[Path] = ()) -> Command:
        """The interpreter that runs this, without the current folder on its path; it ends with the process that this is."""
        return Command([sys.executable, "-P", "-c", BOOT, str(ROOT), str(os.getpid()), module], dict(os.environ))


@dataclass
class _Log:
    """The first and the last part of what a process printed."""

    limit: int
    head: bytearray = field(default_factory=bytearray)
    tail: bytearray = field(default_factory=bytearray)
    dropped: int = 0

    def add(self, chunk: bytes) -> None:
        room = self.limit // 2 - len(self.head)
        if room > 0:
            self.head += chunk[:room]
            chunk = chunk[room:]
        self.tail += chunk
        excess = len(self.tail) - self.limit // 2
        if excess > 0:
            del self.tail[:excess]
            self.dropped += excess

    def text(self) -> str:
        middle = f"\n… {self.dropped} bytes …\n".encode() if self.dropped else b""
        lines = (bytes(self.head) + middle + bytes(self.tail)).decode("utf-8", "replace").splitlines()
        return "\n".join(line for line in lines if not NOISE.match(line))


class Process:
    """A child of ours whose records, log and life are bounded."""

    def __init__(self, command: Command, request: Any, log_bytes: int) -> None:
        self.records: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self.log = _Log(log_bytes)
        self.garbage = 0
        self._stop_seconds = command.stop_seconds
        try:
            self._popen = subprocess.Popen(
                list(command.argv),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=dict(command.env),
                cwd=command.cwd,
                pass_fds=command.pass_fds,
                start_new_session=True,
            )
        except OSError as error:
            raise SandboxError("grader.cannot_start", reason=str(error)) from error
        assert self._popen.stdin
        assert self._popen.stdout
        assert self._popen.stderr
        self._threads = [
            threading.Thread(target=self._feed, args=(self._popen.stdin, json.dumps(request).encode()), daemon=True),
            threading.Thread(target=self._read_records, args=(self._popen.stdout,), daemon=True),
            threading.Thread(target=self._read_log, args=(self._popen.stderr,), daemon=True),
        ]
        if command.memory_bytes:
            self._threads.append(threading.Thread(target=self._watch, args=(command.memory_bytes,), daemon=True))
        for thread in self._threads:
            thread.start()

    def _watch(self, limit: int) -> None:
        """End the process, with all that it started, once they hold more than *limit* bytes."""
        while memory.held(self._popen.pid) <= limit:
            try:
                self._popen.wait(WATCH_SECONDS)
                return
            except subprocess.TimeoutExpired:
                continue
        self._end()

    @staticmethod
    def _feed(stream: IO[bytes], data: bytes) -> None:
        try:
            stream.write(data)
            stream.close()
        except OSError:
            return

    def _read_records(self, stream: IO[bytes]) -> None:
        left = MAX_WIRE_BYTES
        while left > 0 and (line := stream.readline(left)):
            left -= len(line)
            try:
                record = strictjson.loads(line.decode("ascii"), max_chars=MAX_WIRE_BYTES)
            except (EvidenceError, UnicodeDecodeError):
                record = None
            if isinstance(record, dict) and line.endswith(b"\n"):
                self.records.put(record)
            else:
                self.garbage += 1
        self.records.put(None)

    def _read_log(self, stream: IO[bytes]) -> None:
        while chunk := os.read(stream.fileno(), 65536):
            self.log.add(chunk)

    def kill(self) -> int:
        """End the process with all that it started, wait, and return its exit status."""
        self._end()
        return self.wait()

    def _end(self) -> None:
        if self._stop_seconds and self._popen.poll() is None:
            self._popen.terminate()
            try:
                self._popen.wait(self._stop_seconds)
                return
            except subprocess.TimeoutExpired:
                pass
        if hasattr(os, "killpg"):
            try:
                os.killpg(self._popen.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                pass
        self._popen.kill()

    def wait(self, seconds: float | None = None) -> int:
        """The exit status, negative for a signal; kills what has not ended after *seconds*.

        A sandbox that waits for the process inside reports a signal n as 128 + n.
        """
        try:
            status = self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            return self.kill()
        return self._status(status)

    def _status(self, status: int) -> int:
        for thread in self._threads:
            thread.join(2)
        return 128 - status if status > 128 else status
