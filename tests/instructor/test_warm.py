"""Forks of a warm server: as well isolated as boxes of their own, and of no harm to the server or each other."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autograder import submission, supervise
from autograder.errors import SandboxError
from autograder.instructor import breakout, selftest, serving, warm
from autograder.instructor.warm import PlainHost, WarmLauncher
from autograder.process import Process
from autograder.scheme import load
from tests.instructor.boxes import box, needs_boxes, run
from tests.support import accounts
from tests.support.reference import SOURCE

EAGER = """
import types
eager = types.ModuleType("tensorflow.python.eager.context")
eager._context = types.SimpleNamespace(_initialized=True)
import sys
sys.modules["tensorflow.python.eager.context"] = eager
"""


@pytest.fixture(params=["boxed", "plain"])
def light(request: pytest.FixtureRequest) -> Iterator[WarmLauncher]:
    """A server that has imported nothing, in a box and as a plain process."""
    if request.param == "boxed" and selftest.available().level != "full":
        pytest.skip("no namespaces here")
    launcher = WarmLauncher(box() if request.param == "boxed" else PlainHost(), ())
    yield launcher
    launcher.close()


@pytest.fixture
def boxed() -> Iterator[WarmLauncher]:
    """A server in a box that has imported nothing."""
    launcher = WarmLauncher(box(), ())
    yield launcher
    launcher.close()


def pid_of(launcher: WarmLauncher) -> int:
    """The process of the launcher's server."""
    return serving.server_of(launcher.host, launcher.modules).popen.pid


def ended(launcher: WarmLauncher, code: str) -> int:
    """The exit status of a fork that runs *code*."""
    return Process(launcher.code(code), {}, 10_000).wait(30)


class TestFork:
    def test_output_and_arguments(self, light: WarmLauncher) -> None:
        """A fork gets its arguments and prints where it was told to."""
        assert ["a", "b c"] == run("import json, sys; print(json.dumps(sys.argv[1:]))", "a", "b c", launcher=light)

    @pytest.mark.parametrize(
        ("code", "status"),
        [
            ("", 0),
            ("raise SystemExit(3)", 3),
            ("import os; os._exit(7)", 7),
            ("1 / 0", 1),
            ("import os; os.kill(os.getpid(), 9)", -9),
            ("import os; os.abort()", -6),
            ("import ctypes; ctypes.string_at(0)", -11),
        ],
    )
    def test_exit_status(self, light: WarmLauncher, code: str, status: int) -> None:
        """The exit status is that of the code, negative for a signal."""
        assert status == ended(light, code)

    def test_kill(self, light: WarmLauncher) -> None:
        """A fork that is not wanted any more ends, and the server goes on."""
        process = Process(light.code("import time; print('{\"begin\": 1}', flush=True); time.sleep(600)"), {}, 1000)
        process.records.get(timeout=30)
        before = pid_of(light)

        assert process.kill() == -9
        assert before == pid_of(light)
        assert ended(light, "") == 0

    def test_forks_at_the_same_time(self, light: WarmLauncher) -> None:
        """Several forks run beside each other, and each tells its own end."""
        code = "import sys, os; os._exit(int(sys.argv[1]))"
        processes = [Process(light.code(code, str(number)), {}, 1000) for number in range(10, 18)]

        assert list(range(10, 18)) == [process.wait(30) for process in processes]

    def test_nothing_is_left_in_memory(self, light: WarmLauncher) -> None:
        """What a fork changes in Python is not there in the next one."""
        change = "import json, os; json.dumps = None; os.environ['LEFT'] = 'x'; print = None"

        assert ended(light, change) == 0
        assert [True, False] == run(
            "import json, os; print(json.dumps([callable(json.dumps), 'LEFT' in os.environ]))", launcher=light
        )


