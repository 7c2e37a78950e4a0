"""The first code that runs inside a box: take the last limits, then run what was asked for.

``python -P /grader/boxed.py SETTINGS -m MODULE`` or ``… -c CODE``. SETTINGS is JSON: ``limits`` maps names of
`resource` to numbers, ``seccomp`` says whether to install the filter. Standard library only, and nothing
of ours: this file is mounted into the box by itself.

The limit on processes must be set here: since Linux 5.14 it counts within the box's user namespace.
"""

import ctypes
import errno
import json
import os
import platform
import runpy
import struct
import sys
from pathlib import Path
from typing import Any

ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NEW_USER_NAMESPACE = 0x10000000
X32 = 0x40000000
FAMILIES = (1, 2, 10, 16)  # AF_UNIX, AF_INET, AF_INET6, AF_NETLINK; AF_VSOCK leads out of a network namespace
ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
CLONE, SOCKET, CLONE3 = (56, 220), (41, 198), (435, 435)
# System calls that an honest submission never makes, by number on x86_64 and aarch64.
DENIED = {
    "acct": (163, 89),
    "add_key": (248, 217),
    "bpf": (321, 280),
    "chroot": (161, 51),
    "clock_settime": (227, 112),
    "delete_module": (176, 106),
    "finit_module": (313, 273),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "fspick": (433, 433),
    "init_module": (175, 105),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425),
    "kcmp": (312, 272),
    "kexec_file_load": (320, 294),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "perf_event_open": (298, 241),
    "pidfd_getfd": (438, 438),
    "pivot_root": (155, 41),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "quotactl": (179, 60),
    "reboot": (169, 142),
    "request_key": (249, 218),
    "setns": (308, 268),
    "settimeofday": (164, 170),
    "swapoff": (168, 225),
    "swapon": (167, 224),
    "syslog": (103, 116),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
    "vhangup": (153, 58),
}


def _op(code: int, value: int, then: int = 0, otherwise: int = 0) -> bytes:
    """One instruction of the classic BPF machine; jumps are relative to the next instruction."""
    return struct.pack("=HBBI", code, then, otherwise, value)


def _refuse(number: int) -> bytes:
    return _op(RETURN, ERRNO | number)


def program(machine: str) -> bytes:
    """The filter: everything is allowed but `DENIED`, new user namespaces and foreign socket families.

    Raises:
        KeyError: the machine's system calls are not known here.
    """
    audit, column = ARCHITECTURES[machine]
    ops = [_op(LOAD, 4), _op(EQUAL, audit, 1), _op(RETURN, KILL), _op(LOAD, 0)]
    if machine == "x86_64":
        ops += [_op(AT_LEAST, X32, 0, 1), _refuse(errno.ENOSYS)]
    for numbers in DENIED.values():
        ops += [_op(EQUAL, numbers[column], 0, 1), _refuse(errno.EPERM)]
    # clone3 hides its flags in memory that a filter cannot read; the C library falls back to clone.
    ops += [_op(EQUAL, CLONE3[column], 0, 1), _refuse(errno.ENOSYS)]
    ops += [_op(EQUAL, CLONE[column], 0, 4), _op(LOAD, 16), _op(ANY_BIT, NEW_USER_NAMESPACE, 0, 1)]
    ops += [_refuse(errno.EPERM), _op(RETURN, ALLOW)]
    ops += [_op(EQUAL, SOCKET[column], 0, len(FAMILIES) + 2), _op(LOAD, 16)]
    ops += [_op(EQUAL, family, len(FAMILIES) - place) for place, family in enumerate(FAMILIES)]
    ops += [_refuse(errno.EAFNOSUPPORT), _op(RETURN, ALLOW)]
    return b"".join(ops)


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_char_p)]


def filter_system_calls() -> None:
    """Install the filter for this process and all that it starts.

    Raises:
        OSError: the kernel refuses it.
    """
    code = program(platform.machine())
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    wanted = _Program(len(code) // 8, code)
    if prctl(38, 1, 0, 0, 0) or prctl(22, 2, ctypes.byref(wanted), 0, 0):  # NO_NEW_PRIVS, SECCOMP
        raise OSError(ctypes.get_errno(), "seccomp")


def limit(limits: dict[str, int]) -> None:
    """Set the limits, soft and hard; a hard limit that is already lower stays."""
    import resource

    for name, value in limits.items():
        kind = getattr(resource, name)
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))


def main(argv: list[str]) -> None:
    """Run ``-m MODULE`` or ``-c CODE`` under the limits of ``argv[1]``."""
    settings: dict[str, Any] = json.loads(argv[1])
    kind, target = argv[2:4]
    os.closerange(3, 256)
    limit(settings["limits"])
    if settings["seccomp"]:
        filter_system_calls()
    sys.argv[1:] = argv[4:]
    sys.path.insert(0, str(Path(__file__).parent))
    if kind == "-m":
        runpy.run_module(target, run_name="__main__", alter_sys=True)
    else:
        exec(compile(target, "<box>", "exec"), {"__name__": "__main__"})  # noqa: S102 - our own code


if __name__ == "__main__":
    main(sys.argv)
