"""The zip that Gradescope makes an autograder of: two scripts, and the part of the kit that grades one submission."""

import json
from collections.abc import Mapping
from importlib import metadata

from autograder.instructor import release, results
from autograder.instructor.exports.asked import Exported, Request
from autograder.instructor.exports.gradescope_run import CONFIG
from autograder.launcher import ROOT

PACKAGES = ("jinja2", "keras", "numpy", "pytest", "tensorflow")
# Only other commands need these.
LEFT_OUT = tuple(f"autograder/instructor/{name}/" for name in ("commands", "nbgrader", "quiz", "training"))
SCRIPTS = ("run_autograder", "setup.sh")

SETUP = """\
#!/usr/bin/env bash
# Run once, as root, when Gradescope builds the autograder: a Python with the grader's packages, readable by all.
set -euo pipefail
export CONVMARK_GRADESCOPE="${CONVMARK_GRADESCOPE:-/autograder}"
source="$CONVMARK_GRADESCOPE/source"
if [ -z "${CONVMARK_PYTHON:-}" ]; then
    python=""
    find_python() {
        for name in python3 python3.13 python3.12 python3.11; do
            if "$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
                python="$name"
                return 0
            fi
        done
        return 1
    }
    if ! find_python; then
        apt-get update -qq
        apt-get install -y -qq python3.12 python3.12-venv || apt-get install -y -qq python3.11 python3.11-venv
        find_python
    fi
    "$python" -m venv /opt/convmark
    CONVMARK_PYTHON=/opt/convmark/bin/python
    "$CONVMARK_PYTHON" -m pip install --quiet --no-cache-dir -r "$source/requirements.txt"
    chmod -R a+rX /opt/convmark
fi
if grep -q '"accuracy"' "$source/convmark.json"; then
    "$CONVMARK_PYTHON" -c 'import keras; keras.datasets.cifar10.load_data()' >/dev/null ||
        echo "CIFAR-10 could not be downloaded: submissions with trained weights will have no score"
fi
PYTHONPATH="$source" PYTHONSAFEPATH=1 "$CONVMARK_PYTHON" -m autograder.instructor.exports.gradescope_run --check
"""

RUN = """\
#!/usr/bin/env bash
# Run for each submission: writes results/results.json. The submission's folder is on no path of Python's.
set -u
export CONVMARK_GRADESCOPE="${CONVMARK_GRADESCOPE:-/autograder}"
cd /
export PYTHONPATH="$CONVMARK_GRADESCOPE/source" PYTHONSAFEPATH=1 PYTHONDONTWRITEBYTECODE=1
exec "${CONVMARK_PYTHON:-/opt/convmark/bin/python}" -m autograder.instructor.exports.gradescope_run
"""


def export(request: Request) -> Exported:
    """Write the zip.

    Raises:
        ResultsError: it cannot be written.
    """
    content = release.zipped(files(request), executable=SCRIPTS)
    results.write_bytes(request.out, content)
    said = [f"{request.out}: upload it under Configure Autograder, with at least 2 CPUs and 6 GB of memory."]
    if request.no_sandbox:
        said.append("Warning: where no isolation works, submissions will run with the rights of the grader.")
    return Exported(said)


def files(request: Request) -> Mapping[str, bytes]:
    """The files of the zip by name."""
    config = {
        "sections": list(request.sections),
        "lang": request.lang,
        "isolation": request.isolation,
        "no_sandbox": request.no_sandbox,
    }
    found = {path: content for path, content in _package().items() if not path.startswith(LEFT_OUT)}
    found["setup.sh"], found["run_autograder"] = SETUP.encode(), RUN.encode()
    found[CONFIG] = (json.dumps(config, indent=1) + "\n").encode()
    found["requirements.txt"] = _requirements().encode()
    return dict(sorted(found.items()))


def _package() -> Mapping[str, bytes]:
    return {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in release.files_below(ROOT / "autograder")}


def _requirements() -> str:
    """The packages that grading needs, in the versions that are installed here: those that the lab was tried with."""
    return "# Made by `convmark export --to gradescope`.\n" + "".join(f"{_pinned(name)}\n" for name in PACKAGES)


def _pinned(name: str) -> str:
    try:
        return f"{name}=={metadata.version(name).partition('+')[0]}"
    except metadata.PackageNotFoundError:  # another build of it may stand here under another name
        return name
