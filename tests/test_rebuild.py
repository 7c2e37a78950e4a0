"""From a stranger's description to a network: the allow list and its bounds."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder import rebuild
from autograder.comparison import Comparison
from autograder.errors import ConvmarkError, SubmissionError
from autograder.network import Layer
from autograder.scheme import load
from tests.support.attempts import attempt
from tests.support.networks import chain, description, layers, rebuilt, reference
from tests.test_network import EXPECTED

REFERENCE = description(reference())
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.sampled_from([0, 1, 2, 3, -1, 2**31, 2**63])
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(
        ["", "same", "valid", "relu", "Conv2D", "Model", "InputLayer", "MaxNorm", "float32", "custom", "class", "\ud800"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["class", "config", "custom", "name", "layers", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)


def entry(kind: str, **config: Any) -> dict[str, Any]:
    """A layer as the probe describes it, the first one of its class in the lab's network or a bare one."""
    for found in REFERENCE["layers"]:
        if found["class"] == kind:
            return {**copy.deepcopy(found), "name": "x", "inbound": [], "config": found["config"] | config}
    return {
        "name": "x",
        "inbound": [],
        "class": kind,
        "config": config,
        "trainable": True,
        "dtype": "float32",
        "weights": [],
        "trained": 0,
    }


def of(*entries: dict[str, Any], **parts: Any) -> dict[str, Any]:
    """A model's description of these layers, in a chain."""
    linked: list[dict[str, Any]] = []
    previous: list[str] = []
    for number, item in enumerate(entries):
        linked.append(item | {"name": str(number), "inbound": previous})
        previous = [str(number)]
    return {"layers": linked, "input": [None, 32, 32, 3], "trainable": True, "weights": []} | parts


def test_reference() -> None:
    """The lab's network is rebuilt layer by layer, and nothing differs from what was expected."""
    network = rebuild.rebuild(json.loads(json.dumps(REFERENCE)))

    assert (32, 32, 3) == network.input
    assert all(layer.trainable for layer in network.layers)
    assert all(row["same"] for row in Comparison(EXPECTED, network).table())
    flat = [shape for shapes in network.weight_shapes() for shape in shapes or []]
    assert flat == rebuild.reported_weights(REFERENCE)


NUMBERS = [True, False, 0, -1, 2**24 + 1, 10**19, 1.0, "1", None, [], {}, [1]]
PAIRS = [
    None,
    3,
    "33",
    [],
    [3],
    [3, 3, 3],
    [3, True],
    [3, 0],
    [3, -1],
    [3, 4097],
    [3, 3.0],
    [3, "3"],
    [3, None],
    [[3], [3]],
    {"0": 3},
]
WORDS = [None, "", "SAME", "causal", 1, True, ["same"], {"same": 1}]
REFUSED: list[tuple[str, str, list[Any]]] = [
    ("Conv2D", "filters", NUMBERS),
    ("Conv2D", "kernel_size", PAIRS),
    ("Conv2D", "strides", PAIRS),
    ("Conv2D", "dilation_rate", PAIRS),
    ("Conv2D", "groups", [*NUMBERS, 3]),
    ("Conv2D", "padding", WORDS),
    ("Conv2D", "data_format", WORDS),
    ("Conv2D", "activation", [None, 1, True, ["relu"]]),
    ("Conv2D", "kernel_constraint", [1, True, "max_norm", ["MaxNorm"]]),
    ("Conv2D", "kernel_regularizer", [1, True, "l2", ["L2"], {}, {"class": ""}, {"class": 5}]),
    ("Conv2D", "bias_regularizer", ["l2", {}]),
    ("Conv2D", "activity_regularizer", ["l2", {}]),
    ("Conv2D", "bias_constraint", ["max_norm", 3]),
    ("Conv2D", "kernel_initializer", ["zeros", {}, {"custom": ""}]),
    ("Dense", "units", NUMBERS),
    ("Dense", "activation", [None, 1]),
    ("MaxPooling2D", "pool_size", PAIRS),
    ("MaxPooling2D", "strides", PAIRS),
    ("MaxPooling2D", "padding", WORDS),
    ("MaxPooling2D", "data_format", WORDS),
    ("AveragePooling2D", "pool_size", [None, 2]),
    ("Dropout", "rate", [None, "0.2", True, -0.1, 1e7, 10**19, [0.2], float("nan"), float("inf")]),
    ("Flatten", "data_format", WORDS),
    ("Activation", "activation", [None, 1, ["relu"]]),
    (
        "ZeroPadding2D",
        "padding",
        [None, 1, [1, 1], [[1, 1]], [[1, 1], [1]], [[1, 1], [1, -1]], [[1, 1], [1, True]], [[0, 0], [0, 4097]]],
    ),
]


