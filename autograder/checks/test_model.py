"""What ``build_model`` must return: the lab's network, layer by layer, judged by its mathematics."""

from collections.abc import Callable, Iterator
from functools import wraps
from itertools import takewhile
from typing import Any

import pytest

from autograder.comparison import Comparison, Pair, constant, same_constraint
from autograder.errors import CheckFailed, NotReached
from autograder.network import Layer, Network, show, written_axes
from autograder.observed import Observed

DEFAULT_BOUND = 2  # of Keras' MaxNorm()


def _both(pairs: list[Pair]) -> Iterator[tuple[Pair, Layer, Layer]]:
    """Matched pairs with both layers."""
    for pair in pairs:
        if pair.expected is not None and pair.received is not None:
            yield pair, pair.expected, pair.received


def _fail(code: str, pair: Pair, **params: Any) -> CheckFailed:
    """A failure that names the row and shows both layers."""
    shown: dict[str, Any] = {
        "row": pair.row,
        "expected_layer": show(pair.expected) if pair.expected else "–",
        "received_layer": show(pair.received)[:200] if pair.received else "–",
    }
    return CheckFailed(code, **shown | params)


def _rows(mistakes: Callable[[Comparison], Iterator[CheckFailed]]) -> Callable[[Comparison], None]:
    """The check that raises the first of these mistakes, which names the rows of the others of its kind."""

    @wraps(mistakes)
    def check(network: Comparison) -> None:
        found: list[CheckFailed] = []
        try:
            for mistake in mistakes(network):
                found += [mistake]  # one by one: they stay where a later row cannot be judged
        except NotReached:
            if not found:
                raise
        if found:
            raise _with_rows(found[0], [each.params["row"] for each in found[1:] if each.code == found[0].code])

    return check


def _with_rows(mistake: CheckFailed, rows: list[int]) -> CheckFailed:
    """The mistake with other rows that have it too."""
    mistake.params |= {"also": rows} if rows else {}
    return mistake


def _text(value: Any) -> str:
    return "x".join(map(str, value)) if isinstance(value, list) else str(value)


def test_returns(observed: Observed) -> None:
    """build_model returns a Keras model."""
    assert observed.model


@pytest.mark.needs("model.returns")
def test_honest(observed: Observed) -> None:
    """The network consists of Keras layers and computes what they say."""
    observed.demand_honesty()


def _reordered(network: Comparison) -> bool:
    expected = sorted(layer.family for layer in network.expected.layers)
    return expected == sorted(layer.family for layer in network.received.layers)


def _unfinished(network: Comparison, gaps: list[Pair]) -> bool:
    """Whether the network is the table's up to a row, and several layers after it are not there yet."""
    return 1 < len(gaps) < len(network.pairs) and gaps == list(network.pairs[-len(gaps) :]) and gaps[-1].received is None


def _standing(network: Comparison, gap: Pair) -> dict[str, str]:
    """The layers that stand at the place of a gap, which is paired with nothing itself."""
    before = list(takewhile(lambda pair: pair is not gap, network.pairs))
    wanted = network.expected.layers[gap.row - 1 : gap.row]
    found = network.received.layers[sum(pair.received is not None for pair in before) :][:1]
    layers = {"expected_layer": wanted, "received_layer": found}
    return {name: show(here[0])[:200] for name, here in layers.items() if here}


@pytest.mark.needs("model.honest")
def test_layers(network: Comparison) -> None:
    """The layers of the table stand in the right order, none missing, none too many."""
    gaps = [pair for pair in network.pairs if not pair.matched]
    replaced = [
        pair for pair, wanted, found in _both(list(network.pairs)) if wanted.kind != found.kind and wanted.family == "flatten"
    ]
    if not gaps and not replaced:
        return
    first = (gaps or replaced)[0]
    counts = {"count": len(network.received.layers), "expected_count": len(network.expected.layers), "gaps": len(gaps)}
    if replaced and not gaps:
        raise _fail("model.layers.replaced", first)
    if _reordered(network):
        raise _fail("model.layers.order", first, **counts, **_standing(network, first))
    if _unfinished(network, gaps):
        raise _fail("model.layers.unfinished", first, last=first.row - 1, **counts)
    if len(gaps) > 3:
        raise _fail("model.layers.many", first, **counts)
    alike = [pair.row for pair in gaps[1:] if (pair.received is None) == (first.received is None)]
    raise _with_rows(_fail("model.layers.missing" if first.received is None else "model.layers.extra", first, **counts), alike)


