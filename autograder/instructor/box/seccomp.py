"""The filter of system calls, as a program of the kernel's classic BPF machine.

In a box with namespaces it refuses what an honest submission never needs. Without namespaces it has more
to do: no sockets, no reach for other processes of the account, no change to the attributes of files.
"""

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterable

ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
LOAD, EQUAL, AT_LEAST, ANY_BIT, AND, RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
NEW_USER_NAMESPACE = 0x10000000
X32 = 0x40000000
FAMILIES = (1, 2, 10, 16)  # AF_UNIX, AF_INET, AF_INET6, AF_NETLINK; AF_VSOCK leads out of a network namespace
STREAM, KINDS = 1, 0xF
ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
CLONE, SOCKET, SOCKETPAIR, CLONE3, IOCTL = (56, 220), (41, 198), (53, 199), (435, 435), (16, 29)
TERMINAL = (0x5412, 0x541C)  # TIOCSTI and TIOCLINUX type into a terminal
ABSENT = -1
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
    "memfd_create": (319, 279),  # files that no limit on files bounds
    "memfd_secret": (447, 447),
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
    "quotactl_fd": (443, 443),
    "reboot": (169, 142),
    "request_key": (249, 218),
    "setns": (308, 268),
    "settimeofday": (164, 170),
    "shmget": (29, 194),  # memory that no limit on memory bounds
    "swapoff": (168, 225),
    "swapon": (167, 224),
    "syslog": (103, 116),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
    "vhangup": (153, 58),
}

# Without namespaces the following are refused as well.
NOT_ALONE = {
    "bind": (49, 200),
    "connect": (42, 203),
    "ioprio_set": (251, 30),
    "migrate_pages": (256, 238),
    "mq_open": (240, 180),
    "mq_unlink": (241, 181),
    "move_pages": (279, 239),
    "msgctl": (71, 187),
    "msgget": (68, 186),
    "msgrcv": (70, 188),
    "msgsnd": (69, 189),
    "pidfd_send_signal": (424, 424),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    "removexattrat": (466, 466),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "semctl": (66, 191),
    "semget": (64, 190),
    "semop": (65, 193),
    "semtimedop": (220, 192),
    "setxattrat": (463, 463),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "socket": SOCKET,
    "tkill": (200, 130),
    "truncate": (76, 45),  # Landlock does not know it before version 3
}
# Landlock cannot refuse these: they are said to have been done, and are not, so that copying a file works.
PRETENDED = {
    "chmod": (90, ABSENT),
    "chown": (92, ABSENT),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "fchown": (93, 55),
    "fchownat": (260, 54),
    "fremovexattr": (199, 16),
    "fsetxattr": (190, 7),
    "futimesat": (261, ABSENT),
    "lchown": (94, ABSENT),
    "lremovexattr": (198, 15),
    "lsetxattr": (189, 6),
    "removexattr": (197, 14),
    "setxattr": (188, 5),
    "utime": (132, ABSENT),
    "utimensat": (280, 88),
    "utimes": (235, ABSENT),
}
SIGNALS = {"kill": (62, 129), "tgkill": (234, 131)}  # the process itself may be their target
# The first argument names a process, 0 is the caller; of `setpriority` the second does too.
CALLER = {
    "prlimit64": (302, 261),
    "sched_setaffinity": (203, 122),
    "sched_setattr": (314, 274),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
}
SETPRIORITY, FCNTL = (141, 140), (72, 25)
# Both send signals when something happens to a descriptor: F_SETOWN, F_SETSIG, F_SETOWN_EX; FIOSETOWN, SIOCSPGRP.
OWNERS, IOCTL_OWNERS = (8, 10, 15), (0x8901, 0x8902)


def _op(code: int, value: int, then: int = 0, otherwise: int = 0) -> bytes:
    """One instruction of the machine; jumps are relative to the next instruction."""
    return struct.pack("=HBBI", code, then, otherwise, value)


def _refuse(number: int) -> bytes:
    return _op(RETURN, ERRNO | number)


