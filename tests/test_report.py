"""A verdict as text and as JSON, whatever a submission wrote into it."""

import json
import unicodedata
from dataclasses import replace
from typing import Any

import pytest

from autograder import accuracy, figures, messages, report
from autograder import verdict as vd
from autograder.comparison import Comparison
from autograder.errors import SubmissionError
from autograder.figures import Gap
from autograder.network import canonical
from autograder.scheme import load
from autograder.verdict import Outcome, Reason
from tests.support.networks import chain, layers, rebuilt, reference
from tests.support.reference import evaluation
from tests.test_network import EXPECTED

SCHEME = load()
PASSED = {name: Outcome("passed", 1.0) for name in SCHEME.checks}
HOSTILE = "\x1b[2J\x1b]0;t\x07\r\n\u202egnp\u2066\x00\x08\ud800 ::error::x <b>&{code} %s \u2028\t" + "e\u0301" * 3 + "\u0301" * 40


def build(changes: dict[str, Outcome] | None = None, **parts: Any) -> vd.Verdict:
    """A verdict in which all checks passed but these."""
    return vd.build(SCHEME, SCHEME.sections, PASSED | (changes or {}), **parts)


def failed(code: str, **params: Any) -> Outcome:
    """A check that failed."""
    return Outcome("failed", 0.0, Reason(code, params))


@pytest.mark.parametrize("lang", messages.LANGUAGES)
def test_all_passed(lang: str) -> None:
    """Every section with its title and points, checks with points, the total last."""
    lines = report.to_text(build(), lang).splitlines()

    assert 4 == sum(line.endswith((" 20/20", " 40/40")) for line in lines if line and not line.startswith(" "))
    assert messages.phrase(lang, "total", points=100, max=100) == lines[-1]
    for line in SCHEME.checks.values():
        assert (f"  [+] {line.title[lang]} {line.points:g}/{line.points:g}" in lines) == (line.points > 0)


@pytest.mark.parametrize("lang", messages.LANGUAGES)
def test_three_sentences(lang: str) -> None:
    """A mistake says what is wrong, what was expected and received, and what to do."""
    params = {"part": "x_test", "expected": "0 … 1", "received": "0 … 255", "maximum": 255}
    text = report.to_text(build({"data.scale": failed("data.scale.not_scaled", **params)}), lang, width=200)

    told = messages.render(lang, "data.scale.not_scaled", params, SCHEME.checks["data.scale"].hint[lang])
    assert (
        f"  [x] {SCHEME.checks['data.scale'].title[lang]} 0/8\n      {told.wrong}\n      {told.detail}\n      → {told.todo}\n"
        in text
    )
    assert "x_test" in told.wrong
    assert "0 … 255" in told.detail


@pytest.mark.parametrize("lang", messages.LANGUAGES)
def test_one_mistake_gives_one_frown(lang: str) -> None:
    """Checks that were not reached are one line, with the check that they depend on and the points they hold."""
    unreached = {name: Outcome("not_checked", because="data.rows") for name in ("data.dtype", "data.scale", "data.one_hot")}
    text = report.to_text(build({"data.rows": failed("data.rows.swapped")} | unreached), lang, width=200)

    assert 1 == text.count("\n  [x]")
    assert 1 == text.count("\n  [-]")
    line = next(line for line in text.splitlines() if line.startswith("  [-]"))
    assert SCHEME.checks["data.rows"].title[lang] in line
    assert messages.phrase(lang, "unreached", checks=3, points=20) in line
    assert SCHEME.checks["data.dtype"].title[lang] not in text


