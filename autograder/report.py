"""A verdict as text for a terminal, or as JSON. Knows nothing of pytest."""

import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from autograder import accuracy, consequences, history, messages, progress, safe
from autograder.figures import Figures
from autograder.scheme import Scheme, load
from autograder.verdict import FILE, CheckResult, Reason, Verdict

SIGNS = {"passed": "[+]", "partly": "[~]", "failed": "[x]", "not_checked": "[-]", "broken": "[!]"}
MAX_LINES = 40
MAX_LAYER = 120


def to_json(verdict: Verdict) -> str:
    """The verdict as JSON in ASCII, sorted."""
    return json.dumps(verdict.to_dict(), ensure_ascii=True, indent=1, sort_keys=True)


def number(value: float) -> str:
    """Points without a needless fraction."""
    return f"{value:g}"


def points(value: float, lang: str) -> str:
    """The same, as the language writes numbers."""
    return messages.local(lang, number(value))


def sentences(reason: Reason, lang: str, hint: str = "") -> messages.Sentences:
    """The three sentences of a reason, safe to print."""
    told = messages.render(lang, reason.code, reason.params, hint)
    return messages.Sentences(safe.printable(told.wrong), safe.printable(told.detail), safe.printable(told.todo))


def because(result: CheckResult, lang: str, scheme: Scheme) -> str:
    """Why a check was not reached."""
    if result.because is not None and result.because in scheme.checks:
        title = scheme.checks[result.because].title[lang]
        return messages.phrase(lang, "because_check", title=title)
    told = sentences(result.reason, lang).wrong if result.reason else ""
    return messages.phrase(lang, "because_reason", reason=told)


def _wrapped(text: str, indent: str, width: int) -> Iterator[str]:
    if text:
        lines = textwrap.wrap(text, width - 1, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)
        yield from map(_inert, lines[:MAX_LINES])


def _inert(line: str) -> str:
    """A line that a CI service would take for a command begins with a backslash instead."""
    text = line.lstrip()
    return f"{line[: -len(text)]}\\{text}" if text.startswith(("::", "##")) else line


def _kind(result: CheckResult) -> str:
    """Which sign a check has."""
    return "partly" if result.is_partly else result.status


def _check(result: CheckResult, lang: str, scheme: Scheme, width: int, is_told: bool) -> Iterator[str]:
    line = scheme.checks[result.id]
    score = f"{points(result.points, lang)}/{points(result.max_points, lang)}" if result.max_points else ""
    title = f"{SIGNS[_kind(result)]} {line.title[lang]} {score}".rstrip()
    yield from textwrap.wrap(title, width - 1, initial_indent="  ", subsequent_indent="      ")
    if result.status in {"failed", "broken"} and result.reason:
        if is_told:
            above = "as_above" if result.reason.code.startswith(FILE) else "as_above_work"
            yield from _wrapped(messages.phrase(lang, above), "      ", width)
            return
        told = sentences(result.reason, lang, line.hint[lang])
        yield from _wrapped(told.wrong, "      ", width)
        yield from _wrapped(told.detail, "      ", width)
        yield from _wrapped(told.todo and f"→ {told.todo}", "      ", width)
    if result.status == "failed":
        yield from _wrapped(_further(result, lang, scheme), "      ", width)


def _further(result: CheckResult, lang: str, scheme: Scheme) -> str:
    """Where the handout speaks of it, and which topics of the quiz train it."""
    passage, topics = scheme.passage(result.id, lang), scheme.topics(result.id, lang)
    place = passage and messages.phrase(lang, "further_read", title=passage.title, address=f"{passage.file}#{passage.anchor}")
    quiz = topics and messages.phrase(lang, "further_quiz", topics=topics)
    return " ".join(part for part in (place, quiz) if part)


