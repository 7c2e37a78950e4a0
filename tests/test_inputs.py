"""Probe inputs: the same in the sandbox and in the checks, and telling."""

import numpy as np
import pytest

from autograder import inputs
from autograder.lab import IMAGE

SEEDS = (inputs.PUBLIC_SEED, 0, 1, 76630, 2**63 - 1)


@pytest.mark.parametrize("seed", SEEDS)
def test_cases_are_repeatable(seed: int) -> None:
    """The same seed gives the same arrays, which is what the checks rely on."""
    for first, second in zip(inputs.data_cases(seed), inputs.data_cases(seed), strict=True):
        assert first.x_train.tobytes() == second.x_train.tobytes()
        assert first.x_test.tobytes() == second.x_test.tobytes()
        assert first.y_train.tolist() == second.y_train.tolist()
        assert first.y_test.tolist() == second.y_test.tolist()


def test_seeds_differ() -> None:
    """Another seed gives other images, labels, inputs and weights."""
    first, second = inputs.data_cases(1)[0], inputs.data_cases(2)[0]

    assert first.x_train.tobytes() != second.x_train.tobytes()
    assert first.y_train.tolist() != second.y_train.tolist()
    assert inputs.model_inputs(1).tobytes() != inputs.model_inputs(2).tobytes()
    assert inputs.weight(1, 0, (3, 3)).tobytes() != inputs.weight(2, 0, (3, 3)).tobytes()


@pytest.mark.parametrize("seed", SEEDS)
def test_form(seed: int) -> None:
    """Images and labels have the form of `keras.datasets.cifar10.load_data`."""
    for case in inputs.data_cases(seed):
        for images, labels in ((case.x_train, case.y_train), (case.x_test, case.y_test)):
            assert {np.dtype(np.uint8)} == {images.dtype, labels.dtype}
            assert (len(images), *IMAGE) == images.shape
            assert (len(images), 1) == labels.shape


@pytest.mark.parametrize("seed", range(20))
def test_usual_case(seed: int) -> None:
    """The usual case uses the full range, and every class occurs."""
    usual, _ = inputs.data_cases(seed)

    assert set(range(10)) == set(usual.y_train.ravel().tolist())
    for images in (usual.x_train, usual.x_test):
        assert (0, 255) == (images.min(), images.max())
    assert 9 == usual.y_test.max()


@pytest.mark.parametrize("seed", range(20))
def test_edge_case(seed: int) -> None:
    """The maximum of the edge case differs from 255, and between its parts; its labels are the first few classes."""
    _, edge = inputs.data_cases(seed)

    assert edge.x_train.max() < edge.x_test.max() < 255
    assert min(edge.x_train.min(), edge.x_test.min()) > 0
    assert [0, 1, 2, 3] == sorted(edge.y_train.ravel())
    assert [0, 1, 2] == sorted(edge.y_test.ravel())


@pytest.mark.parametrize("seed", range(20))
def test_images_are_distinct(seed: int) -> None:
    """No image resembles another in its case as it does itself, so that another order is seen."""
    for case in inputs.data_cases(seed):
        for images in (case.x_train, case.x_test):
            likeness = np.corrcoef(images.reshape(len(images), -1).astype(float))
            np.fill_diagonal(likeness, 0)

            assert np.abs(likeness).max() < 0.9


def test_model_inputs() -> None:
    """Two images of the lab's shape in [0, 1)."""
    found = inputs.model_inputs(3)

    assert ((2, 32, 32, 3), np.dtype(np.float32)) == (found.shape, found.dtype)
    assert 0 <= found.min() < found.max() < 1


@pytest.mark.parametrize(
    ("shape", "limit"), [((3, 3, 8, 16), (6 / 72) ** 0.5), ((100, 7), 0.06**0.5), ((512,), 0.1), ((1,), 0.1), ((0, 4), 0.1)]
)
def test_weights(shape: tuple[int, ...], limit: float) -> None:
    """Weights fill the He-uniform interval of their shape, biases a small one, and an empty shape is no error."""
    found = inputs.weight(5, 2, shape)

    assert (shape, np.dtype(np.float32)) == (found.shape, found.dtype)
    assert bool(np.all(np.abs(found) <= limit * 1.0001))
    assert found.size < 500 or np.abs(found).max() > 0.95 * limit


def test_weights_of_one_network_differ() -> None:
    """Two weights of the same shape in one network have other values."""
    assert inputs.weight(1, 0, (4, 4)).tolist() != inputs.weight(1, 1, (4, 4)).tolist()
