"""The documentation as a site: complete, without a link that leads nowhere, and nothing in it comes from elsewhere.

The generator lives in an environment of its own, which ``make docs`` makes; CONVMARK_DOCS_PYTHON names another.
"""

import os
import re
import shutil
import subprocess
import tomllib
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.conftest import REPO

BUILD = REPO / "docs" / "site" / "build.py"
PYTHON = Path(os.environ.get("CONVMARK_DOCS_PYTHON", REPO / "build" / "docs-venv" / "bin" / "python"))
needs_generator = pytest.mark.skipif(not PYTHON.exists(), reason="`make docs` has not been run: its generator is not here")
LOADING = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href", "object": "data", "use": "href"}
ELSEWHERE = re.compile(r"^(?:[a-z]+:)?//", re.IGNORECASE)


class Loads(HTMLParser):
    """Collects what a page loads by itself, its links, and the ids in it."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.links: list[str] = []
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at an element."""
        found = {name: value or "" for name, value in attrs}
        self.ids |= {found["id"]} if "id" in found else set()
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        if LOADING.get(tag) in found:
            self.loaded.append(found[LOADING[tag]])
        self.loaded += [part.split()[0] for part in found.get("srcset", "").split(",") if part.strip()]


def read(path: Path) -> Loads:
    """What a page loads."""
    parser = Loads()
    parser.feed(path.read_text("utf-8"))
    return parser


def built(out: Path) -> "subprocess.CompletedProcess[str]":
    """The run of the generator into *out*."""
    command = [str(PYTHON), str(BUILD), str(out)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, env=dict(os.environ, PYTHONPATH=""))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built strictly."""
    out = tmp_path_factory.mktemp("docs") / "site"
    done = built(out)
    assert done.returncode == 0, done.stderr
    return out


def test_navigation_has_every_page_once() -> None:
    """Every file of docs/ stands in the sidebar once, and what stands there exists."""
    found = tomllib.loads((BUILD.parent / "navigation.toml").read_text("utf-8"))
    listed = [page for group in found["groups"] for page in group["pages"]]
    own = {path.stem for path in (REPO / "docs").glob("*.md")} - {"index"}

    assert sorted(listed) == sorted(own | set(found["elsewhere"]))
    assert [] == [source for source in found["elsewhere"].values() if not (REPO / source).is_file()]


@needs_generator
def test_every_page_is_there(site: Path) -> None:
    """A page for each file, and one for the search, whose index knows both languages."""
    found = tomllib.loads((BUILD.parent / "navigation.toml").read_text("utf-8"))
    pages = {page for group in found["groups"] for page in group["pages"]} | {"index", "search"}

    assert [] == [page for page in sorted(pages) if not (site / f"{page}.html").is_file()]
    index = (site / "searchindex.js").read_text("utf-8")
    assert "sandbox" in index
    assert re.search(r"свёртк|\\u0441\\u0432\\u0451\\u0440", index)


@needs_generator
def test_no_page_loads_anything_from_elsewhere(site: Path) -> None:
    """Scripts, styles, fonts and pictures lie in the site; only links that a reader follows lead out of it."""
    pages = sorted(site.rglob("*.html"))
    loaded = {page.name: read(page).loaded for page in pages}
    styles = {
        path.name: re.findall(r"(?:url\(|@import)\s*[\"']?([^\"')\s]+)", path.read_text("utf-8")) for path in site.rglob("*.css")
    }

    assert len(pages) > 15
    assert sum(map(len, loaded.values())) > 50
    assert {} == {name: found for name, several in (loaded | styles).items() if (found := list(filter(ELSEWHERE.match, several)))}


@needs_generator
def test_everything_that_is_loaded_is_there(site: Path) -> None:
    """Every script, style and picture of every page, and every page that a link leads to, with the place in it."""
    pages = {path: read(path) for path in sorted(site.glob("*.html"))}
    missing = []
    for page, found in pages.items():
        for target in [*found.loaded, *found.links]:
            if ELSEWHERE.match(target) or target.startswith(("data:", "mailto:")):
                continue
            path, _, anchor = target.partition("#")
            file = page.parent / path.partition("?")[0] if path else page
            there = file.is_file() and (not anchor or file not in pages or anchor in pages[file].ids)
            missing += [] if there else [f"{page.name}: {target}"]

    assert [] == missing


@needs_generator
def test_a_link_that_leads_nowhere_fails(tmp_path: Path) -> None:
    """The build is strict: a broken link is an error, not a page."""
    copy = tmp_path / "repo"
    for name in ("docs", "assignment", "solution"):
        shutil.copytree(REPO / name, copy / name)
    for name in ("CONTRIBUTING.md", "CHANGELOG.md"):
        shutil.copy(REPO / name, copy)
    page = copy / "docs" / "verdict.md"
    page.write_text(page.read_text("utf-8") + "\nSee [nothing](nothing.md) and [no place](design.md#no-place).\n", "utf-8")
    command = [str(PYTHON), str(copy / "docs" / "site" / "build.py"), str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)

    assert done.returncode != 0
    assert "nothing.md" in done.stderr
    assert "no-place" in done.stderr
