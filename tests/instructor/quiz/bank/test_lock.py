"""The lock: no key and no translation changes unseen."""

import datetime
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from autograder.instructor.cli import main
from autograder.instructor.quiz.bank import lock
from autograder.instructor.quiz.bank.reading import read_bank

VALID = Path(__file__).parent / "valid.md"
TODAY = datetime.date(2026, 11, 27)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A bank that was accepted."""
    (tmp_path / "bank.md").write_text(VALID.read_text("utf-8"), "utf-8")
    lock.write(tmp_path, read_bank(tmp_path)[0], TODAY)
    return tmp_path


def change(folder: Path, old: str, new: str) -> list[str]:
    """What the lock says after an edit."""
    path = folder / "bank.md"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    return [f"{found.code} {found.message.partition(':')[0]}" for found in lock.problems(read_bank(folder)[0], lock.read(folder))]


def test_an_accepted_bank_has_not_changed(folder: Path) -> None:
    """Without an edit there is nothing to say, and accepting again keeps the date."""
    before = (folder / lock.FILE).read_bytes()
    lock.write(folder, read_bank(folder)[0], TODAY + datetime.timedelta(days=1))

    assert [] == list(lock.problems(read_bank(folder)[0], lock.read(folder)))
    assert before == (folder / lock.FILE).read_bytes()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("- [x] 896 <!-- ok -->\n- [ ] 320", "- [ ] 896 <!-- ok -->\n- [x] 320", "version-not-raised one-of-three"),
        ("out: conv_out(n, k, p, s)", "out: conv_out(n, k, p, s) + 0", "version-not-raised output-side"),
        ("- [x] {{ out }} ± 0", "- [x] {{ out }} ± 1", "version-not-raised output-side"),
        ("[[детекторная|нелинейная]]", "[[детекторная]]", "version-not-raised gaps"),
        ("[[*pooling / softmax]]", "[[*softmax / pooling]]", "version-not-raised gaps"),
        ("| convolution | weighted sums |", "| convolution | the loss |", "version-not-raised stages"),
        ("- [ ] kernel_regularizer", "- [x] kernel_regularizer", "version-not-raised in-a-word"),
        ("points: 2\nwords", "points: 3\nwords", "version-not-raised in-words"),
        ("three channels?", "three channels of an image?", "translation-stale one-of-three"),
        ("## stages", "## the-stages", "not-locked the-stages"),
    ],
)
def test_changes_are_seen(folder: Path, old: str, new: str, told: str) -> None:
    """A key that changes without a new version, one language without the other, and a new item are told."""
    assert told in change(folder, old, new)


def test_a_raised_version_is_a_change_that_was_said(folder: Path) -> None:
    """With a new version a key may change; the old one is over for good."""
    assert [] == change(folder, "version: 1" if "version: 1" in VALID.read_text("utf-8") else "source: lab", "version: 2")
    lock.write(folder, read_bank(folder)[0], TODAY)

    assert ["version-not-raised one-of-three"] == change(folder, "version: 2", "version: 1")


def test_removed_items_are_missed(folder: Path) -> None:
    """An item that was accepted does not disappear unseen."""
    assert [
        "not-locked the-stages",
        "item-removed stages was accepted and is gone; answers to it cannot be graded any more.",
    ] == change(folder, "## stages", "## the-stages")


def test_strict_lint_asks_the_lock(folder: Path) -> None:
    """`lint --strict` fails at what was not accepted, `lock --accept` accepts it."""
    command = ["quiz", "lint", str(folder), "--strict"]
    assert 0 == CliRunner().invoke(main, command).exit_code
    change(folder, "How many parameters does", "How many trainable parameters does")
    change(folder, "Сколько параметров у слоя", "Сколько обучаемых параметров у слоя")
    assert 1 == CliRunner().invoke(main, command).exit_code
    assert 1 == CliRunner().invoke(main, ["quiz", "lock", str(folder)]).exit_code
    assert 0 == CliRunner().invoke(main, ["quiz", "lock", str(folder), "--accept"]).exit_code
    assert 0 == CliRunner().invoke(main, command).exit_code


def test_errors_are_mended_before_a_bank_is_accepted(folder: Path) -> None:
    """A bank with errors is not accepted."""
    before = (folder / lock.FILE).read_bytes()
    change(folder, "type: single", "type: guess")
    done = CliRunner().invoke(main, ["quiz", "lock", str(folder), "--accept"])

    assert (1, before) == (done.exit_code, (folder / lock.FILE).read_bytes())
    assert "Mend these first." in done.output


@pytest.mark.parametrize("content", ["{", "[]", json.dumps({"schema": 7, "items": {}})])
def test_a_damaged_lock_is_said(folder: Path, content: str) -> None:
    """A lock that cannot be read is an error of its own."""
    (folder / lock.FILE).write_text(content)
    done = CliRunner().invoke(main, ["quiz", "lint", str(folder), "--strict"])

    assert (1, True) == (done.exit_code, "bad-lock" in done.output)
