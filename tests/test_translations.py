"""The catalogues of gettext: complete, compiled, and honest about what is stale."""

import gettext
import shutil
from pathlib import Path

import pytest

from autograder import messages
from tools import translations


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the catalogues to play with."""
    shutil.copytree(translations.FOLDER, tmp_path / "messages", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    monkeypatch.setattr(translations, "FOLDER", tmp_path / "messages")
    return tmp_path / "messages"


def change(path: Path, old: str, new: str) -> None:
    """Edit a catalogue as a person does."""
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def compiled(lang: str) -> gettext.GNUTranslations:
    """The compiled sentences of a language."""
    with translations.place(lang, "sentences", ".mo").open("rb") as stream:
        return gettext.GNUTranslations(stream)


def test_nothing_is_missing_or_stale(capsys: pytest.CaptureFixture[str]) -> None:
    """Every text is there in every language, was looked at since the English one changed, and is compiled."""
    assert 0 == translations.main(["--check"]), capsys.readouterr().out
    assert sorted(messages.LANGUAGES) == sorted(translations.languages())


def test_writing_again_changes_nothing(folder: Path) -> None:
    """What the tool writes is what it would write again, to the byte."""
    before = {path: path.read_bytes() for path in folder.rglob("*.?o")}

    assert 0 == translations.main([])
    assert before == {path: path.read_bytes() for path in folder.rglob("*.?o")}
    assert 12 == len(before)


def test_a_changed_sentence_makes_its_translation_stale(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A translation of a text that has changed is named and no longer used, until somebody has looked at it."""
    change(folder / "en" / "LC_MESSAGES" / "sentences.po", "autograder: convmark {version}", "the grader: convmark {version}")

    assert 1 == translations.main([])
    assert "ru sentences: ui.header_version has changed in English" in capsys.readouterr().out
    assert "ui.header_version" == compiled("ru").gettext("ui.header_version")
    assert "the grader" in compiled("en").gettext("ui.header_version")
    assert 1 == translations.main([])

    change(folder / "ru" / "LC_MESSAGES" / "sentences.po", "#, fuzzy\n", "")
    assert 0 == translations.main([])
    assert "проверка" in compiled("ru").gettext("ui.header_version")


def test_a_new_sentence_is_missing_until_it_is_translated(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An id that only English has is added to the others, empty, and named; one that is gone leaves them."""
    change(folder / "en" / "LC_MESSAGES" / "pages.po", 'msgid "student"', 'msgid "brand_new"')

    assert 1 == translations.main([])
    assert "ru pages: brand_new is missing" in capsys.readouterr().out
    text = (folder / "ru" / "LC_MESSAGES" / "pages.po").read_text("utf-8")
    assert 'msgid "brand_new"\nmsgstr ""' in text and 'msgid "student"' not in text


def test_checking_writes_nothing(folder: Path) -> None:
    """With --check the files stay as they are, and what is to be done is said."""
    change(folder / "en" / "LC_MESSAGES" / "pages.po", 'msgstr "Student"', 'msgstr "A student"')
    before = {path: path.read_bytes() for path in folder.rglob("*.?o")}

    assert 1 == translations.main(["--check"])
    assert before == {path: path.read_bytes() for path in folder.rglob("*.?o")}


def test_what_is_not_translated_is_in_english(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """A language that lacks a text has the English one, and no id is ever shown."""
    change(folder / "ru" / "LC_MESSAGES" / "pages.po", 'msgstr "Студент"', 'msgstr ""')
    translations.main([])
    monkeypatch.setattr(messages, "FOLDER", folder)
    messages.phrases.cache_clear()
    try:
        assert "Student" == messages.phrases("pages", "ru")["student"]
    finally:
        monkeypatch.undo()
        messages.phrases.cache_clear()
