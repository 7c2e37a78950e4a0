"""Render the lab's prose: placeholders in its text cells, and the handouts.

What a placeholder says comes from `solution/lab.toml`. A text is rendered in one language, or in both
at once (``lang=None``) where a table or a title serves the whole notebook.
"""

import re
from collections.abc import Iterable, Sequence
from math import prod
from pathlib import Path
from textwrap import TextWrapper
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError

from autograder import messages
from autograder.instructor.labfile import Lab, slug
from autograder.instructor.source import LANGUAGES, Cell, SourceError
from autograder.scheme import steps_per_epoch

TEMPLATES = Path(__file__).parent / "templates"
HANDOUTS = {"en": "README.md", "ru": "README.ru.md"}

_WRAP = TextWrapper(width=106, break_long_words=False, break_on_hyphens=False)
_HEADERS = {
    "layers": {
        "en": ["#", "layer", "arguments", "output shape", "parameters"],
        "ru": ["№", "слой", "аргументы", "форма выхода", "параметры"],
    },
    "checks": {"en": ["check", "points"], "ru": ["проверка", "баллы"]},
    "accuracy": {"en": ["test accuracy", "points"], "ru": ["точность на тесте", "баллы"]},
}
_TOTAL = {"en": "total", "ru": "всего"}
_TASK = {"en": "Task", "ru": "Задание"}
_FROM = {"en": "from", "ru": "от"}


def in_language(texts: dict[str, str], lang: str | None) -> str:
    """The text in one language, or in both with a dot between them."""
    if lang is not None:
        return texts[lang]
    return " · ".join(dict.fromkeys(texts[each] for each in LANGUAGES))


def points_in(lab: Lab, section: str) -> int:
    """The points of a section: the sum of its checks."""
    return sum(check["points"] for name, check in lab["checks"].items() if name.split(".")[0] == section)


def total_points(lab: Lab) -> int:
    """The points of the whole lab."""
    return sum(points_in(lab, section) for section in lab["sections"])


def points_in_words(points: float, lang: str | None) -> str:
    """The number of points as prose says it: "1 point", "20 points", "2 балла"."""
    few = points % 10 in (2, 3, 4) and points % 100 not in (12, 13, 14)
    one = points % 10 == 1 and points % 100 != 11
    texts = {
        "en": f"{points} point" + ("" if points == 1 else "s"),
        "ru": f"{messages.local('ru', str(points))} " + ("балл" if one else "балла" if few else "баллов"),
    }
    return in_language(texts, lang)


def task(lab: Lab, section: str, lang: str | None) -> str:
    """The heading of a task, such as "Task 1. Data preparation (20 points)"."""
    facts = lab["sections"][section]
    words = points_in_words(points_in(lab, section), lang)
    return f"{in_language(_TASK, lang)} {facts['task']}. {in_language(facts['title'], lang)} ({words})"


def shape(sizes: Sequence[int | None]) -> str:
    """A shape as Python writes it, in code type."""
    return f"`{tuple(sizes)}`"


def table(header: Sequence[str], rows: Iterable[Sequence[object]], numbers: Sequence[int]) -> str:
    """A Markdown table; *numbers* are the columns that align to the right."""
    rule = ["--:" if column in numbers else "---" for column in range(len(header))]
    lines = [header, rule, *rows]
    return "\n".join("| " + " | ".join(str(value) for value in line) + " |" for line in lines)


def _header(name: str, lang: str | None) -> list[str]:
    columns = zip(*(_HEADERS[name][each] for each in LANGUAGES), strict=True)
    return [in_language(dict(zip(LANGUAGES, column, strict=True)), lang) for column in columns]


