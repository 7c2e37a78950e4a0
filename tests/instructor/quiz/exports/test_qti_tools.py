"""Packages as readers of other people take them. They are looked for in the folder that CONVMARK_QTI_TOOLS names.

It is a virtual environment in which this was done, with Python 3.13::

    pip install citolab-qti-convert qti2latex pypandoc-binary
    npm install --ignore-scripts @citolab/qti-components
"""

import html
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from autograder.instructor.quiz.bank import marking
from autograder.instructor.quiz.exports import canvas, canvas_items, qti, qti21
from autograder.instructor.quiz.exports.target import Request, Target
from tests.instructor.quiz.exports.test_qti21 import Session, responses
from tests.support.browser import OPTIONS, Browser
from tests.support.packages import BANK, LANGS, answers, filled, plain, unpacked

TOOLS = os.environ.get("CONVMARK_QTI_TOOLS", "")
ENGINE = Path(TOOLS) / "node_modules" / "@citolab" / "qti-components" / "cdn" / "index.global.js"
SCRIPT = """
(async () => {
  const found = [];
  for (const [source, given] of CASES) {
    const host = document.createElement("div");
    document.body.append(host);
    host.innerHTML = source;
    const item = host.querySelector("qti-assessment-item");
    await item.updateComplete;
    await new Promise((resolve) => setTimeout(resolve, 0));
    const outcome = (name) => item.variables.find((one) => one.identifier === name)?.value;
    found.push(given.map((answer) => {
      item.resetResponses();
      for (const [name, value] of Object.entries(answer)) item.updateResponseVariable(name, value);
      item.processResponse(true, false);
      // Version 7.27 joins what a response of several values brings into `multiple`; the specification keeps it apart.
      return [Number(outcome("SCORE")), outcome("FEEDBACK").join().split(",").sort()];
    }));
    host.remove();
  }
  const result = document.createElement("pre");
  result.id = "result";
  result.textContent = JSON.stringify(found);
  document.body.replaceChildren(result);
})();
"""
pytestmark = pytest.mark.skipif(not TOOLS, reason="CONVMARK_QTI_TOOLS names no folder with readers of QTI")


def tool(*command: str | Path, cwd: Path) -> str:
    """What a tool of the folder says; it has to succeed."""
    program, *rest = map(str, command)
    done = subprocess.run([str(Path(TOOLS) / "bin" / program), *rest], cwd=cwd, capture_output=True, text=True, check=True)
    return done.stdout + done.stderr


def package(target: Target, lang: str, folder: Path) -> Path:
    """A package with the whole bank, on disk."""
    ((name, content),) = target.build(Request(BANK, lang, "Quiz")).items()  # type: ignore[arg-type]
    (folder / name).write_bytes(content)
    return folder / name


def engine(cases: list[tuple[str, list[dict[str, Any]]]], folder: Path) -> list[list[tuple[float, list[str]]]]:
    """Scores and feedback that the components of Citolab give in Chromium, for each item and each answer."""
    data = json.dumps(cases).replace("<", "\\u003c")
    page = folder / "page.html"
    script = f"const CASES = {data};{SCRIPT}"
    page.write_text(f'<meta charset="utf-8"><body><script src="{ENGINE.as_uri()}"></script><script>{script}</script>', "utf-8")
    options = [*OPTIONS, "--allow-file-access-from-files", "--virtual-time-budget=60000", f"--user-data-dir={folder / 'profile'}"]
    command = [Browser.found(folder).program, *options, "--dump-dom", page.as_uri()]
    dom = subprocess.run(command, capture_output=True, text=True, timeout=240, check=True).stdout
    result = re.search('<pre id="result">(.*?)</pre>', dom, re.DOTALL)
    assert result is not None, dom[-2000:]
    found: list[list[tuple[float, list[str]]]] = json.loads(html.unescape(result[1]))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("lang", LANGS)
def test_an_engine_of_other_people_scores_the_same(lang: str, tmp_path: Path) -> None:
    """Every item, converted to QTI 3 by another tool, gives the points of `marking` and the feedback of the bank."""
    source = package(qti21.TARGET, lang, tmp_path)
    tool("qti-convert", "upgrade", source, tmp_path / "three.zip", cwd=tmp_path)
    old, new = unpacked(source.read_bytes()), unpacked((tmp_path / "three.zip").read_bytes())
    cases, expected = [], []
    for item in filled():
        name = f"items/i-{qti.title(BANK.id, item)}.xml"
        root = plain(old[name])
        given = [(answer, responses(item, lang, root, answer)) for answer in answers(item, lang)]
        text = ET.tostring(plain(new[name]), encoding="unicode", short_empty_elements=False)
        cases.append(
            (text, [{key: str(one) if isinstance(one, float) else one for key, one in taken.items()} for _, taken in given])
        )
        told = [sorted(Session(root, taken).values["FEEDBACK"]) for _, taken in given]
        expected.append([(marking.mark(item, lang, answer).points, said) for (answer, _), said in zip(given, told, strict=True)])

    found = engine(cases, tmp_path)

    assert len(filled()) == len(found)
    assert 700 < sum(map(len, found))
    for wanted, got in zip(expected, found, strict=True):
        assert [said for _, said in wanted] == [said for _, said in got]
        assert [points for points, _ in wanted] == pytest.approx([points for points, _ in got], abs=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("lang", LANGS)
def test_a_reader_of_canvas_packages_finds_every_question(lang: str, tmp_path: Path) -> None:
    """A converter to LaTeX finds all questions, those of groups too, with their points."""
    tool("qti2latex", package(canvas.TARGET, lang, tmp_path), "-o", tmp_path / "quiz.tex", "--answer-key", cwd=tmp_path)
    text = "".join(path.read_text("utf-8") for path in tmp_path.glob("*.tex"))
    held = [item for item in filled() if not canvas_items.left_out(item)]

    assert len(filled()) - 2 == len(held)
    assert [item.points for item in held] == [float(found) for found in re.findall(r"\\question\[([0-9.]+)\]", text)]
