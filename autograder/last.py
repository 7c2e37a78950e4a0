"""The results of a student's last run, kept on their own machine so that the next run can say what changed.

A small JSON file in the cache of this account (`cache.home`), under a key made of the lab, its checks, this version and the
submission's folder: two labs, two folders or two versions share nothing. It is read after the verdict is made and
only sentences come of it, so whatever stands in it costs and earns no point; what is damaged counts as no file.
Graded runs neither read nor write it.
"""

from pathlib import Path

from autograder import cache, progress
from autograder.cache import Cache
from autograder.scheme import Scheme
from autograder.verdict import Verdict

FOLDER = "runs"
MAX_BYTES = 2**20


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
    before, now = progress.read((kept.get(key) or {}).get("checks"), scheme), progress.answers(verdict)
    kept.put(key, {"checks": progress.plain({**before, **now})})
    return progress.compared(before, now)
