"""How much of the catalogue of wrong submissions a short training alone would notice.

``python benchmarks/measure_trial.py [--data FILE.npz] [--out FILE.json]``. Every scenario of tests/scenarios that was
gathered and has a network is trained as it compiles, for the budget of the marking scheme, and its accuracy is
compared with the calibrated threshold. The same plan is trained once, and kept for the next run.
"""

import argparse
import json
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from autograder import cache, dataset, files, trial
from autograder.dataset import Dataset
from autograder.launcher import Launcher
from autograder.scheme import load
from tests.support import scenarios
from tests.support.warm import WarmLauncher

SCHEME = load()


def tried(name: str, launcher: Launcher, data: Dataset) -> dict[str, Any]:
    """What a trial says of a scenario: the accuracy as it compiles, or why there was no trial."""
    about = scenarios.expected(name)
    found = {"name": name, "kind": about["kind"], "section": about.get("section"), "status": about["status"]}
    record = scenarios.observe_named(name, launcher)
    if "refused" in record:
        return found | {"outcome": "refused"}
    with tempfile.TemporaryDirectory() as folder:
        files.write_json(Path(folder) / "evidence.json", record)
        result = trial.trial(Path(folder), launcher, data, SCHEME, {}, cache.home())
    if result["status"] != "ok":
        return found | {"outcome": result["code"]}
    own = result.get("own", result["lab"])
    accuracy, lab = own["right"] / own["images"], result["lab"]["right"] / result["lab"]["images"]
    calibrated = SCHEME.calibration(data.name)
    assert calibrated is not None
    outcome = "noticed" if accuracy < calibrated["threshold"] else "not noticed"
    return found | {"outcome": outcome, "accuracy": accuracy, "lab": lab}


def main() -> None:
    """Print the table, and write every result where --out says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="cifar10")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    data, results = dataset.find(asked.data), []
    with WarmLauncher() as launcher:
        for name in scenarios.names():
            results.append(tried(name, launcher, data))
            print(json.dumps(results[-1]), flush=True)
    if asked.out:
        files.write_json(asked.out, results)
    counts = Counter((found["kind"], str(found["section"]), found["outcome"]) for found in results)
    for (kind, section, outcome), count in sorted(counts.items()):
        print(f"{kind:8s} {section:10s} {outcome:28s} {count}")


if __name__ == "__main__":
    main()
