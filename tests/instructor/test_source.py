"""Tests of reading the lab's source and taking the solutions out."""

import ast
from pathlib import Path

import pytest

from autograder.instructor import source

SOLUTION = Path(__file__).resolve().parents[2] / "solution"

TASK = '''def answer():
    """Say it."""
    ### BEGIN SOLUTION
    return 42
    ### END SOLUTION'''


def write(folder: Path, text: str) -> Path:
    """Write *text* as the lab's source of a solution folder."""
    (folder / "cifar10_cnn.py").write_text(text, encoding="utf-8")
    return folder


def test_cell_names_are_unique() -> None:
    """No two cells share kind, language and name, since ids come from names."""
    names = [(cell.kind, cell.lang, cell.name) for cell in source.read(SOLUTION)]

    assert sorted(set(names), key=str) == sorted(names, key=str)


def test_every_text_is_in_both_languages() -> None:
    """An English text is followed by the Russian one of the same name, and the other way round."""
    texts = [cell for cell in source.read(SOLUTION) if cell.lang]

    assert [(cell.name, "en") for cell in texts[::2]] == [(cell.name, cell.lang) for cell in texts[::2]]
    assert [(cell.name, "ru") for cell in texts[::2]] == [(cell.name, cell.lang) for cell in texts[1::2]]


def test_stub_says_that_it_is_one() -> None:
    """A stub keeps the signature and the docstring, and raises the error by which the probe knows it."""
    stubbed = source.stub(source.Cell("task7", "code", TASK, solution=True))

    expected = '''def answer():
    """Say it."""
    # Your code here. / Ваш код.
    raise NotImplementedError("Task not written yet / Задание ещё не выполнено")'''
    assert expected == stubbed.text


def test_stub_of_an_optional_task_is_no_task_of_the_checks() -> None:
    """It raises too, but what it says does not begin as the probe expects of a graded task that is not done."""
    (stubbed,) = source.without_solutions([source.Cell("extra2", "code", TASK, optional=True)])

    assert 'raise NotImplementedError("Optional task not written yet' in stubbed.text
    assert "42" not in stubbed.text


def test_optional_cells_are_named_extra() -> None:
    """An optional cell with a graded task's name is an error of the source."""
    with pytest.raises(source.SourceError, match="extraN"):
        source.stub(source.Cell("task4", "code", TASK, optional=True))


@pytest.mark.parametrize("cell", [source.Cell("answer", "code", TASK), source.Cell("task1", "code", "x = 1")])
def test_task_cell_of_another_form_is_refused(cell: source.Cell) -> None:
    """A task that is not named taskN or has no marked solution is an error of the source."""
    with pytest.raises(source.SourceError, match="taskN"):
        source.stub(cell)


def test_solution_outside_a_task_is_refused() -> None:
    """A marked solution in a cell that is no task would reach the students."""
    with pytest.raises(source.SourceError, match="outside"):
        source.without_solutions([source.Cell("setup", "code", TASK)])


def test_cell_without_name_is_refused(tmp_path: Path) -> None:
    """The error shows where the nameless cell is."""
    with pytest.raises(source.SourceError, match="Cell 2 has no name.*y = 2"):
        source.read(write(tmp_path, '# %% name="one"\nx = 1\n\n# %%\ny = 2\n'))


def test_unknown_language_is_refused(tmp_path: Path) -> None:
    """A text in a language that has no handout is an error of the source."""
    with pytest.raises(source.SourceError, match="Received: 'de'"):
        source.read(write(tmp_path, '# %% [markdown] name="one" lang="de"\n# Hallo\n'))


def test_guarded_code_is_the_same_code() -> None:
    """The guard adds nothing but the condition."""
    code = "for n in range(3):\n    print(n)  # (n,)\n\nprint('end')"
    (condition,) = ast.parse(source.guarded(code)).body

    assert isinstance(condition, ast.If)
    assert ast.dump(ast.parse(code)) == ast.dump(ast.Module(condition.body, []))


def test_guarded_string_of_several_lines_is_refused() -> None:
    """Indentation would put spaces into the string."""
    with pytest.raises(source.SourceError, match="several lines"):
        source.guarded('text = """one\ntwo"""')
