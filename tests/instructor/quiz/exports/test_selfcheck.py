"""The page for checking oneself: it marks as marking.py does, keeps what was answered, asks for nothing, and is usable by all."""

import itertools
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from autograder.instructor.quiz.bank import gaps, instances, marking, numbers
from autograder.instructor.quiz.bank.model import Bank, Item, Wording
from autograder.instructor.quiz.bank.reading import read_bank
from autograder.instructor.quiz.exports import selfcheck
from autograder.instructor.quiz.exports.target import Request
from autograder.instructor.quiz.forms import form
from tests.support.browser import Browser, Tab

SAMPLE = Path(__file__).parents[1] / "bank" / "valid.md"
BANK = Path(__file__).parents[4] / "quiz" / "questions"
TITLE = "Образец / Sample"
PHONE, DESKTOP = (360, 740), (1280, 900)
WATCH = """
window.faults = [];
addEventListener("error", (event) => faults.push(event.message));
addEventListener("unhandledrejection", (event) => faults.push(String(event.reason)));
document.addEventListener("securitypolicyviolation", (event) => faults.push(event.violatedDirective));
if (location.hash === "#forbidden") Object.defineProperty(window, "localStorage", { get() { throw new Error("forbidden"); } });
"""
# Answers to the sample, in the order of its items: places of options as in the file, texts, and nothing for an essay.
HIDDEN = re.compile('"[A-Za-z0-9+/]{200,}=*"')
RIGHT = [["1"], None, ["0", "1"], ["3", "detector", "0"], ["An answer."], ["kernel_constraint"], ["1"], ["0", "1"]]
FILL = """((number, answer) => {
  const inputs = [...document.querySelectorAll(`#q${number} form :is(input, select, textarea)`)];
  inputs.forEach((input, place) => {
    if (["radio", "checkbox"].includes(input.type)) input.checked = answer.includes(input.value);
    else input.value = answer[place];
  });
  document.querySelector(`#q${number} form`).requestSubmit();
})"""

NAMELESS = """[...document.querySelectorAll("input, select, textarea, button")].filter((one) => one.checkVisibility() && !(
  one.getAttribute("aria-label") || one.innerText || [...(one.labels ?? [])].some((label) => label.innerText.trim())
)).length"""
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
ATTEMPT = """base.questions.forEach(({ number, item }) => {
  const box = document.getElementById(`q${number}`);
  box.querySelectorAll("form input, form select, textarea").forEach((input) => {
    if (["radio", "checkbox"].includes(input.type)) input.checked = true;
    else input.value = input.tagName === "SELECT" ? "0" : "7";
  });
  box.querySelector("form").requestSubmit();
})"""


def sample(tmp_path: Path, *changes: tuple[str, str]) -> Bank:
    """The sample, with *changes* made in its text."""
    text = SAMPLE.read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    (tmp_path / "bank.md").write_text(text, "utf-8")
    bank, problems = read_bank(tmp_path)
    assert [] == problems
    return bank


def page(bank: Bank, title: str = TITLE) -> str:
    """The page of a bank in both languages."""
    return selfcheck.build(Request(bank, "both", title))[selfcheck.FILE].decode()


