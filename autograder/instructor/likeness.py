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
from contextlib import suppress
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
    """For each section whose function could be read: its digest, and how many nodes its syntax tree has.

    A box that has served others and fails is given up and a new one asked, so that no answer depends on earlier ones.
    """
    key = repr((os.getpid(), launcher))
    request = json.dumps({"kind": kind, "cells": list(cells)}).encode() + b"\n"
    with _lock:
        known = _children.pop(key, None)
        found = _served(key, known, request) if known else None
        if found is None:
            found = _served(key, _started(launcher), request)
    return evidence.codes((found or {}).get("code"))


def _started(launcher: Launcher) -> Child | None:
    try:
        return _command(launcher).start()
    except GraderError:
        return None


def _served(key: str, child: Child | None, request: bytes) -> dict[str, Any] | None:
    """What a box says, which is kept for the next request if it says something of use."""
    found = _answer(child, request) if child else None
    if child and found is None:
        _end(child)
    elif child:
        _children[key] = child
    return found


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
    """End a box; what it was to be told may not have been taken, and whatever is wrong with it costs nobody anything."""
    with suppress(OSError, TimeoutError, GraderError):
        child.end()
        child.wait(SECONDS)
    for stream in (child.stdin, child.stdout, child.stderr):
        with suppress(OSError):
            stream.close()


@atexit.register
def close_all() -> None:
    """End all boxes of this process."""
    while _children:
        _end(_children.popitem()[1])
