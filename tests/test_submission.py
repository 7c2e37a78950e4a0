"""Finding and reading a submission, without running anything of it."""

import codecs
import json
from pathlib import Path
from typing import Any

import pytest

from autograder import messages, submission
from autograder.errors import SubmissionError
from autograder.submission import Submission, cells_of, code_digest, decode, find, task_digest
from tests.support.attempts import attempt

TEXT = "# Свёрточная сеть\nx = 1\n"
SOLVED = "def prepare_data(a, b, c, d):\n    return (a, b), (c, d)\n"
OTHER = SOLVED.replace("(a, b), (c, d)", "a, b, c, d")


def code(*sources: Any, key: str = "source") -> list[dict[str, Any]]:
    """Code cells of a notebook."""
    return [{"cell_type": "code", key: source} for source in sources]


def notebook(*sources: Any) -> str:
    """A notebook of format 4."""
    return json.dumps({"nbformat": 4, "cells": code(*sources)})


def put(folder: Path, **files: str) -> Path:
    """Write scripts and notebooks; two underscores in a name stand for the dot."""
    for name, text in files.items():
        path = folder / name.replace("__", ".")
        path.write_text(text, "utf-8")
    return folder


def refusal(folder: Path, templates: dict[str, str] | None = None) -> tuple[str, dict[str, Any]]:
    """Code and values of the error that *folder* is refused with."""
    error = attempt(find, folder, templates or {})
    assert isinstance(error, SubmissionError)
    return error.code, dict(error.params)


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        codecs.BOM_UTF8 + TEXT.encode(),
        TEXT.encode("utf-16"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
        TEXT.encode("cp1251"),
    ],
    ids=["utf-8", "bom", "utf-16-le", "utf-16-be", "le-no-mark", "be-no-mark", "cp1251"],
)
def test_encodings(content: bytes) -> None:
    """Text of every encoding that students' editors write is read as it was meant."""
    assert TEXT == decode(content)


@pytest.mark.parametrize("encoding", ["cp1251", "koi8-r", "cp866"])
@pytest.mark.parametrize("line", ["# -*- coding: {} -*-\n", "#!/usr/bin/env python\n# coding={}\n"])
def test_declared_encoding(encoding: str, line: str) -> None:
    """An encoding named in the first or second line is used."""
    text = line.format(encoding) + TEXT.replace("ё", "е")

    assert text == decode(text.encode(encoding))


@pytest.mark.parametrize("name", ["nonsense", "utf-8"])
def test_wrongly_declared_encoding(name: str) -> None:
    """A declared encoding that does not exist or does not fit is passed over."""
    text = f"# coding: {name}\n{TEXT}"

    assert text == decode(text.encode("cp1251"))


def test_bytes_of_no_encoding() -> None:
    """Bytes that fit no encoding are replaced, not refused."""
    assert decode(b"x = 1 # \x98\xff").startswith("x = 1 # ")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(end: str) -> None:
    """Every kind of line end becomes a newline, in a script and in a notebook."""
    assert ["a\nb"] == cells_of("cifar10_cnn.py", f"a{end}b".encode())
    assert ["a\nb"] == cells_of("cifar10_cnn.ipynb", notebook(f"a{end}b").encode())


def test_notebook_format_4() -> None:
    """Code cells are taken in order, their source a string or a list of lines; markdown is left out."""
    cells = [*code("a", ["b\n", "c"]), {"cell_type": "markdown", "source": "text"}, *code("d"), "no cell"]

    assert ["a", "b\nc", "d"] == cells_of("x.ipynb", json.dumps({"cells": cells}).encode())


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e999", "9" * 30])
def test_numbers_in_outputs(number: str) -> None:
    """A notebook keeps its code whatever numbers its outputs hold."""
    text = notebook("a").replace('"source"', f'"outputs": [{{"data": {number}}}], "source"')

    assert number in text
    assert ["a"] == cells_of("x.ipynb", text.encode())


