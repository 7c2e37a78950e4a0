"""`convmark train`: train the lab's network, or a submission's, in full."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from autograder import dataset, recipes, safe, scheme
from autograder.errors import ConvmarkError, GraderError
from autograder.instructor.commands import mistakes, options, output, progress
from autograder.instructor.parcel import Isolation
from autograder.instructor.training import run
from autograder.instructor.training.run import Order, Row, Training
from autograder.replay.plan import Plan
from autograder.replay.train import Trainer

FAULTS = ("training.diverged", "training.damaged")


def _plan(submission: Path | None, recipe: str, isolation: Isolation, *, epochs: int, images: int, seed: int) -> Plan:
    """The plan that was asked for; a submission is observed in the sandbox, and its network rebuilt.

    Raises:
        SubmissionError: the submission has no network that can be trained here.
        GraderError: it could not be observed.
    """
    marking = scheme.load()
    observed = None
    if submission is not None:
        from autograder.instructor.training import observe

        observed = observe.observed(submission, isolation.launcher(), marking)
    if recipe == "better":
        layers = recipes.of(observed) if observed else None
        return recipes.better(marking, epochs=epochs, images=images, seed=seed, layers=layers)
    if observed is None:
        return recipes.lab(marking, epochs=epochs, seed=seed)
    plan, own = recipes.submitted(observed, epochs=epochs, seed=seed)
    if not own:
        output.current().warn("Its compilation cannot be repeated here; the lab's takes its place.")
    return plan


def _results(result: dict[str, Any], rows: list[Row]) -> dict[str, Any]:
    """What `--json` has of a run."""
    return {
        "accuracy": result["accuracy"],
        "standard_error": result["standard_error"],
        "images": result["images"],
        "epochs": len(rows),
    }


def _told(row: Row) -> str:
    """An epoch in a line."""
    shown = ("loss", "accuracy", "val_loss", "val_accuracy")
    return f"epoch {row['epoch']:3d}  " + "  ".join(f"{name} {row[name]:.4f}" for name in shown)


@contextmanager
def _without_log() -> Iterator[None]:
    """Nothing of what TensorFlow's C++ code writes to descriptor 2 as it starts, whatever Python asks for."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


@contextmanager
def _shown(training: Training) -> Iterator[run.Progress]:
    """A line for each epoch, and on a terminal a bar with the epoch that is under way."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[now]}"), TimeRemainingColumn())
    out = output.current()
    for row in training.rows:
        out.say(_told(row))
    with Progress(*columns, console=console, disable=out.quiet or not progress.draws(), transient=True) as bar:
        total = training.order.epochs * training.trainer.steps_per_epoch
        out.live = (lambda text: bar.console.print(text, highlight=False)) if progress.draws() else None
        task = bar.add_task("", total=total, completed=training.trainer.step, now="")
        told = len(training.rows)

        def show(trainer: Trainer, rows: list[Row]) -> None:
            nonlocal told
            if len(rows) > told:
                out.say(_told(rows[-1]))
                told = len(rows)
            loss, accuracy = trainer.means()
            epoch = f"epoch {(trainer.step - 1) // trainer.steps_per_epoch + 1}/{training.order.epochs}"
            bar.update(task, completed=trainer.step, description=epoch, now=f"loss {loss:.4f} accuracy {accuracy:.4f}")

        try:
            yield show
        finally:
            out.live = None


@click.command()
@click.argument("submission", required=False, type=click.Path(exists=True, path_type=Path))
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), metavar="RUN", help="The run's folder.")
@click.option(
    "--recipe",
    type=click.Choice(["lab", "better"]),
    default="lab",
    show_default=True,
    help="lab: as the marking scheme, or the submission, compiles. better: augmentation, another schedule, a bound that binds.",
)
@click.option("--epochs", type=click.IntRange(1, 1000), show_default="of the recipe", help="Passes over the training images.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=1, show_default=True, help="Of weights, order and dropout.")
@options.data
@click.option(
    "--watch",
    type=click.Choice(["validation", "test"]),
    default="validation",
    show_default=True,
    help="Images to look at after each epoch: some held out from training, or the test set, and then train on all.",
)
@click.option("--images", type=click.IntRange(100), default=50_000, show_default=True, help="Training images at most.")
@click.option(
    "--threads", type=click.IntRange(1, 256), default=options.usable_cpus, show_default="processors", help="Of TensorFlow."
)
@click.option("--fresh", is_flag=True, help="Begin again in a folder that holds another run.")
@options.isolation
@options.no_sandbox
@options.quiet
@options.as_json
@options.lang
def train(
    submission: Path | None,
    out: Path,
    recipe: str,
    epochs: int | None,
    seed: int,
    data: str,
    watch: str,
    images: int,
    threads: int,
    fresh: bool,
    isolation: str | None,
    no_sandbox: bool,
    lang: str,
) -> None:
    """Train the lab's network, or that of SUBMISSION, and draw what it learned.

    Stopped at any step, the same command continues to the same history. A submission runs in the sandbox and only
    says what its network is; what is trained is rebuilt from that.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    marking = scheme.load()
    facts = marking.raw["training"]
    if recipe not in ("lab", *facts):
        raise mistakes.wrong(
            f"This lab has no recipe {recipe}: lab.toml has no table [training.{recipe}].",
            expected="--recipe lab, which every lab has",
            received=f"--recipe {recipe}",
            todo="Leave --recipe out, or write that table; solution/lab.toml is where it belongs.",
        )
    epochs = epochs or int((facts["better"] if recipe == "better" else facts)["epochs"])
    try:
        found = dataset.find(data, download=True)
        count = min(images, len(found.x_train))
        held_out = min(int(facts["validation"]), count // 10) if watch == "validation" else 0
        plan = _plan(submission, recipe, Isolation(no_sandbox, isolation), epochs=epochs, images=count - held_out, seed=seed)
        with _without_log():
            training = Training.open(Order(plan, epochs, watch, held_out, count, threads), found, out, fresh=fresh)
        with _shown(training) as told:
            training.go(told)
        from autograder.instructor.training import outcome

        result = outcome.finish(training, marking.raw["data"]["class_names"], lang)
    except ConvmarkError as error:
        failed = isinstance(error, GraderError) and error.code in FAULTS
        raise options.stop(error, lang, options.FAILED if failed else options.REFUSED) from None
    except KeyboardInterrupt:
        raise options.interrupted() from None
    spread, flip = 100 * result["standard_error"], result.get("flip")
    reached = f"test accuracy {result['accuracy']:.2%} ± {spread:.2f} (standard error, {result['images']:,} images)"
    say = output.current()
    say.say(reached)
    if flip:
        say.say(f"with mirror images {flip['accuracy']:.2%}")
    files = f"{safe.printable(str(out / outcome.MODEL))}, {run.HISTORY}.csv and pictures beside it"
    say.last(f"{reached}. {files}" if say.quiet else files, model=str(out / outcome.MODEL), **_results(result, training.rows))
