"""The student's side, in the unpacked bundle, by the commands of the handout."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from autograder.instructor.release import bundle
from tests.conftest import REPO
from tests.support import blocks
from tests.test_docs_printed import ANY, agrees

BLOCKED = ("click", "rich", "jinja2", "jupytext", "nbformat", "matplotlib", "hypothesis")
# Runs pytest where only what the handout installs can be imported.
ONLY_STUDENT = f"import sys; sys.modules.update(dict.fromkeys({BLOCKED!r})); import pytest; sys.exit(pytest.main(sys.argv[1:]))"

# Stops the run at a moment that the name of a hook of pytest says, for a file of checks.
INTERRUPT = """
import os, signal, sys, types

def interrupt({argument}):
    if "test_compile.py" in {argument}.nodeid:
        os.kill(os.getpid(), signal.SIGINT)

sys.modules["interrupter"] = types.ModuleType("interrupter")
sys.modules["interrupter"].{hook} = interrupt
sys.argv += ["-p", "interrupter"]
signal.signal(signal.SIGINT, signal.default_int_handler)  # who starts a job in the background lets it ignore the signal
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The bundle, unpacked in a folder whose name has a space and Cyrillic letters."""
    target = tmp_path / "лаба 1"
    with zipfile.ZipFile(bundle(REPO, tmp_path / "bundle.zip")) as archive:
        archive.extractall(target)
    return target / "cifar10-cnn-lab"


def run(
    folder: Path,
    *options: str,
    lang: str = "en_US.UTF-8",
    only_student: bool = True,
    where: tuple[str, ...] = ("autograder",),
    before: str = "",
) -> tuple[int, str]:
    """Exit status and output of `pytest autograder`, or of `pytest` with other arguments, some code run *before* it."""
    start = ["-c", before + ONLY_STUDENT] if only_student else ["-m", "pytest"]
    env = {name: value for name, value in os.environ.items() if name not in {"LC_ALL", "LC_MESSAGES", "CIFAR10_NPZ"}}
    env |= {"LANG": lang, "PYTHONIOENCODING": "utf-8", "PYTHONPATH": str(folder), "HOME": str(folder)}
    env |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"} if only_student else {}
    done = subprocess.run(
        [sys.executable, *start, *where, *options], cwd=folder, env=env, capture_output=True, encoding="utf-8", check=False
    )
    return done.returncode, done.stdout + done.stderr


def solve(folder: Path, solution: dict[str, bytes], *names: str) -> None:
    """Put the solved files in place of the template's."""
    for name in names:
        (folder / name).write_bytes(solution[name])


def test_untouched_template(folder: Path) -> None:
    """The first run scores 0, says that each task is not done yet, and shows no traceback."""
    status, output = run(folder)

    assert 1 == status
    assert "Total: 0 of 100 points" in output
    assert [str(number) for number in (1, 2, 3)] == re.findall(r"Task (\d) is not done yet", output)
    assert "Traceback" not in output
    assert "submission: cifar10_cnn.ipynb, cifar10_cnn.py (not changed yet)" in output


def test_the_readme_shows_the_first_run(folder: Path) -> None:
    """What the README shows of the first run is printed, line after line."""
    shown = blocks.block("README.md", "Total: 0 of 100 points").splitlines()
    assert len(shown) > 10
    assert agrees([ANY, *shown, ANY], run(folder)[1].splitlines())


def test_pytest_alone(folder: Path) -> None:
    """`pytest` without the folder's name does the same."""
    status, output = run(folder, where=())

    assert (1, 3) == (status, len(re.findall(r"Task \d is not done yet", output)))


@pytest.mark.parametrize(
    ("options", "points", "unpaid"),
    [
        (["-k", "data"], "Total: 20 of 20 points", "Network, Compilation, Accuracy"),
        (["-k", "padding"], None, "Data preparation, Network, Compilation, Accuracy"),
    ],
)
def test_some_checks_only(folder: Path, solution: dict[str, bytes], options: list[str], points: str | None, unpaid: str) -> None:
    """Where pytest was told to run some checks only, sections with others have no points, and no failure of the grader."""
    solve(folder, solution, "cifar10_cnn.py")
    status, output = run(folder, *options)

    assert 0 == status
    assert [points] if points else [] == re.findall(r"Total: .*", output)
    assert f"so there are no points for: {unpaid}." in " ".join(output.split())
    assert "[!]" not in output


def test_a_long_wait_is_explained(folder: Path) -> None:
    """Where the functions take long, a line says so while they run."""
    _, output = run(folder, "--sections=data", before="import autograder.plugin as plugin; plugin.PATIENCE = 0.0; ")

    assert "Still working. A function that does not end is stopped after 30 seconds." in output


def test_old_python(folder: Path) -> None:
    """An old Python is named in a sentence of both languages, before anything that it could not read."""
    code = "import sys; sys.version_info = (3, 8, 18); import autograder"
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, encoding="utf-8", check=False)

    assert 1 == done.returncode
    assert "The lab needs Python 3.11, 3.12 or 3.13; this is 3.8. / Нужен Python" in done.stderr
    assert "Traceback" not in done.stderr


