"""How often the flag for training on the test set is raised: ``measure_test_set_flag.py MODELS… --data X``.

Each file of weights is evaluated as a submission's would be, in the lab's own network and with its own scaling, but
without evidence and without a sandbox: for models of your own. Of honest ones none should be flagged.
"""

import argparse
from pathlib import Path

from autograder import dataset, evaluate, scheme, suspicion
from autograder.errors import ConvmarkError, DataUnavailable
from autograder.figures import Figures
from autograder.launcher import PlainLauncher
from autograder.network import Network, of_scheme

COLUMNS = f"{'train':>8} {'test':>8} {'accuracy_z':>10} {'loss_z':>8}  flagged"


def expected() -> Network:
    """The network of the marking scheme."""
    raw = scheme.load().raw
    return of_scheme(raw["model"]["layers"], raw["data"]["image_shape"])


def measured(path: Path, data: dataset.Dataset) -> Figures:
    """The figures of the weights in *path*.

    Raises:
        SubmissionError: they are not of the lab's network.
        GraderError: a process of ours failed.
    """
    return evaluate.measure(expected(), evaluate.USUAL, path.resolve(), PlainLauncher(), data, scheme.load().limits)


def main() -> None:
    """Evaluate each file and print its line; last the number of those that are flagged."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="+", type=Path, metavar="MODELS", help=".keras or .weights.h5 of the lab's network")
    parser.add_argument("--data", default="cifar10", help="cifar10, synthetic or FILE.npz")
    options = parser.parse_args()
    try:
        data = dataset.find(options.data)
    except DataUnavailable as error:
        parser.error(f"{error.code} {error.params}")
    width = max(len(path.name) for path in options.models)
    print(f"{'file':{width}} {COLUMNS}")
    evaluated = flagged = 0
    for path in options.models:
        try:
            found = measured(path, data)
        except ConvmarkError as error:
            print(f"{path.name:{width}} {error.code} {error.params}")
            continue
        sign = suspicion.of_test_set(found, data.name) is not None
        evaluated, flagged = evaluated + 1, flagged + sign
        shares = f"{found.train.accuracy:8.2%} {found.accuracy:8.2%}"
        told = f"{shares} {found.gap.accuracy_z:10.2f} {found.gap.loss_z:8.2f}  {'yes' if sign else 'no'}"
        print(f"{path.name:{width}} {told}", flush=True)
    print(f"{flagged} of {evaluated} flagged")


if __name__ == "__main__":
    main()
