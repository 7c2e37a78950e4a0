"""What lateness costs: at the edges of the deadline, across changes of the clock, and to the hundredth of a point."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.errors import GraderError
from autograder.instructor.exports import late, late_files
from autograder.instructor.exports.late import Book, Handed

MOSCOW = "due=2026-12-01T23:59,timezone=Europe/Moscow,penalty=10,maximum=50,grace_minutes=15"
BERLIN = "timezone=Europe/Berlin,penalty=10"


def days(policy: str, submitted: str, extension: str = "") -> tuple[str, int]:
    """Why, and the number of days begun."""
    read = late_files.read_policy(policy)
    cells = {"submitted": submitted, "days_late": "", "extension": extension}
    return late.lateness(read, late_files._handed(read, cells))


@pytest.mark.parametrize(
    ("submitted", "expected"),
    [
        ("2026-12-01T23:58:59", ("on_time", 0)),
        ("2026-12-01T23:59:00", ("on_time", 0)),
        ("2026-12-01T20:59:00Z", ("on_time", 0)),
        ("2026-12-01T20:59:00.000001Z", ("grace", 0)),
        ("2026-12-02T00:14:00+03:00", ("grace", 0)),
        ("2026-12-02T00:14:01+03:00", ("deducted", 1)),
        ("2026-12-02T23:59:00+03:00", ("deducted", 1)),
        ("2026-12-02T23:59:01+03:00", ("deducted", 2)),
        ("2026-12-02T22:59:01+02:00", ("deducted", 2)),
        ("2026-12-31 23:59", ("deducted", 30)),
    ],
)
def test_edges(submitted: str, expected: tuple[str, int]) -> None:
    """The deadline itself is on time, whatever the offset; the grace time ends where it says; a day begun is a day."""
    assert expected == days(MOSCOW, submitted)


@pytest.mark.parametrize(
    ("due", "submitted", "expected"),
    [
        ("2026-03-28T12:00", "2026-03-29T12:00:00", 1),  # a day of 23 hours
        ("2026-03-28T12:00", "2026-03-29T10:00:00Z", 1),
        ("2026-03-28T12:00", "2026-03-29T10:00:01Z", 2),
        ("2026-10-24T12:00", "2026-10-25T11:00:00Z", 1),  # one of 25 hours
        ("2026-10-24T12:00", "2026-10-25T11:00:01Z", 2),
        ("2026-10-24T12:00+02:00", "2026-10-25T10:30:00Z", 1),  # with a time zone, an offset says only which moment
    ],
)
def test_days_follow_the_clock(due: str, submitted: str, expected: int) -> None:
    """Where the clocks change, a day late has 23 or 25 hours."""
    assert ("deducted", expected) == days(f"due={due},{BERLIN}", submitted)


def test_without_a_time_zone_days_have_24_hours() -> None:
    """A deadline with nothing but an offset knows no change of the clocks."""
    assert ("deducted", 2) == days("due=2026-10-24T12:00+02:00,penalty=10", "2026-10-25T10:30:00Z")


def test_the_hour_that_repeats_is_told_apart() -> None:
    """In the night when the clocks go back, half past two comes twice, and the second one is later."""
    assert ("on_time", 0) == days(f"due=2026-10-25T02:30+02:00,{BERLIN}", "2026-10-25T00:30:00Z")
    assert ("deducted", 1) == days(f"due=2026-10-25T02:30+02:00,{BERLIN}", "2026-10-25T01:30:00Z")


@pytest.mark.parametrize(
    ("submitted", "extension", "expected"),
    [
        ("2026-12-03T23:59", "2", ("extended", 0)),
        ("2026-12-04T00:30", "2", ("deducted", 1)),
        ("2026-12-05T12:00", "2026-12-05T12:00", ("extended", 0)),
        ("2026-12-05T12:10", "2026-12-05T12:00", ("grace", 0)),
        ("2026-12-05T12:20", "2026-12-05T12:00", ("deducted", 1)),
        ("2026-12-01T12:00", "2026-12-05T12:00", ("on_time", 0)),
        ("2026-12-01T23:59", "2026-11-01T12:00", ("on_time", 0)),
    ],
)
def test_extensions(submitted: str, extension: str, expected: tuple[str, int]) -> None:
    """An extension moves the deadline, with its grace time; one that ends before the deadline takes nothing away."""
    assert expected == days(MOSCOW, submitted, extension)


def test_the_longer_extension_counts(tmp_path: Path) -> None:
    """What the policy and the file grant a student is not added up."""
    policy, file = tmp_path / "late.toml", tmp_path / "late.csv"
    policy.write_text('penalty = 10\ndue = 2026-12-01T23:59:00+03:00\n[extensions]\nann = 3\nbob = "2026-12-03T00:00+03:00"\n')
    file.write_text("student,submitted,extension\nann,2026-12-05T12:00+03:00,1\nbob,2026-12-04T12:00+03:00,1\n")
    book = late_files.read(late_files.read_policy(str(policy)), file)

    assert ("deducted", 1) == late.lateness(book.policy, book.handed["ann"], book.policy.extensions["ann"])
    assert ("deducted", 2) == late.lateness(book.policy, book.handed["bob"], book.policy.extensions["bob"])
    assert {"ann", "bob"} == book.students


@pytest.mark.parametrize(
    ("policy", "days_late", "score", "expected"),
    [
        ("penalty=10", "1", "80", ("deducted", 1, "10", "8.00", "72.00")),
        ("penalty=10", "0.01", "80", ("deducted", 1, "10", "8.00", "72.00")),
        ("penalty=10,maximum=50", "7", "80", ("largest", 7, "50", "40.00", "40.00")),
        ("penalty=10,maximum=50", "5", "80", ("deducted", 5, "50", "40.00", "40.00")),
        ("penalty=10", "20", "80", ("largest", 20, "100", "80.00", "0.00")),
        ("penalty=10,of=maximum", "2", "15", ("deducted", 2, "20", "15.00", "0.00")),
        ("penalty=5", "1", "0.1", ("deducted", 1, "5", "0.00", "0.10")),  # half a hundredth is for the student
        ("penalty=5", "1", "0.3", ("deducted", 1, "5", "0.01", "0.29")),
        ("penalty=33.33", "1", "33.33", ("deducted", 1, "33.33", "11.11", "22.22")),
        ("penalty=0", "3", "80", ("deducted", 3, "0", "0.00", "80.00")),
    ],
)
def test_points(policy: str, days_late: str, score: str, expected: tuple[str, int, str, str, str]) -> None:
    """The percentage is of the score or of the maximum, never more than the largest nor than the score itself."""
    book = Book(late_files.read_policy(policy), {"ann": Handed(days_late=Decimal(days_late))})
    found = book.deduction("ann", Decimal(score).quantize(Decimal("0.01")), Decimal("80.00"))

    assert expected == (found.code, found.days, str(found.percent), str(found.points), str(found.after))


@given(st.decimals(0, 100, places=2), st.integers(0, 30), st.integers(0, 100), st.integers(0, 100))
def test_nothing_is_lost_in_rounding(score: Decimal, begun: int, penalty: int, maximum: int) -> None:
    """Deduction and exported score are hundredths, neither is negative, and together they are the score."""
    book = Book(late_files.read_policy(f"penalty={penalty},maximum={maximum}"), {"ann": Handed(days_late=Decimal(begun))})
    found = book.deduction("ann", score, Decimal(100))

    assert score == found.points + found.after
    assert found.points >= 0
    assert found.after >= 0
    assert (found.points * 100) % 1 == 0


def test_extended_days_are_taken_off() -> None:
    """A number of days late counts from the deadline, and an extension in days is taken off it."""
    policy = late_files.read_policy("penalty=10")

    assert ("extended", 0) == late.lateness(policy, Handed(days_late=Decimal(2), extension=2))
    assert ("deducted", 1) == late.lateness(policy, Handed(days_late=Decimal("2.5"), extension=2))
    assert ("on_time", 0) == late.lateness(policy, Handed(days_late=Decimal(0)))


def test_who_is_not_listed_was_on_time() -> None:
    """A class of whom nobody is late needs no list."""
    found = late_files.read(late_files.read_policy("penalty=10"), None).deduction("ann", Decimal(80), Decimal(80))

    assert ("on_time", Decimal(80)) == (found.code, found.after)


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        ("due=2026-12-01,penalty=10", "due is no time"),
        ("due=2026-12-01T23:59,penalty=10", "no offset from UTC"),
        ("due=nonsense in December,penalty=10", "due is no time"),
        ("due=2026-12-01T23:59,timezone=Europe/Atlantis,penalty=10", "is not known"),
        ("due=2026-12-01T23:59+03:00", "penalty is missing"),
        ("penalty=-1", "penalty is not between"),
        ("penalty=nan", "penalty is not between"),
        ("penalty=ten", "penalty is no number"),
        ("penalty=10,of=points", "of is neither"),
        ("penalty=10,grace=5", "unknown: grace"),
        ("no-such-file.toml", "No such file"),
    ],
)
def test_policies_that_are_none(policy: str, reason: str) -> None:
    """What cannot be used is said, and nothing is guessed: a date alone leaves open which moment is meant."""
    with pytest.raises(GraderError) as caught:
        late_files.read_policy(policy)

    assert "late.policy" == caught.value.code
    assert reason in caught.value.params["reason"]


@pytest.mark.parametrize(
    ("policy", "lines", "line", "reason"),
    [
        (MOSCOW, "student,submitted\nann,2026-12-01T23:59\nann,2026-12-02T23:59\n", 3, "twice"),
        (MOSCOW, "student,submitted,days_late\nann,2026-12-01T23:59,2\n", 2, "leave one out"),
        (MOSCOW, "student,submitted\nann,yesterday\n", 2, "submitted is no time"),
        (MOSCOW, "student,days_late\nann,-1\n", 2, "days_late is not between"),
        ("penalty=10", "student,submitted\nann,2026-12-01T23:59+03:00\n", 2, "without a due time"),
        ("penalty=10", "student,days_late,extension\nann,2,2026-12-01T23:59+03:00\n", 2, "number of days"),
        (MOSCOW, "name,submitted\nann,2026-12-01T23:59\n", 1, "columns are"),
        (MOSCOW, "", 1, "columns are"),
    ],
)
def test_files_that_are_none(tmp_path: Path, policy: str, lines: str, line: int, reason: str) -> None:
    """The line that cannot be used is named."""
    file = tmp_path / "late.csv"
    file.write_text(lines)
    with pytest.raises(GraderError) as caught:
        late_files.read(late_files.read_policy(policy), file)

    assert ("late.file", line) == (caught.value.code, caught.value.params["line"])
    assert reason in caught.value.params["reason"]


def test_toml_knows_times_of_its_own(tmp_path: Path) -> None:
    """TOML's times are read as they are, with an offset or of the policy's time zone; a mere date is not."""
    file = tmp_path / "late.toml"
    file.write_text('due = 2026-12-01T23:59:00\ntimezone = "Europe/Moscow"\npenalty = 10\n')
    assert datetime.fromisoformat("2026-12-01T20:59:00Z") == late_files.read_policy(str(file)).due
    file.write_text("due = 2026-12-01\npenalty = 10\n")
    with pytest.raises(GraderError, match="late.policy"):
        late_files.read_policy(str(file))


def test_extensions_that_cannot_be_compared(tmp_path: Path) -> None:
    """A number of days late and an extension until a time have nothing in common, so nobody is deducted by mistake."""
    policy, file = tmp_path / "late.toml", tmp_path / "late.csv"
    policy.write_text('penalty = 10\n[extensions]\nann = "2026-12-03T00:00+03:00"\n')
    file.write_text("student,days_late\nann,2\n")
    with pytest.raises(GraderError) as caught:
        late_files.read(late_files.read_policy(str(policy)), file)

    assert "extension for ann is a number of days" in caught.value.params["reason"]


def test_sentences() -> None:
    """A report can say what was deducted and why, in both languages."""
    book = Book(late_files.read_policy("penalty=12.5,maximum=20"), {"ann": Handed(days_late=Decimal(2))})
    found = book.deduction("ann", Decimal("80.00"), Decimal("80.00"))

    assert (
        "Handed in late, days begun: 2. 20% of the points earned (points: 16) are deducted: 80 become 64. "
        "This is the largest deduction for lateness." == late.sentence(found, "en")
    )
    assert (
        "Работа сдана с опозданием, начатых суток: 2. Снято 20\u00a0% от набранных баллов, в баллах: 16. "
        "Было 80, стало 64. Это наибольшее снижение за опоздание." == late.sentence(found, "ru")
    )
    assert "Handed in on time: nothing is deducted." == late.sentence(book.deduction("bob", Decimal(1), Decimal(1)), "en")
