"""Tests of what students get: current, whole, and without solutions."""

import ast
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import jupytext
import nbformat
import pytest
from click.testing import CliRunner

from autograder import submission
from autograder.instructor import further, labfile, release, source
from autograder.instructor.commands.release import release as command
from tests.support import blocks

REPO = Path(__file__).resolve().parents[2]
SOLUTION = REPO / "solution"
LAB = labfile.read(SOLUTION)
PAGE = "solution/README.md"
TASKS = ("prepare_data", "build_model", "compile_model")
OPTIONAL = "beat_the_baseline"


@pytest.fixture(scope="module")
def generated() -> dict[str, bytes]:
    """Every generated file of the repository as it stands."""
    return release.generate(SOLUTION)


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A repository with the lab's source and its generated files."""
    (tmp_path / "solution").mkdir()
    for name in ("lab.toml", "cifar10_cnn.py"):
        (tmp_path / "solution" / name).write_bytes((SOLUTION / name).read_bytes())
    release.write(tmp_path)
    return tmp_path


def test_checked_in_files_are_current() -> None:
    """`convmark release` would change nothing."""
    result = CliRunner().invoke(command, ["--check", "--repo", str(REPO)])

    assert "The generated files are current.\n" == result.output
    assert 0 == result.exit_code


def test_the_points_of_the_lab_are_told(repo: Path) -> None:
    """Nothing demands a sum, so it is said, by section: a check with a point too few is seen before anybody is graded."""
    lab = repo / "solution" / "lab.toml"
    lab.write_text(
        lab.read_text("utf-8").replace('[checks."data.scale"]\npoints = 8', '[checks."data.scale"]\npoints = 7'), "utf-8"
    )
    result = CliRunner().invoke(command, ["--repo", str(repo)])

    assert "The checks are worth 99 points: data 19, model 40, compile 20, accuracy 20.\n" in result.output


def test_generation_is_deterministic(generated: dict[str, bytes]) -> None:
    """The same source gives the same bytes."""
    assert generated == release.generate(SOLUTION)


def test_generated_paths(generated: dict[str, bytes]) -> None:
    """Nothing else is generated than what the design names."""
    expected = ["README.md", "README.ru.md", "cifar10_cnn.ipynb", "cifar10_cnn.py", "requirements.txt"]

    assert [f"assignment/{name}" for name in expected] + [
        "autograder/lab.json",
        "autograder/scheme.json",
        "docs/checks.md",
    ] == list(generated)


def test_generated_files_name_their_generator(generated: dict[str, bytes]) -> None:
    """Each generated file says near its top or in its metadata who made it."""
    assert [] == [name for name, content in generated.items() if b"convmark release" not in content]


def test_no_solution_line_reaches_the_template(generated: dict[str, bytes]) -> None:
    """No line between the solution marks survives, in code or anywhere else."""
    secret = set(source.solution_lines(source.read(SOLUTION))) - {"]", ")", "[", "}"}
    book = nbformat.reads(generated["assignment/cifar10_cnn.ipynb"].decode(), as_version=4)
    template = generated["assignment/cifar10_cnn.py"].decode() + "".join(cell.source for cell in book.cells)

    assert len(secret) > 20
    assert [] == [line for line in template.splitlines() if line.strip() in secret]
    assert "SOLUTION" not in template


@pytest.mark.parametrize("name", labfile.forms(LAB))
def test_stubs_raise(generated: dict[str, bytes], name: str) -> None:
    """Each task function does nothing but raise NotImplementedError with the words that the probe knows."""
    cells = submission.cells_of(name, generated[f"assignment/{name}"])
    functions = [node for cell in cells for node in ast.parse(cell).body if getattr(node, "name", "") in TASKS]

    assert list(TASKS) == [node.name for node in functions if isinstance(node, ast.FunctionDef)]
    for node in functions:
        assert isinstance(node, ast.FunctionDef)
        _, error = node.body
        assert ast.unparse(error).startswith("raise NotImplementedError('Task not written yet")


