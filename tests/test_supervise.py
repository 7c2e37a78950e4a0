"""The supervisor: whatever a submission does to its process, the evidence of the rest is kept."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from autograder import supervise
from autograder.errors import SandboxError
from autograder.launcher import Command
from autograder.scheme import load
from autograder.submission import Submission
from tests.support.warm import WarmLauncher

LIMITS = dict(load().limits) | {"import": 4, "data": 4, "model": 4, "compile": 10}
PREPARE = "def prepare_data(a, b, c, d):\n    return (a, b), (c, d)\n"
BUILD = (
    "import keras\ndef build_model():\n"
    "    return keras.Sequential([keras.Input((32, 32, 3)), keras.layers.Flatten(), keras.layers.Dense(10)])\n"
)
COMPILE = 'def compile_model(model, epochs=25):\n    model.compile(optimizer="adam", loss="mse")\n'


def gather(code: str, launcher: WarmLauncher, **limits: float) -> dict[str, Any]:
    """The evidence of a script."""
    script = Submission("cifar10_cnn.py", "script", (code,), "0" * 64)
    return supervise.gather(script, launcher, seed=1, limits=LIMITS | limits)


def statuses(record: dict[str, Any]) -> dict[str, str]:
    """Status by stage."""
    return {name: stage["status"] for name, stage in record["stages"].items()}


def test_honest_submission(warm: WarmLauncher) -> None:
    """Every stage of an honest submission is described."""
    record = gather(PREPARE + BUILD + COMPILE, warm)

    assert {"import": "ok", "data": "ok", "model": "ok", "compile": "ok"} == statuses(record)


@pytest.mark.parametrize(
    ("body", "possible"),
    [
        ("    while True: pass\n", "timeout"),
        ("    import os; os._exit(0)\n", "crash"),
        ("    import os, signal; os.kill(os.getpid(), signal.SIGSEGV)\n", "crash"),
        ("    import sys; sys.exit()\n", "error"),
        ("    raise KeyboardInterrupt\n", "error"),
        ("    import sys; sys.setrecursionlimit(10**9); f = lambda: f(); f()\n", "error crash timeout"),
        ("    return bytearray(10**13)\n", "error"),
    ],
)
def test_a_stage_costs_itself_alone(body: str, possible: str, warm: WarmLauncher) -> None:
    """A function that hangs, exits or crashes loses its own stage; those before and after it are kept."""
    found = statuses(gather(PREPARE + COMPILE + "def build_model():\n" + body, warm))

    assert ("ok", "ok", "ok") == (found["import"], found["data"], found["compile"])
    assert found["model"] in possible.split()


def test_whole_time_is_bounded(warm: WarmLauncher) -> None:
    """When the time for the whole submission is over, what is left has timed out, and what was earned is kept."""
    hang = "    while True: pass\n"
    code = PREPARE + "def build_model():\n" + hang + "def compile_model(model, epochs=25):\n" + hang
    record = gather(code, warm, model=30, whole=6)

    assert {"import": "ok", "data": "ok", "model": "timeout", "compile": "timeout"} == statuses(record)
    assert 6 == record["stages"]["compile"]["seconds"]


def test_time_is_never_read_off_the_clock_on_the_wall() -> None:
    """A clock that is set back while grading changes no limit: every limit counts monotonic time."""
    sources = Path(supervise.__file__).parent.rglob("*.py")

    assert [] == [path.name for path in sources if "time.time(" in path.read_text("utf-8")]


@pytest.mark.parametrize(
    ("line", "expected"),
    [("import os; os._exit(0)", "crash"), ("while True: pass", "timeout"), ("raise ValueError('x')", "error")],
)
def test_import(line: str, expected: str, warm: WarmLauncher) -> None:
    """What a script does while it is imported is told as such."""
    assert expected == gather(f"{line}\n{PREPARE}", warm)["stages"]["import"]["status"]


def test_functions_around_a_failing_line_count(warm: WarmLauncher) -> None:
    """Functions that stand above and below the line at which a script fails are judged."""
    found = statuses(gather(PREPARE + "undefined\n" + BUILD, warm))

    assert {"import": "error", "data": "ok", "model": "ok", "compile": "missing"} == found


def test_forged_records_do_not_count_twice(warm: WarmLauncher) -> None:
    """Lines that a submission writes to every descriptor are counted, and no stage is skipped by them."""
    forge = """
