"""The blocks of the documentation, and the mark above each that says how it is kept true.

``<!-- checked: copy -->``: what it shows is compared with what its commands print in a copy of the repository; ``bundle``:
in the unpacked zip of the students. ``<!-- write: NAME -->``: Python that takes the place of the function NAME of the
template. ``<!-- tested: FILE -->``: the test in FILE runs it or compares it. ``<!-- not run: why -->``: nothing does.
"""

import re
from dataclasses import dataclass
from functools import cache

from tests.conftest import REPO

MARK = r"<!-- (?P<mark>checked|write|tested|not run): (?P<what>.+?) -->\n"
FENCED = r"^(?P<fence>`{3,})(?P<kind>\w*)\n(?P<text>.*?)^(?P=fence)$"
BLOCK = re.compile(f"^(?:{MARK})?{FENCED}", re.MULTILINE | re.DOTALL)
PAGES = sorted(
    str(path.relative_to(REPO))
    for folder in (".", "assignment", "docs", "solution", "quiz")
    for path in (REPO / folder).glob("*.md")
)


@dataclass(frozen=True)
class Block:
    """A block of a page: its mark, or "", the language behind the fence, and what is between the fences."""

    mark: str
    what: str
    kind: str
    text: str


@cache
def blocks(page: str) -> tuple[Block, ...]:
    """The blocks of a page, named as it is from the root of the repository."""
    found = BLOCK.finditer((REPO / page).read_text("utf-8"))
    return tuple(Block(each["mark"] or "", each["what"] or "", each["kind"], each["text"]) for each in found)


def block(page: str, beginning: str) -> str:
    """The one block of a page that begins so."""
    (found,) = [one.text for one in blocks(page) if one.text.startswith(beginning)]
    return found
