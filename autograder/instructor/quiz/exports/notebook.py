"""The quiz as a notebook for nbgrader: a cell to answer in below each question, and a test with the points.

Keys stand between the marks of hidden tests, and rubrics between those of mark schemes, from where nbgrader takes them
out. What students get has no id of an item. A grade id ends with a `stamp` of what the student sees, so that an answer to
another version of a question is known as one.
"""

import hashlib
import inspect
import pprint
import string
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from autograder.instructor.quiz.bank import gaps, numbers, text
from autograder.instructor.quiz.bank.gaps import Gap
from autograder.instructor.quiz.bank.marking import normal
from autograder.instructor.quiz.bank.model import TYPES, Wording
from autograder.instructor.quiz.exports import standalone
from autograder.instructor.quiz.exports.target import FEATURES, Request, Target
from autograder.instructor.quiz.forms import form
from autograder.instructor.quiz.forms.form import Question
from autograder.instructor.rendering import Words

if TYPE_CHECKING:
    from nbformat.notebooknode import NotebookNode

STATES = ("right", "partial", "wrong", "blank")
BLANK = r"\_\_\_[{number}]\_\_\_"
SKELETON = {"single": '""', "truefalse": '""', "numeric": '""', "short": '""', "multi": "[]"}
# Names in the notebook mean what they mean in Python, whatever the cells before have called by them.
RESTORED = "from builtins import *"


def wording(question: Question, lang: str) -> Wording:
    """The text of a question in a language.

    Raises:
        KeyError: it has none.
    """
    return question.item.wordings[lang]


def letters(question: Question) -> str:
    """The letters of what is offered, in the order in which it is."""
    return string.ascii_lowercase[: len(question.order)]


def name(number: int) -> str:
    """The variable that holds the answer to a question."""
    return f"answer_{number}"


