"""Wrong usage, explained: what is wrong, what was expected, what was received, and what to do.

click's own errors are turned into these; commands raise them with `wrong`.
"""

import difflib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, Any

import click

from autograder.instructor.commands import guide, kinds, statuses
from autograder.safe import printable, shortened

LONGEST = 200


class Mistake(click.UsageError):
    """A wrong usage. Its sentences are shown one on a line."""

    exit_code = statuses.REFUSED

    def __init__(self, what: str, detail: str = "", todo: str = "", ctx: click.Context | None = None) -> None:
        self.what, self.detail, self.todo = what, detail, todo
        super().__init__("\n".join(filter(None, (what, detail, todo))), ctx)

    def show(self, file: IO[Any] | None = None) -> None:
        """Print it, on standard error if nothing else is named."""
        click.echo(f"Error: {self.format_message()}", file=file, err=file is None)

    def data(self) -> dict[str, str]:
        """The same for `--json`."""
        return {"code": "usage", "wrong": self.what, "detail": self.detail, "todo": self.todo}


def _between(expected: str, received: str) -> str:
    return f"Expected: {expected}; received: {received}."


def wrong(what: str, *, expected: str, received: object, todo: str) -> Mistake:
    """A mistake with all its parts. *received* may come from anywhere: it is made safe to print."""
    return Mistake(printable(what), _between(printable(expected), _shown(received)), printable(todo))


def unusable(error: Exception, *, expected: str, received: object, todo: str) -> Mistake:
    """A mistake that a reader of files tells in its own words."""
    return wrong(f"{str(error).rstrip('.')}.", expected=expected, received=received, todo=todo)


def _shown(received: object) -> str:
    if isinstance(received, list | tuple):
        return " ".join(map(_shown, received)) or "nothing"
    return shortened(printable(str(received)), LONGEST)


def did_you_mean(given: str, known: Iterable[str]) -> list[str]:
    """The names that *given* is nearest to; of options also those that begin like it."""
    names = sorted(set(known))
    begins = [name for name in names if len(given.lstrip("-")) > 1 and name.startswith(given)]
    return list(dict.fromkeys([*difflib.get_close_matches(given, names, 3, 0.7), *begins]))[:3]


def question(names: Sequence[str]) -> str:
    """Did you mean this, or that?"""
    return f"Did you mean {' or '.join(f'`{name}`' for name in names)}? " if names else ""


def more(ctx: click.Context) -> str:
    """Where more is said."""
    return f"`{ctx.command_path} --help` says more."


def expected(param: click.Parameter) -> str:
    """What a parameter takes, in words."""
    kind = param.type
    if isinstance(kind, click.Choice):
        return "one of " + ", ".join(map(str, kind.choices))
    if isinstance(kind, click.IntRange):
        return f"a whole number from {kind.min}" + (f" to {kind.max}" if kind.max is not None else "")
    if isinstance(kind, click.Path):
        what = "a file or a folder" if kind.file_okay and kind.dir_okay else "a file" if kind.file_okay else "a folder"
        return f"{what} that exists" if kind.exists else f"the path of {what}"
    return "a value"


def name_of(param: click.Parameter) -> str:
    """What a parameter is called where it is typed."""
    if isinstance(param, click.Argument):
        return (param.metavar or str(param.name).upper()).strip("[].")
    return max(param.opts, key=len)


def role(param: click.Parameter, ctx: click.Context) -> str:
    """What the guide says that a parameter is; empty if it says nothing."""
    told = guide.of(ctx.command_path)
    return told.role(name_of(param)) or (told.role(param.metavar) if param.metavar else "")


def explained(error: click.UsageError, ctx: click.Context, given: Sequence[str]) -> click.UsageError:
    """The same error with what was expected, what was received in *given*, and what to do."""
    if isinstance(error, Mistake) or type(error).__name__ == "NoArgsIsHelpError":
        return error
    error.ctx = ctx
    if isinstance(error, click.MissingParameter):
        return _missing(error, ctx)
    if isinstance(error, click.BadParameter) and error.param is not None:
        return _bad(error, error.param, ctx, given)
    if isinstance(error, click.NoSuchOption):
        return _no_option(error, ctx)
    if isinstance(error, click.BadOptionUsage):
        return _half_an_option(error, ctx)
    if "extra argument" in error.message:
        return _extra(error, ctx)
    return Mistake(error.message, "", more(ctx), ctx)


