"""Sequences that hold little behave like lists."""

from autograder.instructor.compact import Mapped, Packed


def test_packed() -> None:
    """What was put in comes out, in order, by index and by slice."""
    packed = Packed([("b", 1), ("a", 2)])
    packed.append(("a\ud800", 3))
    packed.sort(lambda pair: pair[0])

    assert [("a", 2), ("a\ud800", 3), ("b", 1)] == list(packed)
    assert (3, ("b", 1)) == (len(packed), packed[-1])
    assert [("a", 2), ("a\ud800", 3)] == packed[:2]


def test_mapped() -> None:
    """Values are made when they are asked for, and only those."""
    asked: list[int] = []

    def negative(number: int) -> int:
        asked.append(number)
        return -number

    mapped = Mapped(negative, range(5))

    assert (5, -4) == (len(mapped), mapped[4])
    assert [-2, -3, -4] == list(mapped[2:])
    assert [4, 2, 3, 4] == asked
    assert not Mapped(str, [])