class TestServer:
    def test_starts_anew_when_it_has_died(self, light: WarmLauncher) -> None:
        """A server that was killed is replaced at the next request; its forks are told to have been killed."""
        process = Process(light.code("import time; print('{\"begin\": 1}', flush=True); time.sleep(600)"), {}, 1000)
        process.records.get(timeout=30)
        before = pid_of(light)
        serving.server_of(light.host, light.modules).popen.kill()

        assert process.wait(30) == -9
        assert ended(light, "") == 0
        assert before != pid_of(light)

    def test_that_cannot_start(self) -> None:
        """A server that does not come up is a fault of the sandbox, with what it said."""
        with pytest.raises(SandboxError) as raised:
            WarmLauncher(PlainHost(), ("no_such_module",)).code("").start()

        assert "no_such_module" in str(raised.value.params["reason"])

    def test_refuses_to_fork_once_tensorflow_computes(self) -> None:
        """Children of a process that has computed would hang: the server ends instead."""
        code = f"{EAGER}\nfrom autograder.instructor.box import server\nprint(server.fit())"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

        assert "False\n" == done.stdout

    def test_is_fit_after_its_imports(self) -> None:
        """Importing all that the server imports leaves one thread, and TensorFlow idle."""
        code = (
            f"import importlib\nfor name in {warm.MODULES!r}:\n    importlib.import_module(name)\n"
            "from autograder.instructor.box import server\nprint(server.fit())"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=warm.QUIET | os.environ
        )

        assert "True\n" == done.stdout

    def test_leaves_nothing_behind(self, light: WarmLauncher) -> None:
        """When it is closed, its process and its inbox are gone."""
        server = serving.server_of(light.host, light.modules)
        light.close()

        assert not server.alive
        assert not server.inbox.exists()

    def test_inboxes_of_the_dead_are_swept(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The inbox of a process that is gone is removed, that of a living one is not."""
        monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
        with subprocess.Popen([sys.executable, "-c", ""]) as gone:
            gone.wait()
        for pid in (gone.pid, os.getpid()):
            (tmp_path / f"{serving.PREFIX}{pid}-x").mkdir()
        serving.sweep()

        assert [f"{serving.PREFIX}{os.getpid()}-x"] == [path.name for path in tmp_path.iterdir()]

    def test_ends_with_a_grader_that_is_killed(self, tmp_path: Path) -> None:
        """Neither server nor forks outlive a grader that gets SIGKILL."""
        code = """
import sys
from autograder.instructor.warm import PlainHost, WarmLauncher
from tests.instructor.boxes import box, FOUND
if __name__ == "__main__":
    for host in [PlainHost()] + ([box()] if FOUND.level == "full" else []):
        child = WarmLauncher(host, ()).code("import time; print(1, flush=True); time.sleep(600)").start()
        child.stdout.readline()
    print("ready", flush=True)
    sys.stdin.read()
"""
        path = tmp_path / "grader.py"
        path.write_text(code)
        environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2]), "TMPDIR": str(tmp_path)}
        grader = subprocess.Popen([sys.executable, path], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        with grader:
            assert grader.stdout is not None
            assert grader.stdout.readline() == b"ready\n"
            group = _group(grader.pid)
            grader.kill()
        deadline = time.monotonic() + 20
        while _alive(group) and time.monotonic() < deadline:
            time.sleep(0.05)

        assert len(group) >= 2
        assert [] == _alive(group)


def _group(pid: int) -> list[int]:
    found = [pid]
    for one in found:
        for task in Path(f"/proc/{one}/task").iterdir():
            found += map(int, (task / "children").read_text().split())
    return found[1:]


def _alive(pids: list[int]) -> list[int]:
    def state(pid: int) -> str:
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return "gone"

    return [pid for pid in pids if state(pid) not in ("gone", "Z")]


@needs_boxes
class TestLeaf:
    def test_every_layer_holds(self, boxed: WarmLauncher) -> None:
        """The self-test finds a fork as well isolated as the box around it."""
        held = breakout.attack(boxed)

        assert [] == [name for name, kept in breakout.attack(box()).items() if kept and not held[name]]
        assert set(selftest.ESSENTIAL) <= {name for name, kept in held.items() if kept}

    def test_sees_only_what_it_was_given(self, boxed: WarmLauncher, tmp_path: Path) -> None:
        """A fork finds its own files under a name that says nothing, and not those of another that still runs."""
        for name in ("mine.keras", "other.keras"):
            (tmp_path / name).write_text(name)
        other = warm.Request(boxed, "-c", "import time; time.sleep(600)", (), (tmp_path / "other.keras",)).start()
        code = "import json, os; print(json.dumps([os.listdir('/given'), open('/given/0.keras').read()]))"
        mine = warm.Request(boxed, "-c", code, (), (tmp_path / "mine.keras",))
        child = mine.start()
        told = child.stdout.read()
        other.end()

        assert b'[["0.keras"], "mine.keras"]\n' == told
        assert "/given/0.keras" == mine.where(tmp_path / "mine.keras")
        assert -9 == Process.wait(_finished(other))

    def test_inbox_is_emptied(self, boxed: WarmLauncher, tmp_path: Path) -> None:
        """What was handed in is gone when the fork has ended; the file itself stays."""
        given = tmp_path / "weights.h5"
        given.write_text("weights")
        child = warm.Request(boxed, "-c", "open('/given/0.h5', 'a')", (), (given,)).start()
        status = child.wait(30)

        assert status == 1  # it may not be written
        assert ["none"] == [path.name for path in serving.server_of(boxed.host, boxed.modules).inbox.iterdir()]
        assert "weights" == given.read_text()

    def test_temporary_folders_are_its_own(self, boxed: WarmLauncher) -> None:
        """What a fork leaves in its temporary folders is not there for the next one."""
        leave = "open('/tmp/left', 'w').close(); open('/dev/shm/left', 'w').close()"

        assert ended(boxed, leave) == 0
        code = "import json, os; print(json.dumps([os.path.exists(f'{name}/left') for name in ('/tmp', '/dev/shm')]))"
        assert [False, False] == run(code, launcher=boxed)

    def test_number_of_files_is_bounded(self, boxed: WarmLauncher) -> None:
        """Empty files fill a temporary folder too."""
        code = """
import json, os
count = 0
try:
    while count < 100_000:
        os.mkdir(f"/tmp/{count}")
        count += 1
except OSError as error:
    print(json.dumps([error.strerror, count < 25_000]))
"""
        assert ["No space left on device", True] == run(code, launcher=boxed)

    def test_cannot_reach_the_server(self, boxed: WarmLauncher) -> None:
        """A fork that signals everything it can name neither ends the server nor sees it."""
        code = """
import json, os, signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
for pid in (-1, *range(1, 400)):
    if pid not in (os.getpid(), 1):
        try:
            os.kill(pid, signal.SIGTERM)
        except OSError:
            pass
for number in (signal.SIGSTOP, signal.SIGINT, signal.SIGUSR1, signal.SIGALRM):
    for pid in (1, os.getppid()):
        try:
            os.kill(pid, number)
        except OSError:
            pass
print(json.dumps(sorted(int(name) for name in os.listdir("/proc") if name.isdigit())))
"""
        before = pid_of(boxed)

        assert [1, 2] == run(code, launcher=boxed)
        assert before == pid_of(boxed)
        assert ended(boxed, "") == 0

    @pytest.mark.parametrize("landlock", [True, False])
    def test_first_process_is_closed(self, landlock: bool) -> None:
        """The memory of the process that waits, which has no filter, can neither be read nor written."""
        code = """
import json, os
found = []
for name in ("mem", "environ", "maps"):
    for how in (os.O_RDONLY, os.O_RDWR):
        try:
            os.close(os.open(f"/proc/1/{name}", how))
            found.append(name)
        except OSError:
            pass
print(json.dumps([found, os.path.exists("/proc/self/maps"), len(open("/proc/self/maps").read()) > 100]))
"""
        launcher = WarmLauncher(replace(box(), landlock=landlock), ())
        try:
            assert [[], True, True] == run(code, launcher=launcher)
        finally:
            launcher.close()

    def test_is_first_to_go_when_memory_is_short(self, boxed: WarmLauncher) -> None:
        """The kernel would end a submission before the server."""
        assert "1000" == run("import json; print(json.dumps(open('/proc/self/oom_score_adj').read().strip()))", launcher=boxed)

    def test_daemons_end_with_it(self, boxed: WarmLauncher) -> None:
        """A process that left its session and holds the pipes is gone when the fork has ended."""
        code = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        open("/tmp/alive", "w").close()
        time.sleep(600)
    os._exit(0)
while not os.path.exists("/tmp/alive"):
    time.sleep(0.01)
"""
        child = boxed.code(code).start()

        assert child.wait(30) == 0
        assert child.stdout.read() == b""  # ends only when nobody holds the pipe any more

    def test_processes_without_end(self, boxed: WarmLauncher) -> None:
        """A chain of forks that never stops is ended with the fork it belongs to."""
        code = """
import os
print('{"begin": 1}', flush=True)
while True:
    if os.fork():
        os._exit(0) if os.getpid() > 2 else os.wait()
"""
        process = Process(boxed.code(code), {}, 1000)
        process.records.get(timeout=30)

        assert process.kill() in (-9, 0)
        assert ended(boxed, "") == 0

    @pytest.mark.skipif(bool(accounts.missing()), reason=accounts.missing())
    def test_ordinary_account(self) -> None:
        """Without privileges forks are isolated as well, or boxes start one by one with a reason."""
        code = """
from autograder.instructor import selftest
found = selftest.available()
warm = [layer for layer in found.layers if layer.name == "warm"]
print(found.level, bool(warm and (warm[0].active or warm[0].why)))
"""
        with accounts.home() as home:
            done = accounts.run(accounts.python(), ["-c", code], home)

        assert done.stdout in ("full True\n", "container False\n", "process False\n"), done.stderr


def _finished(child: Any) -> Process:
    """A `Process` around a child, to read its status as a signal."""
    process = Process.__new__(Process)
    process._child, process._threads = child, []
    return process


@needs_boxes
def test_evidence_is_that_of_a_box_of_its_own(tmp_path: Path) -> None:
    """The same submission gives the same evidence in a fork of a warm server as in a new box."""
    (tmp_path / "cifar10_cnn.py").write_text(SOURCE)
    found = submission.find(tmp_path, {})
    launcher = WarmLauncher(box())
    gathered = [supervise.gather(found, one, seed=5, limits=load().limits) for one in (launcher, box())]
    launcher.close()
    for record in gathered:
        del record["sandbox"], record["log"]

    assert gathered[0] == gathered[1]
