"""The student's page and the class's page: complete in two languages, deaf to what a submission says."""

import base64
import hashlib
import re
import string
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from autograder import __version__, consequences, messages, report
from autograder.errors import SubmissionError
from autograder.instructor import class_mistakes, class_page, layers_part, passages, rendering, results
from autograder.instructor.pages import student_page, summary_page
from autograder.scheme import load
from autograder.verdict import CheckResult, Outcome, Reason, attention, build, refused
from tests.support import axe
from tests.support.browser import Browser
from tests.support.pages import ERROR
from tests.support.pages import verdict as _verdict

LANGUAGES = messages.LANGUAGES
HOSTILE = [
    "<script>document.title='ran'</script>",
    "</title></style></script></pre><script>document.title='ran'</script>",
    '"><img src=x onerror="document.title=\'ran\'">',
    "' onmouseover='document.title=1' x='",
    "javascript:document.title='ran'",
    "{{ 7 * 7 }}{% raw %}<!-- --><![CDATA[",
    "&lt;script&gt;&#60;b&#62;",
    "\u202e\x1b[31m\x00\x9b\ud800\udfff",
    "<b>" * 34_000,
    "я\u0301" * 50_000,
]


def _row(student: str = "Ivanova", **changes: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "student": student,
        "status": "graded",
        "score": 80.0,
        "max_score": 100.0,
        "sections": {"data": 20.0, "model": 20.0, "compile": 20.0, "accuracy": 20.0},
        "failed": ["model.layers"],
        "flags": [],
        "reason": "",
        "report": f"students/{student}/report.html",
        "codes": {},
        "accuracy": None,
        "epochs": None,
        "late": None,
        "stopped": None,
    } | changes
    return {"causes": {check: [{"code": f"{check}.wrong", "params": {}}] for check in row["failed"]}} | row


def _flag(*found: str) -> dict[str, Any]:
    return {"code": "flag.look", "params": {"found": list(found)}}


def _summary(rows: list[dict[str, Any]], lang: str = "en", title: str = "Lab") -> str:
    parts = summary_page(
        rows,
        title=title,
        lang=lang,
        data="synthetic",
        sandbox="process",
        sections=load().sections,
        generated="2026-09-01",
    )
    return "".join(parts)


PAGES = [
    pytest.param(lambda: student_page(_verdict(), "name", "en"), id="student"),
    pytest.param(lambda: _summary([_row()]), id="summary"),
]


class _Structure(HTMLParser):
    """The tags of a page with their attributes, and its visible text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.addresses: list[str] = []
        self.text: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(sorted(name for name, _ in attrs))))
        self.addresses += [value or "" for name, value in attrs if name in {"href", "src"}]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def _structure(page: str) -> list[tuple[str, tuple[str, ...]]]:
    return _Structure(page).tags


def _text(page: str) -> str:
    return " ".join(" ".join(_Structure(page).text).split())


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_student_page_has_only_our_markup(text: str, lang: str) -> None:
    """Whatever a submission says, the page has the same elements and attributes."""
    plain = "x" * len(text)
    expected = _structure(student_page(_verdict(plain), plain, lang))
    assert expected == _structure(student_page(_verdict(text), text, lang))


@pytest.mark.parametrize("text", HOSTILE)
def test_summary_page_has_only_our_markup(text: str) -> None:
    """Whatever students and folders are called, the page has the same elements and attributes."""

    def page(said: str, report: str) -> str:
        flags = [_flag(said), {"code": said, "params": {"found": said}}]
        waiting = _row(said, status="needs_attention", flags=flags, reason=said, report=report)
        return _summary([_row(said, failed=[said], report=report), waiting], title=said)

    report = text.encode("utf-8", "replace").decode()[:500]
    assert _structure(page("plain", "plain")) == _structure(page(text, report))


@pytest.mark.parametrize("text", HOSTILE)
def test_pages_are_bounded_and_encodable(text: str) -> None:
    """A hundred thousand characters do not make a page large, and every page is valid UTF-8."""
    sizes = [len(student_page(_verdict(text), text, "ru").encode()), len(_summary([_row(text)]).encode())]
    assert [True, True] == [size < 200_000 for size in sizes]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_other_images_are_named(lang: str) -> None:
    """A report says that accuracy was not measured on the lab's images; where it was, or was not measured, it says nothing."""
    verdict, told = _verdict(), rendering.Words(lang).say("tested_on_synthetic", lab="CIFAR-10")
    pages = [
        student_page(replace(verdict, facts=dict(verdict.facts) | {"accuracy": about}), "name", lang)
        for about in ({"data": "synthetic"}, {"data": "cifar10"}, None)
    ]

    assert [True, False, False] == [told in page for page in pages]