@pytest.mark.parametrize("name", labfile.forms(LAB))
def test_the_optional_task_is_a_stub_that_nobody_calls(generated: dict[str, bytes], name: str) -> None:
    """It raises, and with the switch off, as students get it, nothing reaches it."""
    cells = submission.cells_of(name, generated[f"assignment/{name}"])
    tree = ast.parse("\n".join(cells))
    (function,) = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == OPTIONAL]
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == OPTIONAL]
    guards = [node for node in ast.walk(tree) if isinstance(node, ast.If) and ast.unparse(node.test) == "BEAT_THE_BASELINE"]

    assert ast.unparse(function.body[1]).startswith("raise NotImplementedError('Optional task not written yet")
    assert 2 == len(function.body)
    assert [True] == [call in ast.walk(guard.body[0]) for call in calls for guard in guards]
    assert "BEAT_THE_BASELINE = False" in ast.unparse(tree)


def test_the_optional_task_is_nothing_to_nbgrader(generated: dict[str, bytes]) -> None:
    """Its cell is an ordinary one: no points, no grade, free to edit."""
    book = nbformat.reads(generated["assignment/cifar10_cnn.ipynb"].decode(), as_version=4)

    assert [{}] == [dict(cell.metadata) for cell in book.cells if cell.id == "extra1"]


def test_what_trains_or_draws_is_skipped_where_a_program_executes_the_notebook(generated: dict[str, bytes]) -> None:
    """What a student runs by hand is tagged; definitions and checks are not."""
    book = nbformat.reads(generated["assignment/cifar10_cnn.ipynb"].decode(), as_version=4)
    tagged = {cell.id for cell in book.cells if "skip-execution" in cell.metadata.get("tags", ())}

    assert {"load", "prepare", "fit", "evaluate", "save"} <= tagged
    assert not {"setup", "task1", "train", "check_data", "check_accuracy"} & tagged


def test_solution_form_has_the_signatures_of_the_template(generated: dict[str, bytes]) -> None:
    """The reference submission differs from the template in the bodies of the tasks' functions only."""
    solved = release.solution_form(SOLUTION)["cifar10_cnn.py"].decode()
    trees = [ast.parse(text) for text in (generated["assignment/cifar10_cnn.py"].decode(), solved)]
    for tree in trees:
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.name in (*TASKS, OPTIONAL):
                node.body = []

    assert ast.dump(trees[0]) == ast.dump(trees[1])


def test_notebook_is_valid_and_marked_for_nbgrader(generated: dict[str, bytes]) -> None:
    """Tasks are solutions, checks are locked and carry the points of their section, texts are read-only."""
    book = nbformat.reads(generated["assignment/cifar10_cnn.ipynb"].decode(), as_version=4)
    nbformat.validate(book)
    marks = {cell.id: cell.metadata.get("nbgrader") for cell in book.cells}
    tasks = [name for name, mark in marks.items() if mark and mark["solution"]]
    checks = {name: (mark["points"], mark["locked"]) for name, mark in marks.items() if mark and mark["grade"]}
    texts = [marks[cell.id] for cell in book.cells if cell.cell_type == "markdown"]

    assert ["task1", "task2", "task3"] == tasks
    expected = {"check_data": 20, "check_model": 40, "check_compile": 20, "check_accuracy": 20}
    assert {name: (points, True) for name, points in expected.items()} == checks
    assert all(mark["locked"] and not mark["solution"] and not mark["grade"] for mark in texts)
    assert all(mark["schema_version"] == 3 for mark in marks.values() if mark)


def test_script_and_notebook_hold_the_same_cells(generated: dict[str, bytes]) -> None:
    """The script opens in an editor as the cells of the notebook, after the line that names its generator."""
    book = nbformat.reads(generated["assignment/cifar10_cnn.ipynb"].decode(), as_version=4)
    script = jupytext.reads(generated["assignment/cifar10_cnn.py"].decode(), fmt="py:percent")
    texts = [cell.source for cell in script.cells if cell.cell_type == "markdown"]

    assert [cell.cell_type for cell in book.cells] == [cell.cell_type for cell in script.cells[1:]]
    assert [cell.source for cell in book.cells if cell.cell_type == "markdown"] == texts


