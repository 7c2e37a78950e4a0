"""A student's record of a training: read strictly, told in a sentence, worth no points."""

import os
from pathlib import Path
from typing import Any

import pytest

from autograder import files, history, messages
from autograder.errors import EvidenceError, SubmissionError

HEADER = "epoch,accuracy,loss,val_accuracy,val_loss,norm of Dense 512x10\n"
ROWS = ["0,0.41,1.6,0.55,1.3,0.9", "1,0.58,1.2,0.66,1.0,1.1", "2,0.63,1.0,0.64,1.1,1.2"]
PLAIN = HEADER + "\n".join(ROWS) + "\n"


def code(content: bytes) -> str:
    """Why bytes are no record."""
    with pytest.raises(SubmissionError) as caught:
        history.parse(content)
    return caught.value.code


def test_record_of_keras() -> None:
    """Columns in any order, others ignored; the best epoch is counted from 1."""
    found = history.parse(PLAIN.encode())

    assert ((0.41, 0.58, 0.63), (1.3, 1.0, 1.1)) == (found.accuracy, found.val_loss)
    assert (3, (2, 0.66)) == (found.epochs, found.best)


def test_repeated_epoch_counts_once() -> None:
    """Of an epoch that was cut off and repeated the last line counts, in the order of the numbers."""
    found = history.parse((HEADER + "\n".join([ROWS[1], ROWS[0], "1,0.5,1.25,0.6,1.2,1"])).encode("utf-8-sig"))

    assert (1.6, 1.25) == found.loss


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "history.size"),
        (b" \n\n", "history.size"),
        (PLAIN.encode() + b"0" * 2**18, "history.size"),
        (PLAIN.encode("utf-16"), "history.no_table"),
        (b'epoch,loss,accuracy,val_loss,val_accuracy\n"0,1', "history.no_table"),
        (HEADER.encode(), "history.epochs"),
        (b"epoch,loss,accuracy\n0,1.5,0.4\n", "history.columns"),
        (PLAIN.replace(",", ";").encode(), "history.columns"),
        ((HEADER + "0,0.4,1.6\n").encode(), "history.number"),
        ((HEADER + "0,nan,1.6,0.5,1.3,1\n").encode(), "history.number"),
        ((HEADER + "0.5,0.4,1.6,0.5,1.3,1\n").encode(), "history.number"),
        ((HEADER + "0,1_0e-2,1.6,0.5,1.3,1\n").encode(), "history.number"),
        ((HEADER + "0, 0.4,1.6,0.5,1.3,1\n").encode(), "history.number"),
        ((HEADER + "0,1.01,1.6,0.5,1.3,1\n").encode(), "history.number"),
        ((HEADER + "0,0.4,-1,0.5,1.3,1\n").encode(), "history.number"),
        ((HEADER + "0,0.4,1e308,0.5,1.3,1\n").encode(), "history.number"),
        ((HEADER + f"0,0.4,{'1' * 41},0.5,1.3,1\n").encode(), "history.number"),
        ((HEADER + "".join(f"{epoch},0,0,0,0,0\n" for epoch in range(1001))).encode(), "history.epochs"),
        ((HEADER + "0,0,0,0,0,0\n" * 4001).encode(), "history.epochs"),
    ],
)
def test_refused(content: bytes, expected: str) -> None:
    """What is no record has a code, and a sentence in both languages with all three parts."""
    assert expected == code(content)
    with pytest.raises(SubmissionError) as caught:
        history.parse(content)
    for lang in messages.LANGUAGES:
        told = messages.render(lang, expected, {"name": "x", **caught.value.params})
        assert all((told.wrong, told.detail, told.todo))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (history.SUBMITTED, True),
        ("CIFAR10-CNN history (1).CSV", True),
        ("ivanovanna_12_34_cifar10_cnn_history-2.csv", True),
        ("history.csv", False),
        ("cifar10_cnn.csv", False),
        ("cifar10_cnn_history.csv.zip", False),
    ],
)
def test_names(name: str, expected: bool) -> None:
    """A record is known by the lab's name, whatever a learning platform makes of it."""
    assert expected == history.is_named(name)


def test_recorded_and_read_back(tmp_path: Path) -> None:
    """What is stored is what was read; without a file there is nothing."""
    (tmp_path / history.SUBMITTED).write_text(PLAIN)
    assert history.load(tmp_path) is None
    history.record(tmp_path / history.SUBMITTED, tmp_path)

    found = history.load(tmp_path)
    assert history.parse(PLAIN.encode()) == history.of_facts({"history": found})


def test_unusable_record_is_remembered(tmp_path: Path) -> None:
    """What is wrong with a file is stored with its name, and nothing more is read than the limit."""
    with (tmp_path / history.SUBMITTED).open("wb") as stream:
        os.truncate(stream.fileno(), 2**40)
    history.record(tmp_path / history.SUBMITTED, tmp_path)

    found = history.load(tmp_path)
    assert found is not None
    assert ("error", "history.size", history.SUBMITTED) == (found["status"], found["code"], found["name"])
    assert history.of_facts({"history": found}) is None


@pytest.mark.parametrize(
    "change",
    [
        {"schema": 2},
        {"status": "fine"},
        {"status": "error"},
        {"loss": []},
        {"loss": None},
        {"loss": [1.0]},
        {"accuracy": [0.1, 0.2, 1.5]},
        {"accuracy": [0, 0.5, 0.5]},
        {"val_loss": [True, 1.0, 1.0]},
        {"val_accuracy": ["0.1", 0.5, 0.5]},
    ],
    ids=str,
)
def test_altered_file_is_refused(change: dict[str, Any], tmp_path: Path) -> None:
    """A stored history that we did not write is an error of ours."""
    (tmp_path / history.SUBMITTED).write_text(PLAIN)
    history.record(tmp_path / history.SUBMITTED, tmp_path)
    files.write_json(tmp_path / history.FILE, {**(history.load(tmp_path) or {}), **change})

    with pytest.raises(EvidenceError):
        history.load(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{", "\x00", "x" * 2**20], ids=["empty", "list", "open", "nul", "large"])
def test_file_of_another_kind_is_refused(text: str, tmp_path: Path) -> None:
    """Neither is text that is no JSON object of bounded size."""
    (tmp_path / history.FILE).write_text(text)

    with pytest.raises(EvidenceError):
        history.load(tmp_path)