def layer_sizes(layer: dict[str, Any], size: tuple[int, ...]) -> tuple[tuple[int, ...], int]:
    """The output shape of a layer, without the batch, and the number of its parameters.

    Raises:
        ValueError: a kind of layer that the lab does not use.
    """
    match layer["class"]:
        case "Conv2D":
            kernel, filters = layer["kernel_size"], layer["filters"]
            edge = [0, 0] if layer["padding"] == "same" else [side - 1 for side in kernel]
            output = (size[0] - edge[0], size[1] - edge[1], filters)
            return output, (prod(kernel) * size[2] + 1) * filters
        case "MaxPooling2D":
            return (size[0] // layer["pool_size"][0], size[1] // layer["pool_size"][1], size[2]), 0
        case "Flatten":
            return (prod(size),), 0
        case "Dense":
            return (layer["units"],), (size[0] + 1) * layer["units"]
        case "Dropout":
            return size, 0
    raise ValueError(f"Expected a layer that the lab uses. Received: class={layer['class']!r}")


def parameters(lab: Lab) -> int:
    """The number of the network's parameters."""
    size, total = tuple(lab["data"]["image_shape"]), 0
    for layer in lab["model"]["layers"]:
        size, found = layer_sizes(layer, size)
        total += found
    return total


def grouped(number: int, lang: str | None) -> str:
    """A large number with its thousands apart: "50,000", "50 000"; with spaces where both languages read it."""
    return messages.count(lang or "ru", number)


def _argument(name: str, value: object) -> str:
    written = "x".join(map(str, value)) if isinstance(value, list) else value
    return f"{name} {written}"


def layer_table(lab: Lab, lang: str | None) -> str:
    """The network, a row for each layer, with shapes and parameters computed from the arguments."""
    rows: list[list[object]] = []
    size = tuple(lab["data"]["image_shape"])
    for number, layer in enumerate(lab["model"]["layers"], 1):
        size, count = layer_sizes(layer, size)
        arguments = ", ".join(_argument(*item) for item in layer.items() if item[0] != "class")
        rows.append([number, layer["class"], arguments, shape((None, *size)), grouped(count, lang)])
    rows.append(["", in_language(_TOTAL, lang), "", "", grouped(parameters(lab), lang)])
    return table(_header("layers", lang), rows, numbers=(0, 4))


def points_table(lab: Lab, lang: str | None) -> str:
    """The checks that bring points, each section with its sum."""
    rows: list[list[object]] = []
    for section in lab["sections"]:
        rows.append([f"**{task(lab, section, lang).rsplit(' (', 1)[0]}**", f"**{points_in(lab, section)}**"])
        for name, check in lab["checks"].items():
            if name.split(".")[0] == section and check["points"]:
                rows.append([in_language(check["title"], lang), check["points"]])
    rows.append([f"**{in_language(_TOTAL, lang)}**", f"**{total_points(lab)}**"])
    return table(_header("checks", lang), rows, numbers=(1,))


def accuracy_table(lab: Lab, lang: str | None) -> str:
    """The points for a test accuracy: full marks first, then the bands."""
    facts, points = lab["accuracy"][lab["data"]["name"]], points_in(lab, "accuracy")
    bands = [(facts["minimum_accuracy"], 1.0), *facts["bands"]]
    written = lang or "en"
    rows = [
        [f"{in_language(_FROM, lang)} {messages.percent(written, least, 0)}", messages.local(written, f"{share * points:g}")]
        for least, share in bands
    ]
    return table(_header("accuracy", lang), rows, numbers=(1,))


def _whole(value: float) -> float:
    """A whole number without its fraction; words agree with those."""
    return int(value) if float(value).is_integer() else round(value, 2)


def _context(lab: Lab, lang: str | None) -> dict[str, Any]:
    better = lab["training"].get("better", {}).get("accuracy")
    return {
        "lab": lab,
        "lang": lang,
        "title": in_language(lab["lab"]["title"], lang),
        "total": total_points(lab),
        "points": lambda points: points_in_words(points, lang),
        "task": lambda section: task(lab, section, lang),
        "number": lambda value: messages.local(lang or "en", str(value)),
        "shape": shape,
        "parameters": grouped(parameters(lab), lang),
        "steps": steps_per_epoch(lab),
        "better_accuracy": None if better is None else messages.percent(lang or "en", better),
        "trial_points": _whole(lab["accuracy"]["trial"]["credit"] * points_in(lab, "accuracy")),
        "layer_table": layer_table(lab, lang),
        "points_table": points_table(lab, lang),
        "accuracy_table": accuracy_table(lab, lang),
    }


def _environment() -> Environment:
    loader = FileSystemLoader(TEMPLATES, encoding="utf-8")
    return Environment(loader=loader, undefined=StrictUndefined, keep_trailing_newline=True)


def _reflowed(text: str) -> str:
    """The text with its paragraphs wrapped anew; headings, lists, tables and formulas stay as they are."""
    parts = text.split("\n\n")
    prose = [not re.match(r"#|\d+\. |[-*] |\||\$\$|```", part) for part in parts]
    return "\n\n".join(_WRAP.fill(part) if wrap else part for part, wrap in zip(parts, prose, strict=True))


def render_text(text: str, lab: Lab, lang: str | None) -> str:
    """The text of a cell with its placeholders filled in.

    Raises:
        SourceError: a placeholder cannot be filled in.
    """
    try:
        return _reflowed(_environment().from_string(text).render(_context(lab, lang)))
    except TemplateError as error:
        begins = (text.strip().splitlines() or [""])[0][:60]
        raise SourceError(
            f"A placeholder of the text that begins {begins!r} cannot be filled in. "
            f"Expected: {{{{ name }}}} with one of {', '.join(sorted(_context(lab, lang)))}. Received: {error}. "
            "Look at the braces and the names in that cell of the lab's source."
        ) from error


def handout(cells: Iterable[Cell], lab: Lab, lang: str) -> str:
    """The handout in one language: the kit's template around the lab's own text cells."""
    texts = {cell.name: cell.text for cell in cells if cell.is_text and cell.lang in (None, lang)}
    cells_of_lab = {"cell": lambda name: render_text(texts[name], lab, lang), "has": lambda name: name in texts}
    context = _context(lab, lang) | {"bundle": f"{slug(lab)}-lab"} | cells_of_lab
    return _environment().get_template(f"{HANDOUTS[lang]}.j2").render(context)
