"""A passage of the handout as HTML for reports: it loads nothing, and its headings go below the report's own."""

import re
from html import escape

from autograder.instructor.quiz.bank import text

_STYLE = re.compile(r' style="text-align:(?:left|center|right)"')  # what the page's policy forbids
_HEADING = re.compile(r"<(/?)h[1-6]>")
_IMAGE = re.compile(r'<img [^>]*?alt="([^"]*)"[^>]*>')  # it lies beside the handout, not beside the report
_LINK = re.compile(r'<a href="(?!https?://)[^"]*"[^>]*>(.*?)</a>', re.DOTALL)
_TABLE = re.compile(r"<table>.*?</table>", re.DOTALL)
_NUMBER = re.compile(r'<(t[dh]) style="text-align:right"')


def html_of(source: str, title: str) -> str:
    """A passage in Markdown as part of a report: headings below its own, tables that scroll, nothing that is loaded."""
    try:
        html = text.html(source)
    except ValueError:  # a formula that the converter does not know stays as it was written
        html = text.html(source, text.tex)
    html = _STYLE.sub("", _NUMBER.sub(r'<\1 class="number"', html))
    html = _LINK.sub(r"\1", _IMAGE.sub(r"[\1]", _HEADING.sub(r"<\1h4>", html)))
    region = f'<div class="scroll" role="region" aria-label="{escape(title)}" tabindex="0">'
    html = _TABLE.sub(lambda found: f"{region}{found[0]}</div>", html)
    return html.replace("<th>", '<th scope="col">').replace("<th class", '<th scope="col" class')
