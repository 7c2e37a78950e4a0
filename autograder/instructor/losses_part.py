"""The part of a student's page that draws the loss of the grader's short training: as the lab compiles, and as the work does."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from autograder import accuracy
from autograder.instructor.curves import Plot, finite
from autograder.instructor.rendering import Words, bounded

KINDS = ("lab", "own")  # classes of the lines in style.css
Curves = Mapping[str, Sequence[float | None]]


def facts(say: Words, known: Mapping[str, Any]) -> dict[str, Any] | None:
    """A sentence on what is drawn, and the plots with their titles; None without losses.

    Values of two loss functions have no common axis, so each of them has a plot of its own.
    """
    about = known.get("accuracy")
    runs = {kind: about.get(kind) for kind in KINDS} if isinstance(about, Mapping) else {}
    found = {kind: finite(run.get("losses")) for kind, run in runs.items() if isinstance(run, Mapping)}
    found = {kind: curve for kind, curve in found.items() if max((value or 0.0 for value in curve), default=0.0) > 0}
    if not found:
        return None
    names = known.get("losses")
    if isinstance(names, Mapping) and len(found) > 1 and names["lab"] != names["own"]:
        titles = {kind: say.say(f"losses_{kind}", loss=bounded(names[kind])) for kind in KINDS}
        plots = [(titles[kind], _plot(say, {kind: found[kind]})) for kind in KINDS]
        return {"caption": say.say("losses_other"), "plots": plots}
    caption = "losses_both" if len(found) > 1 else f"losses_only_{next(iter(found))}"
    return {"caption": say.say(caption), "plots": [("", _plot(say, found))]}


def accuracies(say: Words, known: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Which accuracy belongs to which compilation, as labels with values; nothing where there was only one training."""
    tried = accuracy.trial_of_facts(known)
    if tried is None or tried.own is None:
        return []
    shares = {"lab": tried.lab / tried.images, "own": tried.own / tried.images}
    return [(say.say(f"accuracy_{kind}"), say.percent(share)) for kind, share in shares.items()]


def _plot(say: Words, curves: Curves) -> Markup:
    """Lines over the steps, described by where the first of them begins and ends."""
    values = [value for curve in curves.values() for value in curve if value is not None]
    plot = Plot(say, max(map(len, curves.values())), 1.05 * max(values), say.say("losses_axis"))
    for kind, curve in curves.items():
        plot.line(kind, [(index + 1, value) for index, value in enumerate(curve) if value is not None])
    first = [value for value in next(iter(curves.values())) if value is not None]
    ends = {"first": say.local(f"{first[0]:.3g}"), "last": say.local(f"{first[-1]:.3g}")}
    return plot.drawn(say.say("losses_text", **ends))
