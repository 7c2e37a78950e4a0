"""Landlock: the kernel refuses this process every file but those named, and signals to others.

Works without any privilege since Linux 5.13, by system calls that the C library does not know.
"""

import ctypes
import os
import struct
from collections.abc import Iterable, Mapping

CREATE, ADD, RESTRICT = 444, 445, 446
VERSION = 1
UNDER = 1  # the kind of rule: everything below a path
EXECUTE, WRITE_FILE, READ_FILE, READ_FOLDER = 1 << 0, 1 << 1, 1 << 2, 1 << 3
MAKE_CHARACTER, MAKE_SOCKET, MAKE_BLOCK = 1 << 6, 1 << 9, 1 << 11
TRUNCATE, IOCTL = 1 << 14, 1 << 15
FILE = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL  # what a rule for a single file may allow
READ = EXECUTE | READ_FILE | READ_FOLDER
NEVER = EXECUTE | MAKE_CHARACTER | MAKE_SOCKET | MAKE_BLOCK | IOCTL  # not even in the temporary folder
KNOWN = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}  # rights on files by version of the interface
NETWORK, SCOPES = 0b11, 0b11  # bind and connect; abstract sockets and signals


def _call(number: int, *arguments: object) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    result = int(libc.syscall(ctypes.c_long(number), *arguments))
    if result < 0:
        raise OSError(ctypes.get_errno(), "Landlock")
    return result


def version() -> int:
    """The version of the kernel's interface; 0 if there is none."""
    try:
        return _call(CREATE, None, ctypes.c_size_t(0), ctypes.c_uint(VERSION))
    except OSError:
        return 0


def handled(interface: int) -> bytes:
    """All that this version of the interface can refuse, as the kernel's structure."""
    rights = (1 << KNOWN[min(interface, max(KNOWN))]) - 1
    fields = [rights]
    if interface >= 4:
        fields.append(NETWORK)
    if interface >= 6:
        fields.append(SCOPES)
    return struct.pack(f"={len(fields)}Q", *fields)


def _allow(rules: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not os.path.isdir(path):  # noqa: PTH112
            rights &= FILE
        _call(ADD, ctypes.c_int(rules), ctypes.c_int(UNDER), struct.pack("=Qi", rights, place), ctypes.c_uint(0))
    finally:
        os.close(place)


def restrict(allowed: Mapping[str, Iterable[str]]) -> None:
    """Refuse this process, and all that it starts, every file but those *allowed*.

    ``read`` names files and folders to read and execute, ``write`` folders of its own and devices. Paths
    that do not exist are left out. Needs ``no_new_privs``.

    Raises:
        OSError: the kernel has no Landlock, or refuses it.
    """
    attributes = handled(version() or _call(CREATE, None, ctypes.c_size_t(0), ctypes.c_uint(VERSION)))
    every = struct.unpack_from("=Q", attributes)[0]
    rules = _call(CREATE, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint(0))
    try:
        for path in allowed["read"]:
            _allow(rules, path, READ)
        for path in allowed["write"]:
            _allow(rules, path, every & ~NEVER)
        _call(RESTRICT, ctypes.c_int(rules), ctypes.c_uint(0))
    finally:
        os.close(rules)
