"""What differences lead to: numbers that follow from the layers, and sentences in two languages."""

import pytest

from autograder import consequences, messages
from autograder.comparison import Comparison
from autograder.network import Layer, Network, canonical
from tests.support.networks import rebuilt, reference
from tests.test_network import EXPECTED

HONEST = canonical(rebuilt(reference())).layers
VALID = [index for index, layer in enumerate(HONEST) if layer.kind == "Conv2D"]
AVERAGE = Layer("AveragePooling2D", HONEST[3].args)


def changed(*places: int, **args: object) -> tuple[Layer, ...]:
    """The lab's layers, those at *places* with other arguments."""
    return tuple(layer.has(**args) if index in places else layer for index, layer in enumerate(HONEST))


def without(place: int) -> tuple[Layer, ...]:
    """The lab's layers but one."""
    return HONEST[:place] + HONEST[place + 1 :]


def found(layers: tuple[Layer, ...], image: tuple[int, ...] = (32, 32, 3)) -> list[tuple[int, str, dict[str, object]]]:
    """Row, code and values of every consequence."""
    both = Comparison(EXPECTED, Network(layers, image))
    told = zip(both.pairs, consequences.of(both), strict=True)
    return [(pair.row, reason.code, dict(reason.params)) for pair, reasons in told for reason in reasons]


def test_nothing_follows_from_the_labs_network() -> None:
    """Layers that are the same lead to nothing."""
    assert [] == found(HONEST)


def test_valid_padding() -> None:
    """A valid convolution shrinks the image, and with it what Flatten passes on and the dense layer."""
    assert [
        (1, "layers.valid", {"before": "32x32", "received": "30x30", "expected": "32x32", "kernel": "3x3"}),
        (1, "layers.flatten", {"received": 7 * 7 * 128, "expected": 8192}),
        (1, "layers.dense", {"units": 512, "received": (7 * 7 * 128 + 1) * 512, "expected": 4_194_816}),
        (1, "layers.total", {"received": 4_293_194 - (8192 - 7 * 7 * 128) * 512, "expected": 4_293_194}),
    ] == found(changed(0, padding="valid"))


def test_several_differences_are_told_apart() -> None:
    """What follows in the end is told once, at the first difference, which names the other rows."""
    told = found(changed(*VALID, padding="valid"))

    assert [1, 3, 5] == [row for row, code, _ in told if code == "layers.valid"]
    assert (1, "layers.others", {"rows": "3, 5"}) in told
    assert [(1, 6 * 6 * 128)] == [(row, params["received"]) for row, code, params in told if code == "layers.flatten"]


def test_missing_pooling() -> None:
    """Without a pooling layer the image stays large, and the dense layer becomes four times as large."""
    told = found(without(3))

    assert (4, "layers.no_pooling", {"received": "32x32", "expected": "16x16"}) == told[0]
    assert (4, "layers.dense", {"units": 512, "received": 32_768 * 512 + 512, "expected": 4_194_816}) in told


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        (without(1), (2, "layers.no_dropout", {"values": 32_768, "off": 6554})),
        (without(7), (8, "layers.no_flatten", {"places": 64, "channels": 128, "expected": 8192})),
        (without(8), (9, "layers.absent", {"parameters": 4_194_816, "received": "(8192)", "expected": "(512)"})),
        (changed(1, rate=0.8), (2, "layers.rate", {"values": 32_768, "received": 26_214, "expected": 6554})),
        (changed(2, activation="linear"), (3, "layers.linear", {"received": "linear", "expected": "relu", "values": 65_536})),
        (changed(2, activation="tanh"), (3, "layers.tanh", {"received": "tanh", "expected": "relu", "values": 65_536})),
        (
            changed(10, activation="sigmoid"),
            (11, "layers.no_softmax", {"received": "sigmoid", "expected": "softmax", "values": 10}),
        ),
        (changed(4, filters=64), (5, "layers.filters", {"received": 64, "expected": 128})),
        (changed(8, units=256), (9, "layers.units", {"received": 256, "expected": 512})),
        (
            changed(8, use_bias=False),
            (9, "layers.no_bias", {"biases": 512, "parameters": 4_194_304, "expected_parameters": 4_194_816}),
        ),
        (changed(2, kernel_constraint=None), (3, "layers.unbounded", {"limit": 3, "weights": 18_432})),
        ((*HONEST[:3], AVERAGE, *HONEST[4:]), (4, "layers.average", {"window": "2x2", "shape": "(16, 16, 64)"})),
        ((*HONEST[:1], HONEST[1], *HONEST[1:]), (3, "layers.extra_dropout", {"values": 32_768, "off": 6554})),
    ],
)
def test_own_consequence(layers: tuple[Layer, ...], expected: tuple[int, str, dict[str, object]]) -> None:
    """Each kind of difference has a sentence of its own, with numbers computed from its row."""
    assert expected in found(layers)


def test_kernel() -> None:
    """A larger kernel sees more, at the price of parameters."""
    row, code, params = found(changed(4, kernel_size=[5, 5]))[0]

    assert (5, "layers.kernel", 25, 9) == (row, code, params["received"], params["expected"])
    assert ((25 * 64 + 1) * 128, 73_856) == (params["parameters"], params["expected_parameters"])


def test_what_a_summary_does_not_show() -> None:
    """Only where all kinds, shapes and counts are as expected it is said that `model.summary()` does not show it."""
    hidden = [changed(2, activation="linear"), changed(1, rate=0.8), changed(2, kernel_constraint=None)]
    visible = [without(1), changed(4, filters=64), changed(0, padding="valid"), (*HONEST[:3], AVERAGE, *HONEST[4:])]

    assert [1, 1, 1] == [sum(code == "layers.invisible" for _, code, _ in found(layers)) for layers in hidden]
    assert [0, 0, 0, 0] == [sum(code == "layers.invisible" for _, code, _ in found(layers)) for layers in visible]


def test_another_input() -> None:
    """Of an input of another shape it is said that all shapes follow from it, where layers are the same."""
    assert (1, "layers.input", {"received": "(28, 28, 1)", "expected": "(32, 32, 3)"}) == found(HONEST, (28, 28, 1))[0]


def test_unknown_layers_lead_to_nothing() -> None:
    """Where shapes cannot be told nothing is computed from them."""
    assert {"layers.total", "layers.invisible"}.isdisjoint(code for _, code, _ in found((Layer("Mystery"), *HONEST)))


@pytest.mark.parametrize(("lang", "number"), [("en", "6,272"), ("ru", "6\u00a0272")])
def test_numbers_are_written_as_the_language_does(lang: str, number: str) -> None:
    """Thousands are grouped, and no value is missing."""
    both = Comparison(EXPECTED, Network(changed(0, padding="valid"), (32, 32, 3)))
    told = [consequences.told(reason, lang) for reason in consequences.of(both)[0]]

    assert number in told[1]
    assert not any("?" in sentence or "{" in sentence for sentence in told)


@pytest.mark.parametrize("lang", messages.LANGUAGES)
def test_hostile_activation(lang: str) -> None:
    """What an activation is called cannot move a cursor."""
    both = Comparison(EXPECTED, Network(changed(2, activation={"custom": "\x1b[2Jx\u202e"}), (32, 32, 3)))
    told = " ".join(consequences.told(reason, lang) for reason in consequences.of(both)[2])

    assert "x\ufffd" in told and "\x1b" not in told
