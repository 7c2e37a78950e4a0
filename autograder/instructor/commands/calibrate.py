"""`convmark calibrate`: the threshold of the short training, from many runs of the lab's network."""

from pathlib import Path

import click

from autograder import cache, dataset, files, scheme
from autograder.errors import ConvmarkError
from autograder.instructor import labfile
from autograder.instructor.commands import options
from autograder.instructor.parcel import Isolation
from autograder.instructor.training import calibration


@click.command()
@click.option("--runs", type=click.IntRange(calibration.LEAST_RUNS), default=30, show_default=True, help="Seeds 1, 2, 3 …")
@click.option("--jobs", type=click.IntRange(1, 256), default=1, show_default=True, help="Trainings at the same time.")
@options.data
@options.repo
@options.isolation
@options.no_sandbox
@options.lang
def calibrate(runs: int, jobs: int, data: str, repo: Path, isolation: str | None, no_sandbox: bool, lang: str) -> None:
    """Find the accuracy that the lab's network reaches in the short training, and the threshold below it.

    Needed after a change of the network, of its recipe or of the budget in lab.toml, once for each data set. Writes
    solution/calibration/DATA.json with every result; `convmark release` then takes the threshold into the marking
    scheme. Stopped, the same command goes on with the runs that are missing.
    """
    marking = scheme.parse(labfile.read(repo / "solution"))
    try:
        found = dataset.find(data, download=True)
        launcher = Isolation(no_sandbox, isolation).launcher()
        results = calibration.runs(marking, found, launcher, range(1, runs + 1), jobs, cache.home(), _told)
        value = calibration.summary(marking, found, results)
    except ConvmarkError as error:
        raise options.stop(error, lang, options.FAILED) from None
    except KeyboardInterrupt:
        click.echo("Stopped. Run the same command again to continue.", err=True)
        raise click.exceptions.Exit(options.INTERRUPTED) from None
    path = repo / "solution" / calibration.FOLDER / f"{found.name}.json"
    files.write_json(path, value)
    click.echo(f"mean {value['mean']:.2%}, deviation {value['deviation']:.2%}, lowest {value['lowest']:.2%} of {runs} runs")
    share, confidence = value["false_failure"], value["confidence"]
    click.echo(
        f"threshold {value['threshold']:.2%}: with confidence {confidence:.0%}, at most {share:.1%} of right ones fall below"
    )
    click.echo(f"wrote {path}; run `convmark release` to use it")


def _told(seed: int, accuracy: float) -> None:
    click.echo(f"seed {seed:3d}  accuracy {accuracy:.2%}")
