"""New verdicts from stored evidence: who changes, by how much, and what is left alone."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from autograder import files, scheme
from autograder.errors import GraderError, SandboxError
from autograder.instructor import batch, loop, regrading, results
from autograder.instructor.batch import Options
from autograder.instructor.cli import main
from autograder.instructor.lock import locked
from autograder.instructor.regrading import Change
from autograder.instructor.results import ResultsError
from autograder.launcher import Command
from tests.instructor.boxes import classroom
from tests.support import faults
from tests.support.warm import WarmAddress, WarmLauncher

WORKS = {"ann": "ann", "eve": "eve", "fay": "fay"}


class Refusing(WarmAddress):
    """A launcher that must not be asked."""

    def command(self, *_: Any) -> Command:
        raise SandboxError("sandbox.no_start", reason="refused")


class Inline(Executor):
    """An executor that does the work as it is submitted; an interrupt goes through it."""

    def submit(self, do: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(do(*arguments, **named))
        return done


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory, warm: WarmLauncher) -> Options:
    """A class that was graded: three with evidence, one empty, one for a person."""
    folder = tmp_path_factory.mktemp("regrade")
    works = {name: faults.WORKS[name] for name in WORKS} | {"non": ""}
    submissions = classroom(folder / "in", works)
    (submissions / "zoe.zip").write_bytes(b"PK no")
    options = Options(submissions, folder / "out", WarmAddress(warm.address), 1, ("data",), limits={"data": 5})
    batch.run(options)
    return options


@pytest.fixture
def graded(once: Options, tmp_path: Path) -> Options:
    """A copy of it."""
    for source, name in ((once.submissions, "in"), (once.out, "out")):
        shutil.copytree(source, tmp_path / name)
    return replace(once, submissions=tmp_path / "in", out=tmp_path / "out")


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The work is done in this process, so that it sees what a test changes."""
    monkeypatch.setattr(loop, "workers", lambda jobs, lock: Inline())


@pytest.fixture
def worth(monkeypatch: pytest.MonkeyPatch, here: None) -> Callable[[str, float], None]:
    """A function that changes the points of a check in the marking scheme."""

    def change(check: str, points: float) -> None:
        current = scheme.load()
        raw = json.loads(json.dumps(current.raw))
        raw["checks"][check]["points"] = points
        monkeypatch.setattr(scheme, "load", lambda *_: scheme.parse(raw))
        for name in ("plugin", "judge", "session"):
            module = sys.modules.get(f"autograder.{name}")
            if module is not None and hasattr(module, "load"):
                monkeypatch.setattr(module, "load", lambda *_: scheme.parse(raw))

    return change


def by_student(changes: Sequence[Change]) -> dict[str, Change]:
    """The changes by student."""
    return {change.after.student: change for change in changes}


def test_nothing_changed(graded: Options) -> None:
    """With the same checks and scheme every verdict is the same, and no result is written anew."""
    before, state = faults.content(graded.out), faults.final(graded.out)
    changes = regrading.run(graded.out, 1)

    assert not any(change.changed for change in changes)
    assert ["ann", "eve", "fay", "non", "zoe"] == [change.after.student for change in changes]
    assert state == faults.final(graded.out)
    assert before == faults.content(graded.out)


def test_points_changed(graded: Options, worth: Callable[[str, float], None]) -> None:
    """Other points in the marking scheme give other scores, which are told, written and used by the next run."""
    check = json.loads((graded.out / "ann" / "verdict.json").read_text())["checks"]
    (passed,) = [line for line in check if line["id"] == "data.dtype"]
    worth("data.dtype", passed["max_points"] + 5)
    changes = by_student(regrading.run(graded.out, 1))
    rows = batch.run(replace(graded, launcher=Refusing("")))

    assert changes["ann"].changed
    assert (5.0 if passed["status"] == "passed" else 0.0) == changes["ann"].difference
    assert 25 == changes["ann"].after.max_score
    assert [changes[row.student].after for row in rows if row.student != "zoe"] == [row for row in rows if row.student != "zoe"]


def test_dry_run_writes_nothing(graded: Options, worth: Callable[[str, float], None]) -> None:
    """Who would change is told, and every file is as it was."""
    before = faults.content(graded.out)
    worth("data.dtype", 1)
    changes = regrading.run(graded.out, 1, dry=True)

    assert any(change.changed for change in changes)
    assert before == faults.content(graded.out)


