"""Texts of the bank as HTML: formulas, gaps, and nothing that a bank could smuggle in."""

import re
from xml.etree import ElementTree

import pytest

from autograder.instructor.quiz.bank import gaps, text
from tests.support import quiz


@pytest.mark.parametrize("math", [text.mathml, text.tex, text.dropped])
def test_every_text_of_the_bank_is_well_formed(math: text.Math) -> None:
    """Whatever becomes of the formulas, each text is a tree of elements, with no dollar and no gap left in it."""
    for item in quiz.given():
        for wording in item.wordings.values():
            for source in wording.texts():
                is_cloze = item.type == "cloze" and source == wording.stem
                found = text.cloze(source, lambda number, gap: f"<b>{number}</b>", math) if is_cloze else text.html(source, math)
                ElementTree.fromstring(f"<div>{found}</div>")
                assert not set("$\ue000\ue001\ue002") & set(found), item.id
                assert "[[" not in found


def test_markup_is_shown_and_not_obeyed() -> None:
    """HTML that stands in a text is text."""
    found = text.html("<script>alert(1)</script> and <img src=x onerror=y>")

    assert "<script" not in found and "<img" not in found
    assert "&lt;script&gt;" in found


def test_formulas_as_mathml() -> None:
    """A formula becomes MathML, with a decimal comma that has no space after it and a sign that belongs to its number."""
    found = text.html("so $0{,}5\\cdot(-1)$ is")

    assert "<mn>0,5</mn>" in found
    assert '<mo form="prefix">&#x02212;</mo><mn>1</mn>' in found
    assert 'display="block"' in text.html("$$x$$") and 'display="inline"' in found


def test_formulas_as_tex() -> None:
    """Where the platform typesets them, formulas keep their TeX, in brackets of its own, escaped."""
    assert r"<p>\(a&lt;b\)</p>" == text.html("$a<b$", text.tex)


@pytest.mark.parametrize("tex", [r"\frac{1}", r"\frac", r"\left( x", r"x^", r"\nosuch{x}"])
def test_a_formula_that_is_none_is_told(tex: str) -> None:
    """What cannot be read as a formula is an error, not a blank."""
    with pytest.raises(ValueError, match=re.escape(tex)):
        text.html(f"${tex}$")


def test_code_keeps_its_dollars_and_brackets() -> None:
    """Nothing in code is a formula."""
    assert "<code>a$b$c</code>" in text.html("`a$b$c`")


def test_inline_is_for_labels() -> None:
    """One paragraph loses its tags, two keep them."""
    assert "a <em>b</em>" == text.inline("a *b*")
    assert "<p>a</p>\n<p>b</p>" == text.inline("a\n\nb")


def test_gaps_are_numbered() -> None:
    """Each gap is handed over with its number and what it accepts."""
    seen: list[tuple[int, gaps.Gap]] = []

    def widget(number: int, gap: gaps.Gap) -> str:
        seen.append((number, gap))
        return f"<input id='{number}'>"

    assert "<p>One <input id='0'> and <input id='1'>.</p>" == text.cloze("One [[a|b]] and [[=3 ± 1]].", widget)
    assert [("a", "b"), ("3 ± 1",)] == [gap.accepted for _, gap in seen]


def test_plain_is_one_line() -> None:
    """Where no markup can stand there are words on one line."""
    assert "Use padding now, please" == text.plain("Use `padding` **now**,\nplease")
