"""What the theme leaves out for readers who do not see the page or have no mouse, put into the pages that Sphinx wrote."""

import re
from pathlib import Path

NARROW = 38  # characters of a line that fit beside each other on a phone; longer blocks scroll
TOLD = {
    '<aside class="sidebar-drawer': '<aside aria-label="All pages" class="sidebar-drawer',
    '<aside class="toc-drawer': '<aside aria-label="Contents of this page" class="toc-drawer',
    '<p class="caption" role="heading">': '<p class="caption" role="heading" aria-level="2">',
    '<div class="table-wrapper': '<div role="group" aria-label="Table" tabindex="0" class="table-wrapper',
}
HEAD = re.compile(r"<thead>\s*<tr[^>]*>(?:\s*<th[^>]*>\s*<p></p>\s*</th>)+\s*</tr>\s*</thead>\s*")
CORNER = re.compile(r'<th class="head[^"]*">\s*<p></p>\s*</th>')
BLOCK = re.compile(r"<pre>(.*?)</pre>", re.DOTALL)
TAG = re.compile(r"<[^>]+>")


def _block(found: re.Match[str]) -> str:
    """A block of code, which the keyboard reaches if it scrolls."""
    longest = max(map(len, TAG.sub("", found[1]).splitlines()), default=0)
    return f'<pre tabindex="0">{found[1]}</pre>' if longest > NARROW else found[0]


def _of_page(html: str) -> str:
    for old, new in TOLD.items():
        html = html.replace(old, new)
    html = CORNER.sub("<td></td>", HEAD.sub("", html))
    html = html.replace('<th class="head', '<th scope="col" class="head')
    return BLOCK.sub(_block, html)


def _in_russian(html: str) -> str:
    """A page whose text, but not what stands around it, is Russian."""
    html = html.replace('<article role="main"', '<article lang="ru" role="main"')
    return html.replace('<div class="toc-tree">', '<div lang="ru" class="toc-tree">')


def mend(site: Path) -> None:
    """Mend all pages of a site; those whose names end in ``-ru`` are Russian."""
    russian = [path.name for path in site.glob("*-ru.html")]
    link = re.compile(rf'(<a class="[^"]*reference internal" href="(?:{"|".join(map(re.escape, russian)) or "(?!)"})[#"])')
    for path in sorted(site.glob("*.html")):
        html = _of_page(path.read_text("utf-8"))
        html = link.sub(lambda found: found[1].replace("<a ", '<a lang="ru" '), html)
        if path.name in russian:
            html = _in_russian(html)
        if path.name == "search.html":
            html = html.replace("<noscript>\n<div", "<h1>Search</h1>\n<noscript>\n<div", 1)
        path.write_text(html, "utf-8")