def _missing(error: click.MissingParameter, ctx: click.Context) -> Mistake:
    param = error.param
    name = name_of(param) if param is not None else "Something"
    text = (role(param, ctx) or expected(param)) if param is not None else "a value"
    example = guide.of(ctx.command_path).example()
    todo = (f"For example: {example}\n" if example else "") + more(ctx)
    return Mistake(f"{name} is missing.", _between(text, "nothing"), todo, ctx)


def raw_value(param: click.Parameter, ctx: click.Context, given: Sequence[str]) -> tuple[object, str]:
    """What was typed for a parameter, and the environment variable that it was taken from, if any."""
    found: object = None
    try:
        values, _, _ = ctx.command.make_parser(ctx).parse_args(list(given))
        found = values.get(str(param.name))
    except click.UsageError:
        pass
    if isinstance(found, str | list | tuple) and found:
        return found, ""
    from_env = param.value_from_envvar(ctx) if param.envvar else None
    if from_env is not None:
        return from_env, f" (from {param.envvar})"
    return param.get_default(ctx), ""


def _bad(error: click.BadParameter, param: click.Parameter, ctx: click.Context, given: Sequence[str]) -> Mistake:
    value, source = raw_value(param, ctx, given)
    one, received, name = _one(param, value, error), "", name_of(param)
    takes, todo = expected(param), ""
    if isinstance(param.type, click.Choice):
        todo = question(did_you_mean(str(one), map(str, param.type.choices)))
    if isinstance(param.type, click.Path):
        path = Path(str(one))
        received = kinds.describe(path)
        near = kinds.similar(path)
        todo = question([near]) if near else "Look at the spelling and at the folder that you are in. "
        if path == param.get_default(ctx):
            todo = f"Go to the clone of the repository, where it is, or name another one with {name}. "
    if isinstance(param, click.Argument):
        takes = role(param, ctx) or takes
    what = f"{name} cannot be {_shown(one)}{source}"
    return Mistake(f"{what}.", _between(takes, received or _shown(one)), todo + more(ctx), ctx)


def _one(param: click.Parameter, value: object, error: click.BadParameter) -> object:
    """Of several values the one that the error is about."""
    if isinstance(value, list | tuple):
        named = re.search(r"'([^']*)'", error.message)
        return next((one for one in value if named and one == named[1]), value)
    return value


def _no_option(error: click.NoSuchOption, ctx: click.Context) -> Mistake:
    known = [name for param in ctx.command.get_params(ctx) if isinstance(param, click.Option) for name in param.opts]
    near = did_you_mean(error.option_name, known)
    shown = ", ".join(sorted(name for name in known if name.startswith("--")))
    todo = question(near) + more(ctx)
    if isinstance(ctx.command, click.Group) and not near:
        todo = f"Options of a command stand behind its name: `{ctx.command_path} COMMAND {error.option_name} …`. {more(ctx)}"
    return Mistake(f"`{ctx.command_path}` has no option {error.option_name}.", _between(shown, error.option_name), todo, ctx)


def _half_an_option(error: click.BadOptionUsage, ctx: click.Context) -> Mistake:
    params = [one for one in ctx.command.get_params(ctx) if error.option_name in (*one.opts, one.name)]
    takes = "the option alone, without a value"
    if params and not getattr(params[0], "is_flag", False):
        takes = f"{expected(params[0])} behind {name_of(params[0])}"
    received = "nothing behind it" if "requires" in error.message else "a value"
    return Mistake(error.message, _between(takes, received), more(ctx), ctx)


def _extra(error: click.UsageError, ctx: click.Context) -> Mistake:
    found = re.search(r"\((.*)\)", error.message)
    names = " ".join(name_of(param) for param in ctx.command.params if isinstance(param, click.Argument))
    takes = f"{ctx.command_path} {names}".strip() + ", and options"
    todo = f"A name with spaces needs quotes around it; a value needs its option in front. {more(ctx)}"
    received = _shown(found[1]) if found else "more"
    return Mistake(f"`{ctx.command_path}` takes no more arguments.", _between(takes, f"{received} as well"), todo, ctx)


def no_command(given: str, ctx: click.Context, known: Sequence[str], below: Sequence[str]) -> Mistake:
    """A command that does not exist; *below* are the commands of groups, as `quiz lint`."""
    path = ctx.command_path
    by_last = {name.split()[-1]: name for name in below}
    near = did_you_mean(given, known)
    if not near or given in by_last:
        near = [by_last[name] for name in ([given] if given in by_last else did_you_mean(given, by_last))]
    todo = question([f"{path} {name}" for name in near]) + f"`{path} --help` lists what there is."
    return Mistake(f"`{path}` has no command {_shown(given)}.", _between(", ".join(known), _shown(given)), todo, ctx)
