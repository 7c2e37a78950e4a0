"""A page as a screen reader gets it: Chromium's accessibility tree, read from top to bottom."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.support.browser import Tab

SILENT = {"none", "generic", "InlineTextBox", "LineBreak", "ListMarker"}


@dataclass
class Part:
    """Something that is announced: its role, its name, what it says of itself, and what is in it."""

    role: str
    name: str
    states: dict[str, Any] = field(default_factory=dict)
    inside: list["Part"] = field(default_factory=list)

    def all(self, *roles: str) -> Iterator["Part"]:
        """All parts below it of these roles, in the order in which they are read; of every role if none is named."""
        for part in self.inside:
            if not roles or part.role in roles:
                yield part
            yield from part.all(*roles)


def read(tab: Tab, address: str) -> Part:
    """Open a page and read it."""
    tab.open(address)
    nodes = {node["nodeId"]: node for node in tab.call("Accessibility.getFullAXTree")["nodes"]}

    def parts(node: dict[str, Any]) -> list[Part]:
        inside = [part for child in node.get("childIds", []) if child in nodes for part in parts(nodes[child])]
        role = str(node.get("role", {}).get("value"))
        if node.get("ignored") or role in SILENT:
            return inside
        states = {entry["name"]: entry["value"].get("value") for entry in node.get("properties", [])}
        return [Part(role, str(node.get("name", {}).get("value", "")).strip(), states, inside)]

    (whole,) = parts(next(iter(nodes.values())))
    return whole


def faults(page: Part) -> list[str]:
    """What nobody could follow who only hears it."""
    named = page.all("image", "button", "link", "table", "region", "navigation", "combobox", "checkbox", "radio", "textbox")
    found = [f"{part.role} without a name" for part in named if not part.name]
    found += [f"empty {part.role}" for part in page.all("columnheader", "rowheader") if not part.name]
    found += [f"text within a picture: {part.name}" for part in page.all("image") if part.inside]
    levels = [int(part.states["level"]) for part in page.all("heading")]
    found += [f"from a heading of level {a} to {b}" for a, b in zip([0, *levels], levels, strict=False) if b > a + 1]
    for table in page.all("table"):
        rows = [row for row in table.all("row") if any(row.all("cell"))]
        found += [f"a row without a header in: {table.name}" for row in rows if not any(row.all("rowheader", "columnheader"))]
    return found
