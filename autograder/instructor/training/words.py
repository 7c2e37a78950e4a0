"""Words and numbers in the pictures of a training, as English and Russian write them."""

from dataclasses import dataclass
from typing import Any

from autograder import messages


@dataclass(frozen=True)
class Words:
    """The pictures' catalogue in one language, ``en`` or ``ru``."""

    lang: str

    def say(self, key: str, **params: Any) -> str:
        """The phrase *key* with its values filled in.

        Raises:
            KeyError: the catalogue does not have it, or a value is missing.
        """
        return messages.phrases("pictures", self.lang)[key].format_map(params)

    def number(self, value: float, _: float | None = None) -> str:
        """A number with at most six digits; the second argument is what matplotlib gives a formatter of ticks."""
        return messages.local(self.lang, _short(value))

    def percent(self, share: float, decimals: int = 1) -> str:
        """A share as a percentage with so many decimals."""
        return messages.percent(self.lang, share, decimals)

    def percent_tick(self, share: float, _: float | None = None) -> str:
        """A share as a percentage with the decimals it needs."""
        return messages.percentage(self.lang, _short(100 * share))


def _short(value: float) -> str:
    return f"{round(value, 9):.6g}"  # ticks are sums of steps: 0.30000000000000004
