"""Boxes without namespaces, tried for real: level ``container``."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autograder import evaluate
from autograder.errors import SandboxError
from autograder.instructor import breakout, selftest
from autograder.instructor.box import guard, landlock
from autograder.instructor.breakout import Box
from autograder.instructor.contained import ContainerLauncher
from autograder.launcher import Command, Startable
from autograder.process import Process
from tests.instructor.boxes import run
from tests.support import accounts

FOUND = selftest.contained(3072, 1)
READ = """
import json, os, sys
found = []
for path in sys.argv[1:]:
    try:
        found.append(os.listdir(path) if os.path.isdir(path) else open(path).read())
    except OSError as error:
        found.append(type(error).__name__)
print(json.dumps(found))
"""
DAEMON = """
import os, signal, sys
sys.stdin.read()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print('{"begin": "ready"}', flush=True)
        signal.pause()
    os._exit(0)
os.wait()
"""
pytestmark = pytest.mark.skipif(FOUND.launcher is None, reason=f"level container does not work here: {FOUND.problem}")


@pytest.fixture(scope="module")
def contained() -> Box:
    """The launcher that works here."""
    assert FOUND.launcher is not None
    return FOUND.launcher


def running(marker: str) -> list[str]:
    """The processes, alive, that were started with an argument."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and marker.encode() in (entry / "cmdline").read_bytes().split(b"\0"):
                found.append(entry.name)
        except OSError:
            continue
    return found


def gone(marker: str) -> bool:
    """Whether they are all gone within ten seconds."""
    deadline = time.monotonic() + 10
    while running(marker) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not running(marker)


EARLIER: set[Path] = set()


def folders() -> list[Path]:
    """The folders of boxes of this process that are left; those of other files are there until the next grader sweeps them."""
    base = Path(os.environ.get("TMPDIR", "/tmp"))
    return [path for path in base.glob(f"{guard.PREFIX}{os.getpid()}-*") if path not in EARLIER]


@pytest.fixture(scope="module", autouse=True)
def earlier() -> None:
    """What the tests before have left."""
    EARLIER.update(folders())


