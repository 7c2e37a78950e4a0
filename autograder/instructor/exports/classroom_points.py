"""Tell GitHub Classroom the points of a verdict. Copied into the students' repository, so it needs nothing but Python.

``python convmark_points.py verdict.json`` prints the annotations that Classroom reads, and adds a table to the summary
of the run. Exit status 0: there are points; 1: there are none, and nothing is reported.
"""

import json
import os
import sys
from pathlib import Path


def main(name: str) -> int:
    """Report the verdict in the file *name*."""
    try:
        verdict = json.loads(Path(name).read_text("utf-8"))
        points, most = float(verdict["score"]), float(verdict["max_score"])
        rows = [(str(row["name"]), float(row["points"]), float(row["max_points"])) for row in verdict["sections"]]
        graded = verdict["status"] == "graded"
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"::error title=Autograding::There is no verdict ({type(error).__name__}); this is not counted as 0.")
        return 1
    if not graded:
        print("::error title=Autograding::The grader could not decide; a person has to look. This is not counted as 0.")
        return 1
    print(f"::notice title=Autograding complete::Points {points:g}/{most:g}")
    print(f"::notice title=Autograding report::{json.dumps({'totalPoints': points, 'maxPoints': most})}")
    lines = ["| section | points |", "|---|--:|", *(f"| {row} | {got:g} of {full:g} |" for row, got, full in rows)]
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        with Path(summary).open("a", encoding="utf-8") as stream:
            stream.write("\n".join([*lines, f"| **total** | **{points:g} of {most:g}** |"]) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
