"""Build the documentation as a site: ``python docs/site/build.py [FOLDER]``, by default ``build/site``.

Pages are the files of `docs/` and those that `navigation.toml` names elsewhere. Links between them lead from page to
page; a link to any other file of the repository becomes its path. Formulas become MathML, which browsers draw by
themselves. Sphinx fails at whatever it would warn of, such as a link that leads nowhere.
"""

import re
import shutil
import sys
import tomllib
from pathlib import Path, PurePosixPath
from typing import Any

import accessible
from latex2mathml.converter import convert
from sphinx.cmd.build import main as sphinx

HERE = Path(__file__).resolve().parent
REPO = HERE.parent.parent
FENCE = r"^(?P<ticks>`{3,})[^\n]*\n.*?^(?P=ticks)$"
LINK = re.compile(rf"{FENCE}|(?<!!)\[(?P<label>[^\]\[]+)\]\((?P<link>[^)\s#:]+)(?P<anchor>#[^)\s]*)?\)", re.MULTILINE | re.DOTALL)
FORMULA = re.compile(
    rf"{FENCE}|`[^`\n]+`|\$\$(?P<block>.+?)\$\$|\$(?P<inline>[^$\n]+)\$",
    re.MULTILINE | re.DOTALL,
)
Navigation = dict[str, Any]


def navigation() -> Navigation:
    """The groups of pages.

    Raises:
        SystemExit: a page of `docs/` stands in no group, or in two.
    """
    found = tomllib.loads((HERE / "navigation.toml").read_text("utf-8"))
    listed = sorted(page for group in found["groups"] for page in group["pages"])
    there = sorted([*(path.stem for path in HERE.parent.glob("*.md") if path.stem != "index"), *found["elsewhere"]])
    if listed != there:
        raise SystemExit(f"navigation.toml names other pages than there are: {sorted(set(listed) ^ set(there)) or 'one twice'}")
    return found


def sources(found: Navigation) -> dict[str, str]:
    """The file of each page, below the repository."""
    own = {path.stem: path.relative_to(REPO).as_posix() for path in sorted(HERE.parent.glob("*.md"))}
    return own | found["elsewhere"]


def _target(source: str, link: str) -> str:
    """The path in the repository that *link* in the file *source* leads to."""
    parts: list[str] = []
    for part in (PurePosixPath(source).parent / link).parts:
        parts = parts[:-1] if part == ".." else [*parts, part]
    return "/".join(parts)


def _linked(text: str, source: str, pages: dict[str, str]) -> str:
    """The text with its links as the site has them."""

    def replaced(found: re.Match[str]) -> str:
        label, link, anchor = found["label"], found["link"], found["anchor"] or ""
        if link is None:
            return found[0]
        path = _target(source, link)
        if path in pages:
            shown = "" if label.endswith(".md") and not anchor else label  # Sphinx puts the title of the page there
            return f"[{shown}]({pages[path]}.md{anchor})"
        if not (REPO / path).exists():
            return found[0]  # for Sphinx to complain of
        return f"`{path}`" if label.strip("`") in path else f"{label} (`{path}`)"

    return LINK.sub(replaced, text)


def _drawn(text: str) -> str:
    """The text with its formulas as MathML."""

    def drawn(found: re.Match[str]) -> str:
        formula = found["block"] or found["inline"]
        return convert(formula.strip(), display="block" if found["block"] else "inline") if formula else found[0]

    return FORMULA.sub(drawn, text)


def page(text: str, source: str, pages: dict[str, str], formulas: bool) -> str:
    """The text of a file as the site has it; blocks of code stay as they are."""
    return _linked(_drawn(text) if formulas else text, source, pages)


def _trees(found: Navigation) -> str:
    trees = [
        "\n".join(["```{toctree}", ":hidden:", f":caption: {group['caption']}", "", *group["pages"], "```"])
        for group in found["groups"]
    ]
    return "\n\n" + "\n\n".join(trees) + "\n"


def assemble(folder: Path) -> None:
    """Write what Sphinx reads into *folder*."""
    found = navigation()
    files = sources(found)
    pages = {source: name for name, source in files.items()}
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(HERE.parent / "pictures", folder / "pictures")
    for name, source in files.items():
        text = page((REPO / source).read_text("utf-8"), source, pages, formulas=source.startswith("assignment/"))
        (folder / f"{name}.md").write_text(text + (_trees(found) if name == "index" else ""), "utf-8")


def main() -> None:
    """Assemble the pages and build the site."""
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else REPO / "build" / "site"
    pages = out.with_name(f"{out.name}-pages")
    shutil.rmtree(out, ignore_errors=True)
    assemble(pages)
    # No doctrees in the site, every warning an error, and all of them told.
    options = ["-q", "-W", "--keep-going", "-E", "-b", "html", "-c", str(HERE), "-d", str(pages / ".doctrees")]
    status = sphinx([*options, str(pages), str(out)])
    (out / ".buildinfo").unlink(missing_ok=True)
    if status == 0:
        accessible.mend(out)
        print(f"wrote {out / 'index.html'}")
    raise SystemExit(status)


if __name__ == "__main__":
    main()
