"""Refuse namespaces to this process as Docker's default filter does, then become another program.

``python -m tests.support.refuse COMMAND…``
"""

import ctypes
import errno
import os
import platform
import sys

from autograder.instructor.box import seccomp

REFUSED = ("chroot", "fsmount", "fsopen", "mount", "move_mount", "open_tree", "pivot_root", "setns", "umount2", "unshare")


def code() -> bytes:
    """The filter: no new namespaces of any kind, no mounts."""
    _, column = seccomp.ARCHITECTURES[platform.machine()]
    refuse = seccomp._refuse(errno.EPERM)
    ops = [seccomp._op(seccomp.LOAD, 0)]
    for name in REFUSED:
        ops += seccomp._when(seccomp.DENIED[name][column], [refuse])
    ops += seccomp._when(seccomp.CLONE3[column], [seccomp._refuse(errno.ENOSYS)])
    new = 0x7E020000  # every CLONE_NEW…
    flags = [seccomp._argument(0), seccomp._op(seccomp.ANY_BIT, new, 0, 1), refuse, seccomp._op(seccomp.RETURN, seccomp.ALLOW)]
    ops += seccomp._when(seccomp.CLONE[column], flags)
    return b"".join([*ops, seccomp._op(seccomp.RETURN, seccomp.ALLOW)])


def main() -> None:
    """Install the filter and run the command."""
    program = seccomp._Program(len(code()) // 8, code())
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    if prctl(38, 1, 0, 0, 0) or prctl(22, 2, ctypes.byref(program), 0, 0):
        sys.exit(f"no filter: {os.strerror(ctypes.get_errno())}")
    os.execvp(sys.argv[1], sys.argv[1:])


if __name__ == "__main__":
    main()
