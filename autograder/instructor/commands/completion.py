"""`convmark completion`: what a shell needs to complete commands, options, choices and paths."""

import os
import sys

import click
from click.shell_completion import get_completion_class

NAME, VARIABLE = "convmark", "_CONVMARK_COMPLETE"
WHERE = {
    "bash": "convmark completion bash > ~/.local/share/bash-completion/completions/convmark",
    "zsh": "convmark completion zsh > ~/.zfunc/_convmark",
    "fish": "convmark completion fish > ~/.config/fish/completions/convmark.fish",
}
ALSO = {
    "bash": "Make that folder first if need be. Without the package bash-completion, add to ~/.bashrc: "
    'eval "$(convmark completion bash)"',
    "zsh": "Make that folder first if need be, and have these two lines in ~/.zshrc: "
    "fpath=(~/.zfunc $fpath)    autoload -Uz compinit && compinit",
    "fish": "Make that folder first if need be.",
}


def script(shell: str) -> str:
    """What the shell reads, with a comment that says where it belongs. zsh wants its own mark in the first line."""
    made = get_completion_class(shell)
    assert made is not None, shell
    text = made(click.Group(NAME), {}, NAME, VARIABLE).source().strip()
    # fish's script cuts what it is given at every comma; a list of sections has commas of its own.
    text = text.replace('string split ","', 'string split --max 1 ","')
    first, _, rest = text.partition("\n")
    about = f"# Completion of convmark for {shell}. Where it belongs:\n#   {WHERE[shell]}\n# {ALSO[shell]}\n"
    about += "# Then open a new shell.\n"
    return f"{first}\n{about}{rest}\n" if first.startswith("#compdef") else f"{about}{text}\n"


@click.command()
@click.argument("shell", type=click.Choice(sorted(WHERE)), metavar="SHELL")
def completion(shell: str) -> None:
    """Print what lets a shell complete commands, options, choices and paths.

    SHELL is bash (4.4 or newer), zsh or fish. The first lines of what is printed say in which file it belongs.
    """
    click.echo(script(shell), nl=False)
    if sys.stdout.isatty() and os.environ.get(VARIABLE) is None:
        click.echo(f"\nThis belongs into a file:\n\n    {WHERE[shell]}\n\n{ALSO[shell]} Then open a new shell.", err=True)
