"""Run the probe by stages and write down what it reports: the evidence.

Where its process runs, in a sandbox or plainly, is the launcher's business.
"""

import json
import queue
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from autograder import __version__
from autograder.errors import SandboxError
from autograder.evidence import SCHEMA
from autograder.launcher import Launcher
from autograder.process import Process
from autograder.submission import Submission

STAGES = ("data", "model", "compile")
WHOLE_SECONDS = 420.0  # for all runs of the probe on one submission, unless the marking scheme says otherwise
SETUP_SECONDS = 180.0  # importing TensorFlow from a cold disk
MAX_RESULTS_BYTES = 13 * 2**18  # as they are written; an honest submission needs 2.3 MiB at most


@dataclass
class _Attempt:
    """What one run of the probe reported: results by stage, and the stage that it died in.

    ``look`` is what was said of the text before any of it ran; ``unexpected`` counts records out of their turn.
    """

    results: dict[str, dict[str, Any]] = field(default_factory=dict)
    stopped_in: str | None = None
    look: list[Any] | None = None
    unexpected: int = 0

    def take(self, record: dict[str, Any], current: str) -> None:
        """Keep the first result of the current stage; anything else is no record of the probe's."""
        if record.get("stage") == current and isinstance(record.get("status"), str) and current not in self.results:
            self.results[current] = {key: value for key, value in record.items() if key != "stage"}
        elif current == "import" and self.look is None and isinstance(record.get("look"), list):
            self.look = record["look"]
        else:
            self.unexpected += 1


def stages_for(sections: Collection[str]) -> list[str]:
    """The functions to observe for these sections; accuracy needs the network and how images are scaled for it.

    Last comes what only adds to ``data``, and may cost much time or memory.
    """
    needed = {*sections, "data", "model"} if "accuracy" in sections else set(sections)
    return [stage for stage in STAGES if stage in needed] + (["rows"] if "data" in sections else [])


def _ended(status: int) -> dict[str, Any]:
    return {"status": "crash", "exit": status}


def _follow(process: Process, plan: Sequence[str], limits: Mapping[str, float], end: float) -> _Attempt:
    """Take records in the planned order until the end, a time-out or the death of the process."""
    attempt = _Attempt()
    order = ["setup", "import", *plan, "end"]
    position = -1
    deadline = min(end, time.monotonic() + SETUP_SECONDS)
    while True:
        try:
            record = process.records.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            attempt.stopped_in = order[max(position, 0)]
            attempt.results.setdefault(
                attempt.stopped_in, {"status": "timeout", "seconds": limits.get(attempt.stopped_in, SETUP_SECONDS)}
            )
            process.kill()
            return attempt
        current = order[position] if position >= 0 else ""
        if record is None:
            status = process.wait(5)
            if current != "end":
                attempt.stopped_in = current or "setup"
                attempt.results.setdefault(attempt.stopped_in, _ended(status))
            return attempt
        if record.get("begin") == order[position + 1]:
            position += 1
            if current:
                attempt.results.setdefault(current, _ended(0))  # the probe tells of every stage that it began
            if order[position] == "end":
                process.kill()
                return attempt
            deadline = min(end, time.monotonic() + limits.get(order[position], SETUP_SECONDS))
        else:
            attempt.take(record, current)


def _remaining(plan: Sequence[str], stopped_in: str | None) -> list[str]:
    if stopped_in is None or stopped_in in ("setup", "import") or stopped_in not in plan:
        return []
    return list(plan[plan.index(stopped_in) + 1 :])


@dataclass
class _Findings:
    """What all runs of the probe on one submission have reported."""

    results: dict[str, dict[str, Any]] = field(default_factory=dict)
    logs: list[str] = field(default_factory=list)
    look: list[Any] = field(default_factory=list)
    garbage: int = 0


def _observe(request: dict[str, Any], launcher: Launcher, limits: Mapping[str, float], stages: Iterable[str]) -> _Findings:
    """Run the probe until every stage has a result, afresh after a stage that ended the process.

    Once the time for the whole submission is over, the stages that are left have timed out.
    """
    whole = limits.get("whole", WHOLE_SECONDS)
    end = time.monotonic() + whole
    found = _Findings()
    plan = list(stages)
    while True:
        process = Process(launcher.command("autograder.probe"), request | {"stages": plan}, int(limits["log_bytes"]))
        attempt = _follow(process, plan, limits, end)
        found.logs.append(process.log.text())
        found.look = found.look or attempt.look or []
        found.garbage += process.garbage + attempt.unexpected
        late = time.monotonic() >= end and bool(found.results)
        if not late:
            _demand_setup(attempt, found.logs[-1])
        for stage, result in attempt.results.items():
            found.results.setdefault(stage, result)
        plan = plan if late and attempt.stopped_in == "setup" else _remaining(plan, attempt.stopped_in)
        if time.monotonic() >= end:
            found.results.update({stage: {"status": "timeout", "seconds": whole} for stage in plan})
            plan = []
        if not plan:
            return found


def gather(
    submission: Submission,
    launcher: Launcher,
    *,
    seed: int,
    limits: Mapping[str, float],
    stages: Sequence[str] = STAGES,
) -> dict[str, Any]:
    """Observe a submission: the evidence as plain data.

    A stage that kills the process or exceeds its seconds costs itself alone: the stages after it run in
    a fresh process.

    Raises:
        SandboxError: the process did not get as far as the student's code.
    """
    request = {
        "name": submission.name,
        "kind": submission.kind,
        "cells": list(submission.cells),
        "seed": seed,
        "memory_mib": int(limits["memory_mib"]),
    }
    found = _observe(request, launcher, limits, stages)
    setup = found.results.pop("setup")
    return {
        "schema": SCHEMA,
        "grader": __version__,
        "seed": seed,
        "source": _source(submission),
        "sandbox": {"level": launcher.level, "layers": list(launcher.layers)},
        "versions": setup.get("versions", {}),
        "look": found.look,
        "stages": _bounded(found.results),
        "log": "\n".join(filter(None, found.logs))[: int(limits["log_bytes"])],
        "garbage": found.garbage,
    }


def _bounded(results: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The results as far as evidence has room for them; a stage that says more has not ended well."""
    kept: dict[str, dict[str, Any]] = {}
    for stage, result in results.items():
        size = len(json.dumps({"stages": kept | {stage: result}}, indent=1))
        kept[stage] = result if size <= MAX_RESULTS_BYTES else _ended(0)
    return kept


def _source(submission: Submission) -> dict[str, Any]:
    return {
        "name": submission.name,
        "kind": submission.kind,
        "sha256": submission.sha256,
        "ignored": list(submission.ignored),
        "untouched": submission.untouched,
        "cells": [cell.count("\n") + 1 for cell in submission.cells],
    }


def _demand_setup(attempt: _Attempt, log: str) -> None:
    setup = attempt.results.get("setup", {"status": "crash", "exit": 0})
    if setup["status"] == "ok":
        return
    if setup.get("type") in {"ModuleNotFoundError", "ImportError"}:
        raise SandboxError("grader.no_tensorflow", reason=str(setup.get("message", ""))[:300])
    raise SandboxError("grader.setup_failed", status=setup["status"], log=log[-1000:])
