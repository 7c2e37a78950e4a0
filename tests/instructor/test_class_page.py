"""The page of a class: mistakes with their students, accuracies, equal code, regrading; its table in a real browser."""

import json
import re
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from autograder import messages
from autograder.instructor import class_mistakes, class_page, class_similar, rendering
from autograder.scheme import load
from tests.support import axe
from tests.support.browser import Browser, Tab

LANGUAGES = messages.LANGUAGES
HOSTILE = ["<script>x</script>", '"><img src=x>', "' onclick='x", "{{ 7 }}", "&lt;b&gt;", "\u202e\x00\ud800", "{number}"]
NAMES = {"Яшин", "Ёлкин", "Арбузова"}
MANY = 250  # works: three pages of the table


def _row(student: str = "Ivanova", **changes: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "student": student,
        "status": "graded",
        "score": 80.0,
        "max_score": 100.0,
        "sections": {"data": 20.0, "model": 20.0, "compile": 20.0, "accuracy": 20.0},
        "failed": [],
        "flags": [],
        "reason": None,
        "report": f"{student}/report.html",
        "codes": {},
        "accuracy": None,
        "epochs": None,
        "late": None,
        "stopped": None,
    } | changes
    measured = [check for check in row["failed"] if check != "accuracy.test" or row["accuracy"]]
    causes = {check: [_told(f"{check}.wrong")] for check in measured}
    return {"causes": causes} | row


def _told(code: str, **params: Any) -> dict[str, Any]:
    return {"code": code, "params": params}


def _change(row: dict[str, Any], before: float | None, *checks: str, kept: bool = False) -> dict[str, Any]:
    after = row["score"]
    difference = 0.0 if before is None or after is None else after - before
    changed = bool(checks) or before != after
    return {"row": row, "before": before, "difference": difference, "changed": changed, "checks": checks, "kept": kept}


def _page(rows: Sequence[dict[str, Any]], lang: str = "en", **more: Any) -> str:
    about: dict[str, Any] = {"data": "synthetic", "sandbox": "full", "generated": "2026-09-01"} | more
    return "".join(class_page.summary_page(rows, title="Lab", lang=lang, sections=load().sections, **about))


