"""A class whose files were damaged, changed or lost between two runs, or while one runs."""

import ast
import json
import shutil
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import autograder
from autograder.errors import SandboxError
from autograder.instructor import batch, collect, earlier, grading, loop, seal
from autograder.instructor.batch import Options
from autograder.instructor.grading import Job, Settings
from autograder.instructor.lock import locked
from autograder.instructor.results import ResultsError
from autograder.judge import judge
from autograder.launcher import Command
from tests.instructor.boxes import classroom
from tests.support import faults
from tests.support.warm import WarmAddress, WarmLauncher

STUDENTS = ("ann", "eve", "fay")
CLOCKS = {"time.time", "time.time_ns", "datetime.now", "datetime.datetime.now", "st_mtime", "st_mtime_ns", "st_ctime"}


class Refusing(WarmAddress):
    """A launcher that must not be asked."""

    def command(self, *_: Any) -> Command:
        raise SandboxError("sandbox.no_start", reason="refused")


REFUSING = Refusing("")


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory, warm: WarmLauncher) -> Options:
    """A class that was graded."""
    folder = tmp_path_factory.mktemp("damage")
    submissions = classroom(folder / "in", {name: faults.WORKS[name] for name in STUDENTS})
    options = Options(submissions, folder / "out", WarmAddress(warm.address), 1, ("data",))
    batch.run(options)
    return options


@pytest.fixture
def graded(once: Options, tmp_path: Path) -> Options:
    """A copy of it."""
    for source, name in ((once.submissions, "in"), (once.out, "out")):
        shutil.copytree(source, tmp_path / name)
    return replace(once, submissions=tmp_path / "in", out=tmp_path / "out")


def cut(path: Path) -> None:
    """Lose the second half of a file."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def edit(path: Path) -> None:
    """Give a student more points by hand."""
    path.write_text(path.read_text().replace('"score": 20.0', '"score": 99.0'))


def scribble(path: Path) -> None:
    """Let a file hold other JSON."""
    path.write_text('{"files": {}, "about": []}')


DAMAGES: list[tuple[str, Callable[[Path], None]]] = [
    ("verdict.json", cut),
    ("verdict.json", edit),
    ("verdict.json", Path.unlink),
    ("result.json", cut),
    ("result.json", scribble),
    ("result.json", Path.unlink),
    ("evidence/evidence.json", cut),
    ("evidence/evidence.json", Path.unlink),
    ("evidence", shutil.rmtree),
]


@pytest.mark.parametrize(("name", "damage"), DAMAGES)
def test_damaged_result_is_made_anew(graded: Options, once: Options, name: str, damage: Callable[[Path], None]) -> None:
    """What is truncated, edited or lost is not believed: that student is graded again, the others are not."""
    damage(graded.out / "ann" / name)
    kept = {path: state for path, state in faults.final(graded.out).items() if not path.startswith("ann/")}
    batch.run(graded)

    assert faults.content(once.out) == faults.content(graded.out)
    assert kept.items() <= faults.final(graded.out).items()


@pytest.mark.parametrize("damage", [cut, Path.unlink])
def test_damaged_report_is_written_anew(graded: Options, once: Options, damage: Callable[[Path], None]) -> None:
    """A report comes from its verdict: no student code runs for it."""
    damage(graded.out / "ann" / "report.html")
    batch.run(replace(graded, launcher=REFUSING))

    assert faults.content(once.out) == faults.content(graded.out)


@pytest.mark.parametrize("damage", [cut, scribble, Path.unlink])
def test_damaged_run_loses_nothing(graded: Options, once: Options, damage: Callable[[Path], None]) -> None:
    """Without the run's secret there is a new one; what is graded stays."""
    damage(graded.out / "run.json")
    final = faults.final(graded.out)
    batch.run(replace(graded, launcher=REFUSING))

    assert final == faults.final(graded.out)
    assert (once.out / "grades.csv").read_bytes() == (graded.out / "grades.csv").read_bytes()
    assert 64 == len(json.loads((graded.out / "run.json").read_text())["secret"])


def test_changed_submission(graded: Options) -> None:
    """Who hands in something else is graded again, the others are not."""
    (graded.submissions / "ann" / "cifar10_cnn.py").write_text(faults.WRONG)
    final = faults.final(graded.out)
    rows = batch.run(graded)
    now = faults.final(graded.out)

    assert {"ann": 12.0, "eve": 0.0, "fay": 20.0} == {row.student: row.score for row in rows}
    assert {"ann/result.json", "ann/verdict.json"} == {name for name in final if final[name] != now[name]}


def test_lost_submission(graded: Options) -> None:
    """Whose folder is gone has no row; the results stay and are used again when it is back."""
    final = faults.final(graded.out)
    (graded.submissions / "ann").rename(graded.submissions.parent / "ann")
    assert ["eve", "fay"] == [row.student for row in batch.run(replace(graded, launcher=REFUSING))]

    (graded.submissions.parent / "ann").rename(graded.submissions / "ann")
    batch.run(replace(graded, launcher=REFUSING))
    assert final == faults.final(graded.out)


