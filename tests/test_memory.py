"""What a process and all that it started hold."""

import os
import subprocess
import sys

import pytest

from autograder import memory
from autograder.launcher import Command
from autograder.process import Process

MIB = 2**20
HOLD = """
import os, time
if {fork}:
    os.fork()
block = bytearray({size})
block[::4096] = b"x" * len(block[::4096])
print('{{"begin": "holding"}}', flush=True)
while True:
    time.sleep(60)
"""

pytestmark = pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="the system does not tell")


def _holding(size: int, fork: bool = False) -> Command:
    return Command([sys.executable, "-c", HOLD.format(size=size, fork=fork)], {}, memory_bytes=300 * MIB)


class TestHeld:
    def test_block(self) -> None:
        """A block of memory that was written to is counted."""
        with subprocess.Popen(_holding(64 * MIB).argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            child.stdout.readline()
            held = memory.held(child.pid)
            child.kill()

        assert 64 * MIB <= held < 128 * MIB

    def test_ended(self) -> None:
        """A process that has ended holds nothing."""
        with subprocess.Popen([sys.executable, "-c", ""]) as child:
            child.wait()

            assert memory.held(child.pid) == 0


class TestWatched:
    def test_ends_what_holds_too_much(self) -> None:
        """Two processes that together hold more than the limit are ended."""
        process = Process(_holding(200 * MIB, fork=True), {}, 10_000)
        while process.records.get(timeout=60) is not None:
            pass

        assert process.wait() == -9

    def test_leaves_the_modest(self) -> None:
        """A process within the limit is left alone."""
        process = Process(_holding(100 * MIB), {}, 10_000)
        process.records.get(timeout=60)

        with pytest.raises(TimeoutError):
            process._child.wait(1)
        process.kill()