def stamp(question: Question, number: int, lang: str) -> str:
    """Eight digits that are others for another version of a question, or if it reads otherwise; no key goes into them."""
    seen = f"{question.code}:{question.item.version}:{lang}:{_shown(question, number, lang)}"
    return hashlib.sha256(seen.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def _indented(source: str) -> str:
    return source.replace("\n", "\n  ")


def _cell(source: str) -> str:
    """A text for the cell of a table."""
    return " ".join(source.split()).replace("|", r"\|")


def _table(question: Question, told: Wording) -> str:
    lefts = [(str(place), pair.left) for place, pair in enumerate([pair for pair in told.pairs if pair.left], 1)]
    rights = [(letter, told.pairs[place].right) for letter, place in zip(letters(question), question.order, strict=True)]
    rows = [(*(lefts[row] if row < len(lefts) else ("", "")), *rights[row]) for row in range(len(rights))]
    heads = ("", told.heads[0], "", told.heads[1])
    return "\n".join("| " + " | ".join(map(_cell, row)) + " |" for row in (heads, ["---"] * 4, *rows))


def _gapped(told: Wording, words: Words) -> str:
    """The text with numbered blanks, and what is offered for those where something is to be chosen."""
    parts, offered, number = [], [], 0
    for part in gaps.split(told.stem):
        if isinstance(part, Gap):
            number += 1
            choices = " / ".join(sorted(part.offered))
            offered += ["- " + words.say("quizbook_choices", number=number, choices=choices)] if choices else []
        parts.append(part if isinstance(part, str) else BLANK.format(number=number))
    return "\n\n".join(["".join(parts), *(["\n".join(offered)] if offered else [])])


def _shown(question: Question, number: int, lang: str) -> str:
    """The question as Markdown."""
    item, told, words = question.item, wording(question, lang), Words(lang)
    parts = ["### " + words.say("quizbook_question", number=number, points=words.number(item.points))]
    parts.append(_gapped(told, words) if item.type == "cloze" else told.stem)
    if item.type == "match":
        parts.append(_table(question, told))
    elif item.type == "essay":
        parts += [words.say("quizbook_words", low=item.words[0], high=item.words[1])] if item.words[1] else []
    elif question.order:
        options = [told.options[place].text for place in question.order]
        parts.append(
            "\n".join(f"- {letter}) {_indented(option)}" for letter, option in zip(letters(question), options, strict=True))
        )
    return "\n\n".join(parts)


def expected(question: Question, lang: str) -> str:
    """What form the answer has, in a few words."""
    told, count = wording(question, lang), 0
    if question.item.type == "match":
        count = sum(bool(pair.left) for pair in told.pairs)
    elif question.item.type == "cloze":
        count = len(gaps.of(told.stem))
    kind = "single" if question.item.type == "truefalse" else question.item.type
    return Words(lang).say(f"quizbook_expected_{kind}", letters=", ".join(letters(question)), count=count)


def reader(question: Question, lang: str) -> tuple[Callable[..., list[str] | None], tuple[Any, ...]]:
    """The function that reads an answer, and what it is given after the answer."""
    kind, told = question.item.type, wording(question, lang)
    if kind == "numeric":
        return standalone.read_number, (lang,)
    if kind == "short":
        return standalone.read_text, ()
    if kind == "match":
        return standalone.read_rows, (letters(question), sum(bool(pair.left) for pair in told.pairs))
    if kind == "cloze":
        return standalone.read_gaps, ([gap.kind == "number" for gap in gaps.of(told.stem)], lang)
    return standalone.read_letters, (letters(question), kind == "multi")


def _ends(key: numbers.Key) -> tuple[float, float]:
    """The ends of what a key accepts."""
    slack = numbers.SLACK * max(abs(key.low), abs(key.high))
    return key.low - slack, key.high + slack


def judge(question: Question, lang: str) -> tuple[Callable[..., tuple[float, list[str]]], tuple[Any, ...]]:
    """The function that compares with the key, and what it is given after the answer: the key."""
    kind, told = question.item.type, wording(question, lang)
    if kind == "numeric":
        read = [(option, numbers.key(option.text)) for option in told.options]
        ranges = [(*_ends(key), option.correct, text.plain(option.feedback)) for option, key in read if key is not None]
        return standalone.judge_number, (ranges, lang)
    if kind == "short":
        return standalone.judge_text, ([(normal(one.text), one.correct, text.plain(one.feedback)) for one in told.options],)
    if kind == "match":
        rights = [normal(told.pairs[place].right) for place in question.order]
        key = [letters(question)[rights.index(normal(pair.right))] for pair in told.pairs if pair.left]
        return standalone.judge_rows, ("".join(key),)
    if kind == "cloze":
        accepted = [list(_ends(gap.key) if gap.key else map(normal, gap.accepted)) for gap in gaps.of(told.stem)]
        return standalone.judge_gaps, (accepted, lang)
    places = {place: letter for letter, place in zip(letters(question), question.order, strict=True)}
    options = [(places[place], one.correct, text.plain(one.feedback)) for place, one in enumerate(told.options)]
    return standalone.judge_letters, (options, kind == "multi")


def phrases(lang: str, needed: str = "") -> dict[str, str]:
    """The sentences on what became of an answer; *needed* is the form that it should have."""
    words, kept = Words(lang), {"points": "{points}", "maximum": "{maximum}"}
    found = {state: words.say(f"quizbook_{state}", **kept) for state in STATES}
    misformed = words.say("quizbook_misformed", expected=needed, **kept)
    return found | {"misformed": misformed, "mark": "," if lang == "ru" else "."}


def _sources(*functions: Callable[..., Any]) -> str:
    return "\n\n".join(inspect.getsource(function).strip() for function in functions)


NEEDED: Mapping[Callable[..., Any], tuple[Callable[..., Any], ...]] = {
    standalone.read_number: (standalone.read_text, standalone.number),
    standalone.read_rows: (standalone.read_letters,),
    standalone.read_gaps: (standalone.read_text, standalone.number, standalone.read_number),
    standalone.judge_text: (standalone.normal,),
    standalone.judge_gaps: (standalone.normal,),
}


def _literals(values: Sequence[Any]) -> str:
    return ", ".join(pprint.pformat(value, width=110, sort_dicts=False) for value in values)


def _test(question: Question, number: int, lang: str) -> str:
    """The test of an answer: whether it can be read, for everybody to see; and, hidden, what it is worth."""
    words, needed = Words(lang), expected(question, lang)
    read, form_ = reader(question, lang)
    compare, key = judge(question, lang)
    says = [words.say("quizbook_unreadable", expected=needed), words.say("quizbook_unanswered", expected=needed)]
    bad, empty, good = (repr(sentence) for sentence in (*says, words.say("quizbook_readable")))
    given = "".join(f", {value!r}" for value in form_)
    partial = question.item.scoring == "partial"
    return f"""# {words.say("quizbook_test")}
{RESTORED}

{_sources(*NEEDED.get(read, ()), read)}

quiz_answer = {read.__name__}(globals().get({name(number)!r}, ""){given})
print({bad} if quiz_answer is None else {good} if "".join(quiz_answer).strip() else {empty})
### BEGIN HIDDEN TESTS
from collections.abc import Callable

{_sources(*NEEDED.get(compare, ()), compare, standalone.told, standalone.grade)}

quiz_words = {_literals([phrases(lang, needed)])}
quiz_judge = lambda quiz_given: {compare.__name__}(quiz_given, {_literals(key)})
quiz_points, quiz_told = grade(quiz_answer, quiz_judge, {float(question.item.points)!r}, {partial!r}, quiz_words)
print(quiz_told)
quiz_points
### END HIDDEN TESTS"""


def _answer(question: Question, number: int, lang: str) -> str:
    """The cell to answer in. The region keeps nbgrader from replacing all of it."""
    kind, told = question.item.type, wording(question, lang)
    parts = len(gaps.of(told.stem)) if kind == "cloze" else sum(bool(pair.left) for pair in told.pairs)
    empty = SKELETON.get(kind) or repr([""] * parts).replace("'", '"')
    return f"# {expected(question, lang)}\n{name(number)} = {empty}\n### BEGIN SOLUTION\n### END SOLUTION"


def _scheme(question: Question, lang: str) -> str:
    """Rubric and model answer, for whoever grades."""
    told, words = wording(question, lang), Words(lang)
    rows = "\n".join(f"- {words.number(row.points)}: {_indented(row.text)}" for row in told.rubric)
    rubric, model = words.say("quizbook_rubric"), words.say("quizbook_model_answer")
    return f"### BEGIN MARK SCHEME\n**{rubric}**\n\n{rows}\n\n**{model}**\n\n{told.model_answer}\n### END MARK SCHEME"


def _marked(cell: "NotebookNode", grade_id: str, **marks: Any) -> "NotebookNode":
    found = {"schema_version": 3, "grade_id": grade_id, "grade": False, "solution": False, "locked": False, "task": False}
    cell.id = grade_id
    cell.metadata.update(deletable=False, nbgrader=found | marks)
    if "solution" not in marks:
        cell.metadata["editable"] = False
    return cell


def _cells(question: Question, number: int, lang: str) -> "list[NotebookNode]":
    from nbformat import v4  # takes seconds to import: not for the help of `convmark quiz`

    shown, mark = _shown(question, number, lang), f"{number}_{stamp(question, number, lang)}"
    points = float(question.item.points)
    if question.item.type == "essay":
        task = v4.new_markdown_cell(f"{shown}\n\n{_scheme(question, lang)}")
        answer = v4.new_markdown_cell(Words(lang).say("quizbook_essay"), id=f"text_{mark}", metadata={"deletable": False})
        return [_marked(task, f"essay_{mark}", task=True, locked=True, points=points), answer]
    test = v4.new_code_cell(_test(question, number, lang), metadata={"jupyter": {"source_hidden": True}})
    return [
        _marked(v4.new_markdown_cell(shown), f"question_{mark}", locked=True),
        _marked(v4.new_code_cell(_answer(question, number, lang)), f"answer_{mark}", solution=True),
        _marked(test, f"test_{mark}", grade=True, locked=True, points=points),
    ]


def book(questions: Sequence[Question], lang: str, title: str) -> bytes:
    """The notebook with these questions, keys and mark schemes in it: nbgrader's source version.

    Raises:
        KeyError: a question has no text in that language.
    """
    import nbformat
    from nbformat import v4

    intro = v4.new_markdown_cell(f"# {title}\n\n" + Words(lang).say("quizbook_intro").strip())
    cells = [_marked(intro, "intro", locked=True)]
    for number, question in enumerate(questions, 1):
        cells += _cells(question, number, lang)
    about = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    made = v4.new_notebook(cells=cells, metadata=about)
    made.nbformat_minor = 5
    nbformat.validate(made)
    return (str(nbformat.writes(made)) + "\n").encode()


def _build(request: Request) -> dict[str, bytes]:
    """The whole bank, each item once.

    Raises:
        FormError: the values of an item cannot be filled in.
    """
    questions = form.questions(form.everything(request.bank), request.bank, "")
    return {f"{request.bank.id}-{request.lang}.ipynb": book(questions, request.lang, request.title)}


TARGET = Target(
    name="nbgrader",
    title="Jupyter notebook for nbgrader",
    langs=("ru", "en"),
    holds=dict.fromkeys((*TYPES, *FEATURES), "yes")
    | {
        "hint": "no",
        "explanation": "no",
        "rubric": "a mark scheme that nbgrader takes out of the students' version",
        "variants": "one of them",
    },
    build=_build,
)
