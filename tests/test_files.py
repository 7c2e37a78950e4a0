"""Files appear whole or not at all."""

import json
import os
import stat
from pathlib import Path

import pytest

from autograder import files


def test_write(tmp_path: Path) -> None:
    """Content is written, folders are made, and nothing else is left."""
    path = tmp_path / "a" / "b" / "c.txt"
    files.write(path, b"one")
    files.write(path, b"two")

    assert b"two" == path.read_bytes()
    assert [path] == list(path.parent.iterdir())
    assert 0o644 == stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("step", ["fsync", "chmod", "replace"])
def test_failure_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """If any step fails, the old content stays and no part of the new one."""
    path = tmp_path / "c.txt"
    files.write(path, b"old")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, step, full)
    with pytest.raises(OSError, match="No space"):
        files.write(path, b"new")

    assert b"old" == path.read_bytes()
    assert [path] == list(tmp_path.iterdir())


def test_power_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The content is on the disk before it has its name, and the names of file and folders after that."""
    steps: list[str] = []
    sync, rename = os.fsync, os.replace

    def synced(descriptor: int) -> None:
        steps.append(Path(os.readlink(f"/proc/self/fd/{descriptor}")).name)
        sync(descriptor)

    def renamed(*paths: Path) -> None:
        steps.append("rename")
        rename(*paths)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", renamed)
    files.write(tmp_path / "a" / "b" / "c.txt", b"one", 0o600)

    partial = steps.pop(2)
    assert [tmp_path.name, "a", "rename", "b"] == steps
    assert partial.startswith(".partial-")
    assert 0o600 == stat.S_IMODE((tmp_path / "a" / "b" / "c.txt").stat().st_mode)


def test_write_replaces_a_link(tmp_path: Path) -> None:
    """A link that stands in the place of the file is replaced, and not followed."""
    (tmp_path / "target").write_bytes(b"keep")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    files.write(tmp_path / "link", b"new")

    assert b"keep" == (tmp_path / "target").read_bytes()
    assert not (tmp_path / "link").is_symlink()


def test_write_json(tmp_path: Path) -> None:
    """JSON is ASCII and comes back, lone surrogates and other alphabets included."""
    value = {"name": "Иванов", "lone": "\ud800", "list": [1, 2.5, None, True]}
    files.write_json(tmp_path / "x.json", value)

    text = (tmp_path / "x.json").read_bytes().decode("ascii")
    assert value == json.loads(text)
    assert text.endswith("}\n")


def test_what_is_no_json_leaves_nothing(tmp_path: Path) -> None:
    """A value that cannot be written as JSON does not touch the file."""
    files.write_json(tmp_path / "x.json", 1)
    with pytest.raises(TypeError):
        files.write_json(tmp_path / "x.json", {"x": object()})

    assert "1\n" == (tmp_path / "x.json").read_text()
    assert 1 == len(list(tmp_path.iterdir()))
