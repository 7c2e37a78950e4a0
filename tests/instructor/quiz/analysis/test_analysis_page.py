"""The page of an analysis: complete in two languages, usable with a keyboard and on a phone, deaf to what students write."""

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from autograder import messages
from autograder.instructor import rendering
from autograder.instructor.quiz.analysis import report as analysis
from autograder.instructor.quiz.analysis import responses
from autograder.instructor.quiz.analysis.page import EBEL, analysis_page
from autograder.instructor.quiz.analysis.responses import Response
from autograder.instructor.quiz.bank.model import BLOOM, DIFFICULTIES, TYPES
from autograder.instructor.quiz.bank.reading import read_bank
from autograder.instructor.quiz.forms.form import Draw, Form
from tests.conftest import REPO
from tests.support import quiz_class
from tests.support.browser import Browser, Proxy, Tab

BANK = read_bank(REPO / "quiz" / "questions")[0]
HOSTILE = '</title></style></script><script>document.title="ran"</script>"><img src=x onerror=alert(1)>'
FIRST = {item.type: item.id for item in reversed(BANK.items)}
NAMES = tuple(FIRST[kind] for kind in TYPES)
FLAGS = ("miskeyed", "strong", "weak", "low_d", "hard", "easy", "drift", "never", "rare", "spread", "unreliable", "lucky")
SOURCE = quiz_class.responses(
    Form("f", "autumn", (Draw(items=NAMES),), {}, individual=False), BANK, 60, "a class", miskeyed=[FIRST["single"]]
)
ROWS = responses.parse(SOURCE)


def page(lang: str = "en", rows: list[Response] = ROWS, title: str = "Analysis") -> str:
    """The page of a class."""
    return "".join(analysis_page(analysis.analyse(rows, BANK), BANK, title=title, lang=lang, generated="2026-11-27"))


def words(source: str) -> str:
    """What can be read on a page."""
    body = re.sub(r"<(style|script)>.*?</\1>", " ", source, flags=re.DOTALL)
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body)))


@pytest.fixture
def tab(tmp_path: Path) -> Iterator[Tab]:
    """The page in a tab, as wide as a phone."""
    (tmp_path / "page.html").write_text(page(), "utf-8")
    with Browser.found(tmp_path).tab() as found:
        found.call("Emulation.setDeviceMetricsOverride", width=360, height=740, deviceScaleFactor=2, mobile=True)
        found.open((tmp_path / "page.html").as_uri())
        yield found


@pytest.mark.parametrize("lang", messages.LANGUAGES)
def test_everything_is_there(lang: str) -> None:
    """All kinds of items, their flags before all else, the numbers of the test and of each item."""
    report = analysis.analyse(ROWS, BANK)
    told = words(page(lang))
    say = rendering.Words(lang).say

    assert all(told.count(name) >= 2 for name in NAMES)
    assert all(say(f"analysis_type_{kind}") in told for kind in TYPES)
    for item in report.items:
        assert analysis.ratio(item.p, lang) in told
        for flag in item.flags:
            assert told.index(analysis.sentence(flag, lang)) < told.index(say("distribution"))
    assert analysis.ratio(report.reliability.alpha, lang) in told
    assert say("analysis_flagged", number=str(sum(bool(item.flags) for item in report.items) + len(report.flags))) in told


def test_every_phrase_is_asked_for() -> None:
    """Each phrase of the analysis stands whole in the sources, or is of a family that is complete."""
    files = [*(REPO / "autograder/instructor/quiz/analysis").glob("*.py"), REPO / "autograder/instructor/templates/analysis.html"]
    quoted = set(re.findall(r'"(analysis_\w+)"', "\n".join(path.read_text("utf-8") for path in files)))
    families = {
        "bloom": BLOOM,
        "d": [*(word for _, word in EBEL), "revise"],
        "difficulty": DIFFICULTIES,
        "flag": [*FLAGS, *(f"{code}s" for code in ("never", "rare", "strong"))],
        "needed": ["none", "text"],
        "option": ["blank", "other", "right"],
        "type": TYPES,
    }
    built = {f"analysis_{family}_{member}" for family, members in families.items() for member in members}
    counts = {f"analysis_{name}" for name in ("given", "blank", "unreadable", "waiting")}

    assert quoted | built | counts == {key for key in rendering.words("en") if key.startswith("analysis_")}


