"""Ask a box what the three functions of a submission do, so that works with the same code can be found.

Each process that grades has one such box, which parses what it is given and executes nothing (`box/canonical.py`), so it
serves one submission after another. No points depend on its answers: whatever goes wrong, there is no digest.
"""

import atexit
import json
import os
import select
import threading
import time
from collections.abc import Sequence
from typing import Any

from autograder import evidence, strictjson
from autograder.errors import EvidenceError, GraderError
from autograder.instructor.contained import ContainerLauncher
from autograder.instructor.sandbox import BubblewrapLauncher
from autograder.instructor.warm import PlainHost, WarmLauncher
from autograder.launcher import Child, Launcher, PlainLauncher, Startable

MODULE = "autograder.instructor.box.canonical"
SECONDS = 20.0
MAX_ANSWER = 4096

_children: dict[str, Child] = {}
_lock = threading.Lock()


def codes(kind: str, cells: Sequence[str], launcher: Launcher) -> dict[str, list[Any]]:
    """For each section whose function could be read: its digest, and how many nodes its syntax tree has."""
    key = repr((os.getpid(), launcher))
    with _lock:
        try:
            child = _children.pop(key, None) or _command(launcher).start()
        except GraderError:
            return {}
        found = _answer(child, json.dumps({"kind": kind, "cells": list(cells)}).encode() + b"\n")
        if found is None:
            _end(child)
            return {}
        _children[key] = child
    return evidence.codes(found.get("code"))


def _command(launcher: Launcher) -> Startable:
    """What starts a box: a new one as the launcher makes it, for a fork of the warm server would hold Keras for nothing."""
    host = launcher.host if isinstance(launcher, WarmLauncher) else None
    if isinstance(host, BubblewrapLauncher | ContainerLauncher):
        return host.command(MODULE)
    return (PlainLauncher() if isinstance(host, PlainHost) else launcher).command(MODULE)


def _answer(child: Child, request: bytes) -> dict[str, Any] | None:
    """What a box says; None if it is of no use any more."""
    end, said = time.monotonic() + SECONDS, b""
    try:
        child.stdin.write(request)
        child.stdin.flush()
        while not said.endswith(b"\n") and len(said) <= MAX_ANSWER:
            ready, _, _ = select.select([child.stdout], [], [], max(0.0, end - time.monotonic()))
            part = os.read(child.stdout.fileno(), MAX_ANSWER) if ready else b""
            if not part:
                return None
            said += part
        found = strictjson.loads(said.decode("ascii"), max_chars=MAX_ANSWER)
    except (OSError, EvidenceError, UnicodeDecodeError):
        return None
    return found if isinstance(found, dict) and "code" in found else None


def _end(child: Child) -> None:
    child.end()
    for stream in (child.stdin, child.stdout, child.stderr):
        try:
            stream.close()
        except OSError:  # what it was to be told has not been taken
            continue
    child.wait(SECONDS)


@atexit.register
def close_all() -> None:
    """End all boxes of this process."""
    while _children:
        _end(_children.popitem()[1])
