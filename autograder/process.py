"""A child process of ours whose records, log and life are bounded."""

import json
import os
import queue
import re
import threading
from dataclasses import dataclass, field
from typing import IO, Any

from autograder import strictjson
from autograder.errors import EvidenceError
from autograder.launcher import Startable

MAX_WIRE_BYTES = 4 * 2**20
WATCH_SECONDS = 0.2
NOISE = re.compile(r"^(WARNING: All log messages before absl|[IWEF]\d{4} |To enable the following instructions)")


@dataclass
class _Log:
    """The first and the last part of what a process printed."""

    limit: int
    head: bytearray = field(default_factory=bytearray)
    tail: bytearray = field(default_factory=bytearray)
    dropped: int = 0

    def add(self, chunk: bytes) -> None:
        room = self.limit // 2 - len(self.head)
        if room > 0:
            self.head += chunk[:room]
            chunk = chunk[room:]
        self.tail += chunk
        excess = len(self.tail) - self.limit // 2
        if excess > 0:
            del self.tail[:excess]
            self.dropped += excess

    def text(self) -> str:
        middle = f"\n… {self.dropped} bytes …\n".encode() if self.dropped else b""
        lines = (bytes(self.head) + middle + bytes(self.tail)).decode("utf-8", "replace").splitlines()
        return "\n".join(line for line in lines if not NOISE.match(line))


class Process:
    """A child of ours whose records, log and life are bounded."""

    def __init__(self, command: Startable, request: Any, log_bytes: int) -> None:
        self.records: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self.log = _Log(log_bytes)
        self.garbage = 0
        self._child = command.start()
        self._threads = [
            threading.Thread(target=self._feed, args=(self._child.stdin, json.dumps(request).encode()), daemon=True),
            threading.Thread(target=self._read_records, args=(self._child.stdout,), daemon=True),
            threading.Thread(target=self._read_log, args=(self._child.stderr,), daemon=True),
        ]
        if command.memory_bytes:
            self._threads.append(threading.Thread(target=self._watch, args=(command.memory_bytes,), daemon=True))
        for thread in self._threads:
            thread.start()

    def _watch(self, limit: int) -> None:
        """End the process, with all that it started, once they hold more than *limit* bytes."""
        while self._child.held <= limit:
            try:
                self._child.wait(WATCH_SECONDS)
                return
            except TimeoutError:
                continue
        self._child.end()

    @staticmethod
    def _feed(stream: IO[bytes], data: bytes) -> None:
        try:
            stream.write(data)
            stream.close()
        except OSError:
            return

    def _read_records(self, stream: IO[bytes]) -> None:
        left = MAX_WIRE_BYTES
        while left > 0 and (line := stream.readline(left)):
            left -= len(line)
            try:
                record = strictjson.loads(line.decode("ascii"), max_chars=MAX_WIRE_BYTES)
            except (EvidenceError, UnicodeDecodeError):
                record = None
            if isinstance(record, dict) and line.endswith(b"\n"):
                self.records.put(record)
            else:
                self.garbage += 1
        self.records.put(None)

    def _read_log(self, stream: IO[bytes]) -> None:
        while chunk := os.read(stream.fileno(), 65536):
            self.log.add(chunk)

    def kill(self) -> int:
        """End the process with all that it started, wait, and return its exit status."""
        self._child.end()
        return self.wait()

    def wait(self, seconds: float | None = None) -> int:
        """The exit status, negative for a signal; kills what has not ended after *seconds*.

        A sandbox that waits for the process inside reports a signal n as 128 + n.
        """
        try:
            status = self._child.wait(seconds)
        except TimeoutError:
            return self.kill()
        for thread in self._threads:
            thread.join(2)
        return 128 - status if status > 128 else status
