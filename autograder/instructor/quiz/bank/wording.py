"""Read an item in one language: its stem, options or table, hint, explanation, rubric and model answer."""

import re
from typing import Any

from markdown_it.tree import SyntaxTreeNode

from autograder.instructor.quiz.bank.blocks import File, Section, line_of, split
from autograder.instructor.quiz.bank.model import Criterion, Option, Pair, Wording

OPTION = re.compile(r"\[(?P<mark>[ xX])\](?:\s+|$)(?P<text>.*)", re.DOTALL)
OPTION_ID = re.compile(r"\s*<!--\s*(?P<id>[^>]*?)\s*-->\s*$")
ALERT = re.compile(r"\[!(?P<kind>[A-Z]+)\]\s*\n?")
ALERTS = {"NOTE": "explanation", "TIP": "hint"}


def wording(file: File, part: Section, kind: str) -> Wording:
    """What stands below the heading of a language, for an item of that kind."""
    nodes, named = split(part.nodes, "h4")
    found: dict[str, Any] = {"lang": part.title, "line": part.line}
    stem: list[SyntaxTreeNode] = []
    for node in nodes:
        alert = _alert(node)
        if alert is not None and alert[0] in ALERTS:
            found[ALERTS[alert[0]]] = alert[1]
        elif alert is not None:
            file.problem("unknown-alert", line_of(node), f"{alert[0]} is neither NOTE, the explanation, nor TIP, the hint.")
        elif kind == "match" and node.type == "table":
            found["heads"], found["pairs"] = _pairs(file, node)
        elif kind not in {"match", "cloze", "essay"} and node.type == "bullet_list" and _are_options(node):
            found["options"] = tuple(_option(file, item) for item in node.children)
        elif "options" in found or "pairs" in found:
            file.problem("text-after-options", line_of(node), "The stem ends where the options begin.")
        else:
            stem.append(node)
    found["stem"] = file.text(stem)
    for section in named:
        _named(file, section, found)
    return Wording(**found)


def _named(file: File, section: Section, found: dict[str, Any]) -> None:
    """A part below a heading of its own: the rubric or the model answer, and what follows it."""
    inside = []
    for node in section.nodes:
        alert = _alert(node)
        if alert is not None and alert[0] in ALERTS:
            found[ALERTS[alert[0]]] = alert[1]
        else:
            inside.append(node)
    if section.title == "model answer":
        found["model_answer"] = file.text(inside)
    elif section.title == "rubric" and inside and inside[0].type == "table":
        found["rubric"] = _rubric(file, inside[0])
    else:
        file.problem("unknown-section", section.line, f"{section.title} is neither a rubric with its table nor a model answer.")


def _alert(node: SyntaxTreeNode) -> tuple[str, str] | None:
    """The kind and the text of a quote that GitHub shows as a box."""
    if node.type != "blockquote" or not node.children or node.children[0].type != "paragraph":
        return None
    first = node.children[0].children[0].content
    found = ALERT.match(first)
    if found is None:
        return None
    texts = [first[found.end() :], *(child.children[0].content for child in node.children[1:] if child.children)]
    return found["kind"], "\n\n".join(text.strip() for text in texts if text.strip())


def _first_line(item: SyntaxTreeNode) -> str:
    first = item.children[0] if item.children else None
    return first.children[0].content if first is not None and first.type == "paragraph" else ""


def _are_options(node: SyntaxTreeNode) -> bool:
    return any(OPTION.match(_first_line(item)) for item in node.children)


def _option(file: File, item: SyntaxTreeNode) -> Option:
    text, line = _first_line(item), line_of(item)
    found = OPTION.match(text)
    if found is None:
        file.problem("bad-option", line, "An option begins with [x] if it is right and with [ ] if it is not.")
    body = found["text"] if found else text
    named = OPTION_ID.search(body)
    quotes = [child for child in item.children[1:] if child.type == "blockquote"]
    others = [child for child in item.children[1:] if child.type != "blockquote"]
    if others or len(quotes) > 1:
        file.problem("bad-option", line, "Below an option stands its feedback, a single quote, and nothing else.")
    feedback = [child.children[0].content for quote in quotes for child in quote.children if child.children]
    return Option(
        id=named["id"] if named else "",
        correct=bool(found and found["mark"] != " "),
        text=OPTION_ID.sub("", body).strip(),
        feedback="\n\n".join(feedback),
        line=line,
    )


def _rows(node: SyntaxTreeNode) -> list[tuple[int, list[str]]]:
    """The rows of a table, the heads first, with their lines."""
    rows = [row for part in node.children for row in part.children]
    return [(line_of(row), [cell.children[0].content if cell.children else "" for cell in row.children]) for row in rows]


def _pairs(file: File, node: SyntaxTreeNode) -> tuple[tuple[str, str], tuple[Pair, ...]]:
    (line, heads), *rows = _rows(node)
    if len(heads) != 2:
        file.problem("bad-table", line, "What is to be matched stands in two columns.")
        return ("", ""), ()
    return (heads[0], heads[1]), tuple(Pair(cells[0], cells[1], line) for line, cells in rows)


def _rubric(file: File, node: SyntaxTreeNode) -> tuple[Criterion, ...]:
    (line, heads), *rows = _rows(node)
    if heads != ["id", "points", "criterion"]:
        file.problem("bad-table", line, "A rubric has the columns id, points and criterion.")
        return ()
    found = []
    for line, (name, points, text) in rows:
        try:
            found.append(Criterion(name, float(points), text, line))
        except ValueError:
            file.problem("bad-number", line, f"{points!r} is no number of points.")
    return tuple(found)
