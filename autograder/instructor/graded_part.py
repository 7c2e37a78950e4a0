"""The part of a student's page that says what was graded, with what, and how to make the same again."""

from collections.abc import Iterator, Mapping
from typing import Any

from markupsafe import Markup

from autograder import __version__, evidence
from autograder.instructor.rendering import Words, bounded, code
from autograder.instructor.results import scheme_digest
from autograder.scheme import Scheme


def facts(say: Words, scheme: Scheme, known: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """What was graded and how, as far as it is known, as labels with their values."""
    shown = [*_submission(say, known), *_machine(say, known), *_grader(say, scheme, known)]
    return [(label, value if isinstance(value, Markup) else bounded(value)) for label, value in shown if value not in (None, "")]


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _items(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []


def _submission(say: Words, known: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    source = _table(known.get("source"))
    yield say.say("file"), source.get("name")
    yield say.say("file_digest"), source.get("sha256")
    yield say.say("ignored"), ", ".join(map(str, _items(source.get("ignored"))))
    yield say.say("stages"), code(bounded(", ".join(_stages(say, _table(known.get("stages"))))))


def _stages(say: Words, stages: Mapping[str, Any]) -> Iterator[str]:
    """What was run, and what became of it."""
    called_by = {"import": say.say("stage_import")} | {name: f"`{task}`" for name, task in evidence.FUNCTIONS.items()}
    for name, status in stages.items():
        if called := called_by.get(name):
            yield say.say(f"stage_{status}", name=called) if status in evidence.STATUSES else called


def _machine(say: Words, known: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    sandbox, layers = _table(known.get("sandbox")), _items(_table(known.get("sandbox")).get("layers"))
    yield say.say("versions"), ", ".join(f"{name} {version}" for name, version in _table(known.get("versions")).items())
    yield say.say("sandbox"), f"{sandbox.get('level', '')}" + (f" ({', '.join(map(str, layers))})" if layers else "")


def _grader(say: Words, scheme: Scheme, known: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    yield say.say("grader"), say.say("grader_versions", version=__version__, lab=scheme.raw["lab"]["version"])
    yield say.say("seed"), known.get("seed")
    accuracy = _table(known.get("accuracy"))
    if "steps" in accuracy:
        params = {"seed": scheme.raw["accuracy"]["trial"]["seed"], "steps": accuracy["steps"], "batch": accuracy["batch_size"]}
        yield say.say("trial_seed"), say.say("trial_facts", **params)
    yield say.say("evidence_digest"), known.get("evidence")
    yield say.say("scheme_digest"), scheme_digest(scheme)
