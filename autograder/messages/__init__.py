"""Sentences for codes and words of the interface, in English and Russian: gettext's catalogues.

A code has up to three sentences: ``wrong`` says what is wrong, ``detail`` what was expected and received,
``todo`` what to do. Where a catalogue has no ``todo``, the marking scheme's hint for the check stands in.
An id such as ``data.scale.twice.wrong`` stands for a text in every language; `tools/translations.py` keeps them together.
"""

import gettext
import locale
import os
import re
import string
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGES = ("en", "ru")
FOLDER = Path(__file__).parent
UNKNOWN = "unknown"
NUMBER = r"-?\d{1,15}(\.\d{1,15})?(e[+-]?\d{1,3})?"
MEASURED = re.compile(rf"{NUMBER}%?( … {NUMBER})?")
GROUPED = re.compile(r"\d{1,3}( \d{3})+")  # in evidence
SIZES = re.compile(r"\d{1,9}(x\d{1,9})+")
# Values that are a quantity wherever a sentence mentions them; what has another name may be a student's number, or a code.
QUANTITIES = frozenset(
    {"accuracy_z", "error", "loss_z", "test", "test_loss", "train", "train_loss"}
    | {"lowest", "maximum", "mean", "minimum", "share", "rate", "start", "step", "steps", "images", "limit"}
    | {"became", "before", "expected", "kernel", "received", "sides", "size", "wanted", "window"}
)
CELL = re.compile(r"cell (?P<cell>\d{1,6}):(?P<line>\d{1,6})")  # a line of a notebook, in evidence


@dataclass(frozen=True)
class Sentences:
    """Three sentences; ``detail`` and ``todo`` may be empty."""

    wrong: str
    detail: str = ""
    todo: str = ""

    def joined(self, between: str = " ") -> str:
        """Those that there are, as one text."""
        return between.join(filter(None, (self.wrong, self.detail, self.todo)))


class _Formatter(string.Formatter):
    """Fills in named values only, lists with semicolons between; a value that is missing shows as ``?``."""

    def get_field(self, field_name: str, args: Any, kwargs: Any) -> Any:
        value = kwargs.get(field_name, "?")
        if isinstance(value, list | tuple):
            value = "; ".join(map(str, value))
        return value if isinstance(value, int | float) else str(value), field_name


class _Catalogue(gettext.GNUTranslations):
    """A compiled catalogue as a mapping; gettext itself only looks ids up one by one."""

    _catalog: dict[str, str]

    def texts(self) -> Mapping[str, str]:
        """Every text by its id."""
        return {key: text for key, text in self._catalog.items() if key}


@cache
def phrases(domain: str, lang: str) -> Mapping[str, str]:
    """All texts of a domain, "sentences", "pages" or "pictures", by their ids. What is not translated is in English.

    Raises:
        OSError: there is no catalogue of that language.
    """
    found: dict[str, str] = {}
    for each in dict.fromkeys(("en", lang)):
        with (FOLDER / each / "LC_MESSAGES" / f"{domain}.mo").open("rb") as stream:
            found |= _Catalogue(stream).texts()
    return found


@cache
def catalogue(lang: str) -> Mapping[str, Mapping[str, str]]:
    """All sentences of a language by code, and below it by what they say."""
    found: dict[str, dict[str, str]] = {}
    for name, text in phrases("sentences", lang).items():
        code, _, key = name.rpartition(".")
        found.setdefault(code, {})[key] = text
    return found


def default_language(environ: Mapping[str, str] = os.environ) -> str:
    """``ru`` or ``en`` by the locale of the system."""
    names = [environ.get(key, "") for key in ("LC_ALL", "LC_MESSAGES", "LANG")]
    name = next(filter(None, names), "") or (locale.getlocale()[0] or "")
    return "ru" if name.lower().startswith(("ru", "russian")) else "en"


def _measured(lang: str, name: str, value: Any) -> Any:
    """The value; if it is a quantity, written as the language writes numbers."""
    if lang != "ru" or name not in QUANTITIES or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return count(lang, value)
    if not isinstance(value, str):
        return value
    if SIZES.fullmatch(value):
        return value.replace("x", "×")
    if GROUPED.fullmatch(value):
        return value.replace(" ", "\u00a0")
    if MEASURED.fullmatch(value) is None:
        return value
    return percentage(lang, value[:-1]) if value.endswith("%") else local(lang, value)


def _filled(lang: str, text: str, params: Mapping[str, Any]) -> str:
    """The sentence with its values; what stands between backticks is code, where a number keeps its point."""
    fill, spoken_of = _Formatter(), {name: _measured(lang, name, value) for name, value in params.items()}
    parts = enumerate(text.split("`"))
    return "`".join(fill.vformat(part, (), params if place % 2 else spoken_of) for place, part in parts)


def spoken(asked: object) -> str:
    """The language to speak of a call: the one that was asked for, or that of the system where there is none of that name."""
    return str(asked) if asked in LANGUAGES else default_language()


def _located(lang: str, where: object) -> Mapping[str, str]:
    """A line of a notebook in words: only cells with code are counted, and they have no other name."""
    place = CELL.fullmatch(where) if isinstance(where, str) else None
    return {} if place is None else {"where": phrase(lang, "cell", cell=place["cell"], line=place["line"])}


def render(lang: str, code: str, params: Mapping[str, Any], hint: str = "") -> Sentences:
    """The sentences of *code*; values come from submissions and are escaped by whoever shows them."""
    entry = catalogue(lang).get(code, {})
    entry = entry if "wrong" in entry else catalogue(lang)[UNKNOWN]
    params = {"code": code, **params, **_located(lang, params.get("where"))}
    parts = {key: _filled(lang, entry.get(key, ""), params) for key in ("wrong", "detail", "todo")}
    return Sentences(parts["wrong"] + _also(lang, params.get("also")), parts["detail"], parts["todo"] or hint)


def _also(lang: str, rows: object) -> str:
    """The other rows of the table in which the same is wrong, as a sentence that follows another one."""
    if not isinstance(rows, list | tuple) or not rows or not all(type(row) is int for row in rows):
        return ""
    return " " + phrase(lang, "also_row" if len(rows) == 1 else "also_rows", rows=", ".join(map(str, rows)))


def phrase(lang: str, key: str, **params: Any) -> str:
    """One piece of the interface's own text, from the table ``ui``."""
    return _Formatter().vformat(catalogue(lang)["ui"][key], (), params)


def local(lang: str, text: str) -> str:
    """A number written with a decimal point and commas between thousands, as the language writes it."""
    return text.replace(",", "\u00a0").replace(".", ",") if lang == "ru" else text


def count(lang: str, value: int) -> str:
    """A whole number in groups of three digits; four digits stay together in Russian."""
    return str(value) if lang == "ru" and abs(value) < 10_000 else local(lang, f"{value:,}")


def percent(lang: str, share: float, decimals: int = 2) -> str:
    """A share as a percentage with so many decimals."""
    return percentage(lang, f"{100 * share:.{decimals}f}")


def percentage(lang: str, number: str) -> str:
    """A number, written with a decimal point, with the sign for percent."""
    return local(lang, number) + ("\u00a0%" if lang == "ru" else "%")
