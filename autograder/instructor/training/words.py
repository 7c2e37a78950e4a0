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
        return messages.catalogue(f"pictures_{self.lang}")["pictures"][key].format_map(params)

    def number(self, value: float, _: float | None = None) -> str:
        """A number with at most six digits; the second argument is what matplotlib gives a formatter of ticks."""
        return self._local(f"{round(value, 9):.6g}")  # ticks are sums of steps: 0.30000000000000004

    def percent(self, share: float, decimals: int = 1) -> str:
        """A share as a percentage with so many decimals."""
        return self._local(f"{100 * share:.{decimals}f}") + self._sign()

    def percent_tick(self, share: float, _: float | None = None) -> str:
        """A share as a percentage with the decimals it needs."""
        return self.number(100 * share) + self._sign()

    def _sign(self) -> str:
        return "\N{NO-BREAK SPACE}%" if self.lang == "ru" else "%"

    def _local(self, text: str) -> str:
        return text.replace(".", ",") if self.lang == "ru" else text
