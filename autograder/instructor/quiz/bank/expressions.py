"""Expressions and templates of a bank, in a sandbox that knows the calculators and nothing else."""

import math
import re
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import SandboxedEnvironment

from autograder.instructor.quiz.bank.calculators import CALCULATORS

MAX_BITS = 1024  # of a power
# Stand for the decimal mark, and for what divides groups of digits, until the place is known where a number stands.
MARK, GROUP = "\ue000", "\ue003"
GROUPED = 10_000
# Both marks in texts and in formulas.
MARKS = {"ru": ((",", "\u00a0"), ("{,}", "\\,")), "en": ((".", ","), (".", ""))}
PARTS = re.compile(r"(`+).*?\1|\$\$.*?\$\$|\$.*?\$|\[\[=.*?\]\]|[^`$\[]+|.", re.DOTALL)
PLAIN = (bool, int, float, str, list, tuple)


class ExpressionError(Exception):
    """An expression that cannot be read or computed."""


class _Environment(SandboxedEnvironment):
    """Jinja's sandbox, in which no number or text can grow without bound."""

    intercepted_binops = frozenset({"**", "*"})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Multiply or raise to a power within bounds."""
        if operator == "**" and abs(right) * math.log2(abs(left) + 1) > MAX_BITS:
            raise SecurityError("the power is too large")
        if operator == "*" and not all(isinstance(value, int | float) for value in (left, right)):
            raise SecurityError("only numbers are multiplied")
        return super().call_binop(context, operator, left, right)


def _shown(value: Any) -> Any:
    """A value in a text: numbers without the noise of their last digits."""
    if isinstance(value, float):
        return f"{value:.10g}".replace(".", MARK)
    if isinstance(value, int) and abs(value) >= GROUPED:
        return f"{value:,}".replace(",", GROUP)
    return value


def _marked(text: str, lang: str) -> str:
    """A text whose numbers have the marks of its language: in code, in gaps and in keys they are those of a program."""
    if MARK not in text and GROUP not in text:
        return text

    def put(found: re.Match[str]) -> str:
        part = found[0]
        if lang not in MARKS or part.startswith(("`", "[[=")):
            return part.replace(MARK, ".").replace(GROUP, "")
        mark, group = MARKS[lang][part.startswith("$")]
        return part.replace(MARK, mark).replace(GROUP, group)

    return PARTS.sub(put, text)


@cache
def _environment() -> _Environment:
    environment = _Environment(undefined=StrictUndefined, finalize=_shown, autoescape=False, keep_trailing_newline=True)
    environment.globals.clear()
    environment.globals.update(CALCULATORS)
    environment.filters.clear()
    return environment


@lru_cache(maxsize=4096)
def _expression(source: str) -> Callable[..., Any]:
    return _environment().compile_expression(source, undefined_to_none=False)


@lru_cache(maxsize=4096)
def _template(source: str) -> Template:
    return _environment().from_string(source)


def computed(expression: str, values: Mapping[str, Any]) -> Any:
    """The value of an expression.

    Raises:
        ExpressionError: it cannot be read, names something unknown, or cannot be computed.
    """
    try:
        value = _expression(expression)(**values)
        if not isinstance(value, PLAIN):
            raise TypeError(f"{type(value).__name__} is no value")  # an undefined name, an attribute, a function
        return value
    except (TemplateError, ArithmeticError, TypeError, ValueError, IndexError) as error:
        raise ExpressionError(f"{expression}: {error}") from error


def filled(text: str, values: Mapping[str, Any], lang: str = "") -> str:
    """A text with its templates filled in, its numbers as the language writes them.

    Raises:
        ExpressionError: a template cannot be filled in.
    """
    if "{{" not in text:
        return text
    try:
        return _marked(_template(text).render(values), lang)
    except (TemplateError, ArithmeticError, TypeError, ValueError, IndexError) as error:
        raise ExpressionError(str(error)) from error