@dataclass
class Reader:
    """A person with the page in a tab of Chromium."""

    tab: Tab
    folder: Path

    def run(self, expression: str) -> Any:
        """The value of an expression of JavaScript.

        Raises:
            AssertionError: it throws.
        """
        found = self.tab.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def open(self, content: str = "", size: tuple[int, int] = DESKTOP, lang: str = "en", place: str = "") -> None:
        """Go to a page that nobody has read yet; without one, come back to that of before."""
        path = self.folder / "page.html"
        if content:
            path.write_text(content, "utf-8")
        width, height = size
        self.tab.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500)
        self.tab.open("about:blank")
        self.tab.open(path.as_uri() + place)
        if content and not place:
            self.run("localStorage.clear()")
            self.open("", size, lang)
        elif content or self.run("document.documentElement.lang") != lang:
            self.speak(lang)

    def speak(self, lang: str) -> None:
        """Change the language."""
        self.run(f"document.querySelector('[data-lang={lang}]')?.click()")

    def answer(self, number: int, answer: list[str]) -> str:
        """Answer a question and press "Check"; what is said of it then."""
        self.run(f"{FILL}({number}, {json.dumps(answer)})")
        return self.text(f"#q{number} .verdict") or self.text(f"#q{number} .problem")

    def text(self, selector: str) -> str:
        """The text of an element as it is seen; nothing if it is not there."""
        return str(
            self.run(
                f"[document.querySelector({json.dumps(selector)})].map((one) => one?.checkVisibility() ? one.innerText : '')[0]"
            )
        )

    def press(self, key: str, code: int) -> None:
        """Press a key."""
        typed = {"Enter": "\r", "Space": " "}.get(key, "")
        about = {"key": typed if key == "Space" else key, "code": key, "windowsVirtualKeyCode": code, "text": typed}
        self.tab.call("Input.dispatchKeyEvent", type="keyDown" if typed else "rawKeyDown", **about)
        self.tab.call("Input.dispatchKeyEvent", type="keyUp", **about)

    def click(self, selector: str, words: str = "") -> None:
        """Press the first such element that has these words."""
        found = (
            f"[...document.querySelectorAll({json.dumps(selector)})].find((one) => one.innerText.includes({json.dumps(words)}))"
        )
        self.run(f"{found}.click()")


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    """A tab of Chromium that notes what goes wrong in a page."""
    with Browser.found(tmp_path_factory.mktemp("browser")).tab() as found:
        found.call("Page.enable")
        found.call("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
        yield found


@pytest.fixture
def reader(tab: Tab, tmp_path: Path) -> Iterator[Reader]:
    """A reader; at the end the page has thrown no error, asked for nothing, and its policy had nothing to forbid."""
    found = Reader(tab, tmp_path)
    yield found
    assert [] == found.run("[...faults, ...performance.getEntriesByType('resource').map((one) => one.name)]")


@pytest.fixture(scope="module")
def bank() -> Bank:
    """The bank itself."""
    return read_bank(BANK)[0]


def output_side(reader: Reader, number: int = 2) -> tuple[str, str]:
    """The key and the trap of the numeric question of the sample, with the values that it has at the moment."""
    found = re.findall(r"\d+", reader.text(f"#q{number} .stem"))
    side, kernel, padding, stride = map(int, found)
    steps = (side + 2 * padding - kernel) // stride
    return str(steps + 1), str(steps)


def answer_all(reader: Reader) -> None:
    """Answer the whole sample rightly, in English."""
    for number, answer in enumerate(RIGHT, 1):
        reader.answer(number, answer or [output_side(reader)[0]])


def test_same_bytes_for_the_same_request(tmp_path: Path) -> None:
    """A page is made again to the byte."""
    assert page(sample(tmp_path)) == page(sample(tmp_path))


def test_nothing_is_read_at_a_glance(tmp_path: Path) -> None:
    """No id of an item or an option, no text of a question and no feedback stands in the page in clear text."""
    bank = sample(tmp_path)
    content = page(bank)
    texts = {text for item in bank.items for wording in item.wordings.values() for text in wording.texts() if len(text) > 12}
    names = {item.id for item in bank.items if "-" in item.id} | {
        option.id for item in bank.items for option in item.first.options if "-" in option.id
    }

    assert len(texts) > 40 and len(names) > 10
    assert [] == [text for text in texts | names if text in content]
    assert all(form.code(bank.id, item.id) in content for item in bank.items)


def test_the_page_asks_for_nothing(reader: Reader, bank: Bank) -> None:
    """Neither the file nor what its script makes of it has an address of the net, and its policy forbids to ask."""
    content = page(bank)
    reader.open(content)
    reader.run(ATTEMPT)
    document = reader.run("document.documentElement.outerHTML")

    assert len(bank.items) == document.count("<article")
    assert [] == re.findall(r"https?:|src=|url\(|@import", HIDDEN.sub("", content) + HIDDEN.sub("", document))
    policy = reader.run("document.querySelector('meta[http-equiv]').content")
    assert "default-src 'none'" in policy and "unsafe" not in policy
    reader.run("new Image().src = 'http://127.0.0.1:9/'; undefined")
    reader.tab.wait("faults.length")
    assert ["img-src"] == reader.run("faults.splice(0)")
    assert ["http://127.0.0.1:9/"] == reader.run("performance.getEntriesByType('resource').map((one) => one.name)")
    reader.run("performance.clearResourceTimings()")


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_one_language(reader: Reader, lang: str) -> None:
    """A page in one language has no switch and no word of the other one."""
    bank = sample(reader.folder)
    reader.open(selfcheck.build(Request(bank, "ru" if lang == "ru" else "en", "CNN"))[selfcheck.FILE].decode())

    assert [lang, 0, 8] == reader.run(
        "[document.documentElement.lang, ...['[data-lang]', 'article'].map((one) => document.querySelectorAll(one).length)]"
    )
    assert (lang == "ru") == bool(re.search("[а-я]", reader.text("body")))


def test_a_page_of_nothing_is_refused(tmp_path: Path) -> None:
    """Where no item is left there is no page."""
    with pytest.raises(ValueError, match="no item"):
        selfcheck.build(Request(form.only(sample(tmp_path), []), "en", "CNN"))


def test_what_a_bank_says_is_shown_and_not_run(reader: Reader) -> None:
    """Markup in a title, a stem or a short answer stays text."""
    hostile = "</script><img src=x onerror=\"document.title='ran'\"><b>bold</b>"
    bank = sample(
        reader.folder,
        ("Which argument of `Conv2D`", f"{hostile} Which argument of `Conv2D`"),
        ('en: "Sample"', 'en: "</script>"'),
    )
    reader.open(page(bank, hostile))

    assert hostile == reader.text("h1")
    assert hostile in reader.text("#q6 .stem")
    assert 0 == reader.run("document.querySelectorAll('img, b').length")


@pytest.mark.parametrize(
    ("key", "lang", "expected"),
    [
        ("4293194 ± 0", "ru", "4\u00a0293\u00a0194"),
        ("4293194", "en", "4,293,194"),
        ("29.4 ± 0.1", "ru", "29,4 ± 0,1"),
        ("0.0006 ± 1 %", "en", "0.0006 ± 1 %"),
        ("5 .. 7", "ru", "5 … 7"),
        ("1024 ± 0.0", "ru", "1024"),
    ],
)
def test_keys_are_shown_as_a_language_writes_numbers(key: str, lang: str, expected: str) -> None:
    """The decimal mark and the groups of digits are those of the language; a tolerance of nothing is not told."""
    assert expected == selfcheck.shown(key, lang)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("no formula", ""),
        (r"if $x$ is shifted, $\sum_m 3\cdot w_{i+m}\,x$", "if x is shifted, ∑_m 3· w_i+m x"),
        (r"$\mathrm{ReLU}(\eta)$ in `Keras`", "ReLU(eta) in Keras"),
    ],
)
def test_formulas_have_names_that_can_be_spoken(source: str, expected: str) -> None:
    """A label with a formula gets a name in words and signs, since browsers leave MathML out of names."""
    assert expected == selfcheck.spoken(source)


