"""Small readers of what is exported for Moodle, written by the descriptions of its formats, and its filter of languages."""

import html
import json
import re
import subprocess
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SPANS = re.compile(r'(?:<span lang="[a-z]+" class="multilang">.*?</span>){2}', re.DOTALL)
SPAN = re.compile(r'<span lang="([a-z]+)" class="multilang">(.*?)</span>', re.DOTALL)
FIELD = re.compile(r"\{(\d+):([A-Z_]+):((?:[^}&]|&#?\w+;)*)\}")
GIFT_PARTS = re.compile(r"(?P<comment>//[^\n]*)\n::(?P<name>.*?)::\[html\](?P<stem>[^{]*) \{(?P<inside>[^}]*)\}", re.DOTALL)
GIFT_ANSWER = re.compile(r"(?P<sign>[=~])(?:%(?P<grade>-?[0-9.]+)%)?(?P<text>[^#]*)(?:#(?P<feedback>.*))?", re.DOTALL)
CODED = 0xE100
PEGJS = "process.stdout.write(JSON.stringify(require('gift-pegjs').parse(require('fs').readFileSync(0, 'utf8'))))"
KINDS = {"MC": "multichoice", "Numerical": "numerical", "Short": "shortanswer", "Matching": "matching", "Essay": "essay"}


@dataclass(frozen=True)
class Answer:
    """An answer as Moodle would keep it; the grade in percent."""

    text: str
    grade: float
    feedback: str = ""
    tolerance: float = 0


