"""The part of the page of a class about works with the same code: what is listed, and in which words."""

from collections.abc import Mapping, Sequence
from typing import Any

from autograder.evidence import FUNCTIONS
from autograder.instructor.class_parts import link
from autograder.instructor.compact import Mapped
from autograder.instructor.rendering import Words, check_title
from autograder.instructor.similar import Found, Group
from autograder.scheme import Scheme

MAX_GROUPS = 100
FEW = 20  # students of a group that stand open


def shown(scheme: Scheme, say: Words, found: Found, graded: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What is told of the groups, the most telling first, and of those that are not listed."""

    def told(group: Group) -> dict[str, Any]:
        names = ", ".join(FUNCTIONS[section] for section in group.sections)
        kind = "similar_wrong" if group.mistakes else "similar_right"
        return {
            "title": say.say(kind, number=say.count(len(group.places)), functions=names),
            "sentences": _sentences(scheme, say, group, found),
            "links": Mapped(lambda place: link(graded[place]), group.places),
        }

    return {"groups": Mapped(told, found.groups[:MAX_GROUPS]), "notes": list(_notes(say, found))}


def _sentences(scheme: Scheme, say: Words, group: Group, found: Found) -> list[str]:
    made = ((check_title(scheme, check, say.lang), say.count(found.made[check])) for check in group.mistakes)
    titles = "; ".join(f"{title} ({count})" for title, count in made)
    rare = say.say("similar_rare", number=say.count(len(group.places)), all=say.count(found.known))
    return [*([say.say("similar_mistakes", titles=titles)] if titles else []), rare]


def _notes(say: Words, found: Found) -> list[str]:
    """What is not listed, and why."""
    notes = [say.say("similar_known", number=say.count(found.known))]
    if found.usual:
        notes.append(say.say("similar_usual", number=say.count(found.usual)))
    if found.unknown:
        notes.append(say.say("similar_unknown", number=say.count(found.unknown)))
    if len(found.groups) > MAX_GROUPS:
        notes.append(say.say("similar_cut", number=say.count(MAX_GROUPS), all=say.count(len(found.groups))))
    return notes
