"""Where a student who failed a check reads on: passages of the handout, and the topics of the question bank.

`solution/lab.toml` says for each check which text cell of the lab it is about (`read`) and which topics train it
(`quiz`). What these are called comes from the cells' own headings and from the bank.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from autograder.instructor import handout
from autograder.instructor.labfile import Lab
from autograder.instructor.passages import html_of
from autograder.instructor.quiz.bank.reading import FRONT
from autograder.instructor.source import LANGUAGES, Cell, SourceError

QUESTIONS = "quiz/questions"
MAX_PASSAGE = 4000  # characters of a passage that go into reports
_HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
Texts = dict[str, str]


def anchor(heading: str) -> str:
    """The name under which GitHub and most readers of Markdown link to a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def _asked(lab: Lab, key: str) -> list[str]:
    """What the checks name under *key*, each once, in their order."""
    values = [check.get(key, []) for check in lab["checks"].values()]
    return list(dict.fromkeys(name for value in values for name in ([value] if isinstance(value, str) else value)))


def _below(text: str, heading: str) -> str:
    """What stands in a handout below a heading, up to the next one of its rank; of a long text the first paragraphs."""
    lines = text.splitlines()
    place = next((place for place, line in enumerate(lines) if re.fullmatch(rf"#+ {re.escape(heading)}", line)), None)
    if place is None:
        return ""
    rank = len(lines[place]) - len(lines[place].lstrip("#"))
    end = next((end for end in range(place + 1, len(lines)) if re.match(rf"#{{1,{rank}}} ", lines[end])), len(lines))
    parts, kept = "\n".join(lines[place + 1 : end]).strip().split("\n\n"), ""
    for part in parts:
        if len(kept) + len(part) > MAX_PASSAGE:
            return f"{kept}\n\n…".strip()
        kept = f"{kept}\n\n{part}".strip()
    return kept


def passages(cells: Iterable[Cell], lab: Lab) -> dict[str, dict[str, Texts]]:
    """For each text cell that a check names, by language: the handout's file, the heading, its anchor, and the part as HTML.

    Raises:
        SourceError: there is no such cell, or it has no heading.
    """
    cells = list(cells)
    whole = {lang: handout.handout(cells, lab, lang) for lang in LANGUAGES}
    texts = {(cell.name, lang): cell.text for cell in cells if cell.is_text for lang in LANGUAGES if cell.lang in (None, lang)}
    found: dict[str, dict[str, Texts]] = {}
    for name in _asked(lab, "read"):
        for lang in LANGUAGES:
            heading = _HEADING.search(handout.render_text(texts.get((name, lang), ""), lab, lang))
            if heading is None:
                raise SourceError(f"lab.toml: a check names the cell {name!r} under `read`, but it has no heading in {lang!r}.")
            title = heading[1].strip()
            place = {"file": handout.HANDOUTS[lang], "title": title, "anchor": anchor(title)}
            found.setdefault(name, {})[lang] = place | {"html": html_of(_below(whole[lang], title), title)}
    return found


def topics(questions: Path, lab: Lab) -> dict[str, Texts]:
    """The titles of the topics that checks name, as the bank in *questions* has them; none where there is no bank.

    Raises:
        SourceError: the bank has no such topic.
    """
    if not questions.is_dir():
        return {}
    titles: dict[str, Mapping[str, Any]] = {}
    for path in sorted(questions.glob("*.md")):
        front = FRONT.match(path.read_text("utf-8-sig").replace("\r\n", "\n"))
        about = yaml.safe_load(front["yaml"]) if front else {}
        titles.setdefault(str(about.get("defaults", {}).get("topic", "")), about.get("title", {}))
    asked = _asked(lab, "quiz")
    unknown = [name for name in asked if not all(titles.get(name, {}).get(lang) for lang in LANGUAGES)]
    if unknown:
        raise SourceError(f"lab.toml: checks name topics under `quiz` that {QUESTIONS} does not have: {', '.join(unknown)}.")
    return {name: {lang: str(titles[name][lang]) for lang in LANGUAGES} for name in asked}
