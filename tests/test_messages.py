"""The sentences: complete in both languages, and there for every code that the sources can raise."""

import ast
import string
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograder
from autograder import evidence, messages
from autograder.scheme import load

ROOT = Path(autograder.__file__).parent
EN, RU = messages.catalogue("en"), messages.catalogue("ru")
CODES = sorted(set(EN) - {"ui"})
RAISERS = {
    "SubmissionError",
    "CheckFailed",
    "NotReached",
    "GraderError",
    "EvidenceError",
    "SandboxError",
    "DataUnavailable",
    "Reason",
    "Unusable",
    "Unfit",
    "_fail",
}
OURS = {"GraderError", "EvidenceError", "SandboxError", "DataUnavailable"}
# Families of codes that are no mistake of a student in a check: who reads them has to set something right.
TOLD_IN_FULL = (
    "calibration.",
    "cluster.",
    "collect.",
    "data_set.",
    "demo.",
    "evidence.",
    "exports.",
    "grader.",
    "late.",
    "nbgrader.",
    "regrade.",
    "results.",
    "sandbox.",
    "training.",
    messages.UNKNOWN,
)
EXPECTED = {"en": ("Expected ",), "ru": ("Ожидал", "Нужен ", "Нужна ", "Нужно ", "Нужны ")}
SOURCES = sorted(path for path in ROOT.rglob("*.py") if "instructor" not in path.parts)
INSTRUCTOR = sorted((ROOT / "instructor").rglob("*.py"))
FAMILIES = {
    "data.scale.": [
        "not_scaled",
        "twice",
        "by_256",
        "minus_one",
        "floor",
        "inverted",
        "own_maximum",
        "own_range",
        "centred",
        "standardized",
        "other",
    ],
    "model.filters.": ["filters", "kernel_size"],
    "model.padding.": ["padding", "strides", "dilation_rate", "groups"],
    "model.pooling.": ["pool_size", "strides"],
    "stage.": sorted(evidence.STATUSES - {"ok", "unusable"}),
    "import.": ["error", "timeout", "crash"],
    "accuracy.weights.": ["timeout", "crash"],
    "accuracy.trial.": ["crash"],
}


def placeholders(text: str) -> set[str]:
    """The names that a sentence mentions."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def mentioned(entry: Mapping[str, str]) -> set[str]:
    """The names that the sentences of a code mention."""
    return set().union(*map(placeholders, entry.values()))


def literals(node: ast.expr) -> Iterator[str]:
    """The codes that an expression can be; an f-string stands for its family, with a star."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(part.value if isinstance(part, ast.Constant) else "*" for part in node.values)  # type: ignore[misc]
    elif isinstance(node, ast.IfExp):
        yield from literals(node.body)
        yield from literals(node.orelse)


def raised(paths: list[Path]) -> list[tuple[str, str, ast.Call]]:
    """File, code and call of every place that makes an error or a reason with a code."""
    found = []
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and node.args and ast.unparse(node.func).split(".")[-1] in RAISERS:
                found += [(path.name, code, node) for code in literals(node.args[0])]
    return found


def dotted(paths: list[Path]) -> set[str]:
    """Every string of the sources that looks like a code of a known family, wherever it stands."""
    families = {code.split(".")[0] for code in CODES}
    nodes = [node for path in paths for node in ast.walk(ast.parse(path.read_text("utf-8")))]
    places = {id(node.value) for node in nodes if isinstance(node, ast.keyword) and node.arg == "what"}
    return {
        node.value
        for node in nodes
        if id(node) not in places  # where in the evidence, not a code
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if node.value.count(".") == 2 and all(part.isidentifier() for part in node.value.split("."))
        if node.value.split(".")[0] in families and node.value.islower() and not node.value.endswith(".h5")
    }


def test_same_codes() -> None:
    """Both languages have the same codes."""
    assert sorted(EN) == sorted(RU)


@pytest.mark.parametrize("code", sorted(EN))
def test_same_sentences(code: str) -> None:
    """A code has the same sentences in both languages, and each mentions the same values."""
    assert sorted(EN[code]) == sorted(RU[code])
    for key in EN[code]:
        assert placeholders(EN[code][key]) == placeholders(RU[code][key]), key
        assert EN[code][key].strip()
        assert RU[code][key].strip()


@pytest.mark.parametrize("code", CODES)
def test_form(code: str) -> None:
    """A code says what is wrong, has no other sentences than three, and its values are plain names without formats."""
    for entry in (EN[code], RU[code]):
        assert "wrong" in entry
        assert set(entry) <= {"wrong", "detail", "todo"}
        for text in entry.values():
            for _, name, form, conversion in string.Formatter().parse(text):
                assert name is None or (name.isidentifier() and not form and not conversion)


