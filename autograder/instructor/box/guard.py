"""Outside a box without namespaces: start it, wait, kill all that it left behind, remove its folder.

``python -I -S …/guard.py SETTINGS``. SETTINGS is JSON: ``folder`` to make, ``visible`` as pairs of a file or
folder and its name in ``folder/grader``, ``given`` likewise for ``folder/given``, ``own`` whether the box gets
an account of its own, ``groups`` of control, ``argv`` and ``env`` of the box. Standard library only.

Processes that left their parents become children of the guard, so it finds them all. It ends when the
first process of the box has ended, when it gets SIGTERM, or when nobody reads its output any more. Its exit
status is that of the box, 128 + n for a signal n.
"""

import ctypes
import json
import os
import re
import select
import shutil
import signal
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

FIRST_ACCOUNT = 0x70000000  # of the box: this plus the guard's process number, so no two boxes share one
FAILED, KILLED = 125, 128 + signal.SIGKILL
PATIENCE = 5.0
PARENT_DEATH, BOUND_DROP, SUBREAPER, AMBIENT = 1, 24, 36, 47
PREFIX = "convmark-box-"


def _control(option: int, value: int) -> int:
    return int(ctypes.CDLL(None).prctl(option, value, 0, 0, 0))


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def remove(folder: Path) -> None:
    """Remove a folder whatever its depth and permissions; none of its processes may be left.

    What lies deeper is moved up first, so no path grows and nothing recurses.
    """
    moved = 0
    while found := list(folder.iterdir()):
        for path in found:
            if not _is_folder(path):
                path.unlink()
                continue
            path.chmod(0o700)
            for inner in list(path.iterdir()):
                if _is_folder(inner):
                    inner.chmod(0o700)
                moved += 1
                inner.rename(folder / f".{moved}")
            path.rmdir()
    folder.rmdir()


def sweep(parent: Path) -> None:
    """Remove the folders of boxes whose guard and grader were killed."""
    for path in parent.glob(f"{PREFIX}*"):
        found = re.fullmatch(rf"{PREFIX}(\d+)-[0-9a-f]+", path.name)
        if not found or Path(f"/proc/{found[1]}").exists():
            continue
        with suppress(OSError):
            if _is_folder(path) and path.lstat().st_uid == os.geteuid():
                remove(path)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copy2(source, target)
    for path in (target, *target.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def prepare(settings: dict[str, Any], account: int) -> Path:
    """Make the folder: what the box may read, and the temporary folder that it may write; the latter's path.

    Raises:
        OSError: it cannot be made, or exists.
    """
    folder = Path(settings["folder"])
    os.umask(0o022)
    folder.mkdir(0o700)
    for name, files in (("grader", settings["visible"]), ("given", settings["given"]), ("work", [])):
        (folder / name).mkdir()
        for source, target in files:
            _copy(Path(source), folder / name / target)
    (folder / "work").chmod(0o700)
    if settings["own"]:
        os.chown(folder, -1, account)
        folder.chmod(0o710)
        os.chown(folder / "work", account, account)
    return folder / "work"


def _drop(account: int, own: bool) -> None:
    """Give up all privileges, and the account if the box has its own."""
    capability = 0
    while os.geteuid() == 0 and _control(BOUND_DROP, capability) == 0:
        capability += 1
    ctypes.CDLL(None).prctl(AMBIENT, 4, 0, 0, 0)
    if own:
        os.setgroups([])
        os.setresgid(account, account, account)
        os.setresuid(account, account, account)
    if ctypes.CDLL(None).capset(struct.pack("=Ii", 0x20080522, 0), bytes(24)):
        raise OSError("capset")


def _become(settings: dict[str, Any], guard: int, account: int, folder: Path) -> None:
    """Turn this forked process into the first one of the box; never returns."""
    try:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        with suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("1000")  # the box goes first, not the guard
        os.setsid()
        os.umask(0o077)
        os.chdir(folder)
        _drop(account, settings["own"])
        _control(PARENT_DEATH, signal.SIGKILL)  # after the change of account, which clears it
        if os.getppid() == guard:
            os.closerange(3, 4096)
            os.execve(settings["argv"][0], settings["argv"], settings["env"])  # noqa: S606
    except OSError as error:
        os.write(2, f"the box cannot be entered: {error}\n".encode())
    finally:
        os._exit(FAILED)


def _children(pid: int) -> Iterator[int]:
    """All descendants of a process, those nearest first."""
    own: list[str] = []
    try:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            own += (thread / "children").read_text().split()
    except OSError:
        pass
    for child in own:
        yield int(child)
        yield from _children(int(child))


def killer(account: int) -> tuple[int, int]:
    """Start a process that kills everything of an account at once when the descriptor returned with it is closed.

    It is started before the box, which could otherwise leave no room for it.
    """
    waiting, trigger = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(trigger)
            os.close(0)
            signal.set_wakeup_fd(-1)
            os.read(waiting, 1)
            os.setresuid(account, account, account)
            os.kill(-1, signal.SIGKILL)
        finally:
            os._exit(0)
    os.close(waiting)
    return pid, trigger


def end_all(groups: list[str], striker: tuple[int, int] | None) -> bool:
    """Kill every process that is left, and wait for its end; whether none remains."""
    if striker is not None:
        os.close(striker[1])
        with suppress(ChildProcessError):
            os.waitpid(striker[0], 0)
    for group in groups:
        with suppress(OSError):
            (Path(group) / "pids.max").write_text("0")  # nothing new while the old are killed
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return True
        for pid in _children(os.getpid()):
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
    return False


def wait(first: int, wakeup: int) -> int:
    """The exit status of the first process, or that of a killed one when it is to end now."""
    poll = select.poll()
    poll.register(wakeup, select.POLLIN)
    for stream in (1, 2):
        poll.register(stream, 0)  # tells only that nobody reads it
    while True:
        ready = dict(poll.poll())
        if 1 in ready or 2 in ready:
            return KILLED
        if signal.SIGTERM in os.read(wakeup, 512):
            return KILLED
        with suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                if ended[0] == first:
                    status = os.waitstatus_to_exitcode(ended[1])
                    return status if status >= 0 else 128 - status


def _run(settings: dict[str, Any], account: int, wakeup: int) -> int:
    temporary = prepare(settings, account)
    striker = killer(account) if settings["own"] else None
    try:
        guard = os.getpid()
        first = os.fork()
        if first == 0:
            _become(settings, guard, account, temporary)
        os.close(0)
        status = wait(first, wakeup)
    finally:
        ended = end_all(settings["groups"], striker)
    return status if ended else FAILED


def main(settings: dict[str, Any]) -> int:
    """Guard one box; its exit status."""
    folder = Path(settings["folder"])
    sweep(folder.parent)
    _control(SUBREAPER, 1)
    account = FIRST_ACCOUNT + os.getpid() if settings["own"] else os.getuid()
    wakeup, notice = os.pipe()
    os.set_blocking(notice, False)
    signal.set_wakeup_fd(notice, warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, lambda *_: None)
    try:
        return _run(settings, account, wakeup)
    except OSError as error:
        os.write(2, f"the box cannot be made: {error}\n".encode())
        return FAILED
    finally:
        with suppress(OSError):
            remove(folder)


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
