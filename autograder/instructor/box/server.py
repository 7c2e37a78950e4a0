"""The warm server: has imported Keras once, and forks a process for each run of a module of ours.

``python -P …/box/server.py SETTINGS`` with a socket as standard input. SETTINGS is JSON: ``modules`` to import,
``leaf`` with what each fork gives up (see `leaf.start` and `autograder.instructor.box.__main__.enter`) or null
for plain forks, and ``uncover`` if it has to make /proc mountable. A message is JSON, ``{"kind": "-m" or "-c",
"target", "arguments", "given"}``, with four descriptors: three standard streams and a socket, on which the exit
status is told; when the other end of that is closed, the fork is killed.

Nothing here ever runs a submission: what runs it is a fork with nothing of the server's but its memory.
"""

import gc
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from autograder.instructor.box import leaf
from autograder.instructor.box.__main__ import enter

CONTROL, STREAMS, MAX_MESSAGE = 0, 4, 2**16
BROKEN = 70  # the exit status of a server that may not fork any more


def fit() -> bool:
    """Whether a fork of this process works: it has one thread, and TensorFlow has not begun to compute."""
    eager = sys.modules.get("tensorflow.python.eager.context")
    begun = eager is not None and eager._context is not None and eager._context._initialized
    return len(os.listdir("/proc/self/task")) == 1 and not begun  # noqa: PTH208


def _run(message: dict[str, Any]) -> None:
    """Run what was asked for, with Python's streams made anew, and end."""
    sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w"), os.fdopen(2, "w")
    sys.argv[1:] = message["arguments"]
    status = 1
    try:
        if message["kind"] == "-m":
            runpy.run_module(message["target"], run_name="__main__", alter_sys=True)
        else:
            exec(compile(message["target"], "<box>", "exec"), {"__name__": "__main__"})  # noqa: S102 - our own code
        status = 0
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


class Server:
    """Forks on request, and tells of each fork how it ended."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self._leaf = settings["leaf"]
        self._control = socket.socket(fileno=os.dup(CONTROL))
        self._waiting = selectors.DefaultSelector()
        self._waiting.register(self._control, selectors.EVENT_READ, self._accept)
        self._running: dict[int, tuple[int, socket.socket]] = {}

    def serve(self) -> None:
        """Until the socket is closed."""
        while True:
            for key, _ in self._waiting.select():
                handler: Callable[[], None] = key.data
                handler()

    def _accept(self) -> None:
        text, descriptors, _, _ = socket.recv_fds(self._control, MAX_MESSAGE, STREAMS)
        if not text:
            self._end_all()
        if not fit():
            os._exit(BROKEN)
        *streams, tell = descriptors
        told = socket.socket(fileno=tell)
        try:
            pid = self._start(json.loads(text), streams)
        except OSError as error:
            told.sendall(json.dumps({"problem": str(error)}).encode())
            told.close()
        else:
            self._watch(pid, told)
        for stream in streams:
            os.close(stream)

    def _start(self, message: dict[str, Any], streams: list[int]) -> int:
        if self._leaf is not None:
            return leaf.start(lambda: self._isolated(message), streams, self._leaf, message["given"])
        pid = os.fork()
        if pid == 0:
            os.setsid()
            for target, stream in enumerate(streams):
                os.dup2(stream, target)
            os.closerange(3, 4096)
            _run(message)
        return pid

    def _isolated(self, message: dict[str, Any]) -> None:
        enter(self._leaf)
        _run(message)

    def _watch(self, pid: int, told: socket.socket) -> None:
        """Wait for the end of a process, and for the wish to end it."""
        place = os.pidfd_open(pid)

        def ended() -> None:
            self._waiting.unregister(place)
            os.close(place)
            _, status = os.waitpid(pid, 0)
            self._sweep(pid)
            if told in self._waiting.get_map():
                self._waiting.unregister(told)
            try:
                told.sendall(json.dumps({"status": os.waitstatus_to_exitcode(status)}).encode())
            except OSError:  # nobody wants to know
                pass
            told.close()
            del self._running[pid]

        def unwanted() -> None:
            self._waiting.unregister(told)
            os.kill(pid, signal.SIGKILL)
            self._sweep(pid)

        self._running[pid] = (place, told)
        self._waiting.register(place, selectors.EVENT_READ, ended)
        self._waiting.register(told, selectors.EVENT_READ, unwanted)

    def _sweep(self, pid: int) -> None:
        """Kill what a plain fork left in its group; a leaf's processes end with its first one."""
        if self._leaf is None:
            try:
                os.killpg(pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                return

    def _end_all(self) -> None:
        for pid in self._running:
            os.kill(pid, signal.SIGKILL)
            self._sweep(pid)
        os._exit(0)


def main() -> None:
    """Import, make ready, tell so, serve."""
    settings = json.loads(sys.argv[1])
    if settings["uncover"]:
        leaf.uncover()
    if settings["leaf"] is not None:
        leaf.powerless(leaf.MAP_ROOT if settings["uncover"] else 0)
    for name in settings["modules"]:
        importlib.import_module(name)
    server = Server(settings)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    gc.collect()
    gc.freeze()
    server._control.sendall(b"ready")
    server.serve()


if __name__ == "__main__":
    main()
