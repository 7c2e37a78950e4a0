"""A submission that travels: its files go to a worker as bytes, and what came of them comes back as bytes.

The worker needs no disk of ours. It grades as `grading` does, into a folder of its own that does not outlive the call.
What is packed and unpacked here is done where the results are.
"""

import functools
import hashlib
import os
import platform
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from autograder import scheme
from autograder.errors import GraderError, SandboxError
from autograder.instructor import earlier, grading, results, selftest
from autograder.instructor.collect import Entry
from autograder.instructor.exports import lateness
from autograder.instructor.grading import Done, Job
from autograder.instructor.results import Row
from autograder.launcher import ROOT, Command, Launcher
from autograder.verdict import Reason

WRITTEN = (  # in the order in which they are written: the seal last
    f"{results.EVIDENCE}/evidence.json",
    f"{results.EVIDENCE}/history.json",
    f"{results.EVIDENCE}/evaluation.json",
    results.VERDICT,
    results.REPORT,
    results.SEAL,
)
DATA: dict[str, Path] = {}  # what evaluation needs, as it was sent to this worker, by digest


@functools.cache
def code() -> str:
    """SHA-256 of what decides on points here: our code, the sentences and the marking scheme."""
    folder = ROOT / "autograder"
    found = sorted(path for ending in ("py", "toml", "json") for path in folder.rglob(f"*.{ending}"))
    whole = hashlib.sha256()
    for path in found:
        whole.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return whole.hexdigest()


@dataclass(frozen=True)
class Isolation:
    """What isolation is asked of a worker: the weakest level to accept, or none."""

    no_sandbox: bool = False
    wanted: str | None = None

    def launcher(self) -> Launcher:
        """The launcher that works where this runs.

        Raises:
            SandboxError: isolation does not work here and was not waived.
        """
        memory = int(scheme.load().limits["memory_mib"])
        return selftest.launcher(self.no_sandbox, wanted=self.wanted, memory_mib=memory)


@dataclass
class Elsewhere:
    """Stands for the launchers of the workers: nothing is started here."""

    level: str
    layers: Sequence[str] = ()

    def command(self, module: str, readonly: Sequence[Path] = ()) -> Command:
        """Refuse.

        Raises:
            SandboxError: always.
        """
        raise SandboxError("grader.cannot_start", reason="submissions run on the workers of the cluster")


@dataclass(frozen=True)
class Parcel:
    """A job without its paths, with the files to grade; ``submitted`` is their digest, ``code`` that of the sender.

    ``earlier`` is the file of earlier answers, empty if there is none.
    """

    job: Job
    submitted: str
    files: Mapping[str, bytes]
    isolation: Isolation
    code: str
    earlier: bytes = b""

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(map(len, self.files.values())) + len(self.earlier)


@dataclass(frozen=True)
class Answer:
    """What a worker made of a parcel: the row, and the files of the student's results."""

    done: Done
    files: Mapping[str, bytes]


def refusal(isolation: Isolation, sender: str) -> Reason | str:
    """Why this worker cannot grade for *sender*; else the level of isolation that works here."""
    if sender != code():
        return Reason("cluster.other_code", {"worker": platform.node()})
    try:
        return isolation.launcher().level
    except SandboxError as error:
        return Reason(error.code, error.params)


def pack(job: Job, isolation: Isolation) -> Parcel | Done:
    """What has to travel; or the outcome, if there is nothing left to grade."""
    return grading.guarded(job, lambda job: _packed(job, isolation))


def _packed(job: Job, isolation: Isolation) -> Parcel | Done:
    with grading.place(job) as staged:
        found = grading.prepared(job, staged)
        if isinstance(found, Row):
            return Done(found)
        files = {path.name: path.read_bytes() for path in staged.iterdir()}
    folder = job.settings.out / job.folder
    lateness.remember(folder, None)  # the report is made where nobody knows it; the next export tells it again
    kept = folder / earlier.FILE
    told = kept.read_bytes() if kept.is_file() else b""
    return Parcel(replace(job, entry=Entry(job.entry.student, job.entry.name)), found, files, isolation, code(), told)


def grade(parcel: Parcel) -> Answer:
    """Grade a parcel on a worker."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    found = refusal(parcel.isolation, parcel.code)
    if isinstance(found, Reason):
        return Answer(Done(None, found), {})
    with tempfile.TemporaryDirectory(prefix="convmark-parcel-") as name:
        folder = Path(name)
        staged = folder / "submission"
        staged.mkdir()
        for file, content in parcel.files.items():
            (staged / Path(file).name).write_bytes(content)
        given = parcel.job.settings
        data = str(DATA[given.data_digest]) if given.data_digest in DATA else given.data
        settings = replace(given, out=folder / "results", launcher=parcel.isolation.launcher(), data=data)
        job = replace(parcel.job, settings=settings)
        if parcel.earlier:
            results.write_bytes(settings.out / job.folder / earlier.FILE, parcel.earlier)
        done = grading.guarded(job, lambda job: Done(grading.completed(job, staged, parcel.submitted)))
        paths = {name: settings.out / job.folder / name for name in WRITTEN}
        return Answer(done, {name: path.read_bytes() for name, path in paths.items() if path.is_file()})


def unpack(job: Job, answer: Answer) -> Done:
    """Write what a worker found, and give its row."""
    return grading.guarded(job, lambda job: _unpacked(job, answer))


def _unpacked(job: Job, answer: Answer) -> Done:
    unknown = set(answer.files) - set(WRITTEN)
    if unknown:
        raise GraderError("grader.bug", reason=f"unexpected files: {sorted(unknown)}"[:300])
    folder = job.settings.out / job.folder
    for name in WRITTEN:
        if name in answer.files:
            results.write_bytes(folder / name, answer.files[name])
    return answer.done
