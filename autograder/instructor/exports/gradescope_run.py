"""What `run_autograder` runs in Gradescope's container: grade the one submission, write `results.json`.

The folder is `/autograder`, or the one that CONVMARK_GRADESCOPE names. Exit status 0: there is a score; 1: there is
none, and a person has to look. What is printed here only instructors see.
"""

import os
import secrets
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from autograder import dataset, files, scheme, strictjson
from autograder import verdict as vd
from autograder.errors import ConvmarkError, DataUnavailable, GraderError
from autograder.instructor import cgroup, grading, results, selftest, serving
from autograder.instructor.collect import Entry, Source
from autograder.instructor.exports import gradescope_results
from autograder.instructor.grading import Job, Settings
from autograder.instructor.loop import PATIENCE
from autograder.instructor.parcel import Isolation
from autograder.verdict import Reason, Verdict

ROOT = "CONVMARK_GRADESCOPE"
CONFIG = "convmark.json"
DATA = "cifar10"
FOLDER = "submission"
MAX_METADATA = 2**22


def main(arguments: list[str]) -> int:
    """Grade; with ``--check`` only say which isolation works here."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    root = Path(os.environ.get(ROOT, "/autograder"))
    try:
        if "--check" in arguments:
            print(f"isolation here: {selftest.available().level}")
            return 0
        return run(root)
    finally:
        cgroup.sweep(PATIENCE)
        serving.sweep()


def run(root: Path) -> int:
    """Grade the submission of an autograder's folder, and write its results."""
    begin = time.monotonic()
    lang = "en"
    try:
        config = _config(root)
        lang = str(config["lang"])
        verdict = grade(root, config)
        value = gradescope_results.of_verdict(verdict, lang, time.monotonic() - begin)
        _tell(root, verdict)
        graded = verdict.status == "graded"
    except ConvmarkError as error:
        value, graded = gradescope_results.of_fault(Reason(error.code, error.params), lang, time.monotonic() - begin), False
    except Exception as error:
        value, graded = gradescope_results.of_fault(vd.bug(error), lang, time.monotonic() - begin), False
    files.write_json(root / "results" / "results.json", value)
    print("graded" if graded else f"no score: {value['extra_data']}")
    return 0 if graded else 1


def _config(root: Path) -> dict[str, Any]:
    """What the export wrote down: sections, language, isolation.

    Raises:
        GraderError: it is damaged.
    """
    value = results.read_json(root / "source" / CONFIG)
    if value is None or {"sections", "lang", "isolation", "no_sandbox"} - set(value):
        raise GraderError("exports.gradescope", name=CONFIG)
    return value


def grade(root: Path, config: dict[str, Any]) -> Verdict:
    """The verdict on the submission.

    Raises:
        SandboxError: isolation does not work here and was not waived.
        GraderError: the grader failed before it could say why in a verdict.
    """
    launcher = Isolation(bool(config["no_sandbox"]), str(config["isolation"])).launcher()
    work = Path(tempfile.mkdtemp(prefix="convmark-gradescope-"))
    try:
        sections = tuple(name for name in scheme.load().sections if name in config["sections"])
        digest = _data_digest() if "accuracy" in sections else ""
        data = DATA if "accuracy" in sections else ""
        settings = Settings(work, sections, data, digest, secrets.token_hex(32), launcher, str(config["lang"]))
        entry = Entry(FOLDER, FOLDER, (Source(root / FOLDER),))
        done = grading.grade(Job(entry, FOLDER, settings))
        if done.stop is not None:
            raise GraderError(done.stop.code, **done.stop.params)
        verdict = results.read_verdict(work / FOLDER / results.VERDICT)
        if verdict is None:
            raise GraderError("grader.bug", reason="no verdict was written")
        return verdict
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _data_digest() -> str:
    """The digest of what evaluation uses; empty without the data set: weights then wait for a person."""
    try:
        return dataset.find(DATA).evaluated_digest
    except DataUnavailable:
        return ""


def _tell(root: Path, verdict: Verdict) -> None:
    """Say to the instructor alone what is flagged, and whether the assignment there has as many points."""
    for flag in verdict.flags:
        print(f"flag: {flag.code}")
    try:
        with (root / "submission_metadata.json").open("rb") as stream:
            text = stream.read(MAX_METADATA).decode("utf-8", "replace")
        total = float(strictjson.loads(text, max_chars=MAX_METADATA)["assignment"]["total_points"])
    except (OSError, ConvmarkError, KeyError, TypeError, ValueError):
        return
    if total != verdict.max_score:
        print(f"the assignment has {total:g} points, the lab {verdict.max_score:g}: make them the same")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