def test_notebook_format_3() -> None:
    """A notebook of format 3 has its cells in a worksheet and their text under another name."""
    sheet = {"cells": code("a", ["b\n", "c"], key="input")}

    assert ["a", "b\nc"] == cells_of("x.IPYNB", json.dumps({"nbformat": 3, "worksheets": [sheet]}).encode())


@pytest.mark.parametrize("source", [None, 7, {"a": 1}, ["a", 7, None]])
def test_cell_without_text(source: Any) -> None:
    """What is no text in a cell counts as nothing."""
    assert ["a" if isinstance(source, list) else ""] == cells_of("x.ipynb", notebook(source).encode())


@pytest.mark.parametrize("text", ["", "x = 1", "[]", "7", "{}", '{"cells": 7}', '{"worksheets": []}', "[" * 10_000, '{"a": NaN}'])
def test_no_notebook(text: str) -> None:
    """A file that is no notebook is refused by name."""
    error = attempt(cells_of, "x.ipynb", text.encode())

    assert isinstance(error, SubmissionError)
    assert ("submission.not_a_notebook", {"name": "x.ipynb"}) == (error.code, error.params)


@pytest.mark.parametrize(("limit", "value"), [("MAX_FILE_BYTES", 9), ("MAX_CODE_CHARS", 9)])
def test_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int) -> None:
    """A file or code beyond its bound is refused by name, and one at the bound is read."""
    monkeypatch.setattr(submission, limit, value)

    assert ["x" * 9] == cells_of("x.py", b"x" * 9)
    assert ("submission.too_large", "x.py") == (lambda r: (r[0], r[1]["name"]))(refusal(put(tmp_path, x__py="x" * 10)))


def test_too_many_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    """A notebook with more cells than the bound is refused."""
    monkeypatch.setattr(submission, "MAX_CELLS", 2)
    error = attempt(cells_of, "x.ipynb", notebook("a", "b", "c").encode())

    assert isinstance(error, SubmissionError)
    assert "submission.too_large" == error.code


