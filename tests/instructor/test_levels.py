"""The levels of isolation, from the outside: which is chosen, as whom, and what is told."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from autograder import dataset, evaluate
from autograder.errors import SandboxError
from autograder.instructor import cli, selftest
from autograder.instructor.contained import ContainerLauncher
from autograder.instructor.selftest import Layers
from autograder.launcher import ROOT
from autograder.scheme import load
from autograder.verdict import Reason
from tests.instructor.boxes import classroom
from tests.support import accounts

CONTAINED = selftest.contained(3072, 1)
needs_contained = pytest.mark.skipif(
    CONTAINED.launcher is None, reason=f"level container does not work here: {CONTAINED.problem}"
)
WEAK = Layers("container", (), ContainerLauncher(), Reason("sandbox.apparmor", {"reason": "refused"}))
NONE = Layers("process", (), None, Reason("sandbox.no_bwrap", {"reason": ""}))
HONEST = """
def prepare_data(x_train, y_train, x_test, y_test):
    import numpy as np
    one_hot = np.eye(10, dtype="float32")
    return (x_train.astype("float32") / 255, one_hot[y_train.ravel()]), (x_test.astype("float32") / 255, one_hot[y_test.ravel()])
"""
HOSTILE = """
import os, shutil, signal, socket
def attempt(action, *arguments):
    try:
        print(action(*arguments))
    except BaseException as error:
        print(type(error).__name__)
for name in (CANARY, "/proc/self/../%d/environ" % os.getppid(), "/etc/passwd", "/proc/1/environ"):
    attempt(lambda: open(name).read())
attempt(lambda: os.listdir(os.path.dirname(CANARY)))
attempt(os.unlink, CANARY)
attempt(os.chmod, CANARY, 0)
attempt(lambda: open(os.path.dirname(CANARY) + "/dropped", "w").write("x"))
attempt(lambda: socket.create_connection(("127.0.0.1", PORT), 1))
attempt(lambda: dict(os.environ)["GRADER_SECRET"])
attempt(os.kill, os.getppid(), signal.SIGKILL)
attempt(os.kill, -1, signal.SIGKILL)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        signal.pause()
    os._exit(0)
"""


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A port that nobody may reach."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        found.listen()
        found.settimeout(0.1)
        yield found


def started_with(text: str) -> list[str]:
    """The processes, alive, whose command line mentions something."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and text.encode() in (entry / "cmdline").read_bytes():
                found.append(entry.name)
        except OSError:
            continue
    return found


