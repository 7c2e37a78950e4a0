"""The two pages: a student's report, and the class's summary; each is one file that works offline."""

from collections.abc import Collection, Sequence
from typing import Any

from markupsafe import Markup

from autograder import __version__, messages, progress
from autograder.instructor import accuracy_part, curves, graded_part, layers_part, passages_part, training_part
from autograder.instructor.class_page import summary_page
from autograder.instructor.rendering import (
    MAX_NAME,
    MAX_VALUE,
    Words,
    check_title,
    code,
    lab_title,
    page,
    section_title,
    share,
)
from autograder.messages import Sentences
from autograder.safe import printable, printable_lines, shortened
from autograder.scheme import Passage, Scheme, load
from autograder.verdict import CheckResult, Reason, Verdict

__all__ = ["student_page", "summary_page"]

LOG_HEAD, LOG_TAIL = 6_000, 14_000
MARKS = {
    "passed": ("✓", "word_passed"),
    "failed": ("✗", "word_failed"),
    "not_checked": ("–", "word_not_checked"),
    "broken": ("!", "word_broken"),
}


def student_page(verdict: Verdict, student: str, lang: str, before: progress.Answers | None = None, late: str = "") -> str:
    """A student's report as one HTML file. It shows no flags: those are for instructors.

    *before* are the answers of an earlier result, with which this one is compared; *late* says what lateness costs.

    Raises:
        GraderError: the marking scheme cannot be read.
    """
    scheme, say = load(), Words(lang)
    name = shortened(printable(student), MAX_NAME)
    log, log_cut = _log(say, verdict.facts.get("log"))
    return page(
        "student.html",
        say,
        lab=lab_title(scheme, lang),
        student=name,
        verdict=verdict,
        attention=verdict.status != "graded",
        reason=_reason(lang, verdict.reason),
        whole=share(verdict.score, verdict.max_score),
        late=late,
        other_images=accuracy_part.of_facts(say, verdict.facts),
        sections=_sections(scheme, say, verdict),
        change=_change(scheme, say, verdict, before),
        rates=curves.rates(say, scheme, verdict.facts),
        batch=scheme.raw["training"]["batch_size"],
        rates_fall=bool(scheme.raw["compile"].get("decay")),
        losses=curves.losses(say, verdict.facts),
        **layers_part.facts(say, verdict),
        accuracy=accuracy_part.facts(say, scheme, verdict.facts),
        classes=accuracy_part.classes(say, scheme, verdict.facts),
        confusion=accuracy_part.confusion(say, scheme, verdict.facts),
        history=training_part.facts(say, verdict.facts),
        passages=passages_part.facts(scheme, verdict, lang),
        notes=[_note(lang, note) for note in verdict.notes],
        graded=graded_part.facts(say, scheme, verdict.facts),
        log=log,
        log_cut=log_cut,
        version=__version__,
    )


def _change(scheme: Scheme, say: Words, verdict: Verdict, before: progress.Answers | None) -> str:
    """What changed since an earlier result; nothing where one of the two is no grade."""
    change = progress.compared(before, progress.answers(verdict)) if before and verdict.status == "graded" else None
    return progress.told(change, say.lang, scheme, "progress_result") if change else ""


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
    return _told(lang, note).joined()


def _sections(scheme: Scheme, say: Words, verdict: Verdict) -> list[dict[str, Any]]:
    found, told_before = [], verdict.told_before
    for section in verdict.sections:
        checks = [result for result in verdict.checks if result.section == section.name]
        decided = all(result.status != "broken" for result in checks)
        points = say.out_of(section.points, section.max_points)
        found.append(
            {
                "title": section_title(scheme, section.name, say.lang),
                "points": points if decided else say.say("undecided"),
                "share": share(section.points, section.max_points) if decided else None,
                "checks": _lines(scheme, say, checks, told_before),
            }
        )
    return found


def _lines(scheme: Scheme, say: Words, checks: Sequence[CheckResult], before: Collection[str]) -> list[dict[str, Any]]:
    """A line for each check; a single one where none of them has answered. Why those of *before* failed was told above."""
    if len(checks) > 1 and all(result.status == "broken" and result.reason is None for result in checks):
        return [_check(scheme, say, checks[0], False) | {"title": say.say("all_open", number=len(checks))}]
    return [_check(scheme, say, result, result.id in before) for result in checks]


def _check(scheme: Scheme, say: Words, result: CheckResult, is_told: bool) -> dict[str, Any]:
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
        "why": _why(scheme, say, result, is_told) if result.status == "failed" else [],
        "because": _because(scheme, say, result) if result.status in ("not_checked", "broken") else "",
    }


def _why(scheme: Scheme, say: Words, result: CheckResult, is_told: bool) -> list[tuple[str, Markup]]:
    """Up to three labelled sentences for a failed check, where to read, and what to practise; one if it was told above."""
    if is_told:
        return [(say.say("wrong"), code(messages.phrase(say.lang, "as_above")))]
    line = scheme.checks.get(result.id)
    told = _told(say.lang, result.reason or Reason(messages.UNKNOWN), line.hint[say.lang] if line else "")
    labelled = [("wrong", told.wrong), ("detail", told.detail), ("todo", told.todo)]
    labelled.append(("practise", "; ".join(scheme.topics(result.id, say.lang)) if line else ""))
    found = [(say.say(label), code(sentence)) for label, sentence in labelled if sentence]
    passage = scheme.passage(result.id, say.lang) if line else None
    if passage:
        found.insert(-1 if labelled[-1][1] else len(found), (say.say("read"), _read(say, passage)))
    return found


def _read(say: Words, passage: Passage) -> Markup:
    """Where the handout speaks of it, with a link to the passage below."""
    told = say.say("read_passage", title=passage.title, file=passage.file)
    if not passage.html:
        return code(told)
    return Markup('<a href="#{}">{}</a>').format(passages_part.place(passage), code(told))


def _because(scheme: Scheme, say: Words, result: CheckResult) -> str:
    if result.because in scheme.checks:
        return say.say("not_checked_check", title=check_title(scheme, str(result.because), say.lang))
    if result.reason and result.status == "broken":
        return _told(say.lang, result.reason).wrong
    if result.reason:
        told = _told(say.lang, result.reason)
        why = say.say("not_checked_reason", sentence=told.wrong)
        return f"{why.removesuffix('.')}. {told.todo}" if told.todo else why
    return ""


def _log(say: Words, text: Any) -> tuple[Markup, int]:
    """What the program printed, without its middle if it is long, and how many characters that is."""
    lines = printable_lines(text) if isinstance(text, str) else ""
    cut = len(lines) - LOG_HEAD - LOG_TAIL
    if cut > 0:
        gap = say.say("log_gap", number=say.count(cut))
        lines = f"{lines[:LOG_HEAD]}\n{gap}\n{lines[-LOG_TAIL:]}"
    return Markup("{}").format(lines.strip("\n")), max(0, cut)
