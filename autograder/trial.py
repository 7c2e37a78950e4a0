"""Whether a network learns: without submitted weights the grader trains it for a short while.

What is trained is rebuilt from evidence, in a sandbox, on a fixed part of the training images and for a fixed number
of steps, so it takes the same time for everyone and gives the same accuracy each time. It is compared with a threshold
that `convmark calibrate` made from many runs of the lab's network. Test labels stay on this side.
"""

import dataclasses
import io
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder import answers, cache, evaluate, recipes, replaying
from autograder import evidence as ev
from autograder.dataset import Dataset
from autograder.errors import ConvmarkError, EvidenceError, GraderError, SandboxError, SubmissionError
from autograder.launcher import Launcher
from autograder.observed import Observed
from autograder.replay.plan import Plan
from autograder.scheme import Scheme
from autograder.tried import KIND

THREADS = 2  # always: how sums are shared out among threads changes their last digits
IMAGE_SEED = 5


@dataclasses.dataclass(frozen=True)
class Budget:
    """How long a trial is: optimizer steps, images of a step, and test images that are looked at."""

    steps: int
    batch_size: int
    images: int

    @classmethod
    def of(cls, scheme: Scheme) -> "Budget":
        """That of the marking scheme."""
        facts = scheme.raw["accuracy"]["trial"]
        return cls(int(facts["steps"]), int(scheme.raw["training"]["batch_size"]), int(facts["images"]))


def _arrays(data: Dataset, budget: Budget) -> bytes:
    """The images and labels of a trial as ``.npz`` bytes: enough for each step to see new ones, if there are as many."""
    (x, y), content = data.sample, io.BytesIO()
    rows = np.random.default_rng(IMAGE_SEED).permutation(len(x))[: budget.steps * budget.batch_size]
    np.savez(content, allow_pickle=False, x=x[rows], y=y[rows], x_test=data.x_test[: budget.images])
    return content.getvalue()


def _told(record: Mapping[str, Any], budget: Budget) -> tuple[NDArray[np.uint8], list[float | None]]:
    """The classes and the losses of a record.

    Raises:
        EvidenceError: they are not of the form that was asked for.
    """
    found = record.get("losses")
    losses = found if isinstance(found, list) and len(found) <= budget.steps else []
    if not losses or not all(loss is None or type(loss) is float for loss in losses):
        raise EvidenceError("evidence.malformed", what="trial")
    return np.frombuffer(answers.raw(record.get("predicted"), budget.images, "predicted"), np.uint8), losses


def _asked(plan: dict[str, Any], budget: Budget, path: Path, launcher: Launcher, limits: Mapping[str, float]) -> dict[str, Any]:
    """What a process told of a trial; that it took too long is this machine's fault, for what is asked is bounded."""
    try:
        return replaying.ask(
            launcher,
            [path],
            lambda where: {"plan": plan, "steps": budget.steps, "threads": THREADS, "data": where(path)},
            family="accuracy.trial",
            seconds=limits["train"],
            log_bytes=int(limits["log_bytes"]),
        )
    except SubmissionError as error:
        if error.code.endswith(".timeout"):
            raise SandboxError("grader.trial_timeout", **error.params) from None
        raise


def run(
    plan: Plan,
    data: Dataset,
    budget: Budget,
    launcher: Launcher,
    limits: Mapping[str, float],
    shared: Path | None = None,
) -> dict[str, Any]:
    """Train for *budget*: ``{"right", "images", "losses", "key"}``; known results in *shared* are used again.

    Raises:
        SubmissionError: the network takes too much memory.
        GraderError: a process of ours failed, or did not end in time.
    """
    budget = dataclasses.replace(budget, images=min(budget.images, len(data.x_test)))
    asked: dict[str, Any] = {
        "plan": dataclasses.asdict(plan),
        "budget": dataclasses.asdict(budget),
        "threads": THREADS,
        "versions": cache.versions(),
    }
    key = cache.key_of(kind=KIND, data=data.evaluated_digest, **asked)
    known = cache.Cache(shared / "trials") if shared else None
    with known.alone(key) if known else nullcontext():
        record = known.get(key) if known else None
        if record is None:
            images = cache.key_of(data=data.evaluated_digest, budget=asked["budget"])
            with cache.file(shared, f"trial-{images}.npz", lambda: _arrays(data, budget)) as path:
                record = _asked(asked["plan"], budget, path, launcher, limits)
            if known:
                known.put(key, record)
    predicted, losses = _told(record, budget)
    right = int((predicted == data.y_test.ravel()[: budget.images]).sum())
    return {"right": right, "images": budget.images, "losses": losses, "key": key}


def _tried(
    observed: Observed, data: Dataset, launcher: Launcher, limits: Mapping[str, float], shared: Path | None
) -> dict[str, Any]:
    """The trial as the submission compiles, and as the lab does where that is another way."""
    scheme = observed.scheme
    budget, seed = Budget.of(scheme), int(scheme.raw["accuracy"]["trial"]["seed"])
    lab = recipes.trial(scheme, seed=seed, layers=recipes.of(observed))
    own = dataclasses.replace(lab, **(recipes.compiled(observed) or {}))
    found: dict[str, Any] = {"lab": run(lab, data, budget, launcher, limits, shared)}
    if own != lab:
        found["own"] = run(own, data, budget, launcher, limits, shared)
    images = found["lab"]["images"]
    return {"images": images, "steps": budget.steps, "batch_size": budget.batch_size, **found}


def possible(evidence_dir: Path, scheme: Scheme) -> bool:
    """Whether the network of the stored evidence can be trained at all.

    Raises:
        GraderError: the evidence is unreadable.
    """
    try:
        recipes.of(Observed(ev.load(evidence_dir / "evidence.json"), scheme))
    except GraderError:
        raise
    except ConvmarkError:
        return False
    return True


def trial(
    evidence_dir: Path,
    launcher: Launcher,
    data: Dataset,
    scheme: Scheme,
    limits: Mapping[str, float] = MappingProxyType({}),
    shared: Path | None = None,
) -> dict[str, Any]:
    """Try the network of the stored evidence and write ``evaluation.json`` beside it.

    *limits* replace those of the marking scheme; the folder *shared* keeps images, and results by what they were made
    from, for other calls. That the network cannot be trained is recorded, not raised.

    Raises:
        GraderError: the evidence is unreadable or a process of ours failed.
    """

    def measured(observed: Observed) -> dict[str, Any]:
        return _tried(observed, data, launcher, {**scheme.limits, **limits}, shared)

    return evaluate.recorded(evidence_dir, data, scheme, {"kind": KIND}, measured)