class _Read(HTMLParser):
    """The tags of a page with the names of their attributes, its text, and its sections by the id of their heading."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.said: list[str] = []
        self.sections: dict[str, list[str]] = {"": []}
        self._section = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(sorted(name for name, _ in attrs))))
        if tag == "section":
            self._section = dict(attrs)["aria-labelledby"] or ""

    def handle_data(self, data: str) -> None:
        self.said.append(data)
        self.sections.setdefault(self._section, []).append(data)

    def text(self, section: str) -> str:
        """What a section says."""
        return " ".join(" ".join(self.sections.get(section, [])).split()).replace("\u00a0", " ")


def _groups() -> list[dict[str, Any]]:
    """A class in which two share wrong code, two unusual right code, and twenty the usual one."""
    wrong = {"failed": ["model.layers"], "codes": {"model": ("bad", 100)}}
    rows = [
        _row("A", **wrong),
        _row("B", **wrong),
        _row("C", codes={"data": ("odd", 50)}),
        _row("D", codes={"data": ("odd", 50)}),
    ]
    return [*rows, *(_row(f"U{number}", codes={"model": ("usual", 100)}) for number in range(20))]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_works_of_which_nothing_could_be_graded_are_named(lang: str) -> None:
    """A zero for a missing file is told apart from a zero for wrong work."""
    refused = {"code": "submission.none", "params": {"folder": "submission", "name": "cifar10_cnn"}}
    page = _Read(_page([_row("Ann", score=0.0), _row("Bob", score=0.0, reason=refused)], lang))

    assert ("Bob" in page.text("unread"), "Ann" in page.text("unread")) == (True, False)
    assert "" == _Read(_page([_row("Ann", score=0.0)], lang)).text("unread")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_works_whose_file_does_not_run_are_named(lang: str) -> None:
    """They stay graded, and have the line and the error; who has 0 points for other reasons is not among them."""
    where = {"function": "f", "type": "TabError", "message": "tabs", "where": "cifar10_cnn.py:7", "line": "x = <b>"}
    rows = [_row("Ann", score=0.0, stopped=_told("import.syntax", **where)), _row("Bob", score=0.0)]
    read, say = _Read(_page(rows, lang)), rendering.Words(lang)
    text, sentence = read.text("stopped"), messages.render(lang, "stopped.syntax", where).wrong

    assert say.say("stopped_count", number="1") in text
    assert f"Ann · {say.out_of(0, 100)} — {sentence}".replace("`", "") in text
    assert "Bob" not in text
    assert "" == _Read(_page(rows[1:], lang)).text("stopped")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_waits_has_a_next_step(lang: str) -> None:
    """Who needs a person is told of in an instructor's words, with what to do; the student's own words are not there."""
    params = {"names": "a.py, b.py"}
    waits = _row("Oleg", status="needs_attention", score=None, reason=_told("submission.two_edited", **params))
    text, told = _Read(_page([waits], lang)).text("attention"), messages.render(lang, "collect.two_edited", params)

    assert f"Oleg — {told.wrong} → {told.todo}" in text
    assert messages.render(lang, "submission.two_edited", params).todo not in text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_heading(lang: str) -> None:
    """The page is named by the lab and the folder, and says so if the images were not the lab's."""
    title = f"{load().raw['lab']['title'][lang]} · Lab"
    synthetic, real = _page([_row()], lang), _page([_row()], lang, data="cifar10")
    told = rendering.Words(lang).say("tested_on_synthetic", lab="CIFAR-10")

    assert f"<title>{title}</title>" in synthetic and title in "".join(_Read(synthetic).said)
    assert (True, False) == (told in synthetic, told in real)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_names_stand_in_order(lang: str) -> None:
    """In all lists names have the order of the alphabet, whatever the order of the rows."""
    rows = [_row(name, failed=["model.layers"]) for name in ("Яшин", "Ёлкин", "Арбузова")]
    read = _Read(_page(rows, lang, regraded=[_change(row, 70.0) for row in rows]))

    for section in ("regraded", "mistakes", "all"):
        assert ["Арбузова", "Ёлкин", "Яшин"] == [word for word in read.text(section).split() if word in NAMES], section


@pytest.mark.parametrize("lang", LANGUAGES)
def test_late_works_are_told_with_what_they_lose(lang: str) -> None:
    """Who was late has the sentence of the report and a cell in the table; without a late work there is neither."""
    kept = {"code": "deducted", "days": 1, "percent": "10", "of": "score"}
    page = _page([_row("Petrov", late=kept), _row("Sidorova", late=kept | {"days": "x"}), _row()], lang)
    told, column = _Read(page).text("late"), rendering.Words(lang).say("column_late")

    assert "Petrov" in told
    assert messages.local(lang, "72") in told
    assert not {"Sidorova", "Ivanova"} & set(told.split())
    assert column in page
    assert 1 == page.count(">\u22128</td>")
    assert not {column, 'id="late"'} & set(re.findall(rf'{column}|id="late"', _page([_row()], lang)))


def test_mistakes_name_who_made_them() -> None:
    """Each mistake has links to the reports of those who made it, and no others."""
    rows = [_row("A", failed=["model.layers"]), _row("B"), _row("C", failed=["model.layers", "data.scale"])]
    first, second = class_mistakes.shown(load(), rendering.Words("en"), rows)["listed"]

    assert ["A", "C"] == [re.sub("<.*?>", "", str(link)) for link in first["links"]]
    assert ['<a href="./C/report.html"><bdi>C</bdi></a>'] == list(map(str, second["links"]))
    assert [0, 0] == [first["more"], second["more"]]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_missing_weights_are_no_mistake_of_the_code(lang: str) -> None:
    """Who handed in no weights is named apart, and not among the mistakes."""
    low: dict[str, Any] = {"failed": ["accuracy.test"]}
    rows = [_row("A", **low, causes={}), _row("B", **low, accuracy=(0.3, 0.4)), _row("C", failed=["model.layers"])]
    read = _Read(_page(rows, lang)).text("mistakes")

    assert rendering.Words(lang).say("untrained", number="1").replace("\u00a0", " ") in read
    assert class_mistakes.untrained(rendering.Words(lang), rows[1:]) is None


