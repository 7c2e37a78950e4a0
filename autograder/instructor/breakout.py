"""The self-test: start a box, let `box/attack.py` try to break out of it, and look at what it did outside.

Nothing is taken on trust: the file that may not be read, the folder that may not be written, the listeners
and the process that may not be reached are real, and open to everybody on this machine.
"""

import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from autograder.errors import SandboxError
from autograder.instructor import sandbox
from autograder.launcher import Launcher, Startable

TIMEOUT = 20.0
ATTACK = "from autograder.instructor.box import attack; attack.main()"


class Box(Launcher, Protocol):
    """A launcher that the self-test can attack."""

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

    def code(self, source: str, *arguments: str) -> Startable:
        """What runs Python code in a new box."""
        ...


@dataclass
class Canaries:
    """What no box may read, change, reach or end."""

    canary: Path
    port: int
    socket: str
    victim: "subprocess.Popen[bytes]"

    def unharmed(self) -> dict[str, bool]:
        """Whether the process is alive and the file as it was."""
        import resource

        try:
            kept = self.canary.read_text() == "canary" and self.canary.stat().st_mode & 0o777 == 0o644
        except OSError:
            kept = False
        alive = self.victim.poll() is None
        limited = alive and resource.prlimit(self.victim.pid, resource.RLIMIT_NOFILE)[1] == 64
        return {"processes": alive and not limited, "read-only": kept}


@contextmanager
def canaries() -> Iterator[Canaries]:
    """Put them out; they are gone afterwards."""
    name = f"convmark-{secrets.token_hex(8)}"
    with (
        tempfile.TemporaryDirectory(prefix="convmark-canary-") as folder,
        socket.socket() as listener,
        socket.socket(socket.AF_UNIX) as local,
        socket.socket(socket.AF_UNIX) as beside,
    ):
        Path(folder).chmod(0o777)
        canary = Path(folder) / secrets.token_hex(8)
        canary.write_text("canary")
        canary.chmod(0o644)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        local.bind("\0" + name)
        local.listen()
        beside.bind(f"{folder}/socket")
        Path(folder, "socket").chmod(0o777)
        beside.listen()
        victim = subprocess.Popen(["sleep", "60"], stdin=subprocess.DEVNULL, start_new_session=True)
        try:
            yield Canaries(canary, listener.getsockname()[1], name, victim)
        finally:
            victim.kill()
            victim.wait()


def attack(box: Box) -> dict[str, bool]:
    """Try to break out of a box; for each layer whether it held.

    Raises:
        SandboxError: the box does not start.
    """
    names = [*sandbox.variables(1), "PWD", "PYTHONPATH", "LC_CTYPE"]  # Python sets the last one where the locale is C
    with canaries() as out:
        about = {"canary": str(out.canary), "port": out.port, "socket": out.socket, "victim": out.victim.pid}
        about |= {"prefix": sys.prefix, "names": names, "uid": os.getuid()}
        said, ended = _run(box.code(ATTACK, json.dumps(about)))
        outside = out.unharmed()
    outside["processes"] = outside["processes"] and ended
    try:
        held = {str(name): held is True for name, held in json.loads(said).items()}
    except ValueError:
        raise SandboxError("sandbox.no_start", reason=said) from None
    return held | {name: held.get(name, False) and kept for name, kept in outside.items()} | {"tasks": box.counts_processes}


def _run(command: Startable) -> tuple[str, bool]:
    """What a box printed, or said about its failure, and whether none of its processes was left soon after."""
    with tempfile.TemporaryFile() as output:
        try:
            child = command.start(output.fileno())
        except SandboxError as error:
            raise SandboxError("sandbox.no_start", reason=str(error.params.get("reason", ""))[:300]) from error
        child.stdin.close()
        try:
            status = child.wait(TIMEOUT)
        except TimeoutError as error:
            child.end()
            raise SandboxError("sandbox.no_start", reason=f"no end after {TIMEOUT:.0f} s") from error
        ended = _released(output.fileno())
        os.set_blocking(child.stderr.fileno(), False)
        complaint = (child.stderr.read() or b"").decode("utf-8", "replace").strip()[-300:]
        output.seek(0)
        printed = output.read().decode("utf-8", "replace")
    return printed or complaint or f"exit status {status}", ended


def _released(output: int) -> bool:
    """Whether the lock of the process that was left behind is gone."""
    import fcntl

    deadline = time.monotonic() + 1
    while True:
        try:
            fcntl.lockf(output, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        else:
            return True
