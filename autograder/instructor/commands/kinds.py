"""What a path is, in words: told when a command was given another kind of folder or file than it reads."""

import difflib
from collections.abc import Iterator
from pathlib import Path

from autograder.safe import printable

RUN = "run.json"
COURSE = "a course of nbgrader"
MARKS = (  # files that tell a folder's kind, the most telling first
    ((RUN, "grades.csv"), "results of `convmark grade`"),
    (("responses.csv", "grades.csv"), "results of `convmark quiz grade`"),
    (("history.json", "checkpoint.npz"), "a run of `convmark train`"),
    (("nbgrader_config.py",), COURSE),
    (("solution/lab.toml",), "the repository of the lab"),
)
BANK_MARK = b"quizbank:"
HEAD = 4096
MOST = 200  # files to look into


def holds_bank(folder: Path) -> bool:
    """Whether a Markdown file of the folder is one of a bank."""
    return any(BANK_MARK in head for head in _front_matters(folder))


def may_be_bank(folder: Path) -> bool:
    """Whether a Markdown file of the folder begins with a front matter, right or wrong: one that can be mended."""
    return any(True for _ in _front_matters(folder))


def _front_matters(folder: Path) -> Iterator[bytes]:
    for path in sorted(folder.glob("*.md"))[:MOST]:
        try:
            with path.open("rb") as stream:
                head = stream.read(HEAD)
        except OSError:
            continue
        if head.removeprefix(b"\xef\xbb\xbf").startswith(b"---"):
            yield head


def is_results(folder: Path) -> bool:
    """Whether `convmark grade` wrote this folder."""
    return all((folder / name).is_file() for name in MARKS[0][0])


def holds_no_class(folder: Path) -> bool:
    """Whether a folder is known to be something else than submissions; of a course of nbgrader, they are in a folder of it."""
    return folder.is_dir() and any(kind != COURSE for kind in _kinds(folder))


def _kinds(folder: Path) -> Iterator[str]:
    """What the files of a folder say that it is, the most telling first."""
    return (kind for marks, kind in MARKS if all((folder / mark).is_file() for mark in marks))


def describe(path: Path) -> str:
    """What *path* is, in a few words: what was received."""
    shown = printable(str(path))
    try:
        if path.is_file():
            return f"the file {shown}"
        if not path.is_dir():
            return f"{shown}, which does not exist"
        names = sorted(one.name for one in path.iterdir())
    except OSError as error:
        return f"{shown}, which cannot be read ({error.strerror})"
    if not names:
        return f"{shown}, which is empty"
    for kind in _kinds(path):
        return f"{shown}, which is {kind}"
    if holds_bank(path):
        return f"{shown}, which is a bank of questions"
    more = " …" if len(names) > 3 else ""
    return f"{shown}, which holds {', '.join(printable(name) for name in names[:3])}{more}"


def similar(path: Path) -> str:
    """The name of something beside where *path* would be that is spelt nearly so; empty if nothing is, or *path* is there."""
    try:
        names = [one.name for one in path.parent.iterdir()]
    except OSError:
        return ""
    if path.name in names:
        return ""
    found = difflib.get_close_matches(path.name, names, 1, 0.75)
    return printable(str(path.parent / found[0])) if found else ""
