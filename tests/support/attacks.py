"""Hostile submissions: laid out as a class, and what came of each, for the `verdict.json` of its folder.

``isolated`` says that an attack writes, forks, sleeps or searches, so that it may run in the sandbox only.
``student`` and ``rename`` give the student's folder and the file a name that would be trouble in a repository;
``make`` names a function of this module that makes the files.
"""

import json
import shutil
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from autograder.instructor import layouts
from autograder.instructor.results import Row

FOLDER = Path(__file__).parent.parent / "attacks"
OUTCOME = ("status", "points", "failed", "reason", "flags")
LIMITS = {"import": 6, "data": 5, "model": 8, "compile": 8}
MEBIBYTE = 2**20


def names() -> list[str]:
    """All attacks."""
    return sorted(path.name for path in FOLDER.iterdir() if path.is_dir())


def expected(name: str) -> dict[str, Any]:
    """What the `verdict.json` of an attack says."""
    value: dict[str, Any] = json.loads((FOLDER / name / "verdict.json").read_text("utf-8"))
    return value


def student(name: str) -> str:
    """The student who hands an attack in, as the results call them."""
    return layouts.clean(expected(name).get("student", name))


def many_members(folder: Path) -> None:
    """An archive of twenty thousand members."""
    with zipfile.ZipFile(folder / "submission.zip", "w") as archive:
        for number in range(20_000):
            archive.writestr(f"{number}.py", "")


def many_notebooks(folder: Path) -> None:
    """Twelve notebooks of eight mebibytes each."""
    output = json.dumps({"output_type": "stream", "text": "x" * (8 * MEBIBYTE)})
    for number in range(12):
        cell = json.dumps({"cell_type": "code", "source": f"a = {number}", "outputs": []})
        text = f'{{"cells": [{cell.replace("[]", f"[{output}]")}]}}'
        (folder / f"cifar10_cnn_{number}.ipynb").write_text(text)


def many_values(folder: Path) -> None:
    """A notebook of three mebibytes that is a million empty lists."""
    lists = "[" + "[]," * MEBIBYTE + "[]]"
    (folder / "cifar10_cnn.ipynb").write_text(f'{{"cells": [{{"cell_type": "code", "source": "", "outputs": {lists}}}]}}')


MAKERS: Mapping[str, Callable[[Path], None]] = {
    "many_members": many_members,
    "many_notebooks": many_notebooks,
    "many_values": many_values,
}


def lay_out(wanted: Sequence[str], folder: Path) -> Path:
    """A folder of submissions with these attacks."""
    for name in wanted:
        about = expected(name)
        target = folder / about.get("student", name)
        if "make" in about:
            target.mkdir(parents=True)
            MAKERS[about["make"]](target)
        else:
            shutil.copytree(FOLDER / name / "submission", target)
        if "rename" in about:
            (target / "cifar10_cnn.py").rename(target / about["rename"])
    return folder


def outcome(row: Row, results: Path) -> dict[str, Any]:
    """What came of a submission: points, the code of each check that failed or broke, the codes of the flags."""
    verdict = json.loads((results / row.folder / "verdict.json").read_text("ascii"))
    told = {check["id"]: check["reason"]["code"] for check in verdict["checks"] if check["reason"] is not None}
    return {
        "status": row.status,
        "points": dict(row.sections),
        "failed": {check: code for check, code in told.items() if code != "accuracy.none"},
        "reason": row.reason["code"] if row.reason else None,
        "flags": sorted({flag["code"] for flag in verdict["flags"]} - {"flag.unprotected"}),
    }
