"""A class as it stands in a folder of results: verdicts by student, made of the reference submission's."""

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from autograder.instructor import results
from autograder.instructor.cli import main
from autograder.judge import judge
from autograder.scheme import load
from autograder.verdict import Reason, Verdict, attention, from_dict
from tests.support import reference

SECTIONS = ("data", "model", "compile")
HOSTILE = '=HYPERLINK("http://x","<b>a&b</b>")'


def right(folder: Path) -> Verdict:
    """The verdict on the reference submission: 80 of 80 points."""
    return judge(reference.store(folder, reference.record()), SECTIONS)


def wrong(verdict: Verdict) -> Verdict:
    """The same verdict with a failed check of 8 points, and one after it that was not reached."""
    value = copy.deepcopy(verdict.to_dict())
    for check in value["checks"]:
        if check["id"] == "data.scale":
            check |= {"status": "failed", "points": 0.0, "reason": {"code": "data.scale.by_256", "params": {}}}
        if check["id"] == "data.one_hot":
            check |= {"status": "not_checked", "points": 0.0, "because": "data.rows", "reason": None}
    value["sections"][0]["points"], value["score"] = 4.0, 64.0
    return from_dict(json.loads(json.dumps(value)))


def waiting() -> Verdict:
    """A verdict that a person has to look at."""
    return attention(load(), SECTIONS, Reason("grader.judge_failed", {"status": 1, "log": "<b>=1</b>"}))


def store(folder: Path, verdicts: Mapping[str, Verdict | None], names: Mapping[str, str] | None = None) -> Path:
    """A folder of results with these verdicts; a file that is none for None."""
    found = results.folders(verdicts)
    results.write_roster(folder, ([each, (names or {}).get(each, each), found[each]] for each in verdicts))
    for student, verdict in verdicts.items():
        path = folder / found[student] / results.VERDICT
        if verdict is None:
            results.write_text(path, "{")
        else:
            results.write_json(path, verdict.to_dict())
    return folder


def export(*arguments: Any, lang: str = "en") -> Result:
    """Run `convmark export`."""
    return CliRunner().invoke(main, ["export", *map(str, arguments), "--lang", lang])
