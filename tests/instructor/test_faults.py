"""Whatever ends the grader, nothing graded is lost, nothing half-written is believed, and no process of it is left."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from autograder.instructor import results
from autograder.instructor.batch import Options
from autograder.launcher import ROOT
from tests.instructor.boxes import box, classroom, needs_boxes
from tests.support import faults
from tests.support.faults import Grader
from tests.support.warm import WarmAddress, WarmLauncher

KILLS, BOXED_KILLS = 50, 5
HOWS = ("grader", "grader", "worker", "group")
LOOP = "def prepare_data(a, b, c, d):\n    while True:\n        pass\n"
SIZES = (8, 40, 64, 128)  # KiB
NO_ROOM = """
mount -t tmpfs -o size="$1"k none "$2" && cp "$3" "$2/run.json" || exit 125
shift 3
"$@"; echo "status $?"
mount -o remount,size=64m "$OUT" && "$@"; echo "status $?"
cp "$OUT/grades.csv" "$OUT.csv"
"""


@dataclass
class Undisturbed:
    """A class that was graded without disturbance."""

    options: Options
    content: Mapping[str, bytes]
    seconds: float

    def again(self, name: str, **changes: Any) -> Grader:
        """A run into a new folder, with the same secret."""
        out = faults.same_secret(self.options.out, self.options.out.parent / name)
        return Grader(replace(self.options, out=out, **changes), f"mark-{uuid.uuid4()}")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, warm: WarmLauncher) -> Undisturbed:
    """The class with its results."""
    folder = tmp_path_factory.mktemp("faults")
    submissions = classroom(folder / "in", faults.WORKS)
    options = Options(submissions, folder / "out", WarmAddress(warm.address), 2, ("data",), limits={"data": 5, "import": 6})
    process = Grader(options, "mark").start()
    started = time.monotonic()
    assert 0 == process.wait()
    return Undisturbed(options, faults.content(options.out), time.monotonic() - started)


def strike(grader: Grader, how: str, seconds: float, server: int = 0) -> tuple[bool, faults.State]:
    """Kill a run after some seconds: whether it was still alive, and what was final then; nothing of it is left."""
    process = grader.start()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        pass
    alive = process.poll() is None
    seen = faults.descendants(process.pid) | (faults.descendants(server) if server else set())
    final = faults.final(grader.options.out)
    faults.kill(process, how)
    assert set() == faults.survivors(grader.mark, seen)
    return alive, final


def assert_whole(grader: Grader, undisturbed: Undisturbed) -> None:
    """The run has ended with the files of the undisturbed one, and left no temporary file."""
    assert undisturbed.content == faults.content(grader.options.out)
    assert not (grader.options.out / results.WORK).exists()
    assert [] == list(grader.temporary.iterdir())


@pytest.mark.slow
def test_killed_at_any_moment(undisturbed: Undisturbed, warm: WarmLauncher) -> None:
    """Killed at fifty moments and run again, all results are those of an undisturbed run, and none is made twice."""
    chance = random.Random(20)
    hits, tries, length = 0, 0, undisturbed.seconds
    while hits < KILLS and tries < 4 * KILLS:
        grader = undisturbed.again(f"kill{tries}")
        first = chance.random() * length
        for moment in (first, chance.random() * (length - first)):  # the second one hits a run that continues
            before = faults.final(grader.options.out)
            alive, final = strike(grader, chance.choice(HOWS), moment, warm.pid)
            hits, tries = hits + alive, tries + 1
            length *= 1 if alive else 0.95  # the machine has become quicker: a run that has ended cannot be killed
            assert before.items() <= final.items()
        assert (0, "") == grader.finish()
        assert final.items() <= faults.final(grader.options.out).items()
        assert_whole(grader, undisturbed)
        shutil.rmtree(grader.options.out)
    assert hits >= KILLS


@pytest.mark.slow
@needs_boxes
def test_boxes_die_with_the_grader(undisturbed: Undisturbed, tmp_path: Path) -> None:
    """Killed while boxes run, the grader takes them with it; in the end the gradebook is that of an undisturbed run."""
    chance = random.Random(21)
    grader = undisturbed.again("boxed")
    named = tmp_path / f"bwrap-{grader.mark}"  # on the command line of every process around a box
    named.symlink_to(box().bwrap)
    grader.options = replace(grader.options, launcher=replace(box(), bwrap=str(named)))
    for number in range(BOXED_KILLS):
        final = faults.final(grader.options.out)
        strike(grader, HOWS[number % len(HOWS)], 1 + 3 * chance.random())
        assert final.items() <= faults.final(grader.options.out).items()
    assert (0, "") == grader.finish()

    assert undisturbed.content["grades.csv"] == faults.content(grader.options.out)["grades.csv"]
    assert set(undisturbed.content) == set(faults.content(grader.options.out))
    assert set() == faults.survivors(grader.mark, set())


def test_plain_process_dies_with_the_grader() -> None:
    """Without a sandbox as well, a submission that never ends does not outlive who started it, nor does its child."""
    code = (
        "import subprocess, sys; sys.path.insert(0, sys.argv[1]); from autograder.launcher import PlainLauncher; "
        "command = PlainLauncher().command('tests.support.endless'); "
        "subprocess.Popen(command.argv, env=command.env, start_new_session=True).wait()"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, str(ROOT)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    started = set(map(int, parent.stdout.readline().split()))
    parent.kill()
    parent.wait()
    parent.stdout.close()

    assert 2 == len(started)
    assert set() == faults.survivors(f"mark-{uuid.uuid4()}", started)


@pytest.mark.slow
def test_worker_killed_twice(undisturbed: Undisturbed, tmp_path: Path) -> None:
    """Who is lost with two workers is for a person, the others are graded; the next run grades him too."""
    submissions = classroom(tmp_path / "in", {**faults.WORKS, "loop": LOOP})
    grader = Grader(replace(undisturbed.options, submissions=submissions, out=tmp_path / "out", jobs=1), f"mark-{uuid.uuid4()}")
    process = grader.start()
    first = _last_worker(process.pid, grader, 0)
    os.kill(first, signal.SIGKILL)
    os.kill(_last_worker(process.pid, grader, first), signal.SIGKILL)
    process.communicate()
    rows = (grader.options.out / results.GRADES).read_text()
    final = faults.final(grader.options.out)

    assert 0 == process.returncode
    assert "loop,needs_attention,,20,\n" in rows
    assert undisturbed.content["grades.csv"].decode() == rows.replace("loop,needs_attention,,20,\n", "")
    assert (0, "") == grader.finish()
    assert final.items() <= faults.final(grader.options.out).items()
    assert "loop,graded,0,20,0\n" in (grader.options.out / results.GRADES).read_text()


def _last_worker(pid: int, grader: Grader, dead: int) -> int:
    """The worker that runs the last submission, when all others are graded, and is not the *dead* one."""
    while True:
        for worker in faults.workers(pid):
            if worker != dead and len(faults.final(grader.options.out)) == 2 * len(faults.WORKS) and faults.children(worker):
                return worker
        time.sleep(0.02)


@pytest.mark.slow
def test_every_failing_write(undisturbed: Undisturbed, tmp_path: Path) -> None:
    """Whichever write is the first to find no room, the run says so and stops; with room it ends as if nothing had been."""
    submissions = classroom(tmp_path / "in", {"ann": faults.PREPARE, "eve": ""})
    grader = Grader(replace(undisturbed.options, submissions=submissions, out=tmp_path / "out", jobs=1), "mark")
    command = [sys.executable, "-m", "tests.support.full_disk", grader.command()[-1]]
    done = subprocess.run(command, cwd=ROOT, env=grader.environment(), stdout=subprocess.PIPE, text=True, check=True)
    told = [json.loads(line) for line in done.stdout.splitlines()]

    assert len(told) > 40
    for number, line in enumerate(told):
        # Of one failure alone nothing may come, as when a folder that is there cannot be made.
        assert line["first"]["code"] in (["results.cannot_write", ""] if line["alone"] else ["results.cannot_write"]), (
            number,
            line,
        )
        assert [] == line["first"]["attention"], (number, line)
        assert ("", []) == (line["second"]["code"], line["second"]["attention"]), (number, line)
        assert line["same"], (number, line)


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
def test_full_disk(undisturbed: Undisturbed, size: int) -> None:
    """On a disk that is too small the run says so and stops; with more room the gradebook is that of an undisturbed run."""
    if subprocess.run(["unshare", "-Urm", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    grader = undisturbed.again(f"small{size}")
    secret = undisturbed.options.out / results.RUN
    inner = ["sh", "-c", NO_ROOM, "sh", str(size), str(grader.options.out), str(secret), *grader.command()]
    env = {**grader.environment(), "OUT": str(grader.options.out)}
    done = subprocess.run(["unshare", "-Urm", *inner], cwd=ROOT, env=env, capture_output=True, text=True)
    said = done.stdout.split()

    assert ["ready", "results.cannot_write", "status", "3", "ready", "status", "0"] == said, done.stderr
    assert undisturbed.content["grades.csv"] == Path(f"{grader.options.out}.csv").read_bytes()