class TestChoice:
    @pytest.mark.parametrize(
        ("wanted", "inside", "chosen"),
        [
            (None, True, "container"),
            (None, False, "sandbox.weaker"),
            ("container", False, "container"),
            ("full", True, "sandbox.weaker"),
        ],
    )
    def test_weaker_level(self, monkeypatch: pytest.MonkeyPatch, wanted: str | None, inside: bool, chosen: str) -> None:
        """Level container is used inside a container or when asked for, and never where more was asked for."""
        monkeypatch.setattr(selftest, "available", lambda **_: WEAK)
        monkeypatch.setattr(selftest, "in_container", lambda: inside)
        try:
            found = selftest.launcher(no_sandbox=False, wanted=wanted).level
        except SandboxError as error:
            found = error.code

        assert chosen == found

    def test_no_level(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without any isolation nothing is graded, whatever was accepted, unless it is waived."""
        monkeypatch.setattr(selftest, "available", lambda **_: NONE)

        for wanted in (None, "container", "full"):
            with pytest.raises(SandboxError) as raised:
                selftest.launcher(no_sandbox=False, wanted=wanted)
            assert "sandbox.no_bwrap" == raised.value.code
        assert "process" == selftest.launcher(no_sandbox=True).level

    def test_waiving_takes_what_there_is(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where the weaker level works, --no-sandbox does not give it away."""
        monkeypatch.setattr(selftest, "available", lambda **_: WEAK)
        monkeypatch.setattr(selftest, "in_container", lambda: False)

        assert "container" == selftest.launcher(no_sandbox=True).level

    def test_contradiction_is_refused(self, tmp_path: Path) -> None:
        """A level and no sandbox cannot both be meant."""
        arguments = ["grade", str(classroom(tmp_path, {"ann": ""})), "--out", str(tmp_path / "out")]
        done = CliRunner().invoke(cli.main, [*arguments, "--no-sandbox", "--isolation", "container"])

        assert 2 == done.exit_code
        assert "--isolation" in done.output

    @pytest.mark.parametrize("inside", [True, False])
    def test_doctor_says_what_is_lost(self, monkeypatch: pytest.MonkeyPatch, inside: bool) -> None:
        """Each missing layer is told with what is lost and the remedy; grading is possible where it is accepted."""
        layers = tuple(selftest.Layer(name, False, "because") for name in selftest.OPTIONAL)
        monkeypatch.setattr(selftest, "available", lambda **_: replace(WEAK, layers=layers))
        monkeypatch.setattr(selftest, "in_container", lambda: inside)
        done = CliRunner().invoke(cli.main, ["doctor", "--lang", "en"])

        assert (0 if inside else 2) == done.exit_code
        assert f"Isolation: container. Grading is {'possible' if inside else 'refused'}." in done.output
        assert len(layers) == done.output.count("Lost: ")
        assert "AppArmor" in done.output


def test_unprotected_verdicts_are_marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each verdict that was made without a sandbox carries a flag that says so, and the level."""
    monkeypatch.setattr(selftest, "available", lambda **_: NONE)
    submissions = classroom(tmp_path / "in", {"ann": HONEST})
    arguments = ["grade", str(submissions), "--out", str(tmp_path / "out"), "--sections", "data", "--jobs", "1", "--no-sandbox"]
    done = CliRunner().invoke(cli.main, arguments)
    verdict = json.loads((tmp_path / "out" / "ann" / "verdict.json").read_text())

    assert 0 == done.exit_code
    assert ["flag.unprotected"] == [flag["code"] for flag in verdict["flags"]]
    assert "process" == verdict["facts"]["sandbox"]["level"]


@needs_contained
class TestRefusedNamespaces:
    """As in Docker: a filter refuses namespaces and mounts to the grader and all that it starts."""

    @staticmethod
    def convmark(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """The command, in such a process."""
        command = [sys.executable, "-m", "tests.support.refuse", sys.executable, "-m", "autograder.instructor.cli", *arguments]
        inherited = {name: value for name, value in os.environ.items() if name not in selftest.VARIABLES}
        env = {**inherited, "PYTHONPATH": str(ROOT), **environment}
        return subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False, timeout=240)

    def test_doctor(self) -> None:
        """The doctor names the level, what refuses namespaces and every layer."""
        done = self.convmark("doctor", "--lang", "en", container="docker")

        assert 0 == done.returncode, done.stdout + done.stderr
        assert "Isolation: container. Grading is possible." in done.stdout
        assert "[--] namespaces: This container may not make namespaces" in done.stdout
        assert all(f"[ok] layer {name}:" in done.stdout for name in selftest.ESSENTIAL)

    def test_less_than_was_asked_for(self, tmp_path: Path) -> None:
        """Who wants level full is refused before anything is graded, and told what would be accepted less."""
        submissions = classroom(tmp_path / "in", {"ann": HONEST})
        options = ["--isolation", "full", "--lang", "en"]
        done = self.convmark("grade", str(submissions), "--out", str(tmp_path / "out"), *options)

        assert 2 == done.returncode
        assert "--isolation container" in done.stderr
        assert not (tmp_path / "out").exists()

    def test_class_with_an_attacker(self, tmp_path: Path, listener: socket.socket) -> None:
        """Nothing is read, written, reached or killed, no process is left, and the others get their points."""
        canary = tmp_path / "class" / "ann" / "cifar10_cnn.py"
        about = f"CANARY, PORT = {str(canary)!r}, {listener.getsockname()[1]}\n"
        submissions = classroom(tmp_path / "class", {"ann": HONEST + "# CANARY-text\n", "eve": about + HOSTILE + HONEST})
        options = ["--sections", "data", "--isolation", "container", "--jobs", "1", "--lang", "en"]
        (tmp_path / "boxes").mkdir()
        secret = {"GRADER_SECRET": "CANARY-secret", "TMPDIR": str(tmp_path / "boxes")}
        done = self.convmark("grade", str(submissions), "--out", str(tmp_path / "out"), *options, **secret)
        verdicts = {name: json.loads((tmp_path / "out" / name / "verdict.json").read_text()) for name in ("ann", "eve")}
        written = b"".join(path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file())

        assert 0 == done.returncode, done.stderr
        assert {"ann": "container", "eve": "container"} == {
            name: verdict["facts"]["sandbox"]["level"] for name, verdict in verdicts.items()
        }
        assert verdicts["ann"]["score"] == verdicts["eve"]["score"] > 0
        assert b"CANARY-" not in written
        assert [] == list((tmp_path / "boxes").iterdir())
        assert [] == started_with(str(tmp_path / "boxes"))
        assert ["cifar10_cnn.py"] == [path.name for path in canary.parent.iterdir()]
        assert canary.stat().st_mode & 0o400
        with pytest.raises(TimeoutError):
            listener.accept()


@pytest.mark.parametrize("found", [selftest.full(3072, 1), CONTAINED], ids=["full", "container"])
def test_weights_are_read_in_a_box(found: Layers, tmp_path: Path) -> None:
    """At each level the weights and the images reach the box, and what comes out is what Keras itself predicts."""
    from tests.support import networks, reference

    if found.launcher is None:
        pytest.skip(f"does not work here: {found.problem}")
    data = dataset.synthetic(10, 40)
    model = networks.reference()
    model.save(tmp_path / "cifar10_cnn.keras")
    folder = reference.store(tmp_path / "evidence", reference.record())
    result = evaluate.evaluate(folder, tmp_path / "cifar10_cnn.keras", found.launcher, data, load())
    predicted = model.predict(data.x_test.astype("float32") / 255, verbose=0).argmax(axis=1)

    assert result["status"] == "ok", result
    assert float((predicted == data.y_test.ravel()).mean()) == result["accuracy"]


@pytest.mark.skipif(bool(accounts.missing()), reason=accounts.missing())
class TestOrdinaryAccount:
    @pytest.fixture
    def home(self) -> Iterator[Path]:
        """A folder that belongs to the other account, and that it can reach."""
        with accounts.home() as folder:
            yield folder

    @pytest.mark.parametrize("level", ["full", "contained"])
    def test_self_test(self, home: Path, level: str) -> None:
        """What works for root works without privileges as well, or is refused with a reason, never weaker in silence."""
        code = f"""
import json
from autograder.instructor import selftest
found = selftest.{level}(3072, 1)
print(json.dumps([found.level, [layer.name for layer in found.layers if not layer.active], found.problem and found.problem.code]))
"""
        done = accounts.run(accounts.python(), ["-c", code], home)
        found, inactive, problem = json.loads(done.stdout)

        if problem in (
            "sandbox.apparmor",
            "sandbox.namespaces_off",
            "sandbox.container",
            "sandbox.no_landlock",
            "sandbox.no_bwrap",
        ):
            pytest.skip(f"this machine refuses it to ordinary accounts: {problem}")
        assert {"full": "full", "contained": "container"}[level] == found
        assert not set(selftest.ESSENTIAL) & set(inactive)

    @pytest.mark.parametrize("command", [[], ["-m", "tests.support.refuse"]], ids=["full", "container"])
    def test_grading(self, home: Path, command: list[str]) -> None:
        """An ordinary account grades, with and without namespaces."""
        submissions = classroom(home / "in", {"ann": HONEST})
        options = ["--sections", "data", "--isolation", "container", "--jobs", "1", "--lang", "en"]
        arguments = ["-m", "autograder.instructor.cli", "grade", str(submissions), "--out", str(home / "out"), *options]
        if command:
            arguments = [*command, accounts.python(), "-P", *arguments]
        done = accounts.run(accounts.python(), arguments, home)

        assert 0 == done.returncode, done.stderr
        verdict = json.loads((home / "out" / "ann" / "verdict.json").read_text())
        assert "graded" == verdict["status"]
        assert verdict["score"] > 0
        assert verdict["facts"]["sandbox"]["level"] in ({"container"} if command else selftest.LEVELS)