def _section(name: str, verdict: Verdict, lang: str, scheme: Scheme, width: int) -> Iterator[str]:
    total = next(section for section in verdict.sections if section.name == name)
    yield ""
    heading = scheme.section_title(name, lang)
    score = f"{points(total.points, lang)}/{points(total.max_points, lang)}"
    yield f"{heading} {'.' * max(3, 60 - len(heading) - len(score))} {score}"
    unreached: dict[str, list[CheckResult]] = {}
    told_before = verdict.told_before
    for result in verdict.checks:
        if result.section != name:
            continue
        if result.status == "not_checked":
            unreached.setdefault(because(result, lang, scheme), []).append(result)
        elif result.status != "passed" or result.max_points:
            yield from _check(result, lang, scheme, width, result.id in told_before)
    for why, results in unreached.items():
        lost = points(sum(result.max_points for result in results), lang)
        tail = messages.phrase(lang, "unreached", checks=len(results), points=lost)
        yield from _wrapped(f"{SIGNS['not_checked']} {why} ({tail})", "  ", width)
        reason = results[0].reason
        todo = sentences(reason, lang).todo if reason else ""
        yield from _wrapped(todo and f"→ {todo}", "      ", width)


def _columns(verdict: Verdict, lang: str, width: int) -> Iterator[str]:
    """The layer table where it parts from the expected one."""
    if all(row["same"] for row in verdict.layers):
        return
    yield ""
    left = max(len(row["expected"] or "") for row in verdict.layers) + 1
    beside = [
        f"  {row['row']:>2} {row['expected'] or '–':<{left}}| {_received(row, lang)} {_sign(row)}".rstrip()
        for row in verdict.layers
    ]
    fits = all(len(line) < width for line in beside)
    yield from _wrapped(messages.phrase(lang, "layer_table" if fits else "layer_stacked"), "", width)
    yield from beside if fits else _stacked(verdict.layers, lang)
    yield from _consequences(verdict, lang, width)


def _sign(row: Mapping[str, Any]) -> str:
    return " " if row["same"] else "=" if row.get("follows") else "<"


def _received(row: Mapping[str, Any], lang: str) -> str:
    """The received layer, and its shape or its parameters where these are others."""
    if not row["received"]:
        return "–"
    layer, further = safe.shortened(safe.printable(row["received"]), MAX_LAYER), ""
    if row["received_shape"] != row["expected_shape"]:
        further = "  " + safe.shortened(safe.printable(str(row["received_shape"])), MAX_LAYER)
    elif row.get("follows") and isinstance(row["received_params"], int):
        further = "  " + messages.phrase(lang, "layer_parameters", number=messages.count(lang, row["received_params"]))
    return layer + further


def _stacked(rows: Sequence[Mapping[str, Any]], lang: str) -> Iterator[str]:
    """The layer table for a narrow terminal: the received layer stands below the expected one where they differ."""
    for row in rows:
        if row.get("follows"):
            yield f"  {row['row']:>2} {_received(row, lang)} ="
            continue
        yield f"  {row['row']:>2} {row['expected'] or '–'}"
        if not row["same"]:
            yield f"   < {_received(row, lang)}"


def _consequences(verdict: Verdict, lang: str, width: int) -> Iterator[str]:
    """What the first difference leads to that has consequences."""
    row = next((row for row in verdict.layers if row.get("consequences")), None)
    if row is not None:
        told = [consequences.told(Reason(item["code"], item["params"]), lang) for item in row["consequences"]]
        yield from _wrapped(messages.phrase(lang, "layer_consequences", row=row["row"], told=" ".join(told)), "  ", width)


def _accuracy(verdict: Verdict, lang: str, scheme: Scheme, width: int) -> Iterator[str]:
    """The exact accuracy, also where it reached the minimum, by class, and beside that on training images."""
    if "accuracy" not in {section.name for section in verdict.sections}:
        return
    found, trial = accuracy.of_facts(verdict.facts), accuracy.trial_of_facts(verdict.facts)
    if trial is not None:
        yield from ("", messages.phrase(lang, "accuracy_trial_title"))
        expected = accuracy.of_calibration(scheme, str(verdict.facts["accuracy"].get("data")), lang)
        yield from _wrapped(f"{accuracy.of_trial(trial, lang)} {expected}", "  ", width)
    if found is not None:
        yield from _evaluation(found, lang, scheme, width)
    recorded = history.of_facts(verdict.facts)
    if recorded is not None:
        yield from _wrapped(accuracy.of_history(recorded, lang), "  " if found or trial else "", width)


