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
from autograder.instructor.quiz.bank.reading import FRONT
from autograder.instructor.source import LANGUAGES, Cell, SourceError

QUESTIONS = "quiz/questions"
_HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
Texts = dict[str, str]


def anchor(heading: str) -> str:
    """The name under which GitHub and most readers of Markdown link to a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def _asked(lab: Lab, key: str) -> list[str]:
    """What the checks name under *key*, each once, in their order."""
    values = [check.get(key, []) for check in lab["checks"].values()]
    return list(dict.fromkeys(name for value in values for name in ([value] if isinstance(value, str) else value)))


def passages(cells: Iterable[Cell], lab: Lab) -> dict[str, dict[str, Texts]]:
    """For each text cell that a check names, by language: the handout's file, the heading and its anchor.

    Raises:
        SourceError: there is no such cell, or it has no heading.
    """
    texts = {(cell.name, lang): cell.text for cell in cells if cell.is_text for lang in LANGUAGES if cell.lang in (None, lang)}
    found: dict[str, dict[str, Texts]] = {}
    for name in _asked(lab, "read"):
        for lang in LANGUAGES:
            heading = _HEADING.search(handout.render_text(texts.get((name, lang), ""), lab, lang))
            if heading is None:
                raise SourceError(f"lab.toml: a check names the cell {name!r} under `read`, but it has no heading in {lang!r}.")
            title = heading[1].strip()
            found.setdefault(name, {})[lang] = {"file": handout.HANDOUTS[lang], "title": title, "anchor": anchor(title)}
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
