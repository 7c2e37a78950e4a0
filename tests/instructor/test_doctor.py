"""The examination of a machine."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from autograder.instructor import cli, doctor, selftest
from autograder.instructor.selftest import Layers
from autograder.verdict import Reason
from tests.instructor.boxes import FOUND, needs_boxes

PROBLEMS = ("not_linux", "no_bwrap", "no_start", "apparmor", "namespaces_off", "container", "leaks")


def examined() -> tuple[int, str]:
    """Exit status and output of the command."""
    done = CliRunner().invoke(cli.main, ["doctor", "--lang", "en"])
    return done.exit_code, done.output


@needs_boxes
def test_machine_on_which_grading_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every layer is listed and the status is 0, with or without the data set."""
    monkeypatch.setenv("CIFAR10_NPZ", str(tmp_path / "missing.npz"))
    status, output = examined()

    assert status == 0
    assert [] == [layer.name for layer in FOUND.layers if f"layer {layer.name}:" not in output]
    assert "Isolation: full. Grading is possible." in output


@pytest.mark.parametrize("name", PROBLEMS)
def test_machine_on_which_it_does_not(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """The reason stands there and the status is not 0."""
    found = Layers("process", (), None, Reason(f"sandbox.{name}", {"reason": "because", "layers": "", "system": ""}))
    monkeypatch.setattr(selftest, "available", lambda **_: found)
    status, output = examined()

    assert status == 2
    assert "[NO] sandbox" in output
    assert "Isolation: process. Grading is refused." in output


def test_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that is not installed is said to be missing, with the command that installs it."""
    monkeypatch.setattr(doctor, "PACKAGES", ("no-such-package-of-ours",))

    assert [finding.remedy for finding in doctor.versions() if not finding.good] == [
        "python -m pip install no-such-package-of-ours"
    ]


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"/proc/sys/kernel/unprivileged_userns_clone": "0"}, "sandbox.namespaces_off"),
        ({"/proc/sys/user/max_user_namespaces": "0"}, "sandbox.namespaces_off"),
        ({"/proc/sys/kernel/apparmor_restrict_unprivileged_userns": "1"}, "sandbox.apparmor"),
    ],
)
def test_diagnosis(monkeypatch: pytest.MonkeyPatch, files: dict[str, str], code: str) -> None:
    """The kernel's settings say what keeps boxes from starting."""
    monkeypatch.setattr(selftest, "_setting", lambda path: files.get(path, ""))
    monkeypatch.setattr("os.geteuid", lambda: 1000)

    assert code == selftest.diagnosis("bwrap: No permissions to create new namespace")
    assert "sandbox.no_start" == selftest.diagnosis("bwrap: cannot open shared object file")