def test_numbers_are_read_as_python_reads_them(reader: Reader, tmp_path: Path) -> None:
    """The page and numbers.py read the same number, or none, in each text up to five signs long, and in longer ones."""
    reader.open(page(sample(tmp_path)))
    texts = ["".join(signs) for size in range(6) for signs in itertools.product("10,.-e ", repeat=size)]
    texts += [
        "4 293 194",
        "4\u00a0293\u00a0194",
        "4\u202f293\u2009194",
        "4,293,194",
        "0,786",
        "4,293,194.5",
        "1,563",
        "1,56",
        "12,34,567",
        "0,5",
        "0.5",
    ]
    texts += [
        ".5",
        "5.",
        "5..",
        "−7",
        "–7",
        "—7",
        "+7",
        "3e-4",
        "3E+4",
        "1_000",
        "89б",
        "٣",
        "１",
        "1" * 100,
        "1" * 101,
        "1e400",
        "0x10",
        "½",
        "\n5",
    ]
    asked = [[text, lang] for text in texts for lang in ("ru", "en")]
    read = reader.run(f"{json.dumps(asked)}.map(([text, lang]) => String(marking.number(text, lang)))")
    expected = reader.run(json.dumps([_name(numbers.answer(text, lang)) for text, lang in asked]) + ".map(String)")

    assert [] == [(pair, one, two) for pair, one, two in zip(asked, expected, read, strict=True) if one != two]


