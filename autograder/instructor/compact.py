"""Sequences that hold little: values kept as bytes, and values made when they are asked for."""

import pickle
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar, overload

S = TypeVar("S")
T = TypeVar("T")


class Packed(Sequence[T]):
    """Values of ours, kept pickled: a fraction of what they take as objects. Each access makes a new copy."""

    def __init__(self, values: Iterable[T] = ()) -> None:
        self._packed = [pickle.dumps(value, pickle.HIGHEST_PROTOCOL) for value in values]

    def append(self, value: T) -> None:
        """Add a value at the end."""
        self._packed.append(pickle.dumps(value, pickle.HIGHEST_PROTOCOL))

    def sort(self, key: Callable[[T], Any]) -> None:
        """Put the values in order."""
        self._packed.sort(key=lambda packed: key(_unpacked(packed)))

    def __len__(self) -> int:
        return len(self._packed)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        if isinstance(index, slice):
            return [_unpacked(packed) for packed in self._packed[index]]
        value: T = _unpacked(self._packed[index])
        return value


def _unpacked(packed: bytes) -> Any:
    return pickle.loads(packed)  # noqa: S301 - packed in this process


class Mapped(Sequence[T], Generic[S, T]):
    """What *function* makes of each of *items*, made anew whenever it is asked for."""

    def __init__(self, function: Callable[[S], T], items: Sequence[S]) -> None:
        self._function, self._items = function, items

    def __len__(self) -> int:
        return len(self._items)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        if isinstance(index, slice):
            return Mapped(self._function, self._items[index])
        return self._function(self._items[index])
