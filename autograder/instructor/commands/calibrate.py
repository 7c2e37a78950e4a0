"""`convmark calibrate`: the threshold of the short training, from many runs of the lab's network."""

from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Any

import click

from autograder import cache, dataset, files, scheme
from autograder.errors import ConvmarkError
from autograder.instructor import labfile
from autograder.instructor.commands import options, output
from autograder.instructor.parcel import Isolation
from autograder.instructor.source import SourceError
from autograder.instructor.training import calibration


@click.command()
@click.option("--runs", type=click.IntRange(calibration.LEAST_RUNS), default=30, show_default=True, help="Seeds 1, 2, 3 …")
@click.option("--jobs", type=click.IntRange(1, 256), default=1, show_default=True, help="Trainings at the same time.")
@options.data
@options.repo
@options.isolation
@options.no_sandbox
@options.lang
@options.quiet
@options.as_json
def calibrate(runs: int, jobs: int, data: str, repo: Path, isolation: str | None, no_sandbox: bool, lang: str) -> None:
    """Find the accuracy that the lab's network reaches in the short training, and the threshold below it.

    Needed after a change of the network, of its recipe or of the budget in lab.toml, once for each data set. Writes
    solution/calibration/DATA.json with every result; `convmark release` then takes the threshold into the marking
    scheme. Stopped, the same command goes on with the runs that are missing.
    """
    try:
        marking = scheme.parse(labfile.read(repo / "solution"))
        found = dataset.find(data, download=True)
        launcher = Isolation(no_sandbox, isolation).launcher()
        with options.progress_bar("Training", jobs) as progress:
            told = _telling(runs, progress)
            results = calibration.runs(marking, found, launcher, range(1, runs + 1), jobs, cache.home(), told)
        value = calibration.summary(marking, found, results)
    except SourceError as error:
        raise options.bad_source(error, repo) from None
    except ConvmarkError as error:
        raise options.stop(error, lang, options.REFUSED) from None
    except KeyboardInterrupt:
        raise options.interrupted() from None
    path = repo / "solution" / calibration.FOLDER / f"{found.name}.json"
    files.write_json(path, value)
    _tell(value, runs, path)


def _tell(value: Mapping[str, Any], runs: int, path: Path) -> None:
    out = output.current()
    out.say(f"mean {value['mean']:.2%}, deviation {value['deviation']:.2%}, lowest {value['lowest']:.2%} of {runs} runs")
    share, confidence = value["false_failure"], value["confidence"]
    out.say(f"with confidence {confidence:.0%}, at most {share:.1%} of right ones fall below the threshold")
    kept = ("threshold", "mean", "deviation", "lowest", "false_failure", "confidence")
    out.last(
        f"threshold {value['threshold']:.2%}: wrote {path}; run `convmark release` to use it",
        **{name: value[name] for name in kept},
        runs=runs,
        file=str(path),
    )


def _telling(runs: int, progress: Callable[[int, int], None]) -> Callable[[int, float], None]:
    """What tells a run that has ended, by whatever thread, and moves the bar."""
    done, one_at_a_time, out = count(1), Lock(), output.current()
    progress(0, runs)

    def told(seed: int, accuracy: float) -> None:
        with one_at_a_time:
            out.say(f"seed {seed:3d}  accuracy {accuracy:.2%}")
            progress(next(done), runs)

    return told
