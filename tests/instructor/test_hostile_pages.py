"""The pages of a hostile class do nothing but show it.

They are opened in Chromium, where a script that ran, or a request that was made, would leave a trace.
"""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from autograder import messages
from autograder.instructor import pages, rendering
from tests.support.browser import Browser, Proxy
from tests.support.hostile import ASKING, DID, HOST, HOSTILE, TEMPLATES, Class, codes, hostile_verdict, unsafe, write_class


@pytest.fixture(scope="module", params=messages.LANGUAGES)
def hostile(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Class:
    """The class in one language."""
    return write_class(tmp_path_factory.mktemp("class"), request.param)


def tags(page: str) -> list[tuple[str, dict[str, str]]]:
    """The tags of a document as Chromium writes it: there, all attributes stand in double quotes."""
    text = re.sub(r"(<(script|style)[^>]*>).*?</\2>", r"\1", page, flags=re.DOTALL)
    found = re.findall(r'<([a-z][\w-]*)((?:\s+[^\s=>]+="[^"]*")*)\s*>', text)
    return [(tag, dict(re.findall(r'([^\s=>]+)="([^"]*)"', attributes))) for tag, attributes in found]


class TestPages:
    @pytest.fixture(params=["student", "student in need of attention", "class"])
    def page(self, request: pytest.FixtureRequest, hostile: Class) -> str:
        """One of the pages."""
        pages = {"student": hostile.page(1), "student in need of attention": hostile.page(0), "class": hostile.summary}
        return pages[request.param]

    def test_browser_shows_and_does_nothing(self, page: str, tmp_path: Path) -> None:
        """Chromium runs no script but ours, asks for nothing, and builds no element or address of a submission's."""
        proxy = Proxy()
        document = Browser.found(tmp_path).document(page, proxy)
        found = tags(document)

        assert [] == [line for line in proxy.asked if HOST in line]
        assert "<math" not in document.partition('class="handout"')[0]
        assert document.count("data-ran=") == 0 and "<title>ran" not in document
        assert int('id="class-table"' in page) == sum(tag == "script" for tag, _ in found)
        assert set() == {tag for tag, _ in found} & {"img", "iframe", "object", "embed", "video", "form", "base"}
        assert [] == [name for _, values in found for name in values if name.startswith("on") or name in {"src", "srcset"}]
        own = ("./", "data:,", "#read-", "#section-", "#stop-", "#check-", "#layers")
        assert [] == [values for _, values in found if not values.get("href", "./").startswith(own)]
        assert 1 == sum(tag == "link" for tag, _ in found)

    def test_policy_comes_first(self, page: str) -> None:
        """The policy stands before anything that a submission says, allows nothing by default and no inline script."""
        before, _, after = page.partition('<meta http-equiv="Content-Security-Policy" content="')
        policy = after.partition('"')[0].replace("&#39;", "'")

        assert '<!DOCTYPE html> <html lang="LANG"> <head> <meta charset="utf-8">' == " ".join(
            re.sub(r'lang="\w\w"', 'lang="LANG"', before).split()
        )
        assert policy.startswith("default-src 'none'; ") and "unsafe" not in policy
        assert all(re.fullmatch(r"'(none|sha256-[\w+/=]+)'|data:", value) for value in re.findall(r"-\w+ ([^;]+)", policy)[:1])

    def test_nothing_that_turns_or_hides(self, page: str) -> None:
        """No control or direction character stands in a page, which is valid UTF-8 of a bounded size."""
        assert set() == unsafe(page) - {"\t"}
        assert len(page.encode("utf-8")) < 2**20

    def test_texts_are_shown(self, page: str) -> None:
        """What is hostile is shown as it is: templates are not filled in, markup stays text."""
        assert "<script>document.title" not in page
        assert "&lt;script&gt;document.title" in page


def test_templates_are_not_filled_in(hostile: Class) -> None:
    """Template text stays text in the reports of students and on the page of the class."""
    wanted = TEMPLATES.replace("'", "&#39;").replace("<", "&lt;").replace(">", "&gt;")

    assert wanted in hostile.page(HOSTILE.index(TEMPLATES))
    assert wanted in hostile.summary


def test_students_see_no_flags(hostile: Class) -> None:
    """No report of a student holds the sentence of a flag; the class's page does."""
    rows = [number for number, row in enumerate(hostile.rows) if row.flags]
    lang = "ru" if 'lang="ru"' in hostile.summary else "en"
    sentence = codes(lang)["flag.not_repeatable"]["wrong"]

    assert rows and sentence in hostile.summary
    assert 1 == sum(page.count(sentence) for page in [hostile.page(rows[0])])  # among the notes, where it was put
    flagged = replace(hostile_verdict(1), notes=())
    assert sentence not in pages.student_page(flagged, "name", lang)


def test_canary_is_heard(tmp_path: Path) -> None:
    """A page without escapes and policy does run a script and ask for things: the test would see it."""
    proxy = Proxy()
    text = f"<!DOCTYPE html><title>quiet</title><body>{ASKING}<script>{DID}</script></body>"
    document = Browser.found(tmp_path).document(text, proxy)

    assert 'data-ran="ran"' in document and "<title>ran</title>" in document
    assert {"/img", "/css", "/script"} <= {path for line in proxy.asked for path in re.findall(f"{HOST}(/\\w+)", line)}


def test_policy_holds_without_escapes(hostile: Class, tmp_path: Path) -> None:
    """Were an escape forgotten, the policy alone would keep scripts from running and the page from asking."""
    proxy = Proxy()
    markup = f'<main>{ASKING}<script>{DID}</script><img src=x onerror="{DID}"><svg onload="{DID}"></svg>'
    document = Browser.found(tmp_path).document(hostile.summary.replace("<main>", markup, 1), proxy)

    assert f"http://{HOST}/img" in document
    assert "data-ran=" not in document
    assert [] == [line for line in proxy.asked if HOST in line]


FROM_THE_BANK = ("quiz.html", "{{ data }}")  # the page for self-study knows no submission; its data is escaped JSON


def test_no_data_in_scripts() -> None:
    """No template puts what a submission says into a script or a style: there is no data in either to escape."""
    for path in rendering.TEMPLATES.glob("*.html"):
        text = path.read_text("utf-8")
        assert [] == [
            body
            for body in re.findall(r"<(?:script|style)[^>]*>(.*?)</", text, re.DOTALL)
            if body not in {"{{ script }}", "{{ style }}"} and (path.name, body) != FROM_THE_BANK
        ]
        assert "|safe" not in text.replace(" ", "") and "autoescape" not in text
