"""One offline page on which a student checks himself: both languages, all types, marked in the browser.

The page asks the network for nothing and keeps its progress in the browser alone. Each item stands in it as JSON, XORed
with the item's code and in Base64. That hides keys and feedback from a glance at the source and from a search in it, not
from a programmer: whoever can read the script can read the key. So a page is for practice, and items that are to be
asked in an examination do not belong on it.
"""

import base64
import hashlib
import itertools
import json
import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from markupsafe import Markup

from autograder import __version__, messages
from autograder.instructor import rendering
from autograder.instructor.quiz.bank import gaps, instances, marking, numbers, text
from autograder.instructor.quiz.bank.gaps import Gap
from autograder.instructor.quiz.bank.model import CHOICES, TYPES, Bank, Item, Wording
from autograder.instructor.quiz.exports.target import FEATURES, Request, Target
from autograder.instructor.quiz.forms import form

FILE = "selfcheck.html"
SCRIPTS = ("quiz_marking.js", "quiz_base.js", "quiz_answers.js", "quiz_result.js", "quiz.js")
NAMESPACE = ' xmlns="http://www.w3.org/1998/Math/MathML"'  # a page of HTML knows it, and formulas are many
ALIGNED = re.compile(r' style="text-align:(left|center|right)"')  # a style in a tag is what the policy forbids
NOTHING = re.compile(r"\s*(?:±|\+-)\s*0+(?:\.0*)?\s*%?\s*$")
DIGITS = re.compile(r"[0-9]+(?:\.[0-9]+)?")
COMMAND = re.compile(r"\\(?:(?P<sign>cdot|times|sum|,)|(?:mathrm|text|left|right)(?![a-z])|(?P<word>[A-Za-z]+))")
SIGNS = {"cdot": "·", "times": "×", "sum": "∑", ",": " "}
HOLDS = dict.fromkeys((*TYPES, *FEATURES), "yes") | {"essay": "the student judges himself by the rubric"}


def _mathml(tex: str, display: bool) -> str:
    return text.mathml(tex, display).replace(NAMESPACE, "")


def _html(source: str) -> str:
    return ALIGNED.sub(r' class="to-\1"', text.html(source, _mathml)) if source else ""


def _inline(source: str) -> str:
    return text.inline(source, _mathml) if source else ""


def spoken(source: str) -> str:
    """The name of what is chosen or judged, where a formula is in it: browsers leave MathML out of names. Else nothing."""
    if "$" not in source:
        return ""
    words = COMMAND.sub(lambda found: SIGNS[found["sign"]] if found["sign"] else found["word"] or "", source)
    return text.plain(re.sub(r"[${}]", "", words))


def shown(key: str, lang: str) -> str:
    """A numeric key as that language writes numbers, without a tolerance of nothing: ``4 293 194``, ``29,4 ± 0,1``."""

    def local(found: re.Match[str]) -> str:
        whole, point, decimals = found[0].partition(".")
        return messages.local(lang, (f"{int(whole):,}" if len(whole) > 4 else whole) + point + decimals)

    return DIGITS.sub(local, NOTHING.sub("", key).replace("..", "…").strip())


def _range(key: numbers.Key | None) -> dict[str, float]:
    return {} if key is None else {"low": key.low, "high": key.high}


def _options(item: Item, wording: Wording) -> list[dict[str, Any]]:
    found = []
    for option in wording.options:
        about: dict[str, Any] = {"right": option.correct, "feedback": _html(option.feedback)}
        if item.type in CHOICES:
            about |= {"html": _inline(option.text), "spoken": spoken(option.text)}
        elif item.type == "numeric":
            about |= {"shown": shown(option.text, wording.lang), **_range(numbers.key(option.text))}
        else:
            about["text"] = option.text
        found.append(about)
    return found


def _matched(wording: Wording) -> dict[str, Any]:
    """The rows, each with the place of its right side among those that differ."""
    places: dict[str, int] = {}
    choices: list[dict[str, str]] = []
    for pair in wording.pairs:
        if places.setdefault(marking.normal(pair.right), len(places)) == len(choices):
            choices.append({"html": _inline(pair.right), "text": text.plain(pair.right)})
    rows = [
        {"left": _inline(pair.left), "spoken": spoken(pair.left), "right": places[marking.normal(pair.right)]}
        for pair in wording.pairs
        if pair.left
    ]
    return {"rows": rows, "choices": choices, "heads": [_inline(head) for head in wording.heads]}


