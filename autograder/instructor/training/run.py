"""A training that can be interrupted at any step and continues to the same history.

The folder of a run holds ``run.json`` (what is trained), ``checkpoint.npz`` (the state after a step with the history
so far, in one file), ``history.csv`` and ``history.json``, and at the end ``cifar10_cnn.keras``, ``result.json`` and
the pictures. The history has no times, so that runs can be compared byte by byte; those are in ``times.json``.
"""

import csv
import dataclasses
import hashlib
import io
import json
import math
import signal
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder import cache, files
from autograder.dataset import Dataset
from autograder.errors import GraderError
from autograder.replay.plan import Plan, rate_at
from autograder.replay.train import Trainer, deterministic, measured

RUN, CHECKPOINT, HISTORY, RESULT, TIMES = "run.json", "checkpoint.npz", "history", "result.json", "times.json"
SAVE_SECONDS = 60.0
Row = dict[str, Any]
Progress = Callable[[Trainer, list[Row]], None]


@dataclass(frozen=True)
class Order:
    """What to train: a plan, for how long, and which images are looked at after each epoch.

    ``watch`` is ``validation``: the last ``held_out`` training images, which are not trained on; or ``test``, as the
    lab's source did, training on all images. ``threads`` is part of the order since sums depend on it.
    """

    plan: Plan
    epochs: int
    watch: str
    held_out: int
    images: int
    threads: int

    def parts(self, data: Dataset) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
        """Images and labels to train on, and those to watch."""
        x, y = data.x_train[: self.images], data.y_train[: self.images]
        if self.watch == "test":
            return x, y, data.x_test, data.y_test
        return x[: -self.held_out], y[: -self.held_out], x[-self.held_out :], y[-self.held_out :]

    def about(self, data: Dataset) -> Row:
        """The order as JSON data, with what else the history depends on."""
        train = hash_of(data.x_train, data.y_train)
        return dataclasses.asdict(self) | {"data": data.name, "digest": data.digest, "train": train, "versions": cache.versions()}


def hash_of(*arrays: NDArray[np.uint8]) -> str:
    """SHA-256 of the bytes of arrays."""
    whole = hashlib.sha256()
    for array in arrays:
        whole.update(np.ascontiguousarray(array).tobytes())
    return whole.hexdigest()