@pytest.mark.parametrize(("kind", "key", "values"), REFUSED, ids=[f"{kind}.{key}" for kind, key, _ in REFUSED])
def test_every_argument_is_bounded(kind: str, key: str, values: list[Any]) -> None:
    """An argument that Keras would not have written is refused, and so is its absence."""
    for value in values:
        with pytest.raises(SubmissionError, match=r"model\.honest\.unreadable"):
            rebuild.rebuild(of(entry(kind, **{key: value})))


@pytest.mark.parametrize(("kind", "key"), [(kind, key) for kind, key, values in REFUSED if None in values])
def test_every_argument_is_needed(kind: str, key: str) -> None:
    """An argument that is missing is refused."""
    without = entry(kind)
    without["config"].pop(key, None)

    with pytest.raises(SubmissionError, match=r"model\.honest\.unreadable"):
        rebuild.rebuild(of(without))


def max_norm(**config: Any) -> dict[str, Any]:
    """A constraint as the probe describes it."""
    return {"class": "MaxNorm", "config": {"max_value": 3, "axis": 0} | config}


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        (None, None),
        (max_norm(), {"max_norm": 3.0, "axis": [0]}),
        (max_norm(axis=[2, 0, 1]), {"max_norm": 3.0, "axis": [0, 1, 2]}),
        (max_norm(axis=-2), {"max_norm": 3.0, "axis": [0]}),
        (max_norm(axis=None), {"max_norm": 3.0, "axis": [0, 1]}),
        (max_norm(max_value=None), {"class": "MaxNorm", "bound": "None"}),
        ({"class": "NonNeg", "config": {}}, {"class": "NonNeg"}),
        ({"custom": "MaxNorm"}, {"class": "MaxNorm"}),
        ({"class": "MaxNorm"}, {"class": "MaxNorm"}),
        ({"class": "MaxNorm", "config": 3}, {"class": "MaxNorm"}),
    ],
)
def test_constraints(constraint: Any, expected: Any) -> None:
    """A genuine max-norm keeps its value and axes, any other constraint its name alone."""
    network = rebuild.rebuild(of(entry("Dense", kernel_constraint=constraint)))

    assert expected == network.layers[0].args["kernel_constraint"]


@pytest.mark.parametrize(("axis", "expected"), [([-4, -3, -2], [0, 1, 2]), (-1, [3]), (None, [0, 1, 2, 3]), ([0, -4], [0])])
def test_axes_are_counted_from_the_front(axis: Any, expected: list[int]) -> None:
    """Axes from the end of a convolution's kernel are those from its front, and None is all of them."""
    network = rebuild.rebuild(of(entry("Conv2D", kernel_constraint=max_norm(axis=axis))))

    assert {"max_norm": 3.0, "axis": expected} == network.layers[0].args["kernel_constraint"]


@pytest.mark.parametrize(
    ("penalty", "expected"),
    [
        ({"class": "L2", "config": {"l2": 0.0}}, None),
        ({"class": "L1L2", "config": {"l1": 0.0, "l2": 0.01}}, "L1L2"),
        ({"class": "L2"}, "L2"),
        ({"custom": "L2", "config": {"l2": 0.0}}, "L2"),
        ({"class": "OrthogonalRegularizer", "config": {"factor": 0.0}}, "OrthogonalRegularizer"),
    ],
)
def test_penalties(penalty: dict[str, Any], expected: str | None) -> None:
    """Keras' own penalty with a factor of 0 is none; of any other the name is kept."""
    network = rebuild.rebuild(of(entry("Dense", kernel_regularizer=penalty)))

    assert expected == network.layers[0].args["regularizer"]


@pytest.mark.parametrize(
    "config",
    [
        {"max_value": True},
        {"max_value": "3"},
        {"max_value": -1},
        {"axis": "0"},
        {"axis": 0.0},
        {"axis": [[0]]},
        {"axis": 9},
    ],
)
def test_bounds_of_max_norm(config: dict[str, Any]) -> None:
    """A max-norm of other types or ranges is refused."""
    with pytest.raises(SubmissionError, match=r"model\.honest\.unreadable"):
        rebuild.rebuild(of(entry("Dense", kernel_constraint=max_norm(**config))))


def test_use_bias_must_be_true() -> None:
    """Only a true `use_bias` is a bias."""
    for value in (None, 1, "true", [True], False):
        assert rebuild.rebuild(of(entry("Dense", use_bias=value))).layers[0].args["use_bias"] is False


