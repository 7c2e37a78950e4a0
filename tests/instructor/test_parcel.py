"""Submissions that travel: what is packed, and what is believed of the answer."""

import pickle
from dataclasses import replace
from pathlib import Path

import pytest

from autograder import files, scheme
from autograder.instructor import collect, earlier, grading, loop, parcel, results, seal
from autograder.instructor.grading import Done, Job, Settings
from autograder.instructor.parcel import Answer, Elsewhere, Isolation, Parcel
from autograder.verdict import Outcome, Reason, build
from tests.instructor.boxes import classroom
from tests.instructor.test_batch import PREPARE


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """A job with one script."""
    (entry,) = collect.entries(classroom(tmp_path / "in", {"ann": PREPARE}))
    return Job(entry, "ann", Settings(tmp_path / "out", ("data",), "", "", "00" * 32, Elsewhere("full")))


def packed(job: Job) -> Parcel:
    """What travels of a job that has to be graded."""
    found = parcel.pack(job, Isolation())
    assert isinstance(found, Parcel)
    return found


def test_files_travel_and_paths_do_not(job: Job, tmp_path: Path) -> None:
    """A parcel has the submission's bytes and none of its places."""
    found = packed(job)

    assert {"cifar10_cnn.py": PREPARE.encode()} == found.files
    assert () == found.job.entry.sources
    assert len(PREPARE) == found.size
    assert str(tmp_path / "in").encode() not in pickle.dumps(found)


def test_nothing_to_grade(job: Job, tmp_path: Path) -> None:
    """What cannot be read, and what was graded before, does not travel."""
    (tmp_path / "in" / "ann" / "cifar10_cnn.py").unlink()
    (tmp_path / "in" / "ann" / "cifar10_cnn.py").symlink_to("/etc/passwd")
    empty = parcel.pack(replace(job, entry=replace(job.entry, problem=Reason("collect.twice", {"names": "ann"}))), Isolation())

    assert isinstance(empty, Done)
    assert empty.row is not None
    assert "needs_attention" == empty.row.status


def test_seal_is_written_last(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that is only half written has no seal."""
    written: list[str] = []
    monkeypatch.setattr(results, "write_bytes", lambda path, content: written.append(path.name))
    parcel.unpack(job, Answer(Done(None), dict.fromkeys(sorted(parcel.WRITTEN, reverse=True), b"")))

    assert results.SEAL == written[-1]
    assert len(parcel.WRITTEN) == len(written)


@pytest.mark.parametrize("name", ["../../grades.csv", "/tmp/x", "evidence/other.json", ""])
def test_other_files_are_refused(job: Job, tmp_path: Path, name: str) -> None:
    """Nothing is written but the files of a student's results."""
    found = parcel.unpack(job, Answer(Done(None), {name: b"x"}))

    assert found.row is not None
    assert "needs_attention" == found.row.status
    assert {"ann"} == {path.name for path in (tmp_path / "out").iterdir() if path.name[0] != "."}


def test_other_code_is_refused(job: Job) -> None:
    """A worker with other code stops the run before it reads the submission."""
    found = parcel.grade(replace(packed(job), code="other"))

    assert found.done.stop is not None
    assert "cluster.other_code" == found.done.stop.code
    assert {} == found.files


def test_graded_here_it_is_the_same(job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Packed, graded, unpacked: the row and the files of a direct call."""
    monkeypatch.setattr(Isolation, "launcher", lambda self: Elsewhere("full"))
    there = parcel.unpack(job, parcel.grade(packed(job)))
    files = {path.name: path.read_bytes() for path in (tmp_path / "out" / "ann").iterdir()}
    here = grading.grade(job)

    assert there == here
    assert files == {path.name: path.read_bytes() for path in (tmp_path / "out" / "ann").iterdir()}


def test_earlier_answers_travel(job: Job, tmp_path: Path) -> None:
    """The worker that makes the report knows what the submission before was worth, and sends back no file of it."""
    folder = tmp_path / "out" / "ann"
    marking = scheme.load()
    before = build(marking, ["data"], {line.id: Outcome("passed", 1.0) for line in marking.of(["data"])})
    results.write_json(folder / results.VERDICT, before.to_dict())
    seal.write(folder, {"student": "ann"})
    found = packed(job)

    assert (folder / earlier.FILE).read_bytes() == found.earlier != b""
    assert len(PREPARE) + len(found.earlier) == found.size
    assert earlier.FILE not in parcel.WRITTEN


def test_lateness_is_forgotten(job: Job, tmp_path: Path) -> None:
    """The report is made where nobody knows of lateness, so the next export has to tell it again."""
    files.write_json(tmp_path / "out" / "ann" / results.LATE, {})
    packed(job)

    assert not (tmp_path / "out" / "ann" / results.LATE).exists()


def test_bytes_under_way_are_bounded(job: Job) -> None:
    """With much under way nothing more is handed out, but one submission always is."""
    assert loop._room({}, 1)
    assert loop._room({1: (job, loop.MAX_HELD - 1)}, 2)
    assert not loop._room({1: (job, loop.MAX_HELD)}, 2)
    assert not loop._room({1: (job, 0)}, 1)