def test_too_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with more files than the bound is refused."""
    monkeypatch.setattr(submission, "MAX_FILES", 2)

    assert ("submission.too_many_files", {"limit": 2}) == refusal(put(tmp_path, a__py="", b__py="", c__py=""))


def test_one_script(tmp_path: Path) -> None:
    """A script is one cell; nothing is ignored, and there are no weights."""
    found = find(put(tmp_path, cifar10_cnn__py=SOLVED), {})

    assert ("cifar10_cnn.py", "script", (SOLVED,)) == (found.name, found.kind, found.cells)
    assert (None, (), False) == (found.weights, found.ignored, found.untouched)


def test_nothing(tmp_path: Path) -> None:
    """A folder without a candidate, or none at all, is refused with its own sentence."""
    put(tmp_path, report__txt="", conftest__py=SOLVED, setup__py=SOLVED)
    (tmp_path / ".hidden.py").write_text(SOLVED)

    assert "submission.none_here" == refusal(tmp_path)[0]
    assert ("submission.no_folder", {"folder": "nowhere", "name": "cifar10_cnn"}) == refusal(tmp_path / "nowhere")


def test_two_edited(tmp_path: Path) -> None:
    """Two edited files with other functions are refused, and both are named."""
    put(tmp_path, cifar10_cnn__py=SOLVED, cifar10_cnn_2__py=OTHER)

    assert ("submission.two_edited", {"names": "cifar10_cnn.py, cifar10_cnn_2.py"}) == refusal(tmp_path)


def test_same_functions_twice(tmp_path: Path) -> None:
    """Of a notebook and a script with the same functions the notebook counts."""
    found = find(put(tmp_path, cifar10_cnn__py=SOLVED + "\nprint(1)\n", cifar10_cnn__ipynb=notebook(SOLVED)), {})

    assert ("cifar10_cnn.ipynb", ("cifar10_cnn.py",)) == (found.name, found.ignored)


def test_template_beside_the_solution(tmp_path: Path) -> None:
    """A file that is still the template does not count beside an edited one."""
    put(tmp_path, cifar10_cnn__py=SOLVED, cifar10_cnn__ipynb=notebook("stub"))
    found = find(tmp_path, {"cifar10_cnn.ipynb": code_digest(["stub"])})

    assert ("cifar10_cnn.py", False) == (found.name, found.untouched)


def test_untouched(tmp_path: Path) -> None:
    """Nothing but the template is a submission that says so."""
    put(tmp_path, cifar10_cnn__py="stub", cifar10_cnn__ipynb=notebook("stub"))
    found = find(tmp_path, {"cifar10_cnn.ipynb": code_digest(["stub"])})

    assert ("cifar10_cnn.ipynb", True) == (found.name, found.untouched)


def test_renamed_beside_the_template(tmp_path: Path) -> None:
    """A file by another name counts where the template beside it is untouched, if it defines one of the functions."""
    put(tmp_path, mine__py="def build_model():\n    pass\n", cifar10_cnn__ipynb=notebook("stub"), plot__py="print(1)\n")
    templates = {"cifar10_cnn.ipynb": code_digest(["stub"])}
    assert ("mine.py", ("cifar10_cnn.ipynb",), False) == _seen(find(tmp_path, templates))

    put(tmp_path, cifar10_cnn__ipynb=notebook(SOLVED))
    assert ("cifar10_cnn.ipynb", (), False) == _seen(find(tmp_path, templates))


def _seen(found: Submission) -> tuple[str, tuple[str, ...], bool]:
    return found.name, found.ignored, found.untouched


@pytest.mark.parametrize("name", ["cifar10_cnn (1).py", "CIFAR10-CNN.py", "Ivanov cifar10 cnn.PY", "Иванов_cifar10_cnn.py"])
def test_name_of_the_lab(tmp_path: Path, name: str) -> None:
    """A file with the lab's name in any spelling wins over files of other names."""
    (tmp_path / name).write_text(SOLVED, "utf-8")

    assert name == find(put(tmp_path, numpy__py=OTHER), {}).name


def test_broken_notebook_beside_a_script(tmp_path: Path) -> None:
    """A notebook that cannot be read does not hide a script that can."""
    assert "cifar10_cnn.py" == find(put(tmp_path, cifar10_cnn__py=SOLVED, cifar10_cnn__ipynb="no json"), {}).name


def test_nested_folder(tmp_path: Path) -> None:
    """Folders that hold nothing but a folder are entered, whatever an archive program left beside them."""
    inner = tmp_path / "lab" / "Иванов"
    inner.mkdir(parents=True)
    (tmp_path / "__MACOSX").mkdir()
    (tmp_path / ".DS_Store").write_bytes(b"")
    put(inner, cifar10_cnn__py=SOLVED)

    assert "cifar10_cnn.py" == find(tmp_path, {}).name


@pytest.mark.parametrize(
    ("name", "right"), [("cifar10_cnn.ipynb.json", "cifar10_cnn.ipynb"), ("cifar10_cnn (1).py.TXT", "cifar10_cnn (1).py")]
)
def test_endings_of_browsers(tmp_path: Path, name: str, right: str) -> None:
    """A notebook or script with an ending behind its name is told with the name that it should have."""
    (tmp_path / name).write_text(SOLVED)
    (tmp_path / "requirements.txt").write_text("keras")

    code, params = refusal(tmp_path)
    assert ("submission.ending", name, right) == (code, params["name"], params["right"])
    (tmp_path / "cifar10_cnn.py").write_text(SOLVED)
    assert "cifar10_cnn.py" == find(tmp_path, {}).name


def test_a_student_of_the_grader_has_no_terminal(tmp_path: Path) -> None:
    """Where the grader reads, what to do names no option of a command."""
    with pytest.raises(SubmissionError) as caught:
        find(tmp_path, {}, "anna")

    assert ("submission.none", "anna") == (caught.value.code, caught.value.params["folder"])
    for lang in messages.LANGUAGES:
        assert "--submission" not in messages.render(lang, caught.value.code, caught.value.params).todo


