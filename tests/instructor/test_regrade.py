"""Regrading that is interrupted, that judges fewer sections, and that meets what was lost; and what it says of it."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from autograder import files, messages, scheme
from autograder.errors import GraderError
from autograder.instructor import batch, pages, regrading, release, results, seal
from autograder.instructor.batch import Options
from autograder.instructor.cli import main
from autograder.instructor.results import ResultsError
from autograder.launcher import ROOT
from autograder.verdict import Outcome
from tests.instructor.test_regrading import Refusing, by_student, graded, here, once, worth
from tests.support import faults

__all__ = ["graded", "here", "once", "worth"]

Worth = Callable[[str, float], None]


def seals(out: Path) -> dict[str, seal.Sealed | None]:
    """What the seals in a folder of results vouch for."""
    return {path.parent.name: seal.read(path.parent) for path in out.glob(f"*/{results.SEAL}")}


def stopped(*_: Any, **__: Any) -> None:
    """What a terminal's interrupt does."""
    raise KeyboardInterrupt


@pytest.fixture
def undisturbed(graded: Options, worth: Worth) -> dict[str, bytes]:
    """What a regrading with other points leaves behind, if nothing interrupts it; the points stay changed."""
    other = graded.out.with_name("other")
    shutil.copytree(graded.out, other)
    worth("data.dtype", 1)
    regrading.run(other, 1)
    return dict(faults.content(other))


