"""What the cells of a quiz's notebook do by themselves: their source is copied there, and needs nothing but Python.

The ``read_…`` functions say whether an answer has the form that is asked for. They stand where students see them, and
whoever grades reads answers with them too. The ``judge_…`` functions compare with a key, as `marking` does, and stand
among the hidden tests with it. An answer that was read is a list of texts; of an unanswered question all are empty.
"""

from collections.abc import Callable


def read_text(answer: object) -> list[str] | None:
    """The answer as a list of one text; None if it is neither a text nor a number nor several numbers."""
    if isinstance(answer, str):
        return [answer]
    parts = list(answer) if isinstance(answer, (list, tuple)) else [answer]
    plain = [part for part in parts if isinstance(part, (int, float)) and not isinstance(part, bool) and abs(part) < 1e90]
    return [str(answer)] if 0 < len(plain) == len(parts) <= 20 else None


def number(text: str, lang: str) -> float | None:
    """The number in a text; None if there is none. A comma is the decimal mark; in English 1,563 is read as 1563."""
    import re

    plain = text[:101].translate(dict.fromkeys([9, 32, 95, 160, 8199, 8201, 8239]))
    plain = plain.translate(dict.fromkeys([8211, 8212, 8722], "-")).rstrip(".")
    if lang == "en" and re.fullmatch(r"[+-]?[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]+)?", plain):
        plain = plain.replace(",", "")
    plain = plain.replace(",", ".")
    shape = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
    return float(plain) if len(text) <= 100 and re.fullmatch(shape, plain) else None


def read_number(answer: object, lang: str) -> list[str] | None:
    """The answer as a list of one text; None if there is no number in it."""
    found = None if isinstance(answer, (list, tuple)) else read_text(answer)
    return found if found and (not found[0].strip() or number(found[0], lang) is not None) else None


def read_letters(answer: object, letters: str, several: bool) -> list[str] | None:
    """The letters in the answer, in small type; None if it is something else. Letters that look alike are the same."""
    given = answer if several and isinstance(answer, (list, tuple)) else [answer]
    found = []
    for one in given:
        if not isinstance(one, str):
            return None
        letter = one.strip().strip("().").lower().translate({1072: "a", 1089: "c", 1077: "e"})
        found += [letter] if letter else []
    return found if all(letter in list(letters) for letter in found) else None


def read_rows(answer: object, letters: str, count: int) -> list[str] | None:
    """The letter for each row, or nothing; None if the answer is something else."""
    if isinstance(answer, str) and not answer.strip():
        return [""] * count
    if not isinstance(answer, (list, tuple)) or len(answer) != count:
        return None
    found = []
    for one in answer:
        letter = read_letters(one, letters, False)
        if letter is None:
            return None
        found.append("".join(letter))
    return found


def read_gaps(answer: object, numeric: list[bool], lang: str) -> list[str] | None:
    """What was put into each gap; None if it is something else. ``numeric`` says which gaps ask for a number."""
    if isinstance(answer, str) and not answer.strip():
        answer = [answer] * len(numeric)
    given = list(answer) if isinstance(answer, (list, tuple)) else [answer]
    if len(given) != len(numeric):
        return None
    found = []
    for one, is_number in zip(given, numeric, strict=True):
        text = read_number(one, lang) if is_number else read_text(one)
        if text is None:
            return None
        found += text
    return found


def judge_letters(found: list[str], options: list[tuple[str, bool, str]], several: bool) -> tuple[float, list[str]]:
    """The share of the points, and what is said about the options that were chosen."""
    chosen = [option for option in options if option[0] in found]
    keys = sum(right for _, right, _ in options)
    hits = sum(right for _, right, _ in chosen)
    share = max(0.0, (2 * hits - len(chosen)) / keys) if several else float(hits)
    return share, [said for _, _, said in chosen]


def judge_number(found: list[str], ranges: list[tuple[float, float, bool, str]], lang: str) -> tuple[float, list[str]]:
    """Whether the number lies within a range that is right; and what is said about the one it lies in."""
    value = number(found[0], lang)
    accepted = [(right, said) for low, high, right, said in ranges if value is not None and low <= value <= high]
    named = [one for one in accepted if one[0]] or accepted[:1]
    return float(bool(named and named[0][0])), [said for _, said in named]


def normal(text: str) -> str:
    """A short answer with nothing in it that makes no difference."""
    import unicodedata

    found = unicodedata.normalize("NFC", text).casefold().replace("ё", "е")
    return " ".join(found.replace("`", "").strip(" .;,«»\"'").split())


def judge_text(found: list[str], words: list[tuple[str, bool, str]]) -> tuple[float, list[str]]:
    """Whether the text is one that is right; and what is said about it if it is known."""
    accepted = [(right, said) for word, right, said in words if word == normal(found[0])]
    named = [one for one in accepted if one[0]] or accepted[:1]
    return float(bool(named and named[0][0])), [said for _, said in named]


def judge_rows(found: list[str], key: str) -> tuple[float, list[str]]:
    """The share of the rows that have the right letter."""
    return sum(map(str.__eq__, found, key)) / len(key), []


def judge_gaps(found: list[str], gaps: list[list[str] | list[float]], lang: str) -> tuple[float, list[str]]:
    """The share of the gaps that are right; of each, the words that are accepted or the ends of the range."""
    right = 0
    for text, accepted in zip(found, gaps, strict=True):
        if isinstance(accepted[0], str):
            right += normal(text) in accepted
        elif text.strip():
            right += float(accepted[0]) <= (number(text, lang) or 0.0) <= float(accepted[1])
    return right / len(gaps), []


def told(state: str, points: float, maximum: float, words: dict[str, str], said: list[str]) -> str:
    """The lines below an answer that is graded: what became of it, the points, and what is said about it."""
    worth = [f"{round(value, 2):g}".replace(".", words["mark"]) for value in (points, maximum)]
    lines = [words[state].format(points=worth[0], maximum=worth[1])]
    return "\n".join(lines + ["  " + line for line in said if line])


def grade(
    found: list[str] | None,
    judge: Callable[[list[str]], tuple[float, list[str]]],
    maximum: float,
    partial: bool,
    words: dict[str, str],
) -> tuple[float, str]:
    """The points of an answer, and the lines that stand below it."""
    said: list[str] = []
    share, state = 0.0, "misformed" if found is None else "blank"
    if found and any(text.strip() for text in found):
        share, said = judge(found)
        share = share if partial or share >= 1 else 0.0
        state = "right" if share >= 1 else "partial" if share > 0 else "wrong"
    points = round(maximum * share, 4)
    return points, told(state, points, maximum, words, said)