def test_deep_folder(tmp_path: Path) -> None:
    """Folders are entered five deep and no deeper."""
    inner = tmp_path / "a" / "b" / "c" / "d" / "e" / "f"
    inner.mkdir(parents=True)
    put(inner, cifar10_cnn__py=SOLVED)

    assert "submission.none_here" == refusal(tmp_path)[0]
    assert "cifar10_cnn.py" == find(tmp_path / "a", {}).name


def test_symlinks(tmp_path: Path) -> None:
    """Links are neither read, nor entered, nor taken for weights."""
    outside, folder, linked = tmp_path / "outside", tmp_path / "folder", tmp_path / "linked"
    for path in (outside, folder, linked):
        path.mkdir()
    put(outside, cifar10_cnn__py=SOLVED, cifar10_cnn__keras="")
    for name in ("cifar10_cnn.py", "cifar10_cnn.keras"):
        (folder / name).symlink_to(outside / name)
    (linked / "inner").symlink_to(outside)

    assert ["submission.none_here"] * 2 == [refusal(path)[0] for path in (folder, linked)]
    put(folder, cifar10_cnn_1__py=SOLVED)
    assert ("cifar10_cnn_1.py", None) == (lambda s: (s.name, s.weights))(find(folder, {}))


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["cifar10_cnn.keras"], "cifar10_cnn.keras"),
        (["cifar10_cnn.h5", "cifar10_cnn.keras"], "cifar10_cnn.keras"),
        (["cifar10_cnn.weights.h5"], "cifar10_cnn.weights.h5"),
        (["cifar10_cnn (1).keras"], "cifar10_cnn (1).keras"),
        (["other.keras"], None),
    ],
)
def test_weights(tmp_path: Path, names: list[str], expected: str | None) -> None:
    """Weights with the lab's name are found, a .keras file before others."""
    for name in names:
        (tmp_path / name).write_bytes(b"")
    found: Submission = find(put(tmp_path, cifar10_cnn__py=SOLVED), {})

    assert expected == (found.weights and found.weights.name)


@pytest.mark.parametrize("cells", [["a\n\nb  "], ["a", "b"], ["a\n", "", "b\t\n"]])
def test_code_digest_is_stable(cells: list[str]) -> None:
    """Blank lines, trailing space and the borders of cells do not change the digest."""
    assert code_digest(["a\nb"]) == code_digest(cells)


@pytest.mark.parametrize("cells", [["b\na"], ["a\n b"], ["a"], ["a\nb\nc"], ["ab"]])
def test_code_digest_tells_code_apart(cells: list[str]) -> None:
    """Order, indentation and text do change it."""
    assert code_digest(["a\nb"]) != code_digest(cells)


def test_code_digest_of_any_text() -> None:
    """Half a surrogate pair, which JSON can hold, has a digest too."""
    assert 64 == len(code_digest(["\ud800"]))


def test_task_digest_sees_the_functions_only() -> None:
    """Text around the functions does not change it, the last definition of each counts."""
    assert task_digest([SOLVED]) == task_digest(["import keras", SOLVED + "print(1)"]) == task_digest([OTHER, SOLVED])
    assert task_digest([SOLVED]) != task_digest([SOLVED, OTHER])


def test_sha256_is_that_of_the_bytes(tmp_path: Path) -> None:
    """The same code in other bytes is another file with the same digest of its code."""
    one = find(put(tmp_path, cifar10_cnn__py=SOLVED), {})
    (tmp_path / "cifar10_cnn.py").write_bytes(SOLVED.replace("\n", "\r\n").encode())
    two = find(tmp_path, {})

    assert one.sha256 != two.sha256
    assert code_digest(one.cells) == code_digest(two.cells)
