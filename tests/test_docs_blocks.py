"""Nothing stands in a block of the documentation that no test runs or compares, unless the block says why."""

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import REPO
from tests.support import blocks
from tests.support.blocks import BLOCK, PAGES, Block

# Pages that students are given, and that are generated, carry no marks.
UNMARKED = {"assignment/README.md": "tests/test_student_commands.py", "assignment/README.ru.md": "tests/test_student_commands.py"}
FOUND = [(page, number) for page in PAGES for number in range(len(blocks.blocks(page)))]
SHORTEST = 4  # letters of a beginning that says which block is meant


@cache
def strings(path: Path) -> frozenset[str]:
    """The texts in the code of a test."""
    tree = ast.parse(path.read_text("utf-8"))
    return frozenset(node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))


def reads(test: str, page: str, one: Block) -> bool:
    """Whether a test names the page, and the block by how it begins or by its language."""
    found = strings(REPO / test)
    return page in found and any(len(text) >= SHORTEST and (one.text.startswith(text) or one.kind == text) for text in found)


@pytest.mark.parametrize(("page", "number"), FOUND)
def test_every_block_is_tested(page: str, number: int) -> None:
    """A block is run by the pages' own test, read by the test that it names, or says why neither is possible."""
    one = blocks.blocks(page)[number]
    test = UNMARKED.get(page) or (one.what if one.mark == "tested" else "")

    assert one.mark in ("checked", "write", "not run") or test, f"{page}: this block needs a mark, see tests/support/blocks.py"
    assert not test or reads(test, page, one), f"{test} does not read the block of {page} that begins {one.text[:40]!r}"


def test_little_is_not_run() -> None:
    """What no test can run is known: a drawing, and what needs systems that are not here."""
    found = {(page, one.what) for page in PAGES for one in blocks.blocks(page) if one.mark == "not run"}

    assert {
        ("README.md", "a drawing"),
        ("docs/scale.md", "needs a cluster with SLURM"),
        ("docs/scale.md", "needs a cluster with Kubernetes"),
    } == found


def test_every_fence_is_found() -> None:
    """No block escapes by the way it is written: as many fences as blocks, of any length and also indented ones."""
    for page in PAGES:
        text = BLOCK.sub("", (REPO / page).read_text("utf-8"))
        assert "```" not in text, page


def test_a_block_without_a_reader_is_seen() -> None:
    """A test that does not name a block does not count for it."""
    one = Block("tested", "tests/test_readme.py", "", "convmark guess\n")

    assert not reads("tests/test_readme.py", "README.md", one)
    assert reads("tests/test_readme.py", "README.md", blocks.blocks("README.md")[1])