@pytest.mark.parametrize("call", range(1, 14))
def test_interrupted_at_any_write(
    graded: Options, undisturbed: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    """Stopped before any of its writes, it loses no evidence; run again it ends alike and names all whom it changes."""
    written, write = 0, files.write

    def stopping(*arguments: Any) -> None:
        nonlocal written
        written += 1
        if written == call:
            raise KeyboardInterrupt
        write(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(files, "write", stopping)
        with pytest.raises(KeyboardInterrupt):
            regrading.run(graded.out, 1)
    intact = seals(graded.out)
    changes = regrading.run(graded.out, 1)

    assert None not in intact.values()
    assert ["ann", "eve", "fay", "non"] == [change.after.student for change in changes if change.changed]
    assert undisturbed == faults.content(graded.out)


def test_interrupted_and_scheme_put_back(graded: Options, worth: Worth, monkeypatch: pytest.MonkeyPatch) -> None:
    """A verdict that was replaced just before an interruption is not taken for one of the scheme before."""
    first = {row.student: row for row in batch.run(replace(graded, launcher=Refusing("")))}
    with monkeypatch.context() as patch:
        worth("data.dtype", 1)
        patch.setattr(pages, "student_page", stopped)
        with pytest.raises(KeyboardInterrupt):
            regrading.run(graded.out, 1)
    monkeypatch.undo()
    known = seal.read(graded.out / "ann")

    assert known is not None
    assert not known.report
    assert {row.student: row for row in batch.run(graded)} == first


def test_grading_forgets_what_regrading_kept(graded: Options) -> None:
    """A run of the grader ends an interrupted regrading: nothing of it is told later."""
    kept = graded.out / "ann" / results.BEFORE
    kept.write_text("{}")
    batch.run(replace(graded, launcher=Refusing("")))

    assert not kept.exists()


def test_all_evidence_gone(graded: Options) -> None:
    """Who loses the folder of evidence waits for a person, and is not taken for someone who handed in nothing."""
    shutil.rmtree(graded.out / "ann" / results.EVIDENCE)
    found = by_student(regrading.run(graded.out, 1))

    assert ("needs_attention", None) == (found["ann"].after.status, found["ann"].after.score)
    assert "graded" == found["non"].after.status


def test_refused_and_waiting_keep_their_verdicts(graded: Options) -> None:
    """Who has no evidence keeps the verdict, and is counted."""
    found = by_student(regrading.run(graded.out, 1))

    assert ["eve", "non", "zoe"] == [student for student, change in found.items() if change.kept]
    assert found["non"].before == found["non"].after
    assert found["zoe"].before == found["zoe"].after


def test_changed_check(graded: Options, here: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A check that answers otherwise is named beside the points that it costs."""
    from autograder import collector

    def answer(error: BaseException | None, marking: scheme.Scheme, known: Any = collector.outcome_of) -> Outcome:
        found: Outcome = known(error, marking)
        return replace(found, credit=found.credit / 2)

    monkeypatch.setattr(collector, "outcome_of", answer)
    found = by_student(regrading.run(graded.out, 1))

    assert found["ann"].difference < 0
    assert "data.dtype" in found["ann"].checks
    assert () == found["non"].checks


def test_broken_check(graded: Options, here: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a check is broken all wait for a person; once it is mended, the same evidence is judged."""
    from autograder import collector

    first = by_student(regrading.run(graded.out, 1))
    with monkeypatch.context() as patch:
        patch.setattr(collector, "outcome_of", lambda *_: Outcome("broken"))
        broken = by_student(regrading.run(graded.out, 1))
    mended = by_student(regrading.run(graded.out, 1))

    assert ("needs_attention", None) == (broken["ann"].after.status, broken["ann"].after.score)
    assert {name: change.after for name, change in first.items()} == {name: change.after for name, change in mended.items()}


def test_section_without_evidence(graded: Options) -> None:
    """A section that was not graded is refused, and nothing is written."""
    before = faults.content(graded.out)
    with pytest.raises(ResultsError) as raised:
        regrading.run(graded.out, 1, sections=("data", "model"))

    assert "regrade.no_evidence" == raised.value.code
    assert ["model"] == raised.value.params["sections"]
    assert before == faults.content(graded.out)


def test_grading_had_not_come_so_far(graded: Options, here: None) -> None:
    """Evidence of fewer sections than the last run asked for is for a person, and never a zero."""
    about = json.loads((graded.out / results.RUN).read_text())
    for key in ("sections", "observed"):
        about[key] = ["data", "model"]
    (graded.out / results.RUN).write_text(json.dumps(about))
    found = by_student(regrading.run(graded.out, 1))

    assert "regrade.not_observed" == (found["ann"].after.reason or {})["code"]
    assert found["ann"].after.score is None


class TestSections:
    @pytest.fixture
    def two(self, graded: Options) -> Options:
        """The class again, as if two sections had been graded."""
        for path in graded.out.glob(f"*/{results.SEAL}"):
            known = json.loads(path.read_text())
            known["about"]["observed"] = {"sections": ["data", "compile"], "data_digest": "x"}
            path.write_text(json.dumps(known))
        about = json.loads((graded.out / results.RUN).read_text())
        (graded.out / results.RUN).write_text(json.dumps(about | {"observed": ["data", "compile"]}))
        return graded

    def test_fewer(self, two: Options) -> None:
        """Judging some of the sections keeps in mind which have evidence, and the grader goes on from there."""
        regrading.run(two.out, 1, sections=("data",))
        rows = batch.run(replace(two, launcher=Refusing("")))
        known = seal.read(two.out / "ann")

        assert known is not None
        assert ["data", "compile"] == known.about["observed"]["sections"]
        assert ["graded"] * 4 + ["needs_attention"] == [row.status for row in rows]


class TestCommand:
    @pytest.mark.parametrize("lang", messages.LANGUAGES)
    def test_summary(self, graded: Options, worth: Worth, lang: str) -> None:
        """The last lines say in the language of the table how many changed, and who has no evidence; one needs a person."""
        worth("data.dtype", 0)
        done = CliRunner().invoke(main, ["regrade", str(graded.out), "--lang", lang, "--jobs", "1", "--dry-run"])
        kept = messages.phrase(lang, "regrade_kept", number=3, names="eve, non, zoe")

        assert 1 == done.exit_code, done.output
        assert "data.dtype" in done.output
        assert kept in done.output
        assert messages.phrase(lang, "regrade_dry") in done.output

    def test_who_keeps_the_points_is_counted_and_not_listed(self, graded: Options, worth: Worth) -> None:
        """The table is of those whose points are others; what else a new scheme changes is one line."""
        worth("data.dtype", 1)
        done = CliRunner().invoke(main, ["regrade", str(graded.out), "--lang", "en", "--jobs", "1", "--dry-run"])
        changes = regrading.run(graded.out, 1, dry=True)
        moved = [change.after.student for change in changes if change.difference]
        same = [change.after.student for change in changes if change.changed and not change.difference]
        table = done.output[: done.output.index(f"Points changed for {len(moved)} of")]

        assert moved and same
        assert (moved, []) == ([one for one in moved if one in table], [one for one in same if one in table])
        assert messages.phrase("en", "regrade_same", number=len(same)) in done.output

    def test_reminded_of_a_release(self, graded: Options, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where lab.toml says otherwise than the checks know, a regrading that changes nothing says what to run first."""
        monkeypatch.chdir(ROOT)
        command = ["regrade", str(graded.out), "--lang", "en", "--jobs", "1", "--dry-run"]
        reminder = messages.phrase("en", "regrade_release")
        for drift, reminded in (("- points = 8", True), ("", False)):
            monkeypatch.setattr(release, "drift", lambda repo, drift=drift: drift)

            assert reminded == (reminder in CliRunner().invoke(main, command).output)

    def test_section_without_evidence(self, graded: Options) -> None:
        """A section that has no evidence is an error of use, as is one that does not exist."""
        for section, said in (("model", "not graded"), ("nothing", "unknown")):
            done = CliRunner().invoke(main, ["regrade", str(graded.out), "--lang", "en", "--sections", section])

            assert 2 == done.exit_code
            assert said in done.output

    def test_interrupted(self, graded: Options, monkeypatch: pytest.MonkeyPatch) -> None:
        """The status says that it was interrupted, and the sentence how to go on."""
        monkeypatch.setattr(regrading, "run", stopped)
        done = CliRunner().invoke(main, ["regrade", str(graded.out)])

        assert 130 == done.exit_code
        assert "same command again" in done.output

    def test_names_are_escaped(self, graded: Options, worth: Worth) -> None:
        """A name cannot write to the terminal."""
        roster = json.loads((graded.out / results.ROSTER).read_text())
        hostile = [[f"\x1b[31m{student}", f"\x1b[31m{name}", folder] for student, name, folder in roster]
        (graded.out / results.ROSTER).write_text(json.dumps(hostile))
        worth("data.dtype", 1)
        done = CliRunner().invoke(main, ["regrade", str(graded.out), "--lang", "en", "--jobs", "1", "--dry-run"])

        assert 1 == done.exit_code, done.output
        assert "\x1b" not in done.output

    def test_fault(self, graded: Options, monkeypatch: pytest.MonkeyPatch) -> None:
        """A fault of the grader is told with status 1."""

        def failing(*_: Any, **__: Any) -> None:
            raise GraderError("grader.cannot_start", reason="no")

        monkeypatch.setattr(regrading, "run", failing)

        assert 1 == CliRunner().invoke(main, ["regrade", str(graded.out)]).exit_code
