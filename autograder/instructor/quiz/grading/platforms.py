"""Responses as Moodle and Canvas export them: CSV files that name no item, so items are known again by their text.

Moodle: the report "Responses" of a quiz, with the columns "Question n" and "Response n". Canvas: the report "Student
Analysis", whose heads hold the text of each question. Both show what was chosen as text, never as an id.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import unescape
from pathlib import Path

from autograder.instructor import tables
from autograder.instructor.quiz.bank import gaps, instances, text
from autograder.instructor.quiz.bank.marking import Answer
from autograder.instructor.quiz.bank.model import CHOICES, Bank, Item, Wording
from autograder.instructor.quiz.grading.responses import Response, Trouble

MAX_BYTES = 2**27
MAX_ROWS = 200_000
TAG = re.compile(r"<[^<>]{0,2000}>")
ESCAPED = re.compile(r"\\([,=])")  # as Canvas writes commas and arrows inside an answer
MOODLE = re.compile(r"(?P<what>question|response|вопрос|ответ) (?P<number>[0-9]{1,4})", re.IGNORECASE)
CANVAS = re.compile(r"(?P<number>[0-9]+): (?P<text>.*)", re.DOTALL)
NAMES = (
    "id number",
    "индивидуальный номер",
    "sis_id",
    "username",
    "логин",
    "email address",
    "адрес электронной почты",
    "id",
    "name",
)
SHOWN = (text.tex, text.mathml, text.dropped)  # what may have become of formulas
NOTHING = {"-", ""}


class PlatformError(Exception):
    """A file that is no export of responses that we know."""


@dataclass(frozen=True)
class Known:
    """An item in one language, as it is looked for."""

    item: Item
    lang: str

    @property
    def wording(self) -> Wording:
        """Its text."""
        return self.item.wordings[self.lang]

    @cached_property
    def options(self) -> dict[str, int]:
        """The places of its options by their forms."""
        return _places(self.item, self.lang, _options)

    @cached_property
    def sides(self) -> tuple[dict[str, int], dict[str, int]]:
        """The places of its left sides and of its right sides by their forms."""
        return _places(self.item, self.lang, _lefts), _places(self.item, self.lang, _rights)

    @cached_property
    def between(self) -> list[list[str]]:
        """What stands outside the gaps of a cloze, part by part, in each form."""
        parts = [part for part in gaps.split(self.wording.stem) if isinstance(part, str)]
        return [[bare(text.html(part, math)) for part in parts] for math in SHOWN]


def bare(source: str) -> str:
    """The letters and digits of a text, and the signs that change its meaning, without markup: what every export keeps."""
    plain = unescape(TAG.sub(" ", source))
    kept = (char for char in unicodedata.normalize("NFKC", plain).casefold() if char.isalnum() or char in "=+<>%")
    return "".join(kept).replace("ё", "е")


def forms(*sources: str) -> set[str]:
    """A text of the bank, as `bare` leaves it of an export: with formulas as TeX, as the words in their MathML, or lost.

    Of a question in two languages, which Moodle's filter shows one of, an export has both texts, one after the other.
    """
    return {"".join(bare(text.html(source, math)) for source in sources) for math in SHOWN}


Texts = Callable[[Wording], Sequence[str]]


def _places(item: Item, lang: str, texts: Texts) -> dict[str, int]:
    """The places of texts of an item by their forms, in one language and in all languages together."""
    found: dict[str, int] = {}
    for place, source in enumerate(texts(item.wordings[lang])):
        for shown in forms(source) | forms(*(texts(wording)[place] for wording in item.wordings.values())):
            if shown:
                found.setdefault(shown, place)
    return found


def _stem(wording: Wording) -> list[str]:
    """The text of an item; of a cloze what stands outside its gaps."""
    return ["".join(part if isinstance(part, str) else " " for part in gaps.split(wording.stem))]


def _whole_stem(wording: Wording) -> list[str]:
    return [wording.stem]


def _options(wording: Wording) -> list[str]:
    return [option.text for option in wording.options]


def _lefts(wording: Wording) -> list[str]:
    return [pair.left for pair in wording.pairs]


def _rights(wording: Wording) -> list[str]:
    return [pair.right for pair in wording.pairs]


class Recogniser:
    """Knows the items of a bank again by what an export shows of their texts."""

    def __init__(self, bank: Bank) -> None:
        self._by_text: dict[str, list[Known]] = {}
        self._clozes: list[Known] = []
        for item in bank.items:
            for given in instances.variants(item, bank.id):
                told = _stem if given.type == "cloze" else _whole_stem
                for lang in given.wordings:
                    known = Known(given, lang)  # one for all forms: it keeps what is computed of it
                    self._clozes += [known] if given.type == "cloze" else []
                    for shown in _places(given, lang, told):
                        self._by_text.setdefault(shown, []).append(known)
        self._longest_first = sorted(self._by_text, key=len, reverse=True)

    def find(self, shown: str) -> Known | None:
        """The item whose text *shown* is, or begins with; None if there is none, or more than one."""
        wanted = bare(shown)
        candidates = self._by_text.get(wanted) or next(
            (self._by_text[stem] for stem in self._longest_first if stem and wanted.startswith(stem)), []
        )
        if not candidates:
            candidates = [found for found in self._clozes if _in_order(found, wanted)]
        if len({found.item.name for found in candidates}) > 1:
            candidates = [found for found in candidates if all(bare(option.text) in wanted for option in found.wording.options)]
        return candidates[0] if len({found.item.name for found in candidates}) == 1 else None


def _in_order(found: Known, wanted: str) -> bool:
    """Whether the parts of a cloze stand in a text one after the other, whatever an export puts into its gaps."""
    return any(_stand(parts, wanted) for parts in found.between)


def _stand(parts: Iterable[str], wanted: str) -> bool:
    position = 0
    for shown in parts:
        position = wanted.find(shown, position)
        if position < 0:
            return False
        position += len(shown)
    return True


def read(path: Path, bank: Bank) -> tuple[list[Response], list[Trouble]]:
    """The responses in an export of Moodle or Canvas, and what could not be read of it.

    Raises:
        PlatformError: the file is neither, or too large.
    """
    rows = _rows(path)
    head = next(rows, [])
    recogniser = Recogniser(bank)
    if any(MOODLE.fullmatch(name.strip()) for name in head):
        return _moodle(head, rows, recogniser, path.name)
    if any(CANVAS.fullmatch(name) for name in head):
        return _canvas(head, rows, recogniser, path.name)
    raise PlatformError(f"{path.name} is neither Moodle's report of responses nor Canvas' student analysis")


def _rows(path: Path) -> Iterator[list[str]]:
    try:
        for number, row in enumerate(tables.rows(path, MAX_BYTES)):
            if number > MAX_ROWS:
                raise PlatformError(f"{path.name} has more than {MAX_ROWS} rows")
            yield row
    except tables.TableError as error:
        raise PlatformError(str(error)) from error


def _student(head: Sequence[str], row: Sequence[str]) -> str:
    """Who it is: the first of the columns that name a student and has something in it."""
    cells = dict(zip((name.strip().lower() for name in head), row, strict=False))
    return next((cells[name].strip() for name in NAMES if cells.get(name, "").strip()), "")


def _moodle(
    head: Sequence[str], rows: Iterator[list[str]], recogniser: Recogniser, file: str
) -> tuple[list[Response], list[Trouble]]:
    columns: dict[int, dict[str, int]] = {}
    for index, name in enumerate(head):
        match = MOODLE.fullmatch(name.strip())
        if match:
            what = {"вопрос": "question", "ответ": "response"}.get(match["what"].lower(), match["what"].lower())
            columns.setdefault(int(match["number"]), {})[what] = index
    if not all({"question", "response"} <= set(pair) for pair in columns.values()):
        raise PlatformError(f"{file}: tick “question text” above Moodle's report; without it nobody knows what was asked")
    found, troubles = [], []
    for line, row in enumerate(rows, 2):
        student = _student(head, row)
        if not student or len(row) < len(head):  # the line of averages, and empty ones
            continue
        for number, pair in sorted(columns.items()):
            if row[pair["question"]].strip() in NOTHING:
                continue
            known = recogniser.find(row[pair["question"]])
            if known is None:
                troubles.append(Trouble(f"{file}, row {line}, question {number}", "no item of the bank has this text"))
            else:
                found.append(_response(student, number, known, row[pair["response"]], "; "))
    return found, troubles


def _canvas(
    head: Sequence[str], rows: Iterator[list[str]], recogniser: Recogniser, file: str
) -> tuple[list[Response], list[Trouble]]:
    columns, troubles = {}, []
    for index, name in enumerate(head):
        match = CANVAS.fullmatch(name)
        if match:
            columns[index] = recogniser.find(match["text"])
            if columns[index] is None:
                troubles.append(Trouble(f"{file}, column {index + 1}", "no item of the bank has this text"))
    found = []
    for row in rows:
        student = _student(head, row)
        if not student:
            continue
        for number, (index, known) in enumerate(columns.items(), 1):
            # The cell after it has the points; they are missing where the student did not get this question.
            if known is not None and any(value.strip() for value in row[index : index + 2]):
                found.append(_response(student, number, known, row[index], ","))
    return found, troubles


def _response(student: str, number: int, known: Known, shown: str, mark: str) -> Response:
    shown = "" if shown.strip() in NOTHING else shown
    return Response(student, number, known.item, known.lang, _answer(known, shown, mark), shown)


def _answer(known: Known, shown: str, mark: str) -> Answer | None:
    """An answer from its text; None if it cannot be made out."""
    item, wording = known.item, known.wording
    if not shown.strip():
        return ()
    if item.type in CHOICES:
        return _chosen(known, shown)
    if item.type == "match":
        return _matched(known, shown, mark)
    if item.type == "cloze":
        return _filled(wording, shown, mark)
    return (shown.strip(),)


def _chosen(known: Known, shown: str) -> Answer | None:
    """The ids of the options whose texts *shown* consists of; longer ones first, since one may begin another."""
    rest, found = bare(shown), []
    by_text = known.options
    while rest:
        best = next((one for one in sorted(by_text, key=len, reverse=True) if one and rest.startswith(one)), None)
        if best is None:
            return None
        found.append(known.wording.options[by_text[best]].id)
        rest = rest[len(best) :]
    return tuple(found)


def _matched(known: Known, shown: str, mark: str) -> Answer | None:
    """Pairs as "left -> right; left -> right" (Moodle) or "left=>right,left=>right" (Canvas)."""
    arrow = "=>" if "=>" in shown else "->"
    lefts, rights = known.sides
    found: dict[int, str] = {}
    for part in re.split(rf"(?<!\\){re.escape(mark.strip())}", unescape(shown)):
        left, _, right = part.partition(arrow)
        if bare(left) not in lefts or (right.strip() and bare(right) not in rights):
            return None
        found[lefts[bare(left)]] = known.wording.pairs[rights[bare(right)]].right if right.strip() else ""
    return tuple(found.get(place, "") for place, pair in enumerate(known.wording.pairs) if pair.left)


def _filled(wording: Wording, shown: str, mark: str) -> Answer | None:
    """The gaps of a cloze: "part 1: a; part 2: b" (Moodle) or "a,b" (Canvas)."""
    count = len(gaps.of(wording.stem))
    parts = re.split(r"(?:^|;\s*)(?:part|часть) [0-9]{1,3}: ", shown)[1:]
    if not parts:
        parts = re.split(rf"(?<!\\){re.escape(mark.strip())}", shown)
    return tuple(ESCAPED.sub(r"\1", part).strip() for part in parts) if len(parts) == count else None
