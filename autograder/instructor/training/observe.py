"""The network of a submission: observed in the sandbox, rebuilt from evidence."""

from pathlib import Path

from autograder import evidence as ev
from autograder import files, submission, supervise
from autograder.inputs import PUBLIC_SEED
from autograder.launcher import Launcher
from autograder.observed import Observed
from autograder.scheme import Scheme


def observed(folder: Path, launcher: Launcher, marking: Scheme) -> Observed:
    """What the functions of the submission in *folder* returned.

    Raises:
        SubmissionError: there is no submission in the folder.
        GraderError: a process of ours failed.
    """
    found = submission.find(folder, marking.templates)
    stages = supervise.stages_for(marking.sections)
    record = supervise.gather(found, launcher, seed=PUBLIC_SEED, limits=marking.limits, stages=stages)
    return Observed(ev.parse(files.encoded(record).decode("ascii")), marking)