def test_solved_notebook(folder: Path, solution: dict[str, bytes]) -> None:
    """A solved notebook beside the untouched script gets all points that need no training."""
    solve(folder, solution, "cifar10_cnn.ipynb")
    status, output = run(folder)

    assert 0 == status
    assert "Total: 80 of 100 points" in output
    assert "submission: cifar10_cnn.ipynb" in output
    assert re.search(r"autograder: convmark \d+\.\d+\.\d+, lab \d+\.\d+\.\d+", output)
    assert "there is no trained model yet" in output


def test_a_mistake_is_told_in_three_sentences(folder: Path, solution: dict[str, bytes]) -> None:
    """In Russian by the system's locale: what is wrong, what was expected, what to do, and the layer table."""
    script = solution["cifar10_cnn.py"].replace(b'128, (3, 3), padding="same"', b"128, (3, 3)")
    (folder / "cifar10_cnn.py").write_bytes(script)
    status, output = run(folder, lang="ru_RU.UTF-8")

    assert 1 == status
    assert "Свёртка в строке 5 таблицы не сохраняет размер изображения: с padding 'valid' он становится 14×14." in " ".join(
        output.split()
    )
    assert "Ожидался padding 'same', получен 'valid'." in output
    assert "→ У каждой свёртки" in output
    assert re.search(r" 5 Conv2D\(128, 3x3, same, relu\)\n   < Conv2D\(128, 3x3, valid, relu\)  \(14, 14, 128\)\n", output)
    assert "Итого: 76 из 100 баллов" in output


def test_two_edited_files(folder: Path, solution: dict[str, bytes]) -> None:
    """Two edited files that differ are an error that names both, before anything is checked."""
    solve(folder, solution, "cifar10_cnn.ipynb")
    (folder / "cifar10_cnn.py").write_bytes(solution["cifar10_cnn.py"].replace(b"/ 255", b"/ 256"))
    status, output = run(folder)

    assert 4 == status
    assert "Several edited files could be your submission: cifar10_cnn.ipynb, cifar10_cnn.py." in output


def test_neighbours_cannot_interfere(folder: Path, solution: dict[str, bytes]) -> None:
    """A conftest.py, a pytest.ini, a setup.cfg and modules that shadow others change nothing."""
    solve(folder, solution, "cifar10_cnn.py")
    for name in ("conftest.py", "numpy.py", "keras.py", "json.py", "sitecustomize.py"):
        (folder / "other" / name).parent.mkdir(exist_ok=True)
        (folder / "other" / name).write_text("raise SystemExit('shadowed')")
    shutil.copy(folder / "cifar10_cnn.py", folder / "other")
    (folder / "other" / "pytest.ini").write_text("[pytest]\naddopts = --collect-only\n")
    (folder / "conftest.py").write_text("raise SystemExit('interfered')")
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --collect-only\n")
    (folder / "setup.cfg").write_text("[tool:pytest]\naddopts = --collect-only\n")
    status, output = run(folder, f"--submission={folder / 'other'}")

    assert (0, True) == (status, "Total: 80 of 100 points" in output)


def test_one_section(folder: Path, solution: dict[str, bytes]) -> None:
    """One section alone is checked and totalled."""
    solve(folder, solution, "cifar10_cnn.py")
    status, output = run(folder, "--sections=compile")

    assert (0, True) == (status, "Total: 20 of 20 points" in output)


def test_since_the_last_run(folder: Path, solution: dict[str, bytes]) -> None:
    """The second run says first what changed since the first one, and what the mistake leads to."""
    solve(folder, solution, "cifar10_cnn.py")
    run(folder)
    script = folder / "cifar10_cnn.py"
    script.write_bytes(script.read_bytes().replace(b'128, (3, 3), padding="same"', b"128, (3, 3)"))
    output = " ".join(run(folder)[1].split())

    assert "Total: 76 of 100 points \u22124 since the last run. New mistake: convolutions keep the image size." in output
    assert "What row 5 leads to: With padding 'valid' a 3x3 kernel stays inside the image, so 16x16 become 14x14 here" in output
    assert "3,211,776 parameters instead of 4,194,816" in output
    assert "(README.md#task-2-network-40-points)" in output


def test_an_unknown_section_is_named(folder: Path) -> None:
    """A misspelt section is an error that lists the sections."""
    status, output = run(folder, "--sections=dta")

    assert 4 == status
    assert "There is no section named dta. Expected some of these: data, model, compile, accuracy." in output


