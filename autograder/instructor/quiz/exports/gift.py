"""GIFT: the text format of Moodle, which other systems read too. It has no points, no hints, no rubric, and no cloze."""

import re

from autograder.instructor.quiz.bank import text
from autograder.instructor.quiz.bank.model import Item, Wording
from autograder.instructor.quiz.exports import moodle, multilang
from autograder.instructor.quiz.exports import moodle_parts as parts
from autograder.instructor.quiz.exports.target import Lang, Request, Target

SPECIAL = re.compile(r"[\\~=#{}:]")
HOLDS = {  # what Moodle holds, which reads both, but for this
    **moodle.HOLDS,
    "short": "yes, without answers that have an arrow, ->",
    "cloze": "one gap: a question with a blank; several: left out",
    "hint": "no",
    "rubric": "no",
    "points": "no",
}


def build(request: Request) -> dict[str, bytes]:
    """The bank as one file of GIFT, without the items that it cannot hold; Moodle refuses it under another ending than .txt.

    Raises:
        KeyError: an item has no text in the language.
        ValueError: a formula or a number is none.
        ExpressionError: values cannot be filled in.
        GapError: a gap breaks a rule of the format.
    """
    blocks = []
    for category, items in parts.by_category(request).items():
        written = [found for item in items if (found := _question(item, request))]
        blocks += [f"$CATEGORY: {category}", *written] if written else []
    return {f"{request.bank.id}-{request.lang}.gift.txt": ("\n\n".join(blocks) + "\n").encode()}


def _coded(found: str) -> str:
    r"""A text in which nothing is a sign of the format, on one line: a new one is written ``\n``."""
    return SPECIAL.sub(lambda match: f"\\{match[0]}", found).replace("\n", r"\n")


def _answer(found: str) -> str:
    """The text of an answer; one that looks like a format or a weight has its format named before it."""
    return f"{'[html]' * found.startswith(('[', '%'))}{_coded(found)}"


def _question(item: Item, request: Request) -> str:
    """The question, or nothing if the format cannot hold it."""
    answers = _answers(item, request.lang)
    if answers is None:
        return ""
    explanation = multilang.block(item, request.lang, lambda wording: wording.explanation)
    if explanation:
        answers += f"####{_coded(explanation)}\n"
    comment = "".join(f" [tag:{tag}]" for tag in parts.tags(item))
    title = _coded(parts.name(item, request.bank, request.lang))
    return f"// [id:{item.name}]{comment}\n::{title}::[html]{_coded(_stem(item, request.lang))} {{{answers}}}"


def _stem(item: Item, lang: Lang) -> str:
    if item.type != "cloze":
        return multilang.block(item, lang, lambda wording: wording.stem)
    names = multilang.languages(item, lang)
    return multilang.joined({name: text.cloze(item.wordings[name].stem, lambda *_: parts.BLANK, text.tex) for name in names})


def _answers(item: Item, lang: Lang) -> str | None:
    """What stands between the braces; None if the format cannot hold it."""
    if item.type == "match":
        pairs = (parts.pair(item, lang, index) for index in range(len(item.first.pairs)))
        return "\n" + "".join(f"={_answer(left)} -> {_coded(right)}\n" for left, right in pairs)
    if item.type == "essay":
        return ""
    if item.type == "cloze":
        return _gap(item, lang)
    found = parts.answers(item, lang)
    if parts.is_plain_statement(item):
        return _statement(item.first, found)
    if item.type == "numeric":
        return "#\n" + "".join(f"=%{one.grade}%{one.text}:{one.tolerance}{_said(one.feedback)}\n" for one in found)
    if item.type == "short":
        return _words([one for one in found if "->" not in one.text])
    marks = {"100": "=", "0": "~"} if item.type != "multi" else {}
    return "\n" + "".join(f"{marks.get(one.grade, f'~%{one.grade}%')}{_answer(one.text)}{_said(one.feedback)}\n" for one in found)


def _said(feedback: str) -> str:
    return f"#{_coded(feedback)}" if feedback else ""


def _statement(wording: Wording, found: list[parts.Answer]) -> str:
    """The answer, then what is said to the wrong one, then to the right one."""
    right, wrong = sorted(found, key=lambda answer: answer.grade != "100")
    is_true = wording.options[0].correct
    said = f"{_said(wrong.feedback) or '#'}{_said(right.feedback)}" if right.feedback else _said(wrong.feedback)
    return f"{'TRUE' if is_true else 'FALSE'}{said}\n"


def _words(found: list[parts.Answer]) -> str | None:
    if not any(one.grade == "100" for one in found):
        return None
    return "\n" + "".join(f"=%{one.grade}%{_answer(one.text)}{_said(one.feedback)}\n" for one in found)


def _gap(item: Item, lang: Lang) -> str | None:
    """A single gap as a number, a word or a choice; None if there are several."""
    same, *others = parts.gaps_of(item, lang)
    if others:
        return None
    if same[0].key is not None:
        return f"#\n=%100%{':'.join(parts.center(same[0].key))}\n"
    if same[0].kind == "text":
        return _words([parts.Answer(word, "100", "") for word in parts.accepted(same) if "->" not in word])
    marks = ["=", *"~" * (len(same[0].offered) - 1)]
    return "\n" + "".join(f"{mark}{_answer(label)}\n" for mark, label in zip(marks, parts.offered(item, lang, same), strict=True))


LANGS: tuple[Lang, ...] = ("ru", "en")


def omits(item: Item) -> bool:
    """Whether GIFT has no form for the item, such as a cloze with several gaps."""
    return any(_answers(item, lang) is None for lang in LANGS if lang in item.wordings)


TARGET = Target("gift", "GIFT", ("ru", "en", "both"), HOLDS, build, omits)
