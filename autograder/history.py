"""What a student's own record of a training says: loss and accuracy after each epoch. It is read strictly, never scored.

The lab writes it beside the weights, and whoever submits those may submit it too. Nothing vouches for it: reports call it
the student's record, and no check sees it.
"""

import csv
import io
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from autograder import files, strictjson
from autograder.errors import EvidenceError, SubmissionError
from autograder.lab import NAME

SCHEMA = 1
FILE = "history.json"
SUBMITTED = f"{NAME}_history.csv"
MEASURES = ("loss", "accuracy", "val_loss", "val_accuracy")
MAX_KIB = 256
MAX_EPOCHS = 1000
MAX_LINES = 4 * MAX_EPOCHS  # an epoch that was interrupted and repeated has more than one
MAX_CELL = 40  # characters of a number
MAX_LOSS = 1e9
WHOLE, NUMBER = re.compile(r"[0-9]+"), re.compile(r"[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?")


@dataclass(frozen=True)
class History:
    """A training, epoch by epoch; losses are mean cross-entropies in nats, accuracies are shares."""

    loss: tuple[float, ...]
    accuracy: tuple[float, ...]
    val_loss: tuple[float, ...]
    val_accuracy: tuple[float, ...]

    @property
    def epochs(self) -> int:
        """How long the training took."""
        return len(self.loss)

    @property
    def best(self) -> tuple[int, float]:
        """The first epoch with the highest validation accuracy, counted from 1, and that accuracy."""
        highest = max(self.val_accuracy)
        return self.val_accuracy.index(highest) + 1, highest


def is_named(name: str) -> bool:
    """Whether a file of this name is a record of a training, whatever a learning platform added to the name."""
    plain = name.lower().replace("-", "_").replace(" ", "_")
    return plain.endswith(".csv") and NAME in plain and "history" in plain


def parse(content: bytes, name: str = SUBMITTED) -> History:
    """The history in the bytes of the file *name*, CSV as Keras' ``CSVLogger`` writes it; other columns are ignored.

    Epochs are taken in the order of their numbers; the last line of one counts.

    Raises:
        SubmissionError: it is none, or larger than 256 KiB or 1,000 epochs.
    """
    if not content.strip() or len(content) > 1024 * MAX_KIB:
        raise SubmissionError("history.size", name=name, limit=MAX_KIB)
    try:
        table = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        missing = [column for column in ("epoch", *MEASURES) if column not in (table.fieldnames or [])]
        if missing:
            raise SubmissionError("history.columns", name=name, names=", ".join(missing))
        rows = _rows(table, name)
    except (UnicodeDecodeError, csv.Error) as error:
        raise SubmissionError("history.no_table", name=name, reason=type(error).__name__) from None
    if not 0 < len(rows) <= MAX_EPOCHS:
        raise SubmissionError("history.epochs", name=name, received=len(rows), limit=MAX_EPOCHS)
    ordered = [rows[epoch] for epoch in sorted(rows)]
    return History(*(tuple(row[measure] for row in ordered) for measure in MEASURES))


def _rows(table: "csv.DictReader[str]", name: str) -> dict[float, dict[str, float]]:
    """The numbers of each epoch."""
    rows = {}
    for count, row in enumerate(table, 1):
        if count > MAX_LINES:
            raise SubmissionError("history.epochs", name=name, received=count, limit=MAX_EPOCHS)
        numbers = {column: _number(row.get(column), column, table.line_num, name) for column in ("epoch", *MEASURES)}
        rows[numbers.pop("epoch")] = numbers
    return rows


def _number(text: Any, column: str, line: int, name: str) -> float:
    """A cell as a number that its column can have."""
    known = isinstance(text, str) and len(text) <= MAX_CELL and (WHOLE if column == "epoch" else NUMBER).fullmatch(text)
    value = float(text) if known else math.nan
    if not 0 <= value <= _highest(column):
        raise SubmissionError("history.number", name=name, column=column, line=line, received=str(text)[:MAX_CELL])
    return value


def _highest(name: str) -> float:
    return 1.0 if name.endswith("accuracy") else MAX_LOSS


def told(submitted: Path) -> dict[str, Any]:
    """What the submitted file says, or what is wrong with it, as it is kept in ``history.json``."""
    result: dict[str, Any] = {"schema": SCHEMA, "name": submitted.name}
    try:
        with submitted.open("rb") as stream:
            result |= {"status": "ok", **asdict(parse(stream.read(1024 * MAX_KIB + 1), submitted.name))}
    except SubmissionError as error:
        result |= {"status": "error", "code": error.code, "params": error.params}
    return result


def record(submitted: Path, evidence_dir: Path) -> None:
    """Write what the submitted file says beside the other evidence."""
    files.write_json(evidence_dir / FILE, told(submitted))


def load(evidence_dir: Path) -> dict[str, Any] | None:
    """What was kept, None if nothing was submitted.

    Raises:
        EvidenceError: the file is none of ours.
    """
    path = evidence_dir / FILE
    if not path.exists():
        return None
    result = strictjson.read(path, max_bytes=2 * 1024 * MAX_KIB, schema=SCHEMA)
    if result.get("status") == "ok":
        read(result)
    elif result.get("status") != "error" or not isinstance(result.get("code"), str) or not isinstance(result.get("params"), dict):
        raise EvidenceError("evidence.malformed", what=FILE)
    return result


def read(result: Mapping[str, Any]) -> History:
    """The history in what was kept.

    Raises:
        EvidenceError: it is none.
    """
    columns = [result.get(measure) for measure in MEASURES]
    length = len(columns[0]) if isinstance(columns[0], list) else 0
    for name, column in zip(MEASURES, columns, strict=True):
        whole = isinstance(column, list) and len(column) == length and 0 < length <= MAX_EPOCHS
        if not whole or not all(type(value) is float and 0 <= value <= _highest(name) for value in column or []):
            raise EvidenceError("evidence.malformed", what=name)
    return History(*(tuple(column or []) for column in columns))


def of_facts(facts: Mapping[str, Any]) -> History | None:
    """The history among a verdict's facts; None if none was submitted, or by another version."""
    about = facts.get("history")
    if not isinstance(about, Mapping) or about.get("status") != "ok":
        return None
    try:
        return read(about)
    except EvidenceError:
        return None
