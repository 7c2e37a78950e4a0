"""Workers of a Dask cluster in the place of local ones: the same loop, another executor.

Whoever can reach the scheduler can run code on every worker, so the cluster must be ours alone. Student code
does not reach it: boxes have no network. Workers need this version of convmark, TensorFlow and what isolation
needs; no disk is shared.
"""

import re
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from distributed import Client, KilledWorker, WorkerPlugin
from distributed.cfexecutor import ClientExecutor

from autograder import dataset
from autograder import verdict as vd
from autograder.dataset import Dataset
from autograder.errors import DataUnavailable, GraderError, SandboxError
from autograder.instructor import grading, parcel
from autograder.instructor.batch import Options
from autograder.instructor.loop import Pool, Work
from autograder.instructor.parcel import Elsewhere, Isolation
from autograder.verdict import Reason

PATIENCE = 20  # seconds for a scheduler to answer
ADDRESS = re.compile(r"(tcp|tls|ws|wss)://[^\s/]+:\d{1,5}")
LEAST_WINDOW = 64  # submissions handed out, also while an adaptive cluster has few workers


class TestSet(WorkerPlugin):  # type: ignore[misc, unused-ignore]
    """Test images, a sample of the training images and their labels, sent once to each worker, also to later ones."""

    def __init__(self, data: Dataset) -> None:
        self.name = f"convmark-{data.evaluated_digest}"
        self._digest = data.evaluated_digest
        self._content = data.packed()

    def setup(self, worker: Any) -> None:
        """Lay it down in the worker's own folder."""
        path = Path(worker.local_directory) / f"{self.name}.npz"
        path.write_bytes(self._content)
        parcel.DATA[self._digest] = path


@contextmanager
def connected(address: str) -> Iterator[Any]:
    """A client of the scheduler at *address*; certificates come from Dask's configuration.

    Raises:
        GraderError: the scheduler does not answer.
    """
    if not ADDRESS.fullmatch(address):  # Dask would try for long
        raise GraderError("cluster.unreachable", address=address[:200], reason="this is no address")
    try:
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise GraderError("cluster.unreachable", address=address, reason=f"{error}"[:200]) from error
    with client:
        yield client


@contextmanager
def on(options: Options, address: str, isolation: Isolation) -> Iterator[Options]:
    """The same options, for a run on the cluster at *address*.

    Raises:
        GraderError: the scheduler does not answer, or a worker has other code.
        SandboxError: isolation does not work on a worker.
    """
    with connected(address) as client:
        launcher = Elsewhere(_level(client, isolation))
        if "accuracy" in options.sections:
            _send_data(client, options.data)
        yield replace(options, launcher=launcher, pool=_pool(client), work=_work(isolation))


def _send_data(client: Any, name: str) -> None:
    """Send what evaluation needs to all workers; the synthetic set they make themselves, a missing one is told of later."""
    if name != dataset.SYNTHETIC:
        with suppress(DataUnavailable):
            client.register_plugin(TestSet(dataset.find(name)))


def _level(client: Any, isolation: Isolation) -> str:
    """The level of isolation of a worker; waits until there is one.

    Raises:
        GraderError: the worker has other code.
        SandboxError: isolation does not work there.
    """
    found = client.submit(parcel.refusal, isolation, parcel.code(), pure=False).result()
    if isinstance(found, str):
        return found
    error = SandboxError if found.code.startswith("sandbox.") else GraderError
    raise error(found.code, **found.params)


def _pool(client: Any) -> Pool:
    """The workers of the cluster, as a batch takes them."""

    @contextmanager
    def opened(waiting: int) -> Iterator[Executor]:
        executor = ClientExecutor(client, pure=False)
        try:
            yield executor
        finally:
            executor.shutdown(wait=False)

    return Pool(opened, max(LEAST_WINDOW, 2 * sum(client.nthreads().values())))


def _why(error: Exception) -> Reason:
    """What is said of a submission that no worker could finish."""
    return Reason("grader.worker_died", {}) if isinstance(error, KilledWorker) else vd.bug(error)


def _work(isolation: Isolation) -> Work:
    """Grading by parcels."""
    return Work(
        do=parcel.grade,
        failed=grading.attention,
        given=lambda job: parcel.pack(job, isolation),
        taken=parcel.unpack,
        why=_why,
    )