def test_log_loses_its_middle() -> None:
    """A long log shows its beginning and its end."""
    verdict = _verdict()
    long = replace(verdict, facts={"log": "BEGIN" + "x" * 10**6 + "END"})
    text = _text(student_page(long, "name", "en"))
    assert (True, True, True) == ("BEGIN" in text, "END" in text, "980,008 characters" in text)


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        ("students/a b/report.html", ["./students/a%20b/report.html"]),
        ("javascript:alert(1)", ["./javascript%3Aalert%281%29"]),
        ("//evil.example/x", ["./evil.example/x"]),
        ("../../etc/passwd", ["./etc/passwd"]),
        ('a"onclick="x/#?', ["./a%22onclick%3D%22x/%23%3F"]),
        ("a\udcff", ["./a%FF"]),
        ("a\ud800", []),
        ("", []),
    ],
)
def test_links_are_relative_paths(report: str, expected: list[str]) -> None:
    """A link to a report can only lead below the folder of the page."""
    assert ["data:,", *expected] == _Structure(_summary([_row(report=report, failed=[])])).addresses


@pytest.mark.parametrize("make", PAGES)
def test_policy_names_what_stands_in_the_page(make: Callable[[], str]) -> None:
    """The content security policy admits the page's own style and script by hash, and nothing else."""
    page = make()
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None
    found = [
        f"{kind}-src &#39;sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}&#39;"
        for tag, kind in (("style", "style"), ("script", "script"))
        for text in re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
    ]
    assert [*rendering.POLICY.replace("'", "&#39;").split("; "), *found] == policy[1].split("; ")


def test_student_page_asks_for_nothing() -> None:
    """A student's page has no script, no inline style and no address but its empty icon and places in itself."""
    page = student_page(_verdict(), "name", "en")
    structure = _Structure(page)
    places = [address for address in structure.addresses if address.startswith("#")]
    assert ["data:,", *places] == structure.addresses
    assert [1] * len(places) == [page.count(f' id="{address[1:]}"') for address in places]
    assert [] == [tag for tag in structure.tags if tag[0] in {"script", "iframe", "img"} or "style" in tag[1]]


def test_failed_check_has_three_sentences() -> None:
    """A failed check says what is wrong, what was expected, and what to do by the scheme's hint."""
    text = _text(student_page(_verdict("BOOM"), "name", "en"))
    told = messages.render("en", "stage.error", dict.fromkeys(ERROR, "BOOM"))
    hint = load().checks["data.returns"].hint["en"]
    sentences = [told.wrong, told.detail, told.todo or hint]
    assert [] == [s for s in sentences if " ".join(s.replace("`", " ").split()) not in text]


@pytest.mark.parametrize(
    ("lang", "expected"),
    [
        ("en", "✓ passed|✗ failed|◐ in part|– not checked|16 of 20|66.41%|≠ first difference"),
        ("ru", "✓ верно|✗ неверно|◐ частично|– не проверено|16 из 20|66,41 %|≠ первое отличие"),
    ],
)
def test_marks_have_symbol_and_word(lang: str, expected: str) -> None:
    """Every mark is a symbol and a word, in both languages."""
    text = _text(student_page(_verdict(), "name", lang)).replace("\u00a0", " ")
    assert [] == [mark for mark in expected.split("|") if mark not in text]


