"""axe-core: the rules of WCAG that a program can check, run in a page. `.ci/run` brings it; CONVMARK_AXE names another copy."""

import json
import os
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import REPO
from tests.support.browser import Tab

FILE = Path(os.environ.get("CONVMARK_AXE", REPO / "build" / "readers" / "node_modules" / "axe-core" / "axe.min.js"))
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
SCHEMES = ("light", "dark")
WIDTHS = (1280, 390)
needs_axe = pytest.mark.skipif(not FILE.is_file(), reason="axe-core is not here: npm install --prefix build/readers axe-core")
RUN = """
document.querySelectorAll('details').forEach(part => part.open = true);
axe.run(document, {runOnly: {type: 'tag', values: %s}}).then(found => JSON.stringify({
  broken: found.violations.flatMap(rule => rule.nodes.map(node => `${rule.id}: ${node.html.slice(0, 160)}`)),
  passed: found.passes.length,
  wide: document.documentElement.scrollWidth > innerWidth,
  address: location.href}))
"""


@cache
def _source() -> str:
    return FILE.read_text("utf-8")


def shown(tab: Tab, scheme: str, width: int) -> None:
    """Show all that is opened from now on in a colour scheme and a width in pixels."""
    tab.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    tab.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)


def problems(tab: Tab, address: str) -> list[str]:
    """The rules that a page breaks, with the element of each, all parts unfolded; also whether it is wider than the window."""
    tab.open("about:blank")
    tab.open(address)
    tab.call("Runtime.evaluate", expression=_source())
    answer = tab.call("Runtime.evaluate", expression=RUN % json.dumps(RULES), awaitPromise=True, returnByValue=True)
    found = json.loads(answer["result"]["value"])
    assert (address, True) == (found["address"], found["passed"] > 10)
    return [*found["broken"], *(["wider than the window"] if found["wide"] else [])]
