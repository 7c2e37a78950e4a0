"""Completion, by the shells themselves."""

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from autograder.instructor.commands import completion
from tests.conftest import REPO
from tests.support.commands import convmark

PATIENCE = 20.0  # seconds for a shell to answer


def needs(shell: str) -> pytest.MarkDecorator:
    """Only where that shell is installed."""
    return pytest.mark.skipif(shutil.which(shell) is None, reason=f"{shell} is not installed")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with `convmark` to find, scripts of completion, and files to complete."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "convmark"
    program.write_text(f"#!{sys.executable}\nfrom autograder.instructor.cli import main\nmain()\n", "utf-8")
    program.chmod(0o755)
    for shell in completion.WHERE:
        (tmp_path / f"{shell}.sh").write_text(completion.script(shell), "utf-8")
    (tmp_path / "submissions of today").mkdir()
    (tmp_path / "results").mkdir()
    return tmp_path


def environment(place: Path) -> dict[str, str]:
    """The environment of a shell in which `convmark` is installed."""
    path = f"{place / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {"PATH": path, "PYTHONPATH": str(REPO), "HOME": str(place), "TERM": "dumb", "LANG": "C.UTF-8"}


class Shell:
    """A real shell, typed to like a person does."""

    def __init__(self, place: Path, command: list[str], prepare: str) -> None:
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(  # fish ends where it has no terminal of its own
            command, cwd=place, env=environment(place), pass_fds=[slave], preexec_fn=lambda: os.login_tty(slave)
        )
        os.close(slave)
        self.type(f"{prepare}; echo u''p\r")
        self.read("\r\nup\r\n")

    def type(self, text: str) -> None:
        """Press these keys."""
        os.write(self.master, text.encode())

    def read(self, wanted: str) -> str:
        """What is printed until *wanted* is."""
        found, end = "", time.monotonic() + PATIENCE
        while wanted not in found and time.monotonic() < end:
            if select.select([self.master], [], [], 0.1)[0]:
                found += os.read(self.master, 65536).decode("utf-8", "replace")
        assert wanted in found, found
        return found

    def completes(self, typed: str, wanted: str) -> None:
        """Press the tabulator behind *typed*, and the key that prints the line as it is then."""
        self.type(f"{typed}\t{TELL}")
        self.read(f"<{wanted}>")

    def close(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait()
        os.close(self.master)


TELL = "\x07"  # Ctrl-G, which no shell needs here
SHELLS = {
    "bash": (
        ["bash", "--norc", "--noprofile", "-i"],
        "bind 'set bell-style none'; tell() { echo \"<$READLINE_LINE>\"; }; bind -x '\"\\C-g\": tell'; source bash.sh",
    ),
    "zsh": (
        ["zsh", "-f", "-i"],
        "mkdir functions; cp zsh.sh functions/_convmark; fpath=(functions $fpath); autoload -Uz compinit; compinit -u -D; "
        "tell() { zle -I; print -r -- \"<$BUFFER>\"; }; zle -N tell; bindkey '^G' tell",
    ),
    "fish": (["fish", "--no-config", "-i"], 'bind \\cg \'echo "<"(commandline)">"\'; source fish.sh'),
}


@pytest.mark.parametrize("shell", [pytest.param(name, marks=needs(name)) for name in SHELLS])
@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("convmark gr", "convmark grade "),
        ("convmark comp", "convmark completion "),
        ("convmark quiz li", "convmark quiz lint "),
        ("convmark nbgrader i", "convmark nbgrader init "),
        ("convmark grade --sche", "convmark grade --scheduler "),
        ("convmark grade --isolation co", "convmark grade --isolation container "),
        ("convmark grade --data syn", "convmark grade --data synthetic "),
        ("convmark grade --sections data,mo", "convmark grade --sections data,model "),
        ("convmark export --to nb", "convmark export --to nbgrader "),
        ("convmark completion z", "convmark completion zsh "),
        ("convmark grade subm", "convmark grade submissions\\ of\\ today/"),
        ("convmark regrade res", "convmark regrade results/"),
    ],
)
def test_the_tabulator_completes(place: Path, shell: str, typed: str, wanted: str) -> None:
    """It completes commands, options, choices, lists and paths, with spaces in them, in each real shell."""
    typed_to = Shell(place, *SHELLS[shell])
    try:
        typed_to.completes(typed, wanted)
    finally:
        typed_to.close()


def run(place: Path, *command: str) -> str:
    """What a shell prints."""
    done = subprocess.run(command, cwd=place, env=environment(place), capture_output=True, text=True, timeout=120)
    assert 0 == done.returncode, done.stderr
    return done.stdout


@needs("fish")
@pytest.mark.parametrize(("typed", "wanted"), [("convmark gr", "grade"), ("convmark quiz li", "lint")])
def test_fish_completes(place: Path, typed: str, wanted: str) -> None:
    """fish lists what it would complete."""
    found = run(place, "fish", "--no-config", "-c", f"source fish.sh; complete -C '{typed}'")

    assert wanted in [line.partition("\t")[0] for line in found.splitlines()]


@needs("zsh")
def test_zsh_takes_the_script(place: Path) -> None:
    """zsh finds it by its first line in a folder of functions, and names it as the completion of convmark."""
    (place / "functions").mkdir()
    (place / "zsh.sh").rename(place / "functions" / "_convmark")
    code = "fpath=(functions $fpath); autoload -Uz compinit; compinit -u -D; print $_comps[convmark]; zsh -n functions/_convmark"

    assert "_convmark" == run(place, "zsh", "-f", "-c", code).strip()


@pytest.mark.parametrize("shell", sorted(completion.WHERE))
def test_the_script_says_where_it_belongs(shell: str) -> None:
    """What is printed for a shell is its script, with the command that puts it into the right file."""
    done = convmark("completion", shell)

    assert 0 == done.exit_code
    assert f"#   {completion.WHERE[shell]}" in done.stdout
    assert completion.VARIABLE in done.stdout