@pytest.mark.parametrize(("lang", "word"), [("en", "size"), ("ru", "размер")])
def test_a_size_that_follows_is_told_as_such(lang: str, word: str) -> None:
    """A row with other sizes only has a sign of its own, which the caption explains where rows differ."""
    verdict = _verdict()
    rows = [dict(row) for row in verdict.layers]
    rows[2] |= {"received": "Flatten()", "follows": True}
    page = student_page(replace(verdict, layers=tuple(rows)), "name", lang)
    say = rendering.Words(lang).say

    assert (1, 1) == (_text(page).count(f"↳ {word}"), _text(page).count(f"≠ {say('first_difference')}"))
    assert say("layers_signs") in _text(page)
    right = replace(verdict, layers=(verdict.layers[0],))
    assert say("layers_signs") not in _text(student_page(right, "name", lang))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_was_not_reached_says_what_to_do(lang: str) -> None:
    """Where no check but a missing file is the reason, the report says what to do about it."""
    reason = Reason("data_set.not_downloaded", {"title": "CIFAR-10", "variable": "CIFAR10_NPZ"})
    page = student_page(build(load(), ["accuracy"], {"accuracy.weights": Outcome("not_checked", reason=reason)}), "name", lang)
    told = messages.render(lang, reason.code, reason.params)

    assert f"{told.wrong}. {told.todo}" in _text(page)


def test_paper_is_filled(tmp_path: Path) -> None:
    """Nothing in a printed report that cannot be divided between two pages is higher than a quarter of one."""
    path = tmp_path / "page.html"
    path.write_text(student_page(_verdict(), "name", "ru"), "utf-8")
    with Browser.found(tmp_path).tab() as tab:
        tab.call("Emulation.setEmulatedMedia", media="print")
        tab.call("Emulation.setDeviceMetricsOverride", width=718, height=1047, deviceScaleFactor=1, mobile=False)  # of A4
        tab.open(path.as_uri())
        heights = tab.wait("[...document.querySelectorAll('main svg')].map(svg => svg.getBoundingClientRect().height)")

    assert len(heights) > 3 + 3
    assert max(heights) <= 1047 / 4


@axe.needs_axe
@pytest.mark.parametrize("scheme", axe.SCHEMES)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_student_page_is_accessible(tmp_path: Path, lang: str, scheme: str) -> None:
    """axe-core finds nothing on a report with every part, one of a work that stopped and one for a person, wide and narrow."""
    pages = {
        "full": _verdict(),
        "refused": refused(load(), load().sections, SubmissionError("submission.none", folder="ivan")),
        "attention": attention(load(), load().sections, Reason("submission.two_edited", {"names": "a.py, b.py"})),
    }
    with Browser.found(tmp_path).tab() as tab:
        for name, verdict in pages.items():
            path = tmp_path / f"{name}.html"
            path.write_text(student_page(verdict, "name", lang), "utf-8")
            for width in axe.WIDTHS:
                axe.shown(tab, scheme, width)
                assert (name, width, []) == (name, width, axe.problems(tab, path.as_uri()))


def test_english_names_are_marked_as_english() -> None:
    """A screen reader that reads a Russian report says names of classes and layers as English."""
    page = student_page(_verdict(), "name", "ru")
    elements = re.findall(r"<(?:th|code)[^>]*>(?:<span>)?(?:airplane|Conv2D)", page)

    assert 3 + 2 == len(elements)
    assert [] == [element for element in elements if 'lang="en"' not in element]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_failed_check_says_where_to_read(lang: str) -> None:
    """A failed check links to the passage of the handout, which the page holds once, and names the topics of the quiz."""
    page = student_page(_verdict(), "name", lang)
    text, scheme, say = _text(page), load(), rendering.Words(lang).say
    passage = scheme.passage("data.returns", lang)

    assert passage is not None
    read = f"{say('read')}: {say('read_title', title=passage.title)}"
    assert f"{read} · {say('practise')}: {'; '.join(scheme.topics('data.returns', lang))}" in text
    assert '<a href="#read-task1">' in page
    assert 1 == page.count('<h3 id="read-task1"') == page.count(passage.html)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_passages_are_those_of_failed_checks(lang: str) -> None:
    """Nothing failed: no passage. A table of the handout is one with headers, a formula is drawn, no style stands in a tag."""
    passed = build(load(), load().sections, {check: Outcome("passed", 1.0) for check in load().checks})
    failed = build(load(), load().sections, {check: Outcome("failed", 0.0, Reason(check)) for check in load().checks})
    page = student_page(failed, "name", lang)
    handout = page[page.index('class="handout"') : page.index('id="graded"')]

    assert 'class="handout"' not in student_page(passed, "name", lang)
    assert ["task1", "task2", "task3", "training"] == re.findall(r'<h3 id="read-(\w+)"', handout)
    assert (5, 1) == (handout.count('<th scope="col"'), handout.count('display="block"'))
    assert {"en": "4,293,194", "ru": "4\u00a0293\u00a0194"}[lang] in handout and " style=" not in handout and "$" not in handout


