"""A class graded for real: what is written, what is used again, and what happens when things break."""

import csv
import errno
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autograder import dataset, files
from autograder.errors import DataUnavailable, GraderError, SandboxError, SubmissionError
from autograder.instructor import batch, collect, grading, loop, results, staging
from autograder.instructor.batch import Options
from autograder.instructor.grading import Done, Job, Settings
from autograder.instructor.lock import locked
from autograder.instructor.loop import Work
from autograder.instructor.results import ResultsError, Row
from autograder.launcher import ROOT, Command, PlainLauncher
from autograder.verdict import Reason
from tests.instructor.boxes import box, classroom, needs_boxes
from tests.support import scenarios

PREPARE = """
import numpy as np

def prepare_data(x_train, y_train, x_test, y_test):
    train = x_train.astype("float32") / 255, np.eye(10)[y_train.ravel()]
    return train, (x_test.astype("float32") / 255, np.eye(10)[y_test.ravel()])
"""
LOOP = "def prepare_data(a, b, c, d):\n    while True:\n        pass\n"
CRASH = "import os\nos._exit(3)\n"
WORKS = {"crash": CRASH, "empty": "", "loop": LOOP, "right": PREPARE}
STUDENTS = ["a", "bad", "c", "d", "e", "f", "g"]
RIGHT = {"crash": "0", "empty": "0", "loop": "0", "right": "20"}


class Refusing:
    """A launcher that must not be asked: whoever starts a process with it has graded again."""

    level = "full"
    layers: Sequence[str] = ()

    def command(self, module: str, readonly: Sequence[Path] = ()) -> Command:
        """Refuse.

        Raises:
            SandboxError: always.
        """
        raise SandboxError("sandbox.no_start", reason="refused")


