"""The two pages: a student's report, and the class's summary; each is one file that works offline."""

from typing import Any

from markupsafe import Markup

from autograder import __version__, progress
from autograder.instructor import (
    accuracy_part,
    begin_part,
    checks_part,
    curves,
    graded_part,
    layers_part,
    losses_part,
    passages_part,
    training_part,
)
from autograder.instructor.class_page import summary_page
from autograder.instructor.rendering import MAX_NAME, Words, lab_title, page, share, told
from autograder.messages import Sentences
from autograder.safe import printable, printable_lines, shortened
from autograder.scheme import Scheme, load
from autograder.verdict import Reason, Verdict

__all__ = ["student_page", "summary_page"]

LOG_HEAD, LOG_TAIL = 6_000, 14_000


def student_page(verdict: Verdict, student: str, lang: str, before: progress.Answers | None = None, late: str = "") -> str:
    """A student's report as one HTML file. It shows no flags: those are for instructors.

    *before* are the answers of an earlier result, with which this one is compared; *late* says what lateness costs.

    Raises:
        GraderError: the marking scheme cannot be read.
    """
    scheme, say = load(), Words(lang)
    sections = checks_part.sections(scheme, say, verdict)
    return page(
        "student.html",
        say,
        more=("student.css",),
        lab=lab_title(scheme, lang),
        student=shortened(printable(student), MAX_NAME),
        verdict=verdict,
        attention=verdict.status != "graded",
        reason=_reason(lang, verdict.reason),
        whole=share(verdict.score, verdict.max_score),
        late=late,
        other_images=accuracy_part.of_facts(say, verdict.facts),
        sections=sections,
        **begin_part.facts(say, verdict, sections),
        change=_change(scheme, say, verdict, before),
        **curves.facts(say, scheme, verdict.facts),
        losses=losses_part.facts(say, verdict.facts),
        **layers_part.facts(say, verdict),
        accuracy=accuracy_part.facts(say, scheme, verdict.facts),
        classes=accuracy_part.classes(say, scheme, verdict.facts),
        confusion=accuracy_part.confusion(say, scheme, verdict.facts),
        history=training_part.facts(say, verdict.facts),
        passages=passages_part.facts(scheme, verdict, lang),
        notes=[_note(lang, note) for note in verdict.notes],
        graded=graded_part.facts(say, scheme, verdict.facts),
        **_log(say, verdict.facts.get("log")),
        has_seed=verdict.facts.get("seed") is not None,
        version=__version__,
    )


def _change(scheme: Scheme, say: Words, verdict: Verdict, before: progress.Answers | None) -> str:
    """What changed since an earlier result; nothing where one of the two is no grade."""
    change = progress.compared(before, progress.answers(verdict)) if before and verdict.status == "graded" else None
    return progress.told(change, say.lang, scheme, "progress_result") if change else ""


def _reason(lang: str, reason: Reason | None) -> list[str]:
    """Why a person has to look; what to do only where the student can do it."""
    found = told(lang, reason) if reason else Sentences("")
    todo = found.todo if reason and reason.code.startswith("submission.") else ""
    return [sentence for sentence in (found.wrong, found.detail, todo) if sentence]


def _note(lang: str, note: Reason) -> str:
    return told(lang, note).joined()


def _log(say: Words, text: Any) -> dict[str, Any]:
    """What the program printed, without its middle if it is long, and how many characters that is."""
    lines = printable_lines(text) if isinstance(text, str) else ""
    cut = len(lines) - LOG_HEAD - LOG_TAIL
    if cut > 0:
        gap = say.say("log_gap", number=say.count(cut))
        lines = f"{lines[:LOG_HEAD]}\n{gap}\n{lines[-LOG_TAIL:]}"
    return {"log": Markup("{}").format(lines.strip("\n")), "log_cut": max(0, cut)}