def _name(value: float | None) -> float | str | None:
    return value if value is None or abs(value) < float("inf") else "Infinity" if value > 0 else "-Infinity"


def test_short_answers_are_compared_as_python_compares_them(reader: Reader, tmp_path: Path) -> None:
    """The page and marking.py make the same of letters of our alphabets, spaces, quotes, dots and backticks."""
    reader.open(page(sample(tmp_path)))
    letters = [chr(number) for number in (*range(0x530), *range(0x1E00, 0x2070))]
    texts = [f"a{letter}B" for letter in letters] + [f" {letter}. x" for letter in letters]
    texts += [
        "«Ёлка»;",
        " `kernel_constraint` ",
        "ΟΔΟΣ",
        "STRASSE straße",
        "и\u0306",
        "Max  -\tpooling.",
        "'a'.",
        "\ufeffa",
        "...",
        "I İ ı i",
    ]
    read = reader.run(f"{json.dumps(texts)}.map(marking.normal)")

    assert [] == [
        (text, marking.normal(text), found) for text, found in zip(texts, read, strict=True) if marking.normal(text) != found
    ]


def _answers(item: Item, wording: Wording) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """Answers to an item as marking.py takes them, and as the page does."""
    ids = [option.id for option in wording.options]
    if item.type in {"single", "multi", "truefalse"}:
        for size in range(len(ids) + 1 if item.type == "multi" else 3):
            for places in itertools.combinations(range(len(ids)), size):
                yield tuple(ids[place] for place in places), list(map(str, places))
    elif item.type in {"numeric", "short"}:
        texts = [
            option.text.split(" ")[0] if item.type == "numeric" else f" «{option.text.upper()}». " for option in wording.options
        ]
        yield from (((text,), [text]) for text in [*texts, "-7,25", "many", "", " "])
    elif item.type == "match":
        rights = list(dict.fromkeys(pair.right for pair in wording.pairs))
        rows = sum(bool(pair.left) for pair in wording.pairs)
        for chosen in itertools.product([*range(len(rights)), None], repeat=min(rows, 3)):
            full = [*chosen, *range(3, rows)]
            yield (
                tuple("" if place is None else rights[place] for place in full),
                ["" if place is None else str(place) for place in full],
            )
    elif item.type == "cloze":
        yield from _fillings(gaps.of(wording.stem))
    else:
        yield ("",), [""]
        yield ("words",), ["words"]


def _fillings(found: list[gaps.Gap]) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    for choice in itertools.product(range(4), repeat=len(found)):
        if sum(value > 1 for value in choice) > 1:
            continue
        pairs = [_filling(gap, value) for gap, value in zip(found, choice, strict=True)]
        yield tuple(text for text, _ in pairs), [text for _, text in pairs]


def _filling(gap: gaps.Gap, value: int) -> tuple[str, str]:
    if gap.kind == "choice":
        place = min(value, len(gap.offered) - 1)
        return gap.offered[place], str(place)
    text = [gap.accepted[-1].split("±")[0], "7777", "word", ""][value]
    return text, text


def _marks(bank: Bank) -> tuple[list[Any], list[Any]]:
    """What is asked of the page (code, variant, language, answer), and what marking.py says to it."""
    asked, expected = [], []
    for item in bank.items:
        for number, given in enumerate(instances.variants(item, bank.id)):
            for lang, wording in given.wordings.items():
                for answer, shown in _answers(given, wording):
                    mark = marking.mark(given, lang, answer)
                    asked.append([form.code(bank.id, item.id), number, lang, shown])
                    expected.append([mark.state, mark.points, len(mark.feedback), list(mark.mistakes)])
    return asked, expected