@pytest.mark.needs("model.honest")
def test_input(network: Comparison) -> None:
    """The input is an image of the data set, and convolutions take it."""
    network.of("convolution")
    received, expected = network.received.input, network.expected.input
    if received is None:
        raise CheckFailed("model.input.unknown", expected=str(expected))
    if received != expected:
        raise CheckFailed("model.input.wrong", expected=str(expected), received=str(received))


@pytest.mark.needs("model.honest")
@_rows
def test_filters(network: Comparison) -> Iterator[CheckFailed]:
    """Convolutions have the right number of filters of the right size."""
    for pair, expected, received in _both(network.of("convolution")):
        if received.kind != expected.kind:
            yield _fail("model.filters.kind", pair)
            continue
        for key in ("filters", "kernel_size"):
            if received.args[key] != expected.args[key]:
                values = {"expected": _text(expected.args[key]), "received": _text(received.args[key])}
                yield _fail(f"model.filters.{key}", pair, **values)


@pytest.mark.needs("model.honest")
@_rows
def test_padding(network: Comparison) -> Iterator[CheckFailed]:
    """Convolutions have the right padding, stride 1 and no dilation unless the lab says otherwise."""
    shapes = network.received.shapes()
    for pair, expected, received in _of_one_kind(network.of("convolution")):
        shape = shapes[(pair.received_row or 1) - 1]
        size = "x".join(map(str, shape[:2])) if shape else "?"
        for key in ("padding", "strides", "dilation_rate", "groups"):
            if received.args[key] != expected.args[key]:
                values = {"expected": _text(expected.args[key]), "received": _text(received.args[key])}
                yield _fail(f"model.padding.{key}", pair, size=size, **values)
        if received.args["data_format"] != "channels_last":
            yield _fail("model.padding.data_format", pair)


def _of_one_kind(pairs: list[Pair]) -> Iterator[tuple[Pair, Layer, Layer]]:
    """Matched pairs whose layers are of the same class.

    Raises:
        NotReached: one of them is another kind of layer, which is the business of the check of filters.
    """
    for pair, expected, received in _both(pairs):
        if received.kind != expected.kind:
            raise NotReached("model.filters")
        yield pair, expected, received


@pytest.mark.needs("model.honest")
@_rows
def test_activations(network: Comparison) -> Iterator[CheckFailed]:
    """Convolutions and dense layers have the right activations, softmax after the last."""
    for pair, expected, received in _of_one_kind(network.of("convolution", "Dense")):
        wanted, found = expected.args["activation"], received.args.get("activation", "linear")
        if found == wanted:
            continue
        if not isinstance(found, str):
            yield _fail("model.activations.own", pair, expected=wanted, received=found.get("custom", ""))
        elif found == "linear":
            yield _fail(
                "model.activations.no_softmax" if wanted == "softmax" else "model.activations.none", pair, expected=wanted
            )
        else:
            yield _fail("model.activations.wrong", pair, expected=wanted, received=found)


@pytest.mark.needs("model.honest")
@_rows
def test_pooling(network: Comparison) -> Iterator[CheckFailed]:
    """Pooling takes the maximum of windows of the right size and stride."""
    for pair, expected, received in _both(network.of("pooling")):
        if received.kind != expected.kind:
            yield _fail("model.pooling.kind", pair)
            continue
        for key in ("pool_size", "strides"):
            if received.args[key] != expected.args[key]:
                values = {"expected": _text(expected.args[key]), "received": _text(received.args[key])}
                yield _fail(f"model.pooling.{key}", pair, **values)
        if received.args["data_format"] != "channels_last":
            yield _fail("model.pooling.data_format", pair)


