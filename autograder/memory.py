"""How much memory a process and all that it started hold, where the kernel tells.

A control group bounds this exactly; where none can be made, watching comes close.
"""

from pathlib import Path

PROC = Path("/proc")
KINDS = ("RssAnon:", "RssShmem:", "VmSwap:")
MAX_PROCESSES = 4096


def _children(pid: str) -> list[str]:
    found = []
    for task in (PROC / pid / "task").iterdir():
        found += (task / "children").read_text().split()
    return found


def _own(pid: str) -> int:
    lines = (PROC / pid / "status").read_text().splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(KINDS))


def held(pid: int) -> int:
    """Bytes that *pid* and its descendants hold beside mapped files; 0 where the system does not tell.

    Memory that two of them share is counted for each. Source: proc_pid_status(5), proc_tid_children(5).
    """
    total, left = 0, [str(pid)]
    for _ in range(MAX_PROCESSES):
        if not left:
            break
        one = left.pop()
        try:
            total += _own(one)
            left += _children(one)
        except (OSError, ValueError, IndexError):  # it has ended, or this is no Linux
            continue
    return total
