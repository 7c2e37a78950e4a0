"""Seeded trials of the lab's own network, and the threshold that follows; kept as a file with its provenance."""

import dataclasses
import hashlib
import json
import os
import platform
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from autograder import __version__, cache, recipes, trial
from autograder.dataset import Dataset
from autograder.errors import GraderError
from autograder.instructor.training import tolerance
from autograder.lab import CLASSES
from autograder.launcher import Launcher
from autograder.scheme import Scheme
from autograder.trial import Budget

FOLDER = "calibration"
FALSE_FAILURE, CONFIDENCE = 0.001, 0.95
LEAST_RUNS = 20
CHANCE = 1 / CLASSES
DIGITS = 4
Progress = Callable[[int, float], None]


def basis(scheme: Scheme) -> dict[str, Any]:
    """What a calibration holds for: the lab's network and recipe, the budget, and their digest."""
    plan = dataclasses.asdict(recipes.trial(scheme, seed=0))
    budget = dataclasses.asdict(Budget.of(scheme))
    digest = hashlib.sha256(json.dumps([plan, budget, trial.THREADS], sort_keys=True).encode()).hexdigest()
    return {"budget": budget, "threads": trial.THREADS, "recipe": digest}


def runs(
    scheme: Scheme, data: Dataset, launcher: Launcher, seeds: Iterable[int], jobs: int, shared: Path | None, told: Progress
) -> list[dict[str, Any]]:
    """The accuracy of a trial of the lab's network for each seed, which sets initial weights, order and dropout.

    Raises:
        GraderError: a trial could not be run.
    """

    def one(seed: int) -> dict[str, Any]:
        found = trial.run(recipes.trial(scheme, seed=seed), data, Budget.of(scheme), launcher, scheme.limits, shared)
        accuracy = found["right"] / found["images"]
        told(seed, accuracy)
        return {"seed": seed, "accuracy": accuracy, "right": found["right"], "images": found["images"]}

    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(one, seeds))


def summary(scheme: Scheme, data: Dataset, results: list[dict[str, Any]]) -> dict[str, Any]:
    """The calibration as JSON data.

    Raises:
        GraderError: too few runs, or a threshold that guessing would reach.
    """
    values = [result["accuracy"] for result in results]
    if len(values) < LEAST_RUNS:
        raise GraderError("calibration.too_few", received=len(values), expected=LEAST_RUNS)
    try:
        found = tolerance.limit(values, FALSE_FAILURE, CONFIDENCE)
    except ValueError as error:
        raise GraderError("calibration.useless", reason=str(error)) from error
    if found["threshold"] <= CHANCE:
        raise GraderError("calibration.useless", reason=f"threshold {found['threshold']:.3f}")
    return {
        "generated_by": f"convmark calibrate {__version__}",
        "data": {"name": data.name, "digest": data.evaluated_digest},
        **basis(scheme),
        "versions": cache.versions(),
        "machine": {"system": platform.system(), "processor": _processor(), "cores": os.cpu_count()},
        "false_failure": FALSE_FAILURE,
        "confidence": CONFIDENCE,
        **{name: round(value, DIGITS) for name, value in found.items()},
        "runs": results,
    }


def _processor() -> str:
    """The processor's name, on which the last digits of a training depend."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def load(solution_dir: Path, scheme: Scheme) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """What the checks need of each calibration, by data set; and the files that are of another network or budget.

    Raises:
        ValueError: a file is no calibration.
    """
    current, stale = {}, []
    for path in sorted((solution_dir / FOLDER).glob("*.json")):
        found = json.loads(path.read_text("utf-8"))
        if {key: found[key] for key in ("budget", "threads", "recipe")} != basis(scheme):
            stale.append(path.name)
            continue
        current[path.stem] = told(found)
    return current, stale


def told(found: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a calibration that the checks and their sentences use."""
    kept = ("threshold", "mean", "deviation", "lowest", "false_failure", "confidence")
    return {key: found[key] for key in kept} | {"runs": len(found["runs"])}
