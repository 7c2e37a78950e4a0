"""The fuzzer finds what it should, and finds nothing in the readers of what strangers wrote."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from autograder import judge, strictjson
from autograder.errors import EvidenceError
from autograder.observed import Observed
from tests.fuzz import judging, mutators
from tests.fuzz.campaign import Campaign
from tests.fuzz.target import CORPUS, Target
from tests.fuzz.targets import TARGETS, evidence
from tests.fuzz.worker import Worker
from tests.support import reference

INPUTS = {"histories": 300, "evidence": 60, "notebooks": 200, "archives": 200, "networks": 300, "weights": 200}
MAX_CORPUS = 300_000


@pytest.mark.parametrize("name", TARGETS)
def test_readers(name: str) -> None:
    """Seeds, corpus and some hundred changes of them end in a result or in an error of ours."""
    campaign = Campaign(TARGETS[name], seed=1)
    campaign.run(INPUTS[name], lambda line: None)

    assert {} == {finding: details for finding, (_, details) in campaign.findings.items()}
    assert len(campaign.outcomes) > 5


def test_corpus_is_small() -> None:
    """The inputs that are kept take little room."""
    assert sum(path.stat().st_size for path in CORPUS.rglob("*")) < MAX_CORPUS


def _target(run: Callable[[bytes, Path], list[str]], tolerant: bool = False) -> Target:
    """A target in the place of the networks."""

    def mutate(random: Random, data: bytes, other: bytes) -> bytes:
        return mutators.of_bytes(random, data, other)

    return Target("networks", ["autograder.strictjson"], lambda: [b"[1]"], mutate, run, tolerant)


def _strict(data: bytes, folder: Path) -> list[str]:
    try:
        strictjson.loads(data.decode("latin-1"), max_chars=1000)
    except EvidenceError as error:
        if error.code == "evidence.number":
            raise KeyError(error.code) from None
        return [error.code]
    return ["read"]


def test_the_search_is_reproducible() -> None:
    """The same seed makes the same inputs and keeps the same ones, and lines that were reached grow."""
    first, second = Campaign(_target(_strict), 3), Campaign(_target(_strict), 3)
    for campaign in (first, second):
        campaign.run(100, lambda line: None)

    assert (first.pool, first.lines, first.outcomes) == (second.pool, second.lines, second.outcomes)
    assert len(first.pool) > 1


def test_exceptions_are_found(tmp_path: Path) -> None:
    """An exception that no reader promises is a finding, and is told with its place."""
    worker = Worker(_target(_strict), tmp_path)

    assert "KeyError" == worker.run(b"NaN").finding
    assert ("", ("read",)) == ((found := worker.run(b"[]")).finding, found.outcomes)
    worker.close()


def _loop(data: bytes, folder: Path) -> list[str]:
    while True:
        pass


def _sleep(data: bytes, folder: Path) -> list[str]:
    time.sleep(600)
    return []


def _abort(data: bytes, folder: Path) -> list[str]:
    os.abort()


def _greedy(data: bytes, folder: Path) -> list[str]:
    return [str(len(bytes(2**40)))]


@pytest.mark.parametrize(
    ("run", "expected"),
    [(_loop, "Hang"), (_sleep, "Hang"), (_abort, "native crash, SIGABRT"), (_greedy, "MemoryError")],
)
def test_losses_are_found(
    run: Callable[[bytes, Path], list[str]], expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What computes or sleeps without end, takes all memory or kills the process is a finding, and ends nothing else."""
    monkeypatch.setattr("tests.fuzz.worker.CPU_SECONDS", 0.2)
    monkeypatch.setattr("tests.fuzz.worker.WALL_SECONDS", 0.5 if run is _sleep else 60)
    worker = Worker(_target(run), tmp_path)

    assert [expected, expected] == [worker.run(b"").finding for _ in range(2)]
    worker.close()


@pytest.mark.parametrize("change", [None, ("model", {"status": "ok", "value": {}}), ("data", {"status": "missing"})])
def test_judged_as_by_the_judge(tmp_path: Path, change: tuple[str, object] | None) -> None:
    """The checks called one by one come to the verdict that they come to under pytest."""
    record = reference.record()
    if change is not None:
        record["stages"][change[0]] = change[1]
    reference.store(tmp_path, record)
    observed: Observed = evidence._observed(mutators.dumped(record), tmp_path)

    assert judge.judge(tmp_path, judging.scheme().sections) == judging.judged(observed, tmp_path)
