"""The search: an input that reaches a new line, or a new outcome, is kept and changed further."""

import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.fuzz.target import Target
from tests.fuzz.worker import Result, Worker

MAX_POOL = 2000
MAX_INPUT = 2**18
REPORTS = 10


@dataclass
class Campaign:
    """One target read with many inputs, the same ones for the same seed."""

    target: Target
    seed: int
    inputs: int = 0
    seconds: float = 0.0
    lines: set[str] = field(default_factory=set)
    outcomes: Counter[str] = field(default_factory=Counter)
    pool: list[bytes] = field(default_factory=list)
    findings: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    crashes: Counter[str] = field(default_factory=Counter)

    def run(self, inputs: int, say: Callable[[str], None]) -> None:
        """The seeds and the corpus first, then changes of them."""
        started = time.monotonic()
        random = Random(f"{self.target.name}/{self.seed}")
        with tempfile.TemporaryDirectory(prefix="convmark-fuzz-") as folder:
            worker = Worker(self.target, Path(folder))
            for data in [*self.target.seeds(), *self.target.corpus()]:
                self._take(data, worker.run(data), always=True)
            say(f"{self.target.name}: {self.inputs} seeds, {len(self.lines)} lines, {len(self.outcomes)} outcomes")
            for number in range(1, inputs + 1):
                data = self._next(random)
                self._take(data, worker.run(data))
                if number % max(1, inputs // REPORTS) == 0:
                    say(self._growth())
            worker.close()
        self.seconds = time.monotonic() - started

    def _growth(self) -> str:
        reached = f"{len(self.lines):>5} lines {len(self.outcomes):>4} outcomes"
        return f"{self.inputs:>7} inputs {reached} {len(self.pool):>5} kept"

    def _next(self, random: Random) -> bytes:
        recent = self.pool[-20:] if random.random() < 0.4 else self.pool
        return self.target.mutate(random, random.choice(recent), random.choice(self.pool))[:MAX_INPUT]

    def _take(self, data: bytes, result: Result, always: bool = False) -> None:
        self.inputs += 1
        new = (result.lines - self.lines) or any(word not in self.outcomes for word in result.outcomes)
        self.lines |= result.lines
        self.outcomes.update(result.outcomes)
        if result.crash:
            self.crashes[result.finding] += 1
        if result.finding and not (result.crash and self.target.tolerant):
            known = self.findings.get(result.finding)
            if known is None or len(data) < len(known[0]):
                self.findings[result.finding] = (data, result.details)
        elif always or (new and len(self.pool) < MAX_POOL):
            self.pool.append(data)