@pytest.mark.parametrize("lang", messages.LANGUAGES)
def test_a_part_of_the_points_has_a_sign_of_its_own(lang: str) -> None:
    """A check that earned some of its points is no failed one: its sign is another, which the first lines explain."""
    part = Outcome("failed", 0.4, Reason("accuracy.trial.low", {}))
    text = report.to_text(build({"accuracy.test": part, "data.scale": failed("data.scale.swapped")}), lang, width=200)

    assert f"  [~] {SCHEME.checks['accuracy.test'].title[lang]} 8/20\n" in text
    assert f"[~] {messages.phrase(lang, 'sign_partly')}   [x] {messages.phrase(lang, 'sign_failed')}" in text
    assert 1 == text.count("\n  [x]")


@pytest.mark.parametrize("lang", messages.LANGUAGES)
def test_a_refusal_is_told_once(lang: str) -> None:
    """Where there is nothing to grade, the first section says why, and the others that it is for the same reason."""
    text = report.to_text(vd.refused(SCHEME, SCHEME.sections, SubmissionError("submission.none", folder="ivan")), lang, width=200)
    told = messages.render(lang, "submission.none", {"folder": "ivan"})

    assert (1, 3) == (text.count(told.wrong), text.count(messages.phrase(lang, "as_above_work")))


@pytest.mark.parametrize("lang", messages.LANGUAGES)
def test_reason_of_the_catalogue(lang: str) -> None:
    """A check that was not reached for a reason that is no check tells that reason once, and what to do."""
    outcome = Outcome("not_checked", 0.0, Reason("accuracy.none"))
    text = report.to_text(build({"accuracy.weights": outcome, "accuracy.test": outcome}), lang, width=200)
    told = messages.render(lang, "accuracy.none", {})

    assert messages.phrase(lang, "because_reason", reason=told.wrong) in text
    assert (1, 1) == (text.count("\n  [-]"), text.count(f"\n      → {told.todo}\n"))


@pytest.mark.parametrize("lang", messages.LANGUAGES)
def test_needs_attention_comes_first(lang: str) -> None:
    """A verdict that is no grade says so in its first line, and why."""
    reason = Reason("evidence.malformed", {"what": "seed"})
    text = report.to_text(vd.attention(SCHEME, SCHEME.sections, reason), lang, width=200)

    assert messages.phrase(lang, "needs_attention") == text.splitlines()[0]
    assert messages.render(lang, reason.code, reason.params).wrong in text


def test_languages_differ() -> None:
    """One verdict gives an English and a Russian report."""
    verdict = build({"data.rows": failed("data.rows.swapped")})
    english, russian = report.to_text(verdict, "en"), report.to_text(verdict, "ru")

    assert not any("а" <= char <= "я" for char in english)
    assert any("а" <= char <= "я" for char in russian)


@pytest.mark.parametrize(
    ("lang", "exact", "row"),
    [
        ("en", "74.70% ± 0.43 (standard error), 7,470 of 10,000 images", "automobile    74.70%  747 of 1,000"),
        ("ru", "74,70 % ± 0,43 (стандартная ошибка), верно 7470 из 10 000", "automobile   74,70 %  747 из 1000"),
    ],
)
def test_exact_accuracy(lang: str, exact: str, row: str) -> None:
    """The accuracy is told with its standard error and by class, also where the check was passed."""
    text = report.to_text(build(facts={"accuracy": evaluation()}), lang, width=200).replace("\u00a0", " ")
    lines = [line.strip() for line in text.splitlines()]

    assert exact in lines
    assert row in lines
    assert 10 == sum(line.split("  ")[0] in SCHEME.raw["data"]["class_names"] for line in lines)


@pytest.mark.parametrize("lang", messages.LANGUAGES)
@pytest.mark.parametrize(("z", "code"), [(9.0, "usual"), (0.5, "none"), (-9.0, "reverse")])
def test_gap_in_a_sentence(z: float, code: str, lang: str) -> None:
    """What the difference between training and test images means is said by its sign and its significance."""
    found = replace(figures.read(evaluation()), gap=Gap(z, 0.0))
    told = accuracy.gap(found, lang)

    assert messages.phrase(lang, f"accuracy_gap_{code}", points="6.3" if lang == "en" else "6,3") == told
    assert "?" not in told + accuracy.exact(found, lang) + accuracy.on_training_images(found, lang)


