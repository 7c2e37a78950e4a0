"""`convmark demo`: a sample class, graded in the sandbox on the synthetic data set."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import click
import numpy as np

from autograder import dataset, files, scheme
from autograder.errors import GraderError
from autograder.instructor import release, samples
from autograder.instructor.commands import mistakes, options, output
from autograder.instructor.commands.grade import grade
from autograder.instructor.source import SourceError
from autograder.lab import NAME

EPOCHS = 3
TAIL = 2000  # characters of what a failed training said
# What a student's script does, on another data set: prepare, build, compile, fit, save; the last tenth is held out.
TRAIN = """
import sys, numpy as np, keras, {module} as lab
arrays = np.load(sys.argv[1])
train, test = lab.prepare_data(*(arrays[name] for name in ("x_train", "y_train", "x_test", "y_test")))
keras.utils.set_random_seed(1)
model = lab.build_model()
lab.compile_model(model, epochs=int(sys.argv[3]))
model.fit(
    *train,
    epochs=int(sys.argv[3]),
    batch_size=32,
    validation_split=0.1,
    callbacks=[keras.callbacks.CSVLogger(sys.argv[4])],
    verbose=2,
)
model.save(sys.argv[2])
"""


def train(script: bytes, target: Path) -> None:
    """Train the solution on the synthetic data set and save it to *target*, with the record of the training beside it.

    Raises:
        GraderError: training failed; what it said is on standard error.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / samples.SCRIPT).write_bytes(script)
        data = dataset.synthetic()
        np.savez(folder / "data.npz", x_train=data.x_train, y_train=data.y_train, x_test=data.x_test, y_test=data.y_test)
        command = [
            sys.executable,
            "-c",
            TRAIN.replace("{module}", NAME),
            str(folder / "data.npz"),
            str(folder / samples.WEIGHTS),
            str(EPOCHS),
            str(folder / samples.HISTORY),
        ]
        env = dict(os.environ, TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1")
        say = output.current()
        told = subprocess.DEVNULL if say.quiet else 2 if say.json else None  # standard output is for the object
        done = subprocess.run(command, cwd=folder, env=env, check=False, stdout=told, stderr=subprocess.PIPE)
        if done.returncode != 0:
            say.warn(done.stderr.decode(errors="replace")[-TAIL:])
            raise GraderError("demo.not_trained", status=done.returncode)
        files.write(target.with_name(samples.HISTORY), (folder / samples.HISTORY).read_bytes())
        files.write(target, (folder / samples.WEIGHTS).read_bytes())


def write_class(repo: Path, out: Path) -> Path:
    """Write the sample submissions below *out*, training their network if it is not there yet.

    Raises:
        GraderError: training failed; what it said is on standard error.
        Mistake: the lab is not the one that the sample class was written for.
    """
    solved = release.solution_form(repo / "solution")
    template = {name: (repo / "assignment" / name).read_bytes() for name in (samples.SCRIPT, samples.NOTEBOOK)}
    try:
        samples.sample_class(solved, template, b"", b"")
    except ValueError as error:
        raise mistakes.wrong(
            f"The sample class was written for another lab: {error}.",
            expected="the lab that it was written for",
            received=f"the lab {NAME}",
            todo="Grade submissions of your own: convmark grade submissions --out results.",
        ) from None
    weights, record = out / samples.WEIGHTS, out / samples.HISTORY
    if not (weights.exists() and record.exists()):
        output.current().say(f"Training the lab's network for {EPOCHS} epochs on the synthetic data set …")
        train(solved[samples.SCRIPT], weights)
    folder = out / "submissions"
    shutil.rmtree(folder, ignore_errors=True)
    for student, content in samples.sample_class(solved, template, weights.read_bytes(), record.read_bytes()).items():
        if isinstance(content, bytes):
            files.write(folder / f"{student}.zip", content)
            continue
        (folder / student).mkdir(parents=True)
        for name, data in content.items():
            files.write(folder / student / name, data)
    return folder


@click.command()
@options.out_folder("demo")
@options.repo
@options.lang
@options.quiet
@options.as_json
@click.pass_context
def demo(ctx: click.Context, out: Path, repo: Path, lang: str) -> None:
    """Make a small class of submissions, right, wrong and hostile, and grade it in the sandbox.

    So you see within a minute or two what a class looks like, without data of your own: images are synthetic.
    """
    try:
        submissions = write_class(repo, out)
    except SourceError as error:
        raise options.bad_source(error, repo) from None
    except GraderError as error:
        raise options.stop(error, lang, options.FAILED) from None
    results = out / "results"
    output.current().say(f"Grading {len(list(submissions.iterdir()))} submissions in the sandbox …")
    sections = tuple(scheme.load().sections)
    try:
        ctx.invoke(grade, submissions=submissions, out=results, sections=sections, data=dataset.SYNTHETIC, lang=lang)
    except click.exceptions.Exit as ended:
        # Some of the samples need a person: that is what they are for. An error, such as a full disk, is none of them.
        if ended.exit_code != options.ATTENTION or output.current().error:
            raise
    output.current().last(f"Open {(results / 'summary.html').resolve()}")
