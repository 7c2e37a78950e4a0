"""What exported packages are read back with, and answers to try on them."""

import io
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

from autograder.instructor.quiz.bank import gaps, instances, numbers
from autograder.instructor.quiz.bank.gaps import Gap
from autograder.instructor.quiz.bank.marking import Answer
from autograder.instructor.quiz.bank.model import CHOICES, Bank, Item
from autograder.instructor.quiz.bank.reading import read_bank
from tests.conftest import REPO

LANGS = ("ru", "en")
BANK: Bank = read_bank(REPO / "quiz" / "questions")[0]


def filled(bank: Bank = BANK) -> list[Item]:
    """All items with all their variants."""
    return [variant for item in bank.items for variant in instances.variants(item, bank.id)]


def unpacked(content: bytes) -> dict[str, bytes]:
    """The files of a zip, which is whole."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {info.filename: archive.read(info) for info in archive.infolist()}


def plain(content: bytes) -> ET.Element:
    """A document whose tags have lost their namespaces."""
    root = ET.fromstring(content)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        self.parts.append(data)


def words(html: str) -> str:
    """What a reader sees of HTML, with single spaces."""
    parser = _Text()
    parser.feed(html)
    parser.close()
    return " ".join("".join(parser.parts).split())


def told(element: ET.Element) -> str:
    """What a reader sees of an element, with single spaces."""
    return " ".join("".join(element.itertext()).split())


def answers(item: Item, lang: str) -> Iterator[Answer]:
    """Right, partly right and wrong answers to a filled item, as `marking.mark` takes them."""
    wording = item.wordings[lang]
    ids = [option.id for option in wording.options]
    keys = [option.id for option in wording.options if option.correct]
    if item.type in CHOICES:
        yield from ((name,) for name in ids)
    if item.type == "multi":
        yield from (tuple(keys), tuple(ids), tuple(keys[1:]), (*keys, next(name for name in ids if name not in keys)))
    if item.type == "numeric":
        for option in wording.options:
            key = numbers.key(option.text)
            assert key is not None
            reach = key.high - key.low
            yield from (
                (f"{number:.12g}",) for number in (key.value, key.low, key.high, key.high + reach + 1, key.low - reach - 1)
            )
    if item.type == "short":
        yield from ((option.text,) for option in wording.options)
        yield from ((wording.options[0].text.upper(),), ("?",))
    if item.type == "match":
        rights = [pair.right for pair in wording.pairs if pair.left]
        stray = [pair.right for pair in wording.pairs if not pair.left] or rights[1:]
        yield from (tuple(rights), (*rights[1:], rights[0]), (rights[0], *stray[:1] * (len(rights) - 1)))
    if item.type == "cloze":
        found = gaps.of(wording.stem)
        yield tuple(gap.accepted[-1] if gap.key is None else f"{gap.key.value:.12g}" for gap in found)
        yield (_right(found[0]), *map(_wrong, found[1:]))
        yield tuple(map(_wrong, found))


def _right(gap: Gap) -> str:
    return (
        gap.accepted[0].replace("ё", "е").upper()
        if gap.kind == "text"
        else gap.accepted[0]
        if gap.key is None
        else f"{gap.key.low:.12g}"
    )


def _wrong(gap: Gap) -> str:
    return gap.offered[-1] if gap.kind == "choice" else "?" if gap.key is None else f"{gap.key.high + 1:.12g}"