@pytest.mark.parametrize("facts", [{}, {"accuracy": None}, {"accuracy": {"accuracy": 0.75, "images": 10_000}}])
def test_no_accuracy(facts: dict[str, Any]) -> None:
    """Where nothing was measured, or by another version, nothing is told."""
    assert messages.phrase("en", "accuracy_title") not in report.to_text(build(facts=facts), "en")


@pytest.mark.parametrize("lang", messages.LANGUAGES)
def test_hostile_strings(lang: str) -> None:
    """Whatever a submission writes into a reason, a note or a layer, no line is made, moved or recoloured by it."""
    verdict = build(
        {
            "data.returns": failed(
                "stage.error", function="prepare_data", type=HOSTILE, message=HOSTILE, where=HOSTILE, line=HOSTILE
            ),
            "data.rows": failed(HOSTILE, part=HOSTILE),
            "model.returns": Outcome("not_checked", 0.0, Reason("import.error", {"type": HOSTILE, "message": HOSTILE})),
        },
        layers=[
            {
                "row": 1,
                "expected": "Flatten()",
                "received": HOSTILE,
                "same": False,
                "expected_shape": "(1)",
                "received_shape": "(2)",
            }
        ],
        notes=[Reason("note.stopped", {"type": HOSTILE, "message": HOSTILE, "where": HOSTILE, "line": HOSTILE})],
    )
    text = report.to_text(verdict, lang)

    categories = {unicodedata.category(char) for char in text.replace("\n", "")}
    assert set() == categories & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert text == text.encode("utf-8").decode("utf-8")
    assert "{code}" in text
    assert not any(line.lstrip().startswith(("::", "##")) for line in text.splitlines())


@pytest.mark.parametrize("width", range(30, 60))
def test_commands_of_ci_services(width: int) -> None:
    """Wherever a sentence is broken, no line begins with what a CI service would carry out."""
    note = Reason("note.stopped", {"type": "E", "message": "::set-env name=x::y ##[command] " * 5, "where": "w", "line": "l"})
    lines = report.to_text(build(notes=[note]), "en", width=width).splitlines()

    assert any("::set-env" in line for line in lines)
    assert not any(line.lstrip().startswith(("::", "##")) for line in lines)


def test_long_strings_are_cut() -> None:
    """A message of a hundred thousand characters does not bury the report."""
    params = {"function": "f", "type": "E", "message": "m" * 100_000, "where": "w", "line": "x y " * 50_000}
    lines = report.to_text(build({"data.returns": failed("stage.error", **params)}), "en", width=80).splitlines()

    assert len(lines) < 3 * report.MAX_LINES + 60
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("width", [20, 40, 88, 300])
def test_width(width: int) -> None:
    """Sentences keep to the width of the terminal."""
    verdict = build({"data.scale": failed("data.scale.twice", part="x", expected="a", received="b")})

    sentences = [line for line in report.to_text(verdict, "en", width=width).splitlines() if line.startswith("      ")]
    assert len(sentences) >= 3
    assert max(map(len, sentences)) <= width


def test_layer_table() -> None:
    """The layers stand side by side, with one mark at each that differs, another where only a size follows from it."""
    model = reference()
    parts = [
        layers.Conv2D(33, 3, padding="same", activation="relu") if index == 0 else layer
        for index, layer in enumerate(model.layers)
    ]
    received = canonical(rebuilt(chain(*[type(part).from_config(part.get_config()) for part in parts])))
    lines = report.to_text(build(layers=Comparison(EXPECTED, received).table()), "en", width=120).splitlines()

    start = lines.index(messages.phrase("en", "layer_table"))
    assert " 1 Conv2D(32, 3x3, same, relu)" in lines[start + 1]
    assert lines[start + 1].endswith("| Conv2D(33, 3x3, same, relu)  (32, 32, 33) <")
    assert lines[start + 3].endswith("| Conv2D(64, 3x3, same, relu, max_norm=3)  19,072 parameters =")
    assert "<==        " == "".join(line[-1] if line[-1] in "<=" else " " for line in lines[start + 1 : start + 12])