def _gap(lang: str, gap: Gap) -> dict[str, Any]:
    right = shown(gap.accepted[0], lang) if gap.kind == "number" else text.plain(gap.accepted[0])
    return {"kind": gap.kind, "accepted": gap.accepted, "offered": gap.offered, "shown": right, **_range(gap.key)}


def _hole(number: int, _: Gap) -> str:
    return f'<span data-gap="{number}"></span>'


def _wording(item: Item, wording: Wording) -> dict[str, Any]:
    """What the page has to know of an item in one language; only what it has is there."""
    is_cloze = item.type == "cloze"
    found: dict[str, Any] = {
        "lang": wording.lang,
        "stem": ALIGNED.sub(r' class="to-\1"', text.cloze(wording.stem, _hole, _mathml)) if is_cloze else _html(wording.stem),
        "hint": _html(wording.hint),
        "explanation": _html(wording.explanation),
        "options": _options(item, wording),
        "gaps": list(map(partial(_gap, wording.lang), gaps.of(wording.stem))) if is_cloze else [],
        "rubric": [{"points": row.points, "html": _inline(row.text), "spoken": spoken(row.text)} for row in wording.rubric],
        "model": _html(wording.model_answer),
    }
    found |= _matched(wording) if item.type == "match" else {}
    return {key: value for key, value in found.items() if value}


def _question(item: Item, bank: str, langs: Sequence[str]) -> dict[str, Any]:
    given = instances.variants(item, bank)
    return {
        "type": item.type,
        "points": item.points,
        "all": item.scoring == "all",
        "shuffle": item.shuffle and item.type != "truefalse",
        "words": item.words,
        "variants": [{lang: _wording(one, one.wordings[lang]) for lang in langs if lang in one.wordings} for one in given],
    }


def hidden(code: str, value: Any) -> str:
    """A value as the page keeps it, where neither a reader nor a search sees it at a glance."""
    content = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    return base64.b64encode(bytes(map(int.__xor__, content, itertools.cycle(code.encode())))).decode()


def _data(bank: Bank, langs: Sequence[str]) -> dict[str, Any]:
    """What the script reads: topics with their titles, and for each item its code, a digest, its topic, and itself, hidden."""
    topics = list(dict.fromkeys(item.topic for item in bank.items))
    items = []
    for item in sorted(bank.items, key=lambda found: topics.index(found.topic)):
        code = form.code(bank.id, item.id)
        content = hidden(code, _question(item, bank.id, langs))
        digest = hashlib.sha256(content.encode()).hexdigest()[:8]
        items.append([code, digest, topics.index(item.topic), content])
    titles = [{lang: bank.topics.get(topic, {}).get(lang) or topic for lang in langs} for topic in topics]
    phrases = {lang: {key: said for key, said in rendering.words(lang).items() if key.startswith("quiz_")} for lang in langs}
    return {"bank": form.code(bank.id, ""), "langs": langs, "topics": titles, "items": items, "phrases": phrases}


def _script_data(value: Any) -> Markup:
    """JSON that may stand in a script: nothing in it can end the element."""
    return Markup(json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c"))  # noqa: S704


def _titles(request: Request, langs: Sequence[str]) -> dict[str, str]:
    """The title in each language; what is asked for may have a part for each, in the order of the bank, with `` / `` between."""
    parts = request.title.split(" / ")
    if len(parts) == len(langs):
        return dict(zip(langs, parts, strict=True))
    return {lang: request.title or request.bank.title.get(lang) or request.bank.id for lang in langs}


def build(request: Request) -> Mapping[str, bytes]:
    """The page of all items of the request.

    Raises:
        ExpressionError, GapError, ValueError: an item cannot be shown, or there is none.
    """
    if not request.bank.items:
        raise ValueError("no item is left for the page")
    langs = request.bank.languages if request.lang == "both" else (request.lang,)
    data = _data(request.bank, langs)
    titles = _titles(request, langs)
    page = rendering.page(
        "quiz.html",
        rendering.Words(langs[0]),
        more=("quiz.css", *SCRIPTS),
        langs=langs,
        title=titles[langs[0]],
        license=request.bank.license,
        version=__version__,
        data=_script_data(data | {"titles": titles}),
    )
    return {FILE: page.encode()}


TARGET = Target("page", "Offline page for checking oneself", ("both", "ru", "en"), HOLDS, build)
