"""The table of all works: its columns, what can be searched for, and that it fits screens and paper."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder import messages
from autograder.instructor import class_table, rendering
from autograder.scheme import load
from tests.instructor.test_class_page import _asked, _page, _row, _told
from tests.support.browser import Browser, Tab

PAPER = 718  # pixels between the margins of A4
LATE = {"code": "deducted", "days": 1, "percent": "10", "of": "score"}
NAME = "Konstantinopolskaya-Rimskaya_Aleksandra-Viktoriya"
WIDE = "(() => { const box = document.querySelector('#class-table').parentElement; return box.scrollWidth > box.clientWidth; })()"
HINT = "document.getElementById('sideways').hidden"


def shown(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The table of these works."""
    return class_table.shown(load(), rendering.Words("en"), rows, load().sections)


def test_points_come_first() -> None:
    """Score and sections stand before all else, where a narrow screen shows them."""
    found = shown([_row(accuracy=(0.7, 0.8), epochs=5)])

    assert ["Score", "Data preparation", "Network", "Compilation", "Accuracy"] == found["columns"]["points"]
    assert ["80", "20", "20", "20", "20"] == [cell["text"] for cell in found["rows"][0]["points"]]
    assert ["0", "0", "70.00%", "80.00%", "5"] == [cell["text"] for cell in found["rows"][0]["more"]]
    assert len(found["columns"]["more"]) == len(found["rows"][0]["more"])


def test_a_mistake_is_searched_where_it_is_counted() -> None:
    """The search finds those works that are counted for a mistake, not all in which its check failed."""
    stopped = {"cause.stopped": [_told("import.syntax", type="SyntaxError")]}
    found = shown([_row("A", failed=["data.returns"], causes=stopped), _row("B", failed=["data.returns"])])

    assert {"the file does not run", "prepare_data returns two pairs of arrays"} == set(found["searched"])
    assert ["the file does not run"] == [found["searched"][int(place)] for place in found["rows"][0]["failed"].split()]


@pytest.fixture(scope="module", params=messages.LANGUAGES)
def tab(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    """A tab with a page whose table has all columns, long names, and a work that waits."""
    folder = tmp_path_factory.mktemp("table")
    waits = _row("Waits", status="needs_attention", score=None, reason={"code": "regrade.damaged", "params": {}})
    full = {"accuracy": (0.755, 0.812), "epochs": 25, "late": LATE, "score": 100.0}
    rows = [_row(NAME, **full), *(_row(f"S{number}", **full) for number in range(20)), waits]
    path: Path = folder / "summary.html"
    path.write_text(_page(rows, request.param), "utf-8")
    with Browser.found(folder).tab() as found:
        found.open(path.as_uri())
        yield found


def _width(tab: Tab, width: int, media: str = "screen") -> None:
    tab.call("Emulation.setEmulatedMedia", media=media)
    tab.call("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=width < 500)


@pytest.mark.parametrize(("width", "media"), [(PAPER, "print"), (1280, "screen"), (1920, "screen")])
def test_browser_cuts_nothing_off(tab: Tab, width: int, media: str) -> None:
    """With every column the table is no wider than paper or a screen, and nobody is told to scroll."""
    _width(tab, width, media)

    assert not _asked(tab, WIDE)
    assert tab.wait(HINT)
    assert width >= _asked(tab, "document.querySelector('#class-table').getBoundingClientRect().right")


def test_browser_shows_points_on_a_phone(tab: Tab) -> None:
    """At 360 pixels score and sections are in sight beside the name, and that there is more is said."""
    _width(tab, 360)
    cell = f"document.querySelector('#class-table tbody tr').cells[{len(load().sections) + 1}]"

    assert tab.wait(f"!{HINT}")
    assert 360 >= _asked(tab, f"{cell}.getBoundingClientRect().right")
    assert 360 == _asked(tab, "document.documentElement.scrollWidth")
