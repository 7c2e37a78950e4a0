"""The marking scheme as the checks read it: `scheme.json`, generated from the instructor's `lab.toml`."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from autograder.errors import GraderError

FILE = Path(__file__).with_name("scheme.json")
Texts = Mapping[str, str]


@dataclass(frozen=True)
class CheckLine:
    """One line of the marking scheme. ``points`` is 0 for a precondition.

    ``read`` names the passage of the handout that it is about, ``quiz`` the topics of the question bank that train it.
    """

    id: str
    section: str
    points: float
    title: Texts
    hint: Texts
    read: str = ""
    quiz: tuple[str, ...] = ()


@dataclass(frozen=True)
class Passage:
    """A part of the handout: the file, the heading of the part, the anchor under which the file is linked to there.

    ``html`` is the part itself for a report, without its heading, and ``name`` that of the lab's text cell.
    """

    file: str
    title: str
    anchor: str
    html: str = ""
    name: str = ""


@dataclass(frozen=True)
class Scheme:
    """Sections and checks in their order, and the lab's facts under the names of `lab.toml`."""

    raw: Mapping[str, Any]
    checks: Mapping[str, CheckLine]

    @property
    def data_name(self) -> str:
        """The name of the lab's data set, as in ``--data`` and in the table ``[accuracy.NAME]``."""
        return str(self.raw["data"]["name"])

    def thresholds(self, data: str) -> Mapping[str, Any]:
        """What an accuracy on the data set *data* is worth: its own table, or that of the lab's data set."""
        table = self.raw["accuracy"]
        found: Mapping[str, Any] = table[data] if "bands" in table.get(data, {}) else table[self.data_name]
        return found

    @property
    def sections(self) -> list[str]:
        """Section names in order."""
        return list(self.raw["sections"])

    def section_title(self, section: str, lang: str) -> str:
        """A section's title."""
        return str(self.raw["sections"][section]["title"][lang])

    def task(self, section: str) -> int:
        """The number of the task that a section marks."""
        return int(self.raw["sections"][section]["task"])

    def of(self, sections: Iterable[str]) -> list[CheckLine]:
        """The checks of these sections, in order."""
        wanted = set(sections)
        return [line for line in self.checks.values() if line.section in wanted]

    def passage(self, check: str, lang: str) -> Passage | None:
        """Where the handout speaks of what a check asks for; None if the scheme does not say."""
        name = self.checks[check].read
        found = self.raw.get("passages", {}).get(name, {}).get(lang)
        return None if found is None else Passage(**found, name=name)

    def topics(self, check: str, lang: str) -> list[str]:
        """The titles of the topics of the question bank that train what a check asks for."""
        known = self.raw.get("topics", {})
        return [str(known[name][lang]) for name in self.checks[check].quiz if name in known]

    def calibration(self, data: str) -> Mapping[str, Any] | None:
        """What `convmark calibrate` found for the data set *data*, None if nothing: threshold, mean, runs …"""
        found: Mapping[str, Any] | None = self.raw["accuracy"].get(data, {}).get("trial")
        return found

    @property
    def limits(self) -> Mapping[str, float]:
        """Seconds by stage, ``memory_mib`` and ``log_bytes``."""
        limits: Mapping[str, float] = self.raw["limits"]
        return limits

    @property
    def templates(self) -> Mapping[str, str]:
        """Digests of the untouched template's code by file name."""
        templates: Mapping[str, str] = self.raw["templates"]
        return templates


def steps_per_epoch(lab: Mapping[str, Any]) -> int:
    """Steps of an epoch of the lab's training: all training images but those held out, the last batch perhaps a smaller one."""
    images = lab["data"]["training_images"] - lab["training"]["validation"]
    return int(-(-images // lab["training"]["batch_size"]))


def parse(raw: Mapping[str, Any]) -> Scheme:
    """A scheme from the content of `scheme.json` or `lab.toml`.

    Raises:
        GraderError: a key is missing or a check belongs to no section.
    """
    try:
        checks = {
            name: CheckLine(
                name,
                name.split(".")[0],
                float(line["points"]),
                line["title"],
                line["hint"],
                str(line.get("read", "")),
                tuple(line.get("quiz", ())),
            )
            for name, line in raw["checks"].items()
        }
        stray = [name for name, line in checks.items() if line.section not in raw["sections"]]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise GraderError("grader.scheme", reason=repr(error)) from error
    if stray:
        raise GraderError("grader.scheme", reason=", ".join(stray))
    return Scheme(raw, checks)


@cache
def load(path: Path = FILE) -> Scheme:
    """The scheme in *path*, read once.

    Raises:
        GraderError: the file is missing or broken.
    """
    try:
        return parse(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError) as error:
        raise GraderError("grader.scheme", reason=str(error)) from error
