"""A class graded on a real Dask cluster: the same results as here, whatever happens to a worker."""

import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder import dataset
from autograder.errors import GraderError
from autograder.instructor import batch, cluster, parcel
from autograder.instructor.batch import Options
from autograder.instructor.parcel import Elsewhere, Isolation
from tests.instructor.boxes import classroom, needs_boxes
from tests.instructor.test_batch import CRASH, LOOP, PREPARE, listing, scores

distributed = pytest.importorskip("distributed")

ISOLATION = Isolation(wanted="container")
WORKS = {"crash": CRASH, "empty": "", "loop": LOOP, "right": PREPARE}
LIMITS = {"data": 3, "import": 15}


@pytest.fixture(scope="module")
def local_cluster() -> Iterator[Any]:
    """Two workers, each a process with one thread."""
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as found:
        yield found


@pytest.fixture
def address(local_cluster: Any) -> str:
    """Where the scheduler answers."""
    return str(local_cluster.scheduler_address)


def options(submissions: Path, out: Path) -> Options:
    """Options for the data section alone."""
    return Options(submissions, out, Elsewhere(""), sections=("data",), limits=LIMITS)


def on_cluster(asked: Options, address: str) -> dict[str, str]:
    """Grade there; students with their scores."""
    with cluster.on(asked, address, ISOLATION) as there:
        batch.run(there)
    return scores(asked.out)


@needs_boxes
class TestGrading:
    def test_same_as_here(self, address: str, tmp_path: Path) -> None:
        """Every file but the page with its date is byte for byte that of a local run with the same secret."""
        submissions = classroom(tmp_path / "in", WORKS)
        here, there = tmp_path / "here", tmp_path / "there"
        batch.run(replace(options(submissions, here), launcher=ISOLATION.launcher(), jobs=2))
        there.mkdir()
        shutil.copy(here / "run.json", there)
        found = on_cluster(options(submissions, there), address)

        assert {"crash": "0", "empty": "0", "loop": "0", "right": "20"} == found
        assert listing(here) == listing(there)
        different = {name for name in listing(here) if (here / name).read_bytes() != (there / name).read_bytes()}
        assert different <= {"summary.html"}

    def test_nothing_is_graded_twice(self, address: str, tmp_path: Path) -> None:
        """What was graded on a cluster is used again here, without any worker."""
        submissions = classroom(tmp_path / "in", {"ann": PREPARE})
        on_cluster(options(submissions, tmp_path / "out"), address)
        sealed = (tmp_path / "out" / "ann" / "result.json").stat().st_mtime_ns
        batch.run(options(submissions, tmp_path / "out"))

        assert sealed == (tmp_path / "out" / "ann" / "result.json").stat().st_mtime_ns
        assert {"ann": "20"} == scores(tmp_path / "out")

    def test_dead_worker(self, address: str, tmp_path: Path) -> None:
        """A worker that is killed while it grades costs nobody anything."""
        students = [f"s{number}" for number in range(6)]
        submissions = classroom(tmp_path / "in", dict.fromkeys(students, PREPARE) | {"loop": LOOP})
        killed: list[int] = []

        def kill() -> None:
            with distributed.Client(address, set_as_default=False) as client:
                deadline = time.monotonic() + 60
                while not (busy := [key for key, tasks in client.processing().items() if tasks]) and time.monotonic() < deadline:
                    time.sleep(0.05)
                time.sleep(1)
                pids = client.run(os.getpid)
                killed.append(pids[busy[0]])
                os.kill(pids[busy[0]], signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        found = on_cluster(options(submissions, tmp_path / "out"), address)
        killer.join()

        assert 1 == len(killed)
        assert dict.fromkeys(students, "20") | {"loop": "0"} == found


class TestCluster:
    def test_data_reaches_every_worker(self, address: str, tmp_path: Path) -> None:
        """What evaluation needs is sent once, and each worker finds it under its digest: the same test set, the same sample."""
        data = dataset.synthetic(20, 30)
        path = tmp_path / "data.npz"
        np.savez(path, x_train=data.x_train, y_train=data.y_train, x_test=data.x_test, y_test=data.y_test)
        with cluster.connected(address) as client:
            cluster._send_data(client, str(path))
            found = client.run(lambda: {key: str(value) for key, value in parcel.DATA.items()})

        assert 2 == len(found)
        for paths in found.values():
            there = dataset.read_npz(Path(paths[data.evaluated_digest]), "cifar10")

            assert data.evaluated_digest == there.evaluated_digest
            assert data.digest == there.digest

    def test_other_code(self, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """A worker with other code or another marking scheme is not used."""
        monkeypatch.setattr(parcel, "code", lambda: "other")
        with cluster.connected(address) as client, pytest.raises(GraderError, match=r"cluster\.other_code"):
            cluster._level(client, ISOLATION)

    def test_nobody_answers(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where no scheduler answers the command says so."""
        monkeypatch.setattr(cluster, "PATIENCE", 1)
        with pytest.raises(GraderError, match=r"cluster\.unreachable"), cluster.connected("tcp://127.0.0.1:9"):
            pass

    @pytest.mark.parametrize("address", ["nonsense", "http://127.0.0.1:1", "tcp://", ""])
    def test_no_address(self, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """What is no address is told as such."""
        monkeypatch.setattr(cluster, "PATIENCE", 1)
        with pytest.raises(GraderError, match=r"cluster\.unreachable"), cluster.connected(address):
            pass

    @needs_boxes
    def test_lost_scheduler(self, tmp_path: Path) -> None:
        """When the scheduler goes the run stops with a sentence, and what was graded stays."""
        submissions = classroom(tmp_path / "in", {"ann": PREPARE, "loop": LOOP, "zoe": LOOP})
        own = distributed.LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0")
        asked = options(submissions, tmp_path / "out")
        ended = threading.Event()

        def progress(done: int, total: int) -> None:
            if done and not ended.is_set():
                ended.set()
                own.close()

        with pytest.raises(GraderError, match=r"cluster\.lost"), cluster.on(asked, own.scheduler_address, ISOLATION) as there:
            batch.run(there, progress)
        assert (tmp_path / "out" / "ann" / "result.json").exists()
