"""A child process that reads inputs one by one: what kills or blocks it, kills or blocks nothing else."""

import contextlib
import faulthandler
import multiprocessing
import os
import resource
import signal
import traceback
import warnings
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType

from tests.fuzz.coverage import Lines
from tests.fuzz.target import Target

CPU_SECONDS = 5.0
WALL_SECONDS = 60.0  # for what sleeps; what computes is stopped earlier, whatever else the machine does
MEMORY = 2 * 2**30


class Hang(BaseException):
    """An input took more than its time of the processor."""


@dataclass(frozen=True)
class Result:
    """What came of an input: words for it, lines reached for the first time, and the finding if it is one."""

    outcomes: tuple[str, ...] = ()
    lines: frozenset[str] = frozenset()
    finding: str = ""
    details: str = ""
    crash: bool = False  # or a hang, of code that is not Python


def _hang(number: int, frame: FrameType | None) -> None:
    raise Hang


def _limit(seconds: float) -> None:
    """Raise `Hang` after so much time of the processor; a second later end the process, if a library does not return."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds and seconds + 1)


def _place(error: BaseException) -> str:
    """The innermost line of ours that an exception came through."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if f"{os.sep}autograder{os.sep}" in frame.filename]
    return f" in {Path(frames[-1].filename).name}:{frames[-1].name}" if frames else ""


def read(target: Target, data: bytes, folder: Path, lines: Lines) -> Result:
    """Read one input in this process."""
    before = set(lines.found)
    outcomes: list[str] = []
    finding = details = ""
    try:
        _limit(CPU_SECONDS)
        with lines:
            outcomes = target.run(data, folder)
    except BaseException as error:
        finding, details = f"{type(error).__name__}{_place(error)}", "".join(traceback.format_exception(error))[-3000:]
    finally:
        _limit(0)
    return Result(tuple(outcomes), frozenset(lines.found - before), finding, details)


def _mapped() -> int:
    """The address space that the process has already."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def _serve(target: Target, folder: Path, lines: Lines, connection: Connection) -> None:
    faulthandler.disable()
    limit = _mapped() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGPROF, _hang)
    warnings.simplefilter("ignore")
    with contextlib.suppress(EOFError):
        while True:
            connection.send(read(target, connection.recv_bytes(), folder, lines))


def _ended(status: int) -> str:
    name = signal.Signals(-status).name if status < 0 else f"status {status}"
    return "native hang" if name == "SIGVTALRM" else f"native crash, {name}"


class Worker:
    """Starts the child process, and starts another one when it is lost."""

    def __init__(self, target: Target, folder: Path) -> None:
        self.target = target
        self.folder = folder
        self.lines = Lines(target.modules)
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("fork")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(self.target, self.folder, self.lines, theirs), daemon=True)
        self.process.start()
        theirs.close()

    def run(self, data: bytes) -> Result:
        """What comes of *data*; the loss of the child is a finding, too."""
        try:
            self.connection.send_bytes(data)
            if self.connection.poll(WALL_SECONDS):
                result: Result = self.connection.recv()
                return result
            lost = Result(finding="Hang")
        except (EOFError, OSError):
            self.process.join()
            lost = Result(finding=_ended(self.process.exitcode or 0), crash=True)
        self.close()
        self._start()
        return lost

    def close(self) -> None:
        """End the child."""
        self.connection.close()
        self.process.kill()
        self.process.join()