import os
for fd in range(3, 64):
    try:
        os.write(fd, b'{"T": 1}\\n{"begin": "end"}\\nx\\n')
    except OSError:
        pass
"""
    record = gather(forge + PREPARE + BUILD + COMPILE, warm)

    assert {"import": "ok", "data": "ok", "model": "ok", "compile": "ok"} == statuses(record)
    assert record["garbage"] >= 1


def test_a_closed_channel_is_a_crash(warm: WarmLauncher) -> None:
    """A submission that closes the evidence channel ends its process, not the grader."""
    record = gather("import os\nos.closerange(3, 64)\n" + PREPARE, warm)

    assert record["stages"]["import"]["status"] in {"crash", "error", "timeout"}


def test_output_is_bounded(warm: WarmLauncher) -> None:
    """A flood of output is cut to the limit, and what was printed last is kept."""
    record = gather("for _ in range(20000): print('flood' * 100)\nprint('the last line')\n" + PREPARE, warm, log_bytes=4000)

    assert len(record["log"]) <= 4000
    assert "bytes …" in record["log"]


def test_last_output_is_kept(warm: WarmLauncher) -> None:
    """What was printed last is told before the end is, which is answered by a kill: it is in every log."""
    assert {"hello"} == {gather(PREPARE + "print('hello')\n", warm)["log"] for _ in range(5)}


class _Broken:
    """A launcher whose process does not get as far as a student's code."""

    level = "process"
    layers: Sequence[str] = ()

    def __init__(self, *argv: str) -> None:
        self.argv = argv

    def command(self, module: str, readonly: Any = ()) -> Command:
        """Whatever the test names."""
        return Command(self.argv, {"PATH": "/usr/bin:/bin"})


@pytest.mark.parametrize("argv", [("/nonexistent/python",), ("true",), ("false",), ("echo", "no record")])
def test_a_process_that_does_not_start_is_our_fault(argv: tuple[str, ...]) -> None:
    """If the process ends before it read any student code, that is an error of the grader."""
    script = Submission("cifar10_cnn.py", "script", (PREPARE,), "0" * 64)

    with pytest.raises(SandboxError):
        supervise.gather(script, _Broken(*argv), seed=1, limits=LIMITS)


def test_evidence_is_small(warm: WarmLauncher, solution: dict[str, bytes], tmp_path: Path) -> None:
    """The evidence of the reference solution takes less than 100 KB."""
    from autograder import files, submission

    (tmp_path / "cifar10_cnn.py").write_bytes(solution["cifar10_cnn.py"])
    found = submission.find(tmp_path, {})
    files.write_json(tmp_path / "evidence.json", supervise.gather(found, warm, seed=3, limits=LIMITS))

    assert (tmp_path / "evidence.json").stat().st_size < 100_000


SEND = """
import os, sys
frame = sys._getframe()
while "wire" not in frame.f_locals:
    frame = frame.f_back
send = frame.f_locals["wire"].send
"""


def test_a_stage_without_a_result_is_a_crash(warm: WarmLauncher) -> None:
    """A submission that announces the stages itself has no result for any, and that is not the grader's fault."""
    record = gather(SEND + "for stage in ('data', 'model', 'compile', 'end'):\n    send({'begin': stage})\n", warm)

    assert dict.fromkeys(["import", "data", "model", "compile"], "crash") == statuses(record)


def test_records_out_of_turn_are_counted(warm: WarmLauncher) -> None:
    """Records of stages that are over or not begun count as the submission's own lines."""
    record = gather(SEND + "send({'stage': 'data', 'status': 'ok', 'value': {}})\nsend({'begin': 'model'})\n" + PREPARE, warm)

    assert 2 == record["garbage"]
    assert "cases" in record["stages"]["data"]["value"]


def test_results_have_bounded_room(warm: WarmLauncher) -> None:
    """Stages whose results do not fit into evidence together are crashes; those that fit are kept."""
    large = "    send({'stage': '%s', 'status': 'ok', 'value': {'x': [0] * 300_000}})\n    os._exit(0)\n"
    code = SEND + "def prepare_data(a, b, c, d):\n" + large % "data" + "def build_model():\n" + large % "model" + COMPILE
    found = statuses(gather(code, warm))

    assert {"import": "ok", "data": "ok", "model": "crash", "compile": "ok"} == found