@dataclass
class Training:
    """A run in a folder, from where it stands."""

    order: Order
    data: Dataset
    out: Path
    rows: list[Row] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        deterministic(self.order.threads)
        x, y, self._x, self._y = self.order.parts(self.data)
        self.trainer = Trainer(self.order.plan, x, y)
        self._saved = self._begun = time.monotonic()

    @classmethod
    def open(cls, order: Order, data: Dataset, out: Path, *, fresh: bool = False) -> "Training":
        """Begin, or go on where the run in the folder stopped.

        Raises:
            GraderError: the folder holds another run, or something else.
        """
        about = json.loads(json.dumps(order.about(data)))
        known = _read(out / RUN)
        if known is None and out.exists() and any(out.iterdir()):
            raise GraderError("training.not_ours", name=str(out))
        if known is not None and known != about and not fresh:
            raise GraderError("training.other", name=str(out), what=", ".join(_differences(known, about)))
        found = cls(order, data, out)
        if known is None or fresh:
            (out / CHECKPOINT).unlink(missing_ok=True)
            files.write_json(out / RUN, about)
        elif (out / CHECKPOINT).exists():
            found.restore()
        return found

    def restore(self) -> None:
        """Take up the checkpoint.

        Raises:
            GraderError: it is damaged.
        """
        try:
            with np.load(self.out / CHECKPOINT, allow_pickle=False) as arrays:
                state = {name: arrays[name] for name in arrays.files}
            past = json.loads(bytes(state.pop("past")).decode())
            self.trainer.restore(state)
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise GraderError("training.damaged", name=str(self.out / CHECKPOINT), reason=str(error)[:200]) from error
        self.rows, self.seconds = past["rows"], past["seconds"]

    def save(self) -> None:
        """Write state and history, as one file that appears whole or not at all."""
        self._clock()
        past = json.dumps({"rows": self.rows, "seconds": self.seconds}).encode()
        content = io.BytesIO()
        np.savez(content, allow_pickle=False, past=np.frombuffer(past, np.uint8), **self.trainer.state())
        files.write(self.out / CHECKPOINT, content.getvalue())
        self._saved = time.monotonic()

    def _clock(self) -> None:
        """Count the time since the last call for the epoch that is under way."""
        now = time.monotonic()
        epoch = max(0, self.trainer.step - 1) // self.trainer.steps_per_epoch
        self.seconds += [0.0] * (epoch + 1 - len(self.seconds))
        self.seconds[epoch] += now - self._begun
        self._begun = now

    @property
    def done(self) -> bool:
        """Whether all epochs are trained."""
        return self.trainer.step >= self.order.epochs * self.trainer.steps_per_epoch

    def go(self, progress: Progress = lambda trainer, rows: None) -> None:
        """Train to the end, saving the state each minute, after each epoch, and when it is interrupted.

        Raises:
            KeyboardInterrupt: it was interrupted; the state is that after a whole step.
            GraderError: the loss is no number any more.
        """
        self._begun = time.monotonic()
        with _interruption() as wanted:
            while not self.done:
                loss, _ = self.trainer.advance()
                if not math.isfinite(loss):
                    raise GraderError("training.diverged", step=self.trainer.step)
                if self.trainer.epoch_ended:
                    self.rows.append(self._row())
                    self.save()
                    self._write_history()
                elif wanted() or time.monotonic() - self._saved > SAVE_SECONDS:
                    self.save()
                progress(self.trainer, self.rows)
                if wanted():
                    raise KeyboardInterrupt

    def _row(self) -> Row:
        loss, accuracy = self.trainer.means()
        self._clock()
        watched = measured(self.trainer.predict(self._x), self._y)
        self._begun = time.monotonic()  # looking at images is not training
        row = {
            "epoch": len(self.rows) + 1,
            "loss": loss,
            "accuracy": accuracy,
            "val_loss": watched[0],
            "val_accuracy": watched[1],
        }
        return row | {"learning_rate": rate_at(self.order.plan.rate, self.trainer.step - 1), **self._norms()}

    def _norms(self) -> dict[str, float]:
        """The largest norm of each constrained kernel, as the constraint measures it."""
        return {
            f"norm_{layer.name}": float(np.sqrt((np.asarray(layer.kernel) ** 2).sum(axis=tuple(np.atleast_1d(bound.axis)))).max())
            for layer in self.trainer.model.layers
            if (bound := getattr(layer, "kernel_constraint", None)) is not None and hasattr(bound, "max_value")
        }

    def _write_history(self) -> None:
        text = io.StringIO()
        writer = csv.DictWriter(text, list(self.rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        files.write(self.out / f"{HISTORY}.csv", text.getvalue().encode())
        files.write_json(self.out / f"{HISTORY}.json", self.rows)
        files.write_json(self.out / TIMES, [round(seconds, 1) for seconds in self.seconds])


@contextmanager
def _interruption() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C was pressed: a step that is cut off in the middle leaves a state that no step leaves.

    Pressed again, it does not wait for the end of the step; the state is then that of the last checkpoint.
    """
    pressed = False

    def press(number: int, frame: Any) -> None:
        nonlocal pressed
        if pressed:
            raise KeyboardInterrupt
        pressed = True

    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        yield lambda: False
        return
    before = signal.signal(signal.SIGINT, press)
    try:
        yield lambda: pressed
    finally:
        signal.signal(signal.SIGINT, before)


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None


def _differences(known: Mapping[str, Any], about: Mapping[str, Any]) -> list[str]:
    """The names of what two orders differ in, those of the plan by themselves."""
    names = [name for name in about if name != "plan" and known.get(name) != about[name]]
    plans = known.get("plan") or {}
    return names + [name for name in about["plan"] if plans.get(name) != about["plan"][name]]
