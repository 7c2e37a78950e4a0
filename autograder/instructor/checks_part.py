"""The part of a student's page that tells the checks, section by section: what failed in full, what waits for that folded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from autograder import messages
from autograder.instructor import passages_part
from autograder.instructor.rendering import Words, check_title, code, section_title, share, told
from autograder.scheme import Passage, Scheme
from autograder.verdict import CheckResult, Reason, SectionResult, Verdict

MARKS = {
    "passed": ("✓", "word_passed"),
    "partly": ("◐", "word_partly"),
    "failed": ("✗", "word_failed"),
    "not_checked": ("–", "word_not_checked"),
    "broken": ("!", "word_broken"),
}
ABOUT_LAYERS = "model"  # the section whose mistakes the table of layers shows
Line = dict[str, Any]


@dataclass(frozen=True)
class Telling:
    """What the lines of all sections are made with.

    By the id of a check ``causes`` has the number of what stopped the work for it, ``repeated`` the check that failed
    for the same reason before.
    """

    scheme: Scheme
    say: Words
    verdict: Verdict
    causes: Mapping[str, int]
    repeated: Mapping[str, str]


def place(number: int) -> str:
    """The id of a section in the page."""
    return f"section-{number}"


def stop_place(number: int) -> str:
    """The id of what stopped the work as a whole."""
    return f"stop-{number}"


def sections(scheme: Scheme, say: Words, verdict: Verdict) -> list[dict[str, Any]]:
    """For each section its title, its points and its lines; no lines where nothing but the whole verdict says why."""
    causes = {check: number for number, stop in enumerate(verdict.stops) for check in stop.checks}
    telling = Telling(scheme, say, verdict, causes, verdict.repeated)
    return [_section(telling, section, place(number)) for number, section in enumerate(verdict.sections)]


def check_place(telling: Telling, check: str) -> str:
    """The id of a check in the page, by its number: a stored verdict may call a check anything."""
    return f"check-{[result.id for result in telling.verdict.checks].index(check)}"


def _section(telling: Telling, section: SectionResult, name: str) -> dict[str, Any]:
    say = telling.say
    checks = [result for result in telling.verdict.checks if result.section == section.name]
    decided = all(result.status != "broken" for result in checks)
    told_whole = all(
        result.status == "broken" and (result.reason is None or result.reason == telling.verdict.reason) for result in checks
    )
    return {
        "id": name,
        "name": section.name,
        "title": section_title(telling.scheme, section.name, say.lang),
        "points": say.out_of(section.points, section.max_points) if decided else say.say("undecided"),
        "share": share(section.points, section.max_points) if decided else None,
        "lost": section.max_points - section.points if decided else 0.0,
        "checks": [] if told_whole else _lines(telling, checks),
    }


def _lines(telling: Telling, checks: Sequence[CheckResult]) -> list[Line]:
    """A line for each check that answered, with what waits for it; then one for each other cause that checks wait for."""
    stopped, waiting = _waiting(telling, checks)
    found = []
    for result in checks:
        if result.status != "not_checked" and result.id not in telling.causes:
            line = _check(telling, result)
            if result.status == "failed" and len(waiting.get(result.id, ())) > 1:
                line["waiting"] = _folded(telling, waiting.pop(result.id))
            found.append(line)
    for results in waiting.values():
        found += [_group(telling, results)] if len(results) > 1 else [_check(telling, results[0])]
    return found + [_stopped(telling, number, results) for number, results in stopped.items()]


def _waiting(
    telling: Telling, checks: Sequence[CheckResult]
) -> tuple[dict[int, list[CheckResult]], dict[str, list[CheckResult]]]:
    """The checks that were not reached: by what stopped the work, with those that failed for it, and by any other cause."""
    stopped: dict[int, list[CheckResult]] = {}
    waiting: dict[str, list[CheckResult]] = {}
    for result in checks:
        cause = telling.causes.get(result.id, telling.causes.get(result.because or ""))
        if cause is not None and result.status in ("failed", "not_checked"):
            stopped.setdefault(cause, []).append(result)
        elif result.status == "not_checked":
            waiting.setdefault(result.because or repr(result.reason), []).append(result)
    return stopped, waiting


def _folded(telling: Telling, results: Sequence[CheckResult]) -> dict[str, Any]:
    """How many checks wait and for how many points, and each of them with its own."""
    say, points = telling.say, sum(result.max_points for result in results)
    return {
        "told": say.say("waiting", checks=len(results), points=say.number(points)),
        "checks": [(check_title(telling.scheme, result.id, say.lang), _points(say, result)) for result in results],
    }


def _group(telling: Telling, results: Sequence[CheckResult]) -> Line:
    """One line for checks that wait for the same, which stands elsewhere."""
    own = sum(result.points for result in results), sum(result.max_points for result in results)
    because = code(_because(telling, results[0]))
    return _line(telling.say, "not_checked", because, telling.say.out_of(*own), waiting=_folded(telling, results))


def _stopped(telling: Telling, cause: int, results: Sequence[CheckResult]) -> Line:
    """The line for checks that wait for the work as a whole, with a link to what is said of it."""
    say = telling.say
    above = _same_reason(say, stop_place(cause))
    own = sum(result.points for result in results), sum(result.max_points for result in results)
    return _line(say, "not_checked", above, say.out_of(*own), waiting=_folded(telling, results))


def _same_reason(say: Words, place: str) -> Markup:
    """A link to where the reason stands."""
    return Markup('<a href="#{}">{}</a>').format(place, messages.phrase(say.lang, "as_above_work"))


def _line(say: Words, status: str, title: Markup, points: str, **parts: Any) -> Line:
    symbol, word = MARKS[status]
    empty: Line = {"why": [], "further": "", "because": "", "waiting": None, "id": ""}
    return empty | {"status": status, "symbol": symbol, "word": say.say(word), "title": title, "points": points} | parts


def _points(say: Words, result: CheckResult) -> str:
    if result.status == "broken":
        return "–"
    return say.out_of(result.points, result.max_points) if result.max_points else say.say("required")


def _check(telling: Telling, result: CheckResult) -> Line:
    say = telling.say
    title = code(check_title(telling.scheme, result.id, say.lang))
    parts: Line = {}
    if result.id in telling.repeated:
        above = check_place(telling, telling.repeated[result.id])
        parts = {"because": _same_reason(say, above)}
    elif result.status == "failed":
        parts = {"why": why(telling.scheme, say, result), "further": _further(telling, result)}
    elif result.status != "passed":
        parts = {"because": code(_because(telling, result))}
    if result.id in telling.repeated.values():
        parts["id"] = check_place(telling, result.id)
    return _line(say, "partly" if result.is_partly else result.status, title, _points(say, result), **parts)


def why(scheme: Scheme, say: Words, result: CheckResult) -> list[tuple[str, Markup]]:
    """Up to three labelled sentences for a failed check."""
    line = scheme.checks.get(result.id)
    found = told(say.lang, result.reason or Reason(messages.UNKNOWN), line.hint[say.lang] if line else "")
    return labelled(say, found)


def labelled(say: Words, found: messages.Sentences) -> list[tuple[str, Markup]]:
    """Those of the three sentences that there are, with their labels."""
    named = [("wrong", found.wrong), ("detail", found.detail), ("todo", found.todo)]
    return [(say.say(label), code(sentence)) for label, sentence in named if sentence]


def _further(telling: Telling, result: CheckResult) -> Markup:
    """One line: where to read, what to practise, and the table of layers where it shows the mistake."""
    scheme, say = telling.scheme, telling.say
    if result.id not in scheme.checks:
        return Markup("")
    passage, topics = scheme.passage(result.id, say.lang), "; ".join(scheme.topics(result.id, say.lang))
    found = [Markup("{}: {}").format(say.say("read"), _read(say, passage))] if passage else []
    if topics:
        found.append(Markup("{}: {}").format(say.say("practise"), topics))
    if result.section == ABOUT_LAYERS and not all(row["same"] for row in telling.verdict.layers):
        found.append(Markup('<a href="#layers">{}</a>').format(say.say("layers")))
    return Markup(" · ").join(found)


def _read(say: Words, passage: Passage) -> Markup:
    """The passage of the handout: a link where the page has it, else its title and the file."""
    if not passage.html:
        return code(say.say("read_passage", title=passage.title, file=passage.file))
    title = code(say.say("read_title", title=passage.title))
    return Markup('<a href="#{}">{}</a>').format(passages_part.place(passage), title)


def _because(telling: Telling, result: CheckResult) -> str:
    """Why a check was not reached, or why a person has to look at it."""
    say = telling.say
    if result.because in telling.scheme.checks:
        return say.say("not_checked_check", title=check_title(telling.scheme, str(result.because), say.lang))
    if result.reason and result.status == "broken":
        return told(say.lang, result.reason).wrong
    if result.reason:
        found = told(say.lang, result.reason)
        sentence = say.say("not_checked_reason", sentence=found.wrong)
        return f"{sentence.removesuffix('.')}. {found.todo}" if found.todo else sentence
    return ""
