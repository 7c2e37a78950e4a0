"""The page on security: every attack, every layer and every test that it speaks of is there, and none is left out."""

import ast
import re
from collections import Counter
from itertools import product

import pytest

from autograder.instructor import doctor, sandbox, selftest
from autograder.instructor.contained import ContainerLauncher
from autograder.instructor.sandbox import BubblewrapLauncher
from autograder.launcher import PlainLauncher
from tests.conftest import REPO
from tests.support import attacks

PAGE = (REPO / "docs" / "security.md").read_text("utf-8")


def section(title: str) -> str:
    """The text below a heading."""
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def rows(title: str) -> list[list[str]]:
    """The cells of the table below a heading, without its head."""
    lines = [line for line in section(title).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def quoted(text: str) -> list[str]:
    """What stands between backticks."""
    return re.findall(r"`([^`]+)`", text)


def layers_of_launchers() -> set[str]:
    """All layers that any launcher may name in a report, without versions."""
    found = set(PlainLauncher.layers)
    for on in product([False, True], repeat=5):
        quota, nested, seccomp, landlock, group = on
        box = BubblewrapLauncher("", quota=quota, nested=nested, seccomp=seccomp, landlock=landlock, group=group)
        found |= {*box.layers, *ContainerLauncher(own=quota, group=group).layers}
    return {re.sub(r" \d+$", "", name) for name in found}


def test_every_attack_is_in_one_class() -> None:
    """Every folder of attacks stands in exactly one row, and no row names another."""
    counts = Counter(name for row in rows("Attacks") for name in quoted(row[1]))

    assert dict.fromkeys(attacks.names(), 1) == counts


def test_every_class_is_held_by_a_test() -> None:
    """Each class of attacks names tests beside that of the attacks themselves."""
    assert [] == [row[0] for row in rows("Attacks") if not any("::test_" in name for name in quoted(row[2]))]


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(tests/[\w/]+\.py::\w+)`", PAGE))))
def test_named_tests_exist(name: str) -> None:
    """A test that the page names is defined in that file."""
    path, _, function = name.partition("::")
    tree = ast.parse((REPO / path).read_text("utf-8"))

    assert function in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_layer_of_doctor_is_described() -> None:
    """Each layer that `convmark doctor` prints has a row, which says what is lost without it or that it is essential."""
    found = {quoted(row[0])[0]: row for row in rows("Layers")}

    assert set(doctor.LAYERS) == set(found)
    assert set(selftest.ESSENTIAL) == {name for name, row in found.items() if row[3] == "essential"}


def test_every_layer_of_reports_is_named() -> None:
    """Each layer that a report may name stands on the page."""
    assert set() == layers_of_launchers() - set(quoted(PAGE))


def test_every_level_is_described() -> None:
    """The levels are those of the launchers."""
    known = {BubblewrapLauncher.level, ContainerLauncher.level, PlainLauncher.level}

    assert known == {quoted(row[0])[0] for row in rows("Levels")}
    assert set(selftest.LEVELS) < known


def test_what_is_won_is_told() -> None:
    """Every attack that wins points is named among what is not promised."""
    won = {name for name in attacks.names() if "gains" in attacks.expected(name)}

    assert won == won & set(quoted(section("Not promised")))


def test_sizes_are_those_of_the_code() -> None:
    """The bounds that the page states are those that boxes have."""
    (quota,) = [" ".join(row) for row in rows("Layers") if row[0] == "`quota`"]
    sizes = [sandbox.TMP_BYTES, sandbox.SHM_BYTES, sandbox.FILE_BYTES]

    assert [size // sandbox.MIB for size in sizes] == [int(size) for size in re.findall(r"(\d+) MiB", quota)]