def test_narrow_layer_table() -> None:
    """Where both do not fit beside each other, the received layer stands below the expected one, and no line is too long."""
    parts = (*EXPECTED.layers[:2], EXPECTED.layers[2].has(padding="valid"), *EXPECTED.layers[3:])
    table = Comparison(EXPECTED, type(EXPECTED)(parts, EXPECTED.input)).table()
    lines = report.to_text(build(layers=table), "ru", width=60).splitlines()

    place = lines.index("   3 Conv2D(64, 3x3, same, relu, max_norm=3)")
    assert "   < Conv2D(64, 3x3, valid, relu, max_norm=3)  (30, 30, 64)" == lines[place + 1]
    assert "   4 MaxPooling2D(2x2)  (15, 15, 64) =" == lines[place + 2]
    assert 60 > max(map(len, lines[place:]))


def test_no_table_where_nothing_differs() -> None:
    """Layers that are the same are not shown."""
    table = Comparison(EXPECTED, canonical(rebuilt(reference()))).table()

    assert messages.phrase("en", "layer_table") not in report.to_text(build(layers=table), "en")


def test_missing_and_extra_layers() -> None:
    """A layer on one side only stands beside a dash."""
    parts = EXPECTED.layers
    missing = Comparison(EXPECTED, type(EXPECTED)(parts[:1] + parts[2:], EXPECTED.input))
    extra = Comparison(EXPECTED, type(EXPECTED)((*parts, parts[1]), EXPECTED.input))

    assert "| – <" in report.to_text(build(layers=missing.table()), "en", width=120)
    assert " – " in report.to_text(build(layers=extra.table()), "en", width=120).split("Layers")[1]


def test_own_run_without_tensorflow() -> None:
    """Where a student's own run could check nothing, the reason is all that is said: no list of failures, no total."""
    verdict = vd.attention(load(), ["data", "model"], Reason("grader.no_tensorflow", {"reason": "No module named 'keras'"}))
    text = report.to_text(verdict, "en", own=True)

    assert messages.phrase("en", "not_checked_here") == text.splitlines()[0]
    assert "python -m pip install numpy pytest tensorflow" in text
    assert "Expected a Python in which TensorFlow and numpy can be imported." in text
    assert 4 == len(text.splitlines())
    assert "[!]" in report.to_text(verdict, "en")


def test_note_in_lines_of_its_own() -> None:
    """The sentences of a note do not run into each other."""
    note = Reason("note.stopped", {"type": "NameError", "message": "name 'x' is not defined", "where": "a.py:3", "line": "x"})
    lines = report.to_text(build(notes=[note]), "en").splitlines()

    place = lines.index("Note: your file stops with NameError: name 'x' is not defined")
    assert "It stopped at a.py:3: x" == lines[place + 1]
    assert lines[place + 2].startswith("Your functions were checked all the same;")


def test_json() -> None:
    """JSON is ASCII, sorted, and gives the same report when it is read again."""
    verdict = build({"data.returns": failed("stage.error", message=HOSTILE, type="E", where="w", line="l", function="f")})
    text = report.to_json(verdict)

    assert text.isascii()
    assert text == json.dumps(json.loads(text), indent=1, sort_keys=True)
    again = vd.from_dict(json.loads(text))
    assert report.to_text(verdict, "ru") == report.to_text(again, "ru")


@pytest.mark.parametrize(("value", "expected"), [(20.0, "20"), (6.67, "6.67"), (0.0, "0"), (3, "3")])
def test_number(value: float, expected: str) -> None:
    """Points are shown without a needless fraction."""
    assert expected == report.number(value)
