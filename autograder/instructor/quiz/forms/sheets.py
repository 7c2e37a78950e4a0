"""Answer sheets: Markdown that a student fills in wherever Markdown is written, and that is read back.

A sheet says whose it is, and for each question a code and the version of the item; no key, no feedback and no id. What
stands behind a code follows from the form, the bank and the student's name, so nothing else has to be kept.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from autograder import safe
from autograder.instructor.quiz.bank import gaps
from autograder.instructor.quiz.bank.gaps import Gap
from autograder.instructor.quiz.bank.marking import Answer
from autograder.instructor.quiz.bank.model import CHOICES, Item
from autograder.instructor.quiz.forms.form import Form, Question
from autograder.instructor.rendering import Words

MAX_BYTES = 2**20
MAX_QUESTIONS = 1000
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LOOK_ALIKE = str.maketrans("АВЕКМНОРСТХ", "ABEKMHOPCTX")  # Cyrillic letters that a student takes for Latin ones
TICKS = set("xхvv+*✓✔√☑")
HEAD = re.compile(r"<!-- convmark answer sheet 1 \| (?P<form>\S+) \| (?P<student>.*?) \| (?P<lang>[a-z]{2}) -->")
QUESTION = re.compile(r"^ {0,3}## .*?<!-- (?P<code>[0-9a-f]{8}) v(?P<version>[0-9]{1,6}) -->\s*$", re.MULTILINE)
OPTION = re.compile(r"^\s*[-*+] *\[(?P<mark>[^\]\n]*)\] *\**(?P<letter>[A-Z])\.", re.MULTILINE)
ANSWER = re.compile(r"^ {0,3}\**(?:Answer|Ответ)\**(?: *\((?P<gap>[0-9]{1,3})\))? *:\**(?P<text>.*)$", re.MULTILINE)
SPACE = re.compile(r"\s+")


class SheetError(Exception):
    """A file that is no answer sheet."""


class UnreadableError(Exception):
    """An answer that cannot be made out."""


@dataclass(frozen=True)
class Raw:
    """What stands below a question: the marks between brackets by letter, and texts by the number of their gap, or 0.

    ``rest`` is everything from the first place for an answer on: an essay may contain what looks like another one.
    """

    version: int
    marks: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[int, str] = field(default_factory=dict)
    rest: str = ""


@dataclass(frozen=True)
class Sheet:
    """A sheet that was read; ``raws`` by the codes of the questions, ``twice`` those that stand there more than once."""

    form: str
    student: str
    lang: str
    raws: Mapping[str, Raw]
    twice: tuple[str, ...] = ()


def _rights(question: Question, lang: str) -> list[tuple[str, str]]:
    """The right sides of a match by their letters."""
    pairs = question.item.wordings[lang].pairs
    return [(LETTERS[place], pairs[index].right) for place, index in enumerate(question.order)]


def _options(question: Question, lang: str) -> Iterator[str]:
    options = question.item.wordings[lang].options
    for place, index in enumerate(question.order):
        yield f"- [ ] **{LETTERS[place]}.** {options[index].text}"


def _table(question: Question, lang: str) -> Iterator[str]:
    wording = question.item.wordings[lang]
    lefts = [pair.left for pair in wording.pairs if pair.left]
    rights = [f"**{letter}.** {text}" for letter, text in _rights(question, lang)]
    yield f"| | {wording.heads[0]} | {wording.heads[1]} |"
    yield "|---|---|---|"
    for row in range(max(len(lefts), len(rights))):
        left = lefts[row] if row < len(lefts) else ""
        yield f"| {row + 1 if left else ''} | {left} | {rights[row] if row < len(rights) else ''} |"


def ticking(item: Item) -> tuple[str, ...]:
    """The phrases that say how many options to tick, and what a wrong tick costs where others still count."""
    if item.type != "multi":
        return ("quiz_tick_one",)
    return ("quiz_tick_all", "sheet_wrong_tick") if item.scoring == "partial" else ("quiz_tick_all",)


def with_blanks(stem: str, say: Words) -> tuple[str, list[Gap]]:
    """The text of a cloze with a numbered blank for each gap, and the gaps; what a gap offers stands behind it.

    Raises:
        GapError: a gap breaks a rule of the format.
    """
    found: list[Gap] = []
    text = ""
    for part in gaps.split(stem):
        if isinstance(part, str):
            text += part
            continue
        found.append(part)
        offered = say.say("quiz_one_of", words="; ".join(sorted(part.offered))) if part.offered else ""
        text += f"**({len(found)})**\u00a0\\_\\_\\_\\_\\_\\_" + (f" ({offered})" if offered else "")
    return text, found


def _body(question: Question, lang: str) -> Iterator[str]:
    """The lines of a question: its text, and the places for the answer."""
    say = Words(lang)
    item, wording = question.item, question.item.wordings[lang]
    answer = say.say("quiz_answer")
    if item.type == "cloze":
        text, found = with_blanks(wording.stem, say)
        yield from (text, "", *(f"{answer} ({number}): \n" for number in range(1, len(found) + 1)))
        return
    yield from (wording.stem, "")
    if item.type in CHOICES:
        yield from (f"*{' '.join(map(say.say, ticking(item)))}*", "", *_options(question, lang))
    elif item.type == "match":
        lefts = sum(bool(pair.left) for pair in wording.pairs)
        yield from (*_table(question, lang), "", f"*{say.say('quiz_letters')}*", "")
        yield from (f"{answer} ({number}): \n" for number in range(1, lefts + 1))
    else:
        if item.type == "essay" and item.words != (0, 0):
            yield from (f"*{say.say('sheet_words', low=item.words[0], high=item.words[1])}*", "")
        yield f"{answer}: "


def write(form: Form, questions: Sequence[Question], student: str, lang: str) -> str:
    """The sheet of a student.

    Raises:
        SheetError: the name cannot stand in a sheet.
    """
    if safe.printable(student) != student or not student.strip() or "|" in student or "--" in student or "`" in student:
        raise SheetError(f"{safe.printable(student)!r} cannot be the name of a student on a sheet")
    say = Words(lang)
    total = say.number(sum(question.item.points for question in questions))
    lines = [
        f"<!-- convmark answer sheet 1 | {form.name} | {student} | {lang} -->",
        "",
        f"# {form.title.get(lang) or form.name}",
        "",
        say.say("quiz_whose", student=student, count=say.count(len(questions)), points=total),
        "",
        say.say("sheet_how"),
        "",
        say.say("sheet_formats"),
        "",
    ]
    for number, question in enumerate(questions, 1):
        head = say.say("sheet_question", number=number, points=say.number(question.item.points))
        lines += [f"## {head} <!-- {question.code} v{question.item.version} -->", "", *_body(question, lang), ""]
    return "\n".join(line.rstrip(" ") for line in "\n".join(lines).split("\n")).rstrip("\n") + "\n"


def read(content: bytes) -> Sheet:
    """A sheet that was handed in.

    Raises:
        SheetError: it is none, or too large.
    """
    if len(content) > MAX_BYTES:
        raise SheetError(f"it is larger than {MAX_BYTES // 2**20} MiB")
    text = content.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")
    head = HEAD.search(text)
    if head is None:
        raise SheetError("the first line of an answer sheet is missing")
    found = list(QUESTION.finditer(text))
    if not found or len(found) > MAX_QUESTIONS:
        raise SheetError("it has no questions" if not found else f"it has more than {MAX_QUESTIONS} questions")
    ends = [*(match.start() for match in found[1:]), len(text)]
    raws: dict[str, Raw] = {}
    twice = []
    for match, end in zip(found, ends, strict=True):
        if match["code"] in raws:
            twice.append(match["code"])
        else:
            raws[match["code"]] = _raw(text[match.end() : end], int(match["version"]))
    return Sheet(head["form"], head["student"], head["lang"], raws, tuple(twice))


def _raw(body: str, version: int) -> Raw:
    marks = {match["letter"]: match["mark"].strip() for match in OPTION.finditer(body)}
    found = list(ANSWER.finditer(body))
    texts: dict[int, str] = {}
    for number, match in enumerate(found):
        end = found[number + 1].start() if number + 1 < len(found) else len(body)
        texts.setdefault(int(match["gap"] or 0), body[match.start("text") : end].strip())
    return Raw(version, marks, texts, body[found[0].start("text") :].strip() if found else "")


def answer(question: Question, raw: Raw, lang: str) -> Answer:
    """What the student answered, for `marking.mark`.

    Raises:
        UnreadableError: marks or letters that cannot be made out.
    """
    item = question.item
    if item.type in CHOICES:
        return tuple(_ticked(question, raw, lang))
    if item.type == "match":
        return tuple(_matched(question, raw, lang))
    if item.type == "cloze":
        return tuple(_line(raw, number) for number in range(1, len(gaps.of(item.wordings[lang].stem)) + 1))
    return (raw.rest if item.type == "essay" else _line(raw, 0),)


def _line(raw: Raw, number: int) -> str:
    """A text on one line, without the quotes and backticks in which students put code."""
    return SPACE.sub(" ", raw.texts.get(number, "")).strip().strip("`*_ ")


def _ticked(question: Question, raw: Raw, lang: str) -> Iterator[str]:
    options = question.item.wordings[lang].options
    for place, index in enumerate(question.order):
        mark = raw.marks.get(LETTERS[place], "").casefold()
        if mark and not set(mark) <= TICKS:
            raise UnreadableError(f"[{mark}]")
        if mark:
            yield options[index].id


def _matched(question: Question, raw: Raw, lang: str) -> Iterator[str]:
    rights = dict(_rights(question, lang))
    lefts = sum(bool(pair.left) for pair in question.item.wordings[lang].pairs)
    for number in range(1, lefts + 1):
        letter = _line(raw, number).strip(".()").upper().translate(LOOK_ALIKE)
        if letter and letter not in rights:
            raise UnreadableError(letter)
        yield rights.get(letter, "")


def written(raw: Raw) -> str:
    """What stands on the sheet, for a person who has to make it out."""
    marks = [f"[{mark}] {letter}" for letter, mark in raw.marks.items() if mark]
    return "; ".join([*marks, *(text for text in raw.texts.values() if text)])
