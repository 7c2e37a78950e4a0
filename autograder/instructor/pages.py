"""The two pages: a student's report, and the class's summary; each is one file that works offline."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from autograder import __version__, messages
from autograder.instructor import accuracy_part
from autograder.instructor.class_page import summary_page
from autograder.instructor.rendering import (
    MAX_NAME,
    MAX_VALUE,
    Words,
    bounded,
    check_title,
    fragment,
    page,
    section_title,
    share,
)
from autograder.messages import Sentences
from autograder.safe import printable, printable_lines, shortened
from autograder.scheme import Scheme, load
from autograder.verdict import CheckResult, Reason, Verdict

__all__ = ["student_page", "summary_page"]

LOG_HEAD, LOG_TAIL = 6_000, 14_000
MARKS = {
    "passed": ("✓", "word_passed"),
    "failed": ("✗", "word_failed"),
    "not_checked": ("–", "word_not_checked"),
    "broken": ("!", "word_broken"),
}


def student_page(verdict: Verdict, student: str, lang: str) -> str:
    """A student's report as one HTML file. It shows no flags: those are for instructors.

    Raises:
        GraderError: the marking scheme cannot be read.
    """
    scheme, say = load(), Words(lang)
    name = shortened(printable(student), MAX_NAME)
    log, log_cut = _log(say, verdict.facts.get("log"))
    return page(
        "student.html",
        say,
        lab=_lab_title(scheme, lang),
        student=name,
        verdict=verdict,
        attention=verdict.status != "graded",
        reason=_reason(lang, verdict.reason),
        whole=share(verdict.score, verdict.max_score),
        sections=_sections(scheme, say, verdict),
        layers=_layers(say, verdict.layers),
        totals=[_total(say, verdict.layers, side) for side in ("expected", "received")],
        accuracy=accuracy_part.facts(say, scheme, verdict.facts),
        classes=accuracy_part.classes(say, scheme, verdict.facts),
        confusion=accuracy_part.confusion(say, scheme, verdict.facts),
        notes=[_note(lang, note) for note in verdict.notes],
        graded=_graded(say, verdict.facts),
        log=log,
        log_cut=log_cut,
        version=__version__,
    )


def layer_table(verdict: Verdict, lang: str) -> str:
    """The layer table as HTML for a page of somebody else's; empty if there is none."""
    say = Words(lang)
    totals = [_total(say, verdict.layers, side) for side in ("expected", "received")]
    return fragment("layers.html", say, layers=_layers(say, verdict.layers), totals=totals) if verdict.layers else ""


