"""Works with the same code: which groups there are, and which of them come first."""

from typing import Any

from autograder.instructor import similar

SECTIONS = ("data", "model", "compile")


def _row(failed: tuple[str, ...] = (), status: str = "graded", **codes: str) -> dict[str, Any]:
    return {"status": status, "failed": list(failed), "codes": {section: (code, 100) for section, code in codes.items()}}


def _class(*rows: dict[str, Any], right: int = 40) -> list[dict[str, Any]]:
    """These works among *right* ones that share all their code."""
    return [*rows, *(_row(data="usual", model="usual", compile="usual") for _ in range(right))]


def test_the_same_right_answer_is_expected() -> None:
    """Right code that many share is counted, and no group to look at."""
    found = similar.find(_class(), SECTIONS)

    assert ([], 40, 40, 0) == (found.groups, found.usual, found.known, found.unknown)


def test_wrong_code_comes_first_then_unusual_right_code() -> None:
    """A pair with the same wrong code stands before a pair with the same unusual right code."""
    rows = _class(_row(data="odd"), _row(data="odd"), _row(("data.scale",), data="bad"), _row(("data.scale",), data="bad"))
    found = similar.find(rows, SECTIONS)

    assert [((2, 3), ("data.scale",)), ((0, 1), ())] == [(group.places, group.mistakes) for group in found.groups]


def test_rare_mistakes_weigh_more() -> None:
    """Of two groups of the same size, the one whose mistake few others make comes first."""
    common, rare = ("model.layers",), ("model.honest",)
    others = [_row(common, model=f"own{number}") for number in range(20)]
    rows = _class(_row(common, model="a"), _row(common, model="a"), _row(rare, model="b"), _row(rare, model="b"), *others)
    found = similar.find(rows, SECTIONS)

    assert [(2, 3), (0, 1)] == [group.places for group in found.groups]
    assert found.groups[0].weight > found.groups[1].weight
    assert 22 == found.made["model.layers"]


def test_rare_code_weighs_more() -> None:
    """Of two groups with the same mistake, the one whose code fewer works have comes first."""
    wrong = ("data.scale",)
    rows = _class(*(_row(wrong, data="many") for _ in range(8)), _row(wrong, data="two"), _row(wrong, data="two"))

    assert [(8, 9), tuple(range(8))] == [group.places for group in similar.find(rows, SECTIONS).groups]


def test_short_functions_weigh_less() -> None:
    """A function of a few nodes is alike by chance more often."""
    found = similar.Found(known=64)

    assert found.weight(2, 100, ()) == 2 * found.weight(2, 50, ()) == found.weight(2, 1000, ())


def test_groups_of_the_same_works_are_one() -> None:
    """Who shares two functions with the same others is listed once, with both."""
    wrong = ("data.scale", "model.layers")
    rows = _class(_row(wrong, data="x", model="y"), _row(wrong, data="x", model="y"))
    (group,) = similar.find(rows, SECTIONS).groups

    assert (("data", "model"), wrong) == (group.sections, group.mistakes)


def test_what_is_not_compared() -> None:
    """Works that wait for a person, that have no digest, or sections that are not judged, are in no group."""
    bad = ("data.scale",)
    rows = _class(_row(bad, status="needs_attention", data="bad"), _row(bad, data="bad"), _row(bad), right=3)
    found = similar.find(rows, SECTIONS)

    assert ([], 4, 1) == (found.groups, found.known, found.unknown)
    assert [] == similar.find([_row(bad, data="bad")] * 2, ("model",)).groups


def test_small_classes_have_nothing_unusual() -> None:
    """Among few works two equal right ones say nothing."""
    assert [] == similar.find([_row(data="a"), _row(data="a"), _row(data="b")], SECTIONS).groups
