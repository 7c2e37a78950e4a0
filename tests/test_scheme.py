"""The marking scheme, and that the checks are its lines."""

import ast
import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autograder import evidence, messages, scheme, supervise
from autograder.errors import GraderError
from autograder.lab import CLASSES, EPOCHS, IMAGE
from tests.test_network import EXPECTED

CHECKS = Path(scheme.__file__).parent / "checks"
SCHEME = scheme.load()


def functions() -> dict[str, ast.FunctionDef]:
    """Every check function by the id of its line."""
    found = {}
    for path in sorted(CHECKS.glob("test_*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                found[f"{path.stem.removeprefix('test_')}.{node.name.removeprefix('test_')}"] = node
    return found


def needs(node: ast.FunctionDef) -> list[str]:
    """The checks that a check function's markers name."""
    calls = [call for call in node.decorator_list if isinstance(call, ast.Call) and ast.unparse(call.func) == "pytest.mark.needs"]
    return [ast.literal_eval(argument) for call in calls for argument in call.args]


def test_points() -> None:
    """The sections are worth 20, 40, 20 and 20 points."""
    points = {name: sum(line.points for line in SCHEME.of([name])) for name in SCHEME.sections}

    assert {"data": 20, "model": 40, "compile": 20, "accuracy": 20} == points
    assert sum(line.points for line in SCHEME.checks.values()) == 100


def test_a_check_is_a_line() -> None:
    """Every check function has a line in the marking scheme, and every line a function."""
    assert sorted(SCHEME.checks) == sorted(functions())


def test_preconditions_come_before() -> None:
    """A check needs only checks of its own section that stand before it, and every precondition is worth nothing."""
    order = list(SCHEME.checks)
    for name, node in functions().items():
        for needed in needs(node):
            assert order.index(needed) < order.index(name)
            assert needed.split(".")[0] == name.split(".")[0]


def test_every_check_but_the_first_needs_one() -> None:
    """In each section only the first check has no precondition."""
    first = [SCHEME.of([section])[0].id for section in SCHEME.sections]

    assert first == [name for name in SCHEME.checks if not needs(functions()[name])]


def test_texts() -> None:
    """Every section and check has a title, every check a hint, in both languages."""
    for lang in messages.LANGUAGES:
        for section in SCHEME.sections:
            assert SCHEME.section_title(section, lang).strip()
        for line in SCHEME.checks.values():
            assert line.title[lang].strip()
            assert line.hint[lang].strip()


def test_checks_have_docstrings() -> None:
    """Every check function says in a sentence what it asks for."""
    for node in functions().values():
        assert (ast.get_docstring(node) or "").endswith(".")


def test_facts_agree_with_the_code() -> None:
    """What the code states by itself is what the scheme says."""
    raw = SCHEME.raw

    assert list(IMAGE) == raw["data"]["image_shape"]
    assert CLASSES == raw["data"]["num_classes"] == len(raw["data"]["class_names"])
    assert raw["training"]["epochs"] == EPOCHS[0]
    assert [1, 2, 3, 4] == [SCHEME.task(name) for name in SCHEME.sections]
    assert {name: SCHEME.task(name) for name in evidence.TASKS} == evidence.TASKS
    assert {*supervise.STAGES, "rows", "import", "evaluate", "train", "memory_mib", "log_bytes"} == set(SCHEME.limits)
    assert len(EXPECTED.layers) == len(raw["model"]["layers"]) == 11


def test_bands_fall() -> None:
    """Accuracy bands lie below the minimum and fall, and so do their shares."""
    for data in ("cifar10", "synthetic"):
        table = SCHEME.raw["accuracy"][data]
        lows, shares = zip(*table["bands"], strict=True)

        assert sorted([table["minimum_accuracy"], *lows], reverse=True) == [table["minimum_accuracy"], *lows]
        assert sorted([1.0, *shares], reverse=True) == [1.0, *shares]
        assert all(0 < share < 1 for share in shares)


BROKEN: dict[str, Callable[[dict[str, Any]], object]] = {
    "no checks": lambda raw: raw.pop("checks"),
    "checks of another form": lambda raw: raw.update(checks=[1]),
    "no sections": lambda raw: raw.pop("sections"),
    "no points": lambda raw: raw["checks"]["data.scale"].pop("points"),
    "points of another form": lambda raw: raw["checks"]["data.scale"].update(points="many"),
    "no hint": lambda raw: raw["checks"]["data.scale"].pop("hint"),
    "a line of another form": lambda raw: raw["checks"].update({"data.scale": 8}),
    "a check of no section": lambda raw: raw["checks"].update({"quiz.one": raw["checks"]["data.scale"]}),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_schemes(name: str) -> None:
    """A scheme that an instructor broke is named as such."""
    raw = copy.deepcopy(dict(SCHEME.raw))
    BROKEN[name](raw)

    with pytest.raises(GraderError, match=r"grader\.scheme"):
        scheme.parse(raw)


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"checks": {}}\x00'])
def test_broken_files(tmp_path: Path, content: str) -> None:
    """A scheme file that is missing or no JSON is named as such."""
    path = tmp_path / "scheme.json"
    with pytest.raises(GraderError, match=r"grader\.scheme"):
        scheme.load(path)

    path.write_text(content, "utf-8")
    with pytest.raises(GraderError, match=r"grader\.scheme"):
        scheme.load(path)


def test_changed_points(tmp_path: Path) -> None:
    """An instructor who changes points changes nothing else."""
    raw = copy.deepcopy(dict(SCHEME.raw))
    raw["checks"]["data.scale"]["points"] = 9.5
    path = tmp_path / "scheme.json"
    path.write_text(json.dumps(raw), "utf-8")

    found = scheme.load(path)
    assert 9.5 == found.checks["data.scale"].points
    assert list(SCHEME.checks) == list(found.checks)
