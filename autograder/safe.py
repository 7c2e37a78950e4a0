"""Strings from submissions, made safe to look at in a terminal, a table or a page.

What moves a cursor, changes colours, turns the direction of writing or cannot be encoded is taken out.
Markup is left as it is: whoever writes HTML escapes it there.
"""

import re
import unicodedata
from functools import lru_cache

REPLACEMENT = "\ufffd"
MAX_MARKS = 3  # combining marks on a letter: no language needs more, and many would cover other lines

_JOINERS = {"\u200c", "\u200d"}  # Persian and emoji need them; they move nothing
_ANSI = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # colours and cursor
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]{0,4096}(?:\x07|\x1b\\|\x9c)"  # titles, links
    r"|\x1b[ -/]*[0-~]"
)
_LINE_BREAK = re.compile(r"\r\n|[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
_BACKSPACE = re.compile(r"\x08+")


@lru_cache(maxsize=4096)
def _shown(char: str) -> str:
    category = unicodedata.category(char)
    if category in {"Cc", "Cs", "Zl", "Zp"} or (category == "Cf" and char not in _JOINERS):
        return REPLACEMENT
    return REPLACEMENT if ord(char) & 0xFFFE == 0xFFFE else char


@lru_cache(maxsize=4096)
def _is_mark(char: str) -> bool:
    return unicodedata.category(char) in {"Mn", "Me"}


def _line(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    shown, marks = [], 0
    for char in text:
        marks = marks + 1 if _is_mark(char) else 0
        if marks <= MAX_MARKS:
            shown.append(_shown(char))
    return "".join(shown)


def printable(text: str) -> str:
    """*text* on one line, safe for a terminal.

    Terminal sequences are removed; line breaks and tabs become spaces; other control characters,
    direction marks, invisible characters and lone surrogates become U+FFFD.
    """
    return _line(_LINE_BREAK.sub(" ", _ANSI.sub("", text)).replace("\t", " "))


def printable_lines(text: str) -> str:
    """*text* made safe like `printable`, with its lines and tabs kept."""
    lines = _LINE_BREAK.sub("\n", _BACKSPACE.sub("", _ANSI.sub("", text))).split("\n")
    return "\n".join("\t".join(map(_line, line.split("\t"))) for line in lines)


def shortened(text: str, limit: int) -> str:
    """*text* in at most *limit* characters: what is too long loses its end, and shows an ellipsis."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
