"""``python -m tests.fuzz TARGET… [--inputs N] [--seed S]``, or ``--replay FILE`` for one input.

Exits with 1 if there was a finding; its smallest input is left in a folder for temporary files.
"""

import os

# One thread of numpy, before it is imported: the workers are forks, and their memory is bounded.
os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")

import argparse
import hashlib
import sys
import tempfile
from pathlib import Path

from tests.fuzz.campaign import Campaign
from tests.fuzz.targets import TARGETS
from tests.fuzz.worker import Worker


def _save(name: str, data: bytes) -> Path:
    folder = Path(tempfile.gettempdir()) / "convmark-fuzz" / name
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / hashlib.sha256(data).hexdigest()[:12]
    path.write_bytes(data)
    return path


def _fuzz(name: str, inputs: int, seed: int, verbose: bool) -> bool:
    campaign = Campaign(TARGETS[name], seed)
    campaign.run(inputs, print)
    figures = (
        f"{campaign.inputs} inputs in {campaign.seconds:.0f} s, {len(campaign.lines)} lines, {len(campaign.outcomes)} outcomes"
    )
    print(f"{name}: {figures}, {len(campaign.findings)} findings")
    for status, count in sorted(campaign.crashes.items()):
        print(f"  {count} times {status}")
    if verbose:
        for word, count in campaign.outcomes.most_common():
            print(f"  {count:>7} {word}")
    for finding, (data, details) in campaign.findings.items():
        print(f"FINDING {finding}: {_save(name, data)}\n{details}")
    return not campaign.findings


def _replay(name: str, path: Path) -> bool:
    with tempfile.TemporaryDirectory(prefix="convmark-fuzz-") as folder:
        worker = Worker(TARGETS[name], Path(folder))
        result = worker.run(path.read_bytes())
        worker.close()
    print(result.finding or "nothing found", *result.outcomes, result.details, sep="\n")
    return not result.finding


def main() -> None:
    """Fuzz each target, or replay an input."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)} (default: all)")
    parser.add_argument("--inputs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--verbose", action="store_true", help="count each outcome")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="read this input with the target")
    options = parser.parse_args()
    names = options.targets or list(TARGETS)
    unknown = [name for name in names if name not in TARGETS]
    if unknown or (options.replay and len(names) != 1):
        parser.error(f"no such target: {', '.join(unknown)}" if unknown else "--replay needs one target")
    if options.replay:
        sys.exit(not _replay(names[0], options.replay))
    clean = [_fuzz(name, options.inputs, options.seed, options.verbose) for name in names]
    sys.exit(not all(clean))


if __name__ == "__main__":
    main()
