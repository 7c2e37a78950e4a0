"""Run the probe in a process of its own and write down what it reports: the evidence.

Portable: pipes, threads and a kill, nothing of one operating system alone. Where the process runs, in a
sandbox or plainly, is the launcher's business.
"""

import json
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Protocol

from autograder import __version__, strictjson
from autograder.errors import EvidenceError, SandboxError
from autograder.submission import Submission

SCHEMA = 1
STAGES = ("data", "model", "compile")
SETUP_SECONDS = 180.0  # importing TensorFlow from a cold disk
MAX_WIRE_BYTES = 4 * 2**20
ROOT = Path(__file__).resolve().parent.parent
BOOT = (
    "import sys, runpy; sys.path.insert(0, sys.argv.pop(1)); "
    "runpy.run_module(sys.argv.pop(1), run_name='__main__', alter_sys=True)"
)
NOISE = re.compile(r"^(WARNING: All log messages before absl|[IWEF]\d{4} |To enable the following instructions)")


@dataclass(frozen=True)
class Command:
    """How to start a Python module: arguments, environment, working directory, open descriptors."""

    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: str | None = None
    pass_fds: tuple[int, ...] = ()


class Launcher(Protocol):
    """Starts a module of ours as a process; ``level`` and ``layers`` say how it is isolated."""

    level: str
    layers: Sequence[str]

    def command(self, module: str, readonly: Sequence[Path] = ()) -> Command:
        """The command that runs *module*, with the files *readonly* visible at their own paths."""
        ...


class PlainLauncher:
    """A plain subprocess, for a student's own code on the student's own machine."""

    level = "process"
    layers: Sequence[str] = ("subprocess", "time limits")

    def command(self, module: str, readonly: Sequence[Path] = ()) -> Command:
        """The interpreter that runs this, without the current folder on its path."""
        return Command([sys.executable, "-P", "-c", BOOT, str(ROOT), module], dict(os.environ))


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

    def __init__(self, command: Command, request: Any, log_bytes: int) -> None:
        self.records: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self.log = _Log(log_bytes)
        self.garbage = 0
        try:
            self._popen = subprocess.Popen(
                list(command.argv),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=dict(command.env),
                cwd=command.cwd,
                pass_fds=command.pass_fds,
                start_new_session=True,
            )
        except OSError as error:
            raise SandboxError("grader.cannot_start", reason=str(error)) from error
        assert self._popen.stdin
        assert self._popen.stdout
        assert self._popen.stderr
        self._threads = [
            threading.Thread(target=self._feed, args=(self._popen.stdin, json.dumps(request).encode()), daemon=True),
            threading.Thread(target=self._read_records, args=(self._popen.stdout,), daemon=True),
            threading.Thread(target=self._read_log, args=(self._popen.stderr,), daemon=True),
        ]
        for thread in self._threads:
            thread.start()

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
        """Kill the process with its group, wait, and return its exit status."""
        if hasattr(os, "killpg"):
            try:
                os.killpg(self._popen.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                pass
        self._popen.kill()
        return self.wait()

    def wait(self, seconds: float | None = None) -> int:
        """The exit status, negative for a signal; kills what has not ended after *seconds*.

        A sandbox that waits for the process inside reports a signal n as 128 + n.
        """
        try:
            status = self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            return self.kill()
        for thread in self._threads:
            thread.join(2)
        return 128 - status if status > 128 else status


@dataclass
class _Attempt:
    """What one run of the probe reported: results by stage, and the stage that it died in."""

    results: dict[str, dict[str, Any]] = field(default_factory=dict)
    stopped_in: str | None = None


def _ended(status: int) -> dict[str, Any]:
    return {"status": "crash", "exit": status}


def _follow(process: Process, plan: Sequence[str], limits: Mapping[str, float]) -> _Attempt:
    """Take records in the planned order until the end, a time-out or the death of the process."""
    attempt = _Attempt()
    order = ["setup", "import", *plan, "end"]
    position = -1
    deadline = time.monotonic() + SETUP_SECONDS
    while True:
        try:
            record = process.records.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            attempt.stopped_in = order[max(position, 0)]
            attempt.results.setdefault(
                attempt.stopped_in, {"status": "timeout", "seconds": limits.get(attempt.stopped_in, SETUP_SECONDS)}
            )
            process.kill()
            return attempt
        current = order[position] if position >= 0 else ""
        if record is None:
            status = process.wait(5)
            if current != "end":
                attempt.stopped_in = current or "setup"
                attempt.results.setdefault(attempt.stopped_in, _ended(status))
            return attempt
        if record.get("begin") == order[position + 1 if position + 1 < len(order) else position]:
            position += 1
            if order[position] == "end":
                process.kill()
                return attempt
            deadline = time.monotonic() + limits.get(order[position], SETUP_SECONDS)
        elif record.get("stage") == current and isinstance(record.get("status"), str):
            attempt.results.setdefault(current, {k: v for k, v in record.items() if k != "stage"})


def _remaining(plan: Sequence[str], stopped_in: str | None) -> list[str]:
    if stopped_in is None or stopped_in in ("setup", "import") or stopped_in not in plan:
        return []
    return list(plan[plan.index(stopped_in) + 1 :])


def gather(
    submission: Submission,
    launcher: Launcher,
    *,
    seed: int,
    limits: Mapping[str, float],
    stages: Sequence[str] = STAGES,
) -> dict[str, Any]:
    """Observe a submission: the evidence as plain data.

    A stage that kills the process or exceeds its seconds costs itself alone: the stages after it run in
    a fresh process.

    Raises:
        SandboxError: the process did not get as far as the student's code.
    """
    request = {
        "name": submission.name,
        "kind": submission.kind,
        "cells": list(submission.cells),
        "seed": seed,
        "memory_mib": int(limits["memory_mib"]),
    }
    results: dict[str, dict[str, Any]] = {}
    logs, garbage = [], 0
    plan = list(stages)
    while True:
        process = Process(launcher.command("autograder.probe"), request | {"stages": plan}, int(limits["log_bytes"]))
        attempt = _follow(process, plan, limits)
        logs.append(process.log.text())
        garbage += process.garbage
        _demand_setup(attempt, logs[-1])
        for stage, result in attempt.results.items():
            results.setdefault(stage, result)
        plan = _remaining(plan, attempt.stopped_in)
        if not plan:
            break
    setup = results.pop("setup")
    return {
        "schema": SCHEMA,
        "grader": __version__,
        "seed": seed,
        "source": {
            "name": submission.name,
            "kind": submission.kind,
            "sha256": submission.sha256,
            "ignored": list(submission.ignored),
            "untouched": submission.untouched,
            "cells": [cell.count("\n") + 1 for cell in submission.cells],
        },
        "sandbox": {"level": launcher.level, "layers": list(launcher.layers)},
        "versions": setup.get("versions", {}),
        "stages": results,
        "log": "\n".join(filter(None, logs))[: int(limits["log_bytes"])],
        "garbage": garbage,
    }


def _demand_setup(attempt: _Attempt, log: str) -> None:
    setup = attempt.results.get("setup", {"status": "crash", "exit": 0})
    if setup["status"] == "ok":
        return
    if setup.get("type") in {"ModuleNotFoundError", "ImportError"}:
        raise SandboxError("grader.no_tensorflow", reason=str(setup.get("message", ""))[:300])
    raise SandboxError("grader.setup_failed", status=setup["status"], log=log[-1000:])
