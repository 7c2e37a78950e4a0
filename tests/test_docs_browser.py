"""The documentation's site in a real browser: readable for all in both colour schemes, searchable from a folder, silent."""

import json
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.support import axe
from tests.support.browser import Browser
from tests.test_docs_site import built, needs_generator

pytestmark = needs_generator


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built strictly."""
    out = tmp_path_factory.mktemp("docs") / "site"
    done = built(out)
    assert done.returncode == 0, done.stderr
    return out


@axe.needs_axe
@pytest.mark.parametrize("width", axe.WIDTHS)
@pytest.mark.parametrize("scheme", axe.SCHEMES)
def test_every_page_is_accessible(site: Path, tmp_path: Path, scheme: str, width: int) -> None:
    """axe-core finds nothing on any page, on a screen and on a phone, in light and in dark; no page is wider than its window."""
    pages = sorted(site.glob("*.html"))
    with Browser.found(tmp_path).tab() as tab:
        axe.shown(tab, scheme, width)
        found = {page.name: problems for page in pages if (problems := axe.problems(tab, page.as_uri()))}

    assert len(pages) > 20
    assert {} == found


@pytest.mark.parametrize(
    ("asked", "page"), [("sandbox", "security.html"), ("свёртка", "handout-ru.html"), ("momentum", "handout.html")]
)
def test_search_finds_pages_without_a_server(site: Path, tmp_path: Path, asked: str, page: str) -> None:
    """What is typed into the search leads to the pages that speak of it, in both languages, from files."""
    found = f"document.querySelector('#search-results a[href^={json.dumps(page)}]')?.href"
    with Browser.found(tmp_path).tab() as tab:
        tab.open((site / "index.html").as_uri())
        form = tab.wait(
            "document.querySelector('.sidebar-search').form.action + '?' + document.querySelector('.sidebar-search').name"
        )
        tab.open(f"{form}={quote(asked)}")

        assert str(tab.wait(found)).startswith((site / page).as_uri())


def test_no_page_asks_the_net_for_anything(site: Path, tmp_path: Path) -> None:
    """Whatever a page or its scripts ask for is a file of the site."""
    pages = sorted(site.glob("*.html"))
    with Browser.found(tmp_path).tab() as tab:
        tab.call("Network.enable")
        for page in pages:
            tab.open(page.as_uri())

    asked = [address for address in tab.requested if not address.startswith("data:")]
    assert len(asked) > 4 * len(pages)
    assert [] == [address for address in asked if not address.startswith(site.as_uri())]


def test_a_russian_page_says_so(site: Path) -> None:
    """A screen reader changes its voice for the Russian text and for links that lead to it."""
    page, index = ((site / name).read_text("utf-8") for name in ("handout-ru.html", "index.html"))

    assert '<article lang="ru"' in page and '<html class="no-js" lang="en"' in page
    assert '<a lang="ru" class="reference internal" href="handout-ru.html">' in index
