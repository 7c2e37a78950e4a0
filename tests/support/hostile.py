"""A hostile class: every student's name, message, file, layer and log is out to do something in a report."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from autograder import messages
from autograder.instructor import batch, grading, results
from autograder.instructor.collect import Entry
from autograder.instructor.results import Row
from autograder.launcher import PlainLauncher
from autograder.scheme import load
from autograder.verdict import Reason, Verdict, attention
from tests.support.pages import layer, verdict

HOST = "hostile.example"
DID = f"document.title='ran';document.documentElement.dataset.ran='ran';new Image().src='http://{HOST}/script'"
ASKING = (
    f"<img src=http://{HOST}/img><link rel=stylesheet href=http://{HOST}/css><style>@import url(http://{HOST}/import);</style>"
    f"<iframe src=http://{HOST}/frame></iframe><object data=http://{HOST}/object></object><video poster=http://{HOST}/poster>"
    f"</video><embed src=http://{HOST}/embed><link rel=prefetch href=http://{HOST}/prefetch>"
)
TEMPLATES = "{{ 7 * 7 }}{% raw %}${7*7}<%= 7*7 %>#{7*7}{{ ''.__class__ }}"
HOSTILE = (
    f"<script>{DID}</script>",
    f"</title></style></script></pre></textarea></noscript></svg></table><script>{DID}</script>",
    f'"><img src=x onerror="{DID}"><svg onload="{DID}"><details open ontoggle="{DID}">',
    f"' onmouseover='{DID}' autofocus onfocus='{DID}' style='position:fixed' x='",
    f"<svg><script>{DID}</script></svg><math><mtext></p><style><img src=x onerror={DID}>",
    f"javascript:{DID}",
    f"[a](javascript:{DID}) ![b](http://{HOST}/md) `</code><script>{DID}</script>`",
    TEMPLATES,
    f'{{"a": "</script><script>{DID}</script>"}}\u2028\u2029;{DID};//<!--<script>',
    ASKING,
    f'<meta http-equiv=refresh content="0;url=http://{HOST}/refresh"><base href=http://{HOST}/><form action=http://{HOST}/>',
    f"<!--><script>{DID}</script>--><![CDATA[<script>{DID}</script>]]><?xml {DID} ?>",
    f"&lt;script&gt;&#60;script&#62;&NotExists;+ADw-script+AD4-{DID}",
    f"\u202eevil\u2066\x1b[31m\x1b]8;;http://{HOST}\x07\x00\x9b31m\x07\x08\ud800\udfff\ufeff\u2028\u2029\r\n\t::error::x",
    "W" * 20_000,
    "я\u0301" * 10_000,
    f'=HYPERLINK("http://{HOST}")',
    "\uff1dcmd|' /C calc'!A0",
    'x";=1+1;"\n+2\r@SUM(A1)',
    "\t-1+1",
    "##[command]del",
    "../../../etc/passwd",
    "CON",
    "-rf",
    "",
)


def codes(lang: str) -> Mapping[str, Mapping[str, str]]:
    """All reasons that have a sentence."""
    return {code: entry for code, entry in messages.catalogue(lang).items() if "wrong" in entry}


def reason(code: str, text: str) -> Reason:
    """A reason in which every value is *text*."""
    fields = re.findall(r"\{(\w+)", "".join(codes("en")[code].values()))
    return Reason(code, dict.fromkeys(fields, text))


def hostile_verdict(number: int) -> Verdict:
    """A verdict that says one hostile text everywhere, and all of them in its table, its notes, its files and its log."""
    found = verdict(HOSTILE[number])
    layers = [layer(row, "Flatten()", text, same=False) | {"received_shape": text} for row, text in enumerate(HOSTILE, 1)]
    notes = [reason(code, HOSTILE[place % len(HOSTILE)]) for place, code in enumerate(codes("en"))]
    source = {"name": HOSTILE[number], "sha256": HOSTILE[number], "ignored": list(HOSTILE)}
    facts = {**found.facts, "log": "\n".join(HOSTILE), "source": source}
    flags = [reason(code, HOSTILE[number]) for code in codes("en") if code.startswith("flag.")]
    flags += [Reason("flag.look", {"found": list(HOSTILE)})]
    return replace(found, layers=tuple(layers), notes=tuple(notes), flags=tuple(flags), facts=facts)


@dataclass
class Class:
    """A class whose results have been written."""

    out: Path
    rows: list[Row]

    def page(self, number: int) -> str:
        """The report of a student."""
        return (self.out / self.rows[number].folder / results.REPORT).read_text("utf-8")

    @property
    def summary(self) -> str:
        """The page of the class."""
        return (self.out / results.SUMMARY).read_text("utf-8")


def write_class(out: Path, lang: str) -> Class:
    """A class in which every hostile text is a student's name and says all that a submission may say."""
    sections = tuple(load().sections)
    settings = grading.Settings(out, sections, "synthetic", "", "", PlainLauncher(), lang)
    names = results.folders(HOSTILE)
    known = sorted(code for code in codes("en") if reason(code, "").params)
    rows = []
    for number, text in enumerate(HOSTILE):
        job = grading.Job(Entry(text, f"«{text}»"), names[text], settings)
        told = reason(known[number], text)
        found = hostile_verdict(number) if number % 3 else attention(load(), sections, told)
        rows.append(grading.finish(job, found, ""))
    batch.write(settings, rows, HOSTILE[0], "full")
    return Class(out, rows)


def unsafe(text: str) -> set[str]:
    """What moves a cursor, turns the direction of writing, or cannot be encoded, among the characters of *text*."""
    return {c for c in text if c not in "\n\u200c\u200d" and unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}}