@pytest.mark.needs("model.honest")
@_rows
def test_dropout(network: Comparison) -> Iterator[CheckFailed]:
    """Dropout switches off the stated share of units."""
    for pair, expected, received in _both(network.of("noise")):
        if received.kind != expected.kind:
            yield _fail("model.dropout.kind", pair)
            continue
        wanted, found = expected.args["rate"], received.args["rate"]
        if received.args["shared"]:
            yield _fail("model.dropout.shared", pair)
        if abs(wanted - found) > 1e-6:
            kept = abs(1 - wanted - found) < 1e-6
            code = "model.dropout.kept" if kept else "model.dropout.rate"
            yield _fail(code, pair, expected=f"{wanted:g}", received=f"{found:g}")


def _constraint_mistake(expected: Layer, received: Layer) -> str | None:
    """The code of what is wrong with the constraints and penalties of a layer, if anything is."""
    if received.args.get("regularizer"):
        return "model.max_norm.regularizer"
    if received.args.get("bias_constraint"):
        return "model.max_norm.bias"
    if same_constraint(expected, received):
        return None
    wanted, found = expected.args["kernel_constraint"], received.args.get("kernel_constraint")
    if not found:
        return "model.max_norm.missing"
    if not wanted:
        return "model.max_norm.extra"
    if "max_norm" not in found:
        return "model.max_norm.unbounded" if "bound" in found else "model.max_norm.kind"
    if found["max_norm"] == wanted["max_norm"]:
        return "model.max_norm.axis"
    return "model.max_norm.default" if found["max_norm"] == DEFAULT_BOUND else "model.max_norm.value"


@pytest.mark.needs("model.honest")
@_rows
def test_max_norm(network: Comparison) -> Iterator[CheckFailed]:
    """The right layers have max-norm with the right bound, no other layer a constraint or penalty."""
    for pair, expected, received in _of_one_kind(network.of("convolution", "Dense")):
        code = _constraint_mistake(expected, received)
        if code is None:
            continue
        found = received.args.get("kernel_constraint") or {}
        wanted = expected.args.get("kernel_constraint") or {}
        values = {
            "expected": f"{wanted.get('max_norm', 0):g}",
            "received": f"{found['max_norm']:g}" if "max_norm" in found else found.get("bound", found.get("class", "–")),
            "axis": written_axes(found.get("axis", [])),
            "penalty": received.args.get("regularizer") or "–",
        }
        yield _fail(code, pair, **values)


@pytest.mark.needs("model.honest")
@_rows
def test_units(network: Comparison) -> Iterator[CheckFailed]:
    """Dense layers have the right number of units."""
    for pair, expected, received in _both(network.of("Dense")):
        if received.args["units"] != expected.args["units"]:
            last = pair.expected is network.expected.layers[-1]
            code = "model.units.classes" if last else "model.units.wrong"
            yield _fail(code, pair, expected=expected.args["units"], received=received.args["units"])


def _parameters(network: Network) -> str:
    count = network.parameters()
    return "?" if count is None else f"{count:,}".replace(",", " ")


@pytest.mark.needs("model.honest")
@_rows
def test_trainable(network: Comparison) -> Iterator[CheckFailed]:
    """All weights and biases are there, in float32, and are trained."""
    for pair, _, received in _of_one_kind(network.of("convolution", "Dense")):
        if not received.trainable:
            yield _fail("model.trainable.frozen", pair)
        if not received.args.get("use_bias", True):
            values = {"expected": _parameters(network.expected), "received": _parameters(network.received)}
            yield _fail("model.trainable.no_bias", pair, **values)
        if constant(received):
            yield _fail("model.trainable.constant", pair, received=received.args["kernel_initializer"])
        if "dtype" in received.args:
            yield _fail("model.trainable.dtype", pair, received=received.args["dtype"])