@dataclass(frozen=True)
class Question:
    """A question as Moodle would keep it, with the element it was read from where there is one."""

    kind: str
    id: str
    category: str
    name: str
    stem: str
    explanation: str
    answers: tuple[Answer, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    node: ET.Element | None = None


def seen(text: str, lang: str) -> str:
    """What Moodle's filter of languages shows to a reader of a language."""
    return SPANS.sub(lambda spans: dict(SPAN.findall(spans[0]))[lang], text)


def of_xml(content: bytes) -> list[Question]:
    """The questions of a file of Moodle XML."""
    found = []
    category = ""
    for node in ET.fromstring(content):
        if node.get("type") == "category":
            category = node.findtext("category/text", "")
            continue
        answers = (
            Answer(
                one.findtext("text") or "",
                float(one.attrib["fraction"]),
                one.findtext("feedback/text") or "",
                float(one.findtext("tolerance", "0")),
            )
            for one in node.findall("answer")
        )
        pairs = ((one.findtext("text") or "", one.findtext("answer/text") or "") for one in node.findall("subquestion"))
        name, stem, explanation = (node.findtext(f"{tag}/text") or "" for tag in ("name", "questiontext", "generalfeedback"))
        common = (node.attrib["type"], node.findtext("idnumber", ""), category, name, stem, explanation)
        found.append(Question(*common, tuple(answers), tuple(pairs), node))
    return found


def fields(stem: str) -> list[tuple[int, str, list[tuple[bool, str]]]]:
    """The sub-questions of a cloze: weight, kind, and for each answer whether it is right, and its text."""
    return [
        (int(weight), kind, [(one.startswith("="), html.unescape(one.removeprefix("="))) for one in inside.split("~")])
        for weight, kind, inside in FIELD.findall(stem)
    ]


def _plain(coded: str) -> str:
    return re.sub(r"[\ue100-\ue1ff]", lambda found: "\n" if (sign := chr(ord(found[0]) - CODED)) == "n" else sign, coded).strip()


def of_gift(content: bytes) -> list[Question]:
    """The questions of a file of GIFT."""
    found = []
    category = ""
    coded = re.sub(r"\\(.)", lambda sign: chr(CODED + ord(sign[1])), content.decode())
    for block in coded.strip().split("\n\n"):
        if block.startswith("$CATEGORY: "):
            category = block.removeprefix("$CATEGORY: ")
            continue
        parts = GIFT_PARTS.fullmatch(block)
        assert parts is not None, block
        identity = re.search(r"\[id:([^\]]+)\]", parts["comment"])
        assert identity is not None
        inside, _, explanation = parts["inside"].partition("####")
        common = (identity[1], category, _plain(parts["name"]), _plain(parts["stem"]), _plain(explanation))
        found.append(_gift(inside.strip(), common))
    return found


def _gift(inside: str, common: tuple[str, str, str, str, str]) -> Question:
    if not inside:
        return Question("essay", *common)
    if inside.startswith(("TRUE", "FALSE")):
        word, *said = inside.split("#")
        wrong, right = (*map(_plain, said), "", "")[:2]
        return Question("truefalse", *common, answers=_truth(word == "TRUE", right, wrong))
    if " -> " in inside:
        rows = (row.split("-> ") for row in inside.split("=")[1:])
        return Question(
            "matching", *common, pairs=tuple((_plain(left.removeprefix("[html]")), _plain(right)) for left, right in rows)
        )
    answers = tuple(map(_gift_answer, re.split(r"\n(?=[=~])", inside.removeprefix("#").strip())))
    kind = "numerical" if inside.startswith("#") else "multichoice" if "~" in inside else "shortanswer"
    if kind == "numerical":
        answers = tuple(
            Answer(one.text.partition(":")[0], one.grade, one.feedback, float(one.text.partition(":")[2])) for one in answers
        )
    return Question(kind, *common, answers=answers)


def _gift_answer(line: str) -> Answer:
    parts = GIFT_ANSWER.fullmatch(line)
    assert parts is not None, line
    grade = float(parts["grade"] or (100 if parts["sign"] == "=" else 0))
    return Answer(_plain(parts["text"].removeprefix("[html]")), grade, _plain(parts["feedback"] or ""))


def _truth(is_true: bool, right: str, wrong: str) -> tuple[Answer, ...]:
    return (
        Answer("true", 100.0 * is_true, right if is_true else wrong),
        Answer("false", 100.0 * (not is_true), wrong if is_true else right),
    )


def of_pegjs(content: bytes, modules: Path) -> list[Question]:
    """The questions of a file of GIFT as gift-pegjs reads them; *modules* is the node_modules that has it."""
    done = subprocess.run(["node", "-e", PEGJS], input=content, capture_output=True, cwd=modules.parent, timeout=120, check=False)
    assert 0 == done.returncode, done.stderr.decode()
    found = []
    category = ""
    for value in json.loads(done.stdout):
        if value["type"] == "Category":
            category = value["title"]
        else:
            found.append(_pegjs(value, category))
    return found


def _said(value: Any) -> str:
    return str(value["text"]) if value else ""


def _pegjs(value: dict[str, Any], category: str) -> Question:
    common = (value["id"], category, value["title"], value["stem"]["text"].strip(), _said(value["globalFeedback"]))
    if value["type"] == "TF":
        is_true = value["isTrue"]  # gift-pegjs calls the feedback to the wrong answer the one of true
        right, wrong = _said(value["falseFeedback"]), _said(value["trueFeedback"])
        return Question("truefalse", *common, answers=_truth(is_true, right, wrong))
    pairs = (
        (pair["subquestion"]["text"], re.sub(r"&&0*(\d+);", lambda code: chr(int(code[1])), pair["subanswer"]))
        for pair in value.get("matchPairs", ())
    )
    answers = []
    for choice in value.get("choices", ()):
        shown, weight = choice["text"], choice["weight"]
        grade = float(weight if weight is not None else 100 * choice["isCorrect"])
        if value["type"] == "Numerical":
            answers.append(Answer(str(shown["number"]), grade, _said(choice["feedback"]), shown["range"]))
        else:
            answers.append(Answer(shown["text"], grade, _said(choice["feedback"])))
    return Question(KINDS[value["type"]], *common, answers=tuple(answers), pairs=tuple(pairs))
