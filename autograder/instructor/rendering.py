"""What every page is made with: words of the interface, numbers, and templates that cannot leak markup.

Whatever a template shows passes `autograder.safe.printable` and is escaped; markup is only what a
function here has made. Styles and scripts stand in the page and are named by their hash in its content
security policy, so nothing that a submission smuggles in could run, and the page asks for nothing.
"""

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from autograder import messages
from autograder.safe import printable, printable_lines, shortened
from autograder.scheme import Scheme
from autograder.verdict import Reason

MAX_NAME = 120
MAX_VALUE = 600
POLICY = "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'"
TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Words:
    """The interface in one language: phrases, and numbers as that language writes them."""

    lang: str

    def say(self, key: str, **params: Any) -> str:
        """The phrase *key* with its values filled in.

        Raises:
            KeyError: the catalogue does not have it, or a value is missing.
        """
        return words(self.lang)[key].format_map(params)

    def number(self, value: float) -> str:
        """Points: at most two decimals, and none that say nothing."""
        text = f"{round(value, 2):g}" if abs(value) < 1e5 else f"{value:,.0f}"
        return self.local(text)

    def out_of(self, points: float, maximum: float) -> str:
        """Points of a maximum, as in "16 of 20"."""
        return self.say("out_of", points=self.number(points), maximum=self.number(maximum))

    def local(self, text: str) -> str:
        """A number that is written with a decimal point, as the language writes it."""
        return messages.local(self.lang, text)

    def count(self, value: int) -> str:
        """A whole number in groups of three digits."""
        return messages.count(self.lang, value)

    def percent(self, share: float, decimals: int = 2) -> str:
        """A share as a percentage with so many decimals."""
        return messages.percent(self.lang, share, decimals)


@cache
def words(lang: str) -> Mapping[str, str]:
    """All phrases of the pages in one language."""
    return messages.phrases("pages", lang)


def lab_title(scheme: Scheme, lang: str) -> str:
    """What the lab is called."""
    return str(scheme.raw["lab"]["title"][lang])


def check_title(scheme: Scheme, check: str, lang: str) -> str:
    """A check's title; the id of a check that the scheme no longer has."""
    line = scheme.checks.get(check)
    return line.title[lang] if line else bounded(check)


def section_title(scheme: Scheme, section: str, lang: str) -> str:
    """A section's title; the name of a section that the scheme no longer has."""
    return scheme.section_title(section, lang) if section in scheme.sections else bounded(section)


def bounded(value: Any) -> str:
    """What a submission calls something, on one line and not too long to be read."""
    return shortened(printable(str(value)), MAX_VALUE)


def told(lang: str, reason: Reason, hint: str = "") -> messages.Sentences:
    """The sentences for a reason, its values bounded; *hint* stands in where it does not say what to do."""
    params = {
        key: shortened(printable_lines(value), MAX_VALUE) if isinstance(value, str) else value
        for key, value in reason.params.items()
    }
    return messages.render(lang, shortened(printable(reason.code), MAX_NAME), params, hint)


def share(points: float, maximum: float) -> float:
    """The share that *points* are of *maximum*; 0 of nothing."""
    return points / maximum if maximum else 0.0


def code(text: str) -> Markup:
    """*text*, escaped, with what stands between two backticks in code type."""
    parts = printable_lines(text).split("`")
    if len(parts) % 2 == 0:
        return Markup("{}").format("`".join(parts))
    return Markup("").join(Markup("<code>{}</code>" if index % 2 else "{}").format(part) for index, part in enumerate(parts))


def bar(part: float) -> Markup:
    """A horizontal bar that is filled to *part* of its length; the number beside it says the same."""
    return Markup(
        '<svg class="bar" aria-hidden="true" focusable="false">'
        '<rect class="track" width="100%" height="100%"/>'
        '<rect class="fill" width="{}%" height="100%"/></svg>'
    ).format(f"{100 * min(1.0, max(0.0, part)):.1f}")


def _shown(value: Any) -> Any:
    return value if hasattr(value, "__html__") or not isinstance(value, str) else printable(value)


def _source(name: str) -> str:
    return (TEMPLATES / name).read_text("utf-8").replace("\r\n", "\n")


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals.update(bar=bar, code=code)
    return environment


def page(template: str, say: Words, script: str = "", *, more: Sequence[str] = (), **context: Any) -> str:
    """The page that *template* makes of *context*; *script* and *more* are as in `stream`."""
    return "".join(stream(template, say, script, more=more, **context))


def fragment(template: str, say: Words, **context: Any) -> str:
    """What *template* makes of *context*, for a page of somebody else's: with no style, script or policy of ours."""
    return _environment().get_template(template).render(context, **_interface(say))


def _interface(say: Words) -> dict[str, Any]:
    """What every template may use."""
    return {"lang": say.lang, "say": say.say, "number": say.number, "count": say.count}


def stream(template: str, say: Words, script: str = "", *, more: Sequence[str] = (), **context: Any) -> Iterator[str]:
    """The parts of a page, as they are made.

    *script* names the only script that may run in it, *more* sheets (``.css``) and parts of the script (``.js``) that come
    after the usual sheet and after the script.
    """
    style = "".join(map(_source, ("style.css", *(name for name in more if name.endswith(".css")))))
    source = "".join(map(_source, filter(None, (script, *(name for name in more if name.endswith(".js"))))))
    policy = f"{POLICY}; style-src '{_digest(style)}'"
    if source:
        policy += f"; script-src '{_digest(source)}'"
    return (
        _environment()
        .get_template(template)
        .generate(
            context,
            **_interface(say),
            policy=policy,
            style=Markup(style),
            script=Markup(source),
        )
    )
