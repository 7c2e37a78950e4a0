"""Every format that a bank can be exported to, by its name on the command line."""

from autograder.instructor.quiz.bank.model import TYPES
from autograder.instructor.quiz.exports import canvas, gift, moodle, notebook, qti21, selfcheck
from autograder.instructor.quiz.exports.target import FEATURES, Target

ALL = (selfcheck.TARGET, moodle.TARGET, gift.TARGET, canvas.TARGET, canvas.BANK, qti21.TARGET, notebook.TARGET)
TARGETS: dict[str, Target] = {target.name: target for target in ALL}


def table() -> str:
    """What each format can hold, as a table in Markdown: a row for each type of item and each feature."""
    names = list(TARGETS)
    rows = [
        "| | " + " | ".join(f"`{name}`" for name in names) + " |",
        "|---" * (len(names) + 1) + "|",
        *(_row(f"`{kind}`", kind) for kind in TYPES),
        *(_row(title, feature) for feature, title in FEATURES.items()),
    ]
    return "\n".join(rows) + "\n"


def _row(title: str, feature: str) -> str:
    return f"| {title} | " + " | ".join(target.holds[feature] for target in TARGETS.values()) + " |"
