"""A starter repository for GitHub Classroom: the students' bundle, and a workflow that checks each push.

It is formative: what runs there lies where students can change it.
"""

from collections.abc import Mapping
from pathlib import Path

from autograder.errors import GraderError
from autograder.instructor import release, results
from autograder.instructor.exports import classroom_points
from autograder.instructor.exports.asked import Exported, Request
from autograder.instructor.source import SourceError

FILE = ".github/workflows/classroom.yml"
POINTS = ".github/convmark_points.py"

WORKFLOW = f"""\
# Checks each push with the bundle's own checks and reports the points. Formative: whoever can push can change this.
name: Autograding Tests
on:
  push:
  workflow_dispatch:
permissions:
  contents: read
concurrency:
  group: autograding-${{{{ github.ref }}}}
  cancel-in-progress: true
jobs:
  run-autograding-tests:
    if: github.actor != 'github-classroom[bot]'
    runs-on: ubuntu-latest
    timeout-minutes: 20
    steps:
      - uses: actions/checkout@v4
        with:
          persist-credentials: false
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
          cache: pip
      - run: python -m pip install -r requirements.txt
      - name: Check the submission
        run: python -m pytest autograder --verdict="$RUNNER_TEMP/verdict.json" || true
      - name: Report the points
        if: always()
        run: python -I {POINTS} "$RUNNER_TEMP/verdict.json"
"""


def export(request: Request) -> Exported:
    """Write the repository into a new or an empty folder, or over one that this wrote.

    Raises:
        GraderError: the folder holds something else, or the bundle cannot be made.
    """
    folder = request.out
    there = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    if folder.is_file() or (there and not (folder / POINTS).is_file()):
        raise GraderError("exports.not_empty", name=str(folder))
    found = files(request.repo)
    for name, content in found.items():
        results.write_bytes(folder / name, content)
    return Exported([f"{len(found)} files in {folder}: make a template repository of them."])


def files(repo: Path) -> Mapping[str, bytes]:
    """The files by name.

    Raises:
        GraderError: the lab's source is not there, or breaks a rule of its format.
    """
    if not (repo / "solution" / "lab.toml").is_file():
        raise GraderError("exports.bundle", reason=f"no solution/lab.toml in {repo.resolve()}")
    try:
        bundle = release.bundle_files(repo)
    except SourceError as error:
        raise GraderError("exports.bundle", reason=str(error)) from error
    points = Path(classroom_points.__file__).read_bytes()
    return dict(sorted({**bundle, FILE: WORKFLOW.encode(), POINTS: points}.items()))