def test_a_passage_brings_nothing_along() -> None:
    """Headings of a handout go below its own, pictures become their words, relative links text, an unknown formula stays."""
    source = "## Sub\n\n![a cat](cat.png) [here](other.md) [there](https://example.org/x)\n\n<b>x</b>\n\n$\\frac{$"
    html = passages.html_of(source, "T")

    assert "<h4>Sub</h4>" in html and "[a cat] here" in html and "&lt;b&gt;" in html
    assert ["https://example.org/x"] == _Structure(html).addresses
    assert "frac" in html


@pytest.mark.parametrize("lang", LANGUAGES)
def test_layers_that_are_all_right_are_folded(lang: str) -> None:
    """A table without a difference is folded and left out in print, but for the sentence that says so; else it stands open."""
    right = replace(_verdict(), layers=tuple({**row, "same": True} for row in _verdict().layers))
    summary = rendering.Words(lang).say("layers_right", number=3)

    assert summary in student_page(right, "name", lang)
    assert summary in layers_part.table(right, lang)
    assert summary not in student_page(_verdict(), "name", lang) + layers_part.table(_verdict(), lang)
    assert 1 == student_page(right, "name", lang).split(summary)[1].split("<table")[0].count('<details class="screen">')


@pytest.mark.parametrize("lang", LANGUAGES)
def test_consequences_stand_between_table_and_drawing(lang: str) -> None:
    """What a row leads to is told in sentences below the table, in a report and in a notebook; the drawing comes last."""
    verdict = _verdict()
    row = {**verdict.layers[1], "consequences": [{"code": "layers.flatten", "params": {"received": 7200, "expected": 8192}}]}
    told = consequences.told(Reason("layers.flatten", {"received": 7200, "expected": 8192}), lang)
    changed = replace(verdict, layers=(verdict.layers[0], row, *verdict.layers[2:]))
    text = _text(student_page(changed, "name", lang))

    assert f"{rendering.Words(lang).say('follows_row', row=2)} {' '.join(told.split())}" in text
    places = [text.index(part) for part in (rendering.words(lang)["layers_caption"], " ".join(told.split()))]
    assert places == sorted(places) and places[-1] < text.index(rendering.words(lang)["drawing"])
    assert told in layers_part.table(changed, lang)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_is_needed_to_repeat(lang: str) -> None:
    """The page has the versions, the seed and the digests, and what became of each function."""
    known = {"stages": {"import": "ok", "data": "timeout"}, "evidence": "cd" * 32, "seed": 41}
    text, say = _text(student_page(replace(_verdict(), facts=known), "name", lang)), rendering.Words(lang).say

    assert [True] * 3 == [part in text for part in ("cd" * 32, results.scheme_digest(load()), f"convmark {__version__}")]
    assert say("stage_timeout", name="prepare_data") in text and say("stage_ok", name=say("stage_import")) in text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_not_checked_names_what_it_waits_for(lang: str) -> None:
    """A check that was not reached names the check that it depends on by its title."""
    waited = load().checks["data.returns"].title[lang]
    say = rendering.Words(lang).say
    assert say("not_checked_check", title=waited) in _text(student_page(_verdict(), "name", lang))


def test_layer_table_marks_the_first_difference() -> None:
    """Exactly one row is the first difference, and a missing layer is called missing."""
    page = student_page(_verdict(), "name", "en")
    rows = re.findall(r'<tr class="first">.*?</tr>', page, re.DOTALL)
    assert [True] == ["Dropout" in row for row in rows]
    assert "missing" in _text(page)
    assert "4,194,816 parameters" in _text(page)


