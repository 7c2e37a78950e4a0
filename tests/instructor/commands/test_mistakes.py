"""Wrong usage: every message says what was expected, what was received and what to do, and nothing is written."""

import ast
import json
import tempfile
from pathlib import Path

import pytest

from tests.conftest import REPO
from tests.support import accounts
from tests.support.commands import ALL, LEAVES, convmark


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one of each kind, which is the current folder."""
    for name, files in {
        "submissions/ann": ["cifar10_cnn.py"],
        "lab-results": ["run.json", "grades.csv"],
        "clone/solution": ["lab.toml"],
        "quiz-results": ["responses.csv", "grades.csv"],
        "empty": [],
        "notes": ["a.txt", "b.txt"],
    }.items():
        (tmp_path / name).mkdir(parents=True)
        for file in files:
            (tmp_path / name / file).write_text("", "utf-8")
    (tmp_path / "class.csv").write_text("student\nann\n", "utf-8")
    (tmp_path / "big.toml").write_text('name = "big"\nseed = "s"\n[[draw]]\ntypes = ["essay"]\ncount = 900\n', "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


BANK = f"--bank {REPO}/quiz/questions"
FORM = f"--form {REPO}/quiz/form.toml"
# What is typed, what the message has to name as received, and what it has to say about the next step.
MISTAKES = [
    ("grad submissions", "grad", "Did you mean `convmark grade`"),
    ("lint", "lint", "`convmark quiz lint`"),
    ("analyze quiz-results", "analyze", "`convmark quiz analyse`"),
    ("quiz lnt", "lnt", "`convmark quiz lint`"),
    ("--lang ru grade submissions", "--lang", "behind its name"),
    ("--verison", "--verison", "`--version`"),
    ("grade", "nothing", "convmark grade submissions --out results"),
    ("grade submissions", "nothing", "--out results"),
    ("grade submission --out r", "submission, which does not exist", "Did you mean `submissions`?"),
    ("grade submissions --out", "nothing behind it", "--help"),
    ("grade submissions --out r --isolaton full", "--isolaton", "Did you mean `--isolation`?"),
    ("grade submissions --out r --sect data", "--sect", "`--sections`"),
    ("grade submissions --out r --fresh=1", "a value", "--help"),
    ("grade submissions --out r --jobs 0", "0", "--help"),
    ("grade submissions --out r --isolation ful", "ful", "Did you mean `full`?"),
    ("grade submissions --out r --sections modle", "modle", "Did you mean `model`?"),
    ("grade submissions --out r --data cifar", "cifar", "Did you mean `cifar10`?"),
    ("grade submissions --out r --data no.npz", "no.npz, which does not exist", "docs/instructors.md"),
    ("grade submissions --out r --isolation full --no-sandbox", "both", "Leave one"),
    ("grade submissions more --out r", "more as well", "quotes"),
    ("grade submissions --out submissions", "--out submissions", "beside the submissions"),
    ("grade lab-results --out r", "results of `convmark grade`", "convmark regrade lab-results"),
    ("grade quiz-results --out r", "results of `convmark quiz grade`", "folder of submissions"),
    ("grade clone --out r", "the repository of the lab", "folder of submissions"),
    ("regrade quiz-results", "results of `convmark quiz grade`", "convmark quiz grade"),
    ("regrade class.csv", "the file class.csv", "--help"),
    ("release", "which holds", "--repo"),
    ("demo", "which holds", "--repo"),
    ("calibrate", "which holds", "--repo"),
    ("nbgrader init COURSE", "which holds", "--repo"),
    ("quiz lint", "does not exist", "quiz/questions in the clone"),
    ("quiz lint notes", "a.txt, b.txt", "docs/quiz.md"),
    ("quiz lock empty", "which is empty", "docs/quiz.md"),
    ("quiz build --to moodle", "quiz/questions, which does not exist", "Go to the clone"),
    ("quiz build --to moodle --bank lab-results", "results of `convmark grade`", "docs/quiz.md"),
    (f"quiz build --to moodel {BANK}", "moodel", "Did you mean `moodle`?"),
    (f"quiz build --to moodle --topic conv/aritmetic {BANK}", "--topic conv/aritmetic", "Did you mean `conv/arithmetic`?"),
    (f"quiz sheet {BANK} {FORM}", "neither", "--students class.csv"),
    (f"quiz sheet --student ann {BANK} --form class.csv", "the file class.csv", "docs/quiz.md"),
    (f"quiz grade empty {BANK} {FORM}", "which is empty", "came back from the students"),
    (f"quiz grade class.csv {BANK} {FORM}", "the file class.csv", "Download it again"),
    (f"quiz analyse lab-results {BANK}", "results of `convmark grade`", "convmark quiz grade ANSWERS"),
    (f"quiz analyse quiz-results {BANK}", "results of `convmark quiz grade`", "convmark quiz grade"),
    ("train --out r --recipe beter", "beter", "Did you mean `better`?"),
    ("completion tcsh", "tcsh", "--help"),
    ("export lab-results --to canvas", "nothing for --out", "convmark export results --to canvas --out grades.csv"),
    ("export lab-results --to gradescope --out r", "RESULTS as well", "Leave it out; RESULTS is for --to nbgrader"),
    ("export lab-results --to tidy --out r --late class.csv", "--late alone", "--policy penalty=10"),
    ("export --to gradescope --out r --isolation full --no-sandbox", "both", "Leave one"),
    (f"quiz sheet --student ann {BANK} --form big.toml", "big.toml and ann", "Mend the form or the name"),
]


@pytest.mark.parametrize(("typed", "received", "todo"), MISTAKES, ids=[typed for typed, _, _ in MISTAKES])
def test_typical_mistakes(places: Path, typed: str, received: str, todo: str) -> None:
    """The status is 2, three sentences tell the mistake, and the folders are as they were."""
    before = sorted(places.rglob("*"))
    done = convmark(*typed.split())
    first, second, *rest = done.stderr.splitlines()

    assert (2, "") == (done.exit_code, done.stdout)
    assert first.startswith("Error: ") and first.endswith(".")
    assert second.startswith("Expected: ") and received in second.partition("; received: ")[2], second
    assert todo in "\n".join(rest)
    assert before == sorted(places.rglob("*"))


@pytest.mark.skipif(bool(accounts.missing()), reason=accounts.missing())
def test_a_folder_that_may_not_be_read() -> None:
    """What another account has shut is told as such, not with a traceback."""
    with accounts.home() as home, tempfile.TemporaryDirectory() as shut:
        arguments = ["-m", "autograder.instructor.cli", "grade", f"{shut}/in", "--out", str(home / "out")]
        done = accounts.run(accounts.python(), arguments, home)

    assert 2 == done.returncode
    assert f"{shut}/in, which cannot be read (Permission denied)" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["release", "release --check", "calibrate", "demo", "nbgrader init course"])
def test_a_source_that_is_no_toml(places: Path, command: str) -> None:
    """Half an edit of lab.toml is told with its line, not with a traceback."""
    (places / "solution").mkdir()
    (places / "solution" / "lab.toml").write_text("[lab]\nname = \n", "utf-8")
    (places / "solution" / "cifar10_cnn.py").write_text("", "utf-8")
    done = convmark(*command.split())
    first, second, third = done.stderr.splitlines()

    assert (2, "") == (done.exit_code, done.stdout)
    assert first.startswith("Error: lab.toml: ") and "line 2" in first
    assert second.startswith("Expected: the lab's source") and "lab.toml" in second.partition("; received: ")[2]
    assert "solution/" in third


def test_commands_raise_mistakes_with_all_parts() -> None:
    """No command raises a bare usage error, which has one sentence: each says what it expected, what it got and what to do."""
    for path in sorted((REPO / "autograder" / "instructor" / "commands").glob("*.py")):
        raised = [node.exc for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Raise) and node.exc]

        assert not [ast.unparse(one) for one in raised if "UsageError(" in ast.unparse(one)], path.name


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("regrade notes", "Expected a folder that `convmark grade --out` wrote"),
        ("grade submissions --out notes --data synthetic --lang en", "was written by `convmark grade`"),
    ],
)
def test_folders_of_another_kind(places: Path, typed: str, says: str) -> None:
    """Also where the sentences come from the catalogue, they say what was expected, and not even a lock is left behind."""
    before = sorted(places.rglob("*"))
    done = convmark(*typed.split(), "--lang", "en")

    assert (2, True) == (done.exit_code, says in done.stderr)
    assert before == sorted(places.rglob("*"))


@pytest.mark.parametrize("path", sorted(ALL))
def test_unknown_option_everywhere(path: str) -> None:
    """Every command and group names what it was given and where its options are listed."""
    done = convmark(*path.split()[1:], "--nonsense")

    assert 2 == done.exit_code
    assert f"`{path}` has no option --nonsense." in done.stderr
    assert f"`{path} --help` says more." in done.stderr


def test_a_wrong_value_of_the_environment_names_its_variable() -> None:
    """Who typed nothing wrong learns where the value comes from."""
    done = convmark("doctor", env={"CONVMARK_LANG": "de"})

    assert (2, "Error: --lang cannot be de (from CONVMARK_LANG).") == (done.exit_code, done.stderr.splitlines()[0])


@pytest.mark.parametrize("path", [path for path in LEAVES if any("--json" in one.opts for one in ALL[path][0].params)])
def test_a_mistake_is_an_object_too(path: str) -> None:
    """With `--json` standard output holds one object with the same three sentences."""
    done = convmark(*path.split()[1:], "--json", "--nonsense")
    told = json.loads(done.stdout)

    assert (2, 2, path.removeprefix("convmark ")) == (done.exit_code, told["status"], told["command"])
    assert {"code", "wrong", "detail", "todo"} == set(told["error"])
    assert told["error"]["wrong"] in done.stderr


def test_what_is_received_cannot_move_the_cursor(places: Path) -> None:
    """A name with control characters is printed without them."""
    done = convmark("grade", "a\x1b[2Jb\x07", "--out", "r")

    assert 2 == done.exit_code
    assert not [char for char in done.stderr if ord(char) < 32 and char != "\n"]
