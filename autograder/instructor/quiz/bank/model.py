"""A bank of questions as data: what its files say, in every language, with the lines where they say it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

TYPES = ("single", "multi", "truefalse", "numeric", "short", "match", "cloze", "essay")
CHOICES = ("single", "multi", "truefalse")  # types whose options a student ticks
DIFFICULTIES = {"easy": 0.85, "medium": 0.65, "hard": 0.45}  # and the share of right answers that is aimed at
BLOOM = ("remember", "understand", "apply", "analyze", "evaluate", "create")
RELEASES = ("exam", "practice")
LANGUAGES = ("ru", "en")
Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Problem:
    """Something in a file of the bank that has to be mended, or looked at."""

    code: str
    file: str
    line: int
    message: str
    severity: Severity = "error"


@dataclass(frozen=True)
class Option:
    """An option to tick, an accepted or a wrong short answer, or a numeric key or trap."""

    id: str
    correct: bool
    text: str
    feedback: str
    line: int


@dataclass(frozen=True)
class Pair:
    """A row to match; one without a left side is a distractor."""

    left: str
    right: str
    line: int


@dataclass(frozen=True)
class Criterion:
    """A row of a rubric."""

    id: str
    points: float
    text: str
    line: int


@dataclass(frozen=True)
class Wording:
    """An item in one language. Templates in its texts are not filled in yet."""

    lang: str
    line: int
    stem: str
    options: tuple[Option, ...] = ()
    pairs: tuple[Pair, ...] = ()
    heads: tuple[str, str] = ("", "")
    rubric: tuple[Criterion, ...] = ()
    model_answer: str = ""
    hint: str = ""
    explanation: str = ""

    def texts(self) -> Iterator[str]:
        """Every text that a student may see, the key's included."""
        yield from (self.stem, self.hint, self.explanation, self.model_answer, *self.heads)
        for option in self.options:
            yield from (option.text, option.feedback)
        for pair in self.pairs:
            yield from (pair.left, pair.right)
        for criterion in self.rubric:
            yield criterion.text


@dataclass(frozen=True)
class Item:
    """A question. ``params`` and ``let`` are values and expressions by name, as they stand in the file.

    ``enemies`` are items that give away the answer of this one, or whose answer this one gives away: no student gets both.
    Once values are filled in, ``values`` are those of the parameters, and ``variant`` counts the fixed variants from 1.
    """

    id: str
    file: str
    line: int
    type: str
    topic: str
    difficulty: str
    bloom: str
    points: float
    version: int
    source: str = ""
    scoring: str = "partial"
    shuffle: bool = True
    release: str = "exam"
    words: tuple[int, int] = (0, 0)
    params: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    where: str = ""
    let: Mapping[str, str] = field(default_factory=dict)
    variants: int = 1
    enemies: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    variant: int = 0
    wordings: Mapping[str, Wording] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What the item is called in other systems: its id, and the number of the variant where there are several."""
        return f"{self.id}.v{self.variant:02}" if self.variant else self.id

    @property
    def is_template(self) -> bool:
        """Whether its texts have values to be filled in."""
        return bool(self.params or self.let)

    @property
    def first(self) -> Wording:
        """The item in the first of its languages; without a text if it has none."""
        return next(iter(self.wordings.values()), Wording("", self.line, ""))

    def problem(self, code: str, message: str, line: int | None = None, severity: Severity = "error") -> Problem:
        """A problem of this item, in the line of its heading if no other is named."""
        return Problem(code, self.file, self.line if line is None else line, f"{self.id}: {message}", severity)


@dataclass(frozen=True)
class Bank:
    """All items, in the order of the files and of their sections.

    ``topics`` are titles by topic and language, as far as the files have them.
    """

    id: str
    title: Mapping[str, str]
    languages: tuple[str, ...]
    license: str
    items: tuple[Item, ...]
    topics: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def item(self, name: str) -> Item:
        """The item of that id.

        Raises:
            KeyError: there is none.
        """
        return {item.id: item for item in self.items}[name]