def test_every_disclosure_and_button_has_a_name_of_its_own() -> None:
    """Heard one after the other, they say whose works are opened, and what is shown in the table."""
    page = _page([_row("A", failed=["accuracy.test", "model.layers", "data.scale"])], "en")
    names = [re.sub("<.*?>", "", name) for name in re.findall("<(?:summary|button)[^>]*>(.*?)</(?:summary|button)>", page)]
    told = [name for name in names if name.startswith(("Whose works", "Show in the table"))]

    assert 5 == len(told) == len(set(told))


def test_long_lists_of_students_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake of thousands lists some of them, and says how many more the table has."""
    monkeypatch.setattr(class_mistakes, "LISTED", 3)
    page = _page([_row(f"S{number}", failed=["model.layers"]) for number in range(5)])

    assert rendering.Words("en").say("mistake_more", number="2") in _Read(page).text("mistakes")
    assert 3 + 5 == page.count('report.html"><bdi>S')


@pytest.mark.parametrize("lang", LANGUAGES)
def test_equal_code(lang: str) -> None:
    """The page says what equal code is and is not, lists wrong code before unusual right code, and never the usual one."""
    read, say = _Read(_page(_groups(), lang)), rendering.Words(lang).say
    text = read.text("similar")
    wrong = say("similar_wrong", number="2", functions="build_model")
    right = say("similar_right", number="2", functions="prepare_data")

    assert all(say(f"similar_{key}") in text for key in ("what", "is", "not"))
    assert text.index(wrong) < text.index(" A B ") < text.index(right) < text.index(" C D")
    assert say("similar_rare", number="2", all="24") in text and say("similar_usual", number="20") in text
    assert "U1" not in text


def test_equal_code_is_no_matter_of_points() -> None:
    """But for its own section, a page with comparison is the page without."""
    with_it, without = _Read(_page(_groups())), _Read(_page(_groups(), similar=False))

    assert "similar" in with_it.sections and "similar" not in without.sections
    assert without.sections["all"] == with_it.sections["all"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_works_that_cannot_be_compared(lang: str) -> None:
    """Where no digests are, the page says so and lists nobody."""
    text, say = _Read(_page([_row("A"), _row("B")], lang)).text("similar"), rendering.Words(lang).say

    assert say("similar_none") in text and say("similar_unknown", number="2") in text


def test_many_groups_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """No more groups are listed than a person can look at, and the page says of how many."""
    monkeypatch.setattr(class_similar, "MAX_GROUPS", 1)
    text = _Read(_page(_groups())).text("similar")

    assert rendering.Words("en").say("similar_cut", number="1", all="2") in text
    assert "build_model" in text and "prepare_data" not in text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_accuracies(lang: str) -> None:
    """The diagram has title and description, a mark for each place, diamonds for flags, and the table has its figures."""
    flags = [{"code": "flag.test_set", "params": {}}]
    rows = [
        _row("A", accuracy=(0.7, 0.9)),
        _row("B", accuracy=(0.7, 0.9)),
        _row("C", accuracy=(0.85, 0.8), flags=flags),
        _row("D"),
    ]
    page = _page(rows, lang)
    read, say = _Read(page), rendering.Words(lang)
    about = say.say("scatter_about", number="3", test=say.percent(0.7), train=say.percent(0.9), above="1", flagged="1")

    assert (
        '<svg class="histogram scatter" viewBox="-24 0 454 290" role="img" aria-labelledby="scatter-title scatter-desc">' in page
    )
    assert about.replace("\u00a0", " ") in re.sub(r"\s+", " ", page.split('<desc id="scatter-desc">')[1].replace("\u00a0", " "))
    assert say.say("scatter_length") in read.text("scatter")
    assert [("few", "M314 177h0")] == re.findall(r'class="dots (.*?)" d="(.*?)"', page)
    assert ["2"] == re.findall(r'<text class="several".*?>(.*?)</text>', page)
    assert say.say("dots_several") in read.text("scatter")
    assert 1 == page.count('<path class="look"')
    table = read.text("all")
    assert 2 == table.count(f"{say.percent(0.7)} {say.percent(0.9)}".replace("\u00a0", " "))
    assert "– –" in table.split(" D ")[1]


def test_no_weights_no_diagram() -> None:
    """Where nobody submitted weights there is neither diagram nor columns for it."""
    read = _Read(_page([_row("A")]))

    assert "scatter" not in read.sections
    assert rendering.Words("en").say("column_test") not in read.text("all")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_regrading(lang: str) -> None:
    """The page tells how many changed, and of each the points before and after, the difference, why, and the report."""
    waits = _row("C", status="needs_attention", score=None, reason={"code": "regrade.damaged", "params": {}})
    rows = [_row("A"), _row("B"), waits, _row("D"), _row("E")]
    changes = [_change(rows[0], 70.5, "model.layers"), _change(rows[1], 90.0, "data.scale"), _change(waits, 60.0)]
    changes += [_change(rows[3], 80.0), _change(rows[4], 80.0, kept=True)]
    page, say = _page(rows, lang, regraded=changes), rendering.Words(lang)
    text = _Read(page).text("regraded")

    assert say.say("regraded_changed", number="3", all="5") in text
    assert say.say("regraded_moved", up="1", down="1", mean=say.number(-0.25)) in text
    assert say.say("regraded_kept", number="1") in text
    assert f"A {say.number(70.5)} 80 +{say.number(9.5)} {load().checks['model.layers'].title[lang]}".replace("`", " ") in text
    assert f"C 60 {say.say('status_attention')} {messages.render(lang, 'regrade.damaged', {}).wrong}" in text
    assert '<tr><th scope="row"><a href="./B/report.html"><bdi>B</bdi></a></th><td class="number">90</td>' in page
    assert " D " not in text and " E " not in text


def test_regrading_names_first_who_has_other_points() -> None:
    """Where a check is worth something else, it concerns everybody: those with the same points come last."""
    rows = [_row(name) for name in "ABC"]
    changes = [_change(rows[0], 80.0, "data.scale"), _change(rows[1], 70.0, "data.scale"), _change(rows[2], 80.0, "data.scale")]
    page = _page(rows, regraded=changes)
    table = page[page.index("regraded") :]

    assert ["B", "A", "C"] == re.findall(r"<bdi>(\w)</bdi>", table)[:3]


def test_regrading_that_changes_nothing() -> None:
    """Then the page says so in one sentence; a page of a grading says nothing of it."""
    rows = [_row("A")]
    read = _Read(_page(rows, regraded=[_change(rows[0], 80.0)]))

    assert rendering.Words("en").say("regraded_changed", number="0", all="1") in read.text("regraded")
    assert "regraded" not in _Read(_page(rows)).sections


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("said", HOSTILE)
def test_hostile_names_stay_text(said: str, lang: str) -> None:
    """Whatever students and checks are called, the page has the same elements and attributes in every part."""

    def made(name: str) -> list[tuple[str, tuple[str, ...]]]:
        stopped = _told("import.stopped", **dict.fromkeys(("function", "type", "message", "where", "line"), name))
        causes = {"compile.compiles": [_told("stage.error", message=name)], f"model.{name}": [_told(name, **{name: name})]}
        causes["cause.stopped"] = [_told("import.stopped", type=name), _told(f"import.{name}")]
        wrong = {"failed": [f"model.{name}"], "codes": {"model": ("bad", 100)}, "accuracy": (0.5, 0.5), "report": "r"}
        wrong |= {"causes": causes, "stopped": stopped}
        rows = [_row(name, **wrong), _row(name, **wrong)]
        return _Read(_page(rows, lang, regraded=[_change(rows[0], 1.0, name), _change(rows[1], None)])).tags

    assert made("x") == made(said)


def test_the_same_class_is_the_same_page() -> None:
    """Equal rows make equal bytes, also where the order of sets is another."""
    rows = [_row(f"S{number}", failed=["model.layers", "data.scale"], accuracy=(0.5, 0.6)) for number in range(9)] + _groups()
    changes = [_change(row, 70.0, "model.layers") for row in rows]

    assert _page(rows, regraded=changes) == _page(json.loads(json.dumps(rows)), regraded=changes)


def _class() -> list[dict[str, Any]]:
    """A large class: one in ten has a mistake, one waits for a person."""
    rows = [
        _row(f"S{number:03}", score=float(number % 100), failed=["model.layers"] if number % 10 == 0 else [])
        for number in range(MANY)
    ]
    rows[7] |= {"status": "needs_attention", "score": None, "sections": {}, "reason": {"code": "regrade.damaged", "params": {}}}
    return rows


@pytest.fixture(scope="module", params=LANGUAGES)
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Tab, Path, str]]:
    """A tab, a page of a large class, and its language."""
    folder = tmp_path_factory.mktemp("class")
    path = folder / "summary.html"
    changes = [_change(row, 50.0, "model.layers") for row in _class()]
    path.write_text(_page(_class(), request.param, regraded=changes), "utf-8")
    with Browser.found(folder).tab() as tab:
        yield tab, path, request.param


@pytest.fixture
def tab(opened: tuple[Tab, Path, str]) -> Tab:
    """The tab with the page opened anew."""
    found, path, _ = opened
    found.open("about:blank")
    found.open(path.as_uri())
    return found


@pytest.fixture
def lang(opened: tuple[Tab, Path, str]) -> str:
    """The language of the page."""
    return opened[2]


def _asked(tab: Tab, expression: str) -> Any:
    return tab.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)["result"].get("value")


def _names(tab: Tab) -> list[str]:
    found = _asked(tab, "Array.from(document.querySelectorAll('#class-table tbody th'), (cell) => cell.textContent)")
    return list(found)


def _key(tab: Tab, key: str, text: str = "") -> None:
    for kind in ("keyDown", "keyUp"):
        tab.call(
            "Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=13 if key == "Enter" else 9, text=text
        )


def _type(tab: Tab, text: str) -> None:
    _asked(tab, "document.getElementById('filter').focus()")
    tab.call("Input.insertText", text=text)


def _found(tab: Tab, lang: str, number: int, low: int, high: int) -> bool:
    told = rendering.Words(lang).say("search_found", number=number, all=MANY, low=low, high=high)
    return bool(tab.wait(f"document.getElementById('found').textContent === {json.dumps(told)}"))


def test_browser_shows_a_part_of_a_large_class(tab: Tab, lang: str) -> None:
    """A hundred works stand in the table; the others come by the keyboard, and what is shown is told in a live region."""
    assert _found(tab, lang, MANY, 1, 100)
    assert "status" == _asked(tab, "document.getElementById('found').getAttribute('role')")
    assert 100 == len(_names(tab))
    _asked(tab, "document.querySelectorAll('#pager button')[1].focus()")
    _key(tab, "Enter", "\r")
    _key(tab, "Enter", "\r")

    assert _found(tab, lang, MANY, 201, 250)
    assert 50 == len(_names(tab))
    _key(tab, "Enter", "\r")
    assert _found(tab, lang, MANY, 201, 250)
    assert ["false", "true"] == _asked(tab, "Array.from(document.querySelectorAll('#pager button'), (b) => b.ariaDisabled)")


def test_browser_sorts_by_the_keyboard(tab: Tab) -> None:
    """Enter on a heading sorts all works by it, numbers by value with the undecided first, and the heading says so."""
    _asked(tab, "document.querySelectorAll('#class-table thead button')[1].focus()")
    _key(tab, "Enter", "\r")

    assert ["S007", "S000", "S100", "S200", "S001"] == _names(tab)[:5]
    assert "ascending" == _asked(tab, "document.querySelectorAll('#class-table thead th')[1].ariaSort")
    _key(tab, "Enter", "\r")
    assert ["S099", "S199", "S098"] == _names(tab)[:3]
    assert "descending" == _asked(tab, "document.querySelectorAll('#class-table thead th')[1].ariaSort")


def test_browser_searches_names_status_and_mistakes(tab: Tab, lang: str) -> None:
    """What is typed is looked for in names, status and failed checks of all works, and the number found is announced."""
    say = rendering.Words(lang).say
    for text, number in (
        ("s24", 10),
        (say("status_attention").upper(), 1),
        (load().checks["model.layers"].title[lang], 25),
    ):
        _asked(tab, "document.getElementById('filter').value = ''")
        _type(tab, text)
        assert _found(tab, lang, number, 1, number)
        assert number == len(_names(tab))
    _type(tab, " nobody")
    assert tab.wait(f"document.getElementById('found').textContent === {json.dumps(say('search_none'))}")


def test_browser_goes_from_a_mistake_to_the_table(tab: Tab, lang: str) -> None:
    """The button below a mistake shows all who made it in the table, and leads there."""
    _asked(tab, "document.querySelector('.mistakes details').open = true; document.querySelector('[data-mistake]').click()")

    assert _found(tab, lang, 25, 1, 25)
    assert "filter" == _asked(tab, "document.activeElement.id")


def test_browser_prints_everybody(tab: Tab) -> None:
    """On paper all works stand, and on the screen afterwards again a part of them."""
    _asked(
        tab,
        "addEventListener('beforeprint', () => { window.printed = document.querySelectorAll('#class-table tbody tr').length; })",
    )
    tab.call("Page.printToPDF")

    assert MANY == tab.wait("window.printed")
    assert 100 == len(_names(tab))


def test_browser_without_scripts_shows_everybody(opened: tuple[Tab, Path, str], tmp_path: Path) -> None:
    """Where scripts are turned off no work is hidden."""
    found, path, _ = opened
    found.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        found.open("about:blank")
        found.open(path.as_uri())
        shown = "Array.from(document.querySelectorAll('#class-table tbody tr')).filter((row) => row.offsetHeight).length"
        assert MANY == _asked(found, shown)
    finally:
        found.call("Emulation.setScriptExecutionDisabled", value=False)


def test_browser_at_the_width_of_a_phone(tab: Tab) -> None:
    """At 360 pixels the page does not scroll sideways, even with everything unfolded."""
    tab.call("Emulation.setDeviceMetricsOverride", width=360, height=780, deviceScaleFactor=1, mobile=True)
    try:
        _asked(tab, "document.querySelectorAll('details').forEach((part) => { part.open = true; })")
        assert 360 == _asked(tab, "document.documentElement.scrollWidth")
    finally:
        tab.call("Emulation.clearDeviceMetricsOverride")


@axe.needs_axe
@pytest.mark.parametrize("width", axe.WIDTHS)
@pytest.mark.parametrize("scheme", axe.SCHEMES)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_page_with_late_works_is_accessible(tmp_path: Path, lang: str, scheme: str, width: int) -> None:
    """axe-core finds nothing on a page that lists more late works than stand open, with both diagrams and a histogram."""
    kept = {"code": "largest", "days": 3, "percent": "15", "of": "maximum"}
    rows = [_row(f"Petrov {n}", late=kept, accuracy=(0.7, 0.8), epochs=n + 1) for n in range(class_page.SHOWN + 5)]
    path = tmp_path / "summary.html"
    path.write_text(_page(rows, lang), "utf-8")
    with Browser.found(tmp_path).tab() as tab:
        axe.shown(tab, scheme, width)

        assert [] == axe.problems(tab, path.as_uri())
