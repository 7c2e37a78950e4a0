"""The part of a student's page with the passages of the handout that checks which failed are about.

A report is mailed alone, so it holds the passages themselves, each once, and the checks link to them within the page.
"""

from collections.abc import Iterator
from typing import Any

from markupsafe import Markup

from autograder.scheme import Passage, Scheme
from autograder.verdict import Verdict


def place(passage: Passage) -> str:
    """The id of a passage in the page."""
    return f"read-{passage.name}"


def facts(scheme: Scheme, verdict: Verdict, lang: str) -> list[dict[str, Any]]:
    """Id, title, file and HTML of the passages for the checks that failed, in the order of the checks."""
    found = {passage.name: passage for passage in _asked(scheme, verdict, lang) if passage.html}
    return [
        {"id": place(passage), "title": passage.title, "file": passage.file, "html": Markup(passage.html)}  # noqa: S704 - the lab's own text, made by `convmark release`
        for passage in found.values()
    ]


def _asked(scheme: Scheme, verdict: Verdict, lang: str) -> Iterator[Passage]:
    # Where the work as a whole stopped no task is the reason, and what repeats a reason has nothing of its own to read.
    told_elsewhere = {check for stop in verdict.stops for check in stop.checks} | set(verdict.repeated)
    for result in verdict.checks:
        asked = result.status == "failed" and result.id in scheme.checks and result.id not in told_elsewhere
        passage = scheme.passage(result.id, lang) if asked else None
        if passage is not None:
            yield passage