def test_texts_of_students_are_text() -> None:
    """Markup in answers, values, ids, topics and the title is shown, and adds no element to the page."""

    def said(text: str) -> str:
        rows = [
            replace(row, item=text, topic=text, answer=(text,), values={text: text, "n": place}, mistakes=(text,) * (place % 2))
            for place, row in enumerate(row for row in ROWS if row.type == "numeric")
        ]
        short = [replace(row, item=f"{text}2", answer=(text,)) for row in ROWS if row.type == "single"]
        return page(rows=rows + short, title=text)

    plain, hostile = said("plain"), said(HOSTILE)
    tags = [re.findall(r"<[a-z/][^\s>]*", source.replace("&quot;", "")) for source in (plain, hostile)]

    assert tags[0] == tags[1]
    assert "alert(1)" in hostile
    assert len(said("<b>" * 5000)) < 3 * len(plain) + 200_000


def test_individual_forms_and_small_classes_are_told() -> None:
    """Where students had different items, and where there are few, the page says so in words, in both languages."""
    rows = [row for place, row in enumerate(ROWS[:160]) if place % 3]
    say = {lang: rendering.Words(lang).say for lang in messages.LANGUAGES}

    for lang in messages.LANGUAGES:
        told = words(page(lang, rows))
        assert say[lang]("analysis_reliability_different", different="8") in told
        assert say[lang]("analysis_no_flags") in told
        assert say[lang]("analysis_few_students", least="30") in told


def test_nobody_has_a_page_too() -> None:
    """Without any answer there is a page that says so."""
    assert rendering.Words("en").say("analysis_no_answers") in words(page(rows=[]))


def test_nothing_is_asked_of_the_net(tmp_path: Path) -> None:
    """Chromium shows the page, its script runs, and nothing is requested."""
    proxy = Proxy()
    document = Browser.found(tmp_path).document(page("ru"), proxy)

    assert 10 == document.count('<button type="button">')
    assert [] == [line for line in proxy.asked if "google" not in line]


def test_a_phone_shows_it_without_scrolling_sideways(tab: Tab) -> None:
    """With every item opened, no part of the page is wider than 360 px; the table scrolls in its own region."""
    tab.wait("document.querySelectorAll('details').forEach((one) => { one.open = true; }), true")

    assert 360 == tab.wait("document.documentElement.scrollWidth")
    assert tab.wait("document.querySelector('.scroll').scrollWidth > document.querySelector('.scroll').clientWidth")


def test_the_keyboard_sorts_and_opens(tab: Tab) -> None:
    """Enter on a heading sorts by its numbers; a link of the table opens the item that it names."""

    def press(selector: str) -> None:
        tab.wait(f"document.querySelector('{selector}').focus(), true")
        for kind in ("rawKeyDown", "char", "keyUp"):
            tab.call("Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", windowsVirtualKeyCode=13, text="\r")

    press("#class-table th:nth-child(4) button")
    tab.wait("document.querySelector('#class-table th:nth-child(4)').ariaSort === 'ascending'")
    values = tab.wait("[...document.querySelectorAll('#class-table td:nth-child(4)')].map((cell) => Number(cell.dataset.value))")
    press("#class-table tbody tr:nth-child(3) a")
    tab.wait("document.querySelector('details[open]') !== null")

    assert sorted(values) == values
    assert tab.wait("document.querySelector('details[open] > div').id === location.hash.slice(1)")