def test_scheme_is_the_marking_scheme_in_its_order(generated: dict[str, bytes]) -> None:
    """The checks read what lab.toml and the calibrations say, section by section, and know the untouched templates."""
    scheme = json.loads(generated["autograder/scheme.json"])
    for path in (SOLUTION / "calibration").glob("*.json"):
        assert scheme["accuracy"][path.stem].pop("trial")["threshold"] == json.loads(path.read_text())["threshold"]
    templates = scheme.pop("templates")
    assert [set(further.passages(source.read(SOLUTION), LAB)), set(further.topics(REPO / further.QUESTIONS, LAB))] == [
        set(scheme.pop("passages")),
        set(scheme.pop("topics")),
    ]

    assert "convmark release, from solution/lab.toml" == scheme.pop("generated_by")
    assert LAB == scheme
    assert list(LAB["checks"]) == list(scheme["checks"])
    for name in labfile.forms(LAB):
        cells = submission.cells_of(name, generated[f"assignment/{name}"])
        assert submission.code_digest(cells) == templates[name]


def test_constants_of_the_code_agree_with_the_marking_scheme() -> None:
    """The numbers that the lab's code has to spell out are those of lab.toml."""
    setup = next(cell.text for cell in source.read(SOLUTION) if cell.name == "setup")
    assigned = {
        ast.unparse(node.targets[0]): ast.unparse(node.value) for node in ast.parse(setup).body if isinstance(node, ast.Assign)
    }

    assert str(LAB["data"]["num_classes"]) == assigned["num_classes"]
    assert str(LAB["data"]["class_names"]) == assigned["class_names"]
    assert f"int(os.environ.get('EPOCHS', '{LAB['training']['epochs']}'))" == assigned["EPOCHS"]
    assert str(LAB["training"]["batch_size"]) == assigned["BATCH_SIZE"]
    assert str(LAB["training"]["validation"]) == assigned["VALIDATION"]


def test_drift_shows_the_edited_line_and_a_stray_file(repo: Path) -> None:
    """An edit of a generated file and a file that nobody generates are both reported."""
    handout = repo / "assignment" / "README.md"
    handout.write_text(handout.read_text(encoding="utf-8") + "One more thing.\n", encoding="utf-8")
    (repo / "assignment" / "notes.txt").write_text("mine", encoding="utf-8")
    result = CliRunner().invoke(command, ["--check", "--repo", str(repo)])

    assert 1 == result.exit_code
    assert "-One more thing.\n" in result.output
    assert "assignment/notes.txt is not generated" in result.output


def test_write_touches_only_what_changed(repo: Path) -> None:
    """A second release writes nothing; after an edit it writes that file alone."""
    assert [] == release.write(repo)

    (repo / "assignment" / "requirements.txt").unlink()

    assert ["assignment/requirements.txt"] == release.write(repo)
    assert "" == release.drift(repo)


