"""The last run on a student's machine: told once, kept apart by lab and folder, harmless whatever it says."""

import copy
import json
import os
from pathlib import Path

import pytest

from autograder import last, report, scheme
from autograder.progress import Change
from autograder.verdict import Outcome, Reason, Verdict, attention, build

SCHEME = scheme.load()
POINTS = {name: line.points for name, line in SCHEME.checks.items()}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of our own."""
    monkeypatch.setenv("CONVMARK_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / last.FOLDER


def verdict(*wrong: str, sections: tuple[str, ...] = ("data", "compile")) -> Verdict:
    """A verdict in which all checks passed but these."""
    outcomes = {name: Outcome("passed", 1.0) for name in SCHEME.checks} | dict.fromkeys(
        wrong, Outcome("failed", 0.0, Reason("unknown"))
    )
    return build(SCHEME, sections, outcomes)


def test_since_the_last_run(tmp_path: Path) -> None:
    """The first run has nothing to compare with; each later one is compared with the one before."""
    runs = [verdict("data.scale"), verdict("compile.loss"), verdict("compile.loss"), verdict()]

    assert [
        None,
        Change(POINTS["data.scale"] - POINTS["compile.loss"], ("data.scale",), ("compile.loss",)),
        Change(0.0),
        Change(POINTS["compile.loss"], ("compile.loss",)),
    ] == [last.changed(run, SCHEME, tmp_path) for run in runs]


def test_another_mistake_in_the_same_check(tmp_path: Path) -> None:
    """A check that fails for another reason has changed, though no point has; an address in memory is no other reason."""

    def failing(code: str, received: str) -> Verdict:
        return build(
            SCHEME, ["data"], {name: Outcome("passed", 1.0) for name in SCHEME.checks} | {"data.scale": wrong(code, received)}
        )

    def wrong(code: str, received: str) -> Outcome:
        return Outcome("failed", 0.0, Reason(code, {"received": received}))

    runs = [("data.scale.other", "<T at 0x7f01>"), ("data.scale.other", "<T at 0x7f02>"), ("data.scale.by_256", "0 … 0.9961")]
    found = [last.changed(failing(*run), SCHEME, tmp_path) for run in runs]

    assert [None, Change(0.0), Change(0.0, other=("data.scale",))] == found


@pytest.mark.parametrize("value", [None, [], {"data.scale": [1]}, {"data.scale": "a", "no.check": "b"}])
def test_damaged_reasons_count_as_none(value: object) -> None:
    """Reasons of another form than ours are forgotten."""
    assert {} == last._read(value, SCHEME)


def test_sections_are_kept_apart(tmp_path: Path) -> None:
    """What a run of one section says nothing of is remembered from the run before."""
    last.changed(verdict("data.scale", "compile.loss"), SCHEME, tmp_path)
    last.changed(verdict(sections=("data",)), SCHEME, tmp_path)

    assert Change(POINTS["compile.loss"], ("compile.loss",)) == last.changed(verdict(), SCHEME, tmp_path)


def test_folders_and_labs_do_not_mix(tmp_path: Path) -> None:
    """Another folder, another lab, another version of it or other points have a first run of their own."""
    last.changed(verdict("data.scale"), SCHEME, tmp_path)
    others = []
    for change in ({"name": "other"}, {"version": "2.0.0"}):
        raw = copy.deepcopy(dict(SCHEME.raw))
        raw["lab"] |= change
        others.append(scheme.parse(raw))
    raw = copy.deepcopy(dict(SCHEME.raw))
    raw["checks"]["data.scale"]["points"] = 9
    others.append(scheme.parse(raw))

    assert [None] * 3 == [last.changed(verdict(), other, tmp_path) for other in others]
    assert last.changed(verdict(), SCHEME, tmp_path / "elsewhere") is None
    assert last.changed(verdict(), SCHEME, tmp_path) is not None


def test_no_grade_is_no_run(tmp_path: Path) -> None:
    """A run that a person has to look at is neither compared nor remembered."""
    last.changed(verdict("data.scale"), SCHEME, tmp_path)

    assert last.changed(attention(SCHEME, SCHEME.sections, Reason("grader.bug", {"reason": "x"})), SCHEME, tmp_path) is None
    assert Change(8.0, ("data.scale",)) == last.changed(verdict(), SCHEME, tmp_path)


HOSTILE = {
    "empty": b"",
    "no text": b"\xff\x00",
    "no table": b"[1]",
    "deep": b"[" * 100_000,
    "large": b'{"checks": "' + b"x" * 2**21 + b'"}',
    "other checks": json.dumps({"checks": {"no.check": ["passed", 1]}}).encode(),
    "many points": json.dumps({"checks": {"data.scale": ["failed", -1e9]}}).encode(),
    "no number": b'{"checks": {"data.scale": ["failed", NaN]}}',
    "escape": json.dumps({"checks": {"\x1b[2J": ["failed", 0]}}).encode(),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_is_no_file(tmp_path: Path, home: Path, content: bytes) -> None:
    """Whatever stands in the file: no error, no sentence, the same points, and the next run is whole again."""
    last.changed(verdict("data.scale"), SCHEME, tmp_path)
    (path,) = home.glob("*.json")
    path.write_bytes(content)
    plain = verdict("data.scale")
    found = last.changed(plain, SCHEME, tmp_path)

    assert found is None
    assert report.to_text(plain, "en") == report.to_text(plain, "en", change=found)
    assert plain == verdict("data.scale")
    assert Change(8.0, ("data.scale",)) == last.changed(verdict(), SCHEME, tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_is_not_waited_for(tmp_path: Path, home: Path) -> None:
    """A pipe in the place of the file, which nobody writes, stops no run."""
    last.changed(verdict("data.scale"), SCHEME, tmp_path)
    (path,) = home.glob("*.json")
    path.unlink()
    os.mkfifo(path)

    assert last.changed(verdict(), SCHEME, tmp_path) is None


def test_no_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing can be kept nothing is told."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("CONVMARK_CACHE", str(tmp_path / "file" / "below"))

    assert [None, None] == [last.changed(verdict(), SCHEME, tmp_path) for _ in range(2)]
