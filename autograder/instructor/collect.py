"""Find the students' submissions, and copy what can be graded of one into a folder of its own.

``SUBMISSIONS`` is a folder with a folder or a zip for each student, nbgrader's ``submitted/``, or what
Moodle and Canvas give to download, unpacked or as one zip. Whatever else is found becomes an entry with a
problem: nothing here fails because of what a student handed in, and nothing is overlooked.
"""

import os
import stat
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path

from autograder.errors import GraderError, SubmissionError
from autograder.instructor import archive, layouts
from autograder.instructor.compact import Packed
from autograder.instructor.layouts import Owner
from autograder.lab import NAME
from autograder.verdict import Reason

CLASS_SCALE = 100
MOST_LOOKED_AT = 1000  # files of a student, to tell a class from another folder
NOBODY = {"collect.stray_file", "collect.not_a_file"}
NBGRADER = {"source", "release", "autograded", "feedback"}


@dataclass(frozen=True, slots=True)
class Source:
    """Where files of a submission are: a folder, a file or a zip; or members of the class's zip.

    ``member`` is a path inside the zip *path*: a folder if it ends with a slash. ``name`` is what the
    student called a file.
    """

    path: Path
    name: str = ""
    member: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A student with the sources of the submission, or a problem that keeps it from being read."""

    student: str
    name: str
    sources: tuple[Source, ...] = ()
    problem: Reason | None = None


def _problem(name: str, code: str) -> Entry:
    shown = layouts.clean(name)
    return Entry(shown, shown, problem=Reason(code, {"name": shown}))


def _of_folder(path: Path) -> tuple[Owner, Source] | Entry:
    """What a direct child of the folder of submissions is."""
    try:
        mode = path.lstat().st_mode
    except OSError:
        return _problem(path.name, "collect.unreadable")
    if stat.S_ISDIR(mode):
        return layouts.owner_of_folder(path.name), Source(path)
    if not stat.S_ISREG(mode):
        return _problem(path.name, "collect.not_a_file")
    owner = layouts.owner_of_file(path.name)
    if owner is not None:
        return owner, Source(path, owner.file)
    if path.suffix.lower() == ".zip":
        return layouts.owner_of_folder(path.stem), Source(path)
    return _problem(path.name, "collect.stray_file")


def _of_member(path: Path, parts: tuple[str, ...], member: str) -> tuple[Owner, Source] | Entry:
    """What a member of the class's zip is."""
    if len(parts) > 1:
        prefix = "/".join(archive.split(member)[: 1 - len(parts)]) + "/"
        return layouts.owner_of_folder(parts[0]), Source(path, member=prefix)
    owner = layouts.owner_of_file(parts[0])
    if owner is not None:
        return owner, Source(path, owner.file, member)
    if parts[0].lower().endswith(".zip"):
        return layouts.owner_of_folder(parts[0][:-4]), Source(path, parts[0], member)
    return _problem(parts[0], "collect.stray_file")


def _children(folder: Path, skip: Path | None, assignment: str) -> Iterator[tuple[Owner, Source] | Entry]:
    with os.scandir(folder) as children:
        names = sorted(child.name for child in children)
    if "submitted" in names and NBGRADER.intersection(names) and (folder / "submitted").is_dir():
        yield from _children(folder / "submitted", skip, assignment)
        return
    for name in names:
        outside = skip is None or (folder / name).resolve() != skip.resolve()
        if not outside or layouts.is_noise(name):
            continue
        if not assignment:
            yield _of_folder(folder / name)
        elif (folder / name / assignment).is_dir():
            yield layouts.owner_of_folder(name), Source(folder / name / assignment)