@pytest.mark.parametrize(
    ("lang", "exact"),
    [
        ("en", "66.41% ± 0.47 (standard error), 6,641 of 10,000 images"),
        ("ru", "66,41 % ± 0,47 (стандартная ошибка), верно 6641 из 10 000"),
    ],
)
def test_exact_accuracy(lang: str, exact: str) -> None:
    """The page has the accuracy with its standard error, and a row for each class."""
    page = student_page(_verdict(), "name", lang)
    text = _text(page).replace("\u00a0", " ")

    assert exact in text
    assert rendering.words(lang)["accuracy_gap"] in text
    assert 2 * 10 == len(
        re.findall(r'<tr><th scope="row" lang="en">(?:airplane|automobile|bird|cat|deer|dog|frog|horse|ship|truck)<', page)
    )


def test_confusion_matrix() -> None:
    """A cell for each pair of classes under a heading with its class; what is right and what is often wrong is marked."""
    page = student_page(_verdict(), "name", "en")
    (table,) = re.findall(r'<table class="confusion".*?</table>', page, re.DOTALL)
    (cat,) = re.findall(r'<tr><th scope="row" lang="en">cat</th>.*?</tr>', table, re.DOTALL)
    names = load().raw["data"]["class_names"]

    assert names == re.findall(r'<th scope="col" class="number" lang="en"><span>(.*?)</span>', table)
    assert 100 == table.count("<td ")
    expected = '<td class="number">0</td>' * 3 + '<td class="number right">664</td><td class="number most">336</td>'
    assert expected + '<td class="number">0</td>' * 5 in cat


def test_no_accuracy_no_table() -> None:
    """Without an evaluation, or with one of another form, the page has none of its tables."""
    plain = _verdict()
    for known in ({}, {"accuracy": {"status": "error", "code": "x"}}, {"accuracy": {"accuracy": 0.5, "images": 10}}):
        page = student_page(replace(plain, facts={**known, "seed": 1}), "name", "en")

        assert "confusion" not in page.split("</style>")[1]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_flag_with_figures(lang: str) -> None:
    """The class page says with which figures a network seems trained on the test images."""
    params = {
        "test": "91.20%",
        "train": "84.00%",
        "accuracy_z": "-12.3",
        "test_loss": "0.251",
        "train_loss": "0.502",
        "loss_z": "-14.5",
    }
    text = _text(_summary([_row("Flagged", flags=[{"code": "flag.test_set", "params": params}])], lang))

    told = messages.render(lang, "flag.test_set", params).wrong.replace("\u00a0", " ")
    assert told in text
    assert all(
        value.removesuffix("%") in told or messages.local(lang, value.removesuffix("%")) in told for value in params.values()
    )


@pytest.mark.parametrize("lang", LANGUAGES)
def test_flags_are_not_shown_to_students(lang: str) -> None:
    """A flag is for the instructor alone: no report of a student differs by it."""
    verdict = _verdict()
    assert len(verdict.flags) == 3
    plain = replace(verdict, flags=())
    assert student_page(plain, "name", lang) == student_page(verdict, "name", lang)
    assert report.to_text(plain, lang) == report.to_text(verdict, lang)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_flags_stand_after_what_needs_attention(lang: str) -> None:
    """A flagged work is listed with each flag's sentence, said to cost no points, before any statistics."""
    flags = [{"code": "flag.wire", "params": {"count": 7}}, _flag("ctypes (1:2)", "<b> (3:4)")]
    page = _summary([_row("Flagged", flags=flags), _row("Waiting", status="needs_attention"), _row("Quiet")], lang)
    text, say = _text(page), rendering.Words(lang).say
    head, told = text.split(say("flags_text"))
    listed = told.split(say("distribution"))[0]
    assert say("flagged_count", number=1) in head and "Waiting" in head
    assert messages.render(lang, "flag.wire", {"count": 7}).wrong in listed
    assert messages.render(lang, "flag.look", {"found": "ctypes (1:2); <b> (3:4)"}).wrong in listed
    assert "Flagged" in listed and "Quiet" not in listed


def test_no_flags_no_section() -> None:
    """A class without flags has nothing to look at."""
    assert 'id="flagged"' not in _summary([_row()])


def test_long_findings_are_folded() -> None:
    """Of twenty findings five stand in the sentence; all of them are behind a click, and no more than twenty."""
    page = _summary([_row(flags=[_flag(*(f"finding{number:02}" for number in range(30)))])])
    sentence, rest = page.split("; 15 more.")
    assert "finding04" in sentence and "finding05" not in sentence
    assert [f"finding{number:02}" for number in range(20)] == re.findall(r"<code>(finding\d\d)</code>", rest)


