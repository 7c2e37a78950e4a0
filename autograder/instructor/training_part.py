"""The part of a student's page that draws the learning curves which the student recorded."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from autograder import accuracy, history
from autograder.history import History
from autograder.instructor.curves import Plot
from autograder.instructor.rendering import Words

MAX_ROWS = 50  # of the table; of a longer training every few epochs, and the last
KINDS = ("fit", "validation")  # classes of the lines in style.css


def facts(say: Words, known: Mapping[str, Any]) -> dict[str, Any] | None:
    """The curves, a table of the same numbers, and what they come to in a sentence; None without a record."""
    found = history.of_facts(known)
    if found is None:
        return None
    percents = [[100 * value for value in values] for values in (found.accuracy, found.val_accuracy)]
    return {
        "told": accuracy.of_history(found, say.lang),
        "plots": [
            (say.say("history_loss"), _plot(say, found.epochs, (found.loss, found.val_loss), "history_loss_text")),
            (say.say("history_accuracy"), _plot(say, found.epochs, percents, "history_accuracy_text", 100.0)),
        ],
        "rows": [_row(say, found, epoch) for epoch in _epochs(found.epochs)],
    }


def _plot(say: Words, epochs: int, curves: Sequence[Sequence[float]], text: str, highest: float | None = None) -> Markup:
    """Two curves over the epochs, described by where they begin and end."""
    plot = Plot(say, epochs, highest or 1.05 * max(max(map(max, curves)), 1e-9), say.say("history_axis"), whole=True)
    for kind, values in zip(KINDS, curves, strict=True):
        points = list(enumerate(values, 1))
        plot.line(kind, points if epochs > 1 else [(0.0, values[0]), (1.0, values[0])])
    ends = {
        f"{kind}_{end}": say.local(f"{values[place]:.3g}")
        for kind, values in zip(KINDS, curves, strict=True)
        for end, place in (("first", 0), ("last", -1))
    }
    return plot.drawn(say.say(text, **ends))


def _epochs(epochs: int) -> list[int]:
    step = -(-epochs // MAX_ROWS)
    return sorted({*range(0, epochs, step), epochs - 1})


def _row(say: Words, found: History, epoch: int) -> list[str]:
    losses = [say.local(f"{values[epoch]:.4g}") for values in (found.loss, found.val_loss)]
    shares = [say.percent(values[epoch]) for values in (found.accuracy, found.val_accuracy)]
    return [say.count(epoch + 1), losses[0], losses[1], shares[0], shares[1]]
