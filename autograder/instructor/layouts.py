"""Whose is a name: the layouts in which learning platforms hand out submissions."""

import re
import unicodedata
from dataclasses import dataclass

# Moodle: "Name Surname_12345_assignsubmission_file_", a folder, or the beginning of a file's name.
MOODLE = re.compile(r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_(?P<kind>file|onlinetext)_?(?P<file>.*)", re.DOTALL)
# Canvas: "lastnamefirst_LATE_123_456_file.ipynb"; students without a login have no first number.
CANVAS = re.compile(r"(?P<name>[^_]+)_(?P<late>LATE_)?(?P<id>\d+)_(?P<submission>\d+)_(?P<file>.+)", re.DOTALL)
# Canvas counts resubmissions: "cifar10_cnn-1.ipynb".
COUNTED = re.compile(r"(?P<stem>.*?)(?:-\d+)?(?P<suffix>\.[^.]+)", re.DOTALL)
NOT_SUBMISSIONS = {"thumbs.db", "desktop.ini", "__macosx", "__pycache__"}


@dataclass(frozen=True, slots=True)
class Owner:
    """The student that a name of a download belongs to; ``file`` is the name the student gave, if any."""

    student: str
    name: str
    file: str = ""


def _is_hidden(category: str) -> bool:
    """Whether a character controls something, ends a line, or is none."""
    return category[0] == "C" or category in {"Zl", "Zp"}


def clean(text: str) -> str:
    """*text* on one line without control, bidirectional and undecodable characters, which show as escapes."""
    text = unicodedata.normalize("NFC", text)
    shown = "".join(f"\\x{ord(c):02x}" if _is_hidden(unicodedata.category(c)) else c for c in text)
    return shown.strip() or "?"


def is_noise(name: str) -> bool:
    """Whether an operating system put it there and no student."""
    return name.startswith(".") or name.lower() in NOT_SUBMISSIONS


def is_marked_late(name: str) -> bool:
    """Whether Canvas wrote into the name of a file that it came late; by how much it does not say."""
    found = CANVAS.fullmatch(name)
    return found is not None and found["late"] is not None


def owner_of_folder(name: str) -> Owner:
    """The student of a folder: Moodle's, else the folder's own name."""
    found = MOODLE.fullmatch(name)
    if found and not found["file"]:
        return Owner(clean(f"{found['name']}_{found['id']}"), clean(found["name"]))
    shown = clean(name)
    return Owner(shown, shown)


def owner_of_file(name: str) -> Owner | None:
    """The student of a file that stands beside those of other students, by Moodle's or Canvas' naming."""
    found = MOODLE.fullmatch(name)
    if found and found["file"]:
        return Owner(clean(f"{found['name']}_{found['id']}"), clean(found["name"]), found["file"])
    found = CANVAS.fullmatch(name)
    if found is None:
        return None
    counted = COUNTED.fullmatch(found["file"])
    file = counted["stem"] + counted["suffix"] if counted else found["file"]
    return Owner(clean(f"{found['name']}_{found['id']}"), clean(found["name"]), file)