def test_flag_of_the_run_is_told_once() -> None:
    """That a class was graded without a sandbox is no list of all its students."""
    unprotected = {"code": "flag.unprotected", "params": {}}
    rows = [_row(f"S{number}", flags=[unprotected]) for number in range(3)] + [
        _row("Own", flags=[unprotected, _flag("gc (1:1)")])
    ]
    text = _text(_summary(rows))
    assert 1 == text.count(messages.render("en", "flag.unprotected", {}).wrong)
    assert "Works: 4." in text
    assert "S1" not in text.split("Distribution of scores")[0]


def test_many_flagged_works_are_folded() -> None:
    """Of a large class twenty flagged works stand open, the others behind a click."""
    page = _summary([_row(f"S{number}", flags=[_flag("gc (1:1)")], failed=[]) for number in range(50)])
    assert "30 more" in page
    assert 100 == page.count('<a href="./students/S')


@pytest.mark.parametrize("lang", LANGUAGES)
def test_needs_attention_is_no_zero(lang: str) -> None:
    """A verdict for a person says so in place of a score."""
    verdict = attention(load(), load().sections, Reason("grader.checks_missing", {"checks": "model.honest"}))
    text, say = _text(student_page(verdict, "name", lang)), rendering.Words(lang).say
    assert say("attention_title") in text and say("attention_text") in text
    assert say("out_of", points=0, maximum=20) not in text
    assert say("score") + ":" not in text


def test_broken_check_leaves_its_section_undecided() -> None:
    """One check without an answer leaves the points of its section open, and those of others as they are."""
    text = _text(student_page(_verdict(status="broken"), "name", "en"))
    assert "Network points not decided" in text
    assert "Compilation 20 of 20" in text


def test_verdict_of_an_older_scheme() -> None:
    """A check and a section that the scheme no longer has are shown by their names."""
    verdict = _verdict()
    renamed = replace(verdict, checks=(CheckResult("old.check", "data", "failed", 0.0, 1.0),))
    assert "old.check" in _text(student_page(renamed, "name", "en"))


def test_summary_leaves_out_what_has_no_score() -> None:
    """Means, distribution and mistakes are those of graded works; the others come first."""
    rows = [_row("Graded"), _row("Waiting", status="needs_attention", score=0.0, reason="no answer")]
    page = _summary(rows)
    text = _text(page)
    assert text.index("Waiting") < text.index("Graded")
    assert "2 submissions 1 graded 1 needing a person 80 mean score" in text
    assert "Waiting — no answer" in text
    assert ["90–100: 0"] == re.findall(r"90–100: \d", page)
    assert ["80–90: 1"] == re.findall(r"80–90: \d", page)


def test_bins_hold_everyone() -> None:
    """A share lies in the tenth that it begins; full marks lie in the last."""
    scores = [0, 9.99, 10, 30, 70, 99, 100]
    counts = [bin_["count"] for bin_ in class_page._bins([_row(score=score) for score in scores])]
    assert [2, 1, 0, 1, 0, 0, 0, 1, 0, 2] == counts


def test_ten_most_common_mistakes() -> None:
    """The mistakes are counted by works, the most common first, no more than ten."""
    checks = list(load().checks)[:12]
    rows = [_row(failed=checks[: index + 1]) for index in range(12)]
    found = class_mistakes.shown(load(), rendering.Words("en"), rows)
    expected = [(check, str(12 - index)) for index, check in enumerate(checks[:10])]
    assert expected == [(mistake["id"], mistake["count"]) for mistake in found["listed"]]
    assert 2 == found["others"]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("rows", [[], [_row(status="needs_attention", score=0.0)]])
def test_summary_without_grades(lang: str, rows: list[dict[str, Any]]) -> None:
    """A class in which nothing is graded has a page as well."""
    assert rendering.Words(lang).say("nothing_graded") in _text(_summary(rows, lang))


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_catalogues_match() -> None:
    """Both languages have the same phrases with the same values, none empty."""
    english, russian = rendering.words("en"), rendering.words("ru")
    fields = [{key: _fields(text) for key, text in words.items()} for words in (english, russian)]
    assert fields[0] == fields[1]
    assert [] == [key for key in english if not english[key] or not russian[key]]


