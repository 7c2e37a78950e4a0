"""Warm servers of this process: where they run, how they are started, asked for forks, and ended.

A server (`box/server.py`) has imported Keras and forks for each run; `warm.py` makes a child of such a fork.
"""

import atexit
import json
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, Protocol

from autograder import memory
from autograder.errors import SandboxError
from autograder.launcher import Command

READY_SECONDS = 180.0  # importing TensorFlow from a cold disk
END_SECONDS = 10.0
PREFIX = "convmark-inbox-"


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


def server_of(host: Host, modules: Sequence[str]) -> Server:
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


def close(host: Host, modules: Sequence[str]) -> None:
    """End this process's server for *host*, if there is one."""
    found = _servers.pop(_key(host, modules), None)
    if found is not None:
        found.close()


@atexit.register
def close_all() -> None:
    """End all servers of this process."""
    while _servers:
        _servers.popitem()[1].close()
