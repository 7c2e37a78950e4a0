"""Students' reports and the class page say what lateness cost at the last export that had a policy."""

from pathlib import Path

from autograder.instructor import earlier, pages, regrading, results, seal
from autograder.instructor.exports import asked, lateness
from autograder.instructor.exports.asked import Request
from autograder.instructor.lock import locked


def follow(request: Request) -> int:
    """Make reports and class page say what the late policy costs, or nothing without one; how many reports were made again.

    Only a report that is as it was written is made again, and its seal with it: the next `convmark grade` makes any other.

    Raises:
        GraderError: the results cannot be read or written, or another run is writing there.
    """
    changed = 0
    with locked(request.results):
        for record in asked.records(request):
            if record.verdict is not None:
                changed += _followed(request.results / record.folder, record)
        if changed and results.read_json(request.results / results.RUN) and (request.results / results.SUMMARY).is_file():
            regrading.write_page(request.results)
    return changed


def _followed(folder: Path, record: asked.Record) -> bool:
    """Whether the report was made again. What it says is kept last: interrupted, it is made once more."""
    coming = lateness.kept(record.deduction)
    if coming == lateness.known(folder):
        return False
    sealed = seal.read(folder)
    if sealed is not None and record.verdict is not None:
        name, lang = str(sealed.about.get("name")), str(sealed.about.get("lang"))
        told = lateness.told(coming, record.verdict, lang)
        page = pages.student_page(record.verdict, name, lang, earlier.before(folder, record.verdict), told)
        results.write_text(folder / results.REPORT, page)
        seal.write(folder, sealed.about)
    lateness.remember(folder, coming)
    return sealed is not None


def telling(request: Request) -> int:
    """How many reports say what lateness cost at an earlier export."""
    roster = results.read_list(request.results / results.ROSTER) or []
    return sum((request.results / folder / results.LATE).is_file() for _, _, folder in roster)