def test_result_lost_while_running(graded: Options, once: Options) -> None:
    """Results that are removed while the run goes on are in its gradebook, and made again by the next run."""
    shutil.rmtree(graded.out / "ann")
    batch.run(graded, lambda done, total: shutil.rmtree(graded.out / "ann", ignore_errors=True) if done else None)
    assert (once.out / "grades.csv").read_bytes() == (graded.out / "grades.csv").read_bytes()

    batch.run(graded)
    assert faults.content(once.out) == faults.content(graded.out)


def job(options: Options, student: str = "ann") -> Job:
    """The job of a student, as the run would have it."""
    entry = next(entry for entry in collect.entries(options.submissions) if entry.student == student)
    secret = json.loads((options.out / "run.json").read_text())["secret"]
    return Job(entry, student, Settings(options.out, ("data",), "", "", secret, options.launcher))


def test_submission_lost_while_running(graded: Options) -> None:
    """A folder that is gone by the time of its turn is for a person; of the earlier results only the answers are kept."""
    work = job(graded)
    shutil.rmtree(graded.submissions / "ann")
    row = grading.grade(work).row

    assert row is not None and row.reason is not None
    assert ("needs_attention", "collect.unreadable") == (row.status, row.reason["code"])
    assert {earlier.FILE, "verdict.json", "report.html"} == {path.name for path in (graded.out / "ann").iterdir()}


@pytest.mark.parametrize("member", ["ann_1_2_cifar10_cnn.py", "ann/cifar10_cnn.py"])
def test_archive_changed_while_running(graded: Options, tmp_path: Path, member: str) -> None:
    """A class's zip that is another one by the time of a student's turn is for a person."""
    zipped = tmp_path / "class.zip"
    listed = []
    for name in (member, member.replace("ann", "bob")):
        with zipfile.ZipFile(zipped, "w") as archive:
            archive.writestr(name, faults.PREPARE)
        listed.append(collect.entries(zipped))
    row = grading.grade(replace(job(graded), entry=listed[0][0])).row

    assert row is not None and row.reason is not None
    assert "collect.unreadable" == row.reason["code"]


def test_evidence_lost_while_running(graded: Options, once: Options, monkeypatch: pytest.MonkeyPatch) -> None:
    """Evidence that is gone before it is judged is a fault of the machine: no points are lost, the next run grades."""
    (graded.out / "ann" / "result.json").unlink()

    def without(folder: Path, *rest: Any) -> Any:
        (folder / "evidence.json").unlink()
        return judge(folder, *rest)

    monkeypatch.setattr(grading, "judge", without)
    row = grading.grade(job(graded)).row
    monkeypatch.undo()
    assert row is not None and ("needs_attention", None) == (row.status, row.score)

    batch.run(graded)
    assert faults.content(once.out) == faults.content(graded.out)


def test_interrupted_fresh_run(graded: Options, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fresh run that was interrupted is continued without --fresh, and nothing of the run before it is used."""

    def interrupted(*_: Any) -> Iterator[Any]:
        raise KeyboardInterrupt

    before = faults.final(graded.out)
    monkeypatch.setattr(loop, "outcomes", interrupted)
    with pytest.raises(KeyboardInterrupt):
        batch.run(replace(graded, fresh=True))
    monkeypatch.undo()
    assert {} == faults.final(graded.out)

    batch.run(graded)
    assert set(before) == set(faults.final(graded.out))


def test_foreign_folder_keeps_its_files(tmp_path: Path) -> None:
    """Starting over does not break what is no seal of ours."""
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "result.json").touch()
    with pytest.raises(ResultsError) as raised:
        seal.remove_all(tmp_path)

    assert "results.not_ours" == raised.value.code
    assert (tmp_path / "x" / "result.json").exists()


def test_worker_holds_the_lock(tmp_path: Path) -> None:
    """As long as a worker of an earlier run lives, no other run writes."""
    with locked(tmp_path) as lock:
        executor = loop.workers(1, lock)
        executor.submit(int).result()
    with pytest.raises(ResultsError), locked(tmp_path, patience=0):
        pass
    executor.shutdown()
    with locked(tmp_path, patience=0):
        pass


def test_no_clock_that_can_go_backwards() -> None:
    """The time of day is read where a person is told it, that of files for what a cache holds that is old."""
    found = []
    root = Path(autograder.__file__).parent
    for path in root.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            text = ast.unparse(node) if isinstance(node, ast.Attribute) else ""
            if text in CLOCKS or text.rpartition(".")[2] in CLOCKS:
                found.append(path.relative_to(root).as_posix())

    assert {"cache.py", "instructor/batch.py", "instructor/commands/quiz.py", "instructor/nbgrader/quiz.py"} == set(found)