@pytest.mark.parametrize("code", [code for code in CODES if code.startswith(TOLD_IN_FULL)])
def test_errors_of_ours_are_told_in_full(code: str) -> None:
    """What stops a command or leaves a work to a person says what is wrong, what was expected, and what to do."""
    for lang, entry in (("en", EN[code]), ("ru", RU[code])):
        assert {"wrong", "detail", "todo"} == set(entry), lang
        assert entry["detail"].startswith(EXPECTED[lang]), entry["detail"]


def test_no_error_of_ours_is_of_another_family() -> None:
    """Every code that is raised as an error of ours is among those that are told in full."""
    codes = {code for _, code, call in raised([*SOURCES, *INSTRUCTOR]) if ast.unparse(call.func).split(".")[-1] in OURS}

    assert len(codes) > 30
    assert [] == sorted(code for code in codes if not code.startswith(TOLD_IN_FULL))


def test_russian_is_russian() -> None:
    """Every Russian entry has Cyrillic letters, and no English one has."""
    for code, entry in RU.items():
        assert any("а" <= char <= "я" for text in entry.values() for char in text.lower()), code
    for code, entry in EN.items():
        assert not any("а" <= char <= "я" for text in entry.values() for char in text.lower()), code


@pytest.mark.parametrize("paths", [SOURCES, INSTRUCTOR], ids=["student", "instructor"])
def test_every_code_has_sentences(paths: list[Path]) -> None:
    """Every code that is raised anywhere in the sources is in the catalogue."""
    checks = load().checks
    codes = {code for _, code, _ in raised(paths) if "*" not in code} | dotted(paths)

    assert len(codes) > 3
    assert [] == sorted(code for code in codes if code not in EN and code not in checks)


def test_every_family_has_sentences() -> None:
    """Every code that is put together from parts is in the catalogue, whatever the part."""
    written = {code.split("*")[0] for _, code, _ in raised(SOURCES) if "*" in code} - {""}

    assert written <= set(FAMILIES)
    families = {f"{family}{member}" for family, members in FAMILIES.items() for member in members}
    assert [] == sorted(families - set(EN))


def test_every_scaling_has_a_sentence() -> None:
    """The mistakes that the check of scaling tells apart are those of the family."""
    tree = ast.parse((ROOT / "checks" / "test_data.py").read_text("utf-8"))
    function = next(node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == "_scaling")
    keys = {
        key.value
        for node in ast.walk(function)
        if isinstance(node, ast.Dict)
        for key in node.keys
        if isinstance(key, ast.Constant)
    }

    assert keys == set(FAMILIES["data.scale."]) - {"standardized", "other"}


def test_no_code_is_left_over() -> None:
    """Every code of the catalogue is written somewhere in the sources, or is of a family."""
    everywhere = "\n".join(path.read_text("utf-8") for path in [*SOURCES, *INSTRUCTOR])
    families = {f"{family}{member}" for family, members in FAMILIES.items() for member in members}

    assert [] == [code for code in CODES if code not in everywhere and code not in families and code != messages.UNKNOWN]


SPREAD = {"_fail": {"row", "expected_layer", "received_layer"}}


def supplied(call: ast.Call) -> set[str] | None:
    """The names of the values that a call gives; None if some come from elsewhere."""
    if any(keyword.arg is None for keyword in call.keywords):
        return None
    return {str(keyword.arg) for keyword in call.keywords} | SPREAD.get(ast.unparse(call.func), set())


def test_every_value_is_supplied() -> None:
    """Where a code is raised with values that can be read off the source, its sentences mention no other."""
    missing, seen = [], 0
    for file, code, call in raised([*SOURCES, *INSTRUCTOR]):
        names = supplied(call)
        if names is None or code not in EN or (ast.unparse(call.func).endswith("Reason") and len(call.args) > 1):
            continue
        seen += 1
        missing += [f"{file}: {code} mentions {name}" for name in sorted(mentioned(EN[code]) - names)]

    assert seen > 40
    assert [] == missing


def test_reasons_with_a_table_of_values() -> None:
    """Where a reason's values are written as a table, its sentences mention no other."""
    for file, code, call in raised([*SOURCES, *INSTRUCTOR]):
        if len(call.args) > 1 and isinstance(call.args[1], ast.Dict) and code in EN:
            names = {ast.literal_eval(key) for key in call.args[1].keys if key is not None}

            assert mentioned(EN[code]) <= names, (file, code)


def test_errors_of_a_function_supply_their_values() -> None:
    """The sentences for a function that failed mention only what the reader of evidence supplies."""
    who = {"function", "number"}
    error = set(evidence.error_params({}))
    for family in ("stage", "import"):
        assert mentioned(EN[f"{family}.error"]) <= who | error
        assert mentioned(EN[f"{family}.timeout"]) <= {*who, "seconds"}
        assert mentioned(EN[f"{family}.crash"]) <= {*who, "exit"}
    assert mentioned(EN["import.stopped"]) <= {"function"} | error
    for code in ("stage.name_error", "stage.name_left_out"):
        assert mentioned(EN[code]) <= {"function", "left_out"} | error
    assert mentioned(EN["note.stopped"]) <= error


