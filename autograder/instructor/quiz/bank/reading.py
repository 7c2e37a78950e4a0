"""Read a file of the bank.

Only blocks are parsed as Markdown: headings, fences, lists, quotes and tables. Texts stay as they were written, for
whoever shows them. What breaks a rule of the format becomes a problem with its line, and reading goes on.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from autograder.instructor.quiz.bank.model import LANGUAGES, Bank, Criterion, Item, Option, Pair, Problem, Wording

MAX_BYTES = 2**21
FORMAT = 1
OPTION = re.compile(r"\[(?P<mark>[ xX])\](?:\s+|$)(?P<text>.*)", re.DOTALL)
OPTION_ID = re.compile(r"\s*<!--\s*(?P<id>[^>]*?)\s*-->\s*$")
ALERT = re.compile(r"\[!(?P<kind>[A-Z]+)\]\s*\n?")
FRONT = re.compile(r"\A---\n(?P<yaml>.*?\n)---\n", re.DOTALL)
ALERTS = {"NOTE": "explanation", "TIP": "hint"}
DEFAULTS = ("topic", "points", "shuffle", "difficulty", "bloom", "release")
KEYS = {
    *("type", "topic", "difficulty", "bloom", "points", "version", "source", "scoring", "shuffle", "release", "words"),
    *("params", "where", "let", "variants", "enemies"),
}


@dataclass
class _File:
    """A file that is being read: its lines, and what is wrong in it."""

    name: str
    lines: list[str]
    problems: list[Problem] = field(default_factory=list)

    def problem(self, code: str, line: int, message: str) -> None:
        self.problems.append(Problem(code, self.name, line, message))

    def text(self, nodes: Sequence[SyntaxTreeNode]) -> str:
        """Blocks as they stand there, with a blank line between."""
        return "\n\n".join("\n".join(self.lines[slice(*_span(node))]).strip("\n") for node in nodes)


@dataclass(frozen=True)
class _Section:
    """A heading and the blocks below it, up to the next one of its level or above."""

    title: str
    line: int
    nodes: tuple[SyntaxTreeNode, ...]


def _span(node: SyntaxTreeNode) -> tuple[int, int]:
    assert node.map is not None
    return node.map


def _line(node: SyntaxTreeNode) -> int:
    return _span(node)[0] + 1


def _sections(nodes: Iterable[SyntaxTreeNode], level: str) -> tuple[list[SyntaxTreeNode], list[_Section]]:
    """What stands before the first heading of a level, and the sections of that level."""
    before: list[SyntaxTreeNode] = []
    found: list[tuple[str, int, list[SyntaxTreeNode]]] = []
    for node in nodes:
        if node.type == "heading" and node.tag == level:
            found.append((node.children[0].content.strip(), _line(node), []))
        elif found:
            found[-1][2].append(node)
        else:
            before.append(node)
    return before, [_Section(title, line, tuple(inside)) for title, line, inside in found]


def _yaml(file: _File, text: str, line: int, what: str) -> dict[str, Any]:
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        file.problem("bad-yaml", line + (mark.line if mark else 0), f"{what} is not YAML: {getattr(error, 'problem', error)}")
        return {}
    if not isinstance(value, dict):
        file.problem("bad-yaml", line, f"{what} is a table of keys and values.")
        return {}
    return value


def read(path: Path, name: str | None = None) -> tuple[dict[str, Any], list[Item], list[Problem]]:
    """The front matter of a file, its items, and what is wrong in it; *name* is what the file is called in messages."""
    file = _File(name or path.name, [])
    content = path.read_bytes()[: MAX_BYTES + 1]
    if len(content) > MAX_BYTES:
        file.problem("too-large", 1, f"A file has at most {MAX_BYTES // 2**20} MiB.")
        return {}, [], file.problems
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        file.problem("not-utf8", content[: error.start].count(b"\n") + 1, "The file is not UTF-8.")
        return {}, [], file.problems
    front = FRONT.match(text)
    if front is None:
        file.problem("no-front-matter", 1, "The file begins with a front matter between two lines of three dashes.")
        return {}, [], file.problems
    about = _yaml(file, front["yaml"], 2, "The front matter")
    if about and about.get("quizbank") != FORMAT:
        file.problem("bad-format", 1, f"`quizbank: {FORMAT}` names the version of the format.")
    if file.problems:  # one mistake above is not told again for every item
        return {}, [], file.problems
    blank = "\n" * text[: front.end()].count("\n")  # so that lines keep their numbers
    file.lines = (blank + text[front.end() :]).split("\n")
    tree = SyntaxTreeNode(MarkdownIt("commonmark").enable("table").parse("\n".join(file.lines)))
    _, sections = _sections(tree.children, "h2")
    items = [_item(file, section, about) for section in sections]
    return about, [item for item in items if item is not None], file.problems


def _item(file: _File, section: _Section, about: Mapping[str, Any]) -> Item | None:
    """The item below a heading; None if its metadata cannot be read."""
    before, parts = _sections(section.nodes, "h3")
    fence = next((node for node in before if node.type == "fence"), None)
    if fence is None or fence.info.strip() != "yaml":
        file.problem("no-metadata", section.line, f"{section.title}: a fence of YAML stands below the heading.")
        return None
    values = _yaml(file, fence.content, _line(fence) + 1, "The metadata")
    if not values:
        return None
    for key in sorted(set(values) - KEYS):
        file.problem("unknown-key", _line(fence), f"{key} is no key of an item.")
    defaults = about.get("defaults")
    known = {key: defaults[key] for key in DEFAULTS if key in defaults} if isinstance(defaults, dict) else {}
    kind = str(values.get("type", ""))
    wordings: dict[str, Wording] = {}
    for part in parts:
        if part.title not in LANGUAGES or part.title in wordings:
            file.problem("languages", part.line, f"{part.title!r} is no language of the bank, or stands here twice.")
            continue
        wordings[part.title] = _wording(file, part, kind)
    return replace(_metadata(file, section, known | values), wordings=wordings)


def _metadata(file: _File, section: _Section, values: Mapping[str, Any]) -> Item:
    """The item without its texts; a value of another type becomes a problem and the usual one."""

    def take(key: str, kinds: type | tuple[type, ...], usual: Any) -> Any:
        value = values.get(key, usual)
        if (isinstance(value, bool) and kinds is not bool) or not isinstance(value, kinds):
            file.problem("bad-metadata", section.line, f"{section.title}: {key} cannot be {value!r}.")
            return usual
        return value

    params = take("params", dict, {})
    for key, found in params.items():
        if not isinstance(found, list) or not all(isinstance(value, int | float | str) for value in found):
            file.problem("bad-metadata", section.line, f"{section.title}: {key} of params is a list of numbers or words.")
    enemies = take("enemies", list, [])
    if not all(isinstance(name, str) for name in enemies):
        file.problem("bad-metadata", section.line, f"{section.title}: enemies are ids of items.")
        enemies = []
    words = take("words", list, [0, 0])
    if len(words) != 2 or not all(type(count) is int for count in words):
        file.problem("bad-metadata", section.line, f"{section.title}: words are a least and a largest number.")
        words = [0, 0]
    return Item(
        id=section.title,
        file=file.name,
        line=section.line,
        type=take("type", str, ""),
        topic=take("topic", str, ""),
        difficulty=take("difficulty", str, ""),
        bloom=take("bloom", str, ""),
        points=float(take("points", (int, float), 1)),
        version=take("version", int, 1),
        source=take("source", str, ""),
        scoring=take("scoring", str, "partial"),
        shuffle=take("shuffle", bool, True),
        release=take("release", str, "exam"),
        words=(words[0], words[1]),
        params={str(key): tuple(found) for key, found in params.items() if isinstance(found, list)},
        where=str(values.get("where", "")),
        let={str(key): str(found) for key, found in take("let", dict, {}).items()},
        variants=take("variants", int, 1),
        enemies=tuple(enemies),
    )


def _wording(file: _File, part: _Section, kind: str) -> Wording:
    nodes, named = _sections(part.nodes, "h4")
    found: dict[str, Any] = {"lang": part.title, "line": part.line}
    stem: list[SyntaxTreeNode] = []
    for node in nodes:
        alert = _alert(node)
        if alert is not None and alert[0] in ALERTS:
            found[ALERTS[alert[0]]] = alert[1]
        elif alert is not None:
            file.problem("unknown-alert", _line(node), f"{alert[0]} is neither NOTE, the explanation, nor TIP, the hint.")
        elif kind == "match" and node.type == "table":
            found["heads"], found["pairs"] = _pairs(file, node)
        elif kind not in {"match", "cloze", "essay"} and node.type == "bullet_list" and _are_options(node):
            found["options"] = tuple(_option(file, item) for item in node.children)
        elif "options" in found or "pairs" in found:
            file.problem("text-after-options", _line(node), "The stem ends where the options begin.")
        else:
            stem.append(node)
    found["stem"] = file.text(stem)
    for section in named:
        _named(file, section, found)
    return Wording(**found)


def _named(file: _File, section: _Section, found: dict[str, Any]) -> None:
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


def _option(file: _File, item: SyntaxTreeNode) -> Option:
    text, line = _first_line(item), _line(item)
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
    return [(_line(row), [cell.children[0].content if cell.children else "" for cell in row.children]) for row in rows]


def _pairs(file: _File, node: SyntaxTreeNode) -> tuple[tuple[str, str], tuple[Pair, ...]]:
    (line, heads), *rows = _rows(node)
    if len(heads) != 2:
        file.problem("bad-table", line, "What is to be matched stands in two columns.")
        return ("", ""), ()
    return (heads[0], heads[1]), tuple(Pair(cells[0], cells[1], line) for line, cells in rows)


def _rubric(file: _File, node: SyntaxTreeNode) -> tuple[Criterion, ...]:
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


def read_bank(folder: Path) -> tuple[Bank, list[Problem]]:
    """All files of a folder as one bank, in the order of their names, with what is wrong in them."""
    problems: list[Problem] = []
    items: list[Item] = []
    abouts: list[tuple[str, dict[str, Any]]] = []
    for path in sorted(folder.glob("*.md")):
        about, found, wrong = read(path)
        abouts.append((path.name, about))
        items += found
        problems += wrong
    if not abouts:
        problems.append(Problem("no-files", folder.name, 1, "The folder has no files of a bank, *.md."))
    first = abouts[0][1] if abouts else {}
    for name, about in abouts[1:]:
        for key in ("bank", "languages", "license"):
            if about and about.get(key) != first.get(key):
                problems.append(Problem("banks-differ", name, 1, f"{key} is another one than in {abouts[0][0]}."))
    languages = first.get("languages")
    bank = Bank(
        id=str(first.get("bank", "")),
        title=_titles(first),
        languages=tuple(map(str, languages)) if isinstance(languages, list) else LANGUAGES,
        license=str(first.get("license", "")),
        items=tuple(items),
        topics=_topics(about for _, about in abouts),
    )
    return bank, problems


def _titles(about: Mapping[str, Any]) -> dict[str, str]:
    titles = about.get("title")
    return {str(key): str(text) for key, text in titles.items()} if isinstance(titles, dict) else {}


def _topics(abouts: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    """A topic is called as the first file is whose items are of it unless they say otherwise."""
    found: dict[str, dict[str, str]] = {}
    for about in abouts:
        defaults = about.get("defaults")
        if isinstance(defaults, dict) and "topic" in defaults:
            found.setdefault(str(defaults["topic"]), _titles(about))
    return found
