"""Forks of a warm server instead of new processes: Keras is imported once for each grading process.

The server runs in the outer box, the forks in boxes within it (`box/server.py`, `box/leaf.py`). Each process
that grades has a server of its own, started when it is first needed and ended with it.
"""

import atexit
import json
import os
import secrets
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Protocol

from autograder import memory
from autograder.errors import SandboxError
from autograder.instructor.box import server as box_server
from autograder.launcher import Child, Command

READY_SECONDS = 180.0  # importing TensorFlow from a cold disk
END_SECONDS = 10.0
PREFIX = "convmark-inbox-"
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "OPENBLAS_NUM_THREADS": "1"}
MODULES = ("tensorflow", "keras", "h5py", "autograder.probe.look", "autograder.probe.stages", "autograder.replay.weights")


class Host(Protocol):
    """Where a server can run."""

    @property
    def level(self) -> str:
        """The level of isolation."""
        ...

    @property
    def layers(self) -> Sequence[str]:
        """The active layers, for the report."""
        ...

    @property
    def group(self) -> bool:
        """Whether a control group bounds memory."""
        ...

    @property
    def name(self) -> str:
        """What is printed as the means of isolation."""
        ...

    @property
    def counts_processes(self) -> bool:
        """Whether the number of processes is bounded."""
        ...

    def server(self, modules: Sequence[str], inbox: Path) -> Command:
        """The command that starts a server, which sees the folder *inbox*."""
        ...

    def given(self, inbox: Path) -> str:
        """Where the server finds the folder *inbox*."""
        ...

    def where(self, files: Sequence[Path], path: Path) -> str:
        """Where a fork that was given *files* finds *path*."""
        ...

    @property
    def memory_bytes(self) -> int:
        """What a fork may hold, if it has to be watched."""
        ...


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


class Server:
    """A server of this process."""

    def __init__(self, host: Host, modules: Sequence[str]) -> None:
        self._host = host
        self._lock = threading.Lock()
        self.inbox = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
        (self.inbox / "none").mkdir()
        command = host.server(modules, self.inbox)
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, tempfile.TemporaryFile() as said:
            try:
                self.popen = subprocess.Popen(
                    list(command.argv),
                    env=dict(command.env),
                    cwd=command.cwd,
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=said,
                    start_new_session=True,
                )
            except OSError as error:
                raise SandboxError("grader.cannot_start", reason=str(error)) from error
            theirs.close()
            self._await(said)
        self.base = memory.held(self.popen.pid)

    def _await(self, said: IO[bytes]) -> None:
        self._control.settimeout(READY_SECONDS)
        try:
            ready = self._control.recv(100) == b"ready"
        except TimeoutError:
            ready = False
        if not ready:
            self.close()
            said.seek(0)
            complaint = said.read(2**20).decode("utf-8", "replace").strip()[-300:]
            raise SandboxError("sandbox.no_start", reason=complaint or "the server does not answer")

    @property
    def alive(self) -> bool:
        """Whether it can be asked for forks."""
        return self.popen.poll() is None

    def take_in(self, files: Sequence[Path]) -> str:
        """Lay files into the inbox, for one fork to see; the name of their folder."""
        if not files:
            return "none"
        token = secrets.token_hex(8)
        folder = self.inbox / token
        folder.mkdir()
        for number, path in enumerate(files):
            target = folder / f"{number}{path.suffix}"
            try:
                os.link(path.resolve(), target)
            except OSError:
                shutil.copyfile(path, target)
        return token

    def fork(self, message: dict[str, Any], streams: Sequence[int]) -> socket.socket:
        """Ask for a fork with these standard streams; the socket that tells of its end."""
        ours, theirs = socket.socketpair()
        message |= {"given": f"{self._host.given(self.inbox)}/{message['given']}"}
        with theirs, self._lock:
            socket.send_fds(self._control, [json.dumps(message).encode()], [*streams, theirs.fileno()])
        return ours

    def close(self) -> None:
        """End it, with all its forks."""
        self._control.close()
        try:
            self.popen.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
        shutil.rmtree(self.inbox, ignore_errors=True)


_servers: dict[str, Server] = {}
_starting = threading.Lock()


def _key(host: Host, modules: Sequence[str]) -> str:
    return repr((os.getpid(), host, modules))


def _server(host: Host, modules: Sequence[str]) -> Server:
    """This process's server for *host*; a new one if it has ended."""
    key = _key(host, modules)
    with _starting:
        found = _servers.get(key)
        if found is None or not found.alive:
            if found is not None:
                found.close()
            found = _servers[key] = Server(host, modules)
        return found


def sweep() -> None:
    """Remove what servers of processes that are gone have left behind."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*-*"):
        owner = folder.name.removeprefix(PREFIX).partition("-")[0]
        if owner.isdigit() and not Path("/proc", owner).exists():
            shutil.rmtree(folder, ignore_errors=True)


@atexit.register
def close_all() -> None:
    """End all servers of this process."""
    while _servers:
        _servers.popitem()[1].close()


class _Fork:
    """A `Child` that is a fork of a server."""

    def __init__(self, server: Server, told: socket.socket, streams: tuple[IO[bytes], IO[bytes], IO[bytes]], folder: str) -> None:
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
        give_up = time.monotonic() + END_SECONDS
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
        server = _server(self.launcher.host, self.launcher.modules)
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


def _pipes(stdout: int) -> tuple[list[int], tuple[IO[bytes], IO[bytes], IO[bytes]]]:
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

    host: Host
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
        found = _servers.pop(_key(self.host, self.modules), None)
        if found is not None:
            found.close()

    def code(self, source: str, *arguments: str) -> Request:
        """What runs Python code in a fork: the same kind of fork, for the self-test."""
        return Request(self, "-c", source, arguments)