@pytest.mark.parametrize("name", ["evidence/evidence.json", "verdict.json"])
@pytest.mark.parametrize("how", ["cut", "gone", "edited"])
def test_damaged_results_are_for_a_person(graded: Options, name: str, how: str) -> None:
    """What its seal does not vouch for is neither believed nor a zero; the others are judged."""
    path = graded.out / "ann" / name
    text = path.read_text()
    changed = {"cut": text[: len(text) // 2], "edited": text.replace("0", "1", 1), "gone": ""}[how]
    if how == "gone":
        path.unlink()
    else:
        path.write_text(changed)
    found = by_student(regrading.run(graded.out, 1))

    assert ("needs_attention", None) == (found["ann"].after.status, found["ann"].after.score)
    assert "regrade.damaged" == (found["ann"].after.reason or {})["code"]
    assert "graded" == found["eve"].after.status
    assert "ann,needs_attention,," in (graded.out / "grades.csv").read_text()


def test_interrupted(graded: Options, worth: Callable[[str, float], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that was stopped is finished by the next one, with what an undisturbed run gives."""
    other = graded.out.with_name("other")
    shutil.copytree(graded.out, other)
    worth("data.dtype", 1)
    regrading.run(other, 1)

    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(batch, "write", interrupted)
        with pytest.raises(KeyboardInterrupt):
            regrading.run(graded.out, 1)
    regrading.run(graded.out, 1)

    assert faults.content(other) == faults.content(graded.out)


def test_lateness_is_told_until_the_work_changes(
    graded: Options, warm: WarmLauncher, worth: Callable[[str, float], None]
) -> None:
    """What an export took off for lateness follows from the new points, and is forgotten when other work is handed in."""
    report = graded.out / "ann" / "report.html"
    files.write_json(graded.out / "ann" / results.LATE, {"code": "deducted", "days": 1, "percent": "50", "of": "maximum"})
    worth("data.dtype", 9.0)
    (row,) = [change.after for change in regrading.run(graded.out, 1) if change.after.student == "ann"]
    half = min(row.score or 0.0, row.max_score / 2)

    assert f"(points: {half:g}) are deducted: {row.score:g} become {(row.score or 0.0) - half:g}." in report.read_text()
    (graded.submissions / "ann" / "cifar10_cnn.py").write_text("x = 1")
    batch.run(replace(graded, launcher=WarmAddress(warm.address)))
    assert "deducted" not in report.read_text()
    assert not (graded.out / "ann" / results.LATE).exists()


def test_reports_in_another_language(graded: Options) -> None:
    """A language that is named is that of all reports from then on; otherwise each keeps its own."""
    regrading.run(graded.out, 1, lang="ru")
    russian = (graded.out / "ann" / "report.html").read_text()
    regrading.run(graded.out, 1)

    assert 'lang="ru"' in russian
    assert russian == (graded.out / "ann" / "report.html").read_text()


@pytest.mark.parametrize("kept", [[], ["run.json"], [".roster.json"]])
def test_no_results(graded: Options, tmp_path: Path, kept: list[str]) -> None:
    """A folder that holds no run, or only part of one, is refused with a reason."""
    folder = tmp_path / "folder"
    folder.mkdir()
    for name in kept:
        (folder / name).write_bytes((graded.out / name).read_bytes())

    with pytest.raises(ResultsError) as raised:
        regrading.run(folder, 1)
    assert "regrade.no_results" == raised.value.code


def test_no_student_code_and_no_keras(graded: Options) -> None:
    """Neither the command nor its workers import Keras or start anything of a submission."""
    code = (
        "import sys\nfrom pathlib import Path\nfrom autograder.instructor import regrading, loop\n"
        "from concurrent.futures import ThreadPoolExecutor\n"
        "loop.workers = lambda jobs, lock: ThreadPoolExecutor(1)\n"
        "regrading.run(Path(sys.argv[1]), 1)\nprint(sorted({'keras', 'tensorflow', 'h5py'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(graded.out)], capture_output=True, text=True, check=True)

    assert "[]\n" == done.stdout


class TestCommand:
    def test_table(self, graded: Options, worth: Callable[[str, float], None]) -> None:
        """Who changed is listed with both scores; who waits for a person is named, and the status says it."""
        worth("data.dtype", 1)
        done = CliRunner().invoke(main, ["regrade", str(graded.out), "--lang", "en", "--jobs", "1"])

        assert 1 == done.exit_code, done.output
        assert "ann" in done.output
        assert "Points changed for 2 of 5: 0 up, 2 down, " in done.output
        assert "Needs attention: zoe." in done.output
        assert (graded.out / "grades.csv").name in done.output

    def test_refusal(self, tmp_path: Path) -> None:
        """A folder without results is an error of use."""
        done = CliRunner().invoke(main, ["regrade", str(tmp_path), "--lang", "en"])

        assert 2 == done.exit_code
        assert "no results" in done.output

    def test_lock(self, graded: Options) -> None:
        """While another run writes there, nothing is regraded."""
        with locked(graded.out), pytest.raises(GraderError) as raised, locked(graded.out, 0.1):
            pass
        assert "results.locked" == raised.value.code