@pytest.mark.parametrize(
    ("call", "status", "told"),
    [
        (["autograder", "nowhere"], 4, "ERROR: nowhere: такого файла, такой папки или такой проверки нет."),
        (["autograder", "-k", "a and"], 4, "pytest не может начать работу: Wrong expression passed to '-k': a and"),
        (["autograder", "--sections=data", "-k", "padding"], 5, "Не выбрано ни одной проверки (-k padding)"),
        (["autograder", "--lagn=ru"], 4, "Ожидалась команда `pytest autograder`, можно с параметрами"),
    ],
)
def test_wrong_calls_in_the_students_language(folder: Path, call: list[str], status: int, told: str) -> None:
    """What pytest would say in English is said in Russian, with what to do."""
    found, output = run(folder, lang="ru_RU.UTF-8", where=tuple(call))
    output = " ".join(output.split())

    assert (status, True) == (found, told in output)
    assert 1 == len(re.findall("Ожидалась команда `pytest autograder`|Все проверки: pytest autograder;", output))


def test_check_in_the_notebook(folder: Path, solution: dict[str, bytes]) -> None:
    """`check("data")` prints the same lines as the command, for one section."""
    solve(folder, solution, "cifar10_cnn.ipynb")
    code = "import sys; sys.path.insert(0, '.'); from autograder import check; check('data', lang='en')"
    done = subprocess.run([sys.executable, "-P", "-c", code], cwd=folder, capture_output=True, encoding="utf-8", check=True)

    assert "[+] pixels are divided by 255 8/8" in done.stdout
    assert "Total: 20 of 20 points" in done.stdout


def test_the_bundle_wins_over_an_installed_kit(folder: Path, solution: dict[str, bytes]) -> None:
    """Plain `pytest autograder` uses the bundle's own checks, also where convmark is installed."""
    solve(folder, solution, "cifar10_cnn.py")
    catalogue = folder / "autograder" / "messages" / "en" / "LC_MESSAGES" / "sentences.mo"
    # As long as before: a compiled catalogue says where each text begins.
    catalogue.write_bytes(catalogue.read_bytes().replace(b"autograder: convmark", b"the bundle: convmark"))
    status, output = run(folder, "--sections=compile", only_student=False)

    assert (0, True) == (status, "the bundle: convmark" in output)


@pytest.mark.parametrize(
    ("lang", "expected"), [("en_US.UTF-8", "no report in the language fr"), ("ru_RU.UTF-8", "на языке fr нет")]
)
def test_an_unknown_language_is_named(folder: Path, lang: str, expected: str) -> None:
    """Which languages there are is told in the language of the system."""
    status, output = run(folder, "--lang=fr", lang=lang)

    assert 4 == status
    assert expected in output and "en, ru" in output


def test_nothing_chosen_is_told(folder: Path) -> None:
    """Where no check was chosen, it is said that there are no points, and how to run them."""
    status, output = run(folder, "-k", "nothing", lang="ru_RU.UTF-8")

    assert 5 == status
    assert "Не выбрано ни одной проверки" in output and "pytest autograder --sections=data" in output


@pytest.mark.parametrize(("hook", "argument"), [("pytest_collectstart", "collector"), ("pytest_runtest_call", "item")])
def test_ctrl_c_is_answered_in_a_sentence(folder: Path, hook: str, argument: str) -> None:
    """Whoever stops the checks reads one line in their language, none of pytest's about where it was."""
    status, output = run(folder, lang="ru_RU.UTF-8", before=INTERRUPT.format(hook=hook, argument=argument))

    assert (2, 1) == (status, output.count("Проверка прервана")), output
    assert "Проверка прервана, поэтому баллов нет." in output
    assert "KeyboardInterrupt" not in output and "full-trace" not in output


@pytest.mark.parametrize(
    ("broken", "told"), [("impotr os\n", "SyntaxError"), ("import sys\nsys.exit(3)\n", "SystemExit")], ids=["syntax", "stopped"]
)
def test_what_stops_the_file_is_told_once(folder: Path, solution: dict[str, bytes], broken: str, told: str) -> None:
    """Three functions are missing for one reason: it is told where the first is missed, with its line, and not again."""
    (folder / "cifar10_cnn.py").write_bytes(broken.encode() + solution["cifar10_cnn.py"])
    _, output = run(folder)

    assert 1 == output.count(told)
    assert 2 == output.count("For the reason told above: the file stops as a whole.")


def test_a_line_of_a_notebook_is_named_in_words(folder: Path, solution: dict[str, bytes]) -> None:
    """Only cells with code are counted, and it is said so, in the student's language."""
    notebook = json.loads(solution["cifar10_cnn.ipynb"])
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    number, cell = next((n, cell) for n, cell in enumerate(cells, 1) if "def prepare_data" in "".join(cell["source"]))
    cell["source"] = "def prepare_data(*given):\n    return given.nothing\n"
    (folder / "cifar10_cnn.ipynb").write_text(json.dumps(notebook), "utf-8")

    assert f"It stopped at code cell {number}, line 2: return given.nothing" in run(folder)[1]
    assert f"Остановка в ячейке с кодом № {number}, строка 2: return given.nothing" in run(folder, "--lang=ru")[1]