def test_points_are_those_of_marking(reader: Reader, bank: Bank, tmp_path: Path) -> None:
    """For thousands of answers to the bank and to a sample of all types the page says what marking.py says."""
    all_or_nothing = sample(tmp_path, ("type: multi", "type: multi\nscoring: all"), ("type: cloze", "type: cloze\nscoring: all"))
    for found in (bank, all_or_nothing):
        reader.open(page(found))
        asked, expected = _marks(found)
        read = reader.run(
            f"""{json.dumps(asked)}.map(([code, variant, lang, answer]) => {{
              const {{ item }} = base.questions.find((question) => question.code === code);
              const wording = item.variants[variant][lang];
              const mark = marking.mark(item, wording, answer);
              const named = mark.named.map((place) => wording.options[place]);
              return [mark.state, mark.points, named.filter((option) => option.feedback).length,
                mark.named.filter((place) => !wording.options[place].right)];
            }})"""
        )
        variants = {form.code(found.id, item.id): instances.variants(item, found.id) for item in found.items}
        for (code, variant, lang, _), mark in zip(asked, read, strict=True):
            options = variants[code][variant].wordings[lang].options
            mark[3] = [options[place].id for place in mark[3]]
        assert {"right", "partial", "wrong", "blank", "unreadable", "waiting"} & {mark[0] for mark in expected} > {
            "right",
            "wrong",
        }
        assert [] == [found for found in zip(asked, expected, read, strict=True) if found[1] != found[2]]


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_all_types_can_be_answered(reader: Reader, size: tuple[int, int]) -> None:
    """Right answers to all eight types are right, in a word, and all points are in the summary."""
    reader.open(page(sample(reader.folder)), size)
    answer_all(reader)
    assert "Judge your answer yourself" in reader.text("#q5 .verdict")
    assert "A weighted sum at all positions." in reader.text("#q5 .verdict")
    reader.run("document.querySelectorAll('#q5 .verdict input').forEach((box) => { box.checked = true; })")
    reader.click("#q5 .verdict button", "Count")

    assert ["✓Right"] * 8 == [reader.text(f"#q{number} .state").replace("\n", "") for number in range(1, 9)]
    assert "Answered: 8 of 8. Points: 14 of 14." == reader.text("#total")
    assert "Everything that you have answered is right." == reader.text("#revise")
    assert "Answered: 8 of 8" == reader.text("#done")


def test_mistakes_are_told(reader: Reader) -> None:
    """A wrong answer is told the mistake that it matches, the right answer and the explanation."""
    reader.open(page(sample(reader.folder)))
    key, trap = output_side(reader)
    said = {
        1: reader.answer(1, ["0"]),
        2: reader.answer(2, [trap]),
        3: reader.answer(3, ["1", "1"]),
        4: reader.answer(4, ["4", "detector", "0"]),
        6: reader.answer(6, ["kernel_regularizer"]),
        8: reader.answer(8, ["0", "1", "2"]),
    }

    assert "Wrong · points: 0 of 1" in said[1] and "The biases are missing." in said[1] and "needs" in said[1]
    assert "Wrong" in said[2] and 'The "+1" is missing.' in said[2] and f"Right answer: {key}" in said[2]
    assert "Partly right · points: 1 of 2" in said[3]
    assert "Partly right · points: 2 of 3" in said[4] and "should be: 3" in reader.text("#q4 form")
    assert "That is a penalty in the loss." in said[6] and "Right answer: kernel_constraint" in said[6]
    assert "points: 1 of 2" in said[8] and "That is the output of the network." in said[8]
    assert reader.text("#q4 form").endswith("✓right.")
    assert "Arithmetic" not in reader.text("#revise") and "Sample · points: 4 of 11" in reader.text("#revise")


def test_what_is_no_number_costs_nothing(reader: Reader) -> None:
    """A word for a number is told apart, the field is pointed at, and the answer may be mended; so is an empty one."""
    reader.open(page(sample(reader.folder)), lang="ru")
    number = "document.activeElement === document.querySelector('#q2 input') && document.activeElement.ariaInvalid"

    assert "Это не число" in reader.answer(2, ["семь"])
    assert "true" == reader.run(number)
    assert "Ответа пока нет." == reader.answer(2, [" "])
    assert "Отвечено: 0 из 8" == reader.text("#done")
    assert "Верно" in reader.answer(2, [output_side(reader)[0] + ",0"])
    assert "Это не число" in reader.answer(4, ["три", "детекторная", "0"])