def test_catalogue_has_what_is_used_and_no_more() -> None:
    """Every phrase that is asked for is there, and every phrase is asked for."""
    folder = rendering.TEMPLATES.parent
    sources = [*rendering.TEMPLATES.glob("*.html"), *rendering.TEMPLATES.glob("*.js"), *folder.rglob("*.py")]
    sources = [path for path in sources if "training" not in path.parts]  # its pictures have a catalogue of their own
    text = "\n".join(path.read_text("utf-8") for path in sources)
    asked = set(re.findall(r'\bsay(?:\.say)?\("(\w+)"', text))
    quoted = set(re.findall(r'"(\w+)"', text))
    made = tuple(re.findall(r'\bsay(?:\.say)?\(f"(\w+_)\{', text))  # the rest of the name is a state
    known = {key for key in rendering.words("en") if not key.startswith("analysis_")}  # those have a test of their own
    asked = {key for key in asked if not key.startswith("analysis_")}
    assert set() == asked - known
    assert set() == {name for name in known - quoted if not name.startswith(made)}


def _luminance(colour: str) -> float:
    parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [0, 1, 2], ids=["light", "dark", "print"])
def test_contrast(scheme: int) -> None:
    """Text has the contrast of WCAG AA, 4.5 to 1, on each ground that it stands on."""
    style = (rendering.TEMPLATES / "style.css").read_text("utf-8")
    block = re.findall(r":root \{(.*?)\}", style, re.DOTALL)[scheme]
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))
    pairs = [(text, "page") for text in ("text", "muted", "good", "bad", "warn", "link")]
    pairs += [
        ("text", "panel"),
        ("muted", "panel"),
        ("link", "panel"),
        ("text", "bad-panel"),
        ("muted", "bad-panel"),
        ("bad", "bad-panel"),
    ]
    pairs += [("text", "warn-panel"), ("warn", "warn-panel"), ("link", "warn-panel")]
    low = []
    for text, ground in pairs:
        light, dark = sorted((_luminance(colours[text]), _luminance(colours[ground])), reverse=True)
        low += [(text, ground)] if (light + 0.05) / (dark + 0.05) < 4.5 else []
    assert [] == low


@pytest.fixture
def dump(tmp_path: Path) -> Callable[[str], str]:
    """Opens a page in Chromium and returns what its document has become."""
    browser = Browser.found(tmp_path)
    return lambda page: browser.document(page)


RAN = "<script>document.title = 'ran'; document.body.dataset.ran = 'ran'</script>"


def test_browser_runs_scripts(dump: Callable[[str], str]) -> None:
    """The browser of these tests runs a script where nothing forbids it."""
    document = dump(f"<!DOCTYPE html><html><head><title>quiet</title></head><body>{RAN}</body></html>")
    assert "<title>ran</title>" in document


def test_browser_runs_nothing_of_a_submission(dump: Callable[[str], str]) -> None:
    """Scripts in names, messages, layers and logs stay text."""
    text = f'</title></pre></style>{RAN}"><img src=x onerror="document.title=\'ran\'">'
    document = dump(student_page(_verdict(text), text, "en"))
    assert 0 == document.count("<script") + document.count("<img") + document.count("<title>ran")


@pytest.mark.parametrize("make", PAGES)
def test_browser_refuses_foreign_scripts(dump: Callable[[str], str], make: Callable[[], str]) -> None:
    """Even a script that stands in the page as markup does not run, for the policy does not name it."""
    smuggled = make().replace("<main>", f"<main>{RAN}<img src=x onerror=\"document.title='ran'\">", 1)
    document = dump(smuggled)
    assert 1 == document.count("<main><script>document.title = 'ran'")
    assert 0 == document.count("<title>ran") + document.count("data-ran=")


def test_browser_makes_the_table_sortable(dump: Callable[[str], str]) -> None:
    """The summary's own script runs: every column gets a button."""
    document = dump(_summary([_row("<b>A</b>"), _row("B", score=3.0)]))
    columns = 5 + len(load().sections)
    assert columns == document.count('<button type="button">')
