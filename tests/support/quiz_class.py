"""A class that answers a quiz of the real bank: the abler, the more often right, else with the mistakes that the bank names."""

import csv
import io
import json
import math
import random
from collections.abc import Sequence

from autograder.instructor.quiz.analysis.responses import COLUMNS
from autograder.instructor.quiz.bank import gaps
from autograder.instructor.quiz.bank.marking import Answer, mark
from autograder.instructor.quiz.bank.model import CHOICES, DIFFICULTIES, Bank, Item
from autograder.instructor.quiz.forms.form import Form, Question, questions

BLANK, STRANGE = 0.03, 0.01


def responses(form: Form, bank: Bank, students: int, seed: str, lang: str = "en", miskeyed: Sequence[str] = ()) -> str:
    """The table of a class; the answers to what is *miskeyed* are the wrong way round."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(COLUMNS)
    source = random.Random(seed)
    same = None if form.individual else questions(form, bank, "")
    for number in range(students):
        ability = source.gauss(0, 1)
        for place, question in enumerate(same or questions(form, bank, f"s{number:03}"), 1):
            given = answer(question.item, ability, lang, source, question.item.id in miskeyed)
            table.writerow([f"s{number:03}", place, *_row(question, lang, given)])
    return out.getvalue()


def _row(question: Question, lang: str, given: Answer) -> list[object]:
    item = question.item
    found = mark(item, lang, given)
    values, told = json.dumps(dict(item.values)), json.dumps(list(given), ensure_ascii=False)
    points = "" if found.points is None else f"{found.points:g}"
    about = [item.id, item.version, item.type, item.topic, item.bloom, item.difficulty, lang]
    return [*about, values, told, found.state, points, f"{found.maximum:g}", " ".join(found.mistakes)]


def answer(item: Item, ability: float, lang: str, source: random.Random, reversed_: bool = False) -> Answer:
    """What a student of that ability answers; at ability 0 it is right as often as the bank aims at."""
    chance = 1 / (1 + math.exp(-1.2 * ability - math.log(DIFFICULTIES[item.difficulty] / (1 - DIFFICULTIES[item.difficulty]))))
    chance = 1 - chance if reversed_ else chance
    if source.random() < BLANK:
        return ("",)
    right = source.random() < chance
    wording = item.wordings[lang]
    if item.type == "essay":
        return ("It is a sum of products.",)
    if item.type == "multi":
        return tuple(option.id for option in wording.options if option.correct == (source.random() < 0.2 + 0.8 * chance))
    if item.type in CHOICES:
        return (source.choice([option.id for option in wording.options if option.correct == right]),)
    if item.type == "match":
        rights = [pair.right for pair in wording.pairs if pair.left]
        return tuple(one if source.random() < chance else source.choice(rights) for one in rights)
    if item.type == "cloze":
        return tuple(gap.accepted[0].split("±")[0] if source.random() < chance else "0" for gap in gaps.of(wording.stem))
    if source.random() < STRANGE:
        return ("about <b>two</b>",)
    return (_written(item, lang, right, source),)


def _written(item: Item, lang: str, right: bool, source: random.Random) -> str:
    """A number or a word: the key, a trap, or something else."""
    known = [option.text.split("±")[0] for option in item.wordings[lang].options if option.correct == right]
    if right or (known and source.random() < 0.7):
        return source.choice(known)
    return str(source.choice((1, 2, 7, 12, 100)))