def test_another_one_has_other_values(reader: Reader) -> None:
    """The button gives the same question with other values, to be answered anew; five of them before one comes again."""
    reader.open(page(sample(reader.folder)))
    seen = []
    for _ in range(4):
        reader.answer(2, [output_side(reader)[1]])
        seen.append(reader.text("#q2 .stem"))
        reader.click("#q2 button", "Another one")
        assert seen[-1] != reader.text("#q2 .stem")
        assert "" == reader.text("#q2 .verdict")
    assert 0 == reader.run(
        "[...document.querySelectorAll('#q1 button')].filter((one) => one.innerText.includes('Another')).length"
    )


def test_a_hint_is_shown_when_it_is_asked_for(reader: Reader) -> None:
    """The hint is closed until it is opened, and only items that have one offer it."""
    reader.open(page(sample(reader.folder)))
    assert "Count the positions" not in reader.text("#q2")
    reader.click("#q2 summary")

    assert "Count the positions of the kernel." in reader.text("#q2")
    assert 1 == reader.run("document.querySelectorAll('.hint').length")


def test_the_language_can_be_changed(reader: Reader) -> None:
    """All words change with the language, the answers stay, and the document says which language it is in."""
    reader.open(page(sample(reader.folder)))
    reader.answer(1, ["0"])
    reader.run("document.querySelector('#q6 input').value = 'kernel'; document.querySelector('#q6 form').oninput?.()")
    reader.speak("ru")

    assert ["ru", "Образец", "ru"] == reader.run(
        "[document.documentElement.lang, document.title, document.querySelector('#q1').lang]"
    )
    assert "Забыты смещения." in reader.text("#q1 .verdict")
    assert "Сколько параметров" in reader.text("#q1 .stem")
    assert [] == re.findall(r"\b(?:Question|Check|Topic|Answered|Hint|of)\b", reader.text("body"))
    reader.speak("en")
    assert "The biases are missing." in reader.text("#q1 .verdict")
    assert [] == re.findall("[а-яё]+", reader.text("body").replace("Русский", ""))


def test_a_number_stays_what_it_was(reader: Reader) -> None:
    """How a number was understood is told, and remains in the other language, where the same signs are another number."""
    reader.open(page(sample(reader.folder)))
    assert "Your answer was read as 4,293,194." in reader.answer(2, ["4293194"])
    reader.click("#q2 button", "Try again")
    assert "read as" not in reader.answer(2, ["4,293,194"])
    reader.speak("ru")

    assert "Ваш ответ прочитан как 4\u00a0293\u00a0194." in reader.text("#q2 .verdict")


def test_progress_survives(reader: Reader) -> None:
    """Answers, verdicts, values, order and language are there when the page is opened again, until they are deleted."""
    reader.open(page(sample(reader.folder)), lang="ru")
    reader.answer(2, ["1"])
    reader.answer(1, ["1"])
    before = [reader.text(f"#q{number}") for number in range(1, 9)]
    reader.open(lang="ru")

    assert before == [reader.text(f"#q{number}") for number in range(1, 9)]
    assert "Отвечено: 2 из 8" == reader.text("#done")
    reader.click("#start-over summary")
    reader.click("#clear")
    assert "Отвечено: 0 из 8" == reader.text("#done")
    reader.open(lang="ru")
    assert "Отвечено: 0 из 8" == reader.text("#done")


def test_old_progress_of_a_changed_item_is_dropped(reader: Reader) -> None:
    """An answer to an item that has changed since is no answer to what it is now; the others stay."""
    reader.open(page(sample(reader.folder)))
    reader.answer(1, ["1"])
    reader.answer(7, ["1"])
    changed = page(
        sample(
            reader.folder,
            ("- [ ] 320 <!-- one-channel -->", "- [ ] 288 <!-- one-channel -->"),
            ("- [ ] 320 <!--", "- [ ] 288 <!--"),
        )
    )
    (reader.folder / "page.html").write_text(changed, "utf-8")
    reader.open()

    assert "" == reader.text("#q1 .verdict")
    assert "Right" in reader.text("#q7 .verdict")


def test_it_works_where_nothing_may_be_kept(reader: Reader) -> None:
    """Without localStorage the page says that it keeps nothing, and marks as always."""
    content = page(sample(reader.folder))
    reader.open(content)
    assert "" == reader.text("#not-kept")
    reader.open(content, place="#forbidden")

    assert "does not let the page keep anything" in reader.text("#not-kept")
    assert "Right" in reader.answer(1, ["1"])


