"""Calls that may be refused."""

from collections.abc import Callable
from typing import Any

from autograder.errors import ConvmarkError


def attempt(call: Callable[..., Any], *arguments: Any) -> Any:
    """What a call returns, or the error of ours that it raises; any other error is a failure of the test."""
    try:
        return call(*arguments)
    except ConvmarkError as error:
        return error