class TestSelfTest:
    def test_every_essential_layer_holds(self, contained: Box) -> None:
        """Every attempt to break out fails, and nothing outside is harmed."""
        held = breakout.attack(contained)

        assert [] == [name for name in (*selftest.ESSENTIAL, "seccomp", "landlock", "nested") if not held[name]]

    @pytest.mark.parametrize(
        ("without", "lost"), [("landlock", {"files", "read-only", "landlock"}), ("seccomp", {"network", "seccomp", "nested"})]
    )
    def test_missing_layer_is_found_out(
        self, contained: Box, monkeypatch: pytest.MonkeyPatch, without: str, lost: set[str]
    ) -> None:
        """A box that lacks Landlock or the filter is not used."""

        class Weak(ContainerLauncher):
            def code(self, source: str, *arguments: str) -> Command:
                command = super().code(source, *arguments)
                settings = _settings(command)
                inside = json.loads(settings["argv"][3])
                inside[without] = None
                settings["argv"][3] = json.dumps(inside)
                return replace(command, argv=[*command.argv[:-1], json.dumps(settings)])

        monkeypatch.setattr(selftest, "ContainerLauncher", Weak)
        monkeypatch.setattr(selftest, "_with_group", lambda box: None)
        found = selftest.contained(3072, 1)

        assert found.launcher is None
        assert found.problem is not None
        assert "sandbox.leaks" == found.problem.code
        assert lost <= {layer.name for layer in found.layers if not layer.active}

    def test_no_landlock_no_box(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A kernel without Landlock cannot isolate without namespaces."""
        monkeypatch.setattr(landlock, "version", lambda: 0)
        found = selftest.contained(3072, 1)

        assert found.launcher is None
        assert found.problem is not None
        assert "sandbox.no_landlock" == found.problem.code

    @pytest.mark.parametrize(
        ("interface", "size", "rights"), [(1, 8, 13), (2, 8, 14), (3, 8, 15), (4, 16, 15), (5, 16, 16), (6, 24, 16), (9, 24, 16)]
    )
    def test_older_kernels_are_asked_for_what_they_know(self, interface: int, size: int, rights: int) -> None:
        """What is to be refused fits the version of the interface."""
        attributes = landlock.handled(interface)

        assert size == len(attributes)
        assert rights == int.from_bytes(attributes[:8], sys.byteorder).bit_length()


def _settings(command: Startable) -> dict[str, Any]:
    assert isinstance(command, Command)
    found: dict[str, Any] = json.loads(command.argv[-1])
    return found


class TestBox:
    def test_files_of_the_machine_are_out_of_reach(self, contained: Box, tmp_path: Path) -> None:
        """Neither another submission nor accounts nor other processes can be read, even if everybody may."""
        canary = tmp_path / "canary"
        canary.write_text("canary")
        canary.chmod(0o644)
        paths = [str(canary), "/etc/passwd", "/", "/tmp", "/proc", f"/proc/{os.getpid()}/environ", "/proc/1/cmdline"]

        assert ["PermissionError"] * len(paths) == run(READ, *paths, launcher=contained)

    def test_only_the_probe_of_the_package_is_there(self, contained: Box) -> None:
        """The checks and the grader stay outside; the sources here cannot be read by their paths either."""
        code = """
import json, os, sys
import autograder
print(json.dumps([sorted(os.listdir(os.path.dirname(autograder.__file__))), os.access(sys.argv[1], os.F_OK)]))
"""
        settings = _settings(contained.command("autograder.probe"))

        assert ["__init__.py", "instructor"] == run(code, __file__, launcher=contained)[0]
        assert {"autograder/probe", "autograder/inputs.py"} <= {name for _, name in settings["visible"]}
        assert not [name for _, name in settings["visible"] if "checks" in name or "scheme" in name]
        assert ["PermissionError"] == run(READ, evaluate.__file__, launcher=contained)

    def test_given_files_are_copies_to_read(self, contained: Box, tmp_path: Path) -> None:
        """A file given to a box lies in its folder; one that was not given does not."""
        given = tmp_path / "weights.keras"
        given.write_text("weights")
        command = contained.command("autograder.replay", [given])
        settings = _settings(command)

        assert [[str(given), "0.keras"]] == settings["given"]
        assert f"{settings['folder']}/given/0.keras" == command.where(given)
        assert str(tmp_path / "other") == command.where(tmp_path / "other")

    def test_no_sockets(self, contained: Box) -> None:
        """No family of sockets is allowed; a connected pair within the process is."""
        code = """
import json, socket
refused = []
for family in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX, socket.AF_NETLINK, 40):
    try:
        socket.socket(family, socket.SOCK_STREAM)
    except PermissionError:
        refused.append(int(family))
try:
    socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
except PermissionError:
    refused.append("pair")