def test_filters(reader: Reader, tmp_path: Path) -> None:
    """A topic, and what was wrong, can be shown alone; what was mended stays until the filter is set again."""
    bank = sample(tmp_path)
    items = tuple(replace(item, topic="other") if number > 3 else item for number, item in enumerate(bank.items))
    reader.open(page(replace(bank, items=items)))
    shown = "[...document.querySelectorAll('article')].filter((one) => one.checkVisibility()).map((one) => one.id)"
    assert "Sample 0 of 4" in reader.text("#topics") and "other 0 of 4" in reader.text("#topics")
    reader.answer(1, ["0"])
    reader.answer(7, ["0"])
    reader.run("document.querySelector('#only-wrong').click()")
    assert ["q1", "q7"] == reader.run(shown)
    reader.run("topic = document.querySelector('#topic'); topic.value = '1'; topic.dispatchEvent(new Event('change'))")
    assert ["q7"] == reader.run(shown)
    reader.click("#q7 button", "Try again")
    reader.answer(7, ["1"])

    assert ["q7"] == reader.run(shown)
    reader.run("topic.dispatchEvent(new Event('change'))")
    assert [] == reader.run(shown)
    assert "There are no such questions." == reader.text("#shown")
    reader.click("#revise button", "Show the mistakes")
    assert ["q1"] == reader.run(shown)


def test_a_keyboard_is_enough(reader: Reader) -> None:
    """A question is reached, answered and checked with keys alone, and the verdict is where the reader is then."""
    reader.open(page(sample(reader.folder)))
    inside = "document.activeElement.closest('#q1') && document.activeElement.type"
    for _ in range(40):
        reader.press("Tab", 9)
        if reader.run(inside) == "radio":
            break
    reader.press("Space", 32)
    reader.press("ArrowDown", 40)
    chosen = reader.run("document.querySelector('#q1 input:checked').value")
    reader.press("Enter", 13)

    assert "verdict" in reader.run("document.activeElement.className")
    assert ("Right" if chosen == "1" else "Wrong") in reader.text(":focus")
    reader.press("Tab", 9)
    assert "Try again" == reader.text(":focus")


@pytest.mark.parametrize("lang", ["ru", "en"])
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_the_whole_bank_fits(reader: Reader, bank: Bank, lang: str, size: tuple[int, int]) -> None:
    """With all questions open or answered, and all hints shown, no page has to be moved sideways, and each field has a name."""
    reader.open(page(bank), size, lang)
    before = (reader.run(TOO_WIDE), reader.run(NAMELESS))
    reader.run(ATTEMPT)
    reader.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    reader.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    assert len(bank.items) - sum(item.type == "essay" for item in bank.items) == reader.run(
        "document.querySelectorAll('.state').length"
    )
    assert (0, 0) == before == (reader.run(TOO_WIDE), reader.run(NAMELESS))


def test_wide_code_scrolls_in_its_box(reader: Reader) -> None:
    """A long line of code and a long formula do not widen the page; their boxes scroll, from the keyboard too."""
    long = "x" * 90
    stem = f"Is it so?\n\n```text\n{long}\n```\n\nAnd ${'+'.join('abcdefgh' * 5)}$?\n"
    reader.open(page(sample(reader.folder, ('"Max-norm adds a term to the loss." Is it so?', stem))), PHONE)
    scrolls = "(one) => [one.scrollWidth > one.clientWidth, one.tabIndex]"
    boxes = f"[...document.querySelectorAll('#q7 .stem :is(pre, .formula)')].map({scrolls})"

    assert [[True, 0], [True, 0]] == reader.run(boxes)
    assert 0 == reader.run(TOO_WIDE)


@pytest.fixture
def printed(reader: Reader) -> Iterator[Callable[[str], str]]:
    """What is seen of an element on paper."""
    reader.open(page(sample(reader.folder)))
    reader.tab.call("Emulation.setEmulatedMedia", media="print")
    yield reader.text
    reader.tab.call("Emulation.setEmulatedMedia", media="")


def test_paper_has_the_questions_and_no_buttons(printed: Callable[[str], str]) -> None:
    """What can only be pressed is not printed."""
    assert "How many parameters" in printed("#q1")
    assert "Check" not in printed("#q1") and "Only what I got wrong" not in printed("body")