def _lab_title(scheme: Scheme, lang: str) -> str:
    return str(scheme.raw["lab"]["title"][lang])


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _items(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []


def _told(lang: str, reason: Reason, hint: str = "") -> Sentences:
    """The sentences for a reason, its values bounded."""
    params = {
        key: shortened(printable_lines(value), MAX_VALUE) if isinstance(value, str) else value
        for key, value in reason.params.items()
    }
    return messages.render(lang, shortened(printable(reason.code), MAX_NAME), params, hint)


def _reason(lang: str, reason: Reason | None) -> list[str]:
    """Why a person has to look."""
    told = _told(lang, reason) if reason else Sentences("")
    return [sentence for sentence in (told.wrong, told.detail) if sentence]


def _note(lang: str, note: Reason) -> str:
    told = _told(lang, note)
    return " ".join(filter(None, (told.wrong, told.detail, told.todo)))


def _sections(scheme: Scheme, say: Words, verdict: Verdict) -> list[dict[str, Any]]:
    found = []
    for section in verdict.sections:
        checks = [result for result in verdict.checks if result.section == section.name]
        decided = all(result.status != "broken" for result in checks)
        points = say.out_of(section.points, section.max_points)
        found.append(
            {
                "title": section_title(scheme, section.name, say.lang),
                "points": points if decided else say.say("undecided"),
                "share": share(section.points, section.max_points) if decided else None,
                "checks": [_check(scheme, say, result) for result in checks],
            }
        )
    return found


def _check(scheme: Scheme, say: Words, result: CheckResult) -> dict[str, Any]:
    symbol, word = MARKS[result.status]
    if result.status == "failed" and result.points > 0:
        word = "word_partly"
    points = say.out_of(result.points, result.max_points)
    if result.status == "broken":
        points = "–"
    elif not result.max_points:
        points = say.say("required")
    return {
        "status": result.status,
        "symbol": symbol,
        "word": say.say(word),
        "title": check_title(scheme, result.id, say.lang),
        "points": points,
        "why": _why(scheme, say, result) if result.status == "failed" else [],
        "because": _because(scheme, say, result) if result.status in ("not_checked", "broken") else "",
    }


def _why(scheme: Scheme, say: Words, result: CheckResult) -> list[tuple[str, str]]:
    """Up to three labelled sentences for a failed check."""
    line = scheme.checks.get(result.id)
    told = _told(say.lang, result.reason or Reason(messages.UNKNOWN), line.hint[say.lang] if line else "")
    labelled = [("wrong", told.wrong), ("detail", told.detail), ("todo", told.todo)]
    return [(say.say(label), sentence) for label, sentence in labelled if sentence]


def _because(scheme: Scheme, say: Words, result: CheckResult) -> str:
    if result.because in scheme.checks:
        return say.say("not_checked_check", title=check_title(scheme, str(result.because), say.lang))
    if result.reason and result.status == "broken":
        return _told(say.lang, result.reason).wrong
    if result.reason:
        return say.say("not_checked_reason", sentence=_told(say.lang, result.reason).wrong)
    return ""


def _layers(say: Words, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows of the layer table; the first that differs is marked."""
    first = next((index for index, row in enumerate(rows) if not row["same"]), None)
    return [
        {
            "number": row["row"],
            "same": row["same"],
            "first": index == first,
            "sides": [_side(say, row, "expected"), _side(say, row, "received")],
        }
        for index, row in enumerate(rows)
    ]


def _side(say: Words, row: Mapping[str, Any], side: str) -> dict[str, str]:
    count = row[f"{side}_params"]
    return {
        "layer": Markup("(<wbr>").join(bounded(row[side] or "").split("(")),
        "shape": bounded(row[f"{side}_shape"]),
        "params": say.say("parameters", number=say.count(count)) if isinstance(count, int) else "",
        "missing": say.say("no_layer_expected" if side == "expected" else "no_layer_received"),
    }


def _total(say: Words, rows: Sequence[Mapping[str, Any]], side: str) -> str:
    counts = [row[f"{side}_params"] for row in rows if row[side]]
    if all(isinstance(count, int) for count in counts):
        return say.say("total_parameters", number=say.count(sum(counts)))
    return say.say("total_parameters", number=say.say("unknown"))


def _graded(say: Words, facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What was graded and how, as far as it is known."""
    source, sandbox = _table(facts.get("source")), _table(facts.get("sandbox"))
    versions = _table(facts.get("versions"))
    layers = ", ".join(map(str, _items(sandbox.get("layers"))))
    shown = [
        (say.say("file"), source.get("name")),
        ("SHA-256", source.get("sha256")),
        (say.say("ignored"), ", ".join(map(str, _items(source.get("ignored"))))),
        (say.say("versions"), ", ".join(f"{name} {version}" for name, version in versions.items())),
        (say.say("sandbox"), f"{sandbox.get('level', '')}" + (f" ({layers})" if layers else "")),
        (say.say("seed"), facts.get("seed")),
    ]
    return [(label, bounded(value)) for label, value in shown if value not in (None, "")]


def _log(say: Words, text: Any) -> tuple[Markup, int]:
    """What the program printed, without its middle if it is long, and how many characters that is."""
    lines = printable_lines(text) if isinstance(text, str) else ""
    cut = len(lines) - LOG_HEAD - LOG_TAIL
    if cut > 0:
        gap = say.say("log_gap", number=say.count(cut))
        lines = f"{lines[:LOG_HEAD]}\n{gap}\n{lines[-LOG_TAIL:]}"
    return Markup("{}").format(lines.strip("\n")), max(0, cut)
