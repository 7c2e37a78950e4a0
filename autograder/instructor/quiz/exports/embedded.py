"""The text of a cloze for Moodle, with its sub-questions in it: ``{1:NUMERICAL:=12:0.5}``, ``{1:SHORTANSWER:=a~=b}``."""

import re

from autograder.instructor.quiz.bank import text
from autograder.instructor.quiz.bank.gaps import Gap
from autograder.instructor.quiz.bank.model import Item
from autograder.instructor.quiz.exports import moodle_parts as parts
from autograder.instructor.quiz.exports import multilang
from autograder.instructor.quiz.exports.target import Lang

SPECIAL = re.compile(r"""[&<>"'~#{}\\=%*/]""")


def embedded(item: Item, lang: Lang) -> str:
    """The text as HTML with a sub-question in each gap.

    Moodle takes a text with gaps apart before its filter of languages sees it. So where both languages are asked for, each
    text has numbered blanks, and the fields stand once, below it.

    Raises:
        KeyError: the item has no text in that language.
        GapError: a gap breaks a rule of the format.
        ValueError: a formula is none.
    """
    found = parts.gaps_of(item, lang)
    fields = [f"{{{_weight(item, len(found))}:{_field(item, lang, same)}}}" for same in found]
    names = multilang.languages(item, lang)
    if len(names) == 1:
        return text.cloze(item.wordings[names[0]].stem, lambda index, _: fields[index], text.tex)
    stem = multilang.joined({name: text.cloze(item.wordings[name].stem, _blank, text.tex) for name in names})
    return f"{stem}<p>{'<br>'.join(f'({index}) {field}' for index, field in enumerate(fields, 1))}</p>"


def _blank(index: int, gap: Gap) -> str:
    return f"({index + 1})\u00a0{parts.BLANK}"


def _field(item: Item, lang: Lang, same: list[Gap]) -> str:
    """The kind and the answers of a sub-question; *same* is the gap in each language."""
    first = same[0]
    if first.key is not None:
        return f"NUMERICAL:={':'.join(parts.center(first.key))}"
    if first.kind == "choice":
        return "MULTICHOICE_S:=" + "~".join(map(_coded, parts.offered(item, lang, same)))
    return "SHORTANSWER:" + "~".join(f"={_coded(word)}" for word in parts.accepted(same))


def _weight(item: Item, count: int) -> int:
    """The points of a gap, which Moodle wants whole: 1 where those of the item cannot be divided so."""
    share = item.points / count
    return int(share) if share >= 1 and share.is_integer() else 1


def _coded(found: str) -> str:
    """A text in which nothing ends an answer: Moodle reads character references back once it has found the answers."""
    return SPECIAL.sub(lambda match: f"&#{ord(match[0])};", found)
