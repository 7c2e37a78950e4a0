"""Ties a process to the one that started it, so that it does not go on when that one was killed."""

import os
import signal
import threading
import time

PAUSE = 0.2


def tie(parent: int) -> None:
    """End this process and its group soon after the process *parent*, which started it, is gone."""
    if hasattr(os, "killpg"):  # Windows does not tell of a parent's end
        threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(PAUSE)
    os.killpg(0, signal.SIGKILL)