def _evaluation(found: Figures, lang: str, scheme: Scheme, width: int) -> Iterator[str]:
    """What the submitted weights reached."""
    yield from ("", messages.phrase(lang, "accuracy_title"))
    yield from _wrapped(accuracy.exact(found, lang), "  ", width)
    rows = accuracy.by_class(found, scheme)
    left = max(len(name) for name, _, _ in rows)
    for name, right, images in rows:
        told = messages.phrase(lang, "accuracy_class", right=messages.count(lang, right), images=messages.count(lang, images))
        yield f"    {name:<{left}}  {messages.percent(lang, right / images) if images else '–':>8}  {told}"
    yield from _wrapped(f"{accuracy.on_training_images(found, lang)} {accuracy.gap(found, lang)}", "  ", width)


def _headline(verdict: Verdict, lang: str, scheme: Scheme, width: int, change: progress.Change | None) -> Iterator[str]:
    """The points, unless those of the only section follow at once, what changed since the last run, and what the signs mean."""
    if len(verdict.sections) > 1:
        yield messages.phrase(lang, "total", points=points(verdict.score, lang), max=points(verdict.max_score, lang))
    if change is not None:
        yield from _wrapped(progress.told(change, lang, scheme, "progress_run"), "", width)
    words = [f"{sign} {messages.phrase(lang, f'sign_{status}')}" for status, sign in SIGNS.items()]
    used = set(map(_kind, verdict.checks))
    if used != {"passed"}:
        yield from _wrapped("   ".join(word for status, word in zip(SIGNS, words, strict=True) if status in used), "", width)


def plain(text: str, width: int) -> list[str]:
    """A text of our own in lines of the terminal."""
    return list(_wrapped(text, "", width))


def partial(sections: Sequence[str], lang: str, width: int) -> list[str]:
    """That these sections have no points, since not all of their checks were run."""
    names = ", ".join(load().section_title(name, lang) for name in sections)
    return list(_wrapped(messages.phrase(lang, "partial", sections=names, example=sections[0]), "", width))


def to_text(verdict: Verdict, lang: str, width: int = 88, change: progress.Change | None = None, *, own: bool = False) -> str:
    """The verdict in *lang*: the total and what changed, points by section, what is wrong, the accuracy, the total again.

    With *own* it is a student's own run: where nothing could be checked, only the reason is said.
    """
    scheme = load()
    lines: list[str] = []
    if own and verdict.reason and all(check.status == "broken" for check in verdict.checks):
        told = sentences(verdict.reason, lang)
        parts = (part for text in (told.wrong, told.detail, told.todo) for part in _wrapped(text, "  ", width))
        return "\n".join([messages.phrase(lang, "not_checked_here"), *parts])
    if verdict.status == "graded":
        lines += _headline(verdict, lang, scheme, width, change)
    elif verdict.reason:
        told = sentences(verdict.reason, lang)
        lines += [messages.phrase(lang, "needs_attention"), *_wrapped(told.wrong, "  ", width)]
        lines += [*_wrapped(told.detail, "  ", width), *_wrapped(told.todo, "  ", width)]
    for section in verdict.sections:
        lines += _section(section.name, verdict, lang, scheme, width)
    lines += _columns(verdict, lang, width)
    lines += _accuracy(verdict, lang, scheme, width)
    for note in verdict.notes:
        told = sentences(note, lang)
        note_lines = [line for text in (told.wrong, told.detail, told.todo) for line in _wrapped(text, "", width)]
        lines += ["", *note_lines[:MAX_LINES]]
    lines += ["", messages.phrase(lang, "total", points=points(verdict.score, lang), max=points(verdict.max_score, lang))]
    return "\n".join(lines).lstrip("\n")
