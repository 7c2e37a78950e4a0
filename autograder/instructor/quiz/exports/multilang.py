"""Texts of an item in one language, or in both at once as Moodle's filter "multi-language content" shows them.

Where both are asked for, each text is two spans, of which a reader sees that of his language. Fields without markup, which
no filter sees, hold both texts with a slash between. What is the same in both languages stands there once.
"""

import html
from collections.abc import Callable, Mapping

from autograder.instructor.quiz.bank import text
from autograder.instructor.quiz.bank.model import LANGUAGES, Item, Wording
from autograder.instructor.quiz.exports.target import Lang

Pick = Callable[[Wording], str]


def languages(item: Item, lang: Lang) -> tuple[str, ...]:
    """The languages that are asked for and that the item has.

    Raises:
        KeyError: it does not have the one that is asked for.
    """
    if lang == "both":
        return tuple(name for name in LANGUAGES if name in item.wordings)
    return (item.wordings[lang].lang,)


def spans(texts: Mapping[str, str]) -> str:
    """HTML by language as one piece of HTML."""
    if len(set(texts.values())) == 1:
        return next(iter(texts.values()))
    return "".join(f'<span lang="{lang}" class="multilang">{found}</span>' for lang, found in texts.items())


def joined(blocks: Mapping[str, str]) -> str:
    """Blocks of HTML by language as one; spans stand inside the paragraph where there is only one."""
    inner = {lang: found.removeprefix("<p>").removesuffix("</p>") for lang, found in blocks.items()}
    if all(found == f"<p>{inner[lang]}</p>" and "<p>" not in inner[lang] for lang, found in blocks.items()):
        return f"<p>{spans(inner)}</p>"
    return spans(blocks)


def block(item: Item, lang: Lang, pick: Pick) -> str:
    """What *pick* takes of each wording, as HTML with formulas for MathJax; nothing if there is nothing.

    Raises:
        KeyError: the item has no text in that language.
    """
    return joined({name: text.html(pick(item.wordings[name]), text.tex) for name in languages(item, lang)})


def inline(item: Item, lang: Lang, pick: Pick) -> str:
    """Likewise, without a paragraph around it, for an option.

    Raises:
        KeyError: the item has no text in that language.
    """
    return spans({name: text.inline(pick(item.wordings[name]), text.tex) for name in languages(item, lang)})


def label(item: Item, lang: Lang, pick: Pick) -> str:
    """Likewise as words for a menu, which has no markup; escaped, since it stands in HTML.

    Raises:
        KeyError: the item has no text in that language.
    """
    found = dict.fromkeys(text.plain(pick(item.wordings[name])) for name in languages(item, lang))
    return html.escape(" / ".join(found), quote=False)
