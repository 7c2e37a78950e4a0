"""What differences lead to: numbers that follow from the layers, and sentences in two languages."""

from dataclasses import replace

import numpy as np
import pytest

from autograder import consequences, messages
from autograder.comparison import Comparison
from autograder.network import BUILDABLE, FAMILIES, Layer, Network, canonical
from autograder.verdict import Reason
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


@pytest.mark.parametrize(("lang", "told"), [("en", "another layer differs by itself (row 3)."), ("ru", "(строка 3).")])
def test_one_more_difference_is_told_in_the_singular(lang: str, told: str) -> None:
    """Where a single layer further down differs by itself, its row is no list of rows."""
    (only,) = [params for _, code, params in found(changed(*VALID[:2], padding="valid")) if code == "layers.another"]

    assert consequences.told(Reason("layers.another", only), lang).endswith(told)


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


# For each argument that a description can have: values that differ from the lab's, and the code that tells what follows.
DIFFERENCES: dict[str, list[tuple[object, str]]] = {
    "activation": [("linear", "layers.linear"), ("gelu", "layers.activation"), ({"custom": "f"}, "layers.activation")],
    "use_bias": [(False, "layers.no_bias")],
    "kernel_constraint": [
        ({"max_norm": 2.0, "axis": [0]}, "layers.limit"),
        ({"max_norm": 3.0, "axis": [1]}, "layers.axes"),
        ({"class": "NonNeg"}, "layers.constraint"),
        (None, "layers.unbounded"),
    ],
    "bias_constraint": [({"class": "NonNeg"}, "layers.bias_bounded"), ({"max_norm": 3.0, "axis": [0]}, "layers.bias_bounded")],
    "regularizer": [("L2", "layers.penalty")],
    "kernel_initializer": [("Zeros", "layers.constant"), ("Constant", "layers.constant")],
    "data_format": [("channels_first", "layers.data_format")],
    "filters": [(48, "layers.filters")],
    "kernel_size": [([5, 5], "layers.kernel")],
    "strides": [([3, 3], "layers.window")],
    "dilation_rate": [([2, 2], "layers.dilation")],
    "groups": [(2, "layers.groups")],
    "padding": [("valid", "layers.valid")],
    "units": [(7, "layers.units")],
    "pool_size": [([3, 3], "layers.window"), ([4, 4], "layers.window")],
    "rate": [(0.3, "layers.rate")],
    "shared": [(True, "layers.shared")],
    "dtype": [("mixed_float16", "layers.precision"), ("float64", "layers.precision"), ("int8", "layers.dtype")],
}
# Of these layers the same change means something else, or nothing, and why.
ELSEWHERE = {
    ("Flatten", "data_format"): "the order of the values that it passes on is one that the next layer learns anyway",
    ("MaxPooling2D", "padding"): "the window divides the image, so nothing is padded",
}


def test_every_argument_has_a_consequence() -> None:
    """Whatever a description says of a layer of the lab, another value of it leads to a sentence of its own."""
    seen = set()
    for place, layer in enumerate(HONEST):
        for key in [*layer.args, "dtype"]:
            for value, code in DIFFERENCES[key]:
                if (layer.kind, key) in ELSEWHERE:
                    continue
                wanted = layer.args.get("kernel_constraint")
                bound = {"layers.constraint": "layers.constraint_extra", "layers.limit": "layers.bounded"}
                codes = {code} if wanted or key != "kernel_constraint" else {bound.get(code, "layers.bounded")}
                codes = {"layers.no_softmax"} if key == "activation" and place == len(HONEST) - 1 else codes
                if (key == "groups" and place == 0) or (key == "kernel_constraint" and value is wanted is None):
                    continue  # three channels are no two groups; no constraint is what is asked for here

                told = found(changed(place, **{key: value}))
                assert codes <= {name for row, name, _ in told if row == place + 1}, (layer.kind, key, value, told)
                seen.add(key)
    assert seen == set(DIFFERENCES)


@pytest.mark.parametrize(("kind", "key"), ELSEWHERE)
def test_what_has_no_consequence_is_no_difference(kind: str, key: str) -> None:
    """Arguments that are listed as leading to nothing do not make a row of the table differ either."""
    place = next(place for place, layer in enumerate(HONEST) if layer.kind == kind)
    value = "same" if key == "padding" else DIFFERENCES[key][0][0]
    both = Comparison(EXPECTED, Network(changed(place, **{key: value}), (32, 32, 3)))

    assert all(row["same"] for row in both.table())
    assert [] == found(changed(place, **{key: value}))


def test_other_initializers_are_no_difference() -> None:
    """Weights that begin otherwise, but not all equal, are as good as the default."""
    assert [] == found(changed(0, kernel_initializer="HeNormal"))


@pytest.mark.parametrize("place", range(len(HONEST)))
def test_frozen(place: int) -> None:
    """Weights that are not trained are told of; a layer without weights has none to train."""
    layers = (*HONEST[:place], replace(HONEST[place], trainable=False), *HONEST[place + 1 :])
    expected = [(place + 1, "layers.frozen")] if HONEST[place].kind in {"Conv2D", "Dense"} else []

    assert expected == [(row, code) for row, code, _ in found(layers)]
    assert (not expected) == all(row["same"] for row in Comparison(EXPECTED, Network(layers, (32, 32, 3))).table())


KINDS = sorted({*FAMILIES, *BUILDABLE, "BatchNormalization", "LSTM"})


