"""Errors of code for Keras 2: what it asked for is called otherwise now."""

import importlib

import pytest

from autograder import keras2


@pytest.mark.parametrize(
    ("message", "module", "instead"),
    [
        ("No module named 'keras.layers.convolutional'", "keras.layers.convolutional", "keras.layers"),
        ("No module named 'tensorflow.keras.layers.convolutional.conv2d'", "keras.layers.convolutional", "keras.layers"),
        ("No module named 'tensorflow.python.keras.engine'", "keras.engine", "keras"),
        ("cannot import name 'np_utils' from 'keras.utils' (/usr/lib/x.py)", "keras.utils.np_utils", "keras.utils"),
        ("`keras.optimizers.legacy` is not supported in Keras 3. When", "keras.optimizers.legacy", "keras.optimizers"),
    ],
)
def test_moved(message: str, module: str, instead: str) -> None:
    """Whatever form the error has, the module that is gone and the one that is there are told."""
    assert {"module": module, "instead": instead} == keras2.moved(message)


@pytest.mark.parametrize(
    "message",
    ["", "No module named 'sklearn'", "No module named 'keras.layers.convolution'", "cannot import name 'x' from 'keras.utils'"],
)
def test_other_errors(message: str) -> None:
    """Any other import is left to its own message."""
    assert keras2.moved(message) is None


@pytest.mark.parametrize("module", sorted(set(keras2.MOVED.values())))
def test_what_is_named_instead_is_there(module: str) -> None:
    """A module that a student is sent to can be imported with the Keras of today; those that moved cannot."""
    assert importlib.import_module(module)
    for gone, instead in keras2.MOVED.items():
        if instead == module and gone != "keras.optimizers.legacy":  # whose import Keras answers with a sentence
            with pytest.raises(ModuleNotFoundError):
                importlib.import_module(gone)


def test_lr() -> None:
    """Keras' own words about `lr` are known; another argument is not taken for it."""
    import keras

    with pytest.raises(ValueError, match="not recognized") as caught:
        keras.optimizers.SGD(lr=0.01)
    assert keras2.is_lr(str(caught.value))
    with pytest.raises(ValueError, match="not recognized") as caught:
        keras.optimizers.SGD(rate=0.01)
    assert not keras2.is_lr(str(caught.value))
