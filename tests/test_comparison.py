"""Received beside expected: the alignment, the table, and what counts as the same."""

from typing import Any

import pytest

from autograder.comparison import Comparison, same, same_constraint
from autograder.errors import NotReached
from autograder.network import Layer, Network, canonical
from tests.support.networks import rebuilt, reference
from tests.test_network import EXPECTED

HONEST = canonical(rebuilt(reference()))


def compared(*layers: Layer) -> Comparison:
    """These layers beside the lab's."""
    return Comparison(EXPECTED, Network(tuple(layers), (32, 32, 3)))


def rows(comparison: Comparison) -> list[tuple[int, bool, bool]]:
    """Row, and which sides are there."""
    return [(pair.row, pair.expected is not None, pair.received is not None) for pair in comparison.pairs]


def test_honest() -> None:
    """The lab's network is paired row by row, and every row is the same."""
    found = compared(*HONEST.layers)

    assert [(row, True, True) for row in range(1, 12)] == rows(found)
    assert all(same(pair) for pair in found.pairs)
    assert [True] * 11 == [row["same"] for row in found.table()]
    assert 4_293_194 == sum(row["received_params"] for row in found.table())


@pytest.mark.parametrize("index", range(11))
def test_missing_layer(index: int) -> None:
    """Without one layer, exactly one row is a gap, and it is of that layer's class."""
    found = compared(*HONEST.layers[:index], *HONEST.layers[index + 1 :])

    gaps = [pair for pair in found.pairs if not pair.matched]
    assert 1 == len(gaps)
    assert gaps[0].received is None
    assert gaps[0].expected is not None
    assert HONEST.layers[index].kind == gaps[0].expected.kind


@pytest.mark.parametrize("length", range(1, 11))
def test_network_that_is_not_finished(length: int) -> None:
    """The layers that are there are paired with the first rows, also where one of them resembles a later row as much."""
    found = compared(*(layer.has(padding="valid") if layer.kind == "Conv2D" else layer for layer in HONEST.layers[:length]))

    assert [(row, True, row <= length) for row in range(1, 12)] == rows(found)


def test_what_only_follows() -> None:
    """A row whose layer is right and whose shape or parameters are not is told apart from the row that led to it."""
    found = compared(*HONEST.layers[:2], HONEST.layers[2].has(padding="valid"), *HONEST.layers[3:]).table()

    assert [4, 5, 6, 7, 8, 9] == [row["row"] for row in found if row["follows"]]
    assert [3, 4, 5, 6, 7, 8, 9] == [row["row"] for row in found if not row["same"]]


@pytest.mark.parametrize("index", range(12))
def test_extra_layer(index: int) -> None:
    """With one layer too many, exactly that one is a gap."""
    extra = Layer("BatchNormalization")
    found = compared(*HONEST.layers[:index], extra, *HONEST.layers[index:])

    assert [extra] == [pair.received for pair in found.pairs if not pair.matched]


def test_repeated_layer() -> None:
    """Of two layers of a class, the one that resembles the expected one is paired with it."""
    twice = (*HONEST.layers[:9], HONEST.layers[9].has(rate=0.3), *HONEST.layers[9:])
    found = compared(*twice)

    gap = next(pair for pair in found.pairs if not pair.matched)
    assert gap.received is not None
    assert 0.3 == gap.received.args["rate"]


def test_family_stands_in() -> None:
    """A layer of the same family is paired, so that one mistake costs one check."""
    other = Layer("AveragePooling2D", HONEST.layers[3].args)
    found = compared(*HONEST.layers[:3], other, *HONEST.layers[4:])

    assert [(row, True, True) for row in range(1, 12)] == rows(found)
    assert [4] == [row["row"] for row in found.table() if not row["same"]]


def test_nothing_received() -> None:
    """An empty network is eleven gaps."""
    found = compared()

    assert [(row, True, False) for row in range(1, 12)] == rows(found)
    assert {None} == {row["received"] for row in found.table()}
    with pytest.raises(NotReached):
        found.of("convolution")


def test_of_needs_its_layers_only() -> None:
    """A missing layer stops the checks of its family and no other."""
    found = compared(*HONEST.layers[:3], *HONEST.layers[4:])

    assert 3 == len(found.of("convolution"))
    with pytest.raises(NotReached) as caught:
        found.of("pooling", "noise")
    assert "model.layers" == caught.value.code


@pytest.mark.parametrize(
    ("row", "change"),
    [
        (0, {"filters": 33}),
        (0, {"kernel_constraint": {"max_norm": 3.0, "axis": [0]}}),
        (2, {"kernel_constraint": None}),
        (2, {"kernel_constraint": {"max_norm": 2.0, "axis": [0]}}),
        (2, {"kernel_constraint": {"max_norm": 3.0, "axis": [3]}}),
        (2, {"kernel_constraint": {"max_norm": 3.0, "axis": []}}),
        (2, {"kernel_constraint": {"class": "MaxNorm"}}),
        (8, {"kernel_constraint": {"max_norm": 3.0, "axis": [0, 1, 2]}}),
        (3, {"strides": [1, 1]}),
        (1, {"rate": 0.3}),
        (8, {"regularizer": "L2"}),
        (8, {"bias_constraint": {"class": "NonNeg"}}),
        (8, {"dtype": "float16"}),
        (10, {"use_bias": False}),
        (10, {"activation": {"custom": "softmax"}}),
    ],
)
def test_differences_are_shown(row: int, change: dict[str, Any]) -> None:
    """A row whose argument differs is not the same."""
    changed = [layer.has(**change) if number == row else layer for number, layer in enumerate(HONEST.layers)]
    table = compared(*changed).table()

    assert not table[row]["same"]
    assert all(item["same"] for item in table[:row])


def test_frozen_is_not_the_same() -> None:
    """A frozen layer differs, though its arguments do not."""
    frozen = Layer(HONEST.layers[0].kind, HONEST.layers[0].args, trainable=False)

    assert [False] + [True] * 10 == [row["same"] for row in compared(frozen, *HONEST.layers[1:]).table()]


@pytest.mark.parametrize("axis", [[0], [0, 1, 2]])
def test_max_norm_of_a_convolution(axis: list[int]) -> None:
    """A convolution's max-norm may be per position, as Keras' default is, or per filter."""
    assert same_constraint(EXPECTED.layers[2], HONEST.layers[2].has(kernel_constraint={"max_norm": 3.0, "axis": axis}))


def test_rows_point_at_what_was_received() -> None:
    """The received row of a pair is the layer's own, whatever is missing before it."""
    received = HONEST.layers[4:]
    found = compared(*received)

    for pair in found.pairs:
        if pair.received is not None:
            assert pair.received_row is not None
            assert received[pair.received_row - 1] == pair.received