@pytest.mark.parametrize(
    ("kind", "config", "expected"),
    [
        ("ReLU", {"negative_slope": 0.0, "threshold": 0.0, "max_value": None}, Layer("Activation", {"activation": "relu"})),
        ("ReLU", {"negative_slope": 0.1, "threshold": 0.0, "max_value": None}, Layer("ReLU")),
        ("ReLU", {"negative_slope": 0.0, "threshold": 1.0, "max_value": None}, Layer("ReLU")),
        ("ReLU", {"negative_slope": 0.0, "threshold": 0.0, "max_value": 6.0}, Layer("ReLU")),
        ("ReLU", {"negative_slope": [], "threshold": "", "max_value": None}, Layer("ReLU")),
        ("ReLU", {}, Layer("ReLU")),
        ("Softmax", {"axis": -1}, Layer("Activation", {"activation": "softmax"})),
        ("Softmax", {"axis": 1}, Layer("Softmax")),
        ("Softmax", {}, Layer("Softmax")),
        ("Reshape", {"target_shape": [3072]}, Layer("Flatten")),
        ("Reshape", {"target_shape": [3, 1024]}, Layer("Reshape")),
        ("Reshape", {"target_shape": 3072}, Layer("Reshape")),
    ],
)
def test_layers_under_another_name(kind: str, config: dict[str, Any], expected: Layer) -> None:
    """A layer that is an activation or a flattening becomes that, and one that only resembles it does not."""
    found = rebuild.rebuild(of(entry(kind, **config))).layers[0]

    assert (expected.kind, expected.args.get("activation")) == (found.kind, found.args.get("activation"))


@pytest.mark.parametrize("kind", [None, "custom", 5, "", "os.system", "<b>", "a b", ["Conv2D"], {"class": "Conv2D"}, True])
def test_classes_that_are_none(kind: Any) -> None:
    """A class that is no plain name is a layer of the student's own."""
    with pytest.raises(SubmissionError, match=r"model\.honest\.custom"):
        rebuild.rebuild(of(entry("Dense") | {"class": kind}))


def test_unknown_class_is_kept_apart() -> None:
    """A Keras class that the lab does not know keeps its name, and none of its arguments."""
    found = rebuild.rebuild(of(entry("LSTM", units=5, evil="x"))).layers[0]

    assert Layer("LSTM", {}) == found


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ({"trainable": False}, False),
        ({"trainable": 1}, False),
        ({"trainable": None}, False),
        ({"trained": 1}, False),
        ({"trained": None}, False),
        ({"weights": None}, False),
        ({"weights": [[1], [2]]}, True),
        ({}, True),
    ],
)
def test_frozen_layers(part: dict[str, Any], expected: bool) -> None:
    """A layer is trained if it says so and all its weights are."""
    network = rebuild.rebuild(of(entry("Dense") | part))

    assert expected is network.layers[0].trainable


@pytest.mark.parametrize("freeze", ["model", "nested", "layer"])
def test_frozen_keras_models(freeze: str) -> None:
    """Freezing a model, a model within it or a layer of that freezes the layers below."""
    inner = chain(layers.Conv2D(2, 3))
    model = chain(inner, layers.Flatten(), layers.Dense(2))
    {"model": model, "nested": inner, "layer": inner.layers[0]}[freeze].trainable = False

    assert [False, freeze != "model", freeze != "model"] == [layer.trainable for layer in rebuilt(model).layers]


def test_dtype_is_kept() -> None:
    """Another number type is remembered, so that a check can say so."""
    assert "float16" == rebuild.rebuild(of(entry("Dense") | {"dtype": "float16"})).layers[0].args["dtype"]
    assert "None" == rebuild.rebuild(of(entry("Dense") | {"dtype": None})).layers[0].args["dtype"]


def branches() -> Any:
    """A network with a shortcut."""
    import keras

    image = keras.Input((32, 32, 3))
    left = layers.Conv2D(3, 3, padding="same")(image)
    return keras.Model(image, layers.Flatten()(layers.Add()([left, image])))


def shared() -> Any:
    """A network that uses a layer twice."""
    import keras

    image = keras.Input((32, 32, 3))
    conv = layers.Conv2D(3, 3, padding="same")
    return keras.Model(image, layers.Flatten()(conv(conv(image))))


def two_inputs() -> Any:
    """A network with two inputs."""
    import keras

    first, second = keras.Input((32, 32, 3)), keras.Input((32, 32, 3))
    return keras.Model([first, second], layers.Add()([first, second]))


def functional() -> Any:
    """A chain, written functionally."""
    import keras

    image = keras.Input((32, 32, 3))
    return keras.Model(image, layers.Dense(2)(layers.Flatten()(image)))


@pytest.mark.parametrize("model", [branches, shared, two_inputs])
def test_what_is_no_chain(model: Callable[[], Any]) -> None:
    """Branches, shared layers and several inputs are refused."""
    with pytest.raises(SubmissionError, match=r"model\.layers\.(branches|inputs)"):
        rebuilt(model())


