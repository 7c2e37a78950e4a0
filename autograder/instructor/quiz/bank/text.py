"""The texts of a bank for a screen: Markdown to HTML, with formulas as MathML or as TeX, or to plain words."""

import html as escaping
import re
from collections.abc import Callable, Sequence
from functools import cache

from latex2mathml.converter import convert
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from mdit_py_plugins.dollarmath import dollarmath_plugin

from autograder.instructor.quiz.bank import gaps
from autograder.instructor.quiz.bank.gaps import Gap

Math = Callable[[str, bool], str]  # TeX without its dollars, and whether it stands on a line of its own, to HTML
Widget = Callable[[int, Gap], str]  # the number of a gap, from 0, and the gap, to the HTML that stands in its place
OPEN, CLOSE = "\ue001", "\ue002"  # around the number of a gap while the text around it is rendered
HOLE = re.compile(f"{OPEN}([0-9]+){CLOSE}")
COMMA = re.compile(r"<mn>([0-9]+)</mn><mrow><mo>&#x0002C;</mo></mrow><mn>([0-9]+)</mn>")
UNKNOWN = re.compile(r"<m[ino]>\\|<mfrac><mrow>(?:(?!</mrow>).)*</mrow></mfrac>")  # what the library lets pass
# A minus after another sign or a bracket is one number's, and has no space after it.
SIGN = re.compile(
    r"(<mo[^>]*>(?:&#x(?:00028|0005B|0003D|0002C|0002B|000B7|000D7|02264|02265|02016|0007C);|[^&<]{1,2})</mo>)<mo>&#x02212;</mo>"
)
MARKUP = re.compile(r"(?<!\\)(?:\*\*|`+)")


def mathml(tex: str, display: bool) -> str:
    """A formula that browsers, Canvas and readers of QTI show by themselves.

    Raises:
        ValueError: it is no formula.
    """
    try:
        found = convert(tex, display="block" if display else "inline")
    except Exception as error:  # the library raises whatever its parser stumbles over
        raise ValueError(f"{tex}: {error}") from error
    if UNKNOWN.search(found):
        raise ValueError(f"{tex}: an unknown command, or one without its argument")
    return SIGN.sub(r'\1<mo form="prefix">&#x02212;</mo>', COMMA.sub(r"<mn>\1,\2</mn>", found))


def tex(source: str, display: bool) -> str:
    """A formula in TeX's own brackets, as Moodle's filters typeset it."""
    left, right = (r"\[", r"\]") if display else (r"\(", r"\)")
    return escaping.escape(f"{left}{source}{right}", quote=False)


def dropped(tex: str, display: bool) -> str:
    """A formula where none can be shown."""
    return ""


@cache
def _parser(math: Math) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table").use(dollarmath_plugin, double_inline=True)

    def shown(self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[index]
        display = token.type != "math_inline"
        formula = math(token.content.strip(), display)
        return f"<p>{formula}</p>\n" if token.type.startswith("math_block") else formula

    for name in ("math_inline", "math_inline_double", "math_block", "math_block_label"):
        parser.add_render_rule(name, shown)
    return parser


def html(source: str, math: Math = mathml) -> str:
    """A text as HTML blocks. Markup that stands in it is shown, not obeyed.

    Raises:
        ValueError: a formula in it is none.
    """
    return str(_parser(math).render(source)).strip()


def inline(source: str, math: Math = mathml) -> str:
    """A text of one paragraph as HTML without the paragraph, for a label or a cell; longer texts stay blocks.

    Raises:
        ValueError: a formula in it is none.
    """
    found = html(source, math)
    inside = found.removeprefix("<p>").removesuffix("</p>")
    return found if "<p>" in inside or not found.startswith("<p>") else inside


def cloze(stem: str, widget: Widget, math: Math = mathml) -> str:
    """The text of a cloze as HTML, with what *widget* makes of each gap in its place.

    Raises:
        GapError: a gap breaks a rule of the format.
        ValueError: a formula is none.
    """
    found: list[Gap] = []

    def hole(part: str | Gap) -> str:
        if isinstance(part, str):
            return part
        found.append(part)
        return f"{OPEN}{len(found) - 1}{CLOSE}"

    marked = "".join(map(hole, gaps.split(stem)))
    return HOLE.sub(lambda match: widget(int(match[1]), found[int(match[1])]), html(marked, math))


def plain(source: str) -> str:
    """A text as words on one line, where a system takes no markup; formulas stay as they were written."""
    return re.sub(r"\s+", " ", MARKUP.sub("", source)).strip()