@pytest.mark.parametrize("lang", messages.LANGUAGES)
@pytest.mark.parametrize("code", ["", "ui", "no.such.code", "data", "ui.total", "__class__"])
def test_unknown_codes(lang: str, code: str) -> None:
    """A code without sentences, from wherever it comes, is told by the sentence for that."""
    told = messages.render(lang, code, {"x": 1})

    assert messages.catalogue(lang)["unknown"]["wrong"].format(code=code) == told.wrong
    assert told.todo


@pytest.mark.parametrize(("lang", "told", "error"), [("en", "11.33%", "1.83"), ("ru", "11,33\u00a0%", "1,83")])
def test_accuracies_in_sentences(lang: str, told: str, error: str) -> None:
    """An accuracy in a sentence is written as everywhere else in a report of that language."""
    values = {"received": "11.33%", "expected": "70%", "error": "1.83", "images": 300}
    found = messages.render(lang, "accuracy.test.low", values)

    assert told in found.wrong and told in found.detail and error in found.detail


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("0.3", "0,3"),
        ("1e-07", "1e-07"),
        ("1.5e-07", "1,5e-07"),
        ("-1.25 … 0.5", "-1,25 … 0,5"),
        ("4 293 194", "4\u00a0293\u00a0194"),
        ("3x3", "3×3"),
        (8192, "8192"),
        (81920, "81\u00a0920"),
        ("(2, 32, 32, 3)", "(2, 32, 32, 3)"),
        ("Conv2D(32, 3x3, 0.5)", "Conv2D(32, 3x3, 0.5)"),
    ],
)
def test_quantities_in_russian_sentences(value: object, told: str) -> None:
    """A number has a comma and its thousands apart, sizes have a cross; code stays, and so does English."""
    for lang, expected in (("en", str(value)), ("ru", told)):
        detail = messages.render(lang, "model.dropout.rate", {"row": 2, "received": value, "expected": "1"}).detail
        assert detail.endswith(f" {expected}."), lang


def test_code_in_russian_sentences() -> None:
    """Between backticks a number keeps its point, and what is no quantity stays as somebody wrote it."""
    assert "`decay = 0.01 / epochs`" in messages.render("ru", "compile.decay.not_divided", {"rate": "0.01"}).todo
    others = {"name": "1.5", "known": 3, "first": "1234567"}
    told = messages.render("ru", "results.other_class", others)
    assert told.wrong.startswith("В 1.5 ") and "1234567" in told.detail


@pytest.mark.parametrize(
    ("lang", "value", "told"),
    [("en", 5130, "5,130"), ("ru", 5130, "5130"), ("ru", -9999, "-9999"), ("ru", 10_000, "10\u00a0000"), ("en", 999, "999")],
)
def test_groups_of_digits(lang: str, value: int, told: str) -> None:
    """English groups thousands, Russian from five digits on."""
    assert told == messages.count(lang, value)


def test_hint_stands_in() -> None:
    """The marking scheme's hint is what to do, where the catalogue does not say."""
    assert "hint" == messages.render("en", "data.rows.swapped", {}, "hint").todo
    assert "hint" != messages.render("en", "data.scale.twice", {}, "hint").todo


@pytest.mark.parametrize("value", ["{0}", "{x.__class__}", "{", "}", "{{}}", "%s", "\ud800", "a" * 1000])
def test_values_are_not_templates(value: str) -> None:
    """What a submission writes is put in as it is."""
    assert messages.render("en", "model.honest.custom", {"name": value}).wrong.endswith(f": {value}.")


@given(
    st.sampled_from(CODES),
    st.sampled_from(messages.LANGUAGES),
    st.dictionaries(st.text(max_size=8), st.integers() | st.text() | st.none() | st.lists(st.integers())),
)
def test_any_values(code: str, lang: str, params: dict[str, Any]) -> None:
    """A sentence is made from any values: missing ones show as a question mark, and other types as their text."""
    told = messages.render(lang, code, params)

    assert told.wrong
    assert ("?" in told.wrong) or (mentioned({"wrong": EN[code]["wrong"]}) <= {*params, "code"})


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"LANG": "ru_RU.UTF-8"}, "ru"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "C"}, "en"),
        ({"LC_ALL": "en_US", "LANG": "ru_RU"}, "en"),
        ({"LC_MESSAGES": "ru_RU", "LANG": "de_DE"}, "ru"),
        ({"LC_ALL": "", "LANG": "ru"}, "ru"),
        ({"LANG": "Russian_Russia.1251"}, "ru"),
    ],
)
def test_default_language(environ: dict[str, str], expected: str) -> None:
    """The language is that of the system's locale, English for any but Russian."""
    assert expected == messages.default_language(environ)
