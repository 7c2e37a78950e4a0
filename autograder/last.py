"""The results of a student's last run, kept on their own machine so that the next run can say what changed.

A small JSON file in the cache of this account (`cache.home`), under a key made of the lab, its checks, this version and the
submission's folder: two labs, two folders or two versions share nothing. It is read after the verdict is made and
only sentences come of it, so whatever stands in it costs and earns no point; what is damaged counts as no file.
Graded runs neither read nor write it.
"""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from autograder import cache, progress
from autograder.cache import Cache
from autograder.scheme import Scheme
from autograder.verdict import Verdict

FOLDER = "runs"
MAX_BYTES = 2**20
ADDRESS = re.compile(r"0x[0-9a-fA-F]+")


def _key(scheme: Scheme, folder: Path) -> str:
    lab = scheme.raw["lab"]
    points = {line.id: line.points for line in scheme.checks.values()}
    return cache.key_of(last_run=[lab["name"], lab["version"], points, str(folder.resolve())])


def changed(verdict: Verdict, scheme: Scheme, folder: Path) -> progress.Change | None:
    """What changed since the last run on the submission in *folder*; from now on *verdict* is the last.

    None where there was no such run, or where this one or that gave no points.
    """
    home = cache.home()
    if home is None or verdict.status != "graded":
        return None
    kept, key = Cache(home / FOLDER, MAX_BYTES), _key(scheme, folder)
    known = kept.get(key) or {}
    before, now = progress.read(known.get("checks"), scheme), progress.answers(verdict)
    because, why = _read(known.get("reasons"), scheme), _reasons(verdict)
    kept.put(key, {"checks": progress.plain({**before, **now}), "reasons": {**because, **why}})
    change = progress.compared(before, now)
    if change is None:
        return None
    other = [name for name in why if before.get(name, ("",))[0] == "failed" and because.get(name, why[name]) != why[name]]
    return replace(change, other=tuple(other))


def _reasons(verdict: Verdict) -> dict[str, str]:
    """A digest for each failed check of what is said of it; addresses in memory are other ones in each run."""
    failed = ((check.id, check.reason) for check in verdict.checks if check.status == "failed" and check.reason)
    return {name: cache.key_of(reason=[why.code, ADDRESS.sub("", repr(sorted(why.params.items())))]) for name, why in failed}


def _read(value: Any, scheme: Scheme) -> dict[str, str]:
    """Reasons that an earlier run wrote; nothing at all if there is anything that it would not have written."""
    items = value.items() if isinstance(value, dict) else ()
    return dict(items) if all(name in scheme.checks and isinstance(reason, str) for name, reason in items) else {}