def stranger(kind: str) -> Layer:
    """A layer of any class, with the arguments of one of the lab's layers that is like it."""
    if kind == "ZeroPadding2D":
        return Layer(kind, {"padding": [[1, 1], [1, 1]], "data_format": "channels_last"})
    family = Layer(kind).family
    like = next((layer for layer in HONEST if layer.kind == kind), None)
    like = like or next((layer for layer in HONEST if layer.family == family), None)
    return Layer(kind, like.args if like else {"activation": "tanh"} if kind == "Activation" else {})


@pytest.mark.parametrize("place", range(len(HONEST)))
def test_every_layer_that_is_missing_extra_or_another_has_a_consequence(place: int) -> None:
    """The first row of the table that differs always says what that leads to, whatever stands there."""
    networks = [without(place)]
    for kind in KINDS:
        networks += [
            (*HONEST[:place], stranger(kind), *HONEST[place:]),
            (*HONEST[:place], stranger(kind), *HONEST[place + 1 :]),
        ]
    for layers in networks:
        both = Comparison(EXPECTED, Network(layers, (32, 32, 3)))
        told = zip(both.table(), consequences.of(both), strict=True)
        first = next((reasons for row, reasons in told if not row["same"]), None)

        general = {"layers.another", "layers.others", "layers.total", "layers.invisible", "layers.flatten", "layers.dense"}
        assert first is None or not {reason.code for reason in first} <= general, layers


def test_max_norm_without_a_bound() -> None:
    """A max-norm of None bounds nothing, as no max-norm does."""
    bound = {"class": "MaxNorm", "bound": "None"}

    assert found(changed(2, kernel_constraint=None))[0] == found(changed(2, kernel_constraint=bound))[0]
    assert (3, "layers.unbounded") == found(changed(2, kernel_constraint=bound))[0][:2]


def test_max_norm_along_another_axis() -> None:
    """How many norms there are and over how many weights follows from the kernel's shape, for negative axes too."""
    axes = {"axis": "-1", "expected_axis": "0"}

    assert (
        3,
        "layers.axes",
        axes | {"norms": 3 * 3 * 32, "received": 64, "expected_norms": 3 * 32 * 64, "expected": 3},
    ) == found(changed(2, kernel_constraint={"max_norm": 3.0, "axis": [-1]}))[0]
    assert (
        9,
        "layers.axes",
        axes | {"norms": 8192, "received": 512, "expected_norms": 512, "expected": 8192},
    ) == found(changed(8, kernel_constraint={"max_norm": 3.0, "axis": [-1]}))[0]
    assert [] == found(changed(2, kernel_constraint={"max_norm": 3.0, "axis": [0, 1, 2]}))


@pytest.mark.parametrize(("dtype", "kind"), [("mixed_float16", np.float16), ("float64", np.float64)])
def test_precision(dtype: str, kind: type) -> None:
    """How far the next number after 1 is away is what numpy says."""
    params = found(changed(4, dtype=dtype))[0][2]

    assert (pytest.approx(np.finfo(kind).eps, rel=0.02), pytest.approx(np.finfo(np.float32).eps, rel=0.02)) == (
        params["step"],
        params["expected"],
    )


@pytest.mark.parametrize("lang", messages.LANGUAGES)
def test_every_consequence_can_be_told(lang: str) -> None:
    """Each code of the catalogue is reached by a difference, but for what none of the lab's layers can show, and is told."""
    networks = [without(place) for place in range(len(HONEST))]
    networks += [(*HONEST[:place], stranger(kind), *HONEST[place:]) for kind in KINDS for place in range(len(HONEST))]
    networks += [(*HONEST[:place], stranger(kind), *HONEST[place + 1 :]) for kind in KINDS for place in range(len(HONEST))]
    for place, layer in enumerate(HONEST):
        values = [(key, value) for key in [*layer.args, "dtype"] for value, _ in DIFFERENCES[key]]
        networks += [changed(place, **{key: value}) for key, value in values if (key, place) != ("groups", 0)]
    networks += [changed(2, activation="sigmoid"), changed(2, activation="tanh"), changed(*VALID, padding="valid")]
    networks += [changed(3, pool_size=[3, 3], padding="same"), (replace(HONEST[0], trainable=False), *HONEST[1:])]
    networks.append((*HONEST[:3], AVERAGE.has(pool_size=[4, 4], strides=[4, 4]), *HONEST[4:]))
    told: dict[str, str] = {}
    for layers in networks:
        for reasons in consequences.of(Comparison(EXPECTED, Network(layers, (32, 32, 3)))):
            told |= {reason.code: consequences.told(reason, lang) for reason in reasons}
    known = {code for code in messages.catalogue(lang) if code.startswith("layers.")}

    elsewhere = {"layers.input", "layers.biases", "layers.argument"}  # for other inputs, other labs, new arguments
    assert elsewhere == known - set(told)
    assert {} == {code: sentence for code, sentence in told.items() if "{" in sentence or "?" in sentence}


def test_biases_that_another_lab_does_not_have() -> None:
    """Where the lab's layer has no biases, those of a submission are told of."""
    expected = Network(changed(8, use_bias=False), (32, 32, 3))
    (reasons,) = filter(None, consequences.of(Comparison(expected, Network(HONEST, (32, 32, 3)))))

    assert Reason("layers.biases", {"parameters": 4_194_816, "expected_parameters": 4_194_304, "biases": 512}) == reasons[0]


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
