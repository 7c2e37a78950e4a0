"""Read a file of the bank.

Only blocks are parsed as Markdown: headings, fences, lists, quotes and tables. Texts stay as they were written, for
whoever shows them. What breaks a rule of the format becomes a problem with its line, and reading goes on.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from autograder.instructor.quiz.bank.blocks import File, Section, from_yaml, line_of, split
from autograder.instructor.quiz.bank.model import LANGUAGES, Bank, Item, Problem, Wording
from autograder.instructor.quiz.bank.wording import wording

MAX_BYTES = 2**21
FORMAT = 1
FRONT = re.compile(r"\A---\n(?P<yaml>.*?\n)---\n", re.DOTALL)
DEFAULTS = ("topic", "points", "shuffle", "difficulty", "bloom", "release")
KEYS = {
    *("type", "topic", "difficulty", "bloom", "points", "version", "source", "scoring", "shuffle", "release", "words"),
    *("params", "where", "let", "variants", "enemies"),
}


def read(path: Path, name: str | None = None) -> tuple[dict[str, Any], list[Item], list[Problem]]:
    """The front matter of a file, its items, and what is wrong in it; *name* is what the file is called in messages."""
    file = File(name or path.name, [])
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
    about = from_yaml(file, front["yaml"], 2, "The front matter")
    if about and about.get("quizbank") != FORMAT:
        file.problem("bad-format", 1, f"`quizbank: {FORMAT}` names the version of the format.")
    if file.problems:  # one mistake above is not told again for every item
        return {}, [], file.problems
    blank = "\n" * text[: front.end()].count("\n")  # so that lines keep their numbers
    file.lines = (blank + text[front.end() :]).split("\n")
    tree = SyntaxTreeNode(MarkdownIt("commonmark").enable("table").parse("\n".join(file.lines)))
    _, sections = split(tree.children, "h2")
    items = [_item(file, section, about) for section in sections]
    return about, [item for item in items if item is not None], file.problems


def _item(file: File, section: Section, about: Mapping[str, Any]) -> Item | None:
    """The item below a heading; None if its metadata cannot be read."""
    before, parts = split(section.nodes, "h3")
    fence = next((node for node in before if node.type == "fence"), None)
    if fence is None or fence.info.strip() != "yaml":
        file.problem("no-metadata", section.line, f"{section.title}: a fence of YAML stands below the heading.")
        return None
    values = from_yaml(file, fence.content, line_of(fence) + 1, "The metadata")
    if not values:
        return None
    for key in sorted(set(values) - KEYS):
        file.problem("unknown-key", line_of(fence), f"{key} is no key of an item.")
    defaults = about.get("defaults")
    known = {key: defaults[key] for key in DEFAULTS if key in defaults} if isinstance(defaults, dict) else {}
    kind = str(values.get("type", ""))
    wordings: dict[str, Wording] = {}
    for part in parts:
        if part.title not in LANGUAGES or part.title in wordings:
            file.problem("languages", part.line, f"{part.title!r} is no language of the bank, or stands here twice.")
            continue
        wordings[part.title] = wording(file, part, kind)
    return replace(_metadata(file, section, known | values), wordings=wordings)


def _metadata(file: File, section: Section, values: Mapping[str, Any]) -> Item:
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