def _members(path: Path) -> Iterator[tuple[Owner, Source] | Entry]:
    try:
        with path.open("rb") as stream, archive.opened(stream, CLASS_SCALE) as opened:
            found = archive.members(opened)
    except SubmissionError as error:
        raise GraderError(error.code, **error.params) from error
    paths = [parts for parts, _ in found]
    shared = {parts[0] for parts in paths if not layouts.is_noise(parts[0])}
    # One folder around everything, as archive programs make it; but a class may be one student.
    wrapped = len(shared) == 1 and all(len(parts) > 2 for parts in paths if parts[0] in shared)
    wrapped = wrapped and not layouts.MOODLE.fullmatch(next(iter(shared)))
    for parts, info in found:
        parts = parts[1:] if wrapped else parts
        if parts and not any(layouts.is_noise(part) for part in parts):
            yield _of_member(path, parts, info.filename)


def entries(submissions: Path, skip: Path | None = None, assignment: str = "") -> Sequence[Entry]:
    """Every student's entry, ordered by student; *skip* is the folder of results, should it lie inside.

    *assignment* names a folder in every student's folder, as nbgrader has one for each assignment: the others count
    for nothing, and who has none handed nothing in.

    Raises:
        GraderError: *submissions* itself cannot be read.
    """
    found = _members(submissions) if submissions.is_file() else _children(submissions, skip, assignment)
    sources: dict[Owner, list[Source]] = defaultdict(list)
    result: Packed[Entry] = Packed()
    try:
        for item in found:
            if isinstance(item, Entry):
                result.append(item)
                continue
            owner, source = item
            owner = Owner(owner.student, owner.name)
            if source not in sources[owner]:
                sources[owner].append(source)
    except OSError as error:
        raise GraderError("collect.cannot_read", name=str(submissions), reason=error.strerror or "") from error
    for owner in list(sources):
        result.append(_entry(owner, tuple(sources.pop(owner))))
    return Packed(_one_each(result))


def marked_late(found: Sequence[Entry]) -> list[str]:
    """The students of whose files a learning platform says in their names that they came late."""
    return [
        entry.student
        for entry in found
        if any(layouts.is_marked_late(source.member.rpartition("/")[2] or source.path.name) for source in entry.sources)
    ]


def demand(found: Sequence[Entry], submissions: Path, assignment: str = "") -> None:
    """Refuse a class in which there is no student, so that some other folder is not taken for one.

    Raises:
        GraderError: *found*, the entries of *submissions*, is empty, or holds more files that belong to nobody than
            students, none of whom has a file by the lab's name or an archive.
    """
    strays = sum(entry.problem is not None and entry.problem.code in NOBODY for entry in found)
    if strays == len(found) or (strays > len(found) - strays and not any(map(_may_be_work, found))):
        names = ", ".join(entry.student for entry in list(found)[:3]) + (" …" if len(found) > 3 else "") or "nothing"
        code = "collect.no_assignment" if assignment and not found else "collect.nobody"
        raise GraderError(code, name=str(submissions), received=names, assignment=assignment)


def _may_be_work(entry: Entry) -> bool:
    """Whether an entry is more than a folder of other files: only a folder says nothing by being there."""
    if any(source.member or not source.path.is_dir() for source in entry.sources):
        return True
    paths = (path for source in entry.sources for path in source.path.rglob("*"))
    return any(NAME in path.name for path in islice(paths, MOST_LOOKED_AT))


def _entry(owner: Owner, sources: tuple[Source, ...]) -> Entry:
    """One entry of a student: files side by side are one submission, a folder and a zip are two.

    Moodle keeps the text that a student typed in another folder than the files.
    """
    if len(sources) > 1:
        files = [source for source in sources if "_assignsubmission_onlinetext" not in (source.member or source.path.name)]
        sources = tuple(files) or sources[:1]
    if len(sources) > 1 and not all(source.name for source in sources):
        names = ", ".join(layouts.clean(source.member or source.path.name) for source in sources)
        return Entry(owner.student, owner.name, problem=Reason("collect.twice", {"names": names}))
    return Entry(owner.student, owner.name, sources)


def _one_each(found: Packed[Entry]) -> Iterator[Entry]:
    """Entries by student, in order; two of one name are one problem."""
    found.sort(lambda entry: entry.student)
    for student, same in groupby(found, lambda entry: entry.student):
        *others, last = same
        yield Entry(student, last.name, problem=Reason("collect.twice", {"names": student})) if others else last