a, b = socket.socketpair()
a.send(b"x")
print(json.dumps([refused, b.recv(1).decode()]))
"""
        families = [int(socket.AF_INET), int(socket.AF_INET6), int(socket.AF_UNIX), 16, 40]

        assert [[*families, "pair"], "x"] == run(code, launcher=contained)

    def test_other_processes_cannot_be_touched(self, contained: Box) -> None:
        """No signal, limit, priority or processor of another process can be changed, the guard's included."""
        code = """
import fcntl, json, os, resource, signal, sys
victim, parent = int(sys.argv[1]), os.getppid()
touched = []
def attempt(name, action, *arguments):
    try:
        action(*arguments)
        touched.append(name)
    except (OSError, ValueError):
        pass
for pid in (victim, parent, -1, 0, 1):
    attempt(f"kill {pid}", os.kill, pid, 0)
    if pid > 0:
        attempt(f"limit {pid}", resource.prlimit, pid, resource.RLIMIT_NOFILE)
        attempt(f"priority {pid}", os.setpriority, os.PRIO_PROCESS, pid, 19)
        attempt(f"processors {pid}", os.sched_setaffinity, pid, {0})
attempt("user", os.setpriority, os.PRIO_USER, os.getuid(), 19)
attempt("owner", fcntl.fcntl, 1, fcntl.F_SETOWN, victim)
attempt("pidfd", lambda: signal.pidfd_send_signal(os.pidfd_open(victim), 0))
os.kill(os.getpid(), 0)
os.nice(0)
print(json.dumps(touched))
"""
        assert [] == run(code, str(os.getpid()), launcher=contained)

    def test_attributes_of_files_stay(self, contained: Box, tmp_path: Path) -> None:
        """Changing permissions, times or owners outside is without effect, as is cutting a file off."""
        target = tmp_path / "target"
        target.write_text("kept")
        before = target.stat()
        code = """
import json, os, shutil, sys
path = sys.argv[1]
for action in (lambda: os.chmod(path, 0), lambda: os.utime(path, (0, 0)), lambda: os.chown(path, 1, 1),
               lambda: os.truncate(path, 0), lambda: os.unlink(path), lambda: os.rename(path, path + "x"),
               lambda: os.setxattr(path, "user.x", b"x"), lambda: os.link(path, "x"), lambda: os.symlink("x", path + "y")):
    try:
        action()
    except OSError:
        pass
open("own", "w").write("copied")
shutil.copy("own", "copy")
print(json.dumps(open("copy").read()))
"""
        assert "copied" == run(code, str(target), launcher=contained)
        after = target.stat()
        assert (before.st_mode, before.st_mtime_ns, before.st_uid) == (after.st_mode, after.st_mtime_ns, after.st_uid)
        assert "kept" == target.read_text()
        assert ["target"] == [path.name for path in tmp_path.iterdir()]

    def test_environment_and_privileges(self, contained: Box, monkeypatch: pytest.MonkeyPatch) -> None:
        """Nothing of the grader's environment, no descriptor, no capability, and none to be gained."""
        monkeypatch.setenv("GRADER_SECRET", "canary")
        code = """
import ctypes, json, os
status = dict(line.split(":\\t", 1) for line in open("/proc/self/status").read().splitlines())
numbers = []
for number in range(3, 300):
    try:
        os.fstat(number); numbers.append(number)
    except OSError:
        pass
print(json.dumps([dict(os.environ), numbers, status["CapEff"], status["CapPrm"], status["NoNewPrivs"],
                  ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)]))
"""
        variables, numbers, effective, permitted, fixed, dumpable = run(code, launcher=contained)

        assert "GRADER_SECRET" not in variables
        assert [] == numbers
        assert ("0" * 16, "0" * 16, "1", 0) == (effective.strip(), permitted.strip(), fixed.strip(), dumpable)

    def test_its_folder_goes_with_it(self, contained: Box) -> None:
        """What a box wrote is removed, however deep, and whatever its permissions."""
        code = """
import json, os
os.mkdir("closed", 0)
for _ in range(1500):
    os.mkdir("d"); open("f", "w").close(); os.chdir("d")
os.mkfifo("pipe")
print(json.dumps("done"))
"""
        assert "done" == run(code, launcher=contained)
        assert [] == folders()

    def test_memory_of_the_whole_box_is_bounded(self, contained: Box) -> None:
        """Where there is a control group, several processes together cannot exceed it, and the guard survives."""
        if not contained.group:
            pytest.skip("no control group can be made here")
        code = """
import json, os, signal
for _ in range(3):
    if os.fork() == 0:
        block = bytearray(700 * 2**20)
        block[::4096] = b"x" * len(block[::4096])
        signal.pause()
print(json.dumps(os.WTERMSIG(os.waitpid(-1, 0)[1])))
"""
        assert isinstance(contained, ContainerLauncher)
        assert 9 == run(code, launcher=replace(contained, memory_mib=512))


