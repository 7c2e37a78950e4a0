"""Who may import whom: the rules of the design, read off the sources."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import autograder
from tests.support import reference

ROOT = Path(autograder.__file__).parent
HEAVY = {"keras", "tensorflow", "h5py"}
PLAIN = {"autograder", "numpy", "pytest", "math", "collections", "functools", "itertools", "typing"}
POSIX = {"fcntl", "resource", "pwd", "grp", "termios", "pty", "tty", "syslog", "crypt", "spwd", "nis", "readline", "curses"}
STDLIB = set(sys.stdlib_module_names)


def name_of(path: Path) -> str:
    """The dotted name of a module of ours."""
    parts = ["autograder", *path.relative_to(ROOT).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in sorted(ROOT.rglob("*.py"))}
OURS = [name for name in MODULES if not name.startswith("autograder.instructor")]


def nodes(tree: ast.AST, late: bool) -> Iterator[ast.AST]:
    """The nodes of a module; without those in functions, and for type checkers only, unless *late*."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) and not late:
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        yield node
        yield from nodes(node, late)


@cache
def imports(module: str, late: bool = True) -> frozenset[str]:
    """The modules that *module* names in its imports; of ours the most precise, and their packages."""
    found: set[str] = set()
    for node in nodes(ast.parse(MODULES[module].read_text("utf-8")), late):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports by a relative name"
            origin = str(node.module)
            found |= {full if (full := f"{origin}.{alias.name}") in MODULES else origin for alias in node.names}
    return frozenset(part for name in found for part in ([name] if name not in MODULES else [name, *packages(name)]))


def packages(name: str) -> list[str]:
    """The packages that are imported with a module."""
    parts = name.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts))]


@cache
def reached(module: str, late: bool = False) -> dict[str, str]:
    """Everything that importing *module* imports, with the module of ours that asks for it.

    With *late*, also what its functions import; but the package itself loads `check` only when asked to.
    """
    found: dict[str, str] = {}
    waiting = [module, *packages(module)]
    done: set[str] = set()
    while waiting:
        current = waiting.pop()
        if current in done:
            continue
        done.add(current)
        for name in imports(current, late and current != "autograder"):
            found.setdefault(name, current)
            if name in MODULES:
                waiting.append(name)
    return found


def top(name: str) -> str:
    """The distribution's name for an import, nearly."""
    return name.split(".")[0]


def under(package: str) -> list[str]:
    """The modules of a package."""
    return [name for name in MODULES if name == package or name.startswith(f"{package}.")]


def test_the_rules_see_something() -> None:
    """The reader of imports finds those that are there, late ones and packages included."""
    assert "keras" in imports("autograder.probe.stages")
    assert {"autograder", "autograder.probe", "autograder.probe.wire"} <= imports("autograder.probe.describe")
    assert "autograder.notebook" in imports("autograder")
    assert "autograder.notebook" not in imports("autograder", late=False)
    assert "pytest" in reached("autograder.judge")


def test_package_is_light() -> None:
    """Importing the package, as everything does, imports nothing but the standard library."""
    assert {top(name) for name in reached("autograder")} <= STDLIB


@pytest.mark.parametrize("module", under("autograder.probe"))
def test_probe_stands_alone(module: str) -> None:
    """The probe imports nothing of ours but itself, the probe's inputs and what they are, now or later."""
    ours = {name for name in imports(module) if name in MODULES}

    assert ours <= {*under("autograder.probe"), "autograder", "autograder.inputs", "autograder.lab"}
    assert {top(name) for name in imports(module)} <= STDLIB | {"autograder", "numpy", "keras", "tensorflow"}
    assert {top(name) for name in reached("autograder.inputs", late=True)} <= STDLIB | {"autograder", "numpy"}


@pytest.mark.parametrize("module", under("autograder.replay"))
def test_replay_stands_alone(module: str) -> None:
    """The replay imports nothing of ours but itself and the shape of images."""
    allowed = {*under("autograder.replay"), "autograder", "autograder.lab"}
    assert {name for name in imports(module) if name in MODULES} <= allowed
    assert {top(name) for name in imports(module)} <= STDLIB | {"autograder", "numpy", *HEAVY}


@pytest.mark.parametrize("module", under("autograder.checks"))
def test_checks_see_plain_data(module: str) -> None:
    """The checks import no Keras, directly or by others, and start no process and read no file themselves."""
    assert not HEAVY & {top(name) for name in reached(module, late=True)}
    assert {top(name) for name in imports(module)} <= PLAIN


@pytest.mark.parametrize("module", OURS)
def test_nobody_imports_the_instructors_part(module: str) -> None:
    """What students get works without the instructors' part, which they do not get."""
    assert not {name for name in imports(module) if name.startswith("autograder.instructor")}


