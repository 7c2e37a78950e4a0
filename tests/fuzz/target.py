"""What a target of the fuzzer is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

CORPUS = Path(__file__).parent / "corpus"


class Broken(AssertionError):
    """Something that must hold for every input does not."""


@dataclass(frozen=True)
class Target:
    """A reader: ``run`` reads one input, may use the folder, and says in a few words what came of it.

    Every exception that leaves ``run`` is a finding. ``modules`` are those whose lines guide the search; ``mutate``
    makes an input of one, borrowing from another. With ``tolerant``, a native crash is the business of a library.
    """

    name: str
    modules: Sequence[str]
    seeds: Callable[[], list[bytes]]
    mutate: Callable[[Random, bytes, bytes], bytes]
    run: Callable[[bytes, Path], list[str]]
    tolerant: bool = False
    renewed: Callable[[bytes], bytes] = bytes

    def corpus(self) -> list[bytes]:
        """The inputs kept in the repository, in order, each that once was a finding; of the version that is read now."""
        return [self.renewed(path.read_bytes()) for path in sorted((CORPUS / self.name).glob("*"))]
