"""The part of a student's page below the score that says where to begin: what stopped the work as a whole, else the sections."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from markupsafe import Markup

from autograder.instructor import checks_part
from autograder.instructor.rendering import Words, told
from autograder.messages import Sentences
from autograder.verdict import FILE, Reason, Stop, Verdict

MINUS = "\N{MINUS SIGN}"
LAST = "accuracy"  # training comes after mending, however many points it brings


def facts(say: Words, verdict: Verdict, sections: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What stopped the work, and where to begin with what else failed."""
    return {"stops": stops(say, verdict), "begin": line(say, verdict, sections)}


def stops(say: Words, verdict: Verdict) -> list[dict[str, Any]]:
    """What stopped the work as a whole: its id, a title, labelled sentences, and how many points wait for it."""
    return [
        {
            "id": checks_part.stop_place(number),
            "title": say.say("stop_file" if stop.reason.code.startswith(FILE) else "stop_work"),
            "why": checks_part.labelled(say, _sentences(say, stop.reason)),
            "waits": _waits(say, verdict, stop),
        }
        for number, stop in enumerate(verdict.stops)
    ]


def _sentences(say: Words, reason: Reason) -> Sentences:
    """The sentences of a reason without the function that it was told for: several miss for it."""
    if reason.code == "import.stopped":
        reason = replace(reason, code="import.error")
    found = told(say.lang, reason)
    return replace(found, wrong=say.say("stop_syntax")) if reason.code == "import.syntax" else found


def _waits(say: Words, verdict: Verdict, stop: Stop) -> str:
    """How many points wait for it."""
    points = sum(check.max_points for check in verdict.checks if {check.id, check.because} & set(stop.checks))
    return say.say("stop_all") if points >= verdict.max_score else say.say("stop_points", points=say.number(points))


def _order(section: Mapping[str, Any]) -> tuple[bool, float]:
    """Where a section stands among those to mend."""
    return section["name"] == LAST, -section["lost"]


def _counts(say: Words, verdict: Verdict) -> str:
    """How many checks failed, were passed in part and wait for others; empty where nothing failed but the work as a whole."""
    stopped = {check for stop in verdict.stops for check in stop.checks}
    own = [check for check in verdict.checks if check.id not in stopped and check.because not in stopped]
    counts = {
        "begin_failed": sum(check.status == "failed" and not check.is_partly for check in own),
        "begin_partly": sum(check.is_partly for check in own),
        "begin_waiting": sum(check.status == "not_checked" for check in own),
    }
    if not counts["begin_failed"] + counts["begin_partly"]:
        return ""
    return ", ".join(say.say(name, number=number) for name, number in counts.items() if number)


def line(say: Words, verdict: Verdict, sections: Sequence[Mapping[str, Any]]) -> Markup | None:
    """How many checks failed, and links to the sections: the most points lost first, what needs a training last.

    None where nothing failed but for what stopped the work as a whole.
    """
    counts = _counts(say, verdict)
    lost = sorted((section for section in sections if section["lost"] > 0), key=_order)
    if not counts or not lost:
        return None
    link = Markup('<a href="#{}">{}</a> <span class="number">{}{}</span>')
    links = [link.format(section["id"], section["title"], MINUS, say.number(section["lost"])) for section in lost]
    return Markup("{} {} {}").format(say.say("begin_checks", counts=counts), say.say("begin_here"), Markup(", ").join(links))
