"""JUnit XML, read back by the parser that would read it elsewhere."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from autograder.verdict import Verdict, from_dict
from tests.support import classes

COUNTS = ("tests", "failures", "errors", "skipped")


def suites(path: Path) -> dict[str, ET.Element]:
    """The suites of a file by name."""
    return {suite.attrib["name"]: suite for suite in ET.fromstring(path.read_bytes())}


def counts(suite: ET.Element) -> tuple[int, ...]:
    """What a suite says of its numbers."""
    return tuple(int(suite.attrib[key]) for key in COUNTS)


def test_class(tmp_path: Path, right: Verdict, wrong: Verdict) -> None:
    """A suite for each section, with counts that are those of its cases."""
    class_ = classes.store(tmp_path / "r", {"ann": right, "bob": wrong})
    out = tmp_path / "class.xml"
    done = classes.export(class_, "--to", "junit", "--out", out)
    found = suites(out)

    assert (0, 6) == (done.exit_code, len(found))
    assert (5, 0, 0, 0) == counts(found["ann / Data preparation"])
    assert (5, 1, 0, 1) == counts(found["bob / Data preparation"])
    for suite in found.values():
        cases = suite.findall("testcase")
        tags = ("failure", "error", "skipped")
        assert counts(suite) == (len(cases), *(len(suite.findall(f"testcase/{tag}")) for tag in tags))
    points = {item.attrib["name"]: item.attrib["value"] for item in found["bob / Data preparation"].iter("property")}
    assert {"points": "4", "max_points": "20"} == points


def test_failures_have_three_sentences(tmp_path: Path, wrong: Verdict) -> None:
    """What is wrong, what was expected, and what to do; a check that was not reached says which one it waits for."""
    class_ = classes.store(tmp_path / "r", {"bob": wrong})
    out = tmp_path / "class.xml"
    classes.export(class_, "--to", "junit", "--out", out, lang="ru")
    suite = suites(out)["bob / Подготовка данных"]
    (failure,), (skipped,) = suite.findall("testcase/failure"), suite.findall("testcase/skipped")

    assert "data.scale.by_256" == failure.attrib["type"]
    lines = str(failure.text).splitlines()
    assert (3, failure.attrib["message"]) == (len(lines), lines[0])
    assert "каждое изображение сохраняет место" in skipped.attrib["message"]


def test_faults_of_the_grader_are_errors(tmp_path: Path, right: Verdict) -> None:
    """Who needs attention has errors and no points; a damaged verdict is an error, and named."""
    class_ = classes.store(tmp_path / "r", {"cem": classes.waiting(), "dan": None, "eve": unmeasured(right)})
    out = tmp_path / "class.xml"
    done = classes.export(class_, "--to", "junit", "--out", out)
    found = suites(out)

    assert 1 == done.exit_code
    assert (5, 0, 5, 0) == counts(found["cem / Data preparation"])
    assert ["max_points"] == [item.attrib["name"] for item in found["cem / Data preparation"].iter("property")]
    assert (1, 0, 1, 0) == counts(found["dan / verdict"])
    assert (1, 0, 1, 0) == counts(found["eve / verdict"])


def unmeasured(verdict: Verdict) -> Verdict:
    """A verdict of which every check has answered, and which still needs a person."""
    value = verdict.to_dict() | {"status": "needs_attention"}
    value["reason"] = {"code": "grader.judge_failed", "params": {"status": 1, "log": ""}}
    return from_dict(value)


def test_a_file_for_each_student(tmp_path: Path, right: Verdict) -> None:
    """A name without .xml is a folder; files are called as the folders of results."""
    class_ = classes.store(tmp_path / "r", {"ann": right, "../evil": right})
    classes.export(class_, "--to", "junit", "--out", tmp_path / "out")
    names = sorted(path.name for path in (tmp_path / "out").iterdir())

    assert 2 == len(names)
    assert "ann.xml" == names[1]
    assert not (tmp_path / "evil.xml").exists()


@pytest.mark.parametrize("student", [classes.HOSTILE, "a\x00b\x0b\ud800\uffff", "]]><x/>", '"&<!--'])
def test_any_name_is_text(tmp_path: Path, right: Verdict, student: str) -> None:
    """Names with markup, control characters and halves of characters leave the file whole."""
    class_ = classes.store(tmp_path / "r", {student: right})
    out = tmp_path / "class.xml"
    classes.export(class_, "--to", "junit", "--out", out)

    assert 3 == len(suites(out))
    assert not any(element.tag == "x" for element in ET.fromstring(out.read_bytes()).iter())


def test_again_gives_the_same_bytes(tmp_path: Path, wrong: Verdict) -> None:
    """No time stands in the file."""
    class_ = classes.store(tmp_path / "r", {"bob": wrong})
    for name in ("one.xml", "two.xml"):
        classes.export(class_, "--to", "junit", "--out", tmp_path / name)

    assert (tmp_path / "one.xml").read_bytes() == (tmp_path / "two.xml").read_bytes()
