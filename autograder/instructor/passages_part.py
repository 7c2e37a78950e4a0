"""The part of a student's page with the passages of the handout that checks which failed are about.

A report is mailed alone, so it holds the passages themselves, each once, and the checks link to them within the page.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from markupsafe import Markup

from autograder.instructor.quiz.bank import text
from autograder.scheme import Passage, Scheme
from autograder.verdict import Verdict

_STYLE = re.compile(r' style="text-align:(?:left|center|right)"')  # what the page's policy forbids
_HEADING = re.compile(r"<(/?)h[1-6]>")
_IMAGE = re.compile(r'<img [^>]*?alt="([^"]*)"[^>]*>')  # it lies beside the handout, not beside the report
_LINK = re.compile(r'<a href="(?!https?://)[^"]*"[^>]*>(.*?)</a>', re.DOTALL)
_TABLE = re.compile(r"<table>.*?</table>", re.DOTALL)
_NUMBER = re.compile(r'<(t[dh]) style="text-align:right"')


def place(passage: Passage) -> str:
    """The id of a passage in the page."""
    return f"read-{passage.name}"


def facts(scheme: Scheme, verdict: Verdict, lang: str) -> list[dict[str, Any]]:
    """Id, title, file and HTML of the passages for the checks that failed, in the order of the checks."""
    found = {passage.name: passage for passage in _asked(scheme, verdict, lang) if passage.text}
    return [
        {"id": place(passage), "title": passage.title, "file": passage.file, "html": _html(passage.text, passage.title)}
        for passage in found.values()
    ]


def _asked(scheme: Scheme, verdict: Verdict, lang: str) -> Iterator[Passage]:
    for result in verdict.checks:
        passage = scheme.passage(result.id, lang) if result.status == "failed" and result.id in scheme.checks else None
        if passage is not None:
            yield passage


@cache
def _html(source: str, title: str) -> Markup:
    """A passage as part of the page: headings below its own, tables that scroll by themselves, nothing that is loaded."""
    try:
        html = text.html(source)
    except ValueError:  # a formula that the converter does not know stays as it was written
        html = text.html(source, text.tex)
    html = _STYLE.sub("", _NUMBER.sub(r'<\1 class="number"', html))
    html = _LINK.sub(r"\1", _IMAGE.sub(r"[\1]", _HEADING.sub(r"<\1h4>", html)))
    region = Markup('<div class="scroll" role="region" aria-label="{}" tabindex="0">').format(title)
    html = _TABLE.sub(lambda found: f"{region}{found[0]}</div>", html)
    return Markup(html.replace("<th>", '<th scope="col">').replace("<th class", '<th scope="col" class'))  # noqa: S704 - the lab's own text, escaped by the renderer
