"""A leaf: a fork of the warm server that has namespaces of its own, and gives up all else before it runs anything.

The first process of a leaf only waits for the second one; when it ends, the kernel ends all others. Source of
the order: what a layer needs comes before the layer that takes it away.
"""

import ctypes
import os
import platform
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

NEW_MOUNT, NEW_UTS, NEW_IPC = 0x20000, 0x4000000, 0x8000000
NEW_USER, NEW_PROCESSES, NEW_NETWORK = 0x10000000, 0x20000000, 0x40000000
ALL = NEW_MOUNT | NEW_UTS | NEW_IPC | NEW_USER | NEW_PROCESSES | NEW_NETWORK
SIGCHLD = 17
ACCOUNT = 1000
ASIDE = "/aside"  # an empty folder of the outer box
NO_SETUID, NO_DEVICES, NO_PROGRAMS, READ_ONLY, REMOUNT, BIND, RECURSIVE, PRIVATE = 2, 4, 8, 1, 32, 4096, 16384, 1 << 18
DETACH, DUMPABLE, FAILED = 2, 4, 125
# System calls that the C library has no function for, by number on x86_64 and aarch64.
CLONE, SET_CAPABILITIES = {"x86_64": 56, "aarch64": 220}, {"x86_64": 126, "aarch64": 91}
VERSION_3, BOUND_DROP, AMBIENT, CLEAR_ALL = 0x20080522, 24, 47, 4
MAP_ROOT = 1 << 31  # CAP_SETFCAP: who is root needs it to map its account into the namespace of a leaf
MACHINE_FILES = ("sys", "sysrq-trigger", "irq", "bus")  # below /proc, and root's to write
_libc = ctypes.PyDLL(None, use_errno=True)  # keeps Python's lock: a fork must not lose it


def _check(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """mount(2).

    Raises:
        OSError: the kernel refuses it.
    """
    words = (source.encode(), target.encode(), kind.encode() or None)
    _check(_libc.mount(*words, ctypes.c_ulong(flags), options.encode() or None), f"mount {target}")


def uncover() -> None:
    """Take away what bubblewrap laid over /proc: a leaf can mount its own only where one is seen whole."""
    for name in MACHINE_FILES:
        _libc.umount2(f"/proc/{name}".encode(), DETACH)  # refused where nothing lies over it


def powerless(kept: int = 0) -> None:
    """Give up every capability but *kept*, a bit mask, for this process and all that it starts.

    Raises:
        OSError: the kernel refuses it.
    """
    for number in range(64):
        _libc.prctl(BOUND_DROP, number, 0, 0, 0)  # refused for numbers that the kernel does not know
    _libc.prctl(AMBIENT, CLEAR_ALL, 0, 0, 0)
    header, held = (ctypes.c_uint32 * 2)(VERSION_3, 0), (ctypes.c_uint32 * 6)(kept, kept)
    _check(_libc.syscall(SET_CAPABILITIES[platform.machine()], header, held), "capset")


def _map_account(user: int, group: int) -> None:
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{ACCOUNT} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{ACCOUNT} {group} 1")


def _folders(folders: dict[str, str], kept: Sequence[str], given: str) -> None:
    """Fresh temporary folders, a /proc of its own, and of the files that were handed in only its own.

    What is *kept* of the temporary folders is seen as before: Python itself may lie there.
    """
    mount("", "/", flags=RECURSIVE | PRIVATE)
    for path, options in folders.items():
        mount(path, ASIDE, flags=BIND | RECURSIVE)
        mount("tmpfs", path, "tmpfs", NO_SETUID | NO_DEVICES, options)
        for inner in (name for name in kept if name.startswith(f"{path}/")):
            os.makedirs(inner)  # noqa: PTH103
            mount(ASIDE + inner.removeprefix(path), inner, flags=BIND | RECURSIVE)
        _check(_libc.umount2(ASIDE.encode(), DETACH), "umount")
    mount("proc", "/proc", "proc", NO_SETUID | NO_DEVICES | NO_PROGRAMS)
    for name in MACHINE_FILES:
        path = f"/proc/{name}"
        if os.path.exists(path):  # noqa: PTH110
            mount(path, path, flags=BIND)
            mount("", path, flags=BIND | REMOUNT | READ_ONLY | NO_SETUID | NO_DEVICES | NO_PROGRAMS)
    mount(given, str(Path(given).parent), flags=BIND)


def _exit_like(status: int) -> None:
    """End with the status of a child, 128 + n for a signal n."""
    code = os.waitstatus_to_exitcode(status)
    os._exit(code if code >= 0 else 128 - code)


def _first(run: Callable[[], None], streams: Sequence[int], settings: dict[str, Any], given: str, ids: tuple[int, int]) -> None:
    """The first process: make the leaf's world, start the second process, wait for it."""
    for target, stream in enumerate(streams):
        os.dup2(stream, target)
    os.closerange(3, 4096)
    _map_account(*ids)
    _folders(settings["folders"], settings["kept"], given)
    os.chdir("/tmp")  # noqa: S108 - the leaf's own
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # which the first process of a namespace does not get
    _libc.prctl(DUMPABLE, 0, 0, 0, 0)  # what runs here may not look into this process
    second = os.fork()
    if second == 0:
        _libc.prctl(DUMPABLE, 1, 0, 0, 0)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.setsid()
        Path("/proc/self/oom_score_adj").write_text("1000")  # where memory is short this ends first, not the server
        powerless()
        run()
        os._exit(0)
    for stream in (0, 1, 2):
        os.close(stream)
    powerless()
    while True:
        pid, status = os.wait()
        if pid == second:
            _exit_like(status)


def start(run: Callable[[], None], streams: Sequence[int], settings: dict[str, Any], given: str) -> int:
    """Run *run* in a new leaf with these standard streams; the number of its first process.

    ``settings["folders"]`` maps folders to options of tmpfs, ``settings["kept"]`` names what stays of them;
    *given* is the folder of what was handed in.

    Raises:
        OSError: no process can be started.
    """
    ids = os.getuid(), os.getgid()
    none = ctypes.c_ulong(0)
    pid = _check(_libc.syscall(CLONE[platform.machine()], ctypes.c_ulong(ALL | SIGCHLD), none, none, none, none), "clone")
    if pid:
        return pid
    try:
        _first(run, streams, settings, given, ids)
    except BaseException as error:
        os.write(2, f"convmark: {error!r}\n".encode())
    finally:  # whatever happens, this process does not go on as a server
        os._exit(FAILED)