def test_commands_of_the_authors_page(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command lines of the page on the source write what is said behind them."""
    monkeypatch.chdir(repo)
    (repo / "dist").mkdir()
    shutil.copytree(REPO / "autograder", repo / "autograder", dirs_exist_ok=True)
    lines = [line.partition("#")[0].split() for line in blocks.block(PAGE, "convmark release").splitlines()]
    done = [CliRunner().invoke(command, line[2:]) for line in lines]

    assert [["convmark", "release"]] * 4 == [line[:2] for line in lines]
    assert [0] * 4 == [one.exit_code for one in done]
    assert (repo / "dist" / "cifar10-cnn-lab.zip").exists()
    assert (repo / "trial" / "cifar10_cnn.py").exists()


def test_broken_source_is_one_sentence(repo: Path) -> None:
    """A mistake in the source ends in a message and no traceback."""
    (repo / "solution" / "cifar10_cnn.py").write_text("# %%\nx = 1\n", encoding="utf-8")
    result = CliRunner().invoke(command, ["--repo", str(repo)])

    assert 2 == result.exit_code
    assert result.output.startswith("Error: Cell 1 has no name. Received: 'x = 1'.\n")
    assert "solution/README.md" in result.output


def test_folder_that_is_no_repository(tmp_path: Path) -> None:
    """The message says what is missing and which option helps."""
    result = CliRunner().invoke(command, ["--repo", str(tmp_path)])

    assert 2 == result.exit_code
    assert "Name the repository with --repo." in result.output


def test_bundle_holds_the_kit_and_nothing_else(tmp_path: Path) -> None:
    """The zip has one folder: handouts, templates, and the autograder without the instructor's part."""
    first = release.bundle(REPO, tmp_path)
    second = release.bundle(REPO, tmp_path / "again.zip")
    with zipfile.ZipFile(first) as archive:
        names = archive.namelist()
    outside = [name for name in names if not name.startswith("cifar10-cnn-lab/autograder/")]
    inside = {path.relative_to(REPO).as_posix() for path in (REPO / "autograder").rglob("*") if path.is_file()}
    shipped = {name for name in inside if not name.startswith("autograder/instructor/") and "__pycache__" not in name}

    expected = ["README.md", "README.ru.md", "cifar10_cnn.ipynb", "cifar10_cnn.py", "pytest.ini", "requirements.txt"]
    assert "cifar10-cnn-lab.zip" == first.name
    assert [f"cifar10-cnn-lab/{name}" for name in expected] == outside
    assert {f"cifar10-cnn-lab/{name}" for name in shipped} == set(names) - set(outside)
    assert not [name for name in names if "instructor" in name or name.endswith((".pyc", "/"))]
    assert first.read_bytes() == second.read_bytes()


def test_importing_the_script_does_nothing(tmp_path: Path, generated: dict[str, bytes]) -> None:
    """Import defines the functions; it loads no data, trains nothing, prints nothing, writes nothing."""
    (tmp_path / "cifar10_cnn.py").write_bytes(generated["assignment/cifar10_cnn.py"])
    code = "import cifar10_cnn as lab; print(hasattr(lab, 'train'), hasattr(lab, 'model'), hasattr(lab, 'raw_x'))"
    done = subprocess.run(
        [sys.executable, "-B", "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )

    assert "True False False\n" == done.stdout
    assert ["cifar10_cnn.py"] == [path.name for path in tmp_path.iterdir()]


def test_a_stale_calibration_is_left_out_and_told(repo: Path) -> None:
    """After a change of the budget the old threshold is not in the marking scheme, and the command says what to do."""
    folder = repo / "solution" / "calibration"
    folder.mkdir()
    (folder / "cifar10.json").write_bytes((SOLUTION / "calibration" / "cifar10.json").read_bytes())
    current = CliRunner().invoke(command, ["--repo", str(repo)])
    assert "trial" in json.loads((repo / release.SCHEME).read_text("utf-8"))["accuracy"]["cifar10"]
    lab = repo / "solution" / "lab.toml"
    lab.write_text(lab.read_text("utf-8").replace("steps = 110", "steps = 90"), "utf-8")
    changed = CliRunner().invoke(command, ["--repo", str(repo)])

    assert (current.exit_code, changed.exit_code) == (0, 0)
    assert "convmark calibrate" not in current.output
    assert "calibration/cifar10.json was made for another" in changed.output
    assert "trial" not in json.loads((repo / release.SCHEME).read_text("utf-8"))["accuracy"]["cifar10"]


def test_a_broken_calibration_is_an_error(repo: Path) -> None:
    """A file that is no calibration is told by name."""
    folder = repo / "solution" / "calibration"
    folder.mkdir()
    (folder / "cifar10.json").write_text("{}")
    result = CliRunner().invoke(command, ["--repo", str(repo)])

    assert result.exit_code == 2
    assert "solution/calibration" in result.output
