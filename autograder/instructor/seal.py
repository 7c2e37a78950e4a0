"""The seal on a student's results: what they were made from, and a digest of each file.

It is written last. Results are used again only if their seal is whole and fits, so nothing half-written, truncated,
lost or edited is believed: the student is graded anew.
"""

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.instructor import results
from autograder.instructor.results import EVIDENCE, REPORT, SEAL, VERDICT


@dataclass(frozen=True)
class Sealed:
    """Results that are as they were sealed: ``about`` is what they were made from.

    The report can be made again from the verdict; ``report`` says whether that is needless.
    """

    about: Mapping[str, Any]
    report: bool


def _digests(folder: Path) -> dict[str, str]:
    paths = [folder / VERDICT, folder / REPORT, *sorted((folder / EVIDENCE).glob("[!.]*"))]
    found = [path for path in paths if path.is_file()]
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def write(folder: Path, about: Mapping[str, Any]) -> None:
    """Say that a student's results are complete, and what they were made from.

    Raises:
        ResultsError: the disk is full or the folder cannot be written.
    """
    with results.writing(folder.name):
        found = _digests(folder)
    results.write_json(folder / SEAL, {"schema": results.SCHEMA, "about": dict(about), "files": found})


def read(folder: Path) -> Sealed | None:
    """A student's results if verdict and evidence are as they were sealed."""
    known = results.read_json(folder / SEAL)
    try:
        found = _digests(folder)
    except OSError:
        return None
    if known is None or not isinstance(known.get("files"), dict) or not isinstance(known.get("about"), dict):
        return None
    was: dict[str, Any] = known["files"]
    report = REPORT in found and found[REPORT] == was.get(REPORT)
    if VERDICT not in found or {**found, REPORT: ""} != {**was, REPORT: ""}:
        return None
    return Sealed(known["about"], report)


def remove(folder: Path) -> None:
    """Break the seal of a student's results: from now on they are not complete.

    Raises:
        ResultsError: the folder cannot be written.
    """
    with results.writing(folder.name):
        (folder / SEAL).unlink(missing_ok=True)


def remove_all(out: Path) -> None:
    """Break all seals in a folder of results, so that a fresh run which is interrupted finds nothing to use again.

    Raises:
        ResultsError: the folder holds something else, or cannot be written.
    """
    results.check(out)
    for path in out.glob(f"*/{SEAL}"):
        remove(path.parent)


def forget(folder: Path) -> None:
    """Remove a student's earlier results, the seal first.

    Raises:
        ResultsError: the folder cannot be written.
    """
    remove(folder)
    with results.writing(folder.name):
        (folder / VERDICT).unlink(missing_ok=True)
        (folder / REPORT).unlink(missing_ok=True)
        if (folder / EVIDENCE).exists():
            shutil.rmtree(folder / EVIDENCE)