def test_functional_chain() -> None:
    """A functional model that is a chain is the same as a Sequential one."""
    written = rebuilt(chain(layers.Flatten(), layers.Dense(2)))

    assert written == rebuilt(functional())


@pytest.mark.parametrize("value", [None, "Dense", {}, 5, [None], ["Dense"], [[]], [5]])
def test_layers_of_another_form(value: Any) -> None:
    """What is no list of tables is refused."""
    with pytest.raises(SubmissionError):
        rebuild.rebuild(of() | {"layers": value})


def test_too_many_layers() -> None:
    """The number of layers is bounded, however they are nested."""
    flat = [entry("Dropout")] * 201
    nested = of(*[entry("Dropout")] * 150)["layers"]
    model = {"class": "Model", "trainable": True, "layers": nested}

    for value in (of(*flat), of(model, model)):
        with pytest.raises(SubmissionError, match=r"model\.honest\.unreadable"):
            rebuild.rebuild(value)
    assert 200 == len(rebuild.rebuild(of(*flat[1:])).layers)
    assert 150 == len(rebuild.rebuild(of(model)).layers)


def test_too_deep_nesting() -> None:
    """Models within models within models are refused at some depth."""
    value = of(entry("Dense"))
    for _ in range(3):
        value = of({"class": "Model", "trainable": True, "layers": value["layers"]})
    assert 1 == len(rebuild.rebuild(value).layers)

    value = of({"class": "Model", "trainable": True, "layers": value["layers"]})
    with pytest.raises(SubmissionError):
        rebuild.rebuild(value)


@pytest.mark.parametrize(
    "shape",
    [
        "32",
        5,
        {},
        [],
        [None],
        [None, [32, 32, 3]],
        [None, 32, 32, True],
        [None, 0, 1],
        [None, 2**40],
        [1] * 7,
        [[None, 3], [None, 3]],
    ],
)
def test_inputs_of_another_form(shape: Any) -> None:
    """What is no shape of one input is refused."""
    with pytest.raises(SubmissionError):
        rebuild.rebuild(of(entry("Flatten"), input=shape))


@pytest.mark.parametrize("weights", [None, 5, "x", [5], [None], [[True]], [[-1]], [[1.0]], [[2**41]], [{}]])
def test_weights_of_another_form(weights: Any) -> None:
    """What is no list of shapes is refused."""
    with pytest.raises(SubmissionError):
        rebuild.reported_weights({"weights": weights})


def compared(value: dict[str, Any]) -> str:
    """The table of the network that *value* describes beside the expected one."""
    rebuild.reported_weights(value)
    comparison = Comparison(EXPECTED, rebuild.rebuild(value))
    comparison.of("convolution", "Dense", "noise", "pooling", "flatten")
    return json.dumps(comparison.table())


def harmless(value: dict[str, Any]) -> None:
    """Rebuild *value* and compare it with the expected network; only errors of ours may be raised."""
    found = attempt(compared, value)

    if isinstance(found, ConvmarkError):
        assert found.code in load().checks or found.code.startswith(("model.", "evidence."))
        assert all(len(str(item)) <= 500 for item in found.params.values())
    else:
        assert len(json.loads(found)) >= len(EXPECTED.layers)


@given(st.dictionaries(st.sampled_from(["layers", "input", "trainable", "weights"]), JSON))
@settings(max_examples=200, deadline=None)
def test_any_json(value: dict[str, Any]) -> None:
    """Whatever stands in the description, nothing but an error of ours is raised."""
    harmless(value)


PATHS = [
    (row, part)
    for row in range(len(REFERENCE["layers"]))
    for part in ("class", "config", "name", "inbound", "trainable", "dtype", "weights", "trained")
]
ARGUMENTS = [(row, key) for row, item in enumerate(REFERENCE["layers"]) for key in item["config"]]


@given(
    st.lists(st.tuples(st.sampled_from(PATHS), JSON), max_size=3),
    st.lists(st.tuples(st.sampled_from(ARGUMENTS), JSON), max_size=3),
    JSON,
)
@settings(max_examples=400, deadline=None)
def test_any_change_of_an_honest_description(
    parts: list[tuple[tuple[int, str], Any]], arguments: list[tuple[tuple[int, str], Any]], shape: Any
) -> None:
    """An honest description with arbitrary values at some places raises nothing but errors of ours."""
    value = copy.deepcopy(REFERENCE) | {"input": shape}
    for (row, key), item in arguments:
        value["layers"][row]["config"][key] = item
    harmless(value | {"input": REFERENCE["input"]})
    for (row, key), item in parts:
        value["layers"][row][key] = item
    harmless(value)
