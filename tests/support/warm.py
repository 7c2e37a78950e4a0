"""A server that has imported TensorFlow once and forks a child for each run of the probe.

Importing TensorFlow costs seconds, a fork a few milliseconds: without it a hundred scenarios would take
ten minutes. The product's own path through `supervise.gather` is used unchanged; only the launcher differs.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.launcher import ROOT, Command

FDS = 3
CLIENT = Path(__file__).with_name("warm_client.py")


class WarmLauncher:
    """A `Launcher` whose processes are forks of a warm server. Use as a context manager."""

    level = "process"
    layers: Sequence[str] = ("warm server of the tests",)

    def __enter__(self) -> "WarmLauncher":
        self._folder = tempfile.TemporaryDirectory(prefix="convmark-warm-")
        self.address = str(Path(self._folder.name) / "socket")
        env = dict(os.environ, TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1", OPENBLAS_NUM_THREADS="1")
        self._server = subprocess.Popen(
            [sys.executable, "-P", __file__, self.address], env=env, cwd=self._folder.name, stdout=subprocess.PIPE
        )
        assert self._server.stdout is not None
        assert self._server.stdout.readline() == b"ready\n"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.kill()
        self._server.wait()
        assert self._server.stdout is not None
        self._server.stdout.close()
        self._folder.cleanup()

    @property
    def pid(self) -> int:
        """The process of the server."""
        return self._server.pid

    def command(self, module: str, readonly: Sequence[Path] = ()) -> Command:
        """A client that hands its standard streams to a fork of the server."""
        return Command([sys.executable, "-I", "-S", str(CLIENT), self.address, module], dict(os.environ))


@dataclass
class WarmAddress:
    """A launcher like `WarmLauncher` that can be handed to the workers of a batch."""

    address: str
    level: str = "process"
    layers: Sequence[str] = ()

    def command(self, module: str, readonly: Sequence[Path] = ()) -> Command:
        """A client that hands its standard streams to a fork of the server."""
        return Command([sys.executable, "-I", "-S", str(CLIENT), self.address, module], dict(os.environ))


def _child(connection: socket.socket, streams: list[int], module: str) -> None:
    import runpy

    os.setsid()
    for target, stream in enumerate(streams):
        os.dup2(stream, target)
        os.close(stream)
    connection.close()
    sys.stdin = open(0, closefd=False)
    sys.stdout = open(1, "w", closefd=False)
    sys.stderr = open(2, "w", closefd=False)
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except BaseException as error:
        print(repr(error), file=sys.stderr)
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)


def _attend(connection: socket.socket, listener: socket.socket) -> None:
    """In a fork of its own: start the child, report its end, kill it if the client goes away."""
    message, streams, _, _ = socket.recv_fds(connection, 1024, FDS)
    listener.close()
    child = os.fork()
    if child == 0:
        _child(connection, list(streams), message.decode())
    for stream in streams:
        os.close(stream)
    watcher = os.fork()
    if watcher == 0:
        connection.recv(1)
        try:
            os.killpg(child, signal.SIGKILL)
        except ProcessLookupError:
            pass
        os._exit(0)
    _, status = os.waitpid(child, 0)
    os.kill(watcher, signal.SIGKILL)
    os.waitpid(watcher, 0)
    try:
        connection.sendall(str(os.waitstatus_to_exitcode(status)).encode())
    except OSError:
        pass
    os._exit(0)


def serve(address: str) -> None:
    """Import TensorFlow, then fork for each connection, for ever."""
    sys.path.insert(0, str(ROOT))
    import keras  # noqa: F401
    import tensorflow  # noqa: F401

    import autograder.probe.source
    import autograder.probe.stages  # noqa: F401

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen()
    print("ready", flush=True)
    while True:
        connection, _ = listener.accept()
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _attend(connection, listener)
        connection.close()


if __name__ == "__main__":
    serve(*sys.argv[1:])