def scores(out: Path) -> dict[str, str]:
    """Students and scores of the gradebook; all of them graded."""
    with (out / "grades.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {"graded"} == {row["status"] for row in rows}
    return {row["student"]: row["score"] for row in rows}


def options(submissions: Path, out: Path, **changes: Any) -> Options:
    """Options for the data section alone."""
    return replace(Options(submissions, out, Refusing(), sections=("data",)), **changes)


def listing(out: Path) -> set[str]:
    """All files of the results but the lock."""
    return {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file() and path.name != ".lock"}


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A class and its results."""
    folder = tmp_path_factory.mktemp("class")
    submissions = classroom(folder / "in", WORKS)
    batch.run(options(submissions, folder / "out", launcher=box(), jobs=2, limits={"data": 2, "import": 10}))
    return submissions, folder / "out"


@needs_boxes
class TestRun:
    def test_gradebook(self, graded: tuple[Path, Path]) -> None:
        """A right solution has its points; a crash, an endless loop and an empty folder have none."""
        assert RIGHT == scores(graded[1])

    def test_files(self, graded: tuple[Path, Path]) -> None:
        """Every student has a verdict and a report, those that ran have evidence, and nothing else is left."""
        each = {"verdict.json", "report.html", "result.json"}
        ran = {*each, "evidence/evidence.json"}
        expected = {f"{student}/{name}" for student in WORKS for name in (each if student == "empty" else ran)}

        assert listing(graded[1]) == {"run.json", ".roster.json", "grades.csv", "summary.html", *expected}

    def test_seeds_are_secret_and_differ(self, graded: tuple[Path, Path]) -> None:
        """The seed of a submission comes from the run's secret and the submission's bytes."""
        out = graded[1]
        secret = json.loads((out / "run.json").read_text())["secret"]
        evidence = [json.loads((out / name / "evidence" / "evidence.json").read_text()) for name in ("crash", "loop", "right")]

        assert [record["seed"] for record in evidence] == [
            results.seed(secret, record["source"]["sha256"]) for record in evidence
        ]
        assert 3 == len({record["seed"] for record in evidence})
        assert all(0 <= record["seed"] < 2**63 for record in evidence)

    def test_running_again_uses_what_is_there(self, graded: tuple[Path, Path]) -> None:
        """With the same submissions no student code runs again, with any number of workers."""
        submissions, out = graded
        before = (out / "grades.csv").read_bytes()
        batch.run(options(submissions, out))

        assert before == (out / "grades.csv").read_bytes()

    def test_interrupted_run_continues(self, graded: tuple[Path, Path], tmp_path: Path) -> None:
        """Killed in the middle and run again, the gradebook is byte for byte that of an undisturbed run."""
        out = tmp_path / "out"
        code = (
            "import sys; from pathlib import Path; sys.path[:0] = sys.argv[3:]; from tests.instructor.boxes import box; "
            "from autograder.instructor import batch; from autograder.instructor.batch import Options; "
            "batch.run(Options(Path(sys.argv[1]), Path(sys.argv[2]), box(), 1, ('data',), limits={'data': 2}))"
        )
        command = [sys.executable, "-c", f"if __name__ == '__main__': {code}", str(graded[0]), str(out)]
        process = subprocess.Popen([*command, str(ROOT)])
        _wait_for(out / "crash" / "result.json")
        process.send_signal(signal.SIGKILL)
        process.wait()
        finished = listing(out)
        batch.run(options(graded[0], out, launcher=box(), limits={"data": 2}))

        assert "grades.csv" not in finished
        assert (out / "grades.csv").read_bytes() == (graded[1] / "grades.csv").read_bytes()
        assert listing(out) == listing(graded[1])


def _wait_for(path: Path) -> None:
    deadline = time.monotonic() + 120
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.05)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings for a run that never gets a sandbox."""
    return Settings(tmp_path / "out", ("data",), "", "", "00" * 32, Refusing())


def job(settings: Settings, submissions: Path) -> Job:
    """The job of the only student."""
    (entry,) = collect.entries(submissions)
    return Job(entry, entry.student, settings)


def reason(done: Done) -> tuple[str, str]:
    """Status and code of a row that needs attention."""
    assert done.row is not None
    assert done.row.reason is not None
    return done.row.status, done.row.reason["code"]


class TestGrading:
    def test_fault_of_the_grader_is_no_zero(self, settings: Settings, tmp_path: Path) -> None:
        """Where the sandbox fails a person looks; there is no score."""
        done = grading.grade(job(settings, classroom(tmp_path / "in", {"ann": PREPARE})))

        assert ("needs_attention", "sandbox.no_start") == reason(done)
        assert done.row is not None
        assert done.row.score is None
        assert not (settings.out / "ann" / "result.json").exists()

    def test_unexpected_exception_is_no_zero(self, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A bug of the grader costs no points and does not stop the class."""
        monkeypatch.setattr(staging, "stage", lambda entry, into: 1 / 0)

        assert reason(grading.grade(job(settings, classroom(tmp_path / "in", {"ann": PREPARE})))) == (
            "needs_attention",
            "grader.bug",
        )

    def test_fault_of_the_measurement_loses_no_check(
        self, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Where only the accuracy could not be measured, a person finds what the other checks said."""

        def fail(*given: Any) -> None:
            raise SandboxError("grader.trial_timeout", seconds=300)

        monkeypatch.setattr(grading, "_measured", fail)
        wanted = replace(settings, sections=("data", "accuracy"), launcher=PlainLauncher())
        done = grading.grade(job(wanted, classroom(tmp_path / "in", {"a": PREPARE})))
        told = json.loads((settings.out / "a" / "verdict.json").read_text("utf-8"))

        assert reason(done) == ("needs_attention", "grader.trial_timeout")
        assert {"passed"} == {check["status"] for check in told["checks"] if check["section"] == "data"}
        assert not (settings.out / "a" / results.SEAL).exists()

    def test_broken_archive_is_for_a_person(self, settings: Settings, tmp_path: Path) -> None:
        """An archive that cannot be read may be the platform's fault."""
        (tmp_path / "in").mkdir()
        (tmp_path / "in" / "ann.zip").write_bytes(b"PK no")

        assert ("needs_attention", "collect.broken_archive") == reason(grading.grade(job(settings, tmp_path / "in")))

    def test_two_edited_files_are_for_a_person(self, settings: Settings, tmp_path: Path) -> None:
        """Which of two solutions counts is not for a program to say."""
        submissions = classroom(tmp_path / "in", {"ann": PREPARE})
        (submissions / "ann" / "cifar10_cnn_new.py").write_text(LOOP)

        assert ("needs_attention", "submission.two_edited") == reason(grading.grade(job(settings, submissions)))

    def test_nothing_submitted_is_a_zero_with_a_reason(self, settings: Settings, tmp_path: Path) -> None:
        """An empty folder is graded; the first check says why, the others do not repeat it."""
        done = grading.grade(job(settings, classroom(tmp_path / "in", {"ann": ""})))
        verdict = json.loads((settings.out / "ann" / "verdict.json").read_text())

        assert done.row is not None
        assert ("graded", 0.0, ("data.returns",)) == (done.row.status, done.row.score, done.row.failed)
        assert {"code": "submission.none", "params": {"folder": "ann", "name": "cifar10_cnn"}} == verdict["checks"][0]["reason"]
        assert {"data.returns"} == {check["because"] for check in verdict["checks"][1:]}

    def test_full_disk_stops_the_run(self, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """When results cannot be written the run ends, with nothing half-written."""

        def full(path: Path, content: bytes, mode: int) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(files, "write", full)
        done = grading.grade(job(settings, classroom(tmp_path / "in", {"ann": ""})))

        assert done.row is None
        assert done.stop is not None
        assert "results.cannot_write" == done.stop.code
        assert set() == listing(settings.out)

    def test_staged_files_are_removed(self, settings: Settings, tmp_path: Path) -> None:
        """Copies of a submission do not outlive its grading."""
        grading.grade(job(settings, classroom(tmp_path / "in", {"ann": PREPARE})))

        assert [] == list((settings.out / results.WORK).iterdir())


@pytest.fixture
def earlier(settings: Settings, tmp_path: Path) -> tuple[Job, Row]:
    """A job with a whole result of an earlier run."""
    work = job(settings, classroom(tmp_path / "in", {"ann": PREPARE}))
    staged = tmp_path / "staged"
    staged.mkdir()
    digest = staging.stage(work.entry, staged)
    verdict = grading.refused(settings, SubmissionError("submission.none", folder="ann"))
    return work, grading.finish(work, verdict, digest)


class TestReuse:
    def test_whole_result_is_used(self, earlier: tuple[Job, Row]) -> None:
        """A result made from the same things is used: the sandbox is not asked."""
        work, row = earlier

        assert grading.grade(work) == Done(row)

    def test_changed_submission_is_graded_again(self, earlier: tuple[Job, Row]) -> None:
        """Another byte is another submission."""
        work, _ = earlier
        path = work.entry.sources[0].path / "cifar10_cnn.py"
        path.write_text(PREPARE + "#")

        assert "sandbox.no_start" == reason(grading.grade(work))[1]

    @pytest.mark.parametrize("changes", [{"sections": ("data", "model")}, {"data_digest": "other"}])
    def test_changed_settings_are_graded_again(self, earlier: tuple[Job, Row], changes: dict[str, Any]) -> None:
        """Other sections or other data: a new verdict."""
        work, _ = earlier

        assert "sandbox.no_start" == reason(grading.grade(replace(work, settings=replace(work.settings, **changes))))[1]

    def test_damaged_verdict_is_graded_again(self, earlier: tuple[Job, Row]) -> None:
        """A verdict that is not the one that was written is not used."""
        work, _ = earlier
        path = work.settings.out / "ann" / "verdict.json"
        path.write_text(path.read_text().replace('"graded"', '"graded" '))

        assert "sandbox.no_start" == reason(grading.grade(work))[1]

    def test_other_language_renders_again(self, earlier: tuple[Job, Row]) -> None:
        """Another language changes the report, not the verdict."""
        work, row = earlier
        report = work.settings.out / "ann" / "report.html"
        before = report.read_text()
        done = grading.grade(replace(work, settings=replace(work.settings, lang="ru")))

        assert done == Done(row)
        assert report.read_text() != before


class Dying(ThreadPoolExecutor):
    """An executor whose worker dies of the students named ``bad…``, and takes what it holds with it."""

    broken = False

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Hand out a job, or fail as a broken pool does."""
        if self.broken:
            raise BrokenProcessPool
        future: Future[Any] = Future()
        if args[0].entry.student.startswith("bad"):
            self.broken = True
            future.set_exception(BrokenProcessPool())
        else:
            future.set_result(fn(*args))
        return future


class TestWorkers:
    def test_dead_worker_costs_only_its_own_student(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """What was lost with a worker is tried again alone; who kills it twice is for a person."""
        monkeypatch.setattr(loop, "workers", lambda jobs, lock: Dying(jobs))
        submissions = classroom(tmp_path / "in", dict.fromkeys(STUDENTS, ""))
        rows = batch.run(options(submissions, tmp_path / "out"))

        assert {row.student: row.status for row in rows} == {
            student: "needs_attention" if student == "bad" else "graded" for student in STUDENTS
        }
        assert {"code": "grader.worker_died", "params": {}} == next(row.reason for row in rows if row.student == "bad")

    def test_real_worker_that_dies(self) -> None:
        """A process that is killed breaks its pool, which is noticed."""
        with loop.workers(1, None) as executor, pytest.raises(BrokenProcessPool):
            executor.submit(os.kill, executor.submit(os.getpid).result(), signal.SIGKILL).result()

    def test_window_is_bounded(self, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Never are more jobs taken than the window holds: memory does not grow with the class."""
        entries = collect.entries(classroom(tmp_path / "in", {f"s{number}": "" for number in range(9)}))
        taken, ended = 0, 0

        def jobs() -> Iterator[Job]:
            nonlocal taken
            for entry in entries:
                taken += 1
                yield Job(entry, entry.student, settings)

        work = Work(lambda job: Done(None, Reason("x")), grading.attention)
        executor: Executor
        with ThreadPoolExecutor(2) as executor:
            for _ in loop.run_all(jobs(), executor, 3, work):
                ended += 1
                assert taken - ended <= 3
        assert 9 == ended


class TestResults:
    def test_foreign_folder_is_refused(self, tmp_path: Path) -> None:
        """A folder with something else in it is not written to."""
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "thesis.tex").touch()

        with pytest.raises(ResultsError) as raised:
            batch.run(options(classroom(tmp_path / "in", {"ann": ""}), tmp_path / "out"))
        assert "results.not_ours" == raised.value.code

    def test_second_run_waits_its_turn(self, tmp_path: Path) -> None:
        """Two runs never write to one folder."""
        with locked(tmp_path / "out"), pytest.raises(ResultsError) as raised, locked(tmp_path / "out", patience=0):
            pass
        assert "results.locked" == raised.value.code

    def test_missing_data_set_is_said_before_anything_runs(self, tmp_path: Path) -> None:
        """Accuracy without its data set is refused at once."""
        submissions = classroom(tmp_path / "in", {"ann": PREPARE})

        with pytest.raises(DataUnavailable):
            batch.run(options(submissions, tmp_path / "out", sections=("accuracy",), data=str(tmp_path / "x.npz")))
        assert set() == listing(tmp_path / "out")

    @needs_boxes
    def test_without_cifar10_who_cannot_be_measured_waits(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """If CIFAR-10 is not on the machine that is said, and costs nobody points who has a network to train."""
        # Workers are processes of their own: what they find hangs on the home, what this one finds was fixed at its start.
        monkeypatch.setenv("HOME", str(tmp_path / "home"))
        monkeypatch.setattr(dataset, "CACHE", tmp_path / "home" / ".cache" / "convmark")
        for name in (dataset.variable("cifar10"), "KERAS_HOME"):
            monkeypatch.delenv(name, raising=False)
        told: list[DataUnavailable] = []
        solution = (scenarios.FOLDER / "right_plain_script" / "submission" / "cifar10_cnn.py").read_text("utf-8")
        submissions = classroom(tmp_path / "in", {"ann": "", "bob": PREPARE, "eve": solution})
        wanted = options(submissions, tmp_path / "out", launcher=box(), sections=("accuracy",), data="cifar10", warn=told.append)
        rows = batch.run(wanted)

        assert ["graded", "graded", "needs_attention"] == [row.status for row in rows]
        assert "data_set.not_downloaded" == (rows[2].reason or {})["code"]
        assert ["data_set.not_downloaded"] == [error.code for error in told]

    @pytest.mark.parametrize("files", [(), ("cifar10_cnn.py", "notes.txt")])
    def test_folder_without_students_is_refused(self, tmp_path: Path, files: Sequence[str]) -> None:
        """A folder with nobody in it, such as that of one student, is the wrong folder and no class of none."""
        (tmp_path / "in").mkdir()
        for name in files:
            (tmp_path / "in" / name).touch()
        with pytest.raises(GraderError) as raised:
            batch.run(options(tmp_path / "in", tmp_path / "out"))

        assert "collect.nobody" == raised.value.code
        assert set() == listing(tmp_path / "out")

    @pytest.mark.parametrize(("theirs", "refused"), [("build.py", True), ("my_cifar10_cnn (1).py", False), ("work.zip", False)])
    def test_another_folder_is_not_taken_for_a_class(self, tmp_path: Path, theirs: str, refused: bool) -> None:
        """Many files of nobody beside one folder of other files are no class; with one work of the lab they are."""
        for name in ("index.md", "guide.md", theirs if theirs.endswith(".zip") else f"site/{theirs}"):
            (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "in" / name).touch()
        found = collect.entries(tmp_path / "in")
        told = pytest.raises(GraderError, match=r"collect\.nobody") if refused else nullcontext()
        with told:
            collect.demand(found, tmp_path / "in")

    def test_assignment_that_nobody_has_is_refused(self, tmp_path: Path) -> None:
        """A misspelt --assignment grades nobody, and says so."""
        submissions = classroom(tmp_path / "in", {"ann": ""})
        with pytest.raises(GraderError) as raised:
            batch.run(options(submissions, tmp_path / "out", assignment="cifar"))

        assert "collect.no_assignment" == raised.value.code

    def test_results_of_another_class_are_kept(self, tmp_path: Path) -> None:
        """A class whose students are all others is not graded over the first, unless that is asked for."""
        first, second = (classroom(tmp_path / name, {name: ""}) for name in ("ann", "bob"))
        batch.run(options(first, tmp_path / "out"))
        with pytest.raises(ResultsError) as raised:
            batch.run(options(second, tmp_path / "out"))
        assert "results.other_class" == raised.value.code
        assert {"ann": "0"} == scores(tmp_path / "out")

        batch.run(options(second, tmp_path / "out", fresh=True))
        assert {"bob": "0"} == scores(tmp_path / "out")

    def test_secret_stays_until_fresh(self, tmp_path: Path) -> None:
        """Running again keeps the probe inputs, starting over changes them."""
        first, second = results.open_run(tmp_path, {}, False), results.open_run(tmp_path, {}, False)

        assert first == second != results.open_run(tmp_path, {}, True)

    def test_leftovers_are_removed(self, tmp_path: Path) -> None:
        """What an interrupted run left behind is not kept."""
        (tmp_path / ".partial-1").touch()
        (tmp_path / results.WORK / "x").mkdir(parents=True)
        results.open_run(tmp_path, {}, False)

        assert {"run.json"} == listing(tmp_path)

    def test_folders_do_not_collide(self) -> None:
        """Names that differ only in case, or in what a file system refuses, get folders of their own."""
        names = results.folders(["Ann", "ann", "a/b", "a?b", "..", "", "run.json", "Иван Петров_7", "x" * 300, "COM1", "con.x"])

        assert "Иван Петров_7" == names["Иван Петров_7"]
        assert len({name.casefold() for name in names.values()}) == len(names)
        assert names["COM1"].startswith("_COM1-") and names["con.x"].startswith("_con.x-")
        assert all(name == Path(name).name and len(name.encode()) < 150 for name in names.values())

    def test_cells_are_no_formulas(self) -> None:
        """A name cannot become a formula, a second line or a terminal sequence."""
        row = Row("=HYPERLINK(1)\n\x1b[31m", "n", "f", "needs_attention", None, 20.0, {})
        text = results.grades([row, Row("ann", "n", "f", "graded", 7.5, 20.0, {"data": 7.5})], ["data"])

        assert text.splitlines() == [
            "student,status,score,max_score,data",
            "'=HYPERLINK(1) ,needs_attention,,20,",
            "ann,graded,7.5,20,7.5",
        ]

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            *((f"{sign}1+1", f"'{sign}1+1") for sign in results.FORMULA.replace("\\", "")),
            (" \u200d=1", "' \u200d=1"),
            ("\r=1", "' =1"),
            ('"=1', "\"'=1"),
            ("a; @SUM(A1)", "a;' @SUM(A1)"),
            ("'=1", "''=1"),
            ("Smith-Jones, Ann; O'Brien a@b.example +1", "Smith-Jones, Ann; O'Brien a@b.example +1"),
        ],
    )
    def test_beginnings_of_formulas(self, name: str, expected: str) -> None:
        """No part of a name begins a formula, wherever a spreadsheet divides the line; honest names stay as they are."""
        assert expected == results.cell(name)

    def test_digest_ignores_the_order_of_keys(self) -> None:
        """The same content has the same digest."""
        assert results.digest_of({"a": 1, "b": 2}) == results.digest_of({"b": 2, "a": 1})
        assert len(results.digest_of([])) == len(hashlib.sha256().hexdigest())
