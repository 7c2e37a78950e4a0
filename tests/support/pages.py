"""A verdict in which a submission says something wherever it can, for the tests of reports."""

from typing import Any

from autograder.scheme import load
from autograder.verdict import Outcome, Reason, Verdict, build
from tests.support import reference

HISTORY: dict[str, Any] = {
    "status": "ok",
    "name": "cifar10_cnn_history.csv",
    "loss": [1.6, 1.2, 1.0],
    "accuracy": [0.41, 0.58, 0.63],
    "val_loss": [1.3, 1.0, 1.1],
    "val_accuracy": [0.55, 0.66, 0.64],
}
ERROR = ("stage", "task", "type", "message", "where", "line")


def layer(row: int, expected: str, received: str | None, *, same: bool, count: int | None = 896) -> dict[str, Any]:
    """A row of the layer table."""
    return {
        "row": row,
        "expected": expected,
        "received": received,
        "expected_shape": "(32, 32, 32)",
        "received_shape": "(30, 30, 32)",
        "expected_params": 4194816,
        "received_params": count,
        "same": same,
    }


def verdict(text: str = "plain", *, status: str = "failed") -> Verdict:
    """A verdict with every kind of line, in which the submission says *text* wherever it can."""
    reason = Reason("stage.error", dict.fromkeys(ERROR, text))
    outcomes = {check: Outcome("passed", 1.0) for check in load().checks}
    outcomes |= {
        "data.returns": Outcome("failed", 0.0, reason),
        "data.scale": Outcome("not_checked", because="data.returns"),
        "model.max_norm": Outcome("not_checked", reason=Reason("accuracy.none")),
        "model.layers": Outcome(status, 0.0, Reason(text)),  # type: ignore[arg-type]
        "accuracy.test": Outcome("failed", 0.8, Reason("accuracy.test.low", {"received": "66.4%"})),
    }
    layers = [
        layer(1, "Conv2D(32, 3x3)", "Conv2D(32, 3x3)", same=True),
        layer(2, "Dropout(0.2)", f"Dropout({text})", same=False),
        layer(3, "Flatten()", None, same=False, count=None),
    ]
    named = {"received": text, "expected": "relu", "values": 9}
    layers[1]["consequences"] = [{"code": "layers.activation", "params": named}, {"code": text, "params": {text: text}}]
    facts = {
        "source": {"name": text, "sha256": "ab" * 32, "ignored": [text]},
        "versions": {"keras": text},
        "sandbox": {"level": "full", "layers": [text]},
        "seed": 41,
        "stages": {"import": "ok", "data": text},
        "learning_rate": {"steps": [0, 1], "runs": [{"epochs": 25, "received": [0.01, text]}]},
        "accuracy": reference.evaluation(6641, weights=text),
        "history": HISTORY | {"name": text},
        "log": f"first\n{text}\nlast",
    }
    notes = [Reason(text)]
    flags = [Reason("flag.wire", {"count": 4321}), Reason("flag.look", {"found": ["ctypes (1:99)"]}), Reason("flag.unprotected")]
    return build(load(), load().sections, outcomes, layers=layers, notes=notes, flags=flags, facts=facts)
