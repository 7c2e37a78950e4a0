"""A class graded by a process that can be killed: what it leaves on the disk and among the processes.

``python -m tests.support.faults TASK`` runs `batch.run` with the options in the file TASK, prints "ready" when the
imports are done, and the code of the error that stopped it, if any.
"""

import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder import files
from autograder.errors import ConvmarkError
from autograder.instructor import batch, results
from autograder.instructor.batch import Options
from autograder.launcher import ROOT

GONE_SECONDS = 20.0
STOPPED = 3
MARK = "CONVMARK_FAULTS"  # every process of a run inherits it, unless it is in a box

PREPARE = """
import numpy as np

def prepare_data(x_train, y_train, x_test, y_test):
    train = x_train.astype("float32") / 255, np.eye(10)[y_train.ravel()]
    return train, (x_test.astype("float32") / 255, np.eye(10)[y_test.ravel()])
"""
WRONG = PREPARE.replace("255", "128", 1)
WORKS = {
    "ann": PREPARE,
    "cem": "import os\nos._exit(3)\n",
    "eve": "",
    "fay": PREPARE + 'print("hello")\n',
}
State = dict[str, tuple[int, int]]


def _main(task: str) -> None:
    options: Options = pickle.loads(Path(task).read_bytes())
    print("ready", flush=True)
    try:
        batch.run(options)
    except ConvmarkError as error:
        print(error.code, flush=True)
        sys.exit(STOPPED)


@dataclass
class Grader:
    """A run of the grader in a process group of its own, with a folder of its own for temporary files."""

    options: Options
    mark: str

    @property
    def temporary(self) -> Path:
        """Where its temporary files are."""
        return self.options.out.with_suffix(".tmp")

    def command(self) -> list[str]:
        """The command that runs it."""
        self.temporary.mkdir(parents=True, exist_ok=True)
        task = self.options.out.with_suffix(".task")
        task.write_bytes(pickle.dumps(self.options))
        return [sys.executable, "-m", "tests.support.faults", str(task)]

    def environment(self) -> dict[str, str]:
        """Its environment."""
        return {**os.environ, MARK: self.mark, "TMPDIR": str(self.temporary)}

    def start(self) -> subprocess.Popen[str]:
        """Start it; it has said that it is ready."""
        process = subprocess.Popen(
            self.command(), cwd=ROOT, env=self.environment(), stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        assert process.stdout is not None
        assert "ready\n" == process.stdout.readline()
        return process

    def finish(self) -> tuple[int, str]:
        """Run it to its end: exit status, and the code of what stopped it."""
        process = self.start()
        said, _ = process.communicate()
        return process.returncode, said.strip()


def children(pid: int) -> list[int]:
    """The children of a process."""
    found: list[int] = []
    try:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (thread / "children").read_text().split())
    except OSError:
        pass
    return found


def _grading(pid: int) -> bool:
    try:
        return b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def workers(pid: int) -> list[int]:
    """The workers of a grader."""
    return [child for child in children(pid) if _grading(child)]


def kill(process: subprocess.Popen[str], how: str) -> None:
    """Kill a grader, its whole group or one of its workers, and wait for the end of the grader."""
    if how == "worker":
        for pid in workers(process.pid)[:1]:
            os.kill(pid, signal.SIGKILL)
    elif how == "group":
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.communicate()


def descendants(pid: int) -> set[int]:
    """All that a process started, as far as their parents live."""
    found = set(children(pid))
    return found.union(*map(descendants, found))


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def _marked(mark: str) -> set[int]:
    """The processes that have a mark in their environment or on their command line."""
    found = set()
    for path in Path("/proc").glob("[0-9]*"):
        try:
            said = (path / "environ").read_bytes() + (path / "cmdline").read_bytes()
        except OSError:
            continue
        if mark.encode() in said and int(path.name) != os.getpid():
            found.add(int(path.name))
    return found


def survivors(mark: str, seen: set[int]) -> set[int]:
    """What is left of a run after a while: the processes with its mark, and those *seen* while it ran."""
    deadline = time.monotonic() + GONE_SECONDS
    while (left := {pid for pid in _marked(mark) | seen if _alive(pid)}) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left


def final(out: Path) -> State:
    """The students whose results are sealed: inode and time of seal and verdict."""
    found: State = {}
    for path in out.glob(f"*/{results.SEAL}"):
        for file in (path, path.with_name(results.VERDICT)):
            if file.exists():
                status = file.stat()
                found[file.relative_to(out).as_posix()] = (status.st_ino, status.st_mtime_ns)
    return found


def content(out: Path) -> Mapping[str, bytes]:
    """All files of the results by path, hidden ones too, but the lock; the summary, which tells the time, is empty."""
    paths = [path for path in out.rglob("*") if path.is_file() and path.name != results.LOCK]
    return {path.relative_to(out).as_posix(): b"" if path.name == results.SUMMARY else path.read_bytes() for path in paths}


def same_secret(source: Path, out: Path) -> Path:
    """A new folder of results with the secret of another one, so that its submissions get the same seeds."""
    files.write(out / results.RUN, (source / results.RUN).read_bytes(), 0o600)
    return out


if __name__ == "__main__":
    _main(sys.argv[1])