def _argument(place: int) -> bytes:
    return _op(LOAD, 16 + 8 * place)


def _when(number: int, body: list[bytes]) -> list[bytes]:
    """*body*, which returns, for one system call."""
    return [] if number == ABSENT else [_op(EQUAL, number, 0, len(body)), *body]


def _one_of(values: Iterable[int], found: bytes, otherwise: bytes) -> list[bytes]:
    """Compare what was loaded, and return one of two."""
    values = tuple(values)
    jumps = [_op(EQUAL, value, len(values) - place) for place, value in enumerate(values)]
    return [*jumps, otherwise, found]


def _everywhere(column: int) -> list[bytes]:
    """What every box refuses."""
    allow, refuse = _op(RETURN, ALLOW), _refuse(errno.EPERM)
    ops = [op for numbers in DENIED.values() for op in _when(numbers[column], [refuse])]
    # clone3 hides its flags in memory that a filter cannot read; the C library falls back to clone.
    ops += _when(CLONE3[column], [_refuse(errno.ENOSYS)])
    ops += _when(CLONE[column], [_argument(0), _op(ANY_BIT, NEW_USER_NAMESPACE, 0, 1), refuse, allow])
    ops += _when(SOCKET[column], [_argument(0), *_one_of(FAMILIES, allow, _refuse(errno.EAFNOSUPPORT))])
    return ops + _when(IOCTL[column], [_argument(1), *_one_of(TERMINAL, refuse, allow)])


def _shared(column: int, pid: int) -> list[bytes]:
    """What a box without namespaces refuses besides, for the process *pid* and its children."""
    allow, refuse = _op(RETURN, ALLOW), _refuse(errno.EPERM)
    ops = [op for numbers in NOT_ALONE.values() for op in _when(numbers[column], [refuse])]
    ops += [op for numbers in PRETENDED.values() for op in _when(numbers[column], [_refuse(0)])]
    for numbers in SIGNALS.values():
        ops += _when(numbers[column], [_argument(0), *_one_of([pid], allow, refuse)])
    for numbers in CALLER.values():
        ops += _when(numbers[column], [_argument(0), *_one_of([0], allow, refuse)])
    ops += _when(SETPRIORITY[column], [_argument(0), _op(EQUAL, 0, 1), refuse, _argument(1), *_one_of([0], allow, refuse)])
    # Only a connected pair: a pair of datagram sockets could send to any address.
    ops += _when(SOCKETPAIR[column], [_argument(1), _op(AND, KINDS), *_one_of([STREAM], allow, refuse)])
    ops += _when(IOCTL[column], [_argument(1), *_one_of((*TERMINAL, *IOCTL_OWNERS), refuse, allow)])
    return ops + _when(FCNTL[column], [_argument(1), *_one_of(OWNERS, refuse, allow)])


def program(machine: str, pid: int | None = None) -> bytes:
    """The filter; with *pid*, of the process that will have it, the one for a box without namespaces.

    Raises:
        KeyError: the machine's system calls are not known here.
    """
    audit, column = ARCHITECTURES[machine]
    ops = [_op(LOAD, 4), _op(EQUAL, audit, 1), _op(RETURN, KILL), _op(LOAD, 0)]
    if machine == "x86_64":
        ops += [_op(AT_LEAST, X32, 0, 1), _refuse(errno.ENOSYS)]
    ops += [] if pid is None else _shared(column, pid)
    return b"".join([*ops, *_everywhere(column), _op(RETURN, ALLOW)])


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_char_p)]


def install(shared: bool = False) -> None:
    """Install the filter for this process and all that it starts; *shared* if it has no namespaces of its own.

    Raises:
        OSError: the kernel refuses it.
    """
    code = program(platform.machine(), os.getpid() if shared else None)
    wanted = _Program(len(code) // 8, code)
    if ctypes.CDLL(None, use_errno=True).prctl(22, 2, ctypes.byref(wanted), 0, 0):
        raise OSError(ctypes.get_errno(), "seccomp")