class TestEnd:
    def test_daemon_ends_with_the_first_process(self, contained: Box) -> None:
        """A process that left its session, and does not mind SIGTERM, does not outlive the first one."""
        marker = f"convmark-end-{os.getpid()}"
        process = Process(contained.code(DAEMON, marker), {}, 1000)

        assert {"begin": "ready"} == process.records.get(timeout=30)
        assert 0 == process.wait(30)
        assert [] == running(marker)
        assert [] == folders()

    def test_daemon_ends_when_the_box_is_killed(self, contained: Box) -> None:
        """The same if the grader ends the box."""
        marker = f"convmark-kill-{os.getpid()}"
        process = Process(contained.code(DAEMON + "signal.pause()\n", marker), {}, 1000)

        assert {"begin": "ready"} == process.records.get(timeout=30)
        assert running(marker)
        process.kill()
        assert [] == running(marker)
        assert [] == folders()

    def test_chain_of_forks_is_caught(self, contained: Box) -> None:
        """Processes that replace themselves without end are caught up with."""
        code = """
import os, sys
print('{"begin": "ready"}', flush=True)
while True:
    if os.fork():
        os._exit(0)
    os.setsid()
"""
        marker = f"convmark-chain-{os.getpid()}"
        process = Process(contained.code(code, marker), {}, 1000)

        assert {"begin": "ready"} == process.records.get(timeout=30)
        process.kill()
        assert gone(marker)

    def test_grader_that_is_killed_takes_the_box_along(self, contained: Box, tmp_path: Path) -> None:
        """After kill -9 of the grader neither the box nor its daemon is left, nor its folder."""
        marker = f"convmark-orphan-{os.getpid()}"
        code = f"""
import sys, time
from autograder.instructor import selftest
from autograder.launcher import Command, Startable
from autograder.process import Process
box = selftest.contained(3072, 1).launcher
process = Process(box.code({DAEMON + "signal.pause()"!r}, {marker!r}), {{}}, 1000)
print(process.records.get(timeout=30), flush=True)
time.sleep(600)
"""
        grader = subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, env={**os.environ, "TMPDIR": str(tmp_path)}, text=True
        )
        assert grader.stdout is not None
        with grader, grader.stdout:
            assert "ready" in grader.stdout.readline()
            assert running(marker)
            grader.send_signal(signal.SIGKILL)
        assert gone(marker)
        deadline = time.monotonic() + 5
        while list(tmp_path.glob(f"{guard.PREFIX}*")) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert [] == list(tmp_path.glob(f"{guard.PREFIX}*"))

    def test_folders_of_killed_guards_are_swept(self, tmp_path: Path) -> None:
        """What a guard could not remove is removed by the next one; what belongs to a living grader stays."""
        dead = tmp_path / f"{guard.PREFIX}999999999-0a"
        alive = tmp_path / f"{guard.PREFIX}{os.getpid()}-0a"
        other = tmp_path / f"{guard.PREFIX}x"
        for folder in (dead / "deep", alive, other):
            folder.mkdir(parents=True)
        (tmp_path / f"{guard.PREFIX}999999998-0b").symlink_to(other)
        guard.sweep(tmp_path)

        assert not dead.exists()
        assert alive.exists()
        assert other.exists()


class TestAccounts:
    @pytest.fixture
    def home(self) -> Iterator[Path]:
        """A folder of root's that accounts of boxes can pass through."""
        with accounts.home(0) as folder:
            yield folder

    @pytest.mark.skipif(bool(accounts.missing()), reason=accounts.missing())
    def test_root_gives_each_box_an_account(self, home: Path) -> None:
        """Boxes that run at the same time have different accounts, and none has the grader's."""
        code = """
import json, subprocess
from autograder.instructor.contained import ContainerLauncher
box = ContainerLauncher()
commands = [box.code("import os, sys; sys.stdin.read(); print(os.getresuid() + os.getresgid())") for _ in range(3)]
boxes = [subprocess.Popen(c.argv, env=dict(c.env), cwd=c.cwd, stdin=-1, stdout=-1, text=True) for c in commands]
print(json.dumps([eval(one.communicate("")[0]) for one in boxes]))
"""
        found = accounts.run(accounts.python(), ["-c", code], home, account=0)
        ids = json.loads(found.stdout)

        assert 3 == len({tuple(numbers) for numbers in ids})
        assert all(len(set(numbers)) == 1 and numbers[0] > guard.FIRST_ACCOUNT for numbers in ids)

    @pytest.mark.skipif(bool(accounts.missing()), reason=accounts.missing())
    def test_with_an_account_of_its_own_every_layer_holds(self, home: Path) -> None:
        """The self-test of root's boxes finds an account of their own where Python can be read by it."""
        code = """
import json
from autograder.instructor import selftest
found = selftest.contained(3072, 1)
print(json.dumps([found.level, [layer.name for layer in found.layers if not layer.active]]))
"""
        level, inactive = json.loads(accounts.run(accounts.python(), ["-c", code], home, account=0).stdout)

        assert "container" == level
        assert set(inactive) <= {"quota", "cgroup"}


def test_what_cannot_start_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard's complaint is kept as the reason, and its folder is gone."""
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")

    with pytest.raises(SandboxError):
        breakout.attack(ContainerLauncher())
    assert [] == folders()
