"""The seal on a student's results: what they were made from, and a digest of each file.

It is written last. Results are used again only if their seal is whole and fits, so nothing half-written, truncated,
lost or edited is believed: the student is graded anew.

Where a new verdict takes the place of a sealed one, the seal first says which one is coming: whenever that is
interrupted, the evidence is still vouched for.
"""

import hashlib
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder import files
from autograder.instructor import results
from autograder.instructor.results import EVIDENCE, REPORT, SEAL, VERDICT


@dataclass(frozen=True)
class Sealed:
    """Results that are as they were sealed: ``about`` is what they were made from.

    The report can be made again from the verdict; ``report`` says whether that is needless. ``files`` are the digests.
    """

    about: Mapping[str, Any]
    report: bool
    files: Mapping[str, str]


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


def announce(folder: Path, known: Sealed, about: Mapping[str, Any], verdict: Mapping[str, Any]) -> None:
    """Say that *verdict*, made from *about*, is about to take the place of the one that is sealed.

    Raises:
        ResultsError: the disk is full or the folder cannot be written.
    """
    coming = {"about": dict(about), "verdict": hashlib.sha256(files.encoded(verdict)).hexdigest()}
    sealed = {"schema": results.SCHEMA, "about": dict(known.about), "files": dict(known.files), "next": coming}
    results.write_json(folder / SEAL, sealed)


def _vouched(known: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Mapping[str, str]]]:
    """What may be there: what was sealed, and what was about to take its place."""
    about, was, coming = known.get("about"), known.get("files"), known.get("next")
    if not isinstance(about, dict) or not isinstance(was, dict):
        return
    yield about, was
    if isinstance(coming, dict) and isinstance(coming.get("about"), dict) and isinstance(coming.get("verdict"), str):
        yield coming["about"], {**was, VERDICT: coming["verdict"], REPORT: ""}


def read(folder: Path) -> Sealed | None:
    """A student's results if verdict and evidence are as they were sealed, or as it was said that they would be."""
    known = results.read_json(folder / SEAL)
    try:
        found = _digests(folder)
    except OSError:
        return None
    for about, was in _vouched(known or {}):
        if VERDICT in found and {**found, REPORT: ""} == {**was, REPORT: ""}:
            return Sealed(about, REPORT in found and found[REPORT] == was.get(REPORT), was)
    return None


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
