"""Forks of a warm server instead of new processes: Keras is imported once for each grading process.

The server runs in the outer box, the forks in boxes within it (`box/server.py`, `box/leaf.py`). Each process
that grades has a server of its own, started when it is first needed and ended with it.
"""

import json
import os
import select
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from autograder import memory
from autograder.errors import SandboxError
from autograder.instructor import serving
from autograder.instructor.box import server as box_server
from autograder.launcher import Child, Command

QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "OPENBLAS_NUM_THREADS": "1"}
Streams = tuple[IO[bytes], IO[bytes], IO[bytes]]  # a child's standard input, output and error: our ends
MODULES = ("tensorflow", "keras", "h5py", "autograder.probe.look", "autograder.probe.stages", "autograder.replay.weights")


@dataclass(frozen=True)
class PlainHost:
    """This machine, without isolation: for a machine that has none, where a person has said that it need not."""

    level: str = "process"
    layers: Sequence[str] = ("process groups", "time limits")
    name: str = "no sandbox"
    group: bool = False
    counts_processes: bool = False
    memory_bytes: int = 0

    def server(self, modules: Sequence[str], inbox: Path) -> Command:
        """The command that starts a server."""
        settings = {"modules": list(modules), "uncover": False, "leaf": None}
        return Command([sys.executable, "-P", box_server.__file__, json.dumps(settings)], QUIET | os.environ)

    def given(self, inbox: Path) -> str:
        """Where the server finds the folder *inbox*."""
        return str(inbox)

    def where(self, files: Sequence[Path], path: Path) -> str:
        """Where a fork finds *path*."""
        return str(path)


class _Fork:
    """A `Child` that is a fork of a server."""

    def __init__(self, server: serving.Server, told: socket.socket, streams: Streams, folder: str) -> None:
        self.stdin, self.stdout, self.stderr = streams
        self._server = server
        self._told = told
        self._folder = folder
        self._lock = threading.Lock()
        self._status: int | None = None
        self._ending = False

    @property
    def held(self) -> int:
        """What the server holds beyond itself; memory that a fork shares with it is counted again."""
        return max(0, memory.held(self._server.popen.pid) - self._server.base)

    def wait(self, seconds: float | None = None) -> int:
        """The exit status, 128 + n for a signal n.

        Raises:
            SandboxError: the server could not start the fork.
            TimeoutError: it has not ended after *seconds*.
        """
        deadline = None if seconds is None else time.monotonic() + seconds
        give_up = time.monotonic() + serving.END_SECONDS
        while self._status is None:
            left = 1.0 if deadline is None else min(1.0, max(0.0, deadline - time.monotonic()))
            if select.select([self._told], [], [], left)[0]:
                self._receive()
            elif deadline is not None and time.monotonic() >= deadline:
                raise TimeoutError
            elif self._ending and time.monotonic() >= give_up:
                self._server.popen.kill()
        return self._status

    def _receive(self) -> None:
        with self._lock:
            if self._status is not None:
                return
            try:
                text = self._told.recv(1000)
            except OSError:
                text = b""
            said = json.loads(text) if text else {"status": -9}  # the server is gone, and its forks with it
            self._status = int(said.get("status", 125))
            self._told.close()
            if self._folder != "none":
                shutil.rmtree(self._server.inbox / self._folder, ignore_errors=True)
        if "problem" in said:
            raise SandboxError("grader.cannot_start", reason=str(said["problem"])[:300])

    def end(self) -> None:
        """Kill it, with all that it started."""
        with self._lock:
            if self._status is None:
                self._ending = True
                self._told.shutdown(socket.SHUT_WR)


@dataclass(frozen=True)
class Request:
    """A `Startable` that asks a server."""

    launcher: "WarmLauncher"
    kind: str
    target: str
    arguments: Sequence[str] = ()
    files: Sequence[Path] = ()

    @property
    def memory_bytes(self) -> int:
        """The bound of the launcher."""
        return self.launcher.host.memory_bytes

    def where(self, path: Path) -> str:
        """Where the module finds the file *path* that was given to it."""
        return self.launcher.where(self.files, path)

    def start(self, stdout: int = subprocess.PIPE) -> Child:
        """Ask the server of this process for a fork.

        Raises:
            SandboxError: the server does not start, or cannot be asked.
        """
        server = serving.server_of(self.launcher.host, self.launcher.modules)
        folder = server.take_in(self.files)
        theirs, ours = _pipes(stdout)
        message = {"kind": self.kind, "target": self.target, "arguments": list(self.arguments), "given": folder}
        try:
            told = server.fork(message, theirs)
        except OSError as error:
            for stream in ours:
                stream.close()
            raise SandboxError("grader.cannot_start", reason=str(error)) from error
        finally:
            for number in theirs:
                if number != stdout:
                    os.close(number)
        return _Fork(server, told, ours, folder)


def _pipes(stdout: int) -> tuple[list[int], Streams]:
    """The fork's ends of its three standard streams, and ours."""
    given, feed = os.pipe()
    errors, complain = os.pipe()
    if stdout == subprocess.PIPE:
        read, stdout = os.pipe()
    else:
        read = os.open(os.devnull, os.O_RDONLY)
    return [given, stdout, complain], (os.fdopen(feed, "wb"), os.fdopen(read, "rb"), os.fdopen(errors, "rb"))


@dataclass
class WarmLauncher:
    """Starts modules of ours as forks of a server that runs in *host*."""

    host: serving.Host
    modules: Sequence[str] = MODULES

    level: str = field(init=False)
    layers: Sequence[str] = field(init=False)

    def __post_init__(self) -> None:
        self.level, self.layers = self.host.level, (*self.host.layers, "warm server")

    @property
    def group(self) -> bool:
        """Whether a control group bounds memory."""
        return self.host.group

    @property
    def name(self) -> str:
        """What is printed as the means of isolation."""
        return f"{self.host.name}, warm"

    @property
    def counts_processes(self) -> bool:
        """Whether the number of processes is bounded."""
        return self.host.counts_processes

    def where(self, files: Sequence[Path], path: Path) -> str:
        """Where a fork that was given *files* finds *path*."""
        return self.host.where(files, path)

    def command(self, module: str, readonly: Sequence[Path] = ()) -> Request:
        """What runs *module* in a fork, which finds the files *readonly* where `Startable.where` says."""
        return Request(self, "-m", module, (), tuple(readonly))

    def close(self) -> None:
        """End the server of this process, if there is one."""
        serving.close(self.host, self.modules)

    def code(self, source: str, *arguments: str) -> Request:
        """What runs Python code in a fork: the same kind of fork, for the self-test."""
        return Request(self, "-c", source, arguments)
