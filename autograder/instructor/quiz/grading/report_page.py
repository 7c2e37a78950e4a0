"""A student's page: points, and for each question what was answered, which mistake it is, and why.

The key and the explanation are on it only where the instructor says so: others may still have to answer.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from autograder import __version__
from autograder.instructor import rendering
from autograder.instructor.quiz.bank import gaps, numbers, text
from autograder.instructor.quiz.bank.marking import Mark, accepts
from autograder.instructor.quiz.bank.model import CHOICES
from autograder.instructor.quiz.forms import sheets
from autograder.instructor.quiz.grading.responses import Response
from autograder.instructor.rendering import Words
from autograder.safe import printable_lines

SYMBOLS = {"right": "✓", "partial": "◐", "wrong": "✗", "blank": "–", "unreadable": "!", "waiting": "…"}
# The classes of the style sheet for checks, whose colours mean the same.
STYLES = {
    "right": "passed",
    "partial": "partly",
    "wrong": "failed",
    "blank": "failed",
    "unreadable": "broken",
    "waiting": "broken",
}
MAX_ANSWER = 20_000
REVISE = 3


@dataclass(frozen=True)
class Topic:
    """Points of the questions on a topic."""

    name: str
    points: float
    maximum: float


def topics(rows: Sequence[tuple[Response, Mark]]) -> list[Topic]:
    """Points by topic, in the order of the questions; what waits does not count yet."""
    found: dict[str, list[Mark]] = defaultdict(list)
    for response, mark in rows:
        if mark.points is not None:
            found[response.item.topic].append(mark)
    return [
        Topic(name, sum(mark.points or 0.0 for mark in marks), sum(mark.maximum for mark in marks))
        for name, marks in found.items()
    ]


def page(
    title: str,
    rows: Sequence[tuple[Response, Mark]],
    worth: tuple[float, float],
    titles: Mapping[str, Mapping[str, str]],
    *,
    show_key: bool,
) -> str:
    """The page of a student, who has at least one response.

    *worth* are points and their maximum in the gradebook, *titles* what topics are called, by language.
    """
    first = rows[0][0]
    say = Words(first.lang)
    by_topic = [replace(topic, name=titles.get(topic.name, {}).get(first.lang, topic.name)) for topic in topics(rows)]
    weak = sorted((topic for topic in by_topic if topic.points < topic.maximum), key=lambda topic: topic.points / topic.maximum)
    points, maximum = (
        round(sum(values), 2) for values in zip(*((mark.points or 0.0, mark.maximum) for _, mark in rows), strict=True)
    )
    return rendering.page(
        "quiz_report.html",
        say,
        title=title,
        student=first.student,
        points=points,
        maximum=maximum,
        in_gradebook=say.out_of(*worth) if worth[1] != maximum else "",
        whole=points / maximum if maximum else 0.0,
        waiting=sum(mark.points is None for _, mark in rows),
        topics=by_topic,
        revise=[topic.name for topic in weak[:REVISE]],
        questions=[_question(response, mark, say, show_key) for response, mark in rows],
        version=__version__,
    )


def _question(response: Response, mark: Mark, say: Words, show_key: bool) -> dict[str, object]:
    item, wording = response.item, response.item.wordings[response.lang]
    feedback = [Markup(text.html(part)) for part in mark.feedback]
    if item.type == "essay" and mark.points is not None:
        feedback = [Markup("<p>{}</p>").format(part) for part in mark.feedback]  # a person's comment is no Markdown
    explained = show_key and mark.state != "waiting"
    return {
        "number": response.question,
        "state": mark.state,
        "style": STYLES[mark.state],
        "symbol": SYMBOLS[mark.state],
        "word": say.say(f"quiz_state_{mark.state}"),
        "points": say.say("quiz_points_open", maximum=say.number(mark.maximum))
        if mark.points is None
        else say.out_of(mark.points, mark.maximum),
        "stem": _stem(response, say),
        "answer": list(_answered(response, say)),
        "feedback": feedback,
        "key": list(_key(response)) if explained else [],
        "explanation": Markup(text.html(wording.explanation)) if explained and wording.explanation else "",
    }


def _stem(response: Response, say: Words) -> Markup:
    source = response.item.wordings[response.lang].stem
    if response.item.type == "cloze":
        source, _ = sheets.with_blanks(source, say)
    return Markup(text.html(source))


def _inline(source: str) -> Markup:
    return Markup(text.inline(source))


def _answered(response: Response, say: Words) -> Iterator[Markup]:
    """The answer, one part for each option, pair or gap."""
    item, wording = response.item, response.item.wordings[response.lang]
    if response.answer is None:
        yield _written(response.written)
    elif item.type in CHOICES:
        yield from (_inline(option.text) for option in wording.options if option.id in response.answer)
    elif item.type == "match":
        lefts = [pair for pair in wording.pairs if pair.left]
        for pair, right in zip(lefts, response.answer, strict=False):
            if right:
                yield _verdict(right == pair.right, Markup("{} → {}").format(_inline(pair.left), _inline(right)), say)
    elif item.type == "cloze":
        for number, (gap, filled) in enumerate(zip(gaps.of(wording.stem), response.answer, strict=False), 1):
            if filled.strip():
                shown = Markup("({}) {}").format(number, _written(filled))
                yield _verdict(bool(accepts(gap, filled, response.lang)), shown, say)
    else:
        yield from (_written(part) for part in response.answer if part.strip())


def _verdict(right: bool, shown: Markup, say: Words) -> Markup:
    """A part of an answer with a sign and, for those who hear the page, a word."""
    state = "right" if right else "wrong"
    sign = Markup('<span class="{}"><span aria-hidden="true">{}</span><span class="hidden">{}: </span></span> {}')
    return sign.format("same" if right else "differs", SYMBOLS[state], say.say(f"quiz_state_{state}"), shown)


def _written(source: str) -> Markup:
    return Markup('<span class="written">{}</span>').format(printable_lines(source[:MAX_ANSWER]))


def _key(response: Response) -> Iterator[Markup]:
    """The right answer, as it is told once everybody has answered."""
    item, wording = response.item, response.item.wordings[response.lang]
    if item.type == "match":
        yield from (Markup("{} → {}").format(_inline(pair.left), _inline(pair.right)) for pair in wording.pairs if pair.left)
    elif item.type == "cloze":
        for number, gap in enumerate(gaps.of(wording.stem), 1):
            told = numbers.shown(gap.accepted[0], response.lang) if gap.key else gap.accepted[0]
            yield Markup("({}) {}").format(number, told)
    elif item.type == "essay":
        yield Markup(text.html(wording.model_answer))
    elif item.type == "numeric":
        yield from (Markup.escape(numbers.shown(option.text, response.lang)) for option in wording.options if option.correct)
    else:
        yield from (_inline(option.text) for option in wording.options if option.correct)