@pytest.mark.parametrize("module", OURS)
def test_students_need_few_packages(module: str) -> None:
    """The student's part needs numpy and pytest; Keras only where a submission or its weights are run."""
    untrusted = module in {*under("autograder.probe"), *under("autograder.replay")}

    assert {top(name) for name in imports(module)} <= STDLIB | {"autograder", "numpy", "pytest"} | (HEAVY if untrusted else set())


def test_only_the_pictures_import_matplotlib() -> None:
    """Matplotlib, slow to import, is asked for where pictures are drawn; never pyplot, which has state and a display."""
    asked = {(module, name) for module in MODULES for name in imports(module) if top(name) == "matplotlib"}

    assert {"autograder.instructor.training.pictures"} == {module for module, _ in asked}
    assert {"matplotlib.figure", "matplotlib.ticker"} == {name for _, name in asked}


def test_only_its_guests_import_nbgrader() -> None:
    """What nbgrader brings is asked for in one package, which only its commands reach, and then when they run."""
    theirs = {"nbgrader", "nbconvert", "traitlets", "sqlalchemy"}
    package = "autograder.instructor.nbgrader"
    asked = {module for module in MODULES if theirs & {top(name) for name in imports(module)}}
    reaching = {module for module in MODULES if theirs & {top(name) for name in reached(module)}}

    assert asked == {f"{package}.{name}" for name in ("gradebook", "opened", "preprocessors", "quiz_grades", "unfinished")}
    assert reaching == asked


@pytest.mark.parametrize("module", OURS)
def test_students_may_have_windows(module: str) -> None:
    """No module of the student's part imports, as it is imported, what only Unix has."""
    assert not POSIX & {top(name) for name in imports(module, late=False)}


CORE = ["report", "verdict", "messages", "figures", "suspicion", "accuracy", "evidence", "rebuild", "network", "forward"]


@pytest.mark.parametrize("module", [*CORE, "comparison", "observed", "errors"])
def test_the_core_knows_no_pytest(module: str) -> None:
    """Verdicts are made into reports, and evidence into networks, without pytest."""
    assert "pytest" not in reached(f"autograder.{module}", late=True)


@pytest.mark.parametrize(
    "module", ["judge", "plugin", "session", "collector", "report", "submission", "supervise", "evaluate", "dataset"]
)
def test_the_judge_knows_no_keras(module: str) -> None:
    """What makes verdicts reaches no import of Keras or TensorFlow, however late."""
    assert not HEAVY & {top(name) for name in reached(f"autograder.{module}", late=True)}


def test_errors_and_messages_need_the_standard_library_only() -> None:
    """Errors, messages and the strict reader of JSON need nothing that could be missing."""
    for module in ("errors", "messages", "strictjson", "scheme", "safe", "files", "verdict", "report"):
        assert {top(name) for name in reached(f"autograder.{module}", late=True)} <= STDLIB | {"autograder"}


def test_the_rooms_of_the_quiz() -> None:
    """The bank knows nothing of forms, forms nothing of grading, and nobody needs Keras or nbgrader to give a quiz."""
    may: dict[str, set[str]] = {
        "bank": set(),
        "forms": {"bank"},
        "exports": {"bank", "forms"},
        "grading": {"bank", "forms"},
        "analysis": {"bank"},
    }
    package = "autograder.instructor.quiz"
    for room, others in may.items():
        for module in under(f"{package}.{room}"):
            seen = {name.removeprefix(f"{package}.").split(".")[0] for name in imports(module) if name.startswith(f"{package}.")}
            assert seen <= {room, *others}, module
            assert not {top(name) for name in reached(module)} & {*HEAVY, "nbgrader"}, module


def test_grading_needs_no_quiz() -> None:
    """What grades, reports and exports the lab's results needs nothing of the quiz, so it works where that is not."""
    for module in ("grading", "batch", "regrading", "pages", "exports.gradescope_run", "exports.reports"):
        assert not [name for name in reached(f"autograder.instructor.{module}") if ".quiz" in name], module


def test_no_circles() -> None:
    """No module of ours needs itself in order to be imported."""
    for module in MODULES:
        inside = {name for name in imports(module, late=False) if name in MODULES and name not in packages(module)}
        for name in inside:
            assert module not in reached(name) or module in packages(name), (module, name)


JUDGE = """
import json, sys
from pathlib import Path
from autograder import judge
verdict = judge.judge(Path(sys.argv[1]), ("data", "model", "compile", "accuracy"))
loaded = sorted(name for name in sys.modules if name.split(".")[0] in {"keras", "tensorflow", "h5py", "tensorboard"})
print(json.dumps([verdict.status, verdict.score, loaded, sorted(name for name in sys.modules if "instructor" in name)]))
"""


def test_judging_never_loads_tensorflow(tmp_path: Path) -> None:
    """A process that judges stored evidence has loaded neither TensorFlow nor Keras nor the instructors' part."""
    reference.store(tmp_path, reference.record())
    done = subprocess.run([sys.executable, "-I", "-c", JUDGE, str(tmp_path)], capture_output=True, text=True, check=True)

    assert ["graded", 80.0, [], []] == json.loads(done.stdout)
