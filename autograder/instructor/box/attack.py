"""The self-test's part inside a box: try to break out, and say which attempts failed.

The argument is JSON: ``canary``, a file that everybody may read in a folder where everybody may write;
``port`` and ``socket``, listeners, with a third one beside the canary; ``victim``, a process; ``prefix``, Python's
folder; ``names``, the variables
that belong in a box; ``uid``, the account of the grader.
"""

import ctypes
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

NEW_USER_NAMESPACE = 0x10000000
BOUND, SECCOMP, NO_NEW_PRIVILEGES = 23, 21, 39
DAEMON_SECONDS = 30
SHELL = {"PATH", "PWD", "OLDPWD", "SHLVL", "_"}


def fails(action: Callable[..., object], *arguments: object) -> bool:
    """Whether the system refuses something."""
    try:
        action(*arguments)
    except OSError:
        return True
    return False


def _create(folder: str) -> None:
    path = Path(folder) / f"convmark-{secrets.token_hex(4)}"
    path.write_text("")
    with suppress(OSError):
        path.unlink()


def _connect(family: int, address: Any) -> None:
    with socket.socket(family) as client:
        client.settimeout(1)
        client.connect(address)


def _limit(pid: int) -> None:
    import resource

    resource.prlimit(pid, resource.RLIMIT_NOFILE, (64, 64))


def _files(about: dict[str, Any]) -> bool:
    folder = Path(about["canary"]).parent
    return fails(open, about["canary"]) and fails(os.listdir, folder) and fails(open, f"/proc/{about['victim']}/environ")


def _network(about: dict[str, Any]) -> bool:
    addresses: list[tuple[int, Any]] = [(socket.AF_INET, ("127.0.0.1", about["port"])), (socket.AF_INET, ("192.0.2.1", 9))]
    addresses += [(socket.AF_UNIX, "\0" + about["socket"]), (socket.AF_UNIX, str(Path(about["canary"]).parent / "socket"))]
    return all(fails(_connect, family, address) for family, address in addresses)


def _processes(victim: int) -> bool:
    """What happens to the victim is looked at outside; here, whether it or others can be seen."""
    with suppress(OSError):
        os.kill(victim, signal.SIGTERM)
    with suppress(OSError):
        _limit(victim)
    try:
        return len([path for path in Path("/proc").iterdir() if path.name.isdigit()]) <= 4
    except OSError:
        return True


def _read_only(about: dict[str, Any]) -> bool:
    folder = str(Path(about["canary"]).parent)
    with suppress(OSError):
        Path(about["canary"]).chmod(0)  # looked at outside: it may be said to be done and not be
    with suppress(OSError):
        os.truncate(about["canary"], 0)
    beside = str(Path(__file__).parent)
    return all(fails(_create, name) for name in ("/", "/usr", "/dev", "/proc", "/usr/bin", beside, about["prefix"], folder))


def _environment(names: list[str]) -> bool:
    first: list[str] = []
    with suppress(OSError):
        first = Path("/proc/1/environ").read_text().split("\0")
    strange = {item.split("=")[0] for item in first if item} - SHELL
    return not set(os.environ) - set(names) and not strange


def _powerless() -> bool:
    """No capability is held, and none can be gained by starting a program."""
    libc = ctypes.CDLL(None)
    held = (ctypes.c_uint32 * 6)()
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    known = libc.capget(header, held) == 0
    return known and not any(held) and libc.prctl(NO_NEW_PRIVILEGES, 0, 0, 0, 0) == 1


def _started() -> None:
    """Start a program of our own from the temporary folder, which only Landlock refuses."""
    path = Path(tempfile.mkdtemp()) / "program"
    place = os.open(path, os.O_CREAT | os.O_WRONLY, 0o700)
    os.write(place, b"#!/bin/sh\n")
    os.close(place)
    subprocess.run([str(path)], check=False)


def attempts(about: dict[str, Any]) -> dict[str, bool]:
    """For each layer, whether it held."""
    libc = ctypes.CDLL(None)
    size = os.statvfs(tempfile.gettempdir())
    return {
        "files": _files(about),
        "network": _network(about),
        "processes": _processes(about["victim"]),
        "read-only": _read_only(about),
        "environment": _environment(about["names"]),
        "capabilities": _powerless(),
        "descriptors": all(fails(os.fstat, number) for number in range(3, 1024)),
        "account": os.getuid() != about["uid"],
        "seccomp": libc.prctl(SECCOMP, 0, 0, 0, 0) == 2,
        "landlock": fails(_started),
        "nested": libc.unshare(NEW_USER_NAMESPACE) != 0,
        "quota": size.f_blocks * size.f_frsize < 2**30,
    }


def _leave_behind() -> None:
    """Leave a process that has left its parent and its session; while it lives it has a lock on the output."""
    import fcntl

    locked, tell = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.close(2)  # a pipe, whose end would be waited for
            with suppress(OSError):
                fcntl.lockf(1, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.write(tell, b".")
            signal.alarm(DAEMON_SECONDS)
            signal.pause()
        os._exit(0)
    os.read(locked, 1)
    os.close(locked)
    os.close(tell)


def main() -> None:
    """Print what held as JSON."""
    _leave_behind()
    print(json.dumps(attempts(json.loads(sys.argv[1]))), flush=True)  # noqa: T201 - this is the answer
