"""Ask a process of ours that computes with Keras: a request in, one record out."""

import queue
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from autograder import evidence as ev
from autograder.errors import EvidenceError, SandboxError, SubmissionError
from autograder.launcher import Launcher
from autograder.process import Process

Where = Callable[[Path], str]


def ask(
    launcher: Launcher,
    given: Sequence[Path],
    request: Callable[[Where], Mapping[str, Any]],
    *,
    family: str,
    seconds: float,
    log_bytes: int,
) -> dict[str, Any]:
    """The record that `autograder.replay` makes of a request, in which ``where(path)`` is where it finds a file of *given*.

    Raises:
        SubmissionError: a code of *family*: it took too long, ended, or says why it cannot be done.
        SandboxError: it told nothing, which is our fault.
        EvidenceError: what it told is none of its answers.
    """
    command = launcher.command("autograder.replay", given)
    process = Process(command, dict(request(command.where)), log_bytes)
    try:
        record = process.records.get(timeout=seconds)
    except queue.Empty:
        process.kill()
        raise SubmissionError(f"{family}.timeout", seconds=int(seconds)) from None
    status = process.wait(5)
    process.kill()
    if record is None:
        if "MemoryError" in process.log.text() or status < 0:
            raise SubmissionError(f"{family}.crash", exit=status)
        raise SandboxError("grader.replay_failed", log=process.log.text()[-500:])
    if record.get("status") != "ok":
        code = str(record.get("code"))[:100]
        if not code.startswith(f"{family}."):
            raise EvidenceError("evidence.malformed", what="code")
        raise SubmissionError(code, **ev.strings(record.get("params")))
    return record
