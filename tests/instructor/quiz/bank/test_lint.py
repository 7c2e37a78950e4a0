"""The corpus of invalid files: each breaks one rule, and the linter says which, and in what line."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from autograder.instructor.cli import main
from autograder.instructor.quiz.bank.lint import lint
from autograder.instructor.quiz.bank.model import Problem

HERE = Path(__file__).parent
INVALID = json.loads((HERE / "invalid.json").read_text("utf-8"))
VALID = HERE / "valid.md"


def problems(folder: Path, text: str) -> list[Problem]:
    """What the linter says of a bank with this one file."""
    (folder / "bank.md").write_text(text, "utf-8")
    return lint(folder)[1]


@pytest.mark.parametrize("name", sorted(INVALID))
def test_invalid_file_is_named_with_its_line(name: str, tmp_path: Path) -> None:
    """The rule that is broken is named where it is broken; what follows from it is what the corpus says, and no more."""
    shutil.copy(HERE / "invalid" / f"{name}.md", tmp_path)
    errors = [found for found in lint(tmp_path)[1] if found.severity == "error"]
    code = name.partition("--")[0]

    assert INVALID[name]["line"] == next(found.line for found in errors if found.code == code)
    assert INVALID[name]["others"] == sorted({found.code for found in errors} - {code})


def test_corpus_is_whole() -> None:
    """Every file of the corpus has its expectation, and there are at least forty."""
    assert sorted(INVALID) == sorted(path.stem for path in (HERE / "invalid").glob("*.md"))
    assert len(INVALID) >= 40


def test_a_valid_file_has_no_problems(tmp_path: Path) -> None:
    """The file that all invalid ones were made from is clean, warnings included."""
    assert [] == problems(tmp_path, VALID.read_text("utf-8"))


OPTION = "- [ ] 320 <!-- one-channel -->\n  > A"
RUSSIAN = OPTION.replace("> A", "> Я")
KEY = "- [x] 896 <!-- ok -->\n"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("> [!NOTE]\n> Each of the 32 filters needs $3\\cdot 3\\cdot 3+1$ numbers.\n", "", "no-explanation"),
        ("  > A kernel spans all channels.\n", "", "no-feedback"),
        (OPTION, OPTION.replace("320", "none of the above"), "all-or-none-of-the-above"),
        (RUSSIAN, RUSSIAN.replace("320", "всё перечисленное"), "all-or-none-of-the-above"),
        (OPTION, OPTION.replace("320", "always 320"), "absolute"),
        ("How many parameters does", "Which number is not that of", "negative-stem"),
        (KEY + OPTION, KEY.replace("896", "896, the sum of all of them " * 3) + OPTION, "longest-is-correct"),
        ("where: p < k", "where: p == 1 and k == 3 and s == 1 and n == 28", "variant-degenerate"),
    ],
)
def test_poor_writing_is_warned_of(old: str, new: str, code: str, tmp_path: Path) -> None:
    """What an author should look at again is a warning with its line, and no error."""
    text = VALID.read_text("utf-8")
    assert old in text
    found = {(problem.code, problem.severity) for problem in problems(tmp_path, text.replace(old, new))}

    assert (code, "warning") in found


def test_variants_are_compared_with_all_combinations(tmp_path: Path) -> None:
    """Only a sample of the combinations is looked at, but all of them may become variants."""
    text = VALID.read_text("utf-8")

    assert [] == problems(tmp_path, text.replace("variants: 5", "variants: 40"))
    assert "few-instances" in {found.code for found in problems(tmp_path, text.replace("variants: 5", "variants: 60"))}


def test_command_says_where(tmp_path: Path) -> None:
    """The command prints a line for each problem, in three forms, and its exit status tells errors."""
    shutil.copy(HERE / "invalid" / "bad-bloom--unknown.md", tmp_path)
    line = INVALID["bad-bloom--unknown"]["line"]
    runs = {
        form: CliRunner().invoke(main, ["quiz", "lint", str(tmp_path), "--format", form]) for form in ("text", "json", "github")
    }

    assert {1} == {run.exit_code for run in runs.values()}
    assert f"bad-bloom--unknown.md:{line}: error bad-bloom: one-of-three: 'know' is none of" in runs["text"].output
    assert ["bad-bloom"] == [found["code"] for found in json.loads(runs["json"].output)]
    assert runs["github"].output.startswith("::error file=")
    assert f"bad-bloom--unknown.md,line={line},title=bad-bloom::" in runs["github"].output


def test_files_of_a_bank_agree(tmp_path: Path) -> None:
    """Two files that name different banks are not one."""
    (tmp_path / "a.md").write_text(VALID.read_text("utf-8"), "utf-8")
    (tmp_path / "b.md").write_text(
        VALID.read_text("utf-8").replace("bank: sample", "bank: other").partition("\n# ")[0] + "\n", "utf-8"
    )

    assert ["banks-differ"] == [found.code for found in lint(tmp_path)[1]]
